/* SPDX-License-Identifier: MIT */
/**
 * @file call_gates.c
 * @page conformance_call_gates Conformance: call gates
 * Property: a far call through a gate of the guest's own goes from ring 3 to
 * ring 1, onto the stack of stack_switch, with the frame of the processor's
 * manual; back from there, and where it is not allowed, the manual's rules
 * hold as well.
 * Source: the interface; the processor's manual, "Call Gates".
 * Method: gates in the GDT and, as Mach has its own, in the first entry of the
 * LDT; fragments in ring 3 that call them, and calls from ring 1.
 */
#include "check.h"

#include "frame.h"

static uint64_t gdt[512] __attribute__((aligned(4096)));
static uint64_t ldt[512] __attribute__((aligned(4096)));

/** Entries of the GDT: for applications, with two words, and for kernels. */
enum { OPEN = 8, WITH_WORDS, FOR_KERNEL, ABSENT, TO_DATA, BACK, DATA };

USER(user_call_open, "lcall $0x43, $0");
USER(user_call_words, "pushl $0x11111111; pushl $0x22222222; "
     "lcall $0x4B, $0");
USER(user_call_for_kernel, "lcall $0x53, $0");
USER(user_call_absent, "lcall $0x5B, $0");
USER(user_call_to_data, "lcall $0x63, $0");
USER(user_call_back, "pushl $0; pushl $0; lcall $0x6B, $0");
USER(user_call_ldt, "lcall $0x7, $0");
USER(user_jump_open, "ljmp $0x43, $0");

/** What was on the stack when a gate was entered, and the registers there. */
uint32_t gate_frame[8], gate_esp, gate_cs, gate_ss;

void gate_entry(void);
void gate_back(void);
void user_leave(void);
extern uint8_t user_kernel_stack[8192];

#define STACK_TOP ((uint32_t)user_kernel_stack + sizeof(user_kernel_stack))

/* DS is ring 3's here, which is flat. What is above the frame may be the end
   of the stack. */
__asm__(".globl gate_entry, gate_back\n"
        "gate_entry:\n\t"
        "movl %esp, gate_esp\n\t"
        "movl %cs, %eax; movl %eax, gate_cs\n\t"
        "movl %ss, %eax; movl %eax, gate_ss\n\t"
        "movl %eax, %ds; movl %eax, %es\n\t"
        "movl (%esp), %eax; movl %eax, gate_frame\n\t"
        "movl 4(%esp), %eax; movl %eax, gate_frame + 4\n\t"
        "movl 8(%esp), %eax; movl %eax, gate_frame + 8\n\t"
        "movl 12(%esp), %eax; movl %eax, gate_frame + 12\n\t"
        "cmpl $user_kernel_stack + 8192 - 24, %esp\n\t"
        "jne 1f\n\t"
        "movl 16(%esp), %eax; movl %eax, gate_frame + 16\n\t"
        "movl 20(%esp), %eax; movl %eax, gate_frame + 20\n"
        "1:\tjmp user_leave\n"
        "gate_back:\n\t"
        "lret $8");

static uint64_t gate(unsigned dpl, unsigned words, uint32_t selector,
                     void (*entry)(void))
{
    uint32_t address = (uint32_t)entry;
    uint32_t high = (address & 0xFFFF0000) | 0x8C00 | dpl << 13 | words;

    return (uint64_t)high << 32 | selector << 16 | (address & 0xFFFF);
}

static void tables_ready(void)
{
    uint32_t frame = (uint32_t)frame_of(gdt);

    gdt[OPEN] = gate(3, 0, FLAT_KERNEL_CS, gate_entry);
    gdt[WITH_WORDS] = gate(3, 2, FLAT_KERNEL_CS, gate_entry);
    gdt[FOR_KERNEL] = gate(0, 0, FLAT_KERNEL_CS, gate_back);
    gdt[ABSENT] = gate(3, 0, FLAT_KERNEL_CS, gate_entry) &
                  ~0x0000800000000000ull;
    gdt[TO_DATA] = gate(3, 0, DATA << 3, gate_entry);
    gdt[DATA] = 0x00CFB300000067FFull;
    gdt[BACK] = gate(3, 2, FLAT_KERNEL_CS, gate_back);
    page_read_only(gdt);
    CHECK("call_gate.gdt", 0, hypercall_2(set_gdt, &frame, 512));
    ldt[0] = gate(3, 0, FLAT_KERNEL_CS, gate_entry);
    page_read_only(ldt);
    CHECK("call_gate.ldt", 0,
          mmuext(MMUEXT_SET_LDT, (uint32_t)ldt, 4));
}

/** Run a fragment that ends in gate_entry. */
static uint32_t called(const char *fragment)
{
    gate_esp = gate_cs = 0;
    return try_user(fragment);
}

static void from_ring_3(void)
{
    CHECK("call_gate.from_ring3", NO_FAULT, called(user_call_open));
    CHECK("call_gate.from_ring3.bytes", 16, STACK_TOP - gate_esp);
    CHECK("call_gate.from_ring3.eip", (uint32_t)user_call_open + 7,
          gate_frame[0]);
    CHECK("call_gate.from_ring3.cs", 0xE02B, gate_frame[1]);
    CHECK("call_gate.from_ring3.ss", 0xE033, gate_frame[3]);
    CHECK("call_gate.from_ring3.new_cs", FLAT_KERNEL_CS, gate_cs);
    CHECK("call_gate.from_ring3.new_ss", FLAT_KERNEL_DS, gate_ss & 0xFFFF);
    CHECK("call_gate.from_ring3.ldt", NO_FAULT, called(user_call_ldt));
    CHECK("call_gate.from_ring3.ldt.eip", (uint32_t)user_call_ldt + 7,
          gate_frame[0]);
    CHECK("call_gate.from_ring3.words", NO_FAULT, called(user_call_words));
    CHECK("call_gate.from_ring3.words.bytes", 24, STACK_TOP - gate_esp);
    CHECK("call_gate.from_ring3.words.first", 0x22222222, gate_frame[2]);
    CHECK("call_gate.from_ring3.words.second", 0x11111111, gate_frame[3]);
    CHECK("call_gate.from_ring3.words.esp", 0,
          gate_frame[4] + 8 - (uint32_t)(user_stack + sizeof(user_stack)));
    CHECK("call_gate.from_ring3.and_back", WENT_THROUGH,
          try_user(user_call_back));
}

static void not_allowed(void)
{
    CHECK("call_gate.from_ring3.dpl1", FAULT(13, FOR_KERNEL * 8),
          try_user(user_call_for_kernel));
    CHECK("call_gate.from_ring3.not_present", FAULT(11, ABSENT * 8),
          try_user(user_call_absent));
    CHECK("call_gate.from_ring3.to_data", FAULT(13, DATA * 8),
          try_user(user_call_to_data));
    CHECK("call_gate.from_ring3.jump", FAULT(13, FLAT_KERNEL_CS & ~3),
          try_user(user_jump_open));
}

static void from_ring_1(void)
{
    CHECK("call_gate.from_ring1", NO_FAULT,
          TRY("pushl %%eax; pushl %%eax; lcall $0x51, $0"));
    CHECK("call_gate.from_ring1.dpl_mended", 0xAC00,
          gdt[FOR_KERNEL] >> 32 & 0xFF00);
}

void family(void)
{
    traps_ready();
    tables_ready();
    from_ring_3();
    not_allowed();
    from_ring_1();
}
