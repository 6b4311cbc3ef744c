/* SPDX-License-Identifier: MIT */
/**
 * @file segmentation.h
 * Lab 2: descriptor tables, rings, trap frames, and the way of an exception
 * from ring 1 through ring 0 back to ring 1.
 */
#ifndef HV_SEGMENTATION_H
#define HV_SEGMENTATION_H

#include "types.h"
#include "xen_abi.h"

/**
 * The frame that every entry to ring 0 leaves on the processor's one stack.
 * It is the public `struct cpu_user_regs`, in its order: the segment
 * registers lie above what the processor pushes, because TSS.esp0 points
 * just below them. A frame of ring 0 itself ends after eflags.
 */
typedef struct cpu_user_regs trap_frame_t;

static inline unsigned frame_ring(const trap_frame_t *frame)
{
    return frame->cs & 3;
}

struct vcpu;

/** One entry of a guest's trap table (public struct trap_info, unpacked). */
struct guest_trap {
    uint32_t address; /**< 0: no handler, the fault crashes the domain */
    uint16_t cs;
    uint8_t dpl;      /**< who may raise it by INT n: rings 0..dpl */
    bool mask_events; /**< set the event mask on entry */
};

/** Where a guest wants to be entered: a far pointer of its own. */
struct guest_callback {
    uint16_t cs;
    uint32_t eip; /**< 0 with cs 0: not registered */
    bool mask_events;
};

/** What one vCPU told us about segments and traps; reset by zeroing. */
struct vcpu_traps {
    struct guest_trap table[256];
    struct guest_callback event, failsafe, nmi, sysenter, syscall32;
    uint16_t kernel_ss; /**< ring-1 stack for entries from rings 2 and 3 */
    uint32_t kernel_esp;
};

/** The frames of a guest's own GDT: entries 0..7167, at most 14 frames. */
#define GUEST_GDT_FRAMES 14

struct vcpu_descriptors {
    mfn_t gdt[GUEST_GDT_FRAMES]; /**< INVALID_MFN where there is none */
    unsigned gdt_entries;
    vaddr_t ldt_base;
    unsigned ldt_entries;
};

#endif
