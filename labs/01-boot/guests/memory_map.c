/* SPDX-License-Identifier: MIT */
/**
 * @file memory_map.c
 * Driver of the tests 1.1/…: calls memory_map_build() with hand-offs that no
 * boot loader gave.
 *
 * The input is a list of 32-bit words: the number of cases, then for each
 *
 *     image_end  nr_ranges  nr_modules
 *     nr_ranges times   base-low base-high length-low length-high type
 *     nr_modules times  start end
 *
 * After each call the driver executes `mark_map` with eax = the map, edx =
 * what the function returned, ecx = the case's number; after the last one
 * `mark_done`. It knows no answer: the grader computes them, outside.
 */
#include "labs/grader/driver.h"

#include "boot.h"
#include "lib.h"

static struct boot_info info;
static struct memory_map map;
static uint32_t position; /* in the input, in words */

static uint32_t next_word(void)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)(uintptr_t)test_input.data;

    return word[position++];
}

static uint64_t next_pair(void)
{
    uint32_t low = next_word();

    return (uint64_t)next_word() << 32 | low;
}

/** Behind the last range and module: the whole machine is reserved, and the
 *  whole of it is a module. Whoever reads one too many finds out. */
static void litter(void)
{
    if (info.nr_ranges < BOOT_MAX_RANGES)
        info.range[info.nr_ranges] =
            (struct boot_range){ .base = 0, .length = 1ull << 40, .type = 2 };
    if (info.nr_modules < BOOT_MAX_MODULES) {
        info.module[info.nr_modules].start = 0;
        info.module[info.nr_modules].end = 0xFFFFFFFFu;
    }
}

static void read_case(const struct boot_info *real)
{
    memset(&info, 0, sizeof info);
    info.l3 = real->l3;
    info.image_end = next_word();
    info.nr_ranges = next_word();
    info.nr_modules = next_word();
    for (unsigned i = 0; i < info.nr_ranges; i++) {
        info.range[i].base = next_pair();
        info.range[i].length = next_pair();
        info.range[i].type = next_word();
    }
    for (unsigned i = 0; i < info.nr_modules; i++) {
        info.module[i].start = next_word();
        info.module[i].end = next_word();
    }
    litter();
}

DRIVER_FUNCTION void report(int rc, unsigned number)
{
    DRIVER_MARK(map, &map, rc, number);
}

void test_driver_early(const struct boot_info *real)
{
    unsigned nr_cases = next_word();

    for (unsigned i = 0; i < nr_cases; i++) {
        read_case(real);
        /* Whoever counts on a zeroed map finds out. */
        memset(&map, 0xA5, sizeof map);
        report(memory_map_build(&info, &map), i);
    }
    DRIVER_MARK(done, nr_cases, 0, 0);
}
