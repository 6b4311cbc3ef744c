/* SPDX-License-Identifier: MIT */
/**
 * @file owner_grants.c
 * Grants, for the owner model: see owner.h.
 *
 * A domain's table is read where the domain itself has it: in the frames that
 * setup_table named. A mapping is by right when the entry of its reference
 * permits it to this domain; until the mapping ends by its handle, that is
 * remembered here, for the granter may change its entry.
 *
 * Grants name domains by the ABI's numbers, of which nobody tells a domain its
 * own. They are learned from the grants themselves: the first use of a number
 * is believed, and each later one has to agree with it.
 *
 * Limit: a call is compared with the granter's entry only when nobody else ran
 * between the call and its result, for then the entry may have changed; and not
 * while the run changes entries on purpose (`disturb`).
 */
#include "owner_model.h"

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

#include <xen/grant_table.h>

#define MAP_BYTES 32u
#define UNMAP_BYTES 24u
#define COPY_BYTES 24u
#define TRANSFER_BYTES 16u
#define ENTRIES_A_FRAME (PAGE_BYTES / sizeof(struct grant_entry_v1))

uint32_t grants_element_bytes(uint32_t command)
{
    switch (command) {
    case GNTTABOP_map_grant_ref:
        return MAP_BYTES;
    case GNTTABOP_unmap_grant_ref:
    case GNTTABOP_unmap_and_replace:
        return UNMAP_BYTES;
    case GNTTABOP_copy:
        return COPY_BYTES;
    case GNTTABOP_transfer:
        return TRANSFER_BYTES;
    }
    return 0;
}

/** Read an entry of a domain's table. */
static bool read_entry(const struct machine *m, unsigned domain, uint32_t ref,
                       struct grant_entry_v1 *to)
{
    const struct owner_domain *d = owner_domain_at(domain);
    uint32_t page = ref / ENTRIES_A_FRAME;

    return page < OWNER_GRANT_FRAMES && d->grant_frame[page] != 0 &&
           machine_read_physical(m, ((uint64_t)d->grant_frame[page]
                                     << FRAME_SHIFT) +
                                        ref % ENTRIES_A_FRAME * sizeof *to,
                                 to, sizeof *to) == sizeof *to;
}

/** Whether a domain can have this number of the ABI; from then on it has. */
static bool has_number(unsigned domain, uint32_t number)
{
    struct owner_domain *d = owner_domain_at(domain);

    if (d->number != OWNER_NO_NUMBER)
        return d->number == number;
    for (unsigned i = 0; i < owner_nr_domains(); i++)
        if (owner_domain_at(i)->number == number && !owner_is_over(i))
            return false;
    d->number = number;
    return true;
}

/** What is against a mapping, or NULL. The entry is asked at the first use,
 *  and at the first to write; while it is in use it says nothing any more. */
static const char *objection(const struct machine *m, unsigned granter,
                             const uint32_t op[8], uint32_t frame)
{
    const bool writes = !(op[2] & GNTMAP_readonly);
    const struct frame_right *use = frames_use(granter, op[3], false);
    struct grant_entry_v1 entry;

    if (use && use->domain != owner_now->domain)
        use = NULL; /* nobody tells of a user's end */
    if (!has_number(granter, op[4] & 0xFFFF))
        return "a grant was mapped of a frame of another domain than the one "
               "that was named";
    if (use && use->frame != frame)
        return "a grant that is in use was mapped of another frame";
    if (use && (!writes || frames_use(granter, op[3], true)))
        return NULL;
    if (!read_entry(m, granter, op[3], &entry))
        return "a grant was mapped that is not in its granter's table";
    if ((entry.flags & GTF_type_mask) != GTF_permit_access)
        return "a grant was mapped whose entry permits no access";
    if (!has_number(owner_now->domain, entry.domid))
        return "a grant was mapped by a domain that it is not for";
    if ((entry.flags & GTF_readonly) && writes)
        return "a grant to read was mapped to be written";
    if (!use && entry.frame != frame)
        return "a grant was mapped of another frame than its entry's";
    return NULL;
}

/** struct gnttab_map_grant_ref: host address (2 words), flags, reference,
 *  domain and status, handle, machine address (2 words). */
static void did_map(const struct machine *m, const uint32_t op[8])
{
    uint64_t frame = ((uint64_t)op[7] << 32 | op[6]) >> FRAME_SHIFT;
    struct frame_right right = {
        .domain = owner_now->domain, .frame = (uint32_t)frame,
        .handle = op[5], .mapped = op[2] & GNTMAP_host_map,
        .device = op[2] & GNTMAP_device_map,
        .writable = !(op[2] & GNTMAP_readonly),
        .granter = frames_holder(frame), .ref = op[3],
    };
    const char *wrong = NULL;

    if (op[4] >> 16 != 0 || right.granter == OWNER_NOBODY)
        return; /* refused; or its entry in a page table is reported */
    if (owner_undisturbed && !machine_arg(m, "disturb"))
        wrong = objection(m, right.granter, op, right.frame);
    if (wrong)
        owner_complain(PAGE_TABLES_GRANT, right.frame, right.domain, wrong);
    frames_allow(&right);
}

/** struct gnttab_unmap_grant_ref and _unmap_and_replace: host address, device
 *  or new address (2 words each), handle, status. */
static void did_unmap(const uint32_t op[6], bool replaces)
{
    if ((op[5] & 0xFFFF) == 0)
        frames_forbid(owner_now->domain, op[4], (op[0] | op[1]) != 0,
                      !replaces && (op[2] | op[3]) != 0);
}

/** The domain whose entry says that it accepted this frame, or nobody. */
static unsigned accepted_by(const struct machine *m, uint32_t ref,
                            uint32_t frame)
{
    struct grant_entry_v1 entry;

    for (unsigned d = 0; d < owner_nr_domains(); d++)
        if (!owner_is_over(d) && read_entry(m, d, ref, &entry) &&
            (entry.flags & GTF_type_mask) == GTF_accept_transfer &&
            (entry.flags & GTF_transfer_completed) && entry.frame == frame)
            return d;
    return OWNER_NOBODY;
}

/** struct gnttab_transfer: frame, domain, reference, status. */
static void did_transfer(const struct machine *m, const uint32_t op[4],
                         bool surely)
{
    unsigned to;

    if ((op[3] & 0xFFFF) != 0)
        return;
    to = accepted_by(m, op[2], op[0]);
    if (!surely && to == OWNER_NOBODY)
        return;
    frames_take(owner_now->domain, op[0], false);
    if (to != OWNER_NOBODY)
        frames_give(m, to, op[0], false);
}

/** The frames of the domain's own table, which it may map. */
static void did_setup(const struct machine *m, uint32_t at)
{
    struct owner_domain *d = owner_domain_at(owner_now->domain);
    uint32_t setup[4], frame; /* domain, count, status, list */

    if (!guest_read(m, at, setup, sizeof setup) ||
        (setup[2] & 0xFFFF) != 0 || (setup[0] & 0xFFFF) != DOMID_SELF)
        return;
    for (uint32_t i = 0; i < setup[1] && i < OWNER_GRANT_FRAMES; i++) {
        if (!guest_read(m, setup[3] + i * 4, &frame, 4) ||
            frame >= MAX_FRAMES)
            continue;
        d->grant_frame[i] = frame;
        frames_share(owner_now->domain, frame);
    }
}

void grants_answered(const struct machine *m, const struct guest_call *call,
                     uint32_t elements, bool surely)
{
    uint32_t bytes = grants_element_bytes(call->arg[0]), op[8];

    if (call->arg[0] == GNTTABOP_setup_table && elements == 1)
        did_setup(m, call->arg[1]);
    for (uint32_t i = 0; bytes && i < elements && i < MAX_OPERATIONS; i++) {
        if (!guest_read(m, call->arg[1] + i * bytes, op, bytes))
            return;
        if (call->arg[0] == GNTTABOP_map_grant_ref)
            did_map(m, op);
        else if (call->arg[0] == GNTTABOP_transfer)
            did_transfer(m, op, surely);
        else if (call->arg[0] != GNTTABOP_copy && surely)
            did_unmap(op, call->arg[0] == GNTTABOP_unmap_and_replace);
    }
}

void grants_asked(const struct machine *m, unsigned index)
{
    const struct guest_call *call = &owner_now->calls.call[index];
    uint32_t op[4];

    if (call->arg[0] != GNTTABOP_transfer)
        return;
    for (uint32_t i = 0; i < call->arg[2] && i < MAX_OPERATIONS; i++) {
        if (!guest_read(m, call->arg[1] + i * TRANSFER_BYTES, op, sizeof op))
            return;
        add_leaving(owner_now, (struct leaving){ .call = index, .extent = i,
                                                 .frame = op[0] });
    }
}
