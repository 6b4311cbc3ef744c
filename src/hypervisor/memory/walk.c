/* SPDX-License-Identifier: MIT */
/**
 * @file walk.c
 * Guest page tables, read as the processor reads them, and guest memory read
 * through them without a fault: for reports and for instruction decoders.
 *
 * The entries were validated when they were written, but a walk still checks
 * every frame number against the frame table before it looks there: a report
 * is most useful when something has gone wrong.
 *
 * Source: [SDM3A] 253668-032, 4.4 "PAE Paging".
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"
#include "lib.h"

/** Entry `index` of a table; 0, as if not present, if there is no frame. */
static uint64_t read_entry(mfn_t table, unsigned index)
{
    const uint64_t *window;
    uint64_t entry;

    if (!frame_info(table))
        return 0;
    window = window_map(table);
    entry = window[index];
    window_unmap(window);
    return entry;
}

/**
 * Walk a vCPU's tables for one address.
 *
 * @param v           Its base is the root.
 * @param va          Any address.
 * @param[out] walk   The entries read, up to the first that is not present or
 *                    maps 2 MB. walk->frame is set when walk->present.
 * @context{entry}
 * @note  Reads at most three entries; no reference is taken.
 * @par Source
 * [SDM3A] "PAE Paging".
 */
void memory_walk(const struct vcpu *v, uint32_t va, struct table_walk *walk)
{
    unsigned index[3] = { l3_index(va), l2_index(va), l1_index(va) };
    mfn_t table = v->base;

    memset(walk, 0, sizeof(*walk));
    while (walk->levels < 3) {
        unsigned level = walk->levels++;
        uint64_t entry = read_entry(table, index[level]);

        walk->table[level] = table;
        walk->entry[level] = entry;
        if (!(entry & PTE_P))
            return;
        table = maddr_to_mfn(maddr(entry & PTE_FRAME));
        if (level == 1 && (entry & PTE_PSE)) {
            table.n += index[2];
            break;
        }
    }
    walk->present = true;
    walk->frame = table;
}

/**
 * Read guest memory through its tables, as far as it is mapped.
 *
 * @param v        Its base is the root.
 * @param va       First byte.
 * @param[out] to  Room for `bytes`.
 * @param bytes    How many.
 * @context{entry}
 * @return Bytes read: fewer than asked for at the first page that is not
 *         mapped to a frame with an owner, or at M2P_START.
 */
size_t memory_peek(const struct vcpu *v, uint32_t va, void *to, size_t bytes)
{
    size_t done = 0;

    while (done < bytes && va < M2P_START) {
        size_t chunk = PAGE_SIZE - va % PAGE_SIZE;
        const uint8_t *window;
        struct table_walk walk;

        memory_walk(v, va, &walk);
        if (!walk.present || !frame_info(walk.frame) ||
            !frame_info(walk.frame)->owner)
            break;
        if (chunk > bytes - done)
            chunk = bytes - done;
        window = window_map(walk.frame);
        memcpy((uint8_t *)to + done, window + va % PAGE_SIZE, chunk);
        window_unmap(window);
        done += chunk;
        va += chunk;
    }
    return done;
}
