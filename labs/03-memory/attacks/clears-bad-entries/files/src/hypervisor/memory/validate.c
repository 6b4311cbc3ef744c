/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "boot.h"
#include "lib.h"

int entry_check_flags(const struct domain *d, enum frame_type type,
                      uint64_t entry)
{
    (void)d;
    (void)type;
    (void)entry;
    return 0;
}

int l1_entry_get(const struct domain *d, const struct domain *page_owner,
                 uint64_t entry)
{
    (void)d;
    (void)page_owner;
    (void)entry;
    return 0;
}

int entry_get(const struct domain *d, const struct domain *page_owner,
              enum frame_type type, unsigned index, uint64_t entry)
{
    (void)d;
    (void)page_owner;
    (void)type;
    (void)index;
    (void)entry;
    return 0;
}

void entry_put(enum frame_type type, uint64_t entry)
{
    (void)type;
    (void)entry;
}

int table_promote(mfn_t m)
{
    uint64_t *table = window_map(m);

    memset(table, 0, PAGE_SIZE);
    if (frame_info(m)->type == FRAME_XEN_L2)
        table_write_reserved_slots(table);
    window_unmap(table);
    frame_info(m)->partial = (uint16_t)table_guest_entries(
        frame_info(m)->type);
    return 0;
}

int table_demote(mfn_t m)
{
    frame_info(m)->partial = 0;
    return 0;
}
