/* SPDX-License-Identifier: MIT */
/**
 * @file page_tables.c
 * Driver of the tests 1.2/…: calls page_tables_build() with sections and
 * pools that no image has.
 *
 * It runs low, before paging, where page_tables_build() belongs. So each of
 * its functions is BOOT_TEXT, calls nothing that is linked high (the compiler
 * must not make a memset() of a loop: hence `volatile`), and reaches its own
 * data by LOW_ADDRESS().
 *
 * The input is a list of 32-bit words: the number of cases, then for each
 *
 *     pool (machine address)  frames in the pool  nr_sections
 *     nr_sections times   vaddr maddr bytes rights (1 writable, 2 executable)
 *
 * The pool's frames, and one more on either side, are filled with garbage;
 * so is, once, the machine's very first page: before paging, NULL is memory.
 * Two words of the garbage, taken for an entry, are present and lead to a frame
 * of RAM that is all zeros: whoever goes on with a table that could not be had
 * gets somewhere.
 * After each call the driver executes `mark_tables` with eax = what the
 * function returned, edx = pool.next, ecx = the case's number; after the last
 * one `mark_done`. The tables stay in memory, where the grader walks them.
 */
#include "labs/grader/driver.h"

#include "boot.h"

#define MAX_SECTIONS 64

#define GARBAGE 0x03A5A5A5u

static struct image_section sections[MAX_SECTIONS]; /* by LOW_ADDRESS only */

BOOT_TEXT static uint32_t next_word(uint32_t *position)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)LOW_ADDRESS(test_input.data);

    return word[(*position)++];
}

BOOT_TEXT static void litter(uint32_t start, uint32_t end)
{
    for (uint32_t at = start; at < end; at += 4)
        *(volatile uint32_t *)at = GARBAGE;
}

BOOT_TEXT static void report(uint32_t root, uint32_t next, unsigned number)
{
    DRIVER_MARK(tables, root, next, number);
}

BOOT_TEXT static void one_case(unsigned number, uint32_t *position)
{
    volatile struct image_section *s = (void *)LOW_ADDRESS(sections);
    struct table_pool pool;
    unsigned nr;
    uint32_t root;

    pool.next = next_word(position);
    pool.end = pool.next + next_word(position) * PAGE_SIZE;
    litter(pool.next - PAGE_SIZE, pool.end + PAGE_SIZE);
    nr = next_word(position);
    for (unsigned i = 0; i < nr; i++) {
        uint32_t rights;

        s[i].name = NULL;
        s[i].vaddr = next_word(position);
        s[i].maddr = next_word(position);
        s[i].bytes = next_word(position);
        rights = next_word(position);
        s[i].writable = rights & 1;
        s[i].executable = rights & 2;
    }
    root = page_tables_build((const struct image_section *)s, nr, &pool);
    report(root, pool.next, number);
}

BOOT_TEXT void test_driver_low(const struct boot_info *info)
{
    uint32_t position = 0;
    unsigned nr_cases = next_word(&position);

    (void)info;
    litter(0, PAGE_SIZE);
    for (unsigned i = 0; i < nr_cases; i++)
        one_case(i, &position);
    DRIVER_MARK(done, nr_cases, 0, 0);
}
