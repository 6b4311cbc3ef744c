/* SPDX-License-Identifier: MIT */
/**
 * @file texts.c
 * Trusted text and its hashes (texts.h).
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
    uint64_t *frames; /**< where it was then, one address a page */
    size_t nr_frames;
    uint64_t stores;  /**< value of `stores` then */
};

static const struct run_file *run;
static struct seen *seen;

static bool *is_text; /**< by frame: some text was found right there */
static uint64_t nr_frames;
static uint64_t stores; /**< that have reached one of them */

void texts_start(const struct run_file *file, uint64_t ram_bytes)
{
    const struct machine_text *range;
    size_t i;

    run = file;
    nr_frames = ram_bytes / FRAME;
    seen = calloc(file->nr_texts + 1, sizeof(*seen));
    is_text = calloc(nr_frames, sizeof(*is_text));
    if (!seen || !is_text)
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
    if (maddr / FRAME < nr_frames && is_text[maddr / FRAME])
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

/** Hypervisor's text, which is the same at all times and in every address
 *  space; a guest's is there only while the guest runs. */
static bool is_permanent(size_t index)
{
    const struct machine_text *range = &run->texts[index].range;

    return range->start < run->kernel_end &&
           range->start + range->bytes > run->kernel_start;
}

/** True when the text is as it must be at this moment.
 *  @param here  A mark inside it is about to execute. */
static bool is_good(size_t index, bool here)
{
    struct seen *s = &seen[index];
    bool moved;
    size_t i;

    if (!here && !(s->right && is_permanent(index)))
        return true;
    if (!locate(index, &moved))
        return !here;
    if (s->right && !moved && s->stores == stores)
        return true;
    if (!has_right_hash(index))
        return false;
    s->right = true;
    s->stores = stores;
    for (i = 0; i < s->nr_frames; i++)
        is_text[s->frames[i] / FRAME] = true;
    return true;
}

int texts_check(bool at_mark, uint32_t eip)
{
    const struct machine_text *range;
    size_t i;

    for (i = 0; i < run->nr_texts; i++) {
        range = &run->texts[i].range;
        if (!is_good(i, at_mark && eip - range->start < range->bytes))
            return (int)i;
    }
    return -1;
}
