/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "boot.h"
#include "domain.h"

bool writable_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                    uint32_t error)
{
    struct table_walk walk;
    uint64_t *table;

    (void)frame;
    (void)error;
    memory_walk(v, address, &walk);
    if (!walk.present)
        return false;
    table = window_map(walk.table[2]);
    table[l1_index(address)] |= PTE_RW;
    window_unmap(table);
    flush_page(address);
    return true;
}
