/* SPDX-License-Identifier: MIT */
/**
 * @file event_bits.c
 * @page conformance_event_bits Conformance: the bits of an event
 * Property: an event sets the port's bit; if that was clear and the port is
 * not masked, the selector's bit of its word; if that was clear, the pending
 * byte. Unmasking does the last two steps for what happened meanwhile. No
 * other bit of the page changes, whatever the guest has written there.
 * Source: the interface; the observed bits.
 * Method: all states of the four bits before each operation, at ports at the
 * ends of words; the page filled with patterns, and compared as a whole.
 */
#include "check.h"

#include <xen/event_channel.h>

/** What can be set before, and must be afterwards. */
enum { PORT = 1, MASK = 2, SELECTOR = 4, PENDING = 8, STATES = 16 };

static evtchn_port_t from, to;
/** The page as it has to be afterwards, but for the time. */
static struct shared_info expected;

static int32_t event(unsigned cmd, void *op)
{
    return hypercall_2(event_channel_op, cmd, op);
}

static int32_t send(void)
{
    struct evtchn_send op = { from };

    return event(EVTCHNOP_send, &op);
}

static int32_t unmask(uint32_t port)
{
    struct evtchn_unmask op = { port };

    return event(EVTCHNOP_unmask, &op);
}

static void set_bit(xen_ulong_t *words, uint32_t bit, bool set)
{
    words[bit / 32] &= ~(1ul << bit % 32);
    if (set)
        words[bit / 32] |= 1ul << bit % 32;
}

/** Put a state of the four bits into a page. */
static void put(struct shared_info *page, unsigned state)
{
    struct vcpu_info *v = &page->vcpu_info[0];

    set_bit(page->evtchn_pending, to, state & PORT);
    set_bit(page->evtchn_mask, to, state & MASK);
    set_bit(&v->evtchn_pending_sel, to / 32, state & SELECTOR);
    v->evtchn_upcall_pending = state & PENDING ? 1 : 0;
}

/** Fill what concerns events with a pattern; events stay masked. */
static void fill(struct shared_info *page, uint32_t pattern)
{
    for (unsigned i = 0; i < 32; i++) {
        page->evtchn_pending[i] = pattern;
        page->evtchn_mask[i] = pattern;
    }
    page->vcpu_info[0].evtchn_pending_sel = pattern;
    page->vcpu_info[0].evtchn_upcall_mask = 1;
}

/** Words that are not as they should be: 0. */
static uint32_t differences(void)
{
    const struct vcpu_info *is = &shared_info->vcpu_info[0];
    const struct vcpu_info *want = &expected.vcpu_info[0];
    uint32_t n = 0;

    for (unsigned i = 0; i < 32; i++) {
        n += shared_info->evtchn_pending[i] != expected.evtchn_pending[i];
        n += shared_info->evtchn_mask[i] != expected.evtchn_mask[i];
    }
    n += is->evtchn_pending_sel != want->evtchn_pending_sel;
    n += is->evtchn_upcall_pending != want->evtchn_upcall_pending;
    n += is->evtchn_upcall_mask != want->evtchn_upcall_mask;
    return n;
}

static unsigned after_send(unsigned before)
{
    if (before & PORT)
        return before;
    if (before & (MASK | SELECTOR))
        return before | PORT;
    return before | PORT | SELECTOR | PENDING;
}

static unsigned after_unmask(unsigned before)
{
    if (!(before & MASK))
        return before;
    if (!(before & PORT) || (before & SELECTOR))
        return before & ~(unsigned)MASK;
    return (before & ~(unsigned)MASK) | SELECTOR | PENDING;
}

static void every_state(uint32_t pattern)
{
    for (unsigned state = 0; state < STATES; state++) {
        fill(shared_info, pattern);
        fill(&expected, pattern);
        put(shared_info, state);
        put(&expected, after_send(state));
        CHECK("evtchn.send.every_state", 0, send());
        CHECK("evtchn.send.every_state.bits", 0, differences());
        put(shared_info, state);
        put(&expected, after_unmask(state));
        CHECK("evtchn.unmask.every_state", 0, unmask(to));
        CHECK("evtchn.unmask.every_state.bits", 0, differences());
    }
}

/** A channel whose receiving end is a certain port, the first that is free. */
static void open_channel(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_bind_interdomain bind = { DOMID_SELF, 0, 0 };

    event(EVTCHNOP_alloc_unbound, &alloc);
    to = bind.remote_port = alloc.port;
    event(EVTCHNOP_bind_interdomain, &bind);
    from = bind.local_port;
}

/** Take ports until the next one is `port`. */
static void fill_up_to(uint32_t port)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, 1, 0 };

    do {
        event(EVTCHNOP_alloc_unbound, &alloc);
    } while (alloc.port + 1 < port);
}

static void masked_and_closed(void)
{
    struct evtchn_close close = { from };

    fill(shared_info, 0);
    put(shared_info, PORT);
    CHECK("evtchn.close.pending_bit_of_the_peer", 1,
          (event(EVTCHNOP_close, &close),
           shared_info->evtchn_pending[to / 32] >> to % 32 & 1));
    close.port = to;
    CHECK("evtchn.close.pending_bit", 0,
          (event(EVTCHNOP_close, &close),
           shared_info->evtchn_pending[to / 32]));
    CHECK("evtchn.unmask.closed_port", 0, unmask(to));
    CHECK("evtchn.unmask.port_0", 0, unmask(0));
    CHECK("evtchn.unmask.port_1024", -XEN_EINVAL, unmask(1024));
    CHECK("evtchn.unmask.port_max", -XEN_EINVAL, unmask(~0u));
    CHECK("evtchn.unmask.null", -XEN_EFAULT, event(EVTCHNOP_unmask, NULL));
}

/** The new end is pending at once; a mask holds it back. */
static void bound(void)
{
    fill(shared_info, 0);
    put(shared_info, 0);
    shared_info->vcpu_info[0].evtchn_pending_sel = 0;
    open_channel();
    CHECK("evtchn.bind_interdomain.pending", 1,
          shared_info->evtchn_pending[from / 32] >> from % 32 & 1);
    CHECK("evtchn.bind_interdomain.peer_not_pending", 0,
          shared_info->evtchn_pending[to / 32] >> to % 32 & 1);
    CHECK("evtchn.bind_interdomain.upcall_pending", 1,
          shared_info->vcpu_info[0].evtchn_upcall_pending);
}

void family(void)
{
    static const uint32_t patterns[] = { 0, ~0u, 0xA5A5A5A5, 0x12345678 };

    bound();
    for (unsigned i = 0; i < 4; i++)
        every_state(patterns[i]);
    fill_up_to(31);
    open_channel();
    CHECK("evtchn.send.ports_of_the_test", 31, to);
    every_state(0x5A5A5A5A);
    fill_up_to(1022);
    open_channel();
    CHECK("evtchn.send.last_ports", 1022, to);
    every_state(0xFF00FF00);
    masked_and_closed();
}
