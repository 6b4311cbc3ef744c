/* SPDX-License-Identifier: MIT */
/**
 * @file recount.c
 * Every count of every frame anew, from what is there to be counted.
 *
 * A wrong count is the worst kind of bug: nothing happens until much later,
 * and then a guest holds a page table that it can write. This check finds it
 * when it happens. It knows nothing of how the counts came about; it looks at
 * who should hold references *now*:
 *
 *     holder                                       general   type
 *     the owner (PAGE_ALLOCATED, PAGE_XEN_HEAP)       1       - / 1
 *     a pin (PAGE_PINNED)                             1        1
 *     a vCPU's base, a frame of its GDT or LDT, or    1        1
 *       of a GDT that it is being given
 *     the frame that it has its struct vcpu_info in   1        1
 *     the other end of a console or store ring        1        1
 *     a device mapping of a grant                     1        1, or 0 for
 *                                                              a read-only one
 *     a table half made or half undone (partial.c)    1        1
 *     a present entry of a validated table            1        1, or 0 for
 *                                                              a read-only L1
 *
 * It needs 8 bytes a frame of the heap and reads every table, so it is for
 * tests and for debugging, not for every day: `recount` on the hypervisor's
 * command line makes it before every call about memory, and from gdb it can
 * be called at any time between two calls.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation".
 */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

/** What one frame should have. */
struct expected {
    uint32_t count;
    uint32_t type_count;
};

static struct expected *expected;

static void hold(mfn_t m, uint32_t type_count)
{
    if (m.n >= frame_table_size())
        return;
    expected[m.n].count++;
    expected[m.n].type_count += type_count;
}

/** What the first `nr` entries of a table hold. */
static void count_table(mfn_t m, enum frame_type type, unsigned nr)
{
    const uint64_t *table = window_map(m);

    for (unsigned i = 0; i < nr; i++) {
        mfn_t below = maddr_to_mfn(maddr(table[i] & PTE_FRAME));

        if (!(table[i] & PTE_P) || (type == FRAME_L1 && frame_is_io(below)))
            continue;
        hold(below, type != FRAME_L1 || (table[i] & PTE_RW));
    }
    window_unmap(table);
}

/** What a frame's own flags and content say. */
static void count_frame(mfn_t m, const struct page_info *info)
{
    if (info->flags & (PAGE_ALLOCATED | PAGE_XEN_HEAP))
        hold(m, (info->flags & PAGE_XEN_HEAP) != 0);
    if (info->flags & PAGE_PINNED)
        hold(m, 1);
    if (info->type_count == 0 || !frame_type_is_table(info->type))
        return;
    if (info->flags & PAGE_VALIDATED) {
        count_table(m, info->type, table_guest_entries(info->type));
    } else {
        hold(m, 1); /* PAGE_PARTIAL and PAGE_LEAVING hold themselves */
        count_table(m, info->type, info->partial);
    }
}

static void count_vcpu(const struct vcpu *v)
{
    if (mfn_valid_number(v->base))
        hold(v->base, 1);
    if (mfn_valid_number(v->info_frame))
        hold(v->info_frame, 1);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++) {
        if (mfn_valid_number(v->descriptors.gdt[i]))
            hold(v->descriptors.gdt[i], 1);
    }
    for (unsigned i = 0; i < v->descriptors.nr_held; i++)
        hold(v->descriptors.held[i], 1);
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++) {
        if (mfn_valid_number(v->descriptors.ldt[i]))
            hold(v->descriptors.ldt[i], 1);
    }
}

static void count_grants(const struct domain *d)
{
    mfn_t frame;
    bool writable;

    for (uint32_t handle = 0; handle < d->grants.nr_mappings; handle++) {
        if (grant_device_frame(d, handle, &frame, &writable))
            hold(frame, writable);
    }
}

static void count_everything(void)
{
    for (uint32_t n = 0; n < frame_table_size(); n++) {
        if (frame_info(mfn(n))->owner)
            count_frame(mfn(n), frame_info(mfn(n)));
    }
    for (struct domain *d = domain_first(); d; d = d->next) {
        if (d->console.open)
            hold(d->console.page, 1);
        if (d->store.open)
            hold(d->store.page, 1);
        count_grants(d);
        for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
            if (d->vcpu[i])
                count_vcpu(d->vcpu[i]);
        }
    }
}

/** What was found first, for the sentence of a panic. */
char memory_recount_found[160];

static void report(uint32_t n, const struct page_info *info, bool first)
{
    char text[sizeof(memory_recount_found)];

    format(text, sizeof(text),
           "frame 0x%x of type %u, flags 0x%x, has count %u and type count "
           "%u; there should be %u and %u",
           n, info->type, info->flags, info->count, info->type_count,
           expected[n].count, expected[n].type_count);
    printk(LOG_ERROR, "recount: %s\n", text);
    if (first)
        memcpy(memory_recount_found, text, sizeof(text));
}

/** Compare and report; the number of frames whose counts are wrong. */
static unsigned compare(void)
{
    unsigned wrong = 0;

    for (uint32_t n = 0; n < frame_table_size(); n++) {
        const struct page_info *info = frame_info(mfn(n));

        if (info->count == expected[n].count &&
            info->type_count == expected[n].type_count)
            continue;
        if (wrong++ < 10)
            report(n, info, wrong == 1);
    }
    return wrong;
}

/**
 * Count all references and compare with what the frame table says.
 *
 * @context{entry}
 * @pre   Not in the middle of a change.
 * @note  Reads the whole frame table and every page table.
 * @return How many frames have a wrong count; each of the first ten is
 *         reported on the console. 1 also if the heap has no room to count.
 * @ingroup memory
 */
unsigned memory_recount(void)
{
    unsigned wrong;

    expected = heap_alloc(frame_table_size() * sizeof(*expected));
    if (!expected) {
        printk(LOG_ERROR, "recount: the heap has no room\n");
        return 1;
    }
    count_everything();
    wrong = compare();
    heap_free(expected);
    return wrong;
}
