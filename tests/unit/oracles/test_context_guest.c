/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_context_guest The oracle *context*: callbacks, emulation,
 * direct traps, registrations, stores
 *
 * Property: a guest's callbacks are entered as it registered them, instructions
 * are carried out as the ABI lists them, and ring 0 stores into its image only
 * where the ABI says; a state or a store that differs is reported once.
 *
 * Source: doc/pages/simulator.md, "The oracles"; the ABI's frames are in the
 * page "Segmentation and rings".
 *
 * Method: exits and returns of a made-up guest. The frames are pushed here,
 * by hand, in the ABI's words: nothing of the oracle's own is used.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bounces.h"

extern const struct oracle oracle_context;

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

/** The guest's LDT, by the window in which the processor sees it. */
#define LDT_WINDOW_VA 0xF6FE0000u
#define LDT_VA 0xC0300000u

/** It asks for an LDT of 512 entries, by one of so many operations; their list
 *  ends with `result`. */
static void set_ldt(unsigned operations, uint32_t result)
{
    fake.segment[SEGMENT_LDTR] = (struct segment_cache){
        .valid = true, .selector = 0xE0D0, .base = LDT_WINDOW_VA,
        .limit = 0xFFF,
    };
    fake_poke32(DATA_VA, 13); /* MMUEXT_SET_LDT */
    fake_poke32(DATA_VA + 4, LDT_VA);
    fake_poke32(DATA_VA + 8, 512);
    leave_hypercall(26, DATA_VA, operations, 0, 0x7FF0);
    guest.eax = result;
}

/** A selector of the LDT, whose page the guest does not map. */
static void fault_in_ldt(uint32_t told)
{
    guest.cr2 = LDT_WINDOW_VA + 8;
    leave_exception(14, true, 0);
    memcpy(&fake.ram[SHARED][8], &told, sizeof told); /* vcpu_info.arch.cr2 */
    bounce(14, true, 0);
    go_on();
}

/** The address is told as one in the table that the guest has set. */
START_TEST(page_fault_in_the_ldt)
{
    guest_ready();
    set_ldt(1, 0);
    go_on();
    fault_in_ldt(_i ? LDT_VA + 0x1008 : LDT_VA + 8);
    ck_assert(_i ? only(CONTEXT_CR2) : silent());
}
END_TEST

/** Whether a failed list has set it is not known; tables begin with a page. */
START_TEST(page_fault_in_an_ldt_in_doubt)
{
    guest_ready();
    set_ldt(2, (uint32_t)-22);
    go_on();
    fault_in_ldt(_i ? LDT_VA + 12 : LDT_VA + 8);
    ck_assert(_i ? only(CONTEXT_CR2) : silent());
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
    Suite *suite = suite_create("oracles/context_guest");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    guest_oracle = &oracle_context;
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
    tcase_add_loop_test(all, page_fault_in_the_ldt, 0, 2);
    tcase_add_loop_test(all, page_fault_in_an_ldt_in_doubt, 0, 2);
    tcase_add_test(all, frames_given_back_are_no_image);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
