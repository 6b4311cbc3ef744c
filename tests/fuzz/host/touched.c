/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A recount that can be made after every call: of the frames that the
 * hypervisor touched, not of all.
 *
 * For each frame it remembers what its content and its flags make it hold, and
 * what every frame should therefore have. When a frame was touched, or when
 * what the frame table says about it changed, what it held is taken back and
 * what it holds now is added; what vCPUs, rings and grants hold is so little
 * that all of it is done anew. Then every frame's two counts are compared.
 *
 * It is written from the rules in memory/recount.c, not from its code, and each
 * says what the other one must find.
 */
#include "machine.h"

#include <string.h>

#define MOST_HOLDS 4096u

/** A reference: of which frame, and whether a type's. */
struct hold {
    uint16_t frame;
    uint16_t type;
};

static struct page_info last[MACHINE_FRAMES];
static uint64_t content[MACHINE_FRAMES][TABLE_ENTRIES];
static uint16_t nr_counted[MACHINE_FRAMES]; /* entries of `content` */
static uint8_t counted_type[MACHINE_FRAMES], own_holds[MACHINE_FRAMES],
    own_types[MACHINE_FRAMES];
static int32_t count[MACHINE_FRAMES], type_count[MACHINE_FRAMES];
static struct hold others[MOST_HOLDS];
static unsigned nr_others;

void touched_reset(void)
{
    memset(last, 0, sizeof(last));
    memset(nr_counted, 0, sizeof(nr_counted));
    memset(own_holds, 0, sizeof(own_holds));
    memset(own_types, 0, sizeof(own_types));
    memset(count, 0, sizeof(count));
    memset(type_count, 0, sizeof(type_count));
    nr_others = 0;
}

/** What one entry holds, added or taken back. */
static void count_entry(uint8_t type, uint64_t entry, int by)
{
    uint64_t frame = (entry & PTE_FRAME) >> PAGE_SHIFT;

    if (!(entry & PTE_P) || frame >= MACHINE_FRAMES ||
        (type == FRAME_L1 && frame == MACHINE_DEVICE_FRAME))
        return;
    count[frame] += by;
    if (type != FRAME_L1 || (entry & PTE_RW))
        type_count[frame] += by;
}

/** How many entries of a frame hold something, as what it is now. */
static unsigned entries_that_hold(const struct page_info *info)
{
    if (!info->owner || info->type_count == 0 ||
        !frame_type_is_table(info->type))
        return 0;
    if (!(info->flags & PAGE_VALIDATED))
        return info->partial;
    return table_guest_entries(info->type);
}

/** What a frame holds by its flags alone, of itself. */
static void count_own(uint32_t n, const struct page_info *info)
{
    bool table = info->type_count != 0 && frame_type_is_table(info->type);
    uint8_t holds = 0, types = 0;

    if (info->owner) {
        bool half = table && !(info->flags & PAGE_VALIDATED);
        bool pinned = info->flags & PAGE_PINNED;
        bool ours = info->flags & PAGE_XEN_HEAP;

        holds = (uint8_t)(((info->flags & (PAGE_ALLOCATED | PAGE_XEN_HEAP)) !=
                           0) + pinned + half);
        types = (uint8_t)(ours + pinned + half);
    }
    count[n] += holds - own_holds[n];
    type_count[n] += types - own_types[n];
    own_holds[n] = holds;
    own_types[n] = types;
}

static void recount_frame(uint32_t n, const struct page_info *info)
{
    const uint64_t *table = NULL;
    unsigned nr = entries_that_hold(info);

    count_own(n, info);
    if (nr == 0 && nr_counted[n] == 0)
        return;
    if (nr != 0)
        table = frame_bytes(mfn(n));
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        bool before = i < nr_counted[n], after = i < nr;

        if (before && after && content[n][i] == table[i] &&
            counted_type[n] == info->type)
            continue;
        if (before)
            count_entry(counted_type[n], content[n][i], -1);
        if (after) {
            content[n][i] = table[i];
            count_entry(info->type, table[i], 1);
        }
    }
    nr_counted[n] = (uint16_t)nr;
    counted_type[n] = info->type;
}

static void hold(mfn_t m, bool type)
{
    if (!mfn_valid_number(m) || m.n >= MACHINE_FRAMES)
        return;
    if (nr_others == MOST_HOLDS)
        broken("more references than there can be");
    others[nr_others++] = (struct hold){ (uint16_t)m.n, type };
    count[m.n]++;
    type_count[m.n] += type;
}

static void count_vcpu(const struct vcpu *v)
{
    hold(v->base, true);
    hold(v->info_frame, true);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        hold(v->descriptors.gdt[i], true);
    for (unsigned i = 0; i < v->descriptors.nr_held; i++)
        hold(v->descriptors.held[i], true);
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        hold(v->descriptors.ldt[i], true);
}

/** Everybody's references but those of frames. */
static void count_others(void)
{
    for (unsigned i = 0; i < nr_others; i++) {
        count[others[i].frame]--;
        type_count[others[i].frame] -= others[i].type;
    }
    nr_others = 0;
    for (struct domain *d = domain_first(); d; d = d->next) {
        mfn_t frame;
        bool writable;

        if (d->console.open)
            hold(d->console.page, true);
        if (d->store.open)
            hold(d->store.page, true);
        for (uint32_t i = 0; i < d->grants.nr_mappings; i++) {
            if (grant_device_frame(d, i, &frame, &writable))
                hold(frame, writable);
        }
        for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
            if (d->vcpu[i])
                count_vcpu(d->vcpu[i]);
        }
    }
}

static bool same(const struct page_info *a, const struct page_info *b)
{
    return a->owner == b->owner && a->type_count == b->type_count &&
           a->type == b->type && a->flags == b->flags &&
           a->partial == b->partial;
}

void touched_check(const char *when)
{
    for (uint32_t n = 0; n < MACHINE_FRAMES; n++) {
        const struct page_info *info = frame_info(mfn(n));

        if (!frame_touched(n) && same(info, &last[n]))
            continue;
        recount_frame(n, info);
        last[n] = *info;
    }
    frames_forget();
    count_others();
    for (uint32_t n = 0; n < MACHINE_FRAMES; n++) {
        const struct page_info *info = frame_info(mfn(n));

        if (info->count != (uint32_t)count[n] ||
            info->type_count != (uint32_t)type_count[n])
            broken("%s: frame 0x%x of type %u, flags 0x%x, has count %u and "
                   "type count %u; there should be %d and %d",
                   when, n, info->type, info->flags, info->count,
                   info->type_count, count[n], type_count[n]);
    }
    if (windows_held != 0)
        broken("%s: %u windows are still held", when, windows_held);
}

void recount_check(const char *when)
{
    frames_shortage(0);
    if (memory_recount() != 0)
        broken("%s: the hypervisor's recount finds wrong counts", when);
}
