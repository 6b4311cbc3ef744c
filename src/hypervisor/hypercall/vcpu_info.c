/* SPDX-License-Identifier: MIT */
/**
 * @file vcpu_info.c
 * @ingroup hypercall
 * VCPUOP_register_vcpu_info: a vCPU's struct vcpu_info moves out of the shared
 * page into one of the guest's own frames.
 *
 * We write there at any time and in any address space, so the frame is seen
 * through a mapping of ours, and it cannot become anything else meanwhile: it
 * keeps a reference that says "writable". The guest may map it read-only, or
 * not at all, which is its own affair.
 *
 *  - CALL-I8  From registration to the vCPU's end its frame has one general
 *    and one type reference of ours (vcpu_info_register(),
 *    vcpu_info_release()).
 *
 * Source: [XenABI] xen/vcpu.h, VCPUOP_register_vcpu_info.
 */
#include "hypercall.h"

#include "boot.h"
#include "domain.h"

/** The offset in the frame: the structure does not cross its end, and the
 *  words that atomic operations change are aligned. */
static bool offset_ok(uint32_t offset)
{
    return offset <= PAGE_SIZE - sizeof(struct vcpu_info) &&
           offset % sizeof(xen_ulong_t) == 0;
}

/**
 * Move a vCPU's struct vcpu_info.
 *
 * @param v     One of the calling domain's.
 * @param from  Guest address of a struct vcpu_register_vcpu_info.
 * @context{hypercall}
 * @post  On an error nothing has changed.
 * @retval 0        done; every event of the vCPU counts as pending.
 * @retval -EFAULT  the structure cannot be read.
 * @retval -ENXIO   it would cross the end of the frame, or is not aligned.
 * @retval -EINVAL  done before; or another vCPU that is up; or a frame that is
 *                  not the domain's own, or used as a table.
 * @retval -ENOMEM  we have no mapping left.
 */
int32_t vcpu_info_register(struct vcpu *v, vaddr_t from)
{
    struct vcpu_register_vcpu_info op;
    uint8_t *page;

    if (copy_from_guest(&op, from, sizeof(op)) != 0)
        return -EFAULT;
    if (!offset_ok(op.offset))
        return -ENXIO;
    if (mfn_valid_number(v->info_frame) ||
        (v != current_vcpu() && v->scheduling.wish != VCPU_DOWN) ||
        op.mfn > UINT32_MAX)
        return -EINVAL;
    if (frame_get_and_type(mfn((uint32_t)op.mfn), v->domain,
                           FRAME_WRITABLE) != 0)
        return -EINVAL;
    page = window_keep(mfn((uint32_t)op.mfn));
    if (!page) {
        frame_put_and_type(mfn((uint32_t)op.mfn));
        return -ENOMEM;
    }
    v->info_frame = mfn((uint32_t)op.mfn);
    event_info_move(v, (struct vcpu_info *)(page + op.offset));
    time_update_vcpu_page(v);
    return 0;
}

/**
 * Give the frame back.
 *
 * @param v  Never runs again, or is not up; may never have registered one.
 * @context{exit}
 * @post  Its structure is the one in the shared page.
 */
void vcpu_info_release(struct vcpu *v)
{
    uint8_t *page = (uint8_t *)((uintptr_t)v->info & PAGE_MASK);

    if (!mfn_valid_number(v->info_frame))
        return;
    v->info = &v->domain->shared->vcpu_info[v->id];
    window_let_go(page);
    frame_put_and_type(v->info_frame);
    v->info_frame = INVALID_MFN;
}
