/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "boot.h"
#include "domain.h"

int entry_check_flags(const struct domain *d, enum frame_type type,
                      uint64_t entry)
{
    (void)d;
    (void)type;
    return entry & (PTE_PSE | PTE_GLOBAL) ? -EINVAL : 0;
}

int l1_entry_get(const struct domain *d, const struct domain *page_owner,
                 uint64_t entry)
{
    mfn_t m = maddr_to_mfn(maddr(entry & PTE_FRAME));

    if (entry_check_flags(d, FRAME_L1, entry))
        return -EINVAL;
    if (entry & PTE_RW)
        return frame_get_and_type(m, page_owner, FRAME_WRITABLE);
    return frame_get(m, page_owner) ? 0 : -EINVAL;
}

int entry_get(const struct domain *d, const struct domain *page_owner,
              enum frame_type type, unsigned index, uint64_t entry)
{
    enum frame_type below = type != FRAME_L3 ? FRAME_L1
                            : index == 3     ? FRAME_XEN_L2
                                             : FRAME_L2;

    (void)page_owner;
    return frame_get_and_type(maddr_to_mfn(maddr(entry & PTE_FRAME)), d,
                              below);
}

void entry_put(enum frame_type type, uint64_t entry)
{
    mfn_t m = maddr_to_mfn(maddr(entry & PTE_FRAME));

    if (type == FRAME_L1 && !(entry & PTE_RW))
        frame_put(m);
    else
        frame_put_and_type(m);
}

int table_promote(mfn_t m)
{
    struct page_info *info = frame_info(m);
    unsigned nr = table_guest_entries(info->type), before = info->partial;

    if (!options.fast) {
        options.fast = true;
        table_make(m);
        if (info->partial == before && nr == TABLE_ENTRIES)
            return -EINVAL;
    }
    return info->partial >= nr ? 0 : -EINVAL;
}

int table_demote(mfn_t m)
{
    struct page_info *info = frame_info(m);

    if (!options.fast) {
        options.fast = true;
        table_unmake(m);
    }
    return info->partial ? -EINVAL : 0;
}
