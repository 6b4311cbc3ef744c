/* SPDX-License-Identifier: MIT */
/**
 * @file set_timer_op.c
 *
 * Sources: [Xen2003] 3.3.2 "Time and timers"; [XenABI] xen/xen.h, set_timer_op.
 * @ingroup hypercall
 * Hypercall 15: the single-shot alarm, set by the calling vCPU for itself.
 */
#include "hypercall.h"

#include "domain.h"
#include "time.h"

/** When an alarm that is too far away comes: the guest counts again. */
#define SOON_NS (100ull * NS_PER_MS)

/**
 * Hypercall 15: set the alarm.
 *
 * @param arg  [0], [1] system time in ns, signed. 0 stops it; a time that has
 *             passed makes the event happen at once; a negative one, or one
 *             2^50 ns ahead, makes it happen in 100 ms.
 * @context{hypercall}
 * @return 0.
 */
int32_t do_set_timer_op(const uint32_t arg[HYPERCALL_ARGS])
{
    uint64_t at = hypercall_arg64(arg[0], arg[1]);
    struct vcpu *v = current_vcpu();
    ns_t now = time_now();

    if (at == 0) {
        vcpu_single_stop(v);
        return 0;
    }
    if ((int64_t)at < 0 || (at > now && at - now >= SET_TIMER_TOO_FAR_NS))
        at = now + SOON_NS;
    vcpu_single_set(v, at, now);
    return 0;
}
