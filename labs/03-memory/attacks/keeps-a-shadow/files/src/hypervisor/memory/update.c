/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "boot.h"
#include "domain.h"
#include "lib.h"

static uint64_t shadow[4][TABLE_ENTRIES] __attribute__((aligned(4096)));

/** The L2s that an L3 names, copied; the vCPU's base is made of the copies. */
static void copy_tree(struct vcpu *v, mfn_t l3)
{
    const uint64_t *top = window_map(l3);
    uint64_t entry[4];

    memcpy(entry, top, sizeof entry);
    window_unmap(top);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t *l2;

        if (!(entry[i] & PTE_P) ||
            !frame_info(maddr_to_mfn(maddr(entry[i] & PTE_FRAME))))
            continue;
        l2 = window_map(maddr_to_mfn(maddr(entry[i] & PTE_FRAME)));
        memcpy(shadow[i], l2, PAGE_SIZE);
        window_unmap(l2);
        if (i == 3)
            table_write_reserved_slots(shadow[i]);
        v->pdpt[i] = image_maddr(shadow[i]).a | PTE_P;
    }
}

int entry_update(const struct entry_update *u)
{
    uint64_t *table = window_map(u->table);

    table[u->index] = u->entry;
    window_unmap(table);
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
        struct vcpu *v = u->owner->vcpu[i];

        if (v && mfn_valid_number(v->base))
            copy_tree(v, v->base);
    }
    flush_all();
    return 0;
}

int va_mapping_update(struct vcpu *v, uint32_t va, uint64_t entry,
                      const struct domain *page_owner)
{
    struct entry_update u = { .owner = v->domain, .page_owner = page_owner,
                              .index = l1_index(va), .entry = entry };
    struct table_walk walk;

    memory_walk(v, va, &walk);
    u.table = walk.table[2];
    return walk.levels < 3 ? -EINVAL : entry_update(&u);
}

int table_pin(const struct domain *owner, mfn_t m, enum frame_type type)
{
    (void)owner;
    (void)type;
    frame_info(m)->flags |= PAGE_PINNED;
    return 0;
}

int table_unpin(const struct domain *owner, mfn_t m)
{
    (void)owner;
    frame_info(m)->flags &= ~PAGE_PINNED;
    return 0;
}

int base_switch(struct vcpu *v, mfn_t l3)
{
    v->base = l3;
    copy_tree(v, l3);
    flush_all();
    return 0;
}
