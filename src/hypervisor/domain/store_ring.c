/* SPDX-License-Identifier: MIT */
/**
 * @file store_ring.c
 * The store of a plain domain without a control domain. There is one thing in
 * it, the domain's number at `domid`; whatever else is asked, the answer is the
 * error ENOENT.
 *
 * A guest that looks for its devices in the store waits until it is answered:
 * so an answer that there are none lets it go on. A request may be longer than
 * the ring, so it is read as it comes: its header and as much of the payload as
 * tells `domid` is kept, the rest counted.
 *
 *     guest                                        hypervisor
 *     header, payload -> req[1024]  ----------->   header, count the rest
 *                        rsp[1024]  <-----------   header, "ENOENT"
 *
 * Requests are found when the guest sends to the store's port, or waits; an
 * event there says that something was read or answered. Kernels that start
 * (Linux among them) sleep until it comes.
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

/** An answer's bytes. */
struct answer {
    struct xsd_sockmsg header;
    char text[8];
};

#define ERROR_BYTES 7u /* "ENOENT" and its end */
#define ANSWER_BYTES (sizeof(struct xsd_sockmsg) + ERROR_BYTES) /* at most */

/** What is there to be read, with its end. */
#define PATH_DOMID "domid"

/**
 * Be the other end of a domain's store from now on.
 *
 * @param d     A domain under construction, without a store.
 * @param page  Its frame with the rings, zeroed. One general and one type
 *              reference are taken and kept (STORE-I3).
 * @param port  Its port for EVENT_END_STORE; 0: it has none.
 * @context{boot}
 */
void store_ring_open(struct domain *d, mfn_t page, uint32_t port)
{
    BUG_ON(d->store.open);
    memory_adopt(d, page, FRAME_WRITABLE);
    d->store = (struct store_end){ .open = true, .page = page,
                                   .port = port };
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
    else if (s->got - sizeof(s->request) < sizeof(s->path))
        s->path[s->got - sizeof(s->request)] = byte;
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
    s->moved = s->moved || n > 0;
    for (; n > 0 && !is_whole(s); n--, cons++) {
        take_byte(s, ring->req[MASK_XENSTORE_IDX(cons)]);
        if (s->got == sizeof(s->request) &&
            s->request.bytes > XENSTORE_PAYLOAD_MAX)
            return give_up(d, "a request of bytes", s->request.bytes);
    }
    __atomic_store_n(&ring->req_cons, cons, __ATOMIC_RELEASE);
    return is_whole(s);
}

/** The domain's number in decimal. @return how many digits */
static uint32_t write_number(char text[8], domid_t id)
{
    uint32_t n = id >= 10000 ? 5 : id >= 1000 ? 4 : id >= 100 ? 3
                 : id >= 10 ? 2 : 1;

    for (uint32_t i = n; i > 0; i--, id /= 10)
        text[i - 1] = (char)('0' + id % 10);
    return n;
}

/** What to answer to the request that was read. */
static struct answer make_answer(const struct domain *d)
{
    const struct store_end *s = &d->store;
    struct answer answer = {
        .header = { .type = XS_ERROR, .req_id = s->request.id,
                    .tx_id = s->request.transaction, .len = ERROR_BYTES },
        .text = "ENOENT",
    };

    if (s->request.type == XS_READ && s->request.bytes == sizeof(PATH_DOMID) &&
        memcmp(s->path, PATH_DOMID, sizeof(PATH_DOMID)) == 0) {
        answer.header.type = XS_READ;
        answer.header.len = write_number(answer.text, d->id);
    }
    return answer;
}

/** Answer the request that was read, if there is room. */
static bool write_answer(struct domain *d, ring_t *ring)
{
    struct store_end *s = &d->store;
    const struct answer answer = make_answer(d);
    uint32_t bytes = sizeof(answer.header) + answer.header.len;
    uint32_t prod = __atomic_load_n(&ring->rsp_prod, __ATOMIC_RELAXED);
    uint32_t used = prod - __atomic_load_n(&ring->rsp_cons, __ATOMIC_ACQUIRE);

    if (used > XENSTORE_RING_SIZE)
        return give_up(d, "indices that differ by", used);
    if (XENSTORE_RING_SIZE - used < ANSWER_BYTES)
        return false;
    for (uint32_t i = 0; i < bytes; i++)
        ring->rsp[MASK_XENSTORE_IDX(prod + i)] = ((const char *)&answer)[i];
    __atomic_store_n(&ring->rsp_prod, prod + bytes, __ATOMIC_RELEASE);
    s->got = 0;
    return true;
}

/**
 * Answer what a domain has asked its store.
 *
 * @param d  Any domain; nothing happens if it has no store ring.
 * @context{hypercall}
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
    if (d->store.moved && d->store.port != 0)
        event_raise(d, d->store.port);
    d->store.moved = false;
}
