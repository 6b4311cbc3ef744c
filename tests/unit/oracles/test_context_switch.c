/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_context_switch The oracle *context*: what a virtual
 * processor owns, and others that it brings up
 *
 * Property: each register that no entry saves comes back as it was left, but
 * for what the guest asked to be changed; one that was brought up begins as
 * it was described, and each of two goes on as it was left itself.
 *
 * Source: doc/pages/simulator.md, "The oracles"; [XenABI] xen/vcpu.h.
 *
 * Method: the made-up guest is left and goes on, with one thing changed.
 */
#include <check.h>
#include <stdlib.h>

#include "bounces.h"

extern const struct oracle oracle_context;

#define TS 0x8u
#define TSD 0x4u

enum { FPU_TASKSWITCH = 5, SET_DEBUGREG = 8, VCPU_OP = 24, SCHED_OP = 29 };
enum { VCPUOP_INITIALISE = 0 };
enum { BASE = 30, ROOT = 31 }; /* frames: an L3, and what CR3 points to */

#define MFN(n) (FAKE_FIRST_FRAME + (unsigned)(n))

/** Spoil one thing. @return the code that it is reported under */
static unsigned spoil(int which)
{
    switch (which) {
    case 0: guest.cr0 ^= TS; return CONTEXT_FPU;
    case 1: fake.extra.fpu_words[0]++; return CONTEXT_FPU;
    case 2: fake.extra.fpu_words[2]++; return CONTEXT_FPU;
    case 3: fake.extra.fpu[3][9]++; return CONTEXT_FPU;
    case 4: fake.extra.sse[7][15]++; return CONTEXT_FPU;
    case 5: fake.extra.debug_control ^= 1; return CONTEXT_DEBUG;
    case 6: fake.extra.debug[1]++; return CONTEXT_DEBUG;
    default: guest.cr4 ^= TSD; return CONTEXT_CONTROL;
    }
}

/** Running, the second watchpoint in use. */
static void ready(void)
{
    guest_oracle = &oracle_context;
    guest_ready();
    fake.extra.debug_control = 4;
}

START_TEST(comes_back)
{
    ready();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    fake.extra.debug[0]++; /* not in use */
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(does_not_come_back)
{
    unsigned code;

    ready();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    code = spoil(_i);
    go_on();
    ck_assert(only(code));
}
END_TEST

START_TEST(begins_with_another_ones)
{
    unsigned code;

    guest_oracle = &oracle_context;
    guest_boot();
    fake.extra.debug_control = _i == 6 ? 4 : 0;
    code = spoil(_i);
    go_on();
    ck_assert(only(code));
}
END_TEST

/** What a call asks for is no loss; the next return is compared again. */
START_TEST(asked_for)
{
    ready();
    leave_hypercall(_i ? SET_DEBUGREG : FPU_TASKSWITCH, 7, 0, 0, 0);
    guest.eax = 0;
    if (_i)
        fake.extra.debug_control ^= 1;
    else
        guest.cr0 ^= TS;
    go_on();
    ck_assert(silent());
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    if (_i)
        fake.extra.debug_control ^= 1;
    else
        guest.cr0 ^= TS;
    go_on();
    ck_assert(only(_i ? CONTEXT_DEBUG : CONTEXT_FPU));
}
END_TEST

/** Nobody sees the FPU while TS is set; but it is the same afterwards. */
START_TEST(fpu_behind_ts)
{
    ready();
    fake.extra.fpu[0][0] = 7;
    leave_hypercall(FPU_TASKSWITCH, 1, 0, 0, 0);
    guest.eax = 0;
    guest.cr0 |= TS;
    fake.extra.fpu[0][0] = 9;
    go_on();
    ck_assert(silent());
    leave_exception(7, false, 0);
    guest.cr0 &= ~TS;
    fake.extra.fpu[0][0] = _i ? 7 : 9;
    bounce(7, false, 0);
    go_on();
    ck_assert(_i ? silent() : only(CONTEXT_FPU));
}
END_TEST

/* --- Another one ---------------------------------------------------------- */

static struct event_registers first; /* as it was left */

/** struct vcpu_guest_context: words by their place. */
static void describe(uint32_t at)
{
    static const uint8_t nothing[2800];

    fake_poke(at, nothing, sizeof nothing);
    fake_poke32(at + 516, 0xB); /* ebx */
    fake_poke32(at + 528, 0x51); /* esi */
    fake_poke32(at + 548, CODE_VA + 0x900);
    fake_poke32(at + 552, KERNEL_CS);
    fake_poke32(at + 560, STACK_TOP - 0x400);
    fake_poke32(at + 564, KERNEL_DS);
    fake_poke32(at + 568, KERNEL_DS);
    fake_poke32(at + 572, KERNEL_DS);
    fake_poke32(at + 2708, KERNEL_DS);
    fake_poke32(at + 2712, STACK_TOP);
    fake_poke32(at + 2728, MFN(BASE) << 12);
}

/** The first describes another one, and gives the processor away. */
static void bring_up(uint32_t result)
{
    guest_oracle = &oracle_context;
    guest_ready();
    describe(DATA_VA);
    leave_hypercall(VCPU_OP, VCPUOP_INITIALISE, 1, DATA_VA, 0);
    guest.eax = result;
    go_on();
    leave_hypercall(SCHED_OP, 0, 0, 0, 0);
    first = guest;
    first.eax = 0;
    guest = (struct event_registers){
        .ebx = 0xB, .esi = 0x51, .eip = CODE_VA + 0x900, .cs = KERNEL_CS,
        .esp = STACK_TOP - 0x400, .ss = KERNEL_DS, .ds = KERNEL_DS,
        .es = KERNEL_DS, .eflags = 0x202, .cr3 = MFN(ROOT) << 12,
    };
}

START_TEST(brought_up)
{
    bring_up(0);
    go_on();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    guest = first;
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(brought_up_wrongly)
{
    bring_up(0);
    if (_i == 0)
        guest.esi = START_VA; /* a start_info is no excuse */
    else if (_i == 1)
        guest.esp -= 4;
    else
        guest.gs = KERNEL_DS;
    go_on();
    ck_assert(only(CONTEXT_START));
}
END_TEST

START_TEST(nobody_described_it)
{
    bring_up((uint32_t)-17);
    go_on();
    ck_assert(only(CONTEXT_START));
}
END_TEST

START_TEST(goes_on_as_the_other)
{
    bring_up(0);
    go_on();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    guest.cr3 = first.cr3; /* the registers stay */
    go_on();
    ck_assert(fake_reports() == 1);
}
END_TEST

START_TEST(fpu_of_the_other)
{
    bring_up(0);
    go_on();
    fake.extra.fpu[2][4] = 1;
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    guest = first;
    fake.extra.fpu[2][4] = _i ? 1 : 0;
    go_on();
    ck_assert(_i ? only(CONTEXT_FPU) : silent());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/context_switch");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, comes_back);
    tcase_add_loop_test(all, does_not_come_back, 0, 8);
    tcase_add_loop_test(all, begins_with_another_ones, 0, 6);
    tcase_add_loop_test(all, asked_for, 0, 2);
    tcase_add_loop_test(all, fpu_behind_ts, 0, 2);
    tcase_add_test(all, brought_up);
    tcase_add_loop_test(all, brought_up_wrongly, 0, 3);
    tcase_add_test(all, nobody_described_it);
    tcase_add_test(all, goes_on_as_the_other);
    tcase_add_loop_test(all, fpu_of_the_other, 0, 2);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
