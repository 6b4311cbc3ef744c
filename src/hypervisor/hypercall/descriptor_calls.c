/* SPDX-License-Identifier: MIT */
/**
 * @file descriptor_calls.c
 *
 * Sources: [XenABI] xen/arch-x86/xen-x86_32.h; [Xen2003] 2.1.2 "CPU".
 * @ingroup hypercall
 * Hypercalls 2 and 10: a guest's descriptor tables. (Its LDT is set by an
 * operation of mmuext_op.)
 */
#include "hypercall.h"

#include "boot.h"
#include "domain.h"

/**
 * Hypercall 2: set the GDT.
 *
 * @param arg  [0] address of a list of frame numbers, one for each 512
 *             entries; [1] number of entries, 0 to 7168.
 * @context{hypercall}
 * @post  On an error the old table stays.
 * @note  Continues itself while there are descriptors to check.
 * @retval 0        done.
 * @retval -EINVAL  too many entries, or a frame that cannot hold descriptors.
 * @retval -EFAULT  the list cannot be read.
 */
int32_t do_set_gdt(const uint32_t arg[HYPERCALL_ARGS])
{
    mfn_t frame[GUEST_GDT_FRAMES];
    uint32_t entries = arg[1];
    int error;

    if (!work_begin())
        return hypercall_continue(__HYPERVISOR_set_gdt, arg);
    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    if (entries > 0 &&
        copy_from_guest(frame, vaddr(arg[0]),
                        (entries + 511) / 512 * sizeof(frame[0])) != 0)
        return -EFAULT;
    error = gdt_set(current_vcpu(), frame, entries);
    return error == -ERESTART
               ? hypercall_continue(__HYPERVISOR_set_gdt, arg) : error;
}

/** Store a descriptor in a frame that is held, as what the frame is. */
static int store_descriptor(mfn_t frame, uint32_t offset, descriptor_t d)
{
    const struct page_info *info = frame_info(frame);
    enum frame_type type = info->type_count > 0 &&
                                   info->type == FRAME_SEG_DESC
                               ? FRAME_SEG_DESC
                               : FRAME_WRITABLE;
    uint8_t *page;

    if (frame_get_type(frame, type) != 0)
        return -EINVAL;
    page = window_map(frame);
    *(descriptor_t *)(page + offset) = d;
    window_unmap(page);
    frame_put_type(frame);
    return 0;
}

/**
 * Hypercall 10: change one descriptor.
 *
 * The frame need not be in use as a table; if it is not, the guest could write
 * to it itself, and this is a store like any other, but of a checked value.
 *
 * @param arg  [0], [1] machine address of the entry, a multiple of 8; [2], [3]
 *             the descriptor, mended where that makes it acceptable.
 * @context{hypercall}
 * @post  On an error the entry stays.
 * @retval 0        done.
 * @retval -EINVAL  the address is not aligned or not in a frame of the
 *                  domain's own; the frame is a page table; or the descriptor
 *                  is one that a guest may not have.
 */
int32_t do_update_descriptor(const uint32_t arg[HYPERCALL_ARGS])
{
    uint64_t where = hypercall_arg64(arg[0], arg[1]);
    mfn_t frame = maddr_to_mfn(maddr(where));
    descriptor_t d = { arg[2], arg[3] };
    int error;

    if (where % sizeof(d) != 0 || where >> (PAGE_SHIFT + 32) != 0 ||
        descriptor_admit(&d) != 0 ||
        !frame_get(frame, current_vcpu()->domain))
        return -EINVAL;
    error = store_descriptor(frame, (uint32_t)where % PAGE_SIZE, d);
    frame_put(frame);
    return error;
}
