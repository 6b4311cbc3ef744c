/* SPDX-License-Identifier: MIT */
/**
 * @file double_fault.c
 *
 * Source: [SDM3A] 6.15 "Exception and Interrupt Reference", "Interrupt 8 --
 * Double Fault Exception".
 * @ingroup segmentation
 * A fault while the processor delivers a fault: the hypervisor is broken, and
 * maybe its stack pointer with it. The vector is a task gate, so the report
 * runs on a stack of its own and finds what was interrupted in the main TSS.
 */

#include "segmentation.h"

#include "arch_segmentation.h"
#include "console.h"

static struct tss double_fault_tss __attribute__((aligned(128)));
static uint8_t double_fault_stack[PAGE_SIZE] __attribute__((aligned(16)));

/**
 * Prepare the task.
 *
 * @context{boot}
 * @pre  The page tables that CR3 names now stay valid for ever.
 * @return its TSS, for the GDT.
 */
struct tss *double_fault_init(void)
{
    uint8_t *top = double_fault_stack + sizeof(double_fault_stack);

    double_fault_tss = (struct tss){
        .cr3 = arch_read_cr3(),
        .eip = (uint32_t)(uintptr_t)double_fault_entry,
        .eflags = FLAG_ALWAYS,
        .esp = (uint32_t)(uintptr_t)top,
        .cs = SEL_HYPERVISOR_CS,
        .ss = SEL_HYPERVISOR_DS,
        .ds = SEL_HYPERVISOR_DS,
        .es = SEL_HYPERVISOR_DS,
        .io_map_base = sizeof(struct tss),
    };
    return &double_fault_tss;
}

/**
 * The task's C part: report what the main TSS saved, and end.
 *
 * @context{panic}
 */
void double_fault(void)
{
    const struct tss *old = &processor.tss;
    const trap_frame_t frame = {
        .ebx = old->ebx, .ecx = old->ecx, .edx = old->edx,
        .esi = old->esi, .edi = old->edi, .ebp = old->ebp, .eax = old->eax,
        .entry_vector = VECTOR_DOUBLE_FAULT,
        .eip = old->eip, .cs = old->cs, .eflags = old->eflags,
        .esp = old->esp, .ss = old->ss,
        .es = old->es, .ds = old->ds, .fs = old->fs, .gs = old->gs,
    };

    panic_frame(&frame, "double fault, cr2 %08x, esp %08x, which is %s",
                arch_read_cr2(), old->esp,
                old->esp - (uint32_t)(uintptr_t)processor_stack <=
                        PROCESSOR_STACK_BYTES
                    ? "in the stack"
                    : "outside the stack");
}
