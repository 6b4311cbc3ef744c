/* SPDX-License-Identifier: MIT */
/**
 * @file named.c
 * Which domain a call is about, in the calls that take DOMID_SELF and the
 * caller's own number alike: event channels and the grant table's set-up.
 * (The page-table calls do not: owner_named().)
 *
 * Source: [XenABI] xen/xen.h, DOMID_SELF.
 */
#include "domain.h"

/**
 * The domain that a guest means.
 *
 * @param id          As the guest gave it.
 * @param[out] error  0; -ESRCH: there is no such domain; -EPERM: it is
 *                    another one, and the caller is not privileged.
 * @context{hypercall}
 * @return The domain, or NULL.
 */
struct domain *domain_named(domid_t id, int *error)
{
    struct domain *caller = current_vcpu()->domain, *d;

    *error = 0;
    if (id == DOMID_SELF || id == caller->id)
        return caller;
    d = domain_living(id);
    if (!d)
        *error = -ESRCH;
    else if (!caller->privileged)
        *error = -EPERM;
    return *error ? NULL : d;
}
