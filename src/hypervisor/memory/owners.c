/* SPDX-License-Identifier: MIT */
/**
 * @file owners.c
 * Whose frames a call is about: the caller's own, another domain's, or those
 * of two owners that are no domains.
 *
 *     DOMID_SELF   the caller. Its own number is *not* accepted: a caller that
 *                  does not know who it is has lost its way
 *     a number     a domain that is not dying, for who may control it
 *     DOMID_IO     frames that are no RAM
 *     DOMID_XEN    the hypervisor's frames that it lets others read: the
 *                  machine-to-physical table
 *
 * Source: [XenABI] xen/xen.h, DOMID_*.
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"

static struct domain io_owner = { .id = DOMID_IO };
static struct domain xen_owner = { .id = DOMID_XEN };

/**
 * The owner that a guest means.
 *
 * @param id          As the guest gave it.
 * @param[out] error  0; -ESRCH: nobody has that number, or it is the caller's
 *                    own; -EPERM: not for this caller.
 * @context{hypercall}
 * @return The owner, or NULL.
 */
struct domain *owner_named(uint16_t id, int *error)
{
    struct domain *caller = current_vcpu()->domain;
    struct domain *owner;

    *error = 0;
    if (id == DOMID_SELF)
        return caller;
    if (id == DOMID_IO)
        owner = &io_owner;
    else if (id == DOMID_XEN)
        owner = &xen_owner;
    else
        owner = domain_living(id);
    if (!owner || owner == caller)
        *error = -ESRCH;
    else if (!caller->privileged)
        *error = -EPERM;
    return *error ? NULL : owner;
}

/**
 * Make the frames of the machine-to-physical table DOMID_XEN's, so that a
 * privileged domain can map them. Their type reference, of no type, is never
 * dropped: nobody can have them writable, or as a table.
 *
 * @context{boot}
 * @pre   Once, before the first domain runs.
 */
void memory_share_m2p(void)
{
    mfn_t m = m2p_first_frame();

    for (uint32_t left = m2p_bytes() >> PAGE_SHIFT; left > 0; left--, m.n++)
        *frame_info(m) = (struct page_info){
            .owner = &xen_owner, .count = 1, .type_count = 1,
            .type = FRAME_NONE, .flags = PAGE_XEN_HEAP,
        };
}
