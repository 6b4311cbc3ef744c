/* SPDX-License-Identifier: MIT */
/**
 * @file descriptors.c
 * @ingroup segmentation
 * Exercise 2.4: which descriptors and selectors a guest may have.
 *
 * A guest writes its own GDT and LDT, but only through us: each descriptor is
 * checked, and where that is enough to make it harmless it is mended in place
 * instead of refused, because kernels are written for a machine where DPL 0
 * and a limit of 4 GB are theirs to use.
 *
 *     present? --no--> fine: it cannot be loaded
 *        | yes
 *     DPL 0? --yes--> make it 1
 *        |
 *     code or data? --no--> refuse (gates, TSS, LDT; but see call_gates.c)
 *        |
 *     does it begin in the last page below HYPERVISOR_START, or later?
 *        | no   --yes--> refuse, however long it is
 *     does every address that it reaches lie below HYPERVISOR_START?
 *        | no: cut it if its limit counts pages, else refuse
 *     fine
 *
 * To cut a segment is to make it reach less: the limit of most becomes lower,
 * that of data which grows downwards becomes higher, because such a segment
 * is what lies above its limit.
 *
 * Sources: the interface's rules for descriptors; [SDM3A] 3.4.5 "Segment
 * Descriptors", 5.3 "Limit Checking".
 */
#include "segmentation.h"

/** The same descriptor with another limit field (20 bits). */
static descriptor_t with_raw_limit(descriptor_t d, uint32_t raw)
{
    d.lo = (d.lo & 0xFFFF0000u) | (raw & 0xFFFF);
    d.hi = (d.hi & ~0x000F0000u) | (raw & 0x000F0000u);
    return d;
}

//@solution-helper 2.4
/** Ordinary segments reach from base up to base + limit. */
static int check_expand_up(descriptor_t *d)
{
    uint32_t base = descriptor_base(*d);
    uint32_t last = base + descriptor_limit(*d);

    if (last >= base && last < HYPERVISOR_START)
        return 0;
    if (!(d->hi & DESC_G))
        return -EINVAL;
    *d = with_raw_limit(*d, ((HYPERVISOR_START - base) >> PAGE_SHIFT) - 1);
    return 0;
}
//@end

//@solution-helper 2.4
/**
 * Expand-down segments reach from the byte after base + limit to the last
 * 32-bit offset, which is linear address base - 1. If the first byte lies past
 * the wrap at 4 GB, all of that is below base; else it has the top in it.
 */
static int check_expand_down(descriptor_t *d)
{
    uint32_t base = descriptor_base(*d);
    uint32_t first = base + descriptor_limit(*d) + 1;

    if (first <= base)
        return 0;
    if (!(d->hi & DESC_G))
        return -EINVAL;
    *d = with_raw_limit(*d, (-(base & PAGE_MASK) >> PAGE_SHIFT) - 1);
    return 0;
}
//@end

/**
 * Decide about a descriptor that a guest wants in its GDT or LDT, and mend it
 * where that suffices (SEG-I5).
 *
 * A segment that reaches too far and whose limit counts pages is cut to as
 * many of them as it may have; data that grows downwards by a limit that is
 * higher.
 *
 * @param d  The hypervisor's copy; changed only if it is accepted.
 * @context{entry}
 * @retval 0        as it is now, a guest may load it.
 * @retval -EINVAL  a gate, TSS or LDT; or a segment that begins in the last
 *                  page below HYPERVISOR_START or later; or one that reaches
 *                  too far and whose limit counts bytes.
 */
int descriptor_check(descriptor_t *d)
//@solution 2.4 -- (void)d; (void)with_raw_limit; return -EINVAL;
{
    descriptor_t new = *d;
    int error;

    if (!(new.hi & DESC_P))
        return 0;
    if (!(new.hi & DESC_S))
        return -EINVAL;
    if (descriptor_dpl(new) == 0)
        new.hi |= 1u << DESC_DPL_SHIFT;
    if (descriptor_base(new) >= HYPERVISOR_START - PAGE_SIZE)
        return -EINVAL;

    if (!(new.hi & DESC_CODE) && (new.hi & DESC_EXPAND_DOWN))
        error = check_expand_down(&new);
    else
        error = check_expand_up(&new);
    if (error == 0)
        *d = new;
    return error;
}
//@end

/**
 * Bring a guest's CS or SS out of ring 0: a selector with RPL 0 gets RPL 1.
 *
 * Kernels store the selectors that they would use in ring 0.
 *
 * @param selector  Any, as a guest gave it.
 * @context{hypercall}
 * @return the selector, RPL 1, 2 or 3.
 */
uint16_t selector_fix(uint16_t selector)
//@solution 2.4 -- return selector;
{
    return (selector & 3) == 0 ? selector | 1 : selector;
}
//@end

/**
 * May a gate in our IDT lead to this selector?
 *
 * The processor takes the ring of a gate's target from the target's
 * descriptor and ignores the selector's RPL, so a gate to our own code
 * segment would be a way into ring 0 at an address of the guest's choice.
 *
 * @param selector  Any, as a guest gave it.
 * @context{any}
 * @return true for a guest's own GDT entry, an LDT entry, or SEL_RING1_CS
 *         itself, with that RPL; never for a null selector.
 */
bool selector_may_be_gate_target(uint16_t selector)
//@solution 2.4 -- (void)selector; return false;
{
    if ((selector & ~3u) == 0)
        return false;
    return (selector & 4) != 0 || selector == SEL_RING1_CS ||
           (selector >> 3) < FIRST_RESERVED_GDT_ENTRY;
}
//@end
