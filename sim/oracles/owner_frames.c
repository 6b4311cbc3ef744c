/* SPDX-License-Identifier: MIT */
/**
 * @file owner_frames.c
 * Frames: whose they are, and who else may map them. See owner.h.
 *
 * Invariants:
 *  - OWNER-I1: a frame is one domain's or nobody's; whatever it was before,
 *    owner_changed() says whether that was ever different.
 *  - OWNER-I2: frames in which the hypervisor itself lies are nobody's,
 *    whatever a page list says: its text, the processor's tables, the page
 *    that CR3 points to.
 *  - OWNER-I3: a right to map another's frame ends at the latest when the
 *    frame changes hands.
 */
#include "owner_model.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/include/layout.h"

#define ISA_START 0xA0u /* frames of the old PC's devices */
#define ISA_END 0x100u

/** Bits of what is known of a frame. */
enum frame_fact {
    FACT_OWNED = 1,
    FACT_SHARED = 2,  /* mapped by right, but not the domain's memory */
    FACT_CHANGED = 4,
    FACT_OURS = 8,    /* OWNER-I2 */
    FACT_BACK = 16,   /* its owner gave it back ... */
    FACT_JUST = 32,   /* ... just now ... */
    FACT_KEPT = 64,   /* ... and had it mapped then: it is not free yet */
    FACT_DOUBT = 128, /* it may have: the call that named it failed */
};

static uint8_t facts[MAX_FRAMES];
static uint16_t of[MAX_FRAMES]; /* domain, if any of the first two facts */
static bool used;
static uint32_t *just; /* frames with FACT_JUST */
static size_t nr_just, room_just;

static struct frame_right *rights;
static size_t nr_rights, room_rights;

void frames_start(void)
{
    if (used) {
        memset(facts, 0, sizeof facts);
        memset(of, 0, sizeof of);
    }
    used = false;
    nr_just = nr_rights = 0;
}

/** Room for one more element. */
static void *grown(void *list, size_t nr, size_t *room, size_t bytes)
{
    if (nr < *room)
        return list;
    *room = *room ? 2 * *room : 64;
    list = realloc(list, *room * bytes);
    if (!list)
        abort(); /* the host is out of memory: no verdict */
    return list;
}

static bool is_memory_of(uint64_t frame, unsigned domain)
{
    return (facts[frame] & (FACT_OWNED | FACT_BACK)) && of[frame] == domain;
}

unsigned owner_of(uint64_t frame)
{
    return frame < MAX_FRAMES && (facts[frame] & (FACT_OWNED | FACT_BACK))
               ? of[frame] : OWNER_NOBODY;
}

unsigned frames_holder(uint64_t frame)
{
    return frame < MAX_FRAMES && (facts[frame] & FACT_SHARED)
               ? of[frame] : owner_of(frame);
}

bool owner_changed(uint64_t frame)
{
    return frame < MAX_FRAMES && (facts[frame] & FACT_CHANGED);
}

void owner_still_mapped(uint64_t frame)
{
    if (frame < MAX_FRAMES && (facts[frame] & FACT_JUST))
        facts[frame] |= FACT_KEPT;
}

/* --- Rights --------------------------------------------------------------- */

/** No RAM: a device's memory, or a hole. */
static bool is_io(const struct machine *m, uint64_t frame)
{
    uint8_t byte;

    return (frame >= ISA_START && frame < ISA_END) ||
           machine_read_physical(m, frame << FRAME_SHIFT, &byte, 1) == 0;
}

static enum owner_right right_to_others(unsigned domain, uint64_t frame)
{
    enum owner_right best = OWNER_NOTHING;

    for (size_t i = 0; i < nr_rights; i++)
        if (rights[i].domain == domain && rights[i].frame == frame &&
            rights[i].mapped && best != OWNER_WRITES)
            best = rights[i].writable ? OWNER_WRITES : OWNER_READS;
    return best;
}

enum owner_right owner_right(const struct machine *m, unsigned domain,
                             uint64_t frame)
{
    uint8_t fact = frame < MAX_FRAMES ? facts[frame] : 0;
    enum owner_right right;

    if (fact & FACT_OURS)
        return OWNER_NOTHING;
    if ((fact & (FACT_OWNED | FACT_SHARED | FACT_JUST | FACT_KEPT)) &&
        of[frame] == domain)
        return OWNER_WRITES;
    right = right_to_others(domain, frame);
    if (right != OWNER_NOTHING)
        return right;
    if ((fact & FACT_OWNED) && owner_may_leave(of[frame], (uint32_t)frame))
        return OWNER_WRITES; /* on its way: who sends it is not told yet */
    return owner_domain_at(domain)->privileged && is_io(m, frame)
               ? OWNER_WRITES : OWNER_NOTHING;
}

void frames_allow(const struct frame_right *right)
{
    if (right->handle == RIGHT_FOREVER &&
        right_to_others(right->domain, right->frame) == OWNER_WRITES)
        return;
    rights = grown(rights, nr_rights, &room_rights, sizeof *rights);
    rights[nr_rights++] = *right;
}

void frames_forbid(unsigned domain, uint32_t handle, bool mapped,
                   bool device)
{
    for (size_t i = 0; i < nr_rights; i++) {
        struct frame_right *r = &rights[i];

        if (r->domain != domain || r->handle != handle)
            continue;
        r->mapped &= !mapped;
        r->device &= !device;
        owner_domain_at(domain)->losses += mapped;
        if (!r->mapped && !r->device)
            rights[i--] = rights[--nr_rights];
    }
}

const struct frame_right *frames_use(unsigned granter, uint32_t ref,
                                     bool to_write)
{
    for (size_t i = 0; i < nr_rights; i++)
        if (rights[i].handle != RIGHT_FOREVER &&
            rights[i].granter == granter && rights[i].ref == ref &&
            (rights[i].writable || !to_write))
            return &rights[i];
    return NULL;
}

/** OWNER-I3. */
static void end_rights(uint32_t frame)
{
    for (size_t i = 0; i < nr_rights; i++)
        if (rights[i].frame == frame) {
            owner_domain_at(rights[i].domain)->losses++;
            rights[i--] = rights[--nr_rights];
        }
}

/* --- Owners --------------------------------------------------------------- */

void frames_mark_ours(uint64_t frame)
{
    used = true;
    if (frame < MAX_FRAMES)
        facts[frame] |= FACT_OURS;
}

void frames_share(unsigned domain, uint32_t frame)
{
    used = true;
    if (frame >= MAX_FRAMES)
        return;
    facts[frame] |= FACT_SHARED;
    of[frame] = (uint16_t)domain;
}

static bool is_zero(const struct machine *m, uint32_t frame)
{
    static const uint8_t zeros[PAGE_BYTES];
    uint8_t page[PAGE_BYTES];

    return machine_read_physical(m, (uint64_t)frame << FRAME_SHIFT, page,
                                 PAGE_BYTES) != PAGE_BYTES ||
           memcmp(page, zeros, PAGE_BYTES) == 0;
}

/** A frame comes to a domain: whose was it before? */
static void leave_former(unsigned domain, uint32_t frame)
{
    unsigned former = owner_of(frame);
    struct owner_domain *was;
    bool left;

    end_rights(frame);
    if (former == OWNER_NOBODY)
        return;
    left = (facts[frame] & (FACT_BACK | FACT_DOUBT)) ||
           owner_may_leave(former, frame);
    was = owner_domain_at(former);
    was->losses++;
    if (former != domain)
        was->over |= !left;
    else if (!left)
        owner_complain(PAGE_TABLES_GIVEN, frame, domain,
                       "a domain was given a frame that it has");
}

static void set_owner(unsigned domain, uint32_t frame)
{
    used = true;
    facts[frame] &= FACT_CHANGED | FACT_OURS;
    facts[frame] |= FACT_OWNED;
    of[frame] = (uint16_t)domain;
}

void frames_begin(unsigned domain, uint32_t frame)
{
    unsigned former = owner_of(frame);

    if (frame >= MAX_FRAMES)
        return;
    if (former != OWNER_NOBODY)
        facts[frame] |= FACT_CHANGED;
    leave_former(domain, frame);
    set_owner(domain, frame);
}

void frames_give(const struct machine *m, unsigned domain, uint32_t frame,
                 bool zero)
{
    if (frame >= MAX_FRAMES)
        return;
    if (facts[frame] & FACT_OURS)
        owner_complain(PAGE_TABLES_GIVEN, frame, domain,
                       "a frame of the hypervisor's own was given to a "
                       "domain");
    if (zero && !is_zero(m, frame))
        owner_complain(PAGE_TABLES_SCRUB, frame, domain,
                       "a frame was given to a domain with bytes of its "
                       "former life in it");
    leave_former(domain, frame);
    set_owner(domain, frame);
    facts[frame] |= FACT_CHANGED;
}

void frames_take(unsigned domain, uint32_t frame, bool may_be_mapped)
{
    struct owner_domain *d = owner_domain_at(domain);

    if (frame >= MAX_FRAMES || !is_memory_of(frame, domain))
        return;
    d->losses++;
    facts[frame] = (uint8_t)((facts[frame] & ~FACT_OWNED) | FACT_CHANGED |
                             FACT_BACK);
    if (may_be_mapped) {
        facts[frame] |= FACT_JUST;
        just = grown(just, nr_just, &room_just, sizeof *just);
        just[nr_just++] = frame;
    }
    for (unsigned i = 0; i < d->nr_pins; i++)
        if (d->pins[i].frame == frame)
            d->pins[i--] = d->pins[--d->nr_pins];
}

void frames_doubt(unsigned domain, uint32_t frame)
{
    if (frame < MAX_FRAMES && is_memory_of(frame, domain))
        facts[frame] |= FACT_DOUBT;
}

void frames_tick(void)
{
    while (nr_just > 0)
        facts[just[--nr_just]] &= (uint8_t)~FACT_JUST;
}

/* --- The end -------------------------------------------------------------- */

void owner_end(const struct machine *m)
{
    for (unsigned d = 0; d < owner_nr_domains(); d++)
        if (owner_domain_at(d)->privileged)
            return; /* the others' memory is for it to look at */
    if (owner_nr_domains() < 2)
        return; /* there was nobody to be given what it had */
    for (uint32_t frame = 0; frame < MAX_FRAMES; frame++) {
        if (owner_of(frame) == OWNER_NOBODY || is_zero(m, frame))
            continue;
        owner_complain(PAGE_TABLES_SCRUB, frame, of[frame],
                       "all domains are gone, but a frame has bytes of one "
                       "in it");
        return;
    }
}
