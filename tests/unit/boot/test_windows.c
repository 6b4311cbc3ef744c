/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_windows Unit test: windows
 *
 * Property: BOOT-W1 and W2. A window that is held shows its frame until it
 * is let go, whatever else is mapped; whenever an entry that was present
 * changes, its translation is dropped; 64 frames can be held at a time. All
 * is no-execute, or nothing is where the processor has no NX.
 *
 * Method: the tables that windows_init() hung into a made-up L2 are read back
 * and the diary is searched for INVLPGs. No window is looked through: there
 * is nothing behind it on the host.
 */
#include <signal.h>
#include <string.h>

#include "boot.h"
#include "fake_cpu.h"
#include "unit.h"

static l2e_t l2[TABLE_ENTRIES];

/* The test's own: windows.c asks for them. */
uint64_t no_execute = PTE_NX;

l2e_t *hypervisor_l2(void)
{
    return l2;
}

/** What a window's address shows: the L1 entry, found from the L2. */
static uint64_t peek(uint32_t address)
{
    uint64_t l2e = l2[l2_index(address)].e;
    const l1e_t *l1 = (const l1e_t *)(uintptr_t)(
        (uint32_t)(l2e & PTE_FRAME) + IMAGE_OFFSET);

    return l1[l1_index(address)].e;
}

static uint64_t shown(uint32_t address)
{
    ck_assert(l2[l2_index(address)].e & PTE_P);
    return peek(address);
}

static uint32_t address_of(const void *window)
{
    return (uint32_t)(uintptr_t)window;
}

static void set_up(void)
{
    fake_cpu_reset();
    no_execute = PTE_NX;
    windows_init();
}

/** Map a frame, and check what is shown there. */
static void *map(uint64_t frame)
{
    void *window = window_map(mfn((uint32_t)frame));
    uint64_t entry = shown(address_of(window));

    ck_assert_uint_ge(address_of(window), WINDOWS_START);
    ck_assert_uint_lt(address_of(window), FIXED_WINDOWS_START);
    ck_assert((entry & PTE_FRAME) == frame << PAGE_SHIFT);
    ck_assert((entry & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW));
    ck_assert((entry & PTE_NX) == no_execute);
    ck_assert(!(entry & (PTE_US | PTE_GLOBAL)));
    return window;
}

START_TEST(test_map)
{
    void *a = map(0x123), *b = map(0x3FFFFF);

    ck_assert_ptr_ne(a, b);
    window_unmap(a);
    window_unmap((uint8_t *)b + 4095); /* anywhere in the page */
}
END_TEST

START_TEST(test_found_again)
{
    void *a = map(0x123);

    window_unmap(a);
    ck_assert_ptr_eq(map(0x123), a);
    ck_assert_ptr_eq(map(0x123), a);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 0);
}
END_TEST

/** BOOT-W3: what a glance gave stays until a window is taken over. */
START_TEST(test_glance)
{
    void *first = window_glance(mfn(0x123)), *held[63];

    ck_assert((shown(address_of(first)) & PTE_FRAME) == 0x123000);
    ck_assert_ptr_eq(window_glance(mfn(0x123)), first);
    ck_assert_ptr_eq(map(0x123), first); /* one window for one frame */
    window_unmap(first);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 0);
    /* One of 64 others takes it over, with a flush; then it is elsewhere. */
    for (uint32_t i = 0; i < 63; i++)
        held[i] = map(1000 + i);
    window_unmap(map(2000));
    ck_assert((shown(address_of(first)) & PTE_FRAME) != 0x123000);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 1);
    ck_assert((shown(address_of(window_glance(mfn(0x123)))) & PTE_FRAME) ==
              0x123000);
    /* A glance finds a frame that is held, and lets it be. */
    for (uint32_t i = 0; i < 63; i++)
        ck_assert_ptr_eq(window_glance(mfn(1000 + i)), held[i]);
    for (uint32_t i = 0; i < 63; i++)
        window_unmap(held[i]);
}
END_TEST

START_TEST(test_64_at_a_time)
{
    void *window[64];

    for (uint32_t i = 0; i < 64; i++)
        window[i] = map(1000 + i * 64); /* alike in their low bits */
    for (uint32_t i = 0; i < 64; i++) {
        ck_assert((shown(address_of(window[i])) & PTE_FRAME) ==
                  (uint64_t)(1000 + i * 64) << PAGE_SHIFT);
        window_unmap(window[i]);
    }
}
END_TEST

START_TEST(test_65_are_too_many)
{
    for (uint32_t i = 0; i < 65; i++)
        window_map(mfn(i));
}
END_TEST

START_TEST(test_unmap_twice)
{
    void *a = map(5);

    window_unmap(a);
    window_unmap(a);
}
END_TEST

START_TEST(test_unmap_elsewhere)
{
    window_unmap((void *)WINDOWS_END);
}
END_TEST

/** Of 64 windows only one may show something else than before, and if it had
 *  shown something its translation was dropped. */
static void check_changes(const uint64_t before[64], uint32_t changed)
{
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t address = WINDOWS_START + i * PAGE_SIZE;

        if (peek(address) == before[i])
            continue;
        ck_assert_uint_eq(address, changed);
        ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), before[i] & PTE_P);
        if (before[i] & PTE_P)
            ck_assert_uint_eq(fake_cpu.event[0].value, address);
    }
}

/** A film of random use: held windows stay, changed ones are flushed. */
START_TEST(test_random)
{
    static struct {
        void *window;
        uint32_t frame;
    } held[40];
    uint32_t seed = 31337;
    unsigned nr = 0, wrong = 0;

    for (unsigned step = 0; step < 5000; step++) {
        if (nr < 40 && unit_random(&seed) % 2) {
            uint32_t frame = unit_random(&seed) % 200;
            uint64_t before[64];
            void *window;

            for (uint32_t i = 0; i < 64; i++)
                before[i] = peek(WINDOWS_START + i * PAGE_SIZE);
            fake_cpu.nr_events = 0;
            window = map(frame);
            check_changes(before, address_of(window));
            held[nr].window = window;
            held[nr++].frame = frame;
        } else if (nr > 0) {
            unsigned i = unit_random(&seed) % nr;

            window_unmap(held[i].window);
            held[i] = held[--nr];
        }
        for (unsigned i = 0; i < nr; i++)
            wrong += (peek(address_of(held[i].window)) & PTE_FRAME) !=
                     (uint64_t)held[i].frame << PAGE_SHIFT;
        ck_assert_uint_eq(wrong, 0);
    }
}
END_TEST

START_TEST(test_fixed)
{
    window_fix(GDT_WINDOW, mfn(0x300000), false);
    ck_assert(shown(GDT_WINDOW) ==
              (0x300000ull << PAGE_SHIFT | PTE_P | PTE_A | PTE_NX));
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 0);
    window_fix(GDT_WINDOW, mfn(0x300001), true);
    ck_assert(shown(GDT_WINDOW) & PTE_RW);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 1);
    window_unfix(GDT_WINDOW);
    ck_assert(shown(GDT_WINDOW) == 0);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 2);
    window_unfix(GDT_WINDOW); /* empty already: nothing to drop */
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 2);
    window_fix(WINDOWS_END - PAGE_SIZE, mfn(1), true);
    ck_assert(shown(WINDOWS_END - PAGE_SIZE) & PTE_P);
}
END_TEST

START_TEST(test_without_nx)
{
    no_execute = 0;
    map(0x123);
    window_fix(GDT_WINDOW, mfn(0x300000), false);
    ck_assert(shown(GDT_WINDOW) ==
              (0x300000ull << PAGE_SHIFT | PTE_P | PTE_A));
}
END_TEST

START_TEST(test_fixed_below)
{
    window_fix(FIXED_WINDOWS_START - PAGE_SIZE, mfn(1), true);
}
END_TEST

START_TEST(test_fixed_above)
{
    window_unfix(WINDOWS_END);
}
END_TEST

static Suite *windows_suite(void)
{
    Suite *suite = suite_create("boot/windows");
    TCase *use = tcase_create("use"), *misuse = tcase_create("misuse");

    tcase_add_checked_fixture(use, set_up, NULL);
    tcase_add_checked_fixture(misuse, set_up, NULL);
    tcase_set_timeout(use, 60);
    tcase_add_test(use, test_map);
    tcase_add_test(use, test_found_again);
    tcase_add_test(use, test_glance);
    tcase_add_test(use, test_64_at_a_time);
    tcase_add_test(use, test_random);
    tcase_add_test(use, test_fixed);
    tcase_add_test(use, test_without_nx);
    tcase_add_test_raise_signal(misuse, test_65_are_too_many, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_unmap_twice, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_unmap_elsewhere, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_fixed_below, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_fixed_above, SIGABRT);
    suite_add_tcase(suite, use);
    suite_add_tcase(suite, misuse);
    return suite;
}

UNIT_MAIN(windows_suite())
