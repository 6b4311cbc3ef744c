/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "console.h"

int entry_check_flags(const struct domain *d, enum frame_type type,
                      uint64_t entry)
{
    (void)d;
    (void)type;
    (void)entry;
    machine_end(MACHINE_POWEROFF);
}

int l1_entry_get(const struct domain *d, const struct domain *page_owner,
                 uint64_t entry)
{
    (void)page_owner;
    return entry_check_flags(d, FRAME_L1, entry);
}

int entry_get(const struct domain *d, const struct domain *page_owner,
              enum frame_type type, unsigned index, uint64_t entry)
{
    (void)page_owner;
    (void)index;
    return entry_check_flags(d, type, entry);
}

void entry_put(enum frame_type type, uint64_t entry)
{
    entry_check_flags(NULL, type, entry);
}

int table_promote(mfn_t m)
{
    return entry_check_flags(NULL, FRAME_L1, m.n);
}

int table_demote(mfn_t m)
{
    return entry_check_flags(NULL, FRAME_L1, m.n);
}
