/* SPDX-License-Identifier: MIT */
/**
 * @file texts.c
 * Trusted text and its hashes (texts.h).
 *
 * - TEXTS-I1: a mark in the hypervisor's own text is a mark in all that was
 *   linked with it: constants are looked at as well, and nothing is executed
 *   there.
 * - TEXTS-I2: once the hypervisor's text was found right, no store may reach
 *   its frames, or who writes over it could put it back before the next look.
 * - TEXTS-I3: a mark, and any of a guest's text, is executed from the very
 *   frame in which the text was found, whatever the processor remembers of
 *   earlier tables.
 */
#include "sim/bochs/texts.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bochs/memory.h"

#define FRAME 4096u

/** What was last found of one text. */
struct seen {
    bool right;       /**< it has been found right: wrong is a change now */
    bool stored;      /**< since then somebody stored to one of its frames */
    uint64_t *frames; /**< where it was then, one address a page */
    size_t nr_frames;
    uint64_t stores;  /**< value of `stores` then */
};

static const struct run_file *run;
static struct seen *seen;

/** By frame: number of the text, plus one, that was found right there. */
static uint32_t *text_of;
static uint64_t nr_frames;
static uint64_t stores; /**< that have reached one of them */

/* The page that texts_fetch() looked at last, and where it was then. */
static uint64_t last_page, last_frame;

void texts_start(const struct run_file *file, uint64_t ram_bytes)
{
    const struct machine_text *range;
    size_t i;

    run = file;
    nr_frames = ram_bytes / FRAME;
    seen = calloc(file->nr_texts + 1, sizeof(*seen));
    text_of = calloc(nr_frames, sizeof(*text_of));
    if (!seen || !text_of)
        abort(); /* a megabyte at most: the host cannot go on */
    for (i = 0; i < file->nr_texts; i++) {
        range = &file->texts[i].range;
        seen[i].nr_frames = (range->start + range->bytes - 1) / FRAME -
                            range->start / FRAME + 1;
        seen[i].frames = calloc(seen[i].nr_frames, sizeof(uint64_t));
        if (!seen[i].frames)
            abort();
    }
}

void texts_store(uint64_t maddr)
{
    uint32_t text = maddr / FRAME < nr_frames ? text_of[maddr / FRAME] : 0;

    if (!text)
        return;
    seen[text - 1].stored = true;
    stores++;
}

/**
 * Where the text is mapped now.
 *
 * @param[out] moved  It is not where it was last found.
 * @return false when a part of it is not mapped to RAM.
 */
static bool locate(size_t index, bool *moved)
{
    uint32_t page = run->texts[index].range.start / FRAME;
    struct translation where;
    uint64_t frame;
    size_t i;

    *moved = false;
    for (i = 0; i < seen[index].nr_frames; i++) {
        if (!memory_translate((uint32_t)(page + i) * FRAME, &where))
            return false;
        frame = where.maddr & ~(uint64_t)(FRAME - 1);
        if (frame / FRAME >= nr_frames)
            return false;
        *moved |= frame != seen[index].frames[i];
        seen[index].frames[i] = frame;
    }
    return true;
}

static bool has_right_hash(size_t index)
{
    const struct run_text *text = &run->texts[index];
    uint8_t *bytes = malloc(text->range.bytes);
    uint8_t hash[32];
    size_t got;

    if (!bytes)
        abort(); /* the size of a program's text */
    got = memory_read_virtual(text->range.start, bytes, text->range.bytes);
    gcry_md_hash_buffer(GCRY_MD_SHA256, hash, bytes, got);
    free(bytes);
    return got == text->range.bytes &&
           !memcmp(hash, text->sha256, sizeof(hash));
}

/** Hypervisor's text and what is behind it, which is the same at all times
 *  and in every address space; a guest's is there only while the guest runs. */
static bool is_permanent(size_t index)
{
    return run->kernel_end > run->kernel_start &&
           run->texts[index].range.start >= run->kernel_start;
}

static bool is_in(size_t index, uint32_t eip)
{
    const struct machine_text *range = &run->texts[index].range;

    return eip - range->start < range->bytes;
}

static bool is_in_permanent(uint32_t eip)
{
    for (size_t i = 0; i < run->nr_texts; i++)
        if (is_permanent(i) && is_in(i, eip))
            return true;
    return false;
}

/** True when the text is as it must be at this moment.
 *  @param due   It is to be looked at, if it is there.
 *  @param here  A mark inside it is about to execute: it is there. */
static bool is_good(size_t index, bool due, bool here)
{
    struct seen *s = &seen[index];
    bool moved;
    size_t i;

    if (s->right && s->stored && is_permanent(index))
        return false;
    if (!due && !here && !(s->right && is_permanent(index)))
        return true;
    if (!locate(index, &moved))
        return !here;
    if (s->right && !moved && s->stores == stores)
        return true;
    if (!has_right_hash(index))
        return false;
    s->right = true;
    s->stored = false;
    s->stores = stores;
    for (i = 0; i < s->nr_frames; i++)
        text_of[s->frames[i] / FRAME] = (uint32_t)index + 1;
    return true;
}

/** Is the instruction about to be executed fetched from the frame in which
 *  this text was found, and at this address? */
static bool is_fetched(size_t index, uint32_t address)
{
    uint32_t first = run->texts[index].range.start / FRAME, vaddr;
    uint64_t maddr;

    if (!cpu_fetch(&vaddr, &maddr))
        return vaddr == address; /* its first page is not known any more */
    return vaddr == address &&
           seen[index].frames[address / FRAME - first] == maddr - maddr % FRAME;
}

bool texts_is_flat(uint32_t eip)
{
    uint32_t vaddr;
    uint64_t maddr;

    cpu_fetch(&vaddr, &maddr);
    return vaddr == eip;
}

int texts_fetch(void)
{
    uint32_t vaddr;
    uint64_t maddr;
    size_t i;

    if (!cpu_fetch(&vaddr, &maddr) ||
        (vaddr / FRAME == last_page && maddr / FRAME == last_frame))
        return -1;
    last_page = vaddr / FRAME;
    last_frame = maddr / FRAME;
    for (i = 0; i < run->nr_texts; i++)
        if (is_in(i, vaddr) && !is_permanent(i) &&
            !(is_good(i, true, true) && is_fetched(i, vaddr)))
            return (int)i;
    return -1;
}

int texts_check(bool at_mark, uint32_t eip)
{
    bool permanent = at_mark && is_in_permanent(eip);
    size_t i;

    for (i = 0; i < run->nr_texts; i++) {
        bool here = at_mark && is_in(i, eip);

        if (!is_good(i, permanent && is_permanent(i), here) ||
            (here && !is_fetched(i, eip)))
            return (int)i;
    }
    return -1;
}
