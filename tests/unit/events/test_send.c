/* SPDX-License-Identifier: MIT */
/**
 * @page unit_events_send Unit test: from a port to the guest's bits
 *
 * Property: an event sets the port's bit, its word's selector and the vCPU's
 * pending byte, each only if the step before found its bit clear and the port
 * is not masked; and no other bit of the page changes.
 *
 * Method: every state of the bits before, and the whole shared page compared.
 */
#include "unit.h"

#include <string.h>

#include "boot.h"
#include "fake_guest.h"

#define BUFFER FAKE_GUEST_BASE

struct options options;

static struct domain *d;
static struct shared_info expected;

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_event_channel_op] = do_event_channel_op,
};

/* All buckets of the made-up guest are there. */
void *heap_alloc(size_t bytes)
{
    (void)bytes;
    abort();
}

void heap_free(void *memory)
{
    (void)memory;
    abort();
}

struct domain *domain_by_id(domid_t id)
{
    return id == d->id ? d : NULL;
}

struct domain *domain_living(domid_t id)
{
    return domain_by_id(id);
}

static void start(void)
{
    fake_guest_reset();
    d = &fake_guest.domain;
    memset(&expected, 0, sizeof(expected));
}

static void check_page(void)
{
    ck_assert_mem_eq(&fake_guest.shared, &expected, sizeof(expected));
}

static int32_t op(uint32_t command, evtchn_port_t port)
{
    const uint32_t arg[HYPERCALL_ARGS] = { command, BUFFER };

    *(evtchn_port_t *)fake_at(BUFFER) = port;
    return do_event_channel_op(arg);
}

/** Two ports of the domain's, bound to each other: 1 and 2. */
static void make_channel(void)
{
    ck_assert_int_eq(event_alloc_unbound(d, d->id), 1);
    ck_assert_int_eq(event_bind_interdomain(d, d, 1), 2);
    memset(&fake_guest.shared, 0, sizeof(fake_guest.shared));
}

static const unsigned ports[] = { 1, 31, 32, 700, 1023 };

START_TEST(test_raise)
{
    unsigned port = ports[_i];

    event_raise(d, port);
    expected.evtchn_pending[port / 32] = 1u << port % 32;
    expected.vcpu_info[0].evtchn_pending_sel = 1u << port / 32;
    expected.vcpu_info[0].evtchn_upcall_pending = 1;
    check_page();
}
END_TEST

START_TEST(test_raise_masked)
{
    unsigned port = ports[_i];

    expected.evtchn_mask[port / 32] = 1u << port % 32;
    fake_guest.shared = expected;
    event_raise(d, port);
    expected.evtchn_pending[port / 32] = 1u << port % 32;
    check_page();
}
END_TEST

/** Known already: the upper levels stay as the guest left them. */
START_TEST(test_raise_again)
{
    unsigned port = ports[_i];

    expected.evtchn_pending[port / 32] = 1u << port % 32;
    fake_guest.shared = expected;
    event_raise(d, port);
    check_page();
}
END_TEST

START_TEST(test_selector_set_already)
{
    expected.vcpu_info[0].evtchn_pending_sel = 1;
    fake_guest.shared = expected;
    event_raise(d, 5);
    expected.evtchn_pending[0] = 1u << 5;
    check_page();
}
END_TEST

START_TEST(test_no_vcpu)
{
    d->vcpu[0] = NULL;
    event_raise(d, 5);
    expected.evtchn_pending[0] = 1u << 5;
    check_page();
}
END_TEST

START_TEST(test_send)
{
    make_channel();
    ck_assert_int_eq(op(EVTCHNOP_send, 1), 0);
    expected.evtchn_pending[0] = 1u << 2; /* the other end's bit */
    expected.vcpu_info[0].evtchn_pending_sel = 1;
    expected.vcpu_info[0].evtchn_upcall_pending = 1;
    check_page();
}
END_TEST

START_TEST(test_send_refused)
{
    make_channel();
    ck_assert_int_eq(op(EVTCHNOP_send, 0), -EINVAL);
    ck_assert_int_eq(op(EVTCHNOP_send, 3), -EINVAL);
    ck_assert_int_eq(op(EVTCHNOP_send, 1024), -EINVAL);
    ck_assert_int_eq(op(EVTCHNOP_send, UINT32_MAX), -EINVAL);
    ck_assert_int_eq(event_alloc_unbound(d, 0), 3);
    ck_assert_int_eq(op(EVTCHNOP_send, 3), 0); /* nobody there yet */
    check_page();
}
END_TEST

/** The call is made again until the ring is empty. */
START_TEST(test_send_to_the_hypervisor)
{
    uint32_t eip = guest_frame()->eip;

    ck_assert_int_eq(event_bind_hypervisor(d, EVENT_END_CONSOLE), 1);
    fake_guest.console_pieces = 3;
    ck_assert_int_eq(op(EVTCHNOP_send, 1), __HYPERVISOR_event_channel_op);
    ck_assert_uint_eq(guest_frame()->eip, eip - 2);
    ck_assert_uint_eq(guest_frame()->ebx, EVTCHNOP_send);
    ck_assert_uint_eq(guest_frame()->ecx, BUFFER);
    ck_assert_int_eq(op(EVTCHNOP_send, 1), __HYPERVISOR_event_channel_op);
    ck_assert_int_eq(op(EVTCHNOP_send, 1), 0);
    ck_assert_uint_eq(fake_guest.nr_drains, 3);
}
END_TEST

/** The store has its own end. */
START_TEST(test_send_to_the_store)
{
    ck_assert_int_eq(event_bind_hypervisor(d, EVENT_END_STORE), 1);
    ck_assert_int_eq(op(EVTCHNOP_send, 1), 0);
    ck_assert_uint_eq(fake_guest.nr_answers, 1);
    ck_assert_uint_eq(fake_guest.nr_drains, 0);
}
END_TEST

START_TEST(test_unmask)
{
    make_channel();
    expected.evtchn_mask[0] = 0xFF;
    fake_guest.shared = expected;
    ck_assert_int_eq(op(EVTCHNOP_unmask, 1), 0); /* nothing pending */
    expected.evtchn_mask[0] = 0xFD;
    check_page();
    fake_guest.shared.evtchn_pending[0] = expected.evtchn_pending[0] = 4;
    ck_assert_int_eq(op(EVTCHNOP_unmask, 2), 0);
    expected.evtchn_mask[0] = 0xF9;
    expected.vcpu_info[0].evtchn_pending_sel = 1;
    expected.vcpu_info[0].evtchn_upcall_pending = 1;
    check_page();
}
END_TEST

/** Unmasked already: the guest did it, and tells itself. */
START_TEST(test_unmask_again)
{
    make_channel();
    expected.evtchn_pending[0] = 4;
    fake_guest.shared = expected;
    ck_assert_int_eq(op(EVTCHNOP_unmask, 2), 0);
    check_page();
}
END_TEST

START_TEST(test_unmask_refused)
{
    make_channel();
    expected.evtchn_mask[0] = 0xFF;
    fake_guest.shared = expected;
    ck_assert_int_eq(op(EVTCHNOP_unmask, 3), -EINVAL);
    ck_assert_int_eq(op(EVTCHNOP_unmask, 1024), -EINVAL);
    ck_assert_int_eq(op(EVTCHNOP_unmask, UINT32_MAX), -EINVAL);
    check_page();
    ck_assert_int_eq(op(EVTCHNOP_unmask, 0), 0);
}
END_TEST

static Suite *send_suite(void)
{
    Suite *suite = suite_create("events/send");
    TCase *t = tcase_create("send");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_loop_test(t, test_raise, 0, 5);
    tcase_add_loop_test(t, test_raise_masked, 0, 5);
    tcase_add_loop_test(t, test_raise_again, 0, 5);
    tcase_add_test(t, test_selector_set_already);
    tcase_add_test(t, test_no_vcpu);
    tcase_add_test(t, test_send);
    tcase_add_test(t, test_send_refused);
    tcase_add_test(t, test_send_to_the_hypervisor);
    tcase_add_test(t, test_send_to_the_store);
    tcase_add_test(t, test_unmask);
    tcase_add_test(t, test_unmask_again);
    tcase_add_test(t, test_unmask_refused);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(send_suite())
