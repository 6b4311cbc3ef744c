/* SPDX-License-Identifier: MIT */
/**
 * @page unit_events_ports Unit test: event ports
 *
 * Property: a port is taken, bound, closed and described as the interface
 * says, with its exact errors; port 0 is never given out; two bound ports name
 * each other; an error changes nothing.
 *
 * Method: hypercall 32 as a guest makes it, with its structures in a made-up
 * guest's memory, and the port table compared.
 */
#include "unit.h"

#include <string.h>

#include "fake_guest.h"

#define BUFFER FAKE_GUEST_BASE
#define OTHER_ID 3

static struct domain *d;
static struct domain other;

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_event_channel_op] = do_event_channel_op,
};

struct domain *domain_by_id(domid_t id)
{
    if (id == d->id)
        return d;
    return id == OTHER_ID ? &other : NULL;
}

static void start(void)
{
    static struct event_port ports[EVENT_PORTS];
    static struct shared_info shared;

    fake_guest_reset();
    d = &fake_guest.domain;
    memset(ports, 0, sizeof(ports));
    memset(&shared, 0, sizeof(shared));
    other = (struct domain){ .id = OTHER_ID, .shared = &shared,
                             .events = { ports, 1 } };
}

static int32_t op(uint32_t command, uint32_t address)
{
    const uint32_t arg[HYPERCALL_ARGS] = { command, address };

    return do_event_channel_op(arg);
}

static int32_t alloc(domid_t dom, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound *a = fake_at(BUFFER);
    int32_t result;

    *a = (struct evtchn_alloc_unbound){ .dom = dom, .remote_dom = remote };
    result = op(EVTCHNOP_alloc_unbound, BUFFER);
    *port = a->port;
    return result;
}

static int32_t bind(domid_t dom, evtchn_port_t remote, evtchn_port_t *port)
{
    struct evtchn_bind_interdomain *b = fake_at(BUFFER);
    int32_t result;

    *b = (struct evtchn_bind_interdomain){ .remote_dom = dom,
                                           .remote_port = remote };
    result = op(EVTCHNOP_bind_interdomain, BUFFER);
    *port = b->local_port;
    return result;
}

static int32_t close(evtchn_port_t port)
{
    *(evtchn_port_t *)fake_at(BUFFER) = port;
    return op(EVTCHNOP_close, BUFFER);
}

static struct evtchn_status *status_of(domid_t dom, evtchn_port_t port,
                                       int32_t expected)
{
    struct evtchn_status *s = fake_at(BUFFER);

    memset(s, 0xEE, sizeof(*s));
    s->dom = dom;
    s->port = port;
    ck_assert_int_eq(op(EVTCHNOP_status, BUFFER), expected);
    return s;
}

static bool pending(evtchn_port_t port)
{
    return d->shared->evtchn_pending[port / 32] >> port % 32 & 1;
}

START_TEST(test_alloc)
{
    evtchn_port_t port;
    struct evtchn_status *s;

    ck_assert_int_eq(alloc(DOMID_SELF, 0, &port), 0);
    ck_assert_uint_eq(port, 1); /* EV-I1 */
    ck_assert_int_eq(alloc(d->id, DOMID_SELF, &port), 0);
    ck_assert_uint_eq(port, 2);
    s = status_of(DOMID_SELF, 2, 0);
    ck_assert_uint_eq(s->status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(s->u.unbound.dom, d->id);
    ck_assert_uint_eq(s->vcpu, 0);
    ck_assert(!pending(1) && !pending(2));
}
END_TEST

/** Another domain's port is for the privileged. */
START_TEST(test_alloc_for_others)
{
    evtchn_port_t port;

    ck_assert_int_eq(alloc(99, 0, &port), -ESRCH);
    ck_assert_int_eq(alloc(OTHER_ID, 0, &port), -EPERM);
    d->privileged = true;
    ck_assert_int_eq(alloc(99, 0, &port), -ESRCH);
    ck_assert_uint_eq(other.events.nr_known, 1);
    ck_assert_int_eq(alloc(OTHER_ID, DOMID_SELF, &port), 0);
    ck_assert_int_eq(other.events.port[port].remote, d->id);
    ck_assert_uint_eq(d->events.nr_known, 1);
}
END_TEST

START_TEST(test_bad_addresses)
{
    static const uint32_t there[] = {
        EVTCHNOP_alloc_unbound, EVTCHNOP_bind_interdomain, EVTCHNOP_close,
        EVTCHNOP_send, EVTCHNOP_status, EVTCHNOP_unmask, EVTCHNOP_reset,
        EVTCHNOP_init_control,
    };

    for (unsigned i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        ck_assert_int_eq(op(there[i], 0), -EFAULT);
    ck_assert_int_eq(op(EVTCHNOP_init_control, BUFFER), -EINVAL);
    ck_assert_int_eq(op(99, 0), -ENOSYS);
    ck_assert_uint_eq(d->events.nr_known, 1);
}
END_TEST

/** EV-I5: a port whose number cannot be told is not taken. */
START_TEST(test_read_only_structure)
{
    struct evtchn_alloc_unbound *a = fake_at(BUFFER);

    a->dom = DOMID_SELF;
    fake_map(0, false);
    ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, BUFFER), -EFAULT);
    ck_assert_ptr_null(event_port_in_use(d, 1));
}
END_TEST

START_TEST(test_all_ports)
{
    evtchn_port_t port, last = 0;

    while (alloc(DOMID_SELF, 0, &port) == 0) {
        ck_assert_uint_eq(port, last + 1);
        last = port;
    }
    ck_assert_uint_eq(last, EVENT_PORTS - 1);
    ck_assert_int_eq(alloc(DOMID_SELF, 0, &port), -ENOSPC);
    ck_assert_int_eq(bind(DOMID_SELF, 5, &port), -ENOSPC);
    ck_assert_int_eq(close(700), 0);
    ck_assert_int_eq(alloc(DOMID_SELF, 0, &port), 0);
    ck_assert_uint_eq(port, 700);
}
END_TEST

START_TEST(test_bind)
{
    evtchn_port_t port, local;
    struct evtchn_status *s;

    (void)alloc(DOMID_SELF, DOMID_SELF, &port);
    ck_assert_int_eq(bind(d->id, port, &local), 0);
    ck_assert_uint_ne(local, port);
    ck_assert(pending(local) && !pending(port));
    s = status_of(d->id, port, 0); /* EV-I2 */
    ck_assert_uint_eq(s->status, EVTCHNSTAT_interdomain);
    ck_assert_uint_eq(s->u.interdomain.port, local);
    s = status_of(d->id, local, 0);
    ck_assert_uint_eq(s->u.interdomain.port, port);
    ck_assert_uint_eq(s->u.interdomain.dom, d->id);
}
END_TEST

START_TEST(test_bind_refused)
{
    evtchn_port_t port, local;

    (void)alloc(DOMID_SELF, DOMID_SELF, &port);
    ck_assert_int_eq(bind(99, port, &local), -ESRCH);
    ck_assert_int_eq(bind(DOMID_SELF, 0, &local), -EINVAL);
    ck_assert_int_eq(bind(DOMID_SELF, EVENT_PORTS, &local), -EINVAL);
    ck_assert_int_eq(bind(DOMID_SELF, UINT32_MAX, &local), -EINVAL);
    (void)alloc(DOMID_SELF, OTHER_ID, &port); /* not for us */
    ck_assert_int_eq(bind(DOMID_SELF, port, &local), -EINVAL);
    ck_assert_int_eq(event_bind_interdomain(&other, d, port), 1);
    ck_assert_int_eq(bind(DOMID_SELF, port, &local), -EINVAL); /* taken */
    ck_assert_uint_eq(d->events.nr_known, 3);
}
END_TEST

START_TEST(test_close)
{
    evtchn_port_t port;
    struct evtchn_status *s;

    (void)alloc(DOMID_SELF, 0, &port);
    d->shared->evtchn_pending[0] = UINT32_MAX;
    ck_assert_int_eq(close(port), 0);
    ck_assert_uint_eq(d->shared->evtchn_pending[0], UINT32_MAX & ~2u);
    ck_assert_int_eq(close(port), -EINVAL);
    ck_assert_int_eq(close(0), -EINVAL);
    ck_assert_int_eq(close(EVENT_PORTS), -EINVAL);
    ck_assert_int_eq(close(UINT32_MAX), -EINVAL);
    s = status_of(DOMID_SELF, port, 0); /* known, closed */
    ck_assert_uint_eq(s->status, EVTCHNSTAT_closed);
    ck_assert_uint_eq(s->u.interdomain.port, 0);
}
END_TEST

/** The peer waits for the domain again, which binds again. */
START_TEST(test_close_bound)
{
    evtchn_port_t port, local;

    (void)alloc(DOMID_SELF, OTHER_ID, &port);
    local = (evtchn_port_t)event_bind_interdomain(&other, d, port);
    ck_assert_int_eq(event_close(&other, local), 0);
    ck_assert_int_eq(d->events.port[port].state, EVENT_PORT_UNBOUND);
    ck_assert_int_eq(d->events.port[port].remote, OTHER_ID);
    ck_assert_int_eq(event_bind_interdomain(&other, d, port), (int)local);
    ck_assert_int_eq(close(port), 0);
    ck_assert_int_eq(other.events.port[local].state, EVENT_PORT_UNBOUND);
    ck_assert_int_eq(other.events.port[local].remote, d->id);
}
END_TEST

/** The hypervisor's port is a channel for the guest, but stays. */
START_TEST(test_hypervisor_port)
{
    int port = event_bind_hypervisor(d);
    struct evtchn_status *s;

    ck_assert_int_eq(port, 1);
    ck_assert_int_eq(close(1), -EINVAL);
    event_reset(d);
    s = status_of(DOMID_SELF, 1, 0);
    ck_assert_uint_eq(s->status, EVTCHNSTAT_interdomain);
    ck_assert_uint_eq(s->u.interdomain.dom, DOMID_XEN);
}
END_TEST

START_TEST(test_status)
{
    struct evtchn_status *s = status_of(DOMID_SELF, 0, 0);

    ck_assert_uint_eq(s->status, EVTCHNSTAT_closed);
    s = status_of(DOMID_SELF, 1, -EINVAL); /* never used */
    ck_assert_uint_eq(s->status, 0xEEEEEEEE);
    (void)status_of(DOMID_SELF, EVENT_PORTS, -EINVAL);
    (void)status_of(DOMID_SELF, UINT32_MAX, -EINVAL);
    (void)status_of(99, 0, -ESRCH);
    (void)status_of(OTHER_ID, 0, -EPERM);
    d->privileged = true;
    (void)status_of(OTHER_ID, 0, 0);
}
END_TEST

START_TEST(test_reset)
{
    evtchn_port_t port, local;
    struct evtchn_reset *r = fake_at(BUFFER);

    (void)alloc(DOMID_SELF, DOMID_SELF, &port);
    (void)bind(DOMID_SELF, port, &local);
    r->dom = OTHER_ID;
    ck_assert_int_eq(op(EVTCHNOP_reset, BUFFER), -EPERM);
    ck_assert_ptr_nonnull(event_port_in_use(d, port));
    r->dom = DOMID_SELF;
    ck_assert_int_eq(op(EVTCHNOP_reset, BUFFER), 0);
    ck_assert_ptr_null(event_port_in_use(d, port));
    ck_assert_ptr_null(event_port_in_use(d, local));
    ck_assert_uint_eq(d->shared->evtchn_pending[0], 0);
}
END_TEST

START_TEST(test_old_call)
{
    const uint32_t arg[HYPERCALL_ARGS] = { BUFFER };
    const uint32_t bad[HYPERCALL_ARGS] = { 0 };
    struct evtchn_op *o = fake_at(BUFFER);

    o->cmd = EVTCHNOP_alloc_unbound;
    o->u.alloc_unbound.dom = DOMID_SELF;
    ck_assert_int_eq(do_event_channel_op_compat(arg), 0);
    ck_assert_uint_eq(o->u.alloc_unbound.port, 1);
    o->cmd = 99;
    ck_assert_int_eq(do_event_channel_op_compat(arg), -ENOSYS);
    ck_assert_int_eq(do_event_channel_op_compat(bad), -EFAULT);
}
END_TEST

static Suite *ports_suite(void)
{
    Suite *suite = suite_create("events/ports");
    TCase *t = tcase_create("ports");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_alloc);
    tcase_add_test(t, test_alloc_for_others);
    tcase_add_test(t, test_bad_addresses);
    tcase_add_test(t, test_read_only_structure);
    tcase_add_test(t, test_all_ports);
    tcase_add_test(t, test_bind);
    tcase_add_test(t, test_bind_refused);
    tcase_add_test(t, test_close);
    tcase_add_test(t, test_close_bound);
    tcase_add_test(t, test_hypervisor_port);
    tcase_add_test(t, test_status);
    tcase_add_test(t, test_reset);
    tcase_add_test(t, test_old_call);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(ports_suite())
