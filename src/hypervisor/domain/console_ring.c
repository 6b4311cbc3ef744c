/* SPDX-License-Identifier: MIT */
/**
 * @file console_ring.c
 * Takes the text out of a plain domain's console ring and writes it to the
 * serial line; what is typed there goes the other way, by the ring in[].
 *
 *     the guest:  text, then out_prod     out_cons, then the text's place
 *                         \                  /             is free again
 *     out[2048]   ... c o n s | t e x t | p r o d ...
 *                             ^ out_cons  ^ out_prod       (mod 2048)
 *
 * Both indices run freely and are reduced only where the array is touched. The
 * page is the guest's, who may write anything there at any moment, so:
 *
 *  - RING-I1: each index is read once, and what was read is checked before it
 *    is used: more text than the ring has room for is not taken at all.
 *  - RING-I2: an entry takes at most PIECE bytes, however much is there, and
 *    none while the console has no room (QUEUE-I1): interrupts come first.
 *  - RING-I3: the page is held as a writable frame: it can become neither a
 *    page table nor another domain's while we write out_cons into it.
 *
 * Source: [XenABI] xen/io/console.h.
 */
#include "console_ring.h"

#include <xen/io/console.h>

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "events.h"

/** Bytes written before the guest's call continues itself. */
#define PIECE 32u

typedef struct xencons_interface ring_t;

#define RING_BYTES ((uint32_t)sizeof(((ring_t *)0)->out))
#define TYPED_BYTES ((uint32_t)sizeof(((ring_t *)0)->in))

_Static_assert(sizeof(ring_t) <= PAGE_SIZE, "the rings fill one page");
_Static_assert((RING_BYTES & (RING_BYTES - 1)) == 0 &&
                   (TYPED_BYTES & (TYPED_BYTES - 1)) == 0,
               "indices wrap at 2^32, so the sizes divide that");

/**
 * Be the other end of a domain's console from now on.
 *
 * @param d     A domain under construction, without a console.
 * @param page  Its frame with the rings, zeroed. One general and one type
 *              reference are taken and kept (RING-I3).
 * @param port  Its port for EVENT_END_CONSOLE; 0: it has none.
 * @context{boot}
 */
void console_ring_open(struct domain *d, mfn_t page, uint32_t port)
{
    BUG_ON(d->console.open);
    memory_adopt(d, page, FRAME_WRITABLE);
    d->console = (struct console_end){ .open = true, .page = page,
                                       .port = port };
}

/** Indices that no honest producer has: say so, once a domain. */
static void accuse(struct domain *d, uint32_t cons, uint32_t prod)
{
    if (d->console.accused)
        return;
    d->console.accused = true;
    printk_guest(LOG_WARNING, "domain %u: its console ring holds %u bytes of "
                              "%u (out_prod 0x%x, out_cons 0x%x)\n",
                 d->id, prod - cons, RING_BYTES, prod, cons);
}

/** Copy `n` bytes from index `from` on, and free their places. */
static void take(ring_t *ring, uint32_t from, char *to, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = ring->out[(from + i) & (RING_BYTES - 1)];
    /* Releases: the bytes are read before their places can be reused. */
    __atomic_store_n(&ring->out_cons, from + n, __ATOMIC_RELEASE);
}

/**
 * Write out a piece of what a domain has put into its console ring.
 *
 * @param d  Any domain; nothing happens if it has no console ring.
 * @context{entry}
 * @note  At most PIECE bytes; out_cons says which. No event is raised: the
 *        caller knows whether it is the last piece.
 * @return Whether there is more.
 * @par Source
 * [XenABI] xen/io/console.h; xen/io/ring.h for the order of the accesses.
 */
bool console_ring_drain(struct domain *d)
{
    char text[PIECE];
    uint32_t cons, prod, n;
    ring_t *ring;

    if (!d->console.open)
        return false;
    ring = window_map(d->console.page);
    cons = __atomic_load_n(&ring->out_cons, __ATOMIC_RELAXED);
    /* Acquires: the text was written before the index that covers it. */
    prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
    n = prod - cons;
    if (n > RING_BYTES) {
        window_unmap(ring);
        accuse(d, cons, prod);
        return false;
    }
    if (n > PIECE)
        n = PIECE;
    if (!console_has_room())
        n = 0;
    if (n > 0)
        take(ring, cons, text, n);
    window_unmap(ring);
    console_line_write(d, text, n);
    return prod - cons > n;
}

/**
 * Write out all of it: the domain has ended, and these are its last words.
 *
 * @param d  A domain that does not run any more, so that no more text comes.
 * @context{exit}
 * @note  At most one ring's size. Waits, halted, for room: not from a handler
 *        of an interrupt.
 */
void console_ring_drain_all(struct domain *d)
{
    while (console_ring_drain(d))
        console_wait_for_room();
}

/**
 * Put what somebody has typed into a domain's other ring, as far as it has
 * room, and tell the domain. What has none stays where it is.
 *
 * @param d  Any domain; nothing happens if it has no console ring.
 * @context{hypercall}
 * @note  At most PIECE bytes. Indices that cannot be are those of a ring
 *        without room.
 * @par Source
 * [XenABI] xen/io/console.h.
 */
void console_ring_type(struct domain *d)
{
    uint32_t cons, prod, n = 0;
    ring_t *ring;
    int c;

    if (!d->console.open)
        return;
    ring = window_map(d->console.page);
    prod = __atomic_load_n(&ring->in_prod, __ATOMIC_RELAXED);
    cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
    while (n < PIECE && prod + n - cons < TYPED_BYTES &&
           (c = console_read()) >= 0)
        ring->in[(prod + n++) & (TYPED_BYTES - 1)] = (char)c;
    /* Releases: the bytes are there before the index that covers them. */
    if (n > 0)
        __atomic_store_n(&ring->in_prod, prod + n, __ATOMIC_RELEASE);
    window_unmap(ring);
    if (n > 0 && d->console.port != 0)
        event_raise(d, d->console.port);
}
