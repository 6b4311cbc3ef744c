/* SPDX-License-Identifier: MIT */
/**
 * @file frame_alloc.c
 * Driver of the tests 1.4/…: gives the frame allocator a memory map of the
 * test's, and then performs a list of calls, one after the other.
 *
 * The input is a list of 32-bit words:
 *
 *     nr_ranges, then nr_ranges times   start end     (frame numbers)
 *     nr_frames                         (bits of the allocator's bitmap)
 *     nr_steps, then nr_steps times     operation a b
 *
 *     operation 0   frame_alloc(a)
 *     operation 1   frame_alloc_below(a, b)
 *     operation 2   frame_free(what step a got, b); with n in its upper 24
 *                   bits, n frames behind that
 *     operation 3   frame_free(frame a, b)
 *     operation 4   frame_alloc(a) again and again, until there is none
 *
 * Each call is one `mark_step`, with eax = what it returned, edx = what
 * frames_free() says after it, ecx = the step's number. `mark_done` follows
 * the last. No memory of the map's is ever touched, so its frames may lie
 * where the simulated machine has no RAM.
 */
#include "labs/grader/driver.h"

#include "boot.h"
#include "lib.h"

#define MAX_STEPS 1300
#define MAX_BITS (1u << 16)

static struct memory_map map;
uint32_t driver_bitmap[BITMAP_WORDS(MAX_BITS)];
static mfn_t got[MAX_STEPS];
static uint32_t position; /* in the input, in words */

static uint32_t next_word(void)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)(uintptr_t)test_input.data;

    return word[position++];
}

DRIVER_FUNCTION void report(uint32_t result, unsigned step)
{
    DRIVER_MARK(step, result, frames_free(), step);
}

/** Another life of the allocator: what is left of it must not matter. */
static void live_before(void)
{
    static struct memory_map small = { .nr = 1, .range = { { 0x20, 0x60 } } };

    frame_alloc_init(&small, driver_bitmap, 0x80);
    frame_alloc(0);
    frame_alloc(3);
}

static void start(void)
{
    live_before();
    map.nr = next_word();
    for (unsigned i = 0; i < map.nr; i++) {
        map.range[i].start = next_word();
        map.range[i].end = next_word();
    }
    /* Whoever reads one range too many finds every frame in it. */
    map.range[map.nr].end = MAX_BITS;
    /* The bitmap's content is garbage, as after a reset. */
    memset(driver_bitmap, 0x5A, sizeof driver_bitmap);
    frame_alloc_init(&map, driver_bitmap, next_word());
    report(0, 0xFFFFFFFFu);
}

static void step_of(unsigned i)
{
    uint32_t word = next_word(), operation = word & 0xFF;
    uint32_t a = next_word();
    uint32_t b = next_word();

    switch (operation) {
    case 0:
        got[i] = frame_alloc(a);
        report(got[i].n, i);
        break;
    case 1:
        got[i] = frame_alloc_below(a, b);
        report(got[i].n, i);
        break;
    case 2:
        report(frame_free(mfn(got[a].n + (word >> 8)), b), i);
        break;
    case 3:
        report(frame_free(mfn(a), b), i);
        break;
    default:
        do {
            got[i] = frame_alloc(a);
            report(got[i].n, i);
        } while (mfn_valid_number(got[i]));
    }
}

void test_driver_early(const struct boot_info *info)
{
    unsigned nr_steps;

    (void)info;
    start();
    nr_steps = next_word();
    for (unsigned i = 0; i < nr_steps; i++)
        step_of(i);
    DRIVER_MARK(done, nr_steps, 0, 0);
}
