/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Page tables, followed from CR3 (tables.h).
 *
 * A callback comes before its store and does not say what is stored, so the
 * old entry is kept until the next callback and compared. One instruction
 * may store several times (pusha, a repeated string instruction), and may
 * announce two parts before it stores either: an entry is looked at again at
 * each of its callbacks, and forgotten only after the instruction.
 */
#include "sim/bochs/tables.h"

#include <stdlib.h>
#include <string.h>

#include "sim/bochs/memory.h"

#define ENTRIES 512u
#define PRESENT 0x1u
#define LARGE 0x80u
#define ADDRESS 0x000FFFFFFFFFF000ull

/** What is known of a frame. */
struct frame {
    uint16_t l1_links; /**< entries of known L2s that link it */
    bool is_l2;
    bool has_l3;       /**< one of the roots lies in it */
};

static struct frame *frames;
static uint64_t nr_frames;

static uint32_t *roots;
static size_t nr_roots;

/** An entry that a store may be changing. */
struct watched {
    struct event event;
    struct table_write write; /**< new_entry is not set yet */
};

#define MAX_WATCHED 16
static struct watched watched[MAX_WATCHED];
static unsigned nr_watched;

void tables_start(uint64_t ram_bytes)
{
    free(frames);
    free(roots);
    roots = NULL;
    nr_roots = nr_watched = 0;
    nr_frames = ram_bytes >> 12;
    frames = calloc(nr_frames, sizeof(*frames));
    if (!frames)
        abort(); /* 2 MB at 4 GB of RAM: the host cannot run the machine */
}

/** The frame that an address is in, or NULL beyond RAM. */
static struct frame *frame_of(uint64_t maddr)
{
    return maddr >> 12 < nr_frames ? &frames[maddr >> 12] : NULL;
}

/** An L2 entry came or went: adjust the links of what it names. */
static void link_l1(uint64_t entry, int change)
{
    struct frame *frame = frame_of(entry & ADDRESS);

    if (frame && (entry & (PRESENT | LARGE)) == PRESENT)
        frame->l1_links = (uint16_t)(frame->l1_links + change);
}

static void add_l2(uint64_t maddr)
{
    struct frame *frame = frame_of(maddr);
    unsigned i;

    if (!frame || frame->is_l2)
        return;
    frame->is_l2 = true;
    for (i = 0; i < ENTRIES; i++)
        link_l1(memory_entry(maddr + 8 * i), 1);
}

static bool is_root(uint64_t maddr)
{
    size_t i;

    for (i = 0; i < nr_roots; i++) {
        if (roots[i] == (maddr & ~31ull))
            return true;
    }
    return false;
}

void tables_root(uint32_t cr3)
{
    uint32_t root = cr3 & ~31u;
    struct frame *frame = frame_of(root);
    uint64_t pdpt[4];
    unsigned i;

    if (frame && !is_root(root)) {
        roots = realloc(roots, (nr_roots + 1) * sizeof(*roots));
        if (!roots)
            abort();
        roots[nr_roots++] = root;
        frame->has_l3 = true;
    }
    cpu_pdpt(pdpt);
    for (i = 0; i < 4; i++) {
        if (pdpt[i] & PRESENT)
            add_l2(pdpt[i] & ADDRESS);
    }
}

bool tables_in_frame(uint64_t maddr)
{
    const struct frame *frame = frame_of(maddr);

    return frame && (frame->l1_links || frame->is_l2 || frame->has_l3);
}

/** The level of the table that has this entry, 0 when none has. */
static unsigned level_of(uint64_t maddr)
{
    const struct frame *frame = frame_of(maddr);

    if (frame->is_l2)
        return 2;
    if (frame->l1_links)
        return 1;
    return is_root(maddr) ? 3 : 0;
}

static void watch(const struct event *event, uint64_t maddr, enum pt_writer by)
{
    unsigned i, level = level_of(maddr);

    if (!level)
        return;
    for (i = 0; i < nr_watched; i++) {
        if (watched[i].write.maddr == maddr)
            return;
    }
    /* A long string instruction. No instruction announces so many entries
       before it stores the first, so the oldest has been looked at since. */
    if (nr_watched == MAX_WATCHED)
        memmove(watched, watched + 1, --nr_watched * sizeof(watched[0]));
    watched[nr_watched++] = (struct watched){
        *event, { maddr, memory_entry(maddr), 0, level, by }
    };
}

void tables_store(const struct event *event, uint64_t maddr, unsigned bytes,
                  enum pt_writer by)
{
    uint64_t at;

    for (at = maddr & ~7ull; at < maddr + bytes; at += 8)
        watch(event, at, by);
}

void tables_settle(bool done, void (*tell)(const struct event *,
                                           const struct table_write *))
{
    struct table_write *write;
    unsigned i;

    for (i = 0; i < nr_watched; i++) {
        write = &watched[i].write;
        write->new_entry = memory_entry(write->maddr);
        if (write->new_entry == write->old_entry)
            continue;
        tell(&watched[i].event, write);
        if (write->level == 2) {
            link_l1(write->old_entry, -1);
            link_l1(write->new_entry, 1);
        }
        write->old_entry = write->new_entry;
    }
    if (done)
        nr_watched = 0;
}
