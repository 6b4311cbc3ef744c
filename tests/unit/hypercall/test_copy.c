/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_copy Unit test: guest copies
 *
 * Property (CALL-I1, CALL-I3): no address at or above M2P_START is touched,
 * whatever address and length say; a page that is missing is -EFAULT, and what
 * is there is copied exactly.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

static void set_up(void)
{
    fake_guest_reset();
    fake_map(1, true);
    fake_map(2, false);
    for (unsigned i = 0; i < sizeof(fake_guest.memory); i++)
        fake_guest.memory[i] = (uint8_t)(i * 7);
}

START_TEST(test_range)
{
    static const struct {
        uint32_t address;
        size_t bytes;
        bool ok;
    } range[] = {
        { 0, 0, true },
        { 0, 1, true },
        { 0, M2P_START, true },
        { 0, M2P_START + 1u, false },
        { 1, M2P_START, false },
        { 1, M2P_START - 1u, true },
        { M2P_START - 1u, 1, true },
        { M2P_START - 1u, 2, false },
        { M2P_START, 0, true },
        { M2P_START, 1, false },
        { M2P_START + 1u, 0, false },
        { HYPERVISOR_START, 4, false },
        { 0xFFFFFFFF, 0, false },
        { 0xFFFFFFFF, 1, false },
        { 0xFFFFFFFF, 2, false },          /* the sum wraps to 1 */
        { 0x10000000, 0xFFFFFFFF, false }, /* and here */
        { 0x10000000, 0xF0000000, false },
        { M2P_START - 4u, 0x0A800004u, false }, /* wraps to 0 exactly */
    };

    for (unsigned i = 0; i < sizeof(range) / sizeof(range[0]); i++)
        ck_assert_msg(guest_range_ok(vaddr(range[i].address),
                                     range[i].bytes) == range[i].ok,
                      "%08x + %zx", range[i].address, range[i].bytes);
}
END_TEST

START_TEST(test_copies)
{
    uint8_t buffer[64];

    for (unsigned offset = 0; offset < 8; offset++)
        for (unsigned bytes = 0; bytes <= 64; bytes++) {
            uint32_t at = FAKE_GUEST_BASE + PAGE_SIZE - 16 + offset;

            memset(buffer, 0, sizeof(buffer));
            ck_assert_int_eq(copy_from_guest(buffer, vaddr(at), bytes), 0);
            ck_assert_mem_eq(buffer, fake_at(at), bytes);
            memset(buffer, 0xEE, sizeof(buffer));
            ck_assert_int_eq(copy_to_guest(vaddr(at), buffer, bytes), 0);
            ck_assert_mem_eq(fake_at(at), buffer, bytes);
            ck_assert_int_eq(clear_guest(vaddr(at), bytes), 0);
            for (unsigned i = 0; i < bytes; i++)
                ck_assert_uint_eq(*(uint8_t *)fake_at(at + i), 0);
        }
}
END_TEST

START_TEST(test_faults)
{
    const uint32_t end = FAKE_GUEST_BASE + 3 * PAGE_SIZE;
    const uint32_t read_only = FAKE_GUEST_BASE + 2 * PAGE_SIZE;
    uint32_t word = 0;

    ck_assert_int_eq(copy_from_guest(&word, vaddr(end - 4), 4), 0);
    for (unsigned i = 1; i <= 4; i++)
        ck_assert_int_eq(copy_from_guest(&word, vaddr(end - 4 + i), 4),
                         -EFAULT);
    ck_assert_int_eq(copy_to_guest(vaddr(read_only), &word, 4), -EFAULT);
    ck_assert_int_eq(copy_to_guest(vaddr(read_only - 1), &word, 4), -EFAULT);
    ck_assert_int_eq(clear_guest(vaddr(read_only), 1), -EFAULT);
    ck_assert_int_eq(copy_from_guest(&word, vaddr(0), 4), -EFAULT);
    ck_assert_int_eq(copy_from_guest(&word, vaddr(HYPERVISOR_START), 4),
                     -EFAULT);
    ck_assert_int_eq(copy_to_guest(vaddr(M2P_START), &word, 4), -EFAULT);
    ck_assert_int_eq(clear_guest(vaddr(0xFFFFFFFE), 4), -EFAULT);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: copy");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_range);
    tcase_add_test(t, test_copies);
    tcase_add_test(t, test_faults);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
