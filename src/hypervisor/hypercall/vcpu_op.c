/* SPDX-License-Identifier: MIT */
/**
 * @file vcpu_op.c
 * @ingroup hypercall
 * Hypercall 24: a domain's vCPUs, brought up and down by one another, their
 * alarms, and the areas by which they see themselves.
 *
 * What a vCPU is to begin with is loaded by vcpu_context.c; where its
 * struct vcpu_info lies is changed by vcpu_info.c.
 *
 * Source: [XenABI] xen/vcpu.h.
 */
#include "hypercall.h"

#include "domain.h"

/** The whole of vcpu_op is about one of the caller's own vCPUs. */
static struct vcpu *vcpu_numbered(uint32_t id)
{
    if (id >= DOMAIN_MAX_VCPUS)
        return NULL;
    return current_vcpu()->domain->vcpu[id];
}

static int32_t bring_up(struct vcpu *v)
{
    if (!v->initialised)
        return -EINVAL;
    vcpu_up(v);
    return 0;
}

/** Is there a vCPU of the domain, other than this one, that is up? */
static bool another_is_up(const struct vcpu *v)
{
    const struct domain *d = v->domain;

    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
        if (d->vcpu[i] && d->vcpu[i] != v &&
            d->vcpu[i]->scheduling.wish != VCPU_DOWN)
            return true;
    return false;
}

/** Nobody could bring up a domain whose last vCPU went down: that is how it
 *  ends. */
static int32_t bring_down(struct vcpu *v)
{
    if (another_is_up(v))
        vcpu_down(v);
    else
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
    return 0;
}

static int32_t get_runstate(const struct vcpu *v, vaddr_t to)
{
    struct vcpu_runstate_info info;

    runstate_get(v, &info);
    return copy_to_guest(to, &info, sizeof(info));
}

/** An area's address, as the guest gave it: 64 bits, of which 32 are one. */
static int32_t read_area(vaddr_t from, size_t bytes, vaddr_t *area)
{
    uint64_t address;

    if (copy_from_guest(&address, from, sizeof(address)) != 0)
        return -EFAULT;
    *area = vaddr((uint32_t)address);
    return guest_range_ok(*area, bytes) ? 0 : -EFAULT;
}

_Static_assert(sizeof(struct vcpu_register_runstate_memory_area) == 8 &&
                   sizeof(struct vcpu_register_time_memory_area) == 8,
               "read_area() reads both");

static int32_t register_runstate(struct vcpu *v, vaddr_t from)
{
    vaddr_t area;
    int32_t error = read_area(from, sizeof(struct vcpu_runstate_info), &area);

    if (error)
        return error;
    v->time.runstate_area = area;
    time_update_areas(v);
    return 0;
}

static int32_t register_time(struct vcpu *v, vaddr_t from)
{
    vaddr_t area;
    int32_t error = read_area(from, sizeof(struct vcpu_time_info), &area);

    if (error)
        return error;
    v->time.time_area = area;
    time_update_areas(v);
    return 0;
}

static int32_t set_periodic(struct vcpu *v, vaddr_t from)
{
    struct vcpu_set_periodic_timer op;

    if (copy_from_guest(&op, from, sizeof(op)) != 0)
        return -EFAULT;
    return op.period_ns == 0 ? -EINVAL : vcpu_periodic_set(v, op.period_ns);
}

/** The flag that asks for an error when the time has passed is not obeyed:
 *  the event that comes instead says the same, and the interface allows it. */
static int32_t set_single(struct vcpu *v, vaddr_t from)
{
    struct vcpu_set_singleshot_timer op;

    if (v != current_vcpu())
        return -EINVAL;
    if (copy_from_guest(&op, from, sizeof(op)) != 0)
        return -EFAULT;
    vcpu_single_set(v, op.timeout_abs_ns, time_now());
    return 0;
}

static int32_t stop_single(struct vcpu *v)
{
    if (v != current_vcpu())
        return -EINVAL;
    vcpu_single_stop(v);
    return 0;
}

/** The alarms and the areas. */
static int32_t about_time(uint32_t command, struct vcpu *v, vaddr_t at)
{
    switch (command) {
    case VCPUOP_get_runstate_info:
        return get_runstate(v, at);
    case VCPUOP_register_runstate_memory_area:
        return register_runstate(v, at);
    case VCPUOP_register_vcpu_time_memory_area:
        return register_time(v, at);
    case VCPUOP_set_periodic_timer:
        return set_periodic(v, at);
    case VCPUOP_stop_periodic_timer:
        return vcpu_periodic_set(v, 0);
    case VCPUOP_set_singleshot_timer:
        return set_single(v, at);
    case VCPUOP_stop_singleshot_timer:
        return stop_single(v);
    case VCPUOP_get_physid:
        return -EINVAL; /* no vCPU is tied to a processor */
    default:
        return -ENOSYS;
    }
}

/**
 * Hypercall 24.
 *
 * @param arg  [0] VCPUOP_*, [1] number of one of the domain's own vCPUs, [2]
 *             address of the operation's structure.
 * @context{hypercall}
 * @note  initialise continues itself while the page tables are validated.
 * @retval 0, 1     done; is_up: 1 if it is.
 * @retval -ENOENT  no such vCPU; looked at first.
 * @retval -EFAULT  the structure cannot be read or written; an area that is
 *                  not in the guest's range.
 * @retval -EINVAL  up: not initialised. Periods below 1 ms or above 2^62 ns.
 *                  The single-shot alarm of another vCPU. get_physid. Else
 *                  see vcpu_context_load() and vcpu_info_register().
 * @retval -EEXIST  initialise: it is already.
 * @retval -ENXIO, -ENOMEM  see vcpu_info_register().
 * @retval -ENOSYS  no such operation.
 */
int32_t do_vcpu_op(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = vcpu_numbered(arg[1]);
    int32_t result;

    if (!v)
        return -ENOENT;
    switch (arg[0]) {
    case VCPUOP_initialise:
        result = vcpu_initialise(v, vaddr(arg[2]));
        if (result == -ERESTART)
            return hypercall_continue(__HYPERVISOR_vcpu_op, arg);
        return result;
    case VCPUOP_up:
        return bring_up(v);
    case VCPUOP_down:
        return bring_down(v);
    case VCPUOP_is_up:
        return v->scheduling.wish != VCPU_DOWN;
    case VCPUOP_register_vcpu_info:
        return vcpu_info_register(v, vaddr(arg[2]));
    case VCPUOP_send_nmi:
        nmi_send(v);
        return 0;
    default:
        return about_time(arg[0], v, vaddr(arg[2]));
    }
}
