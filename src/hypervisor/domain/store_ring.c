/* SPDX-License-Identifier: MIT */
/**
 * @file store_ring.c
 * The empty store of a plain domain without a control domain: whatever is
 * asked, the answer is the error ENOENT.
 *
 * A guest that looks for its devices in the store waits until it is answered:
 * so an answer that there are none lets it go on. A request may be longer than
 * the ring, so it is read as it comes: its header is kept, its payload only
 * counted.
 *
 *     guest                                        hypervisor
 *     header, payload -> req[1024]  ----------->   header, count the rest
 *                        rsp[1024]  <-----------   header, "ENOENT"
 *
 * The store's event channel is port 0, none: requests are found when the guest
 * waits, and no event says that there is an answer.
 *
 *  - STORE-I1: of the page, each index is read once a step and checked before
 *    it is used; a request's header is read once, into our own memory.
 *  - STORE-I2: nothing is read while an answer has no room: a guest that reads
 *    no answers gets no work done.
 *  - STORE-I3: the page is held as a writable frame, as the console's.
 *
 * Source: [XenABI] xen/io/xs_wire.h.
 */
#include "store_ring.h"

#include <xen/io/xs_wire.h>

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

typedef struct xenstore_domain_interface ring_t;

_Static_assert(sizeof(struct xsd_sockmsg) ==
                   sizeof(((struct store_end *)0)->request),
               "the same four words");

/** An answer's bytes: always the same but for the numbers of its request. */
struct answer {
    struct xsd_sockmsg header;
    char error[8];
};

#define ERROR_BYTES 7u /* "ENOENT" and its end */
#define ANSWER_BYTES (sizeof(struct xsd_sockmsg) + ERROR_BYTES)

/**
 * Be the other end of a domain's store from now on.
 *
 * @param d     A domain under construction, without a store.
 * @param page  Its frame with the rings, zeroed. One general and one type
 *              reference are taken and kept (STORE-I3).
 */
void store_ring_open(struct domain *d, mfn_t page)
{
    BUG_ON(d->store.open);
    memory_adopt(d, page, FRAME_WRITABLE);
    d->store = (struct store_end){ .open = true, .page = page };
}

/** The guest does not keep to the protocol: nothing can be known of its
 *  requests from here on. */
static bool give_up(struct domain *d, const char *what, uint32_t number)
{
    d->store.broken = true;
    printk_guest(LOG_WARNING, "domain %u: its store ring has %s 0x%x; it is "
                              "not answered any more\n", d->id, what, number);
    return false;
}

static bool is_whole(const struct store_end *s)
{
    return s->got >= sizeof(s->request) &&
           s->got - sizeof(s->request) >= s->request.bytes;
}

/** One more byte of a request. */
static void take_byte(struct store_end *s, char byte)
{
    if (s->got < sizeof(s->request))
        ((char *)&s->request)[s->got] = byte;
    s->got++;
}

/** Read until a request is whole; whether it is. */
static bool read_request(struct domain *d, ring_t *ring)
{
    struct store_end *s = &d->store;
    uint32_t cons = __atomic_load_n(&ring->req_cons, __ATOMIC_RELAXED);
    uint32_t n = __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE) - cons;

    if (n > XENSTORE_RING_SIZE)
        return give_up(d, "indices that differ by", n);
    for (; n > 0 && !is_whole(s); n--, cons++) {
        take_byte(s, ring->req[MASK_XENSTORE_IDX(cons)]);
        if (s->got == sizeof(s->request) &&
            s->request.bytes > XENSTORE_PAYLOAD_MAX)
            return give_up(d, "a request of bytes", s->request.bytes);
    }
    __atomic_store_n(&ring->req_cons, cons, __ATOMIC_RELEASE);
    return is_whole(s);
}

/** Answer the request that was read, if there is room. */
static bool write_answer(struct domain *d, ring_t *ring)
{
    struct store_end *s = &d->store;
    const struct answer answer = {
        .header = { .type = XS_ERROR, .req_id = s->request.id,
                    .tx_id = s->request.transaction, .len = ERROR_BYTES },
        .error = "ENOENT",
    };
    uint32_t prod = __atomic_load_n(&ring->rsp_prod, __ATOMIC_RELAXED);
    uint32_t used = prod - __atomic_load_n(&ring->rsp_cons, __ATOMIC_ACQUIRE);

    if (used > XENSTORE_RING_SIZE)
        return give_up(d, "indices that differ by", used);
    if (XENSTORE_RING_SIZE - used < ANSWER_BYTES)
        return false;
    for (uint32_t i = 0; i < ANSWER_BYTES; i++)
        ring->rsp[MASK_XENSTORE_IDX(prod + i)] = ((const char *)&answer)[i];
    __atomic_store_n(&ring->rsp_prod, prod + ANSWER_BYTES, __ATOMIC_RELEASE);
    s->got = 0;
    return true;
}

/**
 * Answer what a domain has asked its store.
 *
 * @param d  Any domain; nothing happens if it has no store ring.
 * @note  At most one ring's size is read, and as much written.
 * @par Source
 * [XenABI] xen/io/xs_wire.h.
 */
void store_ring_answer(struct domain *d)
{
    uint32_t most = XENSTORE_RING_SIZE / ANSWER_BYTES;
    ring_t *ring;

    if (!d->store.open || d->store.broken)
        return;
    ring = window_map(d->store.page);
    while (most-- > 0 && (is_whole(&d->store) || read_request(d, ring)) &&
           write_answer(d, ring))
        ;
    window_unmap(ring);
}
