/* SPDX-License-Identifier: MIT */
/**
 * @file virtual_alarm.c
 * @ingroup hypercall
 * Hypercall 48, __HYPERVISOR_arch_0: the alarm in virtual time.
 *
 * The paper's guests have two alarms, one in real and one in virtual time, by
 * which a kernel gives its own threads slices of time that it really had. The
 * public interface has only the first. So this call is ours: with the option
 * `virtual_alarm` only, and otherwise it does not exist.
 *
 * Source: [Xen2003] 3.3.2 "Time and timers".
 */
#include "hypercall.h"

#include "boot.h"
#include "domain.h"

/**
 * Hypercall 48: set the virtual alarm of the calling vCPU.
 *
 * @param arg  [0], [1] in ns, how long the vCPU is to have run, of what
 *             vcpu_runstate_info counts as `running`; 0 stops it. If that
 *             time has passed, the event happens at once: VIRQ_ARCH_0, one
 *             for each vCPU.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -ENOSYS  the option is off.
 */
int32_t do_virtual_alarm(const uint32_t arg[HYPERCALL_ARGS])
{
    if (!options.virtual_alarm)
        return -ENOSYS;
    vcpu_virtual_alarm_set(current_vcpu(), hypercall_arg64(arg[0], arg[1]));
    return 0;
}
