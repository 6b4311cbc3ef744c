/* SPDX-License-Identifier: MIT */
/**
 * @file virqs.c
 * @page conformance_virqs Conformance: interrupts, status, reset
 * Property: a virtual interrupt has one port at most, a global one only vCPU
 * 0's; signals between vCPUs have as many as there are; each port says what it
 * is; each wrong number has its own error, and nothing is taken by it.
 * Source: the interface; the observed answers.
 * Method: each operation once as it should be, then each argument wrong.
 */
#include "check.h"

#include <xen/event_channel.h>

#define MISSING_VCPU 31u

static int32_t event(unsigned cmd, void *op)
{
    return hypercall_2(event_channel_op, cmd, op);
}

/** The port of the last binding that went well. */
static evtchn_port_t port;

static int32_t bind_virq(uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq op = { virq, vcpu, 0 };
    int32_t result = event(EVTCHNOP_bind_virq, &op);

    if (result == 0)
        port = op.port;
    return result;
}

static int32_t bind_ipi(uint32_t vcpu)
{
    struct evtchn_bind_ipi op = { vcpu, 0 };
    int32_t result = event(EVTCHNOP_bind_ipi, &op);

    if (result == 0)
        port = op.port;
    return result;
}

static int32_t close(uint32_t which)
{
    struct evtchn_close op = { which };

    return event(EVTCHNOP_close, &op);
}

static int32_t send(uint32_t which)
{
    struct evtchn_send op = { which };

    return event(EVTCHNOP_send, &op);
}

static int32_t bind_vcpu(uint32_t which, uint32_t vcpu)
{
    struct evtchn_bind_vcpu op = { which, vcpu };

    return event(EVTCHNOP_bind_vcpu, &op);
}

static int32_t bind_pirq(uint32_t pirq)
{
    struct evtchn_bind_pirq op = { .pirq = pirq };

    return event(EVTCHNOP_bind_pirq, &op);
}

static evtchn_port_t alloc(domid_t remote)
{
    struct evtchn_alloc_unbound op = { DOMID_SELF, remote, 0 };

    (void)event(EVTCHNOP_alloc_unbound, &op);
    return op.port;
}

static int32_t reset(domid_t dom)
{
    struct evtchn_reset op = { dom };

    return event(EVTCHNOP_reset, &op);
}

/** What a port is, in one word: kind, vCPU, and what belongs to the kind. */
#define STATUS(kind, vcpu, more) \
    ((uint32_t)(kind) << 28 | (uint32_t)(vcpu) << 20 | (uint32_t)(more))

static struct evtchn_status status;

static uint32_t status_of(uint32_t which)
{
    int32_t result;

    __builtin_memset(&status, 0xEE, sizeof(status));
    status.dom = DOMID_SELF;
    status.port = which;
    result = event(EVTCHNOP_status, &status);
    if (result != 0)
        return (uint32_t)result;
    return STATUS(status.status, status.vcpu,
                  status.status == EVTCHNSTAT_virq ? status.u.virq : 0);
}

static uint32_t pending(uint32_t which)
{
    return shared_info->evtchn_pending[which / 32] >> which % 32 & 1;
}

static void virqs(void)
{
    evtchn_port_t timer;

    CHECK("evtchn.bind_virq.timer", 0, bind_virq(VIRQ_TIMER, 0));
    timer = port;
    CHECK("evtchn.bind_virq.timer.pending", 0, pending(timer));
    CHECK("evtchn.bind_virq.timer.status",
          STATUS(EVTCHNSTAT_virq, 0, VIRQ_TIMER), status_of(timer));
    CHECK("evtchn.bind_virq.timer_twice", -XEN_EEXIST,
          bind_virq(VIRQ_TIMER, 0));
    CHECK("evtchn.send.virq", -XEN_EINVAL, send(timer));
    CHECK("evtchn.bind_vcpu.timer_virq", -XEN_EINVAL, bind_vcpu(timer, 0));
    CHECK("evtchn.close.virq", 0, close(timer));
    CHECK("evtchn.bind_virq.timer_again", 0, bind_virq(VIRQ_TIMER, 0));
    CHECK("evtchn.bind_virq.timer_again.same_port", timer, port);
    CHECK("evtchn.bind_virq.debug", 0, bind_virq(VIRQ_DEBUG, 0));
    CHECK("evtchn.bind_virq.dom_exc", 0, bind_virq(VIRQ_DOM_EXC, 0));
    CHECK("evtchn.bind_vcpu.global_virq", 0, bind_vcpu(port, 0));
    CHECK("evtchn.bind_virq.15_undefined", 0, bind_virq(15, 0));
    CHECK("evtchn.bind_virq.23_last", 0, bind_virq(23, 0));
    CHECK("evtchn.bind_virq.24", -XEN_EINVAL, bind_virq(24, 0));
    CHECK("evtchn.bind_virq.max", -XEN_EINVAL, bind_virq(~0u, 0));
    CHECK("evtchn.bind_virq.console_vcpu1", -XEN_EINVAL,
          bind_virq(VIRQ_CONSOLE, 1));
    CHECK("evtchn.bind_virq.arch_0_vcpu1", -XEN_EINVAL,
          bind_virq(VIRQ_ARCH_0, 1));
    CHECK("evtchn.bind_virq.bad_virq_and_vcpu", -XEN_EINVAL,
          bind_virq(24, MISSING_VCPU));
    CHECK("evtchn.bind_virq.vcpu_missing", -XEN_ENOENT,
          bind_virq(VIRQ_XENOPROF, MISSING_VCPU));
    CHECK("evtchn.bind_virq.vcpu_32", -XEN_ENOENT,
          bind_virq(VIRQ_TIMER, 32));
    CHECK("evtchn.bind_virq.vcpu_max", -XEN_ENOENT,
          bind_virq(VIRQ_TIMER, ~0u));
    CHECK("evtchn.bind_virq.null", -XEN_EFAULT,
          event(EVTCHNOP_bind_virq, NULL));
}

static void ipis(void)
{
    CHECK("evtchn.bind_ipi.self", 0, bind_ipi(0));
    CHECK("evtchn.bind_ipi.self.status", STATUS(EVTCHNSTAT_ipi, 0, 0),
          status_of(port));
    CHECK("evtchn.send.ipi", 0, send(port));
    CHECK("evtchn.send.ipi.pending", 1, pending(port));
    CHECK("evtchn.bind_vcpu.ipi", -XEN_EINVAL, bind_vcpu(port, 0));
    CHECK("evtchn.close.ipi", 0, close(port));
    CHECK("evtchn.close.ipi.pending", 0, pending(port));
    CHECK("evtchn.bind_ipi.vcpu_missing", -XEN_ENOENT,
          bind_ipi(MISSING_VCPU));
    CHECK("evtchn.bind_ipi.vcpu_max", -XEN_ENOENT, bind_ipi(~0u));
    CHECK("evtchn.bind_ipi.null", -XEN_EFAULT,
          event(EVTCHNOP_bind_ipi, NULL));
}

static void real_interrupts(void)
{
    CHECK_CONTROL("evtchn.bind_pirq.100", -XEN_EPERM, bind_pirq(100));
    CHECK("evtchn.bind_pirq.max", -XEN_EINVAL, bind_pirq(~0u));
    CHECK("evtchn.bind_pirq.null", -XEN_EFAULT,
          event(EVTCHNOP_bind_pirq, NULL));
}

static void other_vcpus(void)
{
    evtchn_port_t unbound = alloc(DOMID_SELF);

    CHECK("evtchn.bind_vcpu.unbound", 0, bind_vcpu(unbound, 0));
    CHECK("evtchn.bind_vcpu.vcpu_missing", -XEN_ENOENT,
          bind_vcpu(unbound, MISSING_VCPU));
    CHECK("evtchn.bind_vcpu.vcpu_max", -XEN_ENOENT,
          bind_vcpu(unbound, ~0u));
    CHECK("evtchn.bind_vcpu.port_0", -XEN_EINVAL, bind_vcpu(0, 0));
    CHECK("evtchn.bind_vcpu.free_port", -XEN_EINVAL, bind_vcpu(900, 0));
    CHECK("evtchn.bind_vcpu.port_1024", -XEN_EINVAL, bind_vcpu(1024, 0));
    CHECK("evtchn.bind_vcpu.null", -XEN_EFAULT,
          event(EVTCHNOP_bind_vcpu, NULL));
    CHECK("evtchn.close.unbound", 0, close(unbound));
}

/** The second vCPU, which need not run to be told: its bits, not vCPU 0's. */
static void second_vcpu(void)
{
    const volatile struct vcpu_info *info = shared_info->vcpu_info;
    evtchn_port_t unbound = alloc(DOMID_SELF);
    struct evtchn_bind_interdomain bind = { DOMID_SELF, unbound, 0 };

    CHECK("evtchn.bind_virq.timer_vcpu1", 0, bind_virq(VIRQ_TIMER, 1));
    CHECK("evtchn.bind_virq.timer_vcpu1.status",
          STATUS(EVTCHNSTAT_virq, 1, VIRQ_TIMER), status_of(port));
    CHECK("evtchn.bind_virq.timer_vcpu1_twice", -XEN_EEXIST,
          bind_virq(VIRQ_TIMER, 1));
    CHECK("evtchn.bind_virq.xenpmu_vcpu1", 0, bind_virq(VIRQ_XENPMU, 1));
    (void)close(port);
    CHECK("evtchn.bind_ipi.vcpu1", 0, bind_ipi(1));
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    CHECK("evtchn.send.ipi_vcpu1", 0, send(port));
    CHECK("evtchn.send.ipi_vcpu1.vcpu1_pending", 1,
          info[1].evtchn_upcall_pending);
    CHECK("evtchn.send.ipi_vcpu1.vcpu0_pending", 0,
          info[0].evtchn_upcall_pending);
    CHECK("evtchn.bind_vcpu.unbound_to_1", 0, bind_vcpu(unbound, 1));
    CHECK("evtchn.bind_vcpu.unbound_to_1.status",
          STATUS(EVTCHNSTAT_unbound, 1, 0), status_of(unbound));
    event(EVTCHNOP_bind_interdomain, &bind);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    shared_info->vcpu_info[1].evtchn_upcall_pending = 0;
    shared_info->vcpu_info[1].evtchn_pending_sel = 0;
    CHECK("evtchn.bind_vcpu.stays_when_bound",
          STATUS(EVTCHNSTAT_interdomain, 1, 0), status_of(unbound));
    CHECK("evtchn.send.to_vcpu1", 0, send(bind.local_port));
    CHECK("evtchn.send.to_vcpu1.vcpu1_pending", 1,
          info[1].evtchn_upcall_pending);
    CHECK("evtchn.send.to_vcpu1.vcpu0_pending", 0,
          info[0].evtchn_upcall_pending);
}

static int32_t status_dom(domid_t dom)
{
    status.dom = dom;
    status.port = 0;
    return event(EVTCHNOP_status, &status);
}

/** The caller's own number: a channel to oneself tells it. */
static domid_t own_number;

static void statuses(void)
{
    evtchn_port_t here = alloc(DOMID_SELF);
    struct evtchn_bind_interdomain bind = { DOMID_SELF, here, 0 };

    CHECK("evtchn.status.unbound", STATUS(EVTCHNSTAT_unbound, 0, 0),
          status_of(here));
    own_number = status.u.unbound.dom;
    CHECK("evtchn.bind_interdomain.for_status", 0,
          event(EVTCHNOP_bind_interdomain, &bind));
    CHECK("evtchn.status.interdomain",
          STATUS(EVTCHNSTAT_interdomain, 0, 0), status_of(here));
    CHECK("evtchn.status.interdomain.remote_dom", own_number,
          status.u.interdomain.dom);
    CHECK("evtchn.status.interdomain.remote_port", bind.local_port,
          status.u.interdomain.port);
    CHECK("evtchn.close.peer_was_bound", 0, close(bind.local_port));
    CHECK("evtchn.close.peer_is_unbound", STATUS(EVTCHNSTAT_unbound, 0, 0),
          status_of(here));
    CHECK("evtchn.close.peer_waits_for_us", own_number,
          status.u.unbound.dom);
    CHECK("evtchn.close.peer_can_be_bound_again", 0,
          event(EVTCHNOP_bind_interdomain, &bind));
    CHECK("evtchn.status.port_0", STATUS(EVTCHNSTAT_closed, 0, 0),
          status_of(0));
    CHECK("evtchn.status.free_port", -XEN_EINVAL, status_of(900));
    CHECK("evtchn.status.port_1024", -XEN_EINVAL, status_of(1024));
    CHECK("evtchn.status.port_max", -XEN_EINVAL, status_of(~0u));
    CHECK("evtchn.status.own_numeric_id", 0, status_dom(own_number));
    CHECK("evtchn.status.dom_unknown", -XEN_ESRCH, status_dom(DOM_UNKNOWN));
    CHECK("evtchn.status.null", -XEN_EFAULT, event(EVTCHNOP_status, NULL));
}

/** Of the other layout: nothing, by the errors that guests expect. */
static void other_layout(void)
{
    struct evtchn_init_control init = { .control_gfn = ~0ull };
    struct evtchn_expand_array expand = { 0 };
    struct evtchn_set_priority priority = { .port = 1 };

    CHECK("evtchn.init_control.bad_gfn", -XEN_EINVAL,
          event(EVTCHNOP_init_control, &init));
    CHECK("evtchn.init_control.null", -XEN_EFAULT,
          event(EVTCHNOP_init_control, NULL));
    CHECK("evtchn.expand_array", -XEN_EOPNOTSUPP,
          event(EVTCHNOP_expand_array, &expand));
    CHECK("evtchn.expand_array.null", -XEN_EFAULT,
          event(EVTCHNOP_expand_array, NULL));
    CHECK("evtchn.set_priority", -XEN_ENOSYS,
          event(EVTCHNOP_set_priority, &priority));
    CHECK("evtchn.set_priority.null", -XEN_EFAULT,
          event(EVTCHNOP_set_priority, NULL));
    CHECK("evtchn.op.15", -XEN_ENOSYS, event(15, NULL));
}

/** The old call: the operation's number is in the structure. */
static void old_call(void)
{
    struct evtchn_op op = { .cmd = EVTCHNOP_status };

    op.u.status.dom = DOMID_SELF;
    op.u.status.port = 0;
    CHECK("evtchn_compat.status", 0,
          hypercall_1(event_channel_op_compat, &op));
    CHECK("evtchn_compat.status.closed", EVTCHNSTAT_closed,
          op.u.status.status);
    op.cmd = EVTCHNOP_alloc_unbound;
    op.u.alloc_unbound.dom = op.u.alloc_unbound.remote_dom = DOMID_SELF;
    CHECK("evtchn_compat.alloc_unbound", 0,
          hypercall_1(event_channel_op_compat, &op));
    CHECK("evtchn_compat.alloc_unbound.port",
          STATUS(EVTCHNSTAT_unbound, 0, 0),
          status_of(op.u.alloc_unbound.port));
    op.cmd = EVTCHNOP_reset;
    op.u.status.dom = DOMID_SELF;
    CHECK("evtchn_compat.reset", -XEN_ENOSYS,
          hypercall_1(event_channel_op_compat, &op));
    op.cmd = 99;
    CHECK("evtchn_compat.unknown", -XEN_ENOSYS,
          hypercall_1(event_channel_op_compat, &op));
    CHECK("evtchn_compat.null", -XEN_EFAULT,
          hypercall_1(event_channel_op_compat, NULL));
}

/** All ports there are: then nothing can be bound, and a reset frees all. */
static void no_port_left(void)
{
    evtchn_port_t last = 0, next;

    while ((next = alloc(DOMID_SELF)) != 0)
        last = next;
    CHECK("evtchn.alloc_unbound.last_port", 1023, last);
    CHECK("evtchn.bind_virq.no_port_left", -XEN_ENOSPC,
          bind_virq(VIRQ_XENOPROF, 0));
    CHECK("evtchn.bind_ipi.no_port_left", -XEN_ENOSPC, bind_ipi(0));
    CHECK("evtchn.close.last", 0, close(last));
    CHECK("evtchn.bind_ipi.last", 0, bind_ipi(0));
    CHECK("evtchn.bind_ipi.last.port", 1023, port);
    shared_info->evtchn_pending[5] = ~0u;
    CHECK("evtchn.reset.dom_unknown", -XEN_ESRCH, reset(DOM_UNKNOWN));
    CHECK("evtchn.reset.null", -XEN_EFAULT, event(EVTCHNOP_reset, NULL));
    CHECK("evtchn.reset.own_numeric_id", 0, reset(own_number));
    CHECK("evtchn.reset.pending_bits", 0, shared_info->evtchn_pending[5]);
    CHECK("evtchn.reset.port_is_closed", STATUS(EVTCHNSTAT_closed, 0, 0),
          status_of(500));
    CHECK("evtchn.reset.virq_is_free", 0, bind_virq(VIRQ_TIMER, 0));
    CHECK("evtchn.reset.again", 0, reset(DOMID_SELF));
}

void family(void)
{
    virqs();
    ipis();
    real_interrupts();
    other_vcpus();
    second_vcpu();
    statuses();
    other_layout();
    old_call();
    no_port_left();
}
