/* SPDX-License-Identifier: MIT */
/**
 * @file pins.c
 * @ingroup grants
 * Exercise 7.1: what holds a granted frame while somebody maps it.
 *
 * An entry of the granter's table is eight bytes of the granter's memory, which
 * it may change between any two of our instructions:
 *
 *     31            16 15                             0
 *     +---------------+-------------------------------+
 *     | domid         | flags: type, readonly,        |   one word: read
 *     |               |        reading, writing (ours)|   and changed as one
 *     +---------------+-------------------------------+
 *     | frame                                         |   read after that
 *     +-----------------------------------------------+
 *
 * So flags and domain are read as one word, checked, and changed by a
 * compare-and-exchange that fails if the granter was faster. From then on the
 * granter can see by `reading` and `writing` that somebody is there, and must
 * not take the frame back. What counts for us is our own copy.
 *
 * Invariants:
 *  - GNT-I5: while an entry is in use (a pin is not 0), its grantee and frame
 *    are those of its first use, whatever the guest's entry says now.
 *  - GNT-I6: the guest's entry has `reading` set by us while any pin is not 0,
 *    and `writing` while one of the two for writing is not 0.
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "grants.h"

#include "domain.h"

/** Attempts to change an entry that its owner keeps changing. */
#define CLAIM_ATTEMPTS 5

/** Which pins a mapping with these flags holds: a bit each. */
static unsigned pins_of(uint32_t flags)
{
    unsigned step = flags & GNTMAP_readonly ? 0 : 1;
    unsigned pins = 0;

    if (flags & GNTMAP_host_map)
        pins |= 1u << (GRANT_HOST_READ + step);
    if (flags & GNTMAP_device_map)
        pins |= 1u << (GRANT_DEVICE_READ + step);
    return pins;
}

static bool is_written(const struct active_grant *active)
{
    return active->pin[GRANT_HOST_WRITE] || active->pin[GRANT_DEVICE_WRITE];
}

//@solution-helper 7.1
/** Say in the guest's entry that its frame is read, or written. */
static int16_t claim(struct grant_entry_v1 *entry, domid_t grantee,
                     bool readonly)
{
    uint32_t *word = (uint32_t *)entry;
    uint32_t seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    uint32_t in_use = GTF_reading | (readonly ? 0 : GTF_writing);

    for (unsigned i = 0; i < CLAIM_ATTEMPTS; i++) {
        if ((seen & GTF_type_mask) != GTF_permit_access ||
            seen >> 16 != grantee || (!readonly && (seen & GTF_readonly)))
            return GNTST_general_error;
        if (__atomic_compare_exchange_n(word, &seen, seen | in_use, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return GNTST_okay;
    }
    return GNTST_general_error;
}
//@end

/**
 * Begin to use a granted frame.
 *
 * @param granter      Whose entry.
 * @param ref          Any number.
 * @param grantee      Who wants to.
 * @param flags        GNTMAP_host_map, _device_map (each for one pin),
 *                     _readonly.
 * @param[out] frame   What was granted; not looked at yet in any way.
 * @context{hypercall}
 * @return GNTST_okay; GNTST_bad_gntref: no such entry; GNTST_no_space: no
 *         memory; GNTST_general_error: it is not granted, or not to this one,
 *         or not for writing, or used too often. Then nothing has changed.
 */
int16_t grant_pin(struct domain *granter, grant_ref_t ref, domid_t grantee,
                  uint32_t flags, mfn_t *frame)
//@solution 7.1 -- (void)granter; (void)ref; (void)grantee; (void)flags; (void)frame; (void)pins_of; (void)is_written; return GNTST_general_error;
{
    struct grant_entry_v1 *entry = grant_entry(granter, ref);
    struct active_grant *active;
    bool readonly = flags & GNTMAP_readonly, first;
    int16_t status = GNTST_okay;

    if (!entry)
        return GNTST_bad_gntref;
    active = grant_active(granter, ref, true);
    if (!active)
        return GNTST_no_space;
    first = !grant_in_use(active);
    if (!first && active->grantee != grantee)
        return GNTST_general_error;
    for (unsigned i = 0; i < NR_GRANT_PINS; i++) {
        if ((pins_of(flags) >> i & 1) && active->pin[i] >= GRANT_MAX_PINS)
            return GNTST_general_error;
    }
    if (first || (!readonly && !is_written(active)))
        status = claim(entry, grantee, readonly);
    if (status != GNTST_okay)
        return status;
    if (first) {
        active->grantee = grantee;
        active->frame = mfn(__atomic_load_n(&entry->frame, __ATOMIC_SEQ_CST));
    }
    for (unsigned i = 0; i < NR_GRANT_PINS; i++)
        active->pin[i] += pins_of(flags) >> i & 1;
    *frame = active->frame;
    return GNTST_okay;
}
//@end

/**
 * End a use of a granted frame, and tell the granter when it was the last.
 *
 * @param granter  Whose entry.
 * @param ref      In use.
 * @param flags    As of the grant_pin() that is undone.
 * @context{entry}
 */
void grant_unpin(struct domain *granter, grant_ref_t ref, uint32_t flags)
//@solution 7.1 -- (void)granter; (void)ref; (void)flags;
{
    struct grant_entry_v1 *entry = grant_entry(granter, ref);
    struct active_grant *active = grant_active(granter, ref, false);
    uint16_t over = 0;

    for (unsigned i = 0; i < NR_GRANT_PINS; i++)
        active->pin[i] -= pins_of(flags) >> i & 1;
    if (!is_written(active))
        over |= GTF_writing;
    if (!grant_in_use(active))
        over |= GTF_reading;
    __atomic_fetch_and(&entry->flags, (uint16_t)~over, __ATOMIC_SEQ_CST);
}
//@end
