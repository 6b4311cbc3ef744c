/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_layout Unit test: the layout of a new domain's memory
 *
 * Property: the parts of a new domain lie in the interface's order, aligned
 * and disjoint, the tables cover exactly what is mapped, and an image that
 * does not fit is refused.
 *
 * Method: cases computed by hand from the interface's rules, and thousands of
 * random requests against invariants LAY-I1 to I3.
 */
#include "unit.h"

#include <string.h>

#include "builder.h"
#include "layout.h"
#include "memory.h"
#include "xen_abi.h"

static struct guest_image image;
static struct layout_request request = { .image = &image };
static struct guest_layout layout;
static struct build_error why;

static int compute(uint32_t base, uint32_t start, uint32_t end,
                   uint32_t nr_pages, uint32_t ramdisk_bytes)
{
    image.virt_base = base;
    image.start = start;
    image.end = end;
    request.nr_pages = nr_pages;
    request.ramdisk_bytes = ramdisk_bytes;
    memset(&why, 0, sizeof(why));
    return layout_compute(&request, &layout, &why);
}

static void start(void)
{
    memset(&image, 0, sizeof(image));
    request.ring_pages = false;
}

/* A kernel at 1 MB that ends at 0x101800, with 64 MB. */
START_TEST(test_base_zero)
{
    ck_assert_msg(compute(0, 0x100000, 0x101800, 0x4000, 0) == 0, "%s",
                  why.sentence);
    ck_assert_uint_eq(layout.p2m_va, 0x102000);
    ck_assert_uint_eq(layout.start_info_va, 0x112000); /* 64 KB of list */
    ck_assert_uint_eq(layout.store_va, 0);
    ck_assert_uint_eq(layout.console_va, 0);
    ck_assert_uint_eq(layout.tables_va, 0x113000);
    ck_assert_uint_eq(layout.end, 0x400000);
    ck_assert_uint_eq(layout.nr_l1, 2);
    ck_assert_uint_eq(layout.nr_l2, 2); /* the image's, and slot 3's */
    ck_assert_uint_eq(layout.nr_tables, 5);
    ck_assert_uint_eq(layout.stack_va, 0x118000);
    /* What old Mini-OS computes from it must be what is mapped. */
    ck_assert_uint_eq((layout.nr_tables - 3) * 512 * PAGE_SIZE, layout.end);
}
END_TEST

START_TEST(test_base_3_gb)
{
    ck_assert_int_eq(compute(0xC0000000, 0xC0100000, 0xC0800001, 0x8000, 0),
                     0);
    ck_assert_uint_eq(layout.p2m_va, 0xC0801000);
    ck_assert_uint_eq(layout.end, 0xC0C00000);
    ck_assert_uint_eq(layout.nr_l2, 1); /* one L2 is both */
    ck_assert_uint_eq(layout.nr_l1, 6);
    ck_assert_uint_eq(layout.nr_tables, 8);
}
END_TEST

START_TEST(test_ring_pages)
{
    request.ring_pages = true;
    ck_assert_int_eq(compute(0, 0x100000, 0x101800, 0x4000, 0), 0);
    ck_assert_uint_eq(layout.start_info_va, 0x112000);
    ck_assert_uint_eq(layout.store_va, 0x113000);
    ck_assert_uint_eq(layout.console_va, 0x114000);
    ck_assert_uint_eq(layout.tables_va, 0x115000);
}
END_TEST

START_TEST(test_ramdisk_mapped)
{
    ck_assert_int_eq(compute(0, 0x100000, 0x101800, 0x4000, 4097), 0);
    ck_assert_uint_eq(layout.ramdisk_va, 0x102000);
    ck_assert_uint_eq(layout.ramdisk_pfn, 0x102);
    ck_assert_uint_eq(layout.p2m_va, 0x104000);
}
END_TEST

START_TEST(test_ramdisk_unmapped)
{
    image.ramdisk_unmapped = true;
    ck_assert_int_eq(compute(0, 0x100000, 0x101800, 0x402, 8192), 0);
    ck_assert_uint_eq(layout.ramdisk_va, 0);
    ck_assert_uint_eq(layout.ramdisk_pfn, 0x400); /* behind what is mapped */
    ck_assert_uint_eq(layout.p2m_va, 0x102000);
    ck_assert_int_eq(compute(0, 0x100000, 0x101800, 0x401, 8192), -EINVAL);
}
END_TEST

/* 512 KB must be left after the stack, not 512 KB less a page. */
START_TEST(test_slack)
{
    /* p2m 1, start_info 1, tables 5, stack 1 page: 8 pages after the image. */
    uint32_t most = 0x400000 - 0x80000 - 8 * PAGE_SIZE;

    ck_assert_int_eq(compute(0, 0, most, 1024, 0), 0);
    ck_assert_uint_eq(layout.end, 0x400000);
    ck_assert_int_eq(compute(0, 0, most + 1, 4096, 0), 0);
    ck_assert_uint_eq(layout.end, 0x800000);
}
END_TEST

/* Everything below the end is backed: exactly enough, and one page less. */
START_TEST(test_too_little_memory)
{
    ck_assert_int_eq(compute(0, 0x100000, 0x101800, 0x400, 0), 0);
    ck_assert_int_eq(compute(0, 0x100000, 0x101800, 0x3FF, 0), -EINVAL);
    ck_assert_msg(strstr(why.sentence, "4096 KB") != NULL, "%s",
                  why.sentence);
}
END_TEST

START_TEST(test_no_room_below_the_hypervisor)
{
    /* 16 MB of list, 428 tables and the slack fit into 19 MB. */
    ck_assert_int_eq(compute(0xC0000000, 0xC0000000, M2P_START - 0x1300000,
                             0x400000, 0), 0);
    ck_assert_uint_eq(layout.end, M2P_START);
    ck_assert_int_eq(compute(0xC0000000, 0xC0000000, M2P_START, 0x400000, 0),
                     -EINVAL);
    ck_assert_int_eq(compute(0xC0000000, 0xC0000000, 0xC0001000, 0x400000,
                             0xF0000000), -EINVAL);
}
END_TEST

static void check_invariants(void)
{
    uint32_t part[] = { image.end, layout.p2m_va, layout.start_info_va,
                        layout.tables_va, layout.stack_va };
    uint64_t first_l1 = image.virt_base & ~0x1FFFFFu;
    uint32_t mapped = (layout.end - image.virt_base) / PAGE_SIZE;

    for (unsigned i = 1; i < sizeof(part) / sizeof(part[0]); i++) {
        ck_assert_uint_ge(part[i], part[i - 1]);
        ck_assert_uint_eq(part[i] % PAGE_SIZE, 0);
    }
    ck_assert_uint_ge(layout.start_info_va - layout.p2m_va,
                      request.nr_pages * 4ull);
    ck_assert_uint_eq(layout.stack_va,
                      layout.tables_va + layout.nr_tables * PAGE_SIZE);
    ck_assert_uint_ge(layout.end - layout.stack_va, 0x80000 + PAGE_SIZE);
    ck_assert_uint_lt(layout.end - layout.stack_va, 0x400000 + 0x81000);
    ck_assert_uint_eq(layout.end % 0x400000, 0);
    ck_assert_uint_le(layout.end, M2P_START);
    ck_assert_uint_le(mapped, request.nr_pages);
    ck_assert_uint_eq(layout.nr_tables, 1 + layout.nr_l2 + layout.nr_l1);
    ck_assert_uint_eq(first_l1 + layout.nr_l1 * 0x200000ull, layout.end);
    if (request.ramdisk_bytes != 0 && !image.ramdisk_unmapped)
        ck_assert_uint_le(layout.ramdisk_va + request.ramdisk_bytes,
                          layout.p2m_va);
}

START_TEST(test_random)
{
    uint32_t state = 1;
    unsigned accepted = 0;

    for (unsigned i = 0; i < 6000; i++) {
        uint32_t base = unit_random(&state) & 0xE0200000 & PAGE_MASK;
        uint32_t first = base + unit_random(&state) % 0x1000000;
        uint32_t shift = unit_random(&state) % 28;
        uint32_t bytes = 1 + (unit_random(&state) >> shift);

        image.ramdisk_unmapped = unit_random(&state) & 1;
        if (first < base || first + bytes < first || first + bytes > M2P_START)
            continue;
        if (compute(base, first, first + bytes,
                    unit_random(&state) % 0x40000,
                    unit_random(&state) >> (unit_random(&state) % 31)) != 0) {
            ck_assert(why.sentence[0] != '\0');
            continue;
        }
        accepted++;
        check_invariants();
    }
    ck_assert_uint_gt(accepted, 500);
}
END_TEST

static Suite *layout_suite(void)
{
    Suite *suite = suite_create("domain/layout");
    TCase *tcase = tcase_create("layout");

    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, test_base_zero);
    tcase_add_test(tcase, test_base_3_gb);
    tcase_add_test(tcase, test_ring_pages);
    tcase_add_test(tcase, test_ramdisk_mapped);
    tcase_add_test(tcase, test_ramdisk_unmapped);
    tcase_add_test(tcase, test_slack);
    tcase_add_test(tcase, test_too_little_memory);
    tcase_add_test(tcase, test_no_room_below_the_hypervisor);
    tcase_add_test(tcase, test_random);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(layout_suite())
