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

enum { STACK_SWITCH = 3, FPU_TASKSWITCH = 5, SET_DEBUGREG = 8, MULTICALL = 13,
       VCPU_OP = 24, MMUEXT_OP = 26, SCHED_OP = 29 };
enum { VCPUOP_INITIALISE = 0, VCPUOP_REGISTER_RUNSTATE = 5,
       VCPUOP_SEND_NMI = 11 };
enum { MMUEXT_SET_LDT = 13, MMUEXT_CLEAR_PAGE = 16 };
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
    fake_poke32(at + 600, 2 | (uint32_t)KERNEL_CS << 16); /* trap 2: NMI */
    fake_poke32(at + 604, HANDLER(2));
    fake_poke32(at + 2708, KERNEL_DS);
    fake_poke32(at + 2712, STACK_TOP);
    fake_poke32(at + 2728, MFN(BASE) << 12);
}

static void describe_another(uint32_t result)
{
    guest_oracle = &oracle_context;
    guest_ready();
    describe(DATA_VA);
    leave_hypercall(VCPU_OP, VCPUOP_INITIALISE, 1, DATA_VA, 0);
    guest.eax = result;
    go_on();
}

/** The first gives the processor away, and the other one begins. */
static void give_away(void)
{
    leave_hypercall(SCHED_OP, 0, 0, 0, 0);
    first = guest;
    first.eax = 0;
    guest = (struct event_registers){
        .ebx = 0xB, .esi = 0x51, .eip = CODE_VA + 0x900, .cs = KERNEL_CS,
        .esp = STACK_TOP - 0x400, .ss = KERNEL_DS, .ds = KERNEL_DS,
        .es = KERNEL_DS, .eflags = 0x202, .cr3 = MFN(ROOT) << 12,
    };
}

/** The first describes another one, and gives the processor away. */
static void bring_up(uint32_t result)
{
    describe_another(result);
    give_away();
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

/* --- NMIs ------------------------------------------------------------------ */

#define LIST (DATA_VA + 0xC00)

static void list_entry(unsigned i, uint32_t number, uint32_t a, uint32_t b,
                       uint32_t c)
{
    const uint32_t words[5] = { number, 0, a, b, c };

    for (unsigned k = 0; k < 5; k++)
        fake_poke32(LIST + i * 32 + k * 4, words[k]);
}

/** An NMI is sent: alone, or by a list of calls. */
static void send_nmi(bool by_list, uint32_t to)
{
    list_entry(0, VCPU_OP, VCPUOP_SEND_NMI, to, 0);
    if (by_list)
        leave_hypercall(MULTICALL, LIST, 1, 0, 0);
    else
        leave_hypercall(VCPU_OP, VCPUOP_SEND_NMI, to, 0, 0);
    guest.eax = 0;
}

/** It is the first thing that a new one sees, if it was sent to that one. */
START_TEST(nmi_before_the_first_instruction)
{
    describe_another(0);
    send_nmi(_i == 1, _i == 2 ? 0 : 1);
    if (_i == 2)
        bounce(2, false, 0);
    go_on();
    give_away();
    set_mask(1); /* as its own is: the helper reads the first one's */
    bounce(2, false, 0);
    set_mask(0);
    go_on();
    ck_assert(_i == 2 ? only(CONTEXT_START) : silent());
}
END_TEST

START_TEST(nmi_to_oneself)
{
    guest_oracle = &oracle_context;
    guest_ready();
    send_nmi(_i & 1, 0);
    bounce(2, false, 0);
    go_on();
    ck_assert(silent());
    if (_i & 2) { /* and no second one */
        guest.eip = CODE_VA + 0x10;
        leave_interrupt(CAUSE_INTERRUPT, 0x20);
        bounce(2, false, 0);
        go_on();
        ck_assert(only(CONTEXT_PLACE));
    }
}
END_TEST

/* --- What another one, or a call, writes to a vcpu_info --------------------- */

START_TEST(mask_is_written_by_the_other)
{
    bring_up(0);
    set_mask(1);
    go_on();
    if (_i == 0)
        set_mask(0); /* while it runs; else in ring 0 */
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    set_mask(0);
    guest = first;
    go_on();
    ck_assert(_i == 0 ? silent() : only(CONTEXT_MASK));
}
END_TEST

/** The page that has it may be filled; the list that says so is in no other. */
START_TEST(mask_is_cleared_by_a_call)
{
    guest_oracle = &oracle_context;
    guest_ready();
    set_mask(1);
    fake_poke32(LIST, MMUEXT_CLEAR_PAGE);
    fake_poke32(LIST + 4, MFN(_i ? USER : SHARED));
    leave_hypercall(MMUEXT_OP, LIST, 1, 0, 0x7FF0);
    store(0xF6C00000, SHARED, 0, 4);
    set_mask(0);
    guest.eax = 0;
    go_on();
    ck_assert(_i ? only(CONTEXT_MASK) : silent());
}
END_TEST

/** The guest has mapped that page, and an instruction that was carried out, or
 *  a frame, was put there. */
START_TEST(mask_is_written_at_a_guests_address)
{
    guest_oracle = &oracle_context;
    guest_ready();
    set_mask(1);
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    store(_i ? 0xF6C00000 : USER_VA + 0x1000, SHARED, 0, 4);
    set_mask(0);
    go_on();
    ck_assert(_i ? only(CONTEXT_MASK) : silent());
}
END_TEST

START_TEST(page_with_the_list_is_cleared)
{
    guest_oracle = &oracle_context;
    guest_ready();
    fake_poke32(LIST, MMUEXT_CLEAR_PAGE);
    fake_poke32(LIST + 4, MFN(_i ? STACK : DATA));
    leave_hypercall(MMUEXT_OP, LIST, 1, 0, 0x7FF0);
    fake_poke32(LIST, 0);
    fake_poke32(LIST + 4, 0);
    store(0xF6C00FF0, DATA, 0xFF0, 4);
    guest.eax = 0;
    go_on();
    ck_assert(_i ? only(CONTEXT_STORE) : silent());
}
END_TEST

/* --- Areas, and calls in lists ---------------------------------------------- */

/** A run-state area in the image, registered by a list of calls: written while
 *  that is made, and afterwards if it was not refused. */
START_TEST(area_by_a_list)
{
    guest_oracle = &oracle_context;
    guest_ready();
    fake_poke32(DATA_VA, DATA_VA + 0x800);
    fake_poke32(DATA_VA + 4, 0);
    list_entry(0, VCPU_OP, VCPUOP_REGISTER_RUNSTATE, 0, DATA_VA);
    leave_hypercall(MULTICALL, LIST, 1, 0, 0);
    store(DATA_VA + 0x800, DATA, 0x800, 44);
    fake_poke32(LIST + 4, _i ? (uint32_t)-14 : 0);
    guest.eax = 0;
    go_on();
    ck_assert(silent());
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    store(DATA_VA + 0x800, DATA, 0x800, 44);
    go_on();
    ck_assert(_i ? only(CONTEXT_STORE) : silent());
}
END_TEST

/** A guest that has not flushed has another page there than its tables say. */
START_TEST(area_by_an_old_translation)
{
    guest_oracle = &oracle_context;
    guest_ready();
    fake_poke32(DATA_VA, USER_VA + 0x100);
    fake_poke32(DATA_VA + 4, 0);
    leave_hypercall(VCPU_OP, VCPUOP_REGISTER_RUNSTATE, 0, DATA_VA, 0);
    guest.eax = 0;
    go_on();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    store(USER_VA + 0x100 + (_i ? 44 : 0), DATA, 0x100, 4);
    go_on();
    ck_assert(_i ? only(CONTEXT_STORE) : silent());
}
END_TEST

/** An application's stack segment has a base of its own; the kernel's, to which
 *  the frame goes, has not. */
START_TEST(stack_with_another_base)
{
    uint64_t raw = fake_descriptor(0x1000, 0xFF, true, 0x12, 3, true);

    guest_oracle = &oracle_context;
    guest_ready();
    guest_in_application();
    fake_poke(GDT_VA + 7175 * 8, &raw, sizeof raw);
    guest.ss = 7175 * 8 + 3;
    leave_exception(6, false, 0);
    store(STACK_TOP - (_i ? 0x400 : 4), STACK, 0x1000 - (_i ? 0x400 : 4), 4);
    bounce_outer(6, false, 0);
    go_on();
    ck_assert(_i ? only(CONTEXT_STORE) : silent());
}
END_TEST

/** A list of calls goes on from an entry that was not made: its result, still
 *  0, says nothing. */
START_TEST(list_is_half_made)
{
    guest_oracle = &oracle_context;
    guest_ready();
    set_mask(0);
    list_entry(0, SCHED_OP, 0, 0, 0);
    list_entry(1, STACK_SWITCH, KERNEL_DS, STACK_VA + 0x800, 0);
    leave_hypercall(MULTICALL, LIST, 2, 0, 0);
    guest.eip -= 2;
    guest.ebx += _i ? 64 : 32;
    guest.ecx -= _i ? 2 : 1;
    set_pending(1);
    event();
    go_on();
    set_pending(0);
    guest_in_application();
    leave_exception(6, false, 0);
    bounce_outer(6, false, 0);
    go_on();
    ck_assert(_i ? only(CONTEXT_STACK) : silent());
}
END_TEST

/** The way out may load from an LDT that the call has just set: its descriptors
 *  are mended before the guest goes on. */
START_TEST(ldt_of_the_call)
{
    guest_oracle = &oracle_context;
    guest_ready();
    fake_poke32(LIST, _i ? MMUEXT_CLEAR_PAGE : MMUEXT_SET_LDT);
    fake_poke32(LIST + 4, _i ? MFN(USER) : STACK_VA);
    fake_poke32(LIST + 8, 16);
    leave_hypercall(MMUEXT_OP, LIST, 1, 0, 0x7FF0);
    store(0xF6C00018, STACK, 0x18, 4);
    guest.eax = 0;
    go_on();
    ck_assert(_i ? only(CONTEXT_STORE) : fake_reported(CONTEXT_STORE) == 0);
}
END_TEST

/** A list that blocks unmasks; one that yields does not. */
START_TEST(list_that_blocks)
{
    guest_oracle = &oracle_context;
    guest_ready();
    set_mask(1);
    list_entry(0, SCHED_OP, _i ? 0 : 1, 0, 0);
    leave_hypercall(MULTICALL, LIST, 1, 0, 0);
    guest.eax = 0;
    set_mask(0);
    go_on();
    ck_assert(_i ? only(CONTEXT_MASK) : silent());
}
END_TEST

/** Of a list that failed nobody knows whether it set an LDT before: it may be at
 *  either place. Alone it was refused. */
START_TEST(ldt_perhaps)
{
    guest_oracle = &oracle_context;
    guest_ready();
    fake_poke32(LIST, MMUEXT_SET_LDT);
    fake_poke32(LIST + 4, DATA_VA);
    fake_poke32(LIST + 8, 16);
    leave_hypercall(MMUEXT_OP, LIST, _i ? 1 : 2, 0, 0x7FF0);
    guest.eax = (uint32_t)-22;
    go_on();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    store(0xF6C00018, DATA, 0x18, 4);
    go_on();
    ck_assert(_i ? only(CONTEXT_STORE) : silent());
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
    tcase_add_loop_test(all, nmi_before_the_first_instruction, 0, 3);
    tcase_add_loop_test(all, nmi_to_oneself, 0, 4);
    tcase_add_loop_test(all, mask_is_written_by_the_other, 0, 2);
    tcase_add_loop_test(all, mask_is_cleared_by_a_call, 0, 2);
    tcase_add_loop_test(all, mask_is_written_at_a_guests_address, 0, 2);
    tcase_add_loop_test(all, page_with_the_list_is_cleared, 0, 2);
    tcase_add_loop_test(all, area_by_a_list, 0, 2);
    tcase_add_loop_test(all, area_by_an_old_translation, 0, 2);
    tcase_add_loop_test(all, stack_with_another_base, 0, 2);
    tcase_add_loop_test(all, list_is_half_made, 0, 2);
    tcase_add_loop_test(all, list_that_blocks, 0, 2);
    tcase_add_loop_test(all, ldt_of_the_call, 0, 2);
    tcase_add_loop_test(all, ldt_perhaps, 0, 2);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
