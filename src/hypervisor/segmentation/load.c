/* SPDX-License-Identifier: MIT */
/**
 * @file load.c
 *
 * Source: [SDM3A] "Control Registers", "Task Management".
 * @ingroup segmentation
 * What the processor keeps for the guest that runs, beside its registers: the
 * page tables' base, the descriptor tables, watchpoints and modes.
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "boot.h"
#include "domain.h"

/**
 * Load a vCPU's address space.
 *
 * The processor walks our masked copy of the guest's L3, never the L3 itself:
 * guests set bits in it that the hardware reserves. Drops all translations.
 *
 * @param v  Its base is a validated L3 whose slot 3 holds the hypervisor's
 *           entries, so that this very code stays mapped.
 * @context{any}
 */
void vcpu_load_base(struct vcpu *v)
{
    memory_refresh_pdpt(v);
    arch_write_cr3((uint32_t)heap_maddr(v->pdpt).a);
}

/**
 * Show a vCPU's GDT frames in the window, and load its LDT.
 *
 * @param v  Its frames are of type FRAME_SEG_DESC, or INVALID_MFN.
 * @context{any}
 */
void vcpu_load_tables(struct vcpu *v)
{
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++) {
        uint32_t window = GDT_WINDOW + i * PAGE_SIZE;

        if (mfn_valid_number(v->descriptors.gdt[i]))
            window_fix(window, v->descriptors.gdt[i], true);
        else
            window_unfix(window);
    }
    ldt_load(v);
}

/**
 * Make the real CR4.TSD the guest's, whose applications may be kept from the
 * time stamp. (CR4.DE is virtual only: no guest reaches a port.)
 *
 * @param v  The vCPU that runs, or is about to.
 * @context{exception}
 */
void control4_load(const struct vcpu *v)
{
    uint32_t old = arch_read_cr4();
    uint32_t new = (old & ~CR4_TSD) | (v->control4 & CR4_TSD);

    if (new != old)
        arch_write_cr4(new);
}

/**
 * Load a vCPU's watchpoints, its virtual CR0.TS and CR4.TSD, and have the exit
 * path look at its events.
 *
 * @param v  The vCPU that is about to run.
 * @context{any}
 */
void vcpu_load_state(const struct vcpu *v)
{
    processor.info = v->info;
    debug_load(v);
    fpu_load(v);
    control4_load(v);
}
