/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "boot.h"

static mfn_t entry_frame(uint64_t entry)
{
    return maddr_to_mfn(maddr(entry & PTE_FRAME));
}

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
    (void)page_owner;
    memory_adopt((struct domain *)d, entry_frame(entry),
                 entry & PTE_RW ? FRAME_WRITABLE : FRAME_NONE);
    return 0;
}

int entry_get(const struct domain *d, const struct domain *page_owner,
              enum frame_type type, unsigned index, uint64_t entry)
{
    if (type == FRAME_L1)
        return l1_entry_get(d, page_owner, entry);
    memory_adopt((struct domain *)d, entry_frame(entry),
                 type != FRAME_L3 ? FRAME_L1 : index == 3 ? FRAME_XEN_L2
                                                          : FRAME_L2);
    return 0;
}

void entry_put(enum frame_type type, uint64_t entry)
{
    if (type != FRAME_L1 || (entry & PTE_RW))
        frame_put_type(entry_frame(entry));
    frame_put(entry_frame(entry));
}

int table_promote(mfn_t m)
{
    struct page_info *info = frame_info(m);

    info->type_count = 0;
    memory_adopt(info->owner, m, info->type);
    info->count--;
    return 0;
}

int table_demote(mfn_t m)
{
    const uint64_t *table = window_map(m);
    unsigned nr = table_guest_entries(frame_info(m)->type);

    for (unsigned i = 0; i < nr; i++) {
        if (table[i] & PTE_P)
            entry_put(frame_info(m)->type, table[i]);
    }
    window_unmap(table);
    return 0;
}
