/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_context The oracle *context*, on a made-up machine
 *
 * Property: every state in which the ABI lets a guest go on is accepted, and
 * one that differs in a single word is reported once, under the code of that
 * word.
 *
 * Source: design page "The oracles"; the ABI's frames are in the page
 * "Segmentation and rings".
 *
 * Method: exits and returns of a made-up guest. The frames are pushed here,
 * by hand, in the ABI's words: nothing of the oracle's own is used.
 */
#include <check.h>
#include <stdlib.h>

#include "fake_guest.h"

extern const struct oracle oracle_context;

#define IF 0x200u
#define TF 0x100u
#define NT 0x4000u
#define RF 0x10000u

/** A bounce from ring 1, as the ABI describes it. */
static void bounce(unsigned vector, bool has_error, uint32_t error)
{
    uint32_t mask = fake.ram[SHARED][1];

    push((guest.eflags & ~IF) | (mask ? 0 : IF));
    push(guest.cs | mask << 16);
    push(guest.eip);
    if (has_error)
        push(error);
    guest.eip = HANDLER(vector);
    guest.cs = KERNEL_CS;
    guest.eflags &= ~(TF | NT | RF);
}

/** The same from ring 3. */
static void bounce_outer(unsigned vector, bool has_error, uint32_t error)
{
    uint32_t esp = guest.esp, ss = guest.ss;

    guest.esp = STACK_TOP;
    guest.ss = KERNEL_DS;
    push(ss);
    push(esp);
    bounce(vector, has_error, error);
}

static void event(void)
{
    bounce(0, false, 0);
    guest.eip = EVENT_HANDLER;
    set_mask(1);
}

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

/* --- Callbacks ------------------------------------------------------------ */

START_TEST(event_after_an_interrupt)
{
    guest_ready();
    set_mask(0);
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    set_pending(1);
    event();
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(event_on_a_trap)
{
    guest_ready();
    set_mask(0);
    leave_exception(6, false, 0);
    set_pending(1);
    bounce(6, false, 0);
    event();
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(event_that_may_not_come)
{
    guest_ready();
    set_mask(_i == 0);
    set_pending(_i == 0);
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    event();
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

START_TEST(interrupt_resumes)
{
    guest_ready();
    if (_i)
        guest_in_application();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(nmi_callback)
{
    guest_ready();
    leave_interrupt(CAUSE_INTERRUPT, _i ? 0x20 : 2);
    bounce(2, false, 0);
    go_on();
    ck_assert(_i ? only(CONTEXT_PLACE) : silent());
}
END_TEST

/** A selector that cannot be loaded: its descriptor is gone. */
static void failsafe(void)
{
    guest.gs = 0x0043;
    leave_hypercall(10, 0, 0, 0, 0);
    guest.eax = 0;
    bounce(0, false, 0);
    push(0x43);
    push(guest.fs);
    push(guest.es);
    push(guest.ds);
    guest.gs = guest.fs = guest.es = guest.ds = 0;
    guest.eip = FAILSAFE_HANDLER;
}

START_TEST(failsafe_callback)
{
    guest_ready();
    failsafe();
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(failsafe_frame_differs)
{
    guest_ready();
    failsafe();
    fake.ram[STACK][guest.esp % 4096 + 4 * _i] ^= 4;
    go_on();
    ck_assert(only(CONTEXT_FRAME));
}
END_TEST

START_TEST(failsafe_without_a_reason)
{
    guest_ready();
    failsafe();
    guest_ready(); /* the same frame, but GS was loadable */
    leave_hypercall(10, 0, 0, 0, 0);
    guest.eax = 0;
    bounce(0, false, 0);
    guest.eip = FAILSAFE_HANDLER;
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

/* --- Instructions carried out -------------------------------------------- */

static void emulate(const char *bytes, size_t length, unsigned vector)
{
    fake_poke(guest.eip, bytes, length);
    leave_exception(vector, vector == 13, 0);
    guest.eip += (uint32_t)length;
}

START_TEST(forced_cpuid)
{
    guest_ready();
    emulate("\x0F\x0Bxen\x0F\xA2", 7, 6);
    guest.eax = guest.ebx = guest.ecx = guest.edx = 0x12345678;
    guest.esi ^= (uint32_t)_i;
    go_on();
    ck_assert(_i ? only(CONTEXT_REGISTER) : silent());
}
END_TEST

START_TEST(privileged_instructions)
{
    const struct {
        const char *bytes;
        size_t length;
        uint32_t *changes;
    } list[] = {
        { "\xFA", 1, NULL },          { "\xEC", 1, &guest.eax },
        { "\x66\xED", 2, &guest.eax }, { "\xE4\x60", 2, &guest.eax },
        { "\xE6\x80", 2, NULL },      { "\x0F\x20\xD9", 3, &guest.ecx },
        { "\x0F\x22\xD8", 3, NULL },  { "\x0F\x32", 2, &guest.edx },
        { "\x0F\x06", 2, NULL },      { "\xF3\x6C", 2, &guest.edi },
    };

    guest_ready();
    emulate(list[_i].bytes, list[_i].length, 13);
    if (list[_i].changes)
        *list[_i].changes ^= 0x55;
    go_on();
    ck_assert(silent());
}
END_TEST

/** HLT is not on the list: it is the guest's fault. */
START_TEST(hlt_is_not_carried_out)
{
    guest_ready();
    emulate("\xF4", 1, 13);
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

START_TEST(page_table_store)
{
    guest_ready();
    fake_poke(guest.eip, "\xC7\x44\x8B\x04\x01\x02\x03\x04", 8);
    leave_exception(14, true, 3);
    guest.eip += 8 - (uint32_t)_i;
    go_on();
    ck_assert(_i ? only(CONTEXT_PLACE) : silent());
}
END_TEST

/** Every kind of store that kernels make, by length. */
START_TEST(page_table_stores)
{
    const struct {
        const char *bytes;
        unsigned length;
    } list[] = {
        { "\xF0\x80\x20\xFD", 4 },             /* lock and byte, constant */
        { "\x80\x24\x8B\x01", 4 },             /* the same, with SIB */
        { "\x20\x10", 2 },                       /* and byte */
        { "\x19\x50\x04", 3 },                  /* sbb */
        { "\xFE\x00", 2 },                       /* inc byte */
        { "\xFF\x48\x04", 3 },                  /* dec */
        { "\x81\x20\x01\x02\x03\x04", 6 },   /* and, constant */
        { "\x66\x81\x20\x01\x02", 5 },
        { "\xA3\x00\x10\x00\xC0", 5 },        /* mov to a number */
        { "\xF0\x0F\xC1\x10", 4 },             /* lock xadd */
    };

    guest_ready();
    fake_poke(guest.eip, list[_i].bytes, list[_i].length);
    leave_exception(14, true, 3);
    guest.eip += list[_i].length;
    go_on();
    ck_assert(silent());
}
END_TEST

/* --- Direct traps --------------------------------------------------------- */

static void direct(unsigned vector, uint32_t eip, uint32_t esp)
{
    struct ring_change change = { .from = 3, .to = 1, .vector = vector,
                                  .cause = CAUSE_SOFT_INTERRUPT };

    guest_in_application();
    guest.cs = KERNEL_CS;
    guest.ss = KERNEL_DS;
    guest.eip = eip;
    guest.esp = esp;
    fake.r = guest;
    fake_at(1, KERNEL_CS, eip);
    oracle_context.ring_change(&fake.m, &change);
}

START_TEST(direct_trap)
{
    guest_ready();
    direct(0x80, HANDLER(0x80), STACK_TOP - 20);
    ck_assert(silent());
}
END_TEST

START_TEST(direct_trap_goes_wrong)
{
    guest_ready();
    if (_i == 0)
        direct(0x80, HANDLER(0x80) + 1, STACK_TOP - 20);
    else if (_i == 1)
        direct(0x80, HANDLER(0x80), STACK_TOP - 24);
    else if (_i == 2)
        direct(0x90, HANDLER(0x90), STACK_TOP - 20); /* DPL 1 */
    else
        direct(0x91, HANDLER(0x91), STACK_TOP - 20); /* masks events */
    ck_assert(only(CONTEXT_DIRECT));
}
END_TEST

/* --- What a guest tells --------------------------------------------------- */

START_TEST(refused_registration_does_not_count)
{
    guest_first();
    fake_poke32(DATA_VA, 6 | (uint32_t)KERNEL_CS << 16);
    fake_poke32(DATA_VA + 4, HANDLER(6));
    leave_hypercall(0, DATA_VA, 0, 0, 0);
    guest.eax = (uint32_t)-1;
    go_on();
    leave_exception(6, false, 0);
    bounce(6, false, 0);
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

START_TEST(handlers_ring_0_becomes_1)
{
    guest_first();
    fake_poke32(DATA_VA, 6 | 0xE018u << 16);
    fake_poke32(DATA_VA + 4, HANDLER(6));
    leave_hypercall(0, DATA_VA, 0, 0, 0);
    guest.eax = 0;
    go_on();
    leave_exception(6, false, 0);
    bounce(6, false, 0);
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(trap_table_cleared)
{
    guest_ready();
    leave_hypercall(0, 0, 0, 0, 0);
    guest.eax = 0;
    go_on();
    leave_exception(6, false, 0);
    bounce(6, false, 0);
    go_on();
    ck_assert(only(CONTEXT_PLACE));
}
END_TEST

/** callback_op(register, {type, flags, cs, eip}). */
START_TEST(callback_op)
{
    guest_ready();
    fake_poke32(DATA_VA, 0);
    fake_poke32(DATA_VA + 4, KERNEL_CS);
    fake_poke32(DATA_VA + 8, HANDLER(99));
    leave_hypercall(30, 0, DATA_VA, 0, 0);
    guest.eax = 0;
    go_on();
    set_mask(0);
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    set_pending(1);
    event();
    guest.eip = HANDLER(99);
    go_on();
    ck_assert(silent());
}
END_TEST

/** A multicall: each call's own result decides; an iret ends it. */
static void multicall_entry(unsigned i, uint32_t number, uint32_t a,
                            uint32_t b)
{
    uint32_t at = DATA_VA + 0x400 + i * 32;

    fake_poke32(at, number);
    fake_poke32(at + 4, 0x5A5A5A5A);
    fake_poke32(at + 8, a);
    fake_poke32(at + 12, b);
}

START_TEST(multicall_registers)
{
    guest_ready();
    multicall_entry(0, 3, KERNEL_DS, STACK_VA + 0x800);
    multicall_entry(1, 18, 0, 0);
    leave_hypercall(13, DATA_VA + 0x400, 2, 0, 0);
    fake_poke32(DATA_VA + 0x404, _i ? (uint32_t)-22 : 0);
    guest.eax = 0;
    go_on();
    guest_in_application();
    leave_exception(6, false, 0);
    bounce_outer(6, false, 0);
    if (_i == 0) { /* the frame, but on the new stack */
        for (unsigned i = 0; i < 20; i++)
            fake.ram[STACK][0x800 - 20 + i] = fake.ram[STACK][4096 - 20 + i];
        guest.esp = STACK_VA + 0x800 - 20;
    }
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(multicall_ends_with_iret)
{
    guest_ready();
    multicall_entry(0, 23, 0, 0);
    push(0x202);
    push(KERNEL_CS);
    push(CODE_VA + 0x40);
    push(0x600D);
    leave_hypercall(13, DATA_VA + 0x400, 1, 0, 0);
    guest.esp += 16;
    guest.eax = 0x600D;
    guest.eip = CODE_VA + 0x40;
    set_mask(0);
    go_on();
    ck_assert(silent());
}
END_TEST

/** vcpu_info moves: the mask is read at its new place. */
START_TEST(vcpu_info_moved)
{
    guest_ready();
    fake_poke32(DATA_VA, FAKE_FIRST_FRAME + DATA);
    fake_poke32(DATA_VA + 4, 0);
    fake_poke32(DATA_VA + 8, 0x200);
    leave_hypercall(24, 10, 0, DATA_VA, 0);
    guest.eax = 0;
    fake.ram[DATA][0x201] = 1;
    go_on();
    set_mask(0); /* of the old place: nobody looks */
    leave_exception(6, false, 0);
    set_mask(1); /* the helper reads the old place */
    bounce(6, false, 0);
    go_on();
    ck_assert(silent());
}
END_TEST

/* --- Stores into the image ------------------------------------------------ */

START_TEST(stores_that_the_abi_names)
{
    guest_ready();
    if (_i == 0) { /* a bounce frame, through a window of the hypervisor's */
        leave_exception(6, false, 0);
        store(0xF6C00000, STACK, (guest.esp - 12) % 4096, 12);
        bounce(6, false, 0);
    } else if (_i == 1) { /* xen_version(capabilities) */
        leave_hypercall(17, 3, DATA_VA + 0x400, 0, 0);
        store(DATA_VA + 0x400, DATA, 0x400, 64);
        store(DATA_VA + 0x7FC, DATA, 0x7FC, 4);
    } else if (_i == 2) { /* vcpu_info and other memory that is no image */
        leave_hypercall(17, 0, 0, 0, 0);
        store(0xF6C00000, SHARED, 1, 1);
        store(0xF6C00000, WINDOW, 0, 4);
    } else if (_i == 3) { /* a multicall's result */
        multicall_entry(0, 18, 0, 0);
        leave_hypercall(13, DATA_VA + 0x400, 1, 0, 0);
        store(DATA_VA + 0x404, DATA, 0x404, 4);
    } else { /* console input */
        leave_hypercall(18, 1, 16, DATA_VA, 0);
        store(DATA_VA, DATA, 0, 16);
    }
    go_on();
    ck_assert(silent());
}
END_TEST

START_TEST(stores_that_it_does_not)
{
    guest_ready();
    if (_i == 0) { /* behind the buffer */
        leave_hypercall(17, 1, DATA_VA + 0x400, 0, 0);
        store(DATA_VA + 0x410, DATA, 0x410, 4);
    } else if (_i == 1) { /* half behind it */
        leave_hypercall(17, 1, DATA_VA + 0x400, 0, 0);
        store(DATA_VA + 0x40E, DATA, 0x40E, 4);
    } else if (_i == 2) { /* a call without output */
        leave_hypercall(18, 0, 16, DATA_VA, 0);
        store(DATA_VA, DATA, 0, 1);
    } else if (_i == 3) { /* above the stack pointer */
        leave_exception(6, false, 0);
        store(guest.esp, STACK, guest.esp % 4096, 4);
        bounce(6, false, 0);
    } else { /* code, through a window */
        leave_interrupt(CAUSE_INTERRUPT, 0x20);
        store(0xF6C00000, CODE, 0x10, 1);
    }
    go_on();
    ck_assert(only(CONTEXT_STORE));
}
END_TEST

START_TEST(frames_given_back_are_no_image)
{
    guest_ready();
    fake_poke32(DATA_VA, DATA_VA + 0x100);
    fake_poke32(DATA_VA + 4, 1);
    fake_poke32(DATA_VA + 8, 0);
    fake_poke32(DATA_VA + 0x100, FAKE_FIRST_FRAME + STACK);
    leave_hypercall(12, 1, DATA_VA, 0, 0);
    store(0xF6C00000, STACK, 0, 4);
    go_on();
    ck_assert(silent());
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
    tcase_add_test(all, event_after_an_interrupt);
    tcase_add_test(all, event_on_a_trap);
    tcase_add_loop_test(all, event_that_may_not_come, 0, 2);
    tcase_add_loop_test(all, interrupt_resumes, 0, 2);
    tcase_add_loop_test(all, nmi_callback, 0, 2);
    tcase_add_test(all, failsafe_callback);
    tcase_add_loop_test(all, failsafe_frame_differs, 0, 7);
    tcase_add_test(all, failsafe_without_a_reason);
    tcase_add_loop_test(all, forced_cpuid, 0, 2);
    tcase_add_loop_test(all, privileged_instructions, 0, 10);
    tcase_add_test(all, hlt_is_not_carried_out);
    tcase_add_loop_test(all, page_table_store, 0, 2);
    tcase_add_loop_test(all, page_table_stores, 0, 10);
    tcase_add_test(all, direct_trap);
    tcase_add_loop_test(all, direct_trap_goes_wrong, 0, 4);
    tcase_add_test(all, refused_registration_does_not_count);
    tcase_add_test(all, handlers_ring_0_becomes_1);
    tcase_add_test(all, trap_table_cleared);
    tcase_add_test(all, callback_op);
    tcase_add_loop_test(all, multicall_registers, 0, 2);
    tcase_add_test(all, multicall_ends_with_iret);
    tcase_add_test(all, vcpu_info_moved);
    tcase_add_loop_test(all, stores_that_the_abi_names, 0, 5);
    tcase_add_loop_test(all, stores_that_it_does_not, 0, 5);
    tcase_add_test(all, frames_given_back_are_no_image);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
