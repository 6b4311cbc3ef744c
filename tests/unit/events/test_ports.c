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

#include "boot.h"
#include "fake_guest.h"

#define BUFFER FAKE_GUEST_BASE
#define OTHER_ID 3

struct options options;

static struct domain *d;
static struct domain other;
static struct vcpu vcpu1;

/* The heap: other's buckets come from here, until it is empty. */
static unsigned nr_allocations, most_allocations;

void *heap_alloc(size_t bytes)
{
    return nr_allocations++ < most_allocations ? calloc(1, bytes) : NULL;
}

void heap_free(void *memory)
{
    free(memory);
    nr_allocations--;
}

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_event_channel_op] = do_event_channel_op,
};

struct domain *domain_by_id(domid_t id)
{
    if (id == d->id)
        return d;
    return id == OTHER_ID ? &other : NULL;
}

struct domain *domain_living(domid_t id)
{
    return domain_by_id(id);
}

static void start(void)
{
    static struct shared_info shared;

    fake_guest_reset();
    d = &fake_guest.domain;
    memset(&shared, 0, sizeof(shared));
    memset(&vcpu1, 0, sizeof(vcpu1));
    vcpu1.domain = d;
    vcpu1.id = 1;
    vcpu1.info = &fake_guest.shared.vcpu_info[1];
    d->vcpu[1] = &vcpu1;
    d->nr_vcpus = 2;
    other = (struct domain){ .id = OTHER_ID, .shared = &shared,
                             .events.nr_known = 1 };
    nr_allocations = 0;
    most_allocations = EVENT_BUCKETS;
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
    ck_assert_int_eq(event_port_in_use(&other, port)->remote, d->id);
    ck_assert_uint_eq(d->events.nr_known, 1);
}
END_TEST

START_TEST(test_bad_addresses)
{
    static const uint32_t there[] = {
        EVTCHNOP_alloc_unbound, EVTCHNOP_bind_interdomain, EVTCHNOP_close,
        EVTCHNOP_send, EVTCHNOP_status, EVTCHNOP_unmask, EVTCHNOP_reset,
        EVTCHNOP_init_control, EVTCHNOP_bind_virq, EVTCHNOP_bind_ipi,
        EVTCHNOP_bind_pirq, EVTCHNOP_bind_vcpu, EVTCHNOP_expand_array,
        EVTCHNOP_set_priority,
    };

    for (unsigned i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        ck_assert_int_eq(op(there[i], 0), -EFAULT);
    ck_assert_int_eq(op(EVTCHNOP_init_control, BUFFER), -EINVAL);
    ck_assert_int_eq(op(EVTCHNOP_expand_array, BUFFER), -EOPNOTSUPP);
    ck_assert_int_eq(op(EVTCHNOP_set_priority, BUFFER), -ENOSYS);
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
    ck_assert_int_eq(event_port_in_use(d, port)->state, EVENT_PORT_UNBOUND);
    ck_assert_int_eq(event_port_in_use(d, port)->remote, OTHER_ID);
    ck_assert_int_eq(event_bind_interdomain(&other, d, port), (int)local);
    ck_assert_int_eq(close(port), 0);
    ck_assert_int_eq(event_port_in_use(&other, local)->state,
                     EVENT_PORT_UNBOUND);
    ck_assert_int_eq(event_port_in_use(&other, local)->remote, d->id);
}
END_TEST

/** The hypervisor's port is a channel for the guest, but stays. */
START_TEST(test_hypervisor_port)
{
    int port = event_bind_hypervisor(d, EVENT_END_STORE);
    struct evtchn_status *s;

    ck_assert_int_eq(port, 1);
    ck_assert_int_eq(close(1), -EINVAL);
    ck_assert(!event_reset(d));
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

static int32_t bind_virq(uint32_t virq, uint32_t vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_virq *b = fake_at(BUFFER);
    int32_t result;

    *b = (struct evtchn_bind_virq){ .virq = virq, .vcpu = vcpu };
    result = op(EVTCHNOP_bind_virq, BUFFER);
    *port = b->port;
    return result;
}

static int32_t bind_ipi(uint32_t vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi *b = fake_at(BUFFER);
    int32_t result;

    *b = (struct evtchn_bind_ipi){ .vcpu = vcpu };
    result = op(EVTCHNOP_bind_ipi, BUFFER);
    *port = b->port;
    return result;
}

static int32_t bind_vcpu(evtchn_port_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu *b = fake_at(BUFFER);

    *b = (struct evtchn_bind_vcpu){ .port = port, .vcpu = vcpu };
    return op(EVTCHNOP_bind_vcpu, BUFFER);
}

/** EV-I9, through a binding's life. */
START_TEST(test_virq)
{
    evtchn_port_t timer0, timer1, again;
    struct evtchn_status *s;

    ck_assert_int_eq(bind_virq(VIRQ_TIMER, 0, &timer0), 0);
    ck_assert_int_eq(bind_virq(VIRQ_TIMER, 1, &timer1), 0);
    ck_assert_int_eq(bind_virq(VIRQ_TIMER, 1, &again), -EEXIST);
    s = status_of(DOMID_SELF, timer1, 0);
    ck_assert_uint_eq(s->status, EVTCHNSTAT_virq);
    ck_assert_uint_eq(s->u.virq, VIRQ_TIMER);
    ck_assert_uint_eq(s->vcpu, 1);
    event_raise_virq(&vcpu1, VIRQ_TIMER);
    ck_assert(pending(timer1) && !pending(timer0));
    ck_assert_uint_eq(vcpu1.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(fake_guest.vcpu.info->evtchn_upcall_pending, 0);
    ck_assert_int_eq(close(timer1), 0);
    event_raise_virq(&vcpu1, VIRQ_TIMER);
    ck_assert(!pending(timer1));
    ck_assert_int_eq(bind_virq(VIRQ_TIMER, 1, &again), 0);
    ck_assert_uint_eq(again, timer1);
}
END_TEST

START_TEST(test_virq_refused)
{
    evtchn_port_t port;

    ck_assert_int_eq(bind_virq(NR_VIRQS, 0, &port), -EINVAL);
    ck_assert_int_eq(bind_virq(UINT32_MAX, 0, &port), -EINVAL);
    ck_assert_int_eq(bind_virq(NR_VIRQS, 99, &port), -EINVAL);
    ck_assert_int_eq(bind_virq(VIRQ_CONSOLE, 1, &port), -EINVAL);
    ck_assert_int_eq(bind_virq(VIRQ_ARCH_1, 1, &port), -EINVAL);
    ck_assert_int_eq(bind_virq(VIRQ_TIMER, 2, &port), -ENOENT);
    ck_assert_int_eq(bind_virq(VIRQ_DEBUG, DOMAIN_MAX_VCPUS, &port), -ENOENT);
    ck_assert_int_eq(bind_virq(VIRQ_XENOPROF, UINT32_MAX, &port), -ENOENT);
    ck_assert_uint_eq(d->events.nr_known, 1);
}
END_TEST

START_TEST(test_ipi)
{
    evtchn_port_t port;
    struct evtchn_status *s;

    ck_assert_int_eq(bind_ipi(2, &port), -ENOENT);
    ck_assert_int_eq(bind_ipi(UINT32_MAX, &port), -ENOENT);
    ck_assert_int_eq(bind_ipi(1, &port), 0);
    s = status_of(DOMID_SELF, port, 0);
    ck_assert_uint_eq(s->status, EVTCHNSTAT_ipi);
    ck_assert_uint_eq(s->vcpu, 1);
    ck_assert_int_eq(event_send(d, port), 0);
    ck_assert(pending(port));
    ck_assert_uint_eq(vcpu1.info->evtchn_upcall_pending, 1);
    ck_assert_int_eq(close(port), 0);
    ck_assert(!pending(port));
}
END_TEST

/** Every kind of port, to the other vCPU and back. */
START_TEST(test_bind_vcpu)
{
    evtchn_port_t unbound, console, timer, ipi;

    (void)alloc(DOMID_SELF, 0, &unbound);
    (void)bind_virq(VIRQ_CONSOLE, 0, &console);
    (void)bind_virq(VIRQ_TIMER, 0, &timer);
    (void)bind_ipi(0, &ipi);
    ck_assert_int_eq(bind_vcpu(unbound, 1), 0);
    ck_assert_int_eq(bind_vcpu(console, 1), 0);
    ck_assert_int_eq(bind_vcpu(timer, 1), -EINVAL);
    ck_assert_int_eq(bind_vcpu(timer, 0), -EINVAL);
    ck_assert_int_eq(bind_vcpu(ipi, 0), -EINVAL);
    ck_assert_int_eq(bind_vcpu(0, 0), -EINVAL);
    ck_assert_int_eq(bind_vcpu(900, 0), -EINVAL);
    ck_assert_int_eq(bind_vcpu(EVENT_PORTS, 0), -EINVAL);
    ck_assert_int_eq(bind_vcpu(unbound, 2), -ENOENT);
    ck_assert_int_eq(bind_vcpu(unbound, UINT32_MAX), -ENOENT);
    event_raise_virq(&fake_guest.vcpu, VIRQ_CONSOLE);
    ck_assert_uint_eq(vcpu1.info->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(fake_guest.vcpu.info->evtchn_upcall_pending, 0);
    /* A global one is found at vCPU 0 even when vCPU 1 is told. */
    ck_assert_int_eq(close(console), 0);
    ck_assert_int_eq(bind_virq(VIRQ_CONSOLE, 0, &console), 0);
    ck_assert_uint_eq(event_port_in_use(d, console)->vcpu, 0);
}
END_TEST

START_TEST(test_pirq)
{
    struct evtchn_bind_pirq *b = fake_at(BUFFER);

    b->pirq = 100;
    ck_assert_int_eq(op(EVTCHNOP_bind_pirq, BUFFER), -EINVAL);
    d->privileged = true;
    ck_assert_int_eq(op(EVTCHNOP_bind_pirq, BUFFER), -EPERM);
    b->pirq = UINT32_MAX;
    ck_assert_int_eq(op(EVTCHNOP_bind_pirq, BUFFER), -EINVAL);
}
END_TEST

/** Records are made as they are needed, and a port without one is no port. */
START_TEST(test_no_memory)
{
    most_allocations = 1;
    for (unsigned i = 1; i < EVENT_BUCKET_PORTS; i++)
        ck_assert_int_eq(event_alloc_unbound(&other, d->id), (int)i);
    ck_assert_uint_eq(nr_allocations, 1);
    ck_assert_int_eq(event_alloc_unbound(&other, d->id), -ENOMEM);
    ck_assert_ptr_null(event_port_in_use(&other, EVENT_BUCKET_PORTS));
    ck_assert_uint_eq(other.events.nr_known, EVENT_BUCKET_PORTS);
    /* The peer's port still waits: nothing has changed (EV-I5). */
    (void)event_alloc_unbound(d, OTHER_ID);
    ck_assert_int_eq(event_bind_interdomain(&other, d, 1), -ENOMEM);
    ck_assert_int_eq(event_port_in_use(d, 1)->state, EVENT_PORT_UNBOUND);
}
END_TEST

/** Who polls for a port is woken, masked or not; others are not. */
START_TEST(test_pollers)
{
    vcpu1.scheduling.wish = VCPU_POLLING;
    vcpu1.scheduling.poll[2] = 1u << 6;
    fake_guest.vcpu.scheduling.wish = VCPU_BLOCKED;
    memset(d->shared->evtchn_mask, 0xFF, sizeof(d->shared->evtchn_mask));
    event_raise(d, 71);
    ck_assert_int_eq(vcpu1.scheduling.wish, VCPU_POLLING);
    event_raise(d, 70);
    ck_assert_int_eq(vcpu1.scheduling.wish, VCPU_READY);
    ck_assert_int_eq(fake_guest.vcpu.scheduling.wish, VCPU_BLOCKED);
}
END_TEST

/** A reset of many ports is made in pieces. */
START_TEST(test_reset_in_pieces)
{
    unsigned pieces = 1;

    for (unsigned i = 1; i < 200; i++)
        ck_assert_int_eq(event_alloc_unbound(d, 0), (int)i);
    while (event_reset(d))
        pieces++;
    ck_assert_uint_eq(pieces, 4);
    for (unsigned i = 1; i < 200; i++)
        ck_assert_ptr_null(event_port_in_use(d, i));
}
END_TEST

/** The end of a domain: peers wait again, and its memory comes back. */
START_TEST(test_destroy)
{
    int there, here;

    most_allocations = EVENT_BUCKETS + 1;
    for (unsigned i = 1; i < EVENT_PORTS; i++)
        (void)event_alloc_unbound(&other, d->id);
    here = event_bind_interdomain(d, &other, 1000);
    there = event_alloc_unbound(d, OTHER_ID);
    ck_assert_int_gt(there, here);
    event_domain_destroy(&other);
    ck_assert_uint_eq(nr_allocations, 0);
    ck_assert_int_eq(event_port_in_use(d, (uint32_t)here)->state,
                     EVENT_PORT_UNBOUND);
    ck_assert_int_eq(event_port_in_use(d, (uint32_t)here)->remote, OTHER_ID);
    ck_assert_int_eq(event_send(d, (uint32_t)here), 0);
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
    tcase_add_test(t, test_virq);
    tcase_add_test(t, test_virq_refused);
    tcase_add_test(t, test_ipi);
    tcase_add_test(t, test_bind_vcpu);
    tcase_add_test(t, test_pirq);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_pollers);
    tcase_add_test(t, test_reset_in_pieces);
    tcase_add_test(t, test_destroy);
    tcase_add_test(t, test_old_call);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(ports_suite())
