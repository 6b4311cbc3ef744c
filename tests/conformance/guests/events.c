/* SPDX-License-Identifier: MIT */
/**
 * @file events.c
 * @page conformance_events Conformance: event_channel_op, grant tables, poll
 * Property: ports and grant frames are handed out and taken back as the
 * interface says; a bad port, domain or pointer has its own error.
 * Source: the interface; the observed answers.
 * Method: each operation once as it should be, then each argument wrong.
 */
#include "check.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>

static int32_t event(unsigned cmd, void *op)
{
    return hypercall_2(event_channel_op, cmd, op);
}

static evtchn_port_t unbound;

static void allocation(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };

    CHECK("evtchn.alloc_unbound.self_self", 0,
          event(EVTCHNOP_alloc_unbound, &alloc));
    CHECK("evtchn.alloc_unbound.port_nonzero", 1, alloc.port != 0);
    unbound = alloc.port;
    alloc.dom = DOM_UNKNOWN;
    CHECK("evtchn.alloc_unbound.dom_unknown", -XEN_ESRCH,
          event(EVTCHNOP_alloc_unbound, &alloc));
    CHECK("evtchn.alloc_unbound.null", -XEN_EFAULT,
          event(EVTCHNOP_alloc_unbound, NULL));
    CHECK("evtchn.alloc_unbound.bad_pointer", -XEN_EFAULT,
          event(EVTCHNOP_alloc_unbound, (void *)IN_XEN_RANGE));
}

static int32_t bind(uint32_t domain, uint32_t port)
{
    struct evtchn_bind_interdomain op = { (domid_t)domain, port, 0 };

    return event(EVTCHNOP_bind_interdomain, &op);
}

static int32_t send(uint32_t port)
{
    struct evtchn_send op = { port };

    return event(EVTCHNOP_send, &op);
}

static int32_t close(uint32_t port)
{
    struct evtchn_close op = { port };

    return event(EVTCHNOP_close, &op);
}

static void ports(void)
{
    CHECK("evtchn.bind_interdomain.remote_port_0", -XEN_EINVAL,
          bind(DOMID_SELF, 0));
    CHECK("evtchn.bind_interdomain.remote_port_1024", -XEN_EINVAL,
          bind(DOMID_SELF, 1024));
    CHECK("evtchn.bind_interdomain.remote_port_max", -XEN_EINVAL,
          bind(DOMID_SELF, ~0u));
    CHECK("evtchn.bind_interdomain.dom_unknown", -XEN_ESRCH,
          bind(DOM_UNKNOWN, unbound));
    CHECK("evtchn.bind_interdomain.good", 0, bind(DOMID_SELF, unbound));
    CHECK("evtchn.bind_interdomain.already_bound", -XEN_EINVAL,
          bind(DOMID_SELF, unbound));
    CHECK("evtchn.send.bound", 0, send(unbound));
    CHECK("evtchn.send.port_0", -XEN_EINVAL, send(0));
    CHECK("evtchn.send.port_4096", -XEN_EINVAL, send(4096));
    CHECK("evtchn.send.free_port", -XEN_EINVAL, send(1000));
    CHECK("evtchn.send.null", -XEN_EFAULT, event(EVTCHNOP_send, NULL));
    CHECK("evtchn.close.interdomain", 0, close(unbound));
    CHECK("evtchn.close.twice", -XEN_EINVAL, close(unbound));
    CHECK("evtchn.close.port_0", -XEN_EINVAL, close(0));
    CHECK("evtchn.close.port_max", -XEN_EINVAL, close(~0u));
    CHECK("evtchn.op.99", -XEN_ENOSYS, event(99, &unbound));
    CHECK("evtchn.op.max", -XEN_ENOSYS, event(~0u, &unbound));
}

/** All ports there are, and back. */
static void all_ports(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_reset reset = { DOMID_SELF };
    uint32_t last = 0;
    int32_t result;

    while ((result = event(EVTCHNOP_alloc_unbound, &alloc)) == 0)
        last = alloc.port;
    CHECK("evtchn.alloc_unbound.until_refused", -XEN_ENOSPC, result);
    CHECK("evtchn.alloc_unbound.highest_port", 1023, last);
    CHECK("evtchn.reset.self", 0, event(EVTCHNOP_reset, &reset));
    CHECK("evtchn.alloc_unbound.after_reset", 0,
          event(EVTCHNOP_alloc_unbound, &alloc));
}

static int32_t poll(uint32_t nr, void *list)
{
    struct sched_poll op = { .nr_ports = nr, .timeout = 1 };

    set_xen_guest_handle_raw(op.ports, list);
    return hypercall_2(sched_op, SCHEDOP_poll, &op);
}

static void polling(void)
{
    struct evtchn_alloc_unbound own = { DOMID_SELF, DOMID_SELF, 0 };
    evtchn_port_t port = 1024;

    (void)event(EVTCHNOP_alloc_unbound, &own);
    CHECK("sched.poll.port_1024", -XEN_EINVAL, poll(1, &port));
    CHECK("sched.poll.129_ports", -XEN_EINVAL, poll(129, &port));
    CHECK("sched.poll.null", -XEN_EFAULT,
          hypercall_2(sched_op, SCHEDOP_poll, 0));
    CHECK("sched.poll.bad_ports_pointer", -XEN_EFAULT,
          poll(1, (void *)IN_XEN_RANGE));
    CHECK("sched.poll.timeout_past", 0, poll(1, &own.port));
    port = 1023;
    CHECK("sched.poll.free_port", -XEN_EINVAL, poll(1, &port));
    port = 0;
    CHECK("sched.poll.port_0", -XEN_EINVAL, poll(1, &port));
}

static int32_t grant(unsigned cmd, void *op, unsigned nr)
{
    return hypercall_3(grant_table_op, cmd, op, nr);
}

/** What the last set_version() was told. */
static uint32_t version_told;

static int32_t set_version(uint32_t version)
{
    struct gnttab_set_version op = { .version = version };
    int32_t result = grant(GNTTABOP_set_version, &op, 1);

    version_told = op.version;
    return result;
}

static void versions(void)
{
    CHECK("gnttab.set_version.1", 0, set_version(1));
    CHECK("gnttab.set_version.2", -XEN_ENOSYS, set_version(2));
    CHECK("gnttab.set_version.3", -XEN_EINVAL, set_version(3));
    CHECK("gnttab.set_version.3.which_it_is", 1, version_told);
    CHECK("gnttab.set_version.null", -XEN_EFAULT,
          grant(GNTTABOP_set_version, NULL, 1));
}

static void grants(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    struct gnttab_query_size size = { .dom = DOM_UNKNOWN };
    static xen_pfn_t frame;

    set_xen_guest_handle_raw(setup.frame_list, &frame);
    CHECK("gnttab.setup_table.one", 0,
          grant(GNTTABOP_setup_table, &setup, 1));
    CHECK("gnttab.setup_table.one.status", GNTST_okay, setup.status);
    CHECK("gnttab.setup_table.one.frame", 1, frame != 0);
    setup.nr_frames = 100000;
    CHECK("gnttab.setup_table.too_many", 0,
          grant(GNTTABOP_setup_table, &setup, 1));
    CHECK("gnttab.setup_table.too_many.status", GNTST_general_error,
          setup.status);
    setup.nr_frames = 1;
    setup.dom = DOM_UNKNOWN;
    CHECK("gnttab.setup_table.dom_unknown", 0,
          grant(GNTTABOP_setup_table, &setup, 1));
    CHECK("gnttab.setup_table.dom_unknown.status", GNTST_bad_domain,
          setup.status);
    CHECK("gnttab.setup_table.count_2", -XEN_EINVAL,
          grant(GNTTABOP_setup_table, &setup, 2));
    CHECK("gnttab.setup_table.null", -XEN_EFAULT,
          grant(GNTTABOP_setup_table, NULL, 1));
    CHECK("gnttab.query_size.dom_unknown", 0,
          grant(GNTTABOP_query_size, &size, 1));
    CHECK("gnttab.query_size.dom_unknown.status", GNTST_bad_domain,
          size.status);
    CHECK("gnttab.op.unknown_99", -XEN_ENOSYS, grant(99, &size, 1));
}

void family(void)
{
    allocation();
    ports();
    polling();
    all_ports();
    versions();
    grants();
}
