/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "domain.h"
#include "table_store.h"

static bool is_table(const struct vcpu *v, uint32_t address, uint32_t *frame)
{
    const struct page_info *info;
    struct table_walk walk;

    memory_walk(v, address, &walk);
    *frame = walk.frame.n;
    info = walk.present ? frame_info(walk.frame) : NULL;
    return info && info->owner == v->domain && info->type == FRAME_L1 &&
           info->type_count > 0;
}

bool writable_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                    uint32_t error)
{
    struct table_store s;
    uint32_t table;

    (void)error;
    if (!(v->domain->assists & 1u << VMASST_TYPE_writable_pagetables) ||
        !is_table(v, address, &table) || store_decode(frame, &s) != 0)
        return false;
    store_perform(frame, &s, 0);
    if ((s.value & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW) &&
        s.value >> 12 == table)
        return false;
    store_finish(frame, &s);
    return true;
}
