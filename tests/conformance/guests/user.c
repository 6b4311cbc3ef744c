/* SPDX-License-Identifier: MIT */
/**
 * @file user.c
 * @page conformance_user Conformance: exceptions of an application
 * Property: an exception in ring 3 arrives on the kernel's stack, with SS and
 * ESP; nothing that only a kernel may do is done for an application.
 * Source: the interface; the processor's manual.
 * Method: fragments in ring 3, each one instruction; a fragment that goes
 * through ends with INT 0x81. That the flag NT is not left in the handler needs
 * no check: its IRET would not return.
 */
#include "check.h"

#include "frame.h"

USER(user_int81, "nop; int $0x81");
USER(user_int80, "int $0x80");
USER(user_int90, "int $0x90");
USER(user_int91, "int $0x91");
USER(user_int82, "int $0x82");
USER(user_int3, "int3");
USER(user_into, "movb $0x7F, %al; incb %al; into");
USER(user_de, "xorl %ecx, %ecx; divl %ecx");
USER(user_ud2, "ud2");
USER(user_cli, "cli");
USER(user_sti, "sti");
USER(user_hlt, "hlt");
USER(user_from_cr0, "movl %cr0, %eax");
USER(user_to_cr3, "movl %eax, %cr3");
USER(user_from_dr7, "movl %dr7, %eax");
USER(user_clts, "clts");
USER(user_rdmsr, "movl $0x1B, %ecx; rdmsr");
USER(user_wbinvd, "wbinvd");
USER(user_inb, "inb $0x80, %al");
USER(user_lgdt, "lgdt (%esp)");
USER(user_rdtsc, "rdtsc");
USER(user_read_unmapped, "movl 0x30000000, %eax");
USER(user_write_unmapped, "movl %eax, 0x30000000");
USER(user_read_supervisor, "movl image_start, %eax");
USER(user_write_supervisor, "movl %eax, image_start");
USER(user_read_m2p, "movl 0xF5800000, %eax");
USER(user_read_xen, "movl 0xFC000000, %eax");
USER(user_call_kernel, "jmp image_start");
USER(user_fninit, "fninit");
USER(user_pushf, "pushfl; popl %eax");
USER(user_popf_iopl, "pushl $0x3202; popfl");
USER(user_popf_if, "pushl $2; popfl; pushfl; popl %eax");
USER(user_gs_ring1, "movl $0xE021, %eax; movw %ax, %gs");
USER(user_gs_ring3, "movl $0xE033, %eax; movw %ax, %gs; xorl %eax, %eax; "
     "movw %ax, %gs");
USER(user_cs_ring1, "ljmp $0xE019, $0");
USER(user_sysenter, "sysenter");
USER(user_sysenter_nt, "pushfl; orl $0x4000, (%esp); popfl; sysenter");
USER(user_syscall, "syscall");
USER(user_cpuid_forced, "xorl %ecx, %ecx; movl $0x40000000, %eax; "
     ".byte 0x0F, 0x0B, 0x78, 0x65, 0x6E; cpuid");

/** A fragment's exception and its frame. */
#define USER_CHECK(name, fragment, fault, frame)                             \
    CHECK("frame.ring3." name ".exception", fault, try_user(fragment));      \
    CHECK("frame.ring3." name ".frame", (frame) | FRAME_SAVED | FRAME_MASK,  \
          frame_seen())

static void software_interrupts(void)
{
    USER_CHECK("int81", user_int81, FAULT(0x81, 0), FRAME(20, 3, 0));
    CHECK("frame.ring3.int80.exception", FAULT(0x80, 0),
          try_user(user_int80));
    /* By a gate of the processor's: it knows no event mask. */
    CHECK("frame.ring3.int80.frame", FRAME(20, 2, FRAME_IF | FRAME_MASK),
          frame_seen());
    USER_CHECK("int90_dpl1", user_int90, FAULT(13, 0x482), FRAME(24, 0, 0));
    USER_CHECK("int91_dpl0", user_int91, FAULT(13, 0x48A), FRAME(24, 0, 0));
    USER_CHECK("int82_hypercall", user_int82, FAULT(13, 0x412),
               FRAME(24, 0, 0));
    USER_CHECK("int3", user_int3, FAULT(3, 0), FRAME(20, 1, 0));
    USER_CHECK("into", user_into, FAULT(4, 0), FRAME(20, 5, 0));
}

static void exceptions(void)
{
    USER_CHECK("de", user_de, FAULT(0, 0), FRAME(20, 2, 0));
    USER_CHECK("ud2", user_ud2, FAULT(6, 0), FRAME(20, 0, 0));
    UPCALL_MASK = 0;
    CHECK("frame.ring3.ud2_unmasked.exception", FAULT(6, 0),
          try_user(user_ud2));
    CHECK("frame.ring3.ud2_unmasked.frame", FRAME(20, 0, FRAME_IF),
          frame_seen());
    UPCALL_MASK = 1;
    USER_CHECK("read_unmapped", user_read_unmapped, FAULT(14, 4),
               FRAME(24, 0, 0));
    CHECK("frame.ring3.read_unmapped.cr2", UNMAPPED,
          shared_info->vcpu_info[0].arch.cr2);
    USER_CHECK("write_unmapped", user_write_unmapped, FAULT(14, 6),
               FRAME(24, 0, 0));
    USER_CHECK("read_supervisor_page", user_read_supervisor, FAULT(14, 5),
               FRAME(24, 0, 0));
    USER_CHECK("write_supervisor_page", user_write_supervisor, FAULT(14, 7),
               FRAME(24, 0, 0));
    USER_CHECK("read_m2p", user_read_m2p, FAULT(14, 5), FRAME(24, 0, 0));
    CHECK_EXACT("frame.ring3.read_xen_range.exception", FAULT(13, 0),
                try_user(user_read_xen));
    CHECK("frame.ring3.jump_to_supervisor_page.not_fetched", 5,
          try_user(user_call_kernel) & 5);
}

static void privileged(void)
{
    USER_CHECK("cli", user_cli, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("sti", user_sti, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("hlt", user_hlt, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("mov_from_cr0", user_from_cr0, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("mov_to_cr3", user_to_cr3, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("mov_from_dr7", user_from_dr7, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("clts", user_clts, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("rdmsr", user_rdmsr, FAULT(13, 0), FRAME(24, 5, 0));
    USER_CHECK("wbinvd", user_wbinvd, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("inb", user_inb, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("lgdt", user_lgdt, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("gs_of_ring1", user_gs_ring1, FAULT(13, 0xE020),
               FRAME(24, 5, 0));
    USER_CHECK("ljmp_to_ring1", user_cs_ring1, FAULT(13, 0xE018),
               FRAME(24, 0, 0));
    USER_CHECK("sysenter_unregistered", user_sysenter, FAULT(13, 0),
               FRAME(24, 0, 0));
}

/** A kernel may name entries for the two fast system calls; but there are
 *  none, as CPUID says, and who tries learns it. */
static void fast_system_calls(void)
{
    struct callback_register entry = {
        .type = CALLBACKTYPE_sysenter,
        .address = { 0xE019, (unsigned long)image_start },
    };

    (void)hypercall_2(callback_op, CALLBACKOP_register, &entry);
    entry.type = CALLBACKTYPE_syscall32;
    (void)hypercall_2(callback_op, CALLBACKOP_register, &entry);
    USER_CHECK("sysenter", user_sysenter, FAULT(13, 0), FRAME(24, 0, 0));
    USER_CHECK("syscall", user_syscall, FAULT(6, 0), FRAME(20, 0, 0));
    CHECK("frame.ring3.sysenter_nt.exception", FAULT(13, 0),
          try_user(user_sysenter_nt));
    CHECK("frame.ring3.sysenter_nt.saved", 0x4000,
          tried.trap.eflags & 0x4000);
}

static void allowed(void)
{
    CHECK("frame.ring3.rdtsc", WENT_THROUGH, try_user(user_rdtsc));
    CHECK("frame.ring3.fninit", WENT_THROUGH, try_user(user_fninit));
    CHECK("frame.ring3.load_gs_ring3", WENT_THROUGH,
          try_user(user_gs_ring3));
    CHECK("frame.ring3.pushf", WENT_THROUGH, try_user(user_pushf));
    CHECK("frame.ring3.pushf.value", GUEST_FLAG_IF,
          tried.trap.eax & (GUEST_FLAG_IF | 0x3000));
    CHECK("frame.ring3.popf_iopl3", WENT_THROUGH, try_user(user_popf_iopl));
    CHECK("frame.ring3.popf_if_clear", WENT_THROUGH, try_user(user_popf_if));
    CHECK("frame.ring3.popf_if_clear.value", GUEST_FLAG_IF,
          tried.trap.eax & GUEST_FLAG_IF);
    CHECK("cpuid.forced.in_ring3", WENT_THROUGH,
          try_user(user_cpuid_forced));
}

void family(void)
{
    traps_ready();
    software_interrupts();
    exceptions();
    privileged();
    fast_system_calls();
    allowed();
}
