/* SPDX-License-Identifier: MIT */
/**
 * @file call_gates.c
 * @ingroup segmentation
 * Call gates: how kernels older than INT 0x80 are called by their
 * applications (Mach's is in the LDT: LCALL $7, $0).
 *
 * As with the direct trap (direct.c), the processor does all of it: a far call
 * through the gate goes from ring 3 to ring 1, onto the stack that the TSS
 * names, and no instruction of ours is executed. So a gate is as good as its
 * target is harmless.
 *
 *     LCALL --> the gate: DPL at least the caller's ring
 *                 --> its code segment: that segment's DPL is the new ring
 *                       --> ss1:esp1: SS, ESP, words of the caller's stack,
 *                           CS, EIP
 *
 *  - SEG-I14  The target of a gate that a guest can use is a code segment of
 *    the guest's own or the flat one of ring 1: neither has DPL 0. The
 *    processor does not look at the selector's RPL.
 *
 * The other system descriptors stay refused: a TSS, an LDT or a task gate
 * would load what the hypervisor alone may load, and 16-bit gates nobody uses.
 *
 * Sources: the interface's rules for descriptors; [SDM3A] 5.8.3 "Call Gates",
 * 5.8.5 "Stack Switching".
 */
#include "segmentation.h"

/** Between the gate's number of words and its type: always 0. */
#define GATE_RESERVED 0x000000E0u

static bool is_call_gate(descriptor_t d)
{
    return (d.hi & (DESC_P | DESC_S | DESC_TYPE)) ==
           (DESC_P | DESC_TYPE_CALL_GATE);
}

/** A gate that a guest wants: mended as kernels of ring 0 need it. */
static int check_call_gate(descriptor_t *d)
{
    uint16_t target = selector_fix((uint16_t)(d->lo >> 16));

    if ((d->hi & GATE_RESERVED) || !selector_may_be_gate_target(target))
        return -EINVAL;
    if (descriptor_dpl(*d) == 0)
        d->hi |= 1u << DESC_DPL_SHIFT;
    d->lo = (uint32_t)target << 16 | (d->lo & 0xFFFF);
    return 0;
}

/**
 * Decide about any descriptor that a guest wants in its GDT or LDT, and mend it
 * where that suffices: descriptor_check(), and call gates besides.
 *
 * A gate with DPL 0 gets DPL 1, and a target with RPL 0 gets RPL 1.
 *
 * @param d  The hypervisor's copy, or an entry of a frame that nobody else can
 *           write to; changed only if it is accepted.
 * @context{entry}
 * @retval 0        as it is now, a guest may load or call it.
 * @retval -EINVAL  a call gate whose target is null or the hypervisor's, or
 *                  with a reserved bit; or what descriptor_check() refuses.
 */
int descriptor_admit(descriptor_t *d)
{
    return is_call_gate(*d) ? check_call_gate(d) : descriptor_check(d);
}
