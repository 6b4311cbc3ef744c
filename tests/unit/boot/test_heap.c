/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_heap Unit test: the heap
 *
 * Property: HEAP-I1 to I3. What is handed out is zero, aligned, inside, and
 * overlaps nothing that is held; freeing anything else panics; after all is
 * freed all is free.
 *
 * Method: random allocations and releases; each held piece is filled with a
 * pattern of its own that must still be there when it is freed.
 */
#include <signal.h>
#include <string.h>

#include "boot.h"
#include "lib.h"
#include "unit.h"

#define PAGES 300u
#define MADDR 0x12345000ull

static uint8_t *area;

static void set_up(void)
{
    ck_assert_int_eq(posix_memalign((void **)&area, PAGE_SIZE,
                                    PAGES * PAGE_SIZE), 0);
    memset(area, 0xA5, PAGES * PAGE_SIZE);
    heap_init(area, PAGES * PAGE_SIZE, maddr(MADDR));
}

static void tear_down(void)
{
    free(area);
}

/* One ck_assert() for all: it is a system call. */
static bool all_are(const uint8_t *p, size_t bytes, uint8_t value)
{
    for (size_t i = 0; i < bytes; i++)
        if (p[i] != value)
            return false;
    return true;
}

static void check_piece(const void *piece, size_t bytes, size_t alignment)
{
    const uint8_t *p = piece;

    ck_assert_ptr_nonnull(piece);
    ck_assert_uint_eq((uintptr_t)piece % alignment, 0);
    ck_assert(p >= area && p + bytes <= area + PAGES * PAGE_SIZE);
    ck_assert(all_are(p, bytes, 0));
}

START_TEST(test_sizes)
{
    for (size_t bytes = 1; bytes < 3 * PAGE_SIZE; bytes += 61) {
        void *piece = heap_alloc(bytes);

        check_piece(piece, bytes, bytes > 2048 ? PAGE_SIZE : 16);
        memset(piece, 0xEE, bytes);
        heap_free(piece);
    }
}
END_TEST

START_TEST(test_machine_addresses)
{
    uint8_t *piece = heap_alloc_pages(2);

    ck_assert(heap_maddr(piece).a == MADDR + (size_t)(piece - area));
    ck_assert(heap_maddr(piece + 5000).a ==
              MADDR + (size_t)(piece - area) + 5000);
}
END_TEST

START_TEST(test_no_room)
{
    size_t before = heap_bytes_free();
    unsigned nr = 0;

    ck_assert_ptr_null(heap_alloc(0));
    ck_assert_ptr_null(heap_alloc_pages(0));
    ck_assert_ptr_null(heap_alloc(PAGES * PAGE_SIZE));
    ck_assert_ptr_null(heap_alloc(0xFFFFFFFF));
    ck_assert_ptr_null(heap_alloc_pages(0xFFFFFFFF));
    ck_assert_uint_eq(heap_bytes_free(), before);
    while (heap_alloc_page())
        nr++;
    ck_assert_uint_eq(nr, before / PAGE_SIZE);
    ck_assert_ptr_null(heap_alloc(1));
    ck_assert_uint_eq(heap_bytes_free(), 0);
}
END_TEST

/** Freed pages in a row are one row again, also over the search's start. */
START_TEST(test_rows_grow_together)
{
    size_t all = heap_bytes_free() / PAGE_SIZE;
    void *page[PAGES];

    for (size_t i = 0; i < all; i++)
        page[i] = heap_alloc_page();
    for (size_t i = 0; i < all; i += 2)
        heap_free(page[i]);
    ck_assert_ptr_null(heap_alloc_pages(2));
    for (size_t i = 1; i < all; i += 2)
        heap_free(page[i]);
    ck_assert_ptr_nonnull(heap_alloc_pages((unsigned)all));
}
END_TEST

#define HELD 400u

START_TEST(test_random)
{
    static struct {
        uint8_t *at;
        size_t bytes;
        uint8_t pattern;
    } held[HELD];
    uint32_t seed = 7 + (uint32_t)_i;
    size_t before = heap_bytes_free();
    unsigned nr = 0;

    for (unsigned step = 0; step < 8000; step++) {
        if (nr < HELD && unit_random(&seed) % 8 < (step / 1000 % 2 ? 3 : 5)) {
            size_t bytes = 1 + unit_random(&seed) %
                                   (unit_random(&seed) % 8 ? 300 : 9000);
            uint8_t *at = heap_alloc(bytes);

            if (!at)
                continue;
            check_piece(at, bytes, 16);
            held[nr].at = at;
            held[nr].bytes = bytes;
            held[nr].pattern = (uint8_t)(1 + step % 255);
            memset(at, held[nr].pattern, bytes);
            nr++;
        } else if (nr > 0) {
            unsigned i = unit_random(&seed) % nr;

            ck_assert(all_are(held[i].at, held[i].bytes, held[i].pattern));
            heap_free(held[i].at);
            held[i] = held[--nr];
        }
    }
    while (nr > 0)
        heap_free(held[--nr].at);
    ck_assert_uint_eq(heap_bytes_free(), before);
}
END_TEST

START_TEST(test_free_nothing)
{
    heap_free(NULL);
}
END_TEST

START_TEST(test_double_free_of_a_slot)
{
    void *first = heap_alloc(100);

    ck_assert_ptr_nonnull(heap_alloc(100)); /* keeps the page in use */
    heap_free(first);
    heap_free(first);
}
END_TEST

START_TEST(test_double_free_of_pages)
{
    void *pages = heap_alloc_pages(3);

    heap_free(pages);
    heap_free(pages);
}
END_TEST

START_TEST(test_free_inside_a_slot)
{
    heap_free((uint8_t *)heap_alloc(100) + 16);
}
END_TEST

START_TEST(test_free_inside_pages)
{
    heap_free((uint8_t *)heap_alloc_pages(3) + PAGE_SIZE);
}
END_TEST

START_TEST(test_free_the_table)
{
    heap_free(area);
}
END_TEST

START_TEST(test_free_outside)
{
    heap_free(area + PAGES * PAGE_SIZE);
}
END_TEST

static Suite *heap_suite(void)
{
    Suite *suite = suite_create("boot/heap");
    TCase *use = tcase_create("use"), *misuse = tcase_create("misuse");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_checked_fixture(misuse, set_up, tear_down);
    tcase_set_timeout(use, 60);
    tcase_add_test(use, test_sizes);
    tcase_add_test(use, test_machine_addresses);
    tcase_add_test(use, test_no_room);
    tcase_add_test(use, test_rows_grow_together);
    tcase_add_test(use, test_free_nothing);
    tcase_add_loop_test(use, test_random, 0, 3);
    tcase_add_test_raise_signal(misuse, test_double_free_of_a_slot, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_double_free_of_pages, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_free_inside_a_slot, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_free_inside_pages, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_free_the_table, SIGABRT);
    tcase_add_test_raise_signal(misuse, test_free_outside, SIGABRT);
    suite_add_tcase(suite, use);
    suite_add_tcase(suite, misuse);
    return suite;
}

UNIT_MAIN(heap_suite())
