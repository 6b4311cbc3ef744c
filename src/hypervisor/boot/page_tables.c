/* SPDX-License-Identifier: MIT */
/**
 * @file page_tables.c
 * Exercise 1.2: the hypervisor's first page tables.
 *
 * Paging is off while this runs, so a machine address is a pointer: a table
 * in the frame at machine address `a` is the array at `(uint64_t *)a`.
 *
 *     virtual address, 32 bits
 *     31 30 29       21 20       12 11          0
 *     +-----+-----------+-----------+------------+
 *     | L3  | L2 index  | L1 index  | offset     |
 *     +-----+-----------+-----------+------------+
 *        |        |           |
 *        v        v           v
 *     L3 of 4 -> L2 of 512 -> L1 of 512 -> frame      each entry 8 bytes
 *
 *     an entry
 *      63  62     52 51           36 35       12 11  9  8 7 6 5 4  3  2  1 0
 *     +--+----------+---------------+-----------+-----+-+-+-+-+---+---+-+-+-+
 *     |NX| reserved |   reserved    | frame     | ours|G| |D|A|PCD|PWT|U|W|P|
 *     +--+----------+---------------+-----------+-----+-+-+-+-+---+---+-+-+-+
 *
 * In an L3 entry only P, PWT, PCD and the frame may be set: any other bit is
 * reserved, and the processor checks that when CR3 is loaded. In L2 entries
 * the rights are the widest that any page below may need; L1 entries decide.
 *
 * This whole file is linked low (arch/image.ld): functions, globals, string
 * literals and the functions of boot_low.h (memset() and so on) all work.
 *
 * Source: [SDM3A] 253668-032, 4.4 "PAE Paging".
 *
 * @ingroup boot
 */
#include "boot_low.h"

//@solution-helper 1.2
/** Take one frame of the pool as an empty table; 0 when there is none. */
static uint32_t take_table(struct table_pool *pool)
{
    uint32_t table = pool->next;

    if (pool->end - pool->next < PAGE_SIZE)
        return 0;
    pool->next += PAGE_SIZE;
    memset((void *)(uintptr_t)table, 0, PAGE_SIZE);
    return table;
}
//@end

//@solution-helper 1.2
/** The table that an entry of a higher level leads to, made if it leads
 *  nowhere; NULL when the pool is empty. */
static uint64_t *table_below(uint64_t *entry, uint64_t flags,
                             struct table_pool *pool)
{
    if (!(*entry & PTE_P)) {
        uint32_t table = take_table(pool);

        if (table == 0)
            return NULL;
        *entry = table | flags;
    }
    return (uint64_t *)(uintptr_t)(*entry & PTE_FRAME);
}
//@end

//@solution-helper 1.2
/** Map one page; false when it is mapped already or the pool is empty. */
static bool map_page(uint64_t *l3, uint32_t vaddr, uint64_t entry,
                     struct table_pool *pool)
{
    uint64_t *l2 = table_below(&l3[l3_index(vaddr)], PTE_P, pool);
    uint64_t *l1;

    if (!l2)
        return false;
    l1 = table_below(&l2[l2_index(vaddr)], PTE_P | PTE_RW, pool);
    if (!l1 || l1[l1_index(vaddr)] & PTE_P)
        return false;
    l1[l1_index(vaddr)] = entry;
    return true;
}
//@end

/**
 * Build PAE tables that map every section at its address with its rights,
 * and nothing else (BOOT-I2).
 *
 * @param section  what to map, in 4 KB pages: the image high, and three
 *                 pieces of it at their machine addresses as well. Start
 *                 addresses and sizes are whole pages; a size may be 0
 * @param nr       how many sections
 * @param pool     IN/OUT the frames to take tables from, in ascending order:
 *                 `next` goes up by a page for each. They hold garbage
 * @context{boot}
 * @return the machine address of the L3, for CR3; or 0 when a section is both
 *         writable and executable, when two sections claim the same page, or
 *         when the pool runs out. The machine then stops with a sentence.
 * @pre paging is off
 * @post No page is for rings 1 to 3 (U clear in every L1 entry); a page is
 *       writable, or executable, only if its section is.
 * @par Source
 * [SDM3A] 253668-032, 4.4 "PAE Paging".
 * @ingroup boot
 */
uint32_t page_tables_build(const struct image_section *section, unsigned nr,
                           struct table_pool *pool)
//@solution 1.2 -- (void)section; (void)nr; (void)pool; return 0;
{
    uint32_t l3 = take_table(pool);

    for (unsigned i = 0; l3 != 0 && i < nr; i++) {
        const struct image_section *s = &section[i];
        uint64_t flags = PTE_P;

        if (s->writable && s->executable)
            return 0;
        if (s->writable)
            flags |= PTE_RW;
        if (!s->executable)
            flags |= PTE_NX;
        for (uint32_t done = 0; done < s->bytes; done += PAGE_SIZE)
            if (!map_page((uint64_t *)(uintptr_t)l3, s->vaddr + done,
                          (s->maddr + done) | flags, pool))
                return 0;
    }
    return l3;
}
//@end
