/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_dispatch Unit test: dispatch, multicall, continuation
 *
 * Property: a number reaches its function with the registers as arguments;
 * a missing one is -ENOSYS and logged once; a multicall makes its entries in
 * order, reads each once (CALL-I4), does not nest (CALL-I5), and stops after
 * an iret (CALL-I6); a continued call is made again with the rest of its work
 * and nothing twice.
 *
 * Method: a table of made-up calls. Where a call continues, the test plays the
 * guest and makes the call again with the registers it finds.
 */
#include <string.h>

#include "fake_console.h"
#include "fake_guest.h"
#include "unit.h"

/* Numbers of the made-up calls. */
enum { CALL_NOTE = 1, CALL_SUM = 2, CALL_SLOW = 3, CALL_CRASH = 4,
       CALL_CHANGE = 5 };

#define LIST (FAKE_GUEST_BASE + 0x100u)
#define EIP 0x00500002u

static trap_frame_t *frame;
static uint32_t noted[4096];
static unsigned nr_noted;

static int32_t call_note(const uint32_t *arg)
{
    noted[nr_noted++] = arg[0];
    return (int32_t)arg[0];
}

static int32_t call_sum(const uint32_t *arg)
{
    return (int32_t)(arg[0] + 10 * arg[1] + 100 * arg[2] + 1000 * arg[3] +
                     10000 * arg[4] + 100000 * arg[5]);
}

/** Notes one number at a time, from arg[0] to arg[1]. */
static int32_t call_slow(const uint32_t *arg)
{
    const uint32_t rest[HYPERCALL_ARGS] = { arg[0] + 1, arg[1], 0, 0, 0, 77 };

    noted[nr_noted++] = arg[0];
    if (arg[0] < arg[1])
        return hypercall_continue(CALL_SLOW, rest);
    return 99;
}

static int32_t call_crash(const uint32_t *arg)
{
    (void)arg;
    domain_crash(&fake_guest.domain, "as asked");
    return -EINVAL;
}

/** What another processor of the guest might do: change a later entry. */
static int32_t call_change(const uint32_t *arg)
{
    memset(fake_at(arg[0]), 0xFF, 32);
    return 5;
}

int32_t do_iret(const uint32_t *arg)
{
    (void)arg;
    frame->eip = 0x00600000;
    return 0x600D;
}

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [CALL_NOTE] = call_note,
    [CALL_SUM] = call_sum,
    [CALL_SLOW] = call_slow,
    [CALL_CRASH] = call_crash,
    [CALL_CHANGE] = call_change,
    [__HYPERVISOR_multicall] = do_multicall,
    [__HYPERVISOR_iret] = do_iret,
};

static void set_up(void)
{
    fake_guest_reset();
    fake_console_reset();
    fake_map(1, true);
    frame = guest_frame();
    frame->eip = EIP;
    nr_noted = 0;
}

/** Make calls as the guest would: again, while the hypervisor says so. */
static int32_t call(uint32_t number, uint32_t a, uint32_t b)
{
    frame->eax = number;
    frame->ebx = a;
    frame->ecx = b;
    for (unsigned n = 0; n < 10000; n++) {
        frame->eip = EIP;
        hypercall_dispatch(frame);
        if (frame->eip != EIP - 2)
            return (int32_t)frame->eax;
    }
    ck_abort_msg("continued for ever");
}

static void put(unsigned n, uint32_t op, uint32_t a, uint32_t b)
{
    struct multicall_entry e = { .op = op, .result = 21845,
                                 .args = { a, b, 3, 4, 5, 6 } };

    memcpy(fake_at(LIST + n * sizeof(e)), &e, sizeof(e));
}

static int32_t result_of(unsigned n)
{
    return (int32_t)fake_word(LIST + n * 32 + 4);
}

START_TEST(test_arguments)
{
    frame->edx = 3;
    frame->esi = 4;
    frame->edi = 5;
    frame->ebp = 6;
    ck_assert_int_eq(call(CALL_SUM, 1, 2), 654321);
    ck_assert_uint_eq(frame->ebx, 1);
    ck_assert_uint_eq(frame->ebp, 6);
    ck_assert_uint_eq(frame->eip, EIP);
    ck_assert(fake_guest.vcpu.last_hypercall.any);
    ck_assert_uint_eq(fake_guest.vcpu.last_hypercall.number, CALL_SUM);
    ck_assert_uint_eq(fake_guest.vcpu.last_hypercall.args[5], 6);
    ck_assert_uint_eq(fake_guest.vcpu.last_hypercall.eip, EIP);
}
END_TEST

static unsigned lines_printed(void)
{
    unsigned n = 0;

    for (const char *c = fake_console; *c; c++)
        n += *c == '\n';
    return n;
}

START_TEST(test_missing)
{
    static const uint32_t missing[] = { 0, 6, 62, 63, 64, 127, 128,
                                        0xFFFFFFFF };

    for (unsigned i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        for (unsigned again = 0; again < 3; again++)
            ck_assert_int_eq(call(missing[i], 0, 0), -ENOSYS);
    /* 63 and all beyond share one line. */
    ck_assert_uint_eq(lines_printed(), 4);
    ck_assert_ptr_nonnull(strstr(fake_console,
                                 "domain 7: hypercall 62 does not exist"));
}
END_TEST

START_TEST(test_multicall)
{
    put(0, CALL_NOTE, 10, 0);
    put(1, CALL_SUM, 1, 2);
    put(2, 62, 0, 0);
    put(3, CALL_NOTE, 11, 0);
    put(4, CALL_NOTE, 12, 0);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, LIST, 4), 0);
    ck_assert_uint_eq(nr_noted, 2);
    ck_assert_uint_eq(noted[1], 11);
    ck_assert_int_eq(result_of(0), 10);
    ck_assert_int_eq(result_of(1), 654321);
    ck_assert_int_eq(result_of(2), -ENOSYS);
    ck_assert_int_eq(result_of(3), 11);
    ck_assert_int_eq(result_of(4), 21845);
    ck_assert_uint_eq(fake_reads(LIST, 5 * 32), 1);
    /* Only the results are written. */
    ck_assert_uint_eq(fake_word(LIST), CALL_NOTE);
    ck_assert_uint_eq(fake_word(LIST + 8), 10);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, 0, 0), 0);
}
END_TEST

START_TEST(test_no_nesting)
{
    put(0, __HYPERVISOR_multicall, LIST + 64, 1);
    put(1, CALL_NOTE, 10, 0);
    put(2, CALL_NOTE, 66, 0);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, LIST, 2), 0);
    ck_assert_int_eq(result_of(0), -EINVAL);
    ck_assert_int_eq(result_of(1), 10);
    ck_assert_int_eq(result_of(2), 21845);
    /* The next one is not "inside" any more. */
    ck_assert_int_eq(call(__HYPERVISOR_multicall, LIST + 64, 1), 0);
    ck_assert_int_eq(result_of(2), 66);
}
END_TEST

START_TEST(test_iret_ends)
{
    put(0, CALL_NOTE, 1, 0);
    put(1, __HYPERVISOR_iret, 0, 0);
    put(2, CALL_NOTE, 2, 0);
    frame->eax = __HYPERVISOR_multicall;
    frame->ebx = LIST;
    frame->ecx = 3;
    hypercall_dispatch(frame);
    ck_assert_uint_eq(frame->eax, 0x600D);
    ck_assert_uint_eq(frame->eip, 0x00600000);
    ck_assert_int_eq(result_of(1), 0x600D);
    ck_assert_int_eq(result_of(2), 21845);
    ck_assert_uint_eq(nr_noted, 1);
}
END_TEST

START_TEST(test_bad_lists)
{
    const uint32_t last = FAKE_GUEST_BASE + 2 * PAGE_SIZE - 32;

    ck_assert_int_eq(call(__HYPERVISOR_multicall, 0, 1), -EFAULT);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, M2P_START, 1), -EFAULT);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, 0xFFFF0000, 1), -EFAULT);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, M2P_START - 16, 1),
                     -EFAULT);

    /* The second entry is on a page that is not there. */
    put(0, CALL_NOTE, 9, 0);
    memcpy(fake_at(last), fake_at(LIST), 32);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, last, 2), -EFAULT);
    ck_assert_int_eq((int32_t)fake_word(last + 4), 9);

    /* A list that cannot be written: the call was made, nothing is stored. */
    fake_guest.writable[1] = false;
    nr_noted = 0;
    ck_assert_int_eq(call(__HYPERVISOR_multicall, last, 1), -EFAULT);
    ck_assert_uint_eq(nr_noted, 1);
}
END_TEST

START_TEST(test_entries_are_copied)
{
    put(0, CALL_CHANGE, LIST, 0); /* its own entry, while it runs */
    put(1, CALL_NOTE, 4, 0);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, LIST, 2), 0);
    ck_assert_int_eq(result_of(0), 5);
    ck_assert_int_eq(result_of(1), 4);
}
END_TEST

START_TEST(test_crash_ends)
{
    put(0, CALL_CRASH, 0, 0);
    put(1, CALL_NOTE, 1, 0);
    frame->eax = __HYPERVISOR_multicall;
    frame->ebx = LIST;
    frame->ecx = 2;
    hypercall_dispatch(frame);
    ck_assert_uint_eq(nr_noted, 0);
}
END_TEST

static void expect_noted(unsigned n)
{
    ck_assert_uint_eq(nr_noted, n);
    for (unsigned i = 0; i < n; i++)
        ck_assert_uint_eq(noted[i], i);
}

START_TEST(test_continuation)
{
    ck_assert_int_eq(call(CALL_SLOW, 0, 9), 99);
    expect_noted(10);
    ck_assert_uint_eq(frame->ebp, 77);
}
END_TEST

START_TEST(test_continuation_in_multicall)
{
    put(0, CALL_NOTE, 0, 0);
    put(1, CALL_SLOW, 1, 5);
    put(2, CALL_NOTE, 6, 0);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, LIST, 3), 0);
    expect_noted(7);
    ck_assert_int_eq(result_of(0), 0);
    ck_assert_int_eq(result_of(1), 99);
    ck_assert_int_eq(result_of(2), 6);
}
END_TEST

/** Long lists are made in batches; the guest may stop nowhere in between. */
START_TEST(test_long_list)
{
    fake_map(2, true);
    for (unsigned i = 0; i < 200; i++)
        put(i, CALL_NOTE, i, 0);
    ck_assert_int_eq(call(__HYPERVISOR_multicall, LIST, 200), 0);
    expect_noted(200);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(result_of(i), (int32_t)i);
}
END_TEST

START_TEST(test_page)
{
    uint8_t page[PAGE_SIZE];

    hypercall_page_fill(page);
    for (unsigned n = 0; n < 128; n++) {
        const uint8_t stub[] = { 0xB8, (uint8_t)n, 0, 0, 0, 0xCD, 0x82,
                                 0xC3 };
        const uint8_t iret[] = { 0x50, 0xB8, 23, 0, 0, 0, 0xCD, 0x82 };

        ck_assert_mem_eq(page + 32 * n, n == 23 ? iret : stub, 8);
        for (unsigned i = 8; i < 32; i++)
            ck_assert_uint_eq(page[32 * n + i], 0xCC);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: dispatch");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_arguments);
    tcase_add_test(t, test_missing);
    tcase_add_test(t, test_multicall);
    tcase_add_test(t, test_no_nesting);
    tcase_add_test(t, test_iret_ends);
    tcase_add_test(t, test_bad_lists);
    tcase_add_test(t, test_entries_are_copied);
    tcase_add_test(t, test_crash_ends);
    tcase_add_test(t, test_continuation);
    tcase_add_test(t, test_continuation_in_multicall);
    tcase_add_test(t, test_long_list);
    tcase_add_test(t, test_page);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
