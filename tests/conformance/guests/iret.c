/* SPDX-License-Identifier: MIT */
/**
 * @file iret.c
 * @page conformance_iret Conformance: the iret hypercall, the failsafe callback
 * Property: eax, eip, cs and flags come from the frame, esp and ss too when it
 * leaves ring 1; the event mask becomes the opposite of IF; IF is always set
 * and IOPL never; what cannot be loaded ends in the failsafe callback.
 * Source: the interface; the observed answers.
 * Method: frames that differ in one bit.
 */
#include "check.h"

#include "frame.h"

enum {
    FLAG_DF = 0x400,
    FLAG_IOPL = 0x3000,
    FLAG_NT = 0x4000,
    FLAG_RF = 0x10000,
    FLAG_AC = 0x40000,
    FLAG_ID = 0x200000,
};

#define RESUMED 0x600Du

USER(user_pushf, "pushl %eax; pushfl; popl %ebx; popl %eax");
USER(user_cli, "cli");

/** Return to behind the call itself. @return the real flags there; eax is in
 *  tried.eax. */
static uint32_t iret_flags(uint32_t cs, uint32_t eflags)
{
    tried.ecx = cs;
    tried.edx = eflags;
    TRY("pushl %%edx; pushl %%ecx; pushl $3f; pushl $0x600D;"
        "movl $23, %%eax; int $0x82; ud2;"
        "3: pushfl; popl %%edx; cld");
    return tried.edx;
}

static void mask_and_if(void)
{
    UPCALL_MASK = 1;
    CHECK("iret.if_1_mask_1.flags", GUEST_FLAG_IF,
          iret_flags(FLAT_KERNEL_CS, 0x202) & (GUEST_FLAG_IF | FLAG_IOPL));
    CHECK("iret.if_1_mask_1.eax", RESUMED, tried.eax);
    CHECK("iret.if_1_mask_1.mask", 0, UPCALL_MASK);
    iret_flags(FLAT_KERNEL_CS, 0x202);
    CHECK("iret.if_1_mask_0.mask", 0, UPCALL_MASK);
    CHECK("iret.if_0_mask_0.flags", GUEST_FLAG_IF,
          iret_flags(FLAT_KERNEL_CS, 2) & GUEST_FLAG_IF);
    CHECK("iret.if_0_mask_0.mask", 1, UPCALL_MASK);
    iret_flags(FLAT_KERNEL_CS, 2);
    CHECK("iret.if_0_mask_1.mask", 1, UPCALL_MASK);
    iret_flags(FLAT_KERNEL_CS | 0x10000, 0x202);
    CHECK("iret.cs_top_mask_1.mask", 0, UPCALL_MASK);
    iret_flags(FLAT_KERNEL_CS, 2);
    CHECK("iret.cs_top_mask_0.mask", 1, UPCALL_MASK);
}

static void flags(void)
{
    CHECK("iret.iopl3", 0,
          iret_flags(FLAT_KERNEL_CS, 0x3202) & FLAG_IOPL);
    CHECK("iret.iopl3.not_virtual", FAULT(13, 0), TRY("cli"));
    CHECK("iret.df", FLAG_DF, iret_flags(FLAT_KERNEL_CS, 0x602) & FLAG_DF);
    CHECK("iret.ac", FLAG_AC,
          iret_flags(FLAT_KERNEL_CS, 0x40202) & FLAG_AC);
    CHECK("iret.id", FLAG_ID,
          iret_flags(FLAT_KERNEL_CS, 0x200202) & FLAG_ID);
    CHECK("iret.nt", FLAG_NT,
          iret_flags(FLAT_KERNEL_CS, 0x4202) & FLAG_NT);
    iret_flags(FLAT_KERNEL_CS, 0x202);
}

/** Into a fragment of ring 3, by way of a frame that has SS and ESP: with
 *  user_leave() the runtime comes back here as from its own user_enter(). */
void user_enter(uint32_t eip, uint32_t esp);

static struct {
    uint32_t eax, eip, cs, eflags, esp, ss;
} outer;

/** Runs in ring 1: the frame above, for the hypercall. */
static void enter_by_hypercall(struct trap *trap)
{
    (void)trap;
    __asm__ volatile("movl %0, %%esp; movl $23, %%eax; int $0x82"
                     :
                     : "r"(&outer)
                     : "memory");
}

USER(user_trampoline, "int $0x83");

static uint32_t iret_user(const char *fragment, uint32_t eflags)
{
    outer.eax = RESUMED;
    outer.eip = (uint32_t)fragment;
    outer.cs = FLAT_USER_CS;
    outer.eflags = eflags;
    outer.esp = (uint32_t)user_stack + sizeof(user_stack);
    outer.ss = FLAT_USER_DS;
    trap_set(0x83, enter_by_hypercall, 3);
    return try_user(user_trampoline);
}

static void to_ring3(void)
{
    UPCALL_MASK = 1;
    CHECK("iret.to_ring3.if_1", WENT_THROUGH, iret_user(user_pushf, 0x202));
    CHECK("iret.to_ring3.eax", RESUMED, tried.trap.eax);
    CHECK("iret.to_ring3.ss", FLAT_USER_DS, tried.trap.ss & 0xFFFF);
    CHECK("iret.to_ring3.saved_mask", 0, tried.trap.cs >> 16 & 0xFF);
    CHECK("iret.to_ring3.real_flags", GUEST_FLAG_IF,
          tried.trap.ebx & (GUEST_FLAG_IF | FLAG_IOPL));
    CHECK("iret.to_ring3.if_0", WENT_THROUGH, iret_user(user_pushf, 2));
    CHECK("iret.to_ring3.if_0.saved_mask", 1, tried.trap.cs >> 16 & 0xFF);
    CHECK("iret.to_ring3.if_0.real_if", GUEST_FLAG_IF,
          tried.trap.ebx & GUEST_FLAG_IF);
    CHECK("iret.to_ring3.iopl3_then_cli", FAULT(13, 0),
          iret_user(user_cli, 0x3202));
    UPCALL_MASK = 1;
}

static void native(void)
{
    UPCALL_MASK = 1;
    TRY("pushfl; orl $0x3000, (%%esp); pushl %%cs; pushl $3f; iret;"
        "3: pushfl; popl %%edx");
    CHECK("iret.native.iopl3", 0, tried.edx & FLAG_IOPL);
    CHECK("iret.native.if", GUEST_FLAG_IF, tried.edx & GUEST_FLAG_IF);
}

static void failsafe(void)
{
    CHECK("callback.register.failsafe_masking", 0,
          failsafe_ready(CALLBACKF_mask_events));
    UPCALL_MASK = 0;
    nr_failsafes = 0;
    TRY("pushl $0x202; pushl $0x41; pushl $3f; pushl $0x600D;"
        "movl $23, %%eax; int $0x82; 3: ud2");
    CHECK("iret.cs_empty_gdt_entry.failsafe", 1, nr_failsafes);
    CHECK("iret.cs_empty_gdt_entry.cs", 0x41, failsafe_frame.cs & 0xFFFF);
    CHECK("iret.cs_empty_gdt_entry.saved_mask", 0,
          failsafe_frame.cs >> 16 & 0xFF);
    CHECK("iret.cs_empty_gdt_entry.mask_in_handler", 1, failsafe_mask);
    CHECK("iret.cs_empty_gdt_entry.if", GUEST_FLAG_IF,
          failsafe_frame.eflags & GUEST_FLAG_IF);
    CHECK("callback.register.failsafe_not_masking", 0, failsafe_ready(0));
    UPCALL_MASK = 0;
    TRY("pushl $0x202; pushl $0x41; pushl $3f; pushl $0x600D;"
        "movl $23, %%eax; int $0x82; 3: ud2");
    CHECK("iret.cs_empty_gdt_entry.mask_kept", 0, failsafe_mask);
    UPCALL_MASK = 1;
    TRY("pushl $0x20202; pushl $0xE019; pushl $3f; pushl $0x600D;"
        "movl $23, %%eax; int $0x82; 3:");
    CHECK("iret.vm86", FAULT(13, 0), tried_outcome());
}

void family(void)
{
    traps_ready();
    mask_and_if();
    flags();
    to_ring3();
    native();
    failsafe();
}
