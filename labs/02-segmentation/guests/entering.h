/* SPDX-License-Identifier: MIT */
/**
 * @file entering.h
 * What the driver `entering` is told and what it shows; both sides include
 * this file.
 */
#ifndef LAB2_ENTERING_H
#define LAB2_ENTERING_H

#include <stdint.h>

#define ENTERING_GDT_FRAMES 14u
#define ENTERING_LDT_FRAMES 16u
#define ENTERING_FRAME_WORDS 17u

/** The driver's input. */
struct entering_input {
    uint32_t garbage; /**< byte that is everywhere before the call */
    uint32_t eip, esp, esi;
    /* For the entry itself. */
    uint32_t kernel_ss, kernel_esp;
    uint32_t trap_cs, trap_address, trap_dpl;
};

/** What vcpu_init_traps() made of a vCPU full of garbage. */
struct entering_report {
    uint32_t frame[ENTERING_FRAME_WORDS]; /**< struct cpu_user_regs */
    uint32_t kernel_ss, kernel_esp;
    uint32_t nr_trap_bytes; /**< of v->traps, but for those two: not 0 */
    uint32_t gdt[ENTERING_GDT_FRAMES], gdt_entries;
    uint32_t ldt[ENTERING_LDT_FRAMES], ldt_base, ldt_entries;
    uint32_t nr_held; /**< of a GDT that is being set */
    uint32_t debug_register[8];
    uint32_t nr_others; /**< bytes that the function was to leave alone, and
                             did not */
};

/** What vcpu_enter() is given, and where to look for what it did. */
struct entering_given {
    uint32_t frame[ENTERING_FRAME_WORDS];
    uint32_t vcpu;     /**< address of the struct vcpu */
    uint32_t running;  /**< address of its `running` */
    uint32_t info;     /**< address of its shared vcpu_info */
    uint32_t pdpt;     /**< machine address of what CR3 must be */
    uint32_t gdt_frame; /**< number of the frame with its descriptors */
};

#endif
