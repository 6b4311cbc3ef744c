/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_page_tables Unit test: the first page tables (exercise 1.2)
 *
 * Property: BOOT-I2. Every page of every section is mapped at its address
 * with its rights, nothing else is mapped, and no reserved bit is set.
 *
 * Method: the host's memory is the machine's (32-bit pointers are machine
 * addresses), the pool is full of garbage, and the tables are walked as the
 * processor would.
 */
#include <string.h>

#include "boot_low.h"
#include "unit.h"

#define POOL_FRAMES 16u

static uint8_t *pool_memory;
static struct table_pool pool;

static void set_up(void)
{
    ck_assert_int_eq(posix_memalign((void **)&pool_memory, PAGE_SIZE,
                                    POOL_FRAMES * PAGE_SIZE), 0);
    memset(pool_memory, 0xA5, POOL_FRAMES * PAGE_SIZE);
    pool.next = (uint32_t)(uintptr_t)pool_memory;
    pool.end = pool.next + POOL_FRAMES * PAGE_SIZE;
}

static void tear_down(void)
{
    free(pool_memory);
}

/** A table that an entry leads to: it must be one of the pool's. */
static const uint64_t *table(uint64_t entry)
{
    uint64_t at = entry & PTE_FRAME;

    ck_assert(at >= (uintptr_t)pool_memory && at < pool.next);
    return (const uint64_t *)(uintptr_t)at;
}

/** The L1 entry of an address, or 0; checks the entries on the way. */
static uint64_t walk(uint32_t l3, uint32_t vaddr)
{
    uint64_t entry = ((const uint64_t *)(uintptr_t)l3)[l3_index(vaddr)];

    if (!(entry & PTE_P))
        return 0;
    ck_assert_uint_eq(entry & ~PTE_FRAME & ~(PTE_PWT | PTE_PCD), PTE_P);
    entry = table(entry)[l2_index(vaddr)];
    if (!(entry & PTE_P))
        return 0;
    ck_assert(!(entry & (PTE_PSE | PTE_NX)));
    ck_assert(entry & PTE_RW);
    return table(entry)[l1_index(vaddr)];
}

/** Count what is mapped in all 4 GB. */
static unsigned count_mapped(uint32_t l3)
{
    const uint64_t *entry = (const uint64_t *)(uintptr_t)l3;
    unsigned nr = 0;

    for (unsigned i = 0; i < L3_ENTRIES; i++)
        for (unsigned j = 0; entry[i] & PTE_P && j < TABLE_ENTRIES; j++) {
            uint64_t l2e = table(entry[i])[j];

            for (unsigned k = 0; l2e & PTE_P && k < TABLE_ENTRIES; k++)
                nr += table(l2e)[k] & PTE_P;
        }
    return nr;
}

static void check_section(uint32_t l3, const struct image_section *s)
{
    const uint64_t care = PTE_P | PTE_RW | PTE_US | PTE_PSE | PTE_GLOBAL |
                          PTE_NX | PTE_FRAME | 0x7FF0000000000000ull;
    uint64_t flags = PTE_P | (s->writable ? PTE_RW : 0) |
                     (s->executable ? 0 : PTE_NX);

    for (uint32_t at = 0; at < s->bytes; at += PAGE_SIZE)
        ck_assert(((walk(l3, s->vaddr + at) ^ ((s->maddr + at) | flags)) &
                   care) == 0);
}

/* The image as it is today, roughly, with its identity pieces. */
static const struct image_section image[] = {
    { "boot code", 0x100000, 0x100000, 0x2000, false, true },
    { "boot data", 0x102000, 0x102000, 0x1000, true, false },
    { "boot stack", 0x150000, 0x150000, 0x4000, true, false },
    { "text", 0xF6903000, 0x103000, 0x20000, false, true },
    { "constants", 0xF6923000, 0x123000, 0x5000, false, false },
    { "data", 0xF6928000, 0x128000, 0x27000, true, false },
    { "stack", 0xF6950000, 0x150000, 0x4000, true, false },
    { "none", 0xF6954000, 0x154000, 0, true, false },
};

START_TEST(test_image)
{
    uint32_t l3 = page_tables_build(image, ARRAY_SIZE(image), &pool);
    unsigned pages = 0;

    ck_assert_uint_ne(l3, 0);
    ck_assert_uint_eq(l3 % 32, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(image); i++) {
        check_section(l3, &image[i]);
        pages += image[i].bytes / PAGE_SIZE;
    }
    ck_assert_uint_eq(count_mapped(l3), pages);
    ck_assert_uint_le(pool.next, pool.end);
}
END_TEST

START_TEST(test_across_tables)
{
    static const struct image_section wide[] = {
        { "over an L1's end", 0x001FF000, 0x5FF000, 0x2000, true, false },
        { "over an L2's end", 0x3FFFF000, 0x700000, 0x2000, false, true },
        { "over two L1s", 0xF6800000, 0x800000, 0x400000, false, false },
        { "the last page", 0xFFFFF000, 0x1000, 0x1000, true, false },
    };
    uint32_t l3 = page_tables_build(wide, ARRAY_SIZE(wide), &pool);

    ck_assert_uint_ne(l3, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(wide); i++)
        check_section(l3, &wide[i]);
    ck_assert_uint_eq(count_mapped(l3), 2 + 2 + 1024 + 1);
}
END_TEST

START_TEST(test_nothing_to_map)
{
    uint32_t l3 = page_tables_build(NULL, 0, &pool);

    ck_assert_uint_ne(l3, 0);
    ck_assert_uint_eq(count_mapped(l3), 0);
}
END_TEST

START_TEST(test_write_and_execute)
{
    static const struct image_section bad = { "both", 0xF6900000, 0x100000,
                                              0x1000, true, true };

    ck_assert_uint_eq(page_tables_build(&bad, 1, &pool), 0);
}
END_TEST

START_TEST(test_same_page_twice)
{
    static const struct image_section bad[] = {
        { "one", 0xF6900000, 0x100000, 0x3000, false, true },
        { "two", 0xF6902000, 0x102000, 0x1000, true, false },
    };

    ck_assert_uint_eq(page_tables_build(bad, 2, &pool), 0);
}
END_TEST

/** Every pool that is too small ends in 0, and not a byte outside it is
 *  written: the rest of the memory keeps its garbage. */
START_TEST(test_small_pool)
{
    struct table_pool all = pool;
    uint32_t needed;

    ck_assert_uint_ne(page_tables_build(image, ARRAY_SIZE(image), &pool), 0);
    needed = (pool.next - all.next) / PAGE_SIZE;
    for (uint32_t nr = 0; nr < needed; nr++) {
        memset(pool_memory, 0xA5, POOL_FRAMES * PAGE_SIZE);
        pool.next = all.next;
        pool.end = all.next + nr * PAGE_SIZE;
        ck_assert_uint_eq(
            page_tables_build(image, ARRAY_SIZE(image), &pool), 0);
        for (uint32_t i = nr * PAGE_SIZE; i < POOL_FRAMES * PAGE_SIZE; i++)
            ck_assert_uint_eq(pool_memory[i], 0xA5);
    }
    pool.next = all.next;
    pool.end = all.next + needed * PAGE_SIZE;
    memset(pool_memory, 0xA5, POOL_FRAMES * PAGE_SIZE);
    ck_assert_uint_ne(page_tables_build(image, ARRAY_SIZE(image), &pool), 0);
}
END_TEST

static Suite *page_tables_suite(void)
{
    Suite *suite = suite_create("boot/page_tables");
    TCase *build = tcase_create("build");

    tcase_add_checked_fixture(build, set_up, tear_down);
    tcase_add_test(build, test_image);
    tcase_add_test(build, test_across_tables);
    tcase_add_test(build, test_nothing_to_map);
    tcase_add_test(build, test_write_and_execute);
    tcase_add_test(build, test_same_page_twice);
    tcase_add_test(build, test_small_pool);
    suite_add_tcase(suite, build);
    return suite;
}

UNIT_MAIN(page_tables_suite())
