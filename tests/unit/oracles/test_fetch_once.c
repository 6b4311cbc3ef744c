/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_fetch_once The oracles *fetch once* and *time to
 * respond*, on a made-up machine
 *
 * Property: a declared byte that ring 0 loads twice in one hypercall, or in
 * one entry of a multicall, is reported once; an interrupt that waits longer
 * than the bound is reported once; and nothing else is.
 *
 * Source: doc/pages/simulator.md, "The oracles".
 *
 * Method: loads, interrupts and instruction counts as the simulator would
 * tell them.
 */
#include <check.h>
#include <stdlib.h>

#include "fake_guest.h"

extern const struct oracle oracle_fetch_once;
extern const struct oracle oracle_time_to_respond;

#define MAX 200000u

static void start(void)
{
    guest_oracle = &oracle_fetch_once;
    guest_boot();
    fake_arg("arguments", "0xC0101000-0xC0101100,0xC0101200-0xC0101210");
    oracle_fetch_once.start(&fake.m);
    go_on();
}

static void load(uint32_t vaddr, unsigned bytes)
{
    struct access a = {
        .vaddr = vaddr,
        .maddr = (uint64_t)(FAKE_FIRST_FRAME + DATA) << 12 | (vaddr & 0xFFF),
        .bytes = bytes,
        .kind = ACCESS_READ,
    };

    fake.m.eip += 4;
    guest_oracle->access(&fake.m, &a);
}

START_TEST(once_is_silent)
{
    start();
    leave_hypercall(17, 0, DATA_VA, 0, 0);
    load(DATA_VA, 4);
    load(DATA_VA + 4, 4);
    go_on();
    leave_hypercall(17, 0, DATA_VA, 0, 0);
    load(DATA_VA, 4);
    ck_assert(silent());
}
END_TEST

START_TEST(twice_is_told_once)
{
    start();
    leave_hypercall(17, 0, DATA_VA, 0, 0);
    load(DATA_VA, 8);
    load(DATA_VA + 4, 4);
    load(DATA_VA + 4, 4);
    ck_assert(only(FETCH_TWICE));
}
END_TEST

/** The last byte of one load is the first of the next. */
START_TEST(one_byte_twice)
{
    start();
    leave_hypercall(17, 0, DATA_VA, 0, 0);
    load(DATA_VA + 0x200, 4);
    load(DATA_VA + 0x203, 1);
    ck_assert(only(FETCH_TWICE));
}
END_TEST

/** Through another mapping: the machine address counts. */
START_TEST(twice_by_two_addresses)
{
    start();
    leave_hypercall(17, 0, DATA_VA, 0, 0);
    load(DATA_VA, 4);
    load(0xF6C00000, 4);
    ck_assert(only(FETCH_TWICE));
}
END_TEST

START_TEST(not_declared)
{
    start();
    leave_hypercall(17, 0, DATA_VA, 0, 0);
    load(DATA_VA + 0x100, 4);
    load(DATA_VA + 0x100, 4);
    ck_assert(silent());
}
END_TEST

START_TEST(outside_a_hypercall)
{
    start();
    leave_exception(6, false, 0);
    load(DATA_VA, 4);
    load(DATA_VA, 4);
    ck_assert(silent());
}
END_TEST

/** Each entry of a multicall may read the same argument again. */
START_TEST(multicall)
{
    uint32_t list = DATA_VA + 0x800;

    start();
    leave_hypercall(13, list, 2, 0, 0);
    load(list, 4);
    load(DATA_VA, 4);
    load(list + 32, 4);
    load(list + 36, 4);
    load(DATA_VA, 4);
    ck_assert(silent());
    load(DATA_VA, 4);
    ck_assert(only(FETCH_TWICE));
}
END_TEST

/* --- Time to respond ------------------------------------------------------ */

static void start_timing(void)
{
    guest_oracle = &oracle_time_to_respond;
    guest_boot();
    go_on();
}

/** Ring 0 runs for so many instructions. */
static void run_for(uint64_t instructions)
{
    guest_oracle->before(&fake.m);
    fake.m.icount += instructions;
    guest_oracle->before(&fake.m);
}

START_TEST(nobody_waits)
{
    start_timing();
    leave_hypercall(17, 0, 0, 0, 0);
    run_for(10 * MAX);
    ck_assert(silent());
}
END_TEST

START_TEST(during_boot)
{
    guest_oracle = &oracle_time_to_respond;
    guest_boot();
    fake.m.interrupt_pending = true;
    run_for(10 * MAX);
    ck_assert(silent());
}
END_TEST

START_TEST(raised_in_ring_0)
{
    start_timing();
    leave_hypercall(17, 0, 0, 0, 0);
    run_for(MAX);
    fake.m.interrupt_pending = true;
    run_for(MAX);
    ck_assert(silent());
    run_for(1);
    run_for(1);
    ck_assert(only(RESPOND_LATE));
}
END_TEST

/** Its own handler takes too long; it does not wait any more by then. */
START_TEST(slow_handler)
{
    start_timing();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    run_for(MAX + 1);
    ck_assert(only(RESPOND_LATE));
}
END_TEST

START_TEST(answered_in_time)
{
    start_timing();
    for (unsigned i = 0; i < 3; i++) {
        leave_interrupt(CAUSE_INTERRUPT, 0x20);
        run_for(MAX - 10);
        go_on();
    }
    ck_assert(silent());
}
END_TEST

START_TEST(a_halt_is_an_answer)
{
    start_timing();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    run_for(MAX / 2 + 2);
    guest_oracle->halt(&fake.m, true);
    run_for(MAX / 2 + 2);
    ck_assert(silent());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/fetch_once");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, once_is_silent);
    tcase_add_test(all, twice_is_told_once);
    tcase_add_test(all, one_byte_twice);
    tcase_add_test(all, twice_by_two_addresses);
    tcase_add_test(all, not_declared);
    tcase_add_test(all, outside_a_hypercall);
    tcase_add_test(all, multicall);
    tcase_add_test(all, nobody_waits);
    tcase_add_test(all, during_boot);
    tcase_add_test(all, raised_in_ring_0);
    tcase_add_test(all, slow_handler);
    tcase_add_test(all, answered_in_time);
    tcase_add_test(all, a_halt_is_an_answer);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
