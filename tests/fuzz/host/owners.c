/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Whose frames do a domain's page tables map? Its own; the machine-to-physical
 * table, to be read; what the hypervisor shares with it; and, as often as a
 * grant of another domain's is mapped now, that grant's frame. The control
 * domain may map more.
 */
#include "machine.h"

#include <string.h>

#define MOST_DOMAINS 8u

/** Entries with somebody else's frame, less the grants that explain them. */
static int16_t foreign[MOST_DOMAINS][MACHINE_FRAMES];

static void count_entry(const struct domain *d, uint64_t entry)
{
    uint64_t frame = (entry & PTE_FRAME) >> PAGE_SHIFT;
    const struct page_info *info;

    if (!(entry & PTE_P) || d->dying)
        return;
    if (frame >= MACHINE_FRAMES || frame == MACHINE_DEVICE_FRAME)
        broken("domain %u maps frame 0x%llx, a device's", d->id,
               (unsigned long long)frame);
    info = frame_info(mfn((uint32_t)frame));
    if (info->owner == d)
        return;
    if (frame == MACHINE_M2P_FRAME && !(entry & PTE_RW))
        return;
    foreign[d->id % MOST_DOMAINS][frame]++;
}

static void count_tables(void)
{
    for (uint32_t n = 0; n < MACHINE_FRAMES; n++) {
        const struct page_info *info = frame_info(mfn(n));
        const uint64_t *table;

        if (!info->owner || info->type != FRAME_L1 || info->type_count == 0 ||
            !(info->flags & PAGE_VALIDATED))
            continue;
        table = frame_bytes(mfn(n));
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            count_entry(info->owner, table[i]);
    }
}

/** Half-made and half-undone tables hold entries as well, but those of a grant
 *  are never in one: its L1 is in use. */
static void explain_by_grants(struct domain *d)
{
    for (uint32_t i = 0; i < d->grants.nr_mappings; i++) {
        const struct grant_mapping *mapping = grant_mapping(d, i);
        struct domain *granter;

        if (!mapping || !(mapping->flags & GNTMAP_host_map))
            continue;
        granter = domain_by_id(mapping->granter);
        if (!granter)
            broken("domain %u has a mapping of a domain that is gone", d->id);
        if (granter != d)
            foreign[d->id % MOST_DOMAINS]
                   [grant_active(granter, mapping->ref, false)->frame.n]--;
    }
}

void owners_check(const char *when)
{
    for (struct domain *d = domain_first(); d; d = d->next)
        if (d->privileged)
            return;
    memset(foreign, 0, sizeof(foreign));
    count_tables();
    for (struct domain *d = domain_first(); d; d = d->next)
        explain_by_grants(d);
    for (unsigned d = 0; d < MOST_DOMAINS; d++)
        for (uint32_t n = 0; n < MACHINE_FRAMES; n++)
            if (foreign[d][n] > 0)
                broken("%s: domain %u maps frame 0x%x, which is not its own, "
                       "%d times more than it was granted", when, d, n,
                       foreign[d][n]);
}
