/* SPDX-License-Identifier: MIT */
/**
 * @file end.c
 * @ingroup grants
 * Grants at a domain's end: nothing can be mapped by them yet, so there is only
 * the table itself.
 */
#include "boot.h"
#include "domain.h"
#include "grants.h"

/**
 * Give up all that a domain has mapped, when it ends.
 *
 * @param d  Does not run any more.
 */
void grant_domain_destroy(struct domain *d)
{
    (void)d; /* no domain has mapped anything */
}

/**
 * Is any of a domain's frames mapped by grants?
 *
 * @param d  Any domain.
 */
bool grant_domain_in_use(const struct domain *d)
{
    (void)d;
    return false;
}

/**
 * Free a domain's table, the last of it that others may need.
 *
 * @param d  Ended, its page tables gone.
 * @return false: somebody still maps a frame of the table itself; ask again.
 */
bool grant_domain_free(struct domain *d)
{
    for (; d->grants.nr > 0; d->grants.nr--) {
        void *page = d->grants.page[d->grants.nr - 1];

        if (!frame_unshare(maddr_to_mfn(heap_maddr(page))))
            return false;
        heap_free(page);
    }
    return true;
}
