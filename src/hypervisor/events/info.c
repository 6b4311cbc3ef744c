/* SPDX-License-Identifier: MIT */
/**
 * @file info.c
 *
 * Source: [XenABI] xen/vcpu.h, VCPUOP_register_vcpu_info.
 * @ingroup events
 * Moving a vCPU's struct vcpu_info: shared_info has 32 of them, and a guest
 * may want its bits in a page of its own.
 */
#include "events.h"

#include "domain.h"
#include "lib.h"

/**
 * Use another place for a vCPU's struct vcpu_info.
 *
 * An event may be raised between the guest's last look at the old place and
 * its first at the new one. So everything counts as pending afterwards: the
 * guest looks at all ports once, and nothing is lost.
 *
 * @param v   Any vCPU. The old place is not written again.
 * @param to  In the hypervisor's own mapping of a page that stays the guest's
 *            writable one. What the old place held is copied there.
 * @context{hypercall}
 * @par Source
 * [XenABI] xen/vcpu.h, VCPUOP_register_vcpu_info.
 */
void event_info_move(struct vcpu *v, struct vcpu_info *to)
{
    memmove(to, v->info, sizeof(*to));
    v->info = to;
    if (processor.current == v)
        processor.info = to;
    __atomic_store_n(&to->evtchn_pending_sel, ~(xen_ulong_t)0,
                     __ATOMIC_SEQ_CST);
    __atomic_store_n(&to->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
}
