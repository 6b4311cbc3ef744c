/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_context The oracle *context*, on a made-up machine
 *
 * Property: every state in which the ABI lets a guest go on after a hypercall
 * or an exception is accepted, and one that differs in a single word is
 * reported once, under the code of that word. (test_context_guest.c:
 * callbacks, and what else a guest is promised.)
 *
 * Source: doc/pages/simulator.md, "The oracles"; the ABI's frames are in the
 * page "Segmentation and rings".
 *
 * Method: exits and returns of a made-up guest. The frames are pushed here,
 * by hand, in the ABI's words: nothing of the oracle's own is used.
 */
#include <check.h>
#include <stdlib.h>

#include "bounces.h"

extern const struct oracle oracle_context;

/* --- The first state ------------------------------------------------------ */

START_TEST(start_is_silent)
{
    guest_first();
    ck_assert(silent());
}
END_TEST

static void spoil_start(int which)
{
    uint32_t *const words[] = { &guest.eax, &guest.ecx, &guest.edx,
                                &guest.ebx, &guest.ebp, &guest.edi };
    uint16_t *const selectors[] = { &guest.cs, &guest.ss, &guest.ds,
                                    &guest.es, &guest.fs, &guest.gs };

    if (which < 6)
        *words[which] = 1;
    else if (which < 12)
        *selectors[which - 6] = 0x0009;
    else if (which == 12)
        guest.eflags = 0x2;
    else if (which == 13)
        guest.eflags = 0x1202;
    else if (which == 14)
        guest.esp -= 4;
    else if (which == 15)
        guest.esi = DATA_VA;
    else
        fake.ram[SHARED][31 * 64 + 1] = 0;
}

START_TEST(start_differs)
{
    guest_boot();
    spoil_start(_i);
    go_on();
    ck_assert(only(CONTEXT_START));
}
END_TEST

/* --- Hypercalls ----------------------------------------------------------- */

START_TEST(hypercall_result)
{
    guest_ready();
    leave_hypercall(17, 1, 2, 3, 4);
    guest.eax = 0xFFFFFFDA;
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(hypercall_repeated)
{
    guest_ready();
    leave_hypercall(26, 1, 2, 3, 4);
    guest.eip -= 2;
    guest.ebx = 99;
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(hypercall_loses_a_register)
{
    uint32_t *const words[] = { &guest.ecx, &guest.edx, &guest.ebx,
                                &guest.ebp, &guest.esi, &guest.edi };

    guest_ready();
    leave_hypercall(17, 1, 2, 3, 4);
    *words[_i] ^= 0x100;
    go_on();
    ck_assert(only(CONTEXT_REGISTER));
}
END_TEST

START_TEST(hypercall_loses_a_segment)
{
    uint16_t *const selectors[] = { &guest.ds, &guest.es, &guest.fs,
                                    &guest.gs };

    guest_ready();
    leave_hypercall(17, 1, 2, 3, 4);
    *selectors[_i] = _i % 2 ? 0 : USER_DS;
    go_on();
    ck_assert(only(CONTEXT_SEGMENT));
}
END_TEST

static void spoil_return(int which)
{
    const uint32_t flags[] = { IF, TF, NT, 0x3000, 0x40000, 1 };

    if (which < 6)
        guest.eflags ^= flags[which];
    else if (which == 6)
        guest.esp += 4;
    else if (which == 7)
        guest.ss = 0x0021;
    else if (which == 8)
        set_mask(0);
    else
        guest.eip += 1;
}

START_TEST(hypercall_returns_wrongly)
{
    const unsigned codes[] = { CONTEXT_FLAGS, CONTEXT_FLAGS, CONTEXT_FLAGS,
                               CONTEXT_FLAGS, CONTEXT_FLAGS, CONTEXT_FLAGS,
                               CONTEXT_STACK, CONTEXT_STACK, CONTEXT_MASK,
                               CONTEXT_PLACE };

    guest_ready();
    leave_hypercall(17, 1, 2, 3, 4);
    spoil_return(_i);
    go_on();
    ck_assert(only(codes[_i]));
}
END_TEST

START_TEST(blocking_clears_the_mask)
{
    guest_ready();
    leave_hypercall(29, 1, 0, 0, 0);
    guest.eax = 0;
    set_mask(0);
    go_on();
    ck_assert(silent());
    set_mask(1);
    leave_hypercall(29, 1, 0, 0, 0);
    go_on();
    ck_assert(only(CONTEXT_MASK));
}
END_TEST

/* --- iret ----------------------------------------------------------------- */

/** eax, eip, cs, eflags, and esp, ss for ring 3. */
static void iret(uint32_t eip, uint32_t cs, uint32_t eflags, uint32_t esp)
{
    if (cs & 2) {
        push(USER_DS);
        push(esp);
    }
    push(eflags);
    push(cs);
    push(eip);
    push(0x600D);
    leave_hypercall(23, 1, 2, 3, 4);
    guest.eax = 0x600D;
    guest.eip = eip;
    guest.cs = (uint16_t)cs;
    guest.eflags = (eflags & ~0x3000u) | IF | 2;
    guest.esp += 16;
    if (cs & 2) {
        guest.esp = esp;
        guest.ss = USER_DS;
        guest.ds = guest.es = guest.fs = guest.gs = 0; /* by the processor */
    }
    set_mask(eflags & IF ? 0 : 1);
}

START_TEST(iret_to_the_kernel)
{
    guest_ready();
    iret(CODE_VA + 0x40, KERNEL_CS, _i ? 0x3A46 : 0x46, 0);
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(iret_to_the_application)
{
    guest_ready();
    iret(CODE_VA + 0x40, USER_CS, 0x202, USER_VA + 0x100);
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(iret_with_an_event)
{
    guest_ready();
    iret(CODE_VA + 0x40, KERNEL_CS, 0x202, 0);
    set_pending(1);
    event();
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(iret_goes_wrong)
{
    const unsigned codes[] = { CONTEXT_PLACE, CONTEXT_STACK, CONTEXT_REGISTER,
                               CONTEXT_MASK, CONTEXT_FLAGS, CONTEXT_PLACE };

    guest_ready();
    iret(CODE_VA + 0x40, _i == 5 ? USER_CS : KERNEL_CS, 0x202,
         USER_VA + 0x100);
    if (_i == 0)
        guest.eip = CODE_VA + 0x10; /* behind the INT */
    else if (_i == 1)
        guest.esp += 8;
    else if (_i == 2)
        guest.eax = 0;
    else if (_i == 3)
        set_mask(1);
    else if (_i == 4)
        guest.eflags |= 0x3000;
    else
        guest.cs = KERNEL_CS;
    go_on();
    ck_assert(only(codes[_i]));
}
END_TEST

START_TEST(iret_to_vm86_is_refused)
{
    guest_ready();
    push(0); /* gs fs ds es ss esp */
    push(0);
    push(0);
    push(0);
    push(0x100);
    push(0x200);
    push(0x20202);
    push(0x1000);
    push(0x10);
    push(0x600D);
    leave_hypercall(23, 1, 2, 3, 4);
    bounce(13, true, 0);
    go_on();
    ck_assert(silent());
}
END_TEST

/** iret to a code segment that is not there: the failsafe callback, whose
 *  frame lies on top of the iret frame. */
START_TEST(iret_to_no_segment)
{
    guest_ready();
    iret(CODE_VA + 0x40, 0x41, 0x202, 0);
    bounce(0, false, 0);
    for (unsigned i = 0; i < 4; i++)
        push(KERNEL_DS);
    guest.gs = guest.fs = guest.es = guest.ds = 0;
    guest.eip = FAILSAFE_HANDLER;
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(iret_to_ring_0_ends_the_domain)
{
    guest_ready();
    iret(CODE_VA + 0x40, 0xE008, 0x202, 0);
    guest.cs = KERNEL_CS;
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

/* --- Exceptions ----------------------------------------------------------- */

/** Which vectors have an error code, in the processor's book. */
static bool has_error(unsigned vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

START_TEST(exception_bounced)
{
    unsigned vector = (unsigned)_i;

    guest_ready();
    guest.eflags |= 0x40;
    guest.cr2 = 0xDEAD000;
    leave_exception(vector, has_error(vector), has_error(vector) ? 0x2 : 0);
    fake.ram[SHARED][8 + 3] = 0x0D;
    fake.ram[SHARED][8 + 2] = 0xEA;
    fake.ram[SHARED][8 + 1] = 0xD0;
    if (vector == 13) /* 2 would be INT 0 */
        return;
    bounce(vector, has_error(vector), 0x2);
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(exception_of_an_application)
{
    guest_ready();
    guest_in_application();
    guest.eflags |= NT | TF;
    leave_exception(13, true, 0);
    bounce_outer(13, true, 0);
    go_on();
    ck_assert(silent());
}
END_TEST

/** One word of an application's frame is wrong. */
START_TEST(frame_word_differs)
{
    guest_ready();
    guest_in_application();
    set_mask(_i % 2);
    leave_exception(13, true, 0x48);
    bounce_outer(13, true, 0x48);
    fake.ram[STACK][guest.esp % 4096 + _i] ^= 0x80;
    go_on();
    /* Of SS only the selector counts. */
    ck_assert(_i / 4 == 5 && _i % 4 >= 2 ? silent() : only(CONTEXT_FRAME));
}
END_TEST

static void spoil_handler(int which)
{
    if (which == 0)
        guest.eflags &= ~IF;
    else if (which == 1)
        guest.eflags |= TF;
    else if (which == 2)
        guest.eflags |= NT;
    else if (which == 3)
        guest.eflags ^= 0x400; /* DF stays as it was */
    else if (which == 4)
        guest.esp -= 4;
    else if (which == 5)
        guest.ecx ^= 1;
    else if (which == 6)
        set_mask(!fake.ram[SHARED][1]);
    else if (which == 7)
        guest.gs = 0;
    else
        guest.eip = HANDLER(12);
}

START_TEST(handler_state_differs)
{
    const unsigned codes[] = { CONTEXT_FLAGS, CONTEXT_FLAGS, CONTEXT_FLAGS,
                               CONTEXT_FLAGS, CONTEXT_STACK, CONTEXT_REGISTER,
                               CONTEXT_MASK, CONTEXT_SEGMENT, CONTEXT_PLACE };

    guest_ready();
    leave_exception(13, true, 0);
    bounce(13, true, 0);
    spoil_handler(_i);
    go_on();
    ck_assert(only(codes[_i]));
}
END_TEST

START_TEST(unregistered_handler)
{
    guest_first();
    leave_exception(6, false, 0);
    bounce(6, false, 0);
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

START_TEST(fault_swallowed)
{
    guest_ready();
    leave_exception(0, false, 0);
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

/** #NM and a page fault may be resolved behind the guest's back. */
START_TEST(fault_resolved)
{
    guest_ready();
    leave_exception(_i ? 14 : 7, _i, 2);
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(page_fault_address)
{
    guest_ready();
    guest.cr2 = 0x1234;
    leave_exception(14, true, 2);
    bounce(14, true, 2);
    go_on();
    ck_assert(only(CONTEXT_CR2));
}
END_TEST

/** The user bit says whether it was an application. */
START_TEST(page_fault_user_bit)
{
    guest_ready();
    if (_i)
        guest_in_application();
    guest.cr2 = 0;
    leave_exception(14, true, _i ? 6 : 2);
    if (_i)
        bounce_outer(14, true, 2);
    else
        bounce(14, true, 6);
    go_on();
    ck_assert(only(CONTEXT_FRAME));
}
END_TEST

START_TEST(masking_handler)
{
    guest_ready();
    set_mask(0);
    leave_exception(13, true, 0x91 * 8 + 2);
    guest.eip += 2;
    bounce(0x91, false, 0);
    set_mask((uint8_t)_i);
    go_on();
    ck_assert(_i ? silent() : only(CONTEXT_MASK));
}
END_TEST

START_TEST(int_n_allowed)
{
    guest_ready();
    leave_exception(13, true, 0x90 * 8 + 2);
    if (_i == 0) {
        guest.eip += 2;
        bounce(0x90, false, 0);
    } else if (_i == 1) {
        bounce(0x90, false, 0); /* eip still at the INT */
    } else {
        bounce(13, true, 0x90 * 8 + 2);
    }
    go_on();
    ck_assert(_i == 0 ? silent()
                      : only(_i == 1 ? CONTEXT_FRAME : CONTEXT_PLACE));
}
END_TEST

START_TEST(int_n_refused)
{
    guest_ready();
    guest_in_application();
    leave_exception(13, true, 0x90 * 8 + 2);
    if (_i) {
        guest.eip += 2;
        bounce_outer(0x90, false, 0);
    } else {
        bounce_outer(13, true, 0x90 * 8 + 2);
    }
    go_on();
    ck_assert(_i ? only(CONTEXT_PLACE) : silent());
}
END_TEST

START_TEST(breakpoint)
{
    guest_ready();
    leave_interrupt(CAUSE_SOFT_INTERRUPT, 3);
    if (_i == 0)
        bounce(3, false, 0);
    go_on();
    ck_assert(_i == 0 ? silent() : only(CONTEXT_PLACE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/context");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    guest_oracle = &oracle_context;
    tcase_add_test(all, start_is_silent);
    tcase_add_loop_test(all, start_differs, 0, 17);
    tcase_add_test(all, hypercall_result);
    tcase_add_test(all, hypercall_repeated);
    tcase_add_loop_test(all, hypercall_loses_a_register, 0, 6);
    tcase_add_loop_test(all, hypercall_loses_a_segment, 0, 4);
    tcase_add_loop_test(all, hypercall_returns_wrongly, 0, 10);
    tcase_add_test(all, blocking_clears_the_mask);
    tcase_add_loop_test(all, iret_to_the_kernel, 0, 2);
    tcase_add_test(all, iret_to_the_application);
    tcase_add_test(all, iret_with_an_event);
    tcase_add_loop_test(all, iret_goes_wrong, 0, 6);
    tcase_add_test(all, iret_to_vm86_is_refused);
    tcase_add_test(all, iret_to_no_segment);
    tcase_add_test(all, iret_to_ring_0_ends_the_domain);
    tcase_add_loop_test(all, exception_bounced, 0, 20);
    tcase_add_test(all, exception_of_an_application);
    tcase_add_loop_test(all, frame_word_differs, 0, 24);
    tcase_add_loop_test(all, handler_state_differs, 0, 9);
    tcase_add_test(all, unregistered_handler);
    tcase_add_test(all, fault_swallowed);
    tcase_add_loop_test(all, fault_resolved, 0, 2);
    tcase_add_test(all, page_fault_address);
    tcase_add_loop_test(all, page_fault_user_bit, 0, 2);
    tcase_add_loop_test(all, masking_handler, 0, 2);
    tcase_add_loop_test(all, int_n_allowed, 0, 3);
    tcase_add_loop_test(all, int_n_refused, 0, 2);
    tcase_add_loop_test(all, breakpoint, 0, 2);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
