/* SPDX-License-Identifier: MIT */
/**
 * @file frames.c
 * @page conformance_frames Conformance: frames of exceptions in ring 1
 * Property: an exception arrives with the frame that the interface describes:
 * as many words as the vector and the ring need, the address of the
 * instruction (or the one behind it), the event mask in CS's third byte, IF as
 * its opposite, IOPL 0; the handler runs with interrupts on and TF, NT and RF
 * clear.
 * Source: the interface; the processor's manual for fault and trap.
 * Method: one instruction an exception, with events masked and not; flags that
 * must be kept in the frame and cleared in the handler.
 */
#include "check.h"

#include "frame.h"

/** Exception and frame of instructions in ring 1. */
#define FRAME_CHECK(name, instructions, fault, frame)                        \
    CHECK("frame." name ".exception", fault, TRY(instructions));             \
    CHECK("frame." name ".frame", frame, frame_seen())

#define WITH_FLAG(flag, instruction)                                         \
    "pushfl; orl $" #flag ", (%%esp); popfl; " instruction

enum { RESUME_FLAG = 0x10000 };

static uint8_t page[4096] __attribute__((aligned(4096)));
static const uint32_t bounds[2] = { 1, 2 };

static void divide(void)
{
    tried.ecx = 0;
    FRAME_CHECK("de.masked", "divl %%ecx", FAULT(0, 0), FAULT_FRAME(12));
    UPCALL_MASK = 0;
    tried.ecx = 0;
    FRAME_CHECK("de.unmasked", "divl %%ecx", FAULT(0, 0),
                FRAME(12, 0, FRAME_IF));
    UPCALL_MASK = 1;
}

static void faults(void)
{
    FRAME_CHECK("ud", "ud2", FAULT(6, 0), FAULT_FRAME(12));
    FRAME_CHECK("gp.masked", "hlt", FAULT(13, 0), FAULT_FRAME(16));
    UPCALL_MASK = 0;
    FRAME_CHECK("gp.unmasked", "hlt", FAULT(13, 0),
                FRAME(16, 0, FRAME_IF));
    UPCALL_MASK = 1;
    tried.eax = 0x2003;
    FRAME_CHECK("gp.bad_selector", "movw %%ax, %%gs", FAULT(13, 0x2000),
                FAULT_FRAME(16));
    tried.eax = 7;
    tried.ecx = (uint32_t)bounds;
    FRAME_CHECK("bound", "bound %%eax, (%%ecx)", FAULT(5, 0),
                FAULT_FRAME(12));
    hypercall_1(fpu_taskswitch, 1);
    FRAME_CHECK("nm", "fninit", FAULT(7, 0), FAULT_FRAME(12));
}

static uint32_t emulated_cr2(void)
{
    TRY("movl %%cr2, %%eax");
    return tried.eax;
}

static void page_faults(void)
{
    tried.ecx = UNMAPPED + 0x123;
    FRAME_CHECK("pf.read_unmapped", "movl (%%ecx), %%eax", FAULT(14, 0),
                FAULT_FRAME(16));
    CHECK("frame.pf.arch_cr2", UNMAPPED + 0x123,
          shared_info->vcpu_info[0].arch.cr2);
    CHECK("frame.pf.emulated_cr2", UNMAPPED + 0x123, emulated_cr2());
    tried.ecx = UNMAPPED + 0x124;
    FRAME_CHECK("pf.write_unmapped", "movl %%eax, (%%ecx)", FAULT(14, 2),
                FAULT_FRAME(16));
    CHECK("frame.pf.write_unmapped.cr2", UNMAPPED + 0x124,
          shared_info->vcpu_info[0].arch.cr2);
    tried.ecx = 0;
    FRAME_CHECK("pf.null_page", "movl (%%ecx), %%eax", FAULT(14, 0),
                FAULT_FRAME(16));
    page_map(page, frame_of(page) << 12 | L1_PRESENT | L1_ACCESSED);
    tried.ecx = (uint32_t)page;
    FRAME_CHECK("pf.write_ro", "movl %%eax, (%%ecx)", FAULT(14, 3),
                FAULT_FRAME(16));
    page_map(page, frame_of(page) << 12 | L1_ALL | 1ull << 63);
    tried.ecx = (uint32_t)page;
    CHECK("frame.pf.exec_nx.exception", FAULT(14, 0x11), TRY("jmp *%%ecx"));
    CHECK("frame.pf.exec_nx.cr2", (uint32_t)page,
          shared_info->vcpu_info[0].arch.cr2);
    page_map(page, frame_of(page) << 12 | L1_ALL);
}

/** Traps: EIP is behind the instruction, and RF is clear. */
static void traps(void)
{
    FRAME_CHECK("int3", "int3", FAULT(3, 0), TRAP_FRAME(12, 1));
    FRAME_CHECK("int_3_two_bytes", ".byte 0xCD, 3", FAULT(3, 0),
                TRAP_FRAME(12, 2));
    FRAME_CHECK("into", "movb $0x7F, %%al; incb %%al; into", FAULT(4, 0),
                TRAP_FRAME(12, 5));
    FRAME_CHECK("int_4", "int $4", FAULT(4, 0), TRAP_FRAME(12, 2));
    FRAME_CHECK("db_single_step", WITH_FLAG(0x100, "nop"), FAULT(1, 0),
                TRAP_FRAME(12, 10) | FRAME_TF);
    CHECK("frame.db_single_step.dr6", 0xFFFF4FF0,
          hypercall_1(get_debugreg, 6));
    FRAME_CHECK("db_single_step_of_forced_cpuid",
                WITH_FLAG(0x100, XEN_CPUID "; nop"), FAULT(1, 0),
                TRAP_FRAME(12, 16) | FRAME_TF);
}

/** INT n: a trap if the entry's DPL allows it, else #GP. */
static void software_interrupts(void)
{
    FRAME_CHECK("int_90_dpl1.masked", "int $0x90", FAULT(0x90, 0),
                TRAP_FRAME(12, 2));
    UPCALL_MASK = 0;
    FRAME_CHECK("int_90_dpl1.unmasked", "int $0x90", FAULT(0x90, 0),
                FRAME(12, 2, FRAME_IF));
    FRAME_CHECK("int_92_masking.unmasked", "int $0x92", FAULT(0x92, 0),
                FRAME(12, 2, FRAME_IF | FRAME_MASK));
    UPCALL_MASK = 1;
    FRAME_CHECK("int_92_masking.masked", "int $0x92", FAULT(0x92, 0),
                TRAP_FRAME(12, 2));
    FRAME_CHECK("int_91_dpl0", "int $0x91", FAULT(13, 0x48A),
                FAULT_FRAME(16));
    FRAME_CHECK("int_0_dpl0", "int $0", FAULT(13, 0x2), FAULT_FRAME(16));
    FRAME_CHECK("int_2_dpl0", "int $2", FAULT(13, 0x12), FAULT_FRAME(16));
    FRAME_CHECK("int_14_dpl0", "int $14", FAULT(13, 0x72), FAULT_FRAME(16));
    FRAME_CHECK("int_a0_no_entry", "int $0xA0", FAULT(13, 0x502),
                FAULT_FRAME(16));
}

/** Flags in the frame and in the handler. */
static void flags(void)
{
    FRAME_CHECK("ud_with_nt", WITH_FLAG(0x4000, "ud2"), FAULT(6, 0),
                TRAP_FRAME(12, 9) | FRAME_NT);
    FRAME_CHECK("ud_with_df", WITH_FLAG(0x400, "ud2"), FAULT(6, 0),
                TRAP_FRAME(12, 9) | FRAME_DF);
    CHECK("frame.ud_with_df.handler", 0x400, tried.handler_eflags & 0x400);
    FRAME_CHECK("ud_with_ac", WITH_FLAG(0x40000, "ud2"), FAULT(6, 0),
                TRAP_FRAME(12, 9) | FRAME_AC);
    CHECK("frame.ud_with_ac.handler", 0x40000,
          tried.handler_eflags & 0x40000);
    FRAME_CHECK("ud_with_id", WITH_FLAG(0x200000, "ud2"), FAULT(6, 0),
                TRAP_FRAME(12, 9) | FRAME_ID);
    CHECK("frame.ud_with_id.handler", 0x200000,
          tried.handler_eflags & 0x200000);
    TRY("pushfl; andl $0xFFDFFFFF, (%%esp); popfl");
    FRAME_CHECK("ud_with_if_clear_by_popf", "pushfl; andl $0xFFFFFDFF, "
                "(%%esp); popfl; ud2", FAULT(6, 0),
                TRAP_FRAME(12, 9));
}

/** Plain accesses to the hypervisor's range. */
static void hypervisor_range(void)
{
    CHECK_EXACT("xen_range.read_0xf6800000", FAULT(13, 0),
                try_read(0xF6800000));
    CHECK_EXACT("xen_range.read_0xf67ffffd", FAULT(13, 0),
                try_read(0xF67FFFFD));
    CHECK_EXACT("xen_range.read_0xfc000000", FAULT(13, 0),
                try_read(0xFC000000));
    CHECK_EXACT("xen_range.write_0xffffe000", FAULT(13, 0),
                try_write(0xFFFFE000, 0));
    CHECK_EXACT("xen_range.call", FAULT(13, 0),
                TRY_EAX(0xFC000000, "call *%%eax; nop"));
    CHECK("m2p.read", NO_FAULT,
          try_read(IN_M2P + 4 * (uint32_t)frame_of(page)));
    CHECK("m2p.read.value", ((uint32_t)page - (uint32_t)image_start) >> 12,
          tried.eax);
    CHECK("m2p.write", FAULT(14, 3), try_write(IN_M2P, 0));
}

/** RF: set in the frame of a fault, clear in that of a trap. */
static void resume_flag(void)
{
    CHECK_EXACT("frame.ud.rf", RESUME_FLAG,
                (TRY("ud2"), tried.trap.eflags & RESUME_FLAG));
    CHECK_EXACT("frame.gp.rf", RESUME_FLAG,
                (TRY("hlt"), tried.trap.eflags & RESUME_FLAG));
    CHECK_EXACT("frame.int3.rf", 0,
                (TRY("int3"), tried.trap.eflags & RESUME_FLAG));
    CHECK_EXACT("frame.int_90.rf", RESUME_FLAG,
                (TRY("int $0x90"), tried.trap.eflags & RESUME_FLAG));
}

void family(void)
{
    traps_ready();
    resume_flag();
    divide();
    faults();
    page_faults();
    traps();
    software_interrupts();
    flags();
    hypervisor_range();
}
