/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_memory_map Unit test: the memory map (exercise 1.1)
 *
 * Property: BOOT-I1. A frame is in the map exactly when all of it is RAM and
 * no byte of it is anything else's; ranges ascend and never touch. Taking
 * pieces out keeps that.
 *
 * Method: hand-written maps with holes, overlaps, odd ends, wraps and
 * modules; then thousands of random ones, each compared, frame by frame, with
 * a judge that asks the definition byte range by byte range.
 */
#include <string.h>

#include "boot.h"
#include "unit.h"
#include "xen_abi.h"

#define MB 0x100000ull
#define IMAGE_END_MADDR 0x180000u

static struct boot_info info;
static struct memory_map map;

static void set_up(void)
{
    memset(&info, 0, sizeof(info));
    memset(&map, 0xA5, sizeof(map));
    info.image_end = IMAGE_END_MADDR;
}

static void range(uint64_t base, uint64_t length, uint32_t type)
{
    info.range[info.nr_ranges++] =
        (struct boot_range){ .base = base, .length = length, .type = type };
}

static void module(uint32_t start, uint32_t end)
{
    info.module[info.nr_modules].start = start;
    info.module[info.nr_modules++].end = end;
}

static void check_shape(void)
{
    ck_assert_uint_le(map.nr, MEMORY_MAP_MAX);
    for (unsigned i = 0; i < map.nr; i++) {
        ck_assert_uint_lt(map.range[i].start, map.range[i].end);
        ck_assert_uint_le(map.range[i].end, MAX_FRAMES);
        if (i > 0)
            ck_assert_uint_lt(map.range[i - 1].end, map.range[i].start);
    }
}

/** Build it, and compare with START, END, START, END, ..., 0. */
static void expect(const uint32_t *frames)
{
    ck_assert_int_eq(memory_map_build(&info, &map), frames[0] ? 0 : -ENOMEM);
    check_shape();
    for (unsigned i = 0; i < map.nr; i++) {
        ck_assert_uint_eq(map.range[i].start, *frames++);
        ck_assert_uint_eq(map.range[i].end, *frames++);
    }
    ck_assert_uint_eq(*frames, 0);
}

#define EXPECT(...) expect((const uint32_t[]){ __VA_ARGS__, 0 })

START_TEST(test_plain)
{
    range(0, 0x9FC00, BOOT_RAM);
    range(MB, 63 * MB, BOOT_RAM);
    EXPECT(0x180, 0x4000);
}
END_TEST

START_TEST(test_nothing)
{
    EXPECT(0);
    range(0, 0x9FC00, BOOT_RAM);
    EXPECT(0); /* all of it is below the image's end */
    range(2 * MB, MB, 2);
    EXPECT(0);
}
END_TEST

START_TEST(test_hole)
{
    range(MB, 15 * MB, BOOT_RAM);
    range(17 * MB, 15 * MB, BOOT_RAM);
    EXPECT(0x180, 0x1000, 0x1100, 0x2000);
}
END_TEST

START_TEST(test_order_and_touching)
{
    range(8 * MB, 8 * MB, BOOT_RAM);
    range(2 * MB, 2 * MB, BOOT_RAM);
    range(4 * MB, 4 * MB, BOOT_RAM);
    EXPECT(0x200, 0x1000);
}
END_TEST

START_TEST(test_overlap)
{
    range(2 * MB, 4 * MB, BOOT_RAM);
    range(3 * MB, 5 * MB, BOOT_RAM);
    range(3 * MB, MB, BOOT_RAM);
    EXPECT(0x200, 0x800);
}
END_TEST

START_TEST(test_reserved_wins)
{
    range(2 * MB, 6 * MB, BOOT_RAM);
    range(4 * MB, MB, 2);
    EXPECT(0x200, 0x400, 0x500, 0x800);
    range(4 * MB, MB, BOOT_RAM); /* whoever says so last does not matter */
    EXPECT(0x200, 0x400, 0x500, 0x800);
}
END_TEST

START_TEST(test_odd_ends)
{
    range(2 * MB + 1, 2 * MB - 2, BOOT_RAM);
    EXPECT(0x201, 0x3FF);
    range(3 * MB + 0xFFF, 2, 3); /* two bytes, two frames */
    EXPECT(0x201, 0x300, 0x302, 0x3FF);
}
END_TEST

START_TEST(test_less_than_a_frame)
{
    range(2 * MB + 1, 4096 + 4094, BOOT_RAM);
    EXPECT(0);
    range(2 * MB + 1, 0, 2); /* nothing is nothing, even at an odd place */
    range(4 * MB, MB, BOOT_RAM);
    range(4 * MB + 0x1801, 0, 2);
    EXPECT(0x400, 0x500);
}
END_TEST

/** Half a frame each: together it would be whole, but nobody says that the
 *  two are the same memory. */
START_TEST(test_halves_do_not_make_a_frame)
{
    range(2 * MB, 0x800, BOOT_RAM);
    range(2 * MB + 0x800, 0x800, BOOT_RAM);
    range(3 * MB, MB, BOOT_RAM);
    EXPECT(0x300, 0x400);
}
END_TEST

START_TEST(test_wrap)
{
    range(2 * MB, MB, BOOT_RAM);
    range(8 * MB, 0ull - 4 * MB, BOOT_RAM); /* a lie: counts as nothing */
    EXPECT(0x200, 0x300);
    range(2 * MB + 0x80000, 0ull - MB, 2); /* a lie: reserved to the top */
    EXPECT(0x200, 0x280);
}
END_TEST

START_TEST(test_exact_top)
{
    range(2 * MB, MB, BOOT_RAM);
    range(0xFFFFFFFFFFFFF000ull, 0xFFF, 2);
    range(0xFFFFFFFFFFFFF000ull, 0x1000, 2); /* ends at 2^64: that is 0 */
    EXPECT(0x200, 0x300);
}
END_TEST

START_TEST(test_above_16_gb)
{
    range(0x3FFF00000ull, 64 * MB, BOOT_RAM);
    range(0x400000000ull, 64 * MB, BOOT_RAM);
    range(0xFFFFFFFFF0000000ull, MB, BOOT_RAM);
    EXPECT(0x3FFF00, 0x400000);
}
END_TEST

START_TEST(test_modules)
{
    range(MB, 31 * MB, BOOT_RAM);
    module(0x400000, 0x400001);
    module(0x500FFF, 0x502000);
    module(0x700000, 0x700000); /* empty */
    module(0x900000, 0x800000); /* ends before it starts */
    module(0xFFFFF000, 0xFFFFFFFF);
    EXPECT(0x180, 0x400, 0x401, 0x500, 0x502, 0x2000);
}
END_TEST

START_TEST(test_image_end_odd)
{
    info.image_end = 0x180001;
    range(MB, 3 * MB, BOOT_RAM);
    EXPECT(0x181, 0x400);
}
END_TEST

/** Every second frame: the most ranges that a boot_info can make. */
START_TEST(test_most_ranges)
{
    range(MB, 255 * MB, BOOT_RAM);
    while (info.nr_ranges < BOOT_MAX_RANGES)
        range(4 * MB + info.nr_ranges * 0x4000, 0x1000, 2);
    while (info.nr_modules < BOOT_MAX_MODULES) {
        uint32_t start = 0x800000 + info.nr_modules * 0x4000;

        module(start, start + 0x1000);
    }
    ck_assert_int_eq(memory_map_build(&info, &map), 0);
    check_shape();
    ck_assert_uint_eq(map.nr, BOOT_MAX_RANGES + BOOT_MAX_MODULES);
    ck_assert_uint_eq(memory_map_frames(&map),
                      0x10000 - 0x180 - (BOOT_MAX_RANGES - 1) -
                          BOOT_MAX_MODULES);
}
END_TEST

/** Does [a, a + bytes) have a byte in common with [start, end)? */
static bool meets(uint64_t a, uint64_t bytes, uint64_t start, uint64_t end)
{
    return start < end && a < end && start < a + bytes;
}

/** The definition, for one frame. */
static bool should_be_usable(uint32_t frame)
{
    uint64_t at = (uint64_t)frame << PAGE_SHIFT;
    bool ram = false;

    if (at < info.image_end)
        return false;
    for (unsigned i = 0; i < info.nr_ranges; i++) {
        uint64_t base = info.range[i].base;
        uint64_t end = base + info.range[i].length;
        bool wraps = end < base;

        if (info.range[i].type == BOOT_RAM)
            ram = ram || (!wraps && base <= at && at + PAGE_SIZE <= end);
        else if (meets(at, PAGE_SIZE, base, wraps ? UINT64_MAX : end))
            return false;
    }
    for (unsigned i = 0; i < info.nr_modules; i++)
        if (meets(at, PAGE_SIZE, info.module[i].start, info.module[i].end))
            return false;
    return ram;
}

#define SPACE_FRAMES 0x400u

static uint32_t random_address(uint32_t *seed)
{
    uint32_t address = unit_random(seed) % (SPACE_FRAMES * PAGE_SIZE);

    return unit_random(seed) % 2 ? address & PAGE_MASK : address;
}

START_TEST(test_random)
{
    uint32_t seed = 2463534242u;

    for (unsigned round = 0; round < 3000; round++) {
        unsigned next = 0;

        set_up();
        for (unsigned n = unit_random(&seed) % 12; n > 0; n--) {
            uint64_t base = random_address(&seed);
            uint64_t length = random_address(&seed) / 2;

            if (unit_random(&seed) % 16 == 0)
                length = 0 - length;
            range(base, length, unit_random(&seed) % 3 ? BOOT_RAM : 2);
        }
        for (unsigned n = unit_random(&seed) % 4; n > 0; n--)
            module(random_address(&seed), random_address(&seed));
        info.image_end = random_address(&seed) / 4;

        memory_map_build(&info, &map);
        check_shape();
        for (uint32_t frame = 0; frame < SPACE_FRAMES; frame++) {
            while (next < map.nr && map.range[next].end <= frame)
                next++;
            ck_assert_int_eq(next < map.nr && map.range[next].start <= frame,
                             should_be_usable(frame));
        }
    }
}
END_TEST

START_TEST(test_take)
{
    mfn_t first;

    range(2 * MB, 2 * MB, BOOT_RAM);
    range(8 * MB, MB, BOOT_RAM);
    ck_assert_int_eq(memory_map_build(&info, &map), 0);
    ck_assert_uint_eq(memory_map_end(&map), 0x900);
    ck_assert_uint_eq(memory_map_frames(&map), 0x300);

    /* The highest piece; the end of a range; its start. */
    ck_assert(memory_map_take(&map, 16, 1, MAX_FRAMES, &first));
    ck_assert_uint_eq(first.n, 0x8F0);
    /* Aligned, in the middle: a hole. */
    ck_assert(memory_map_take(&map, 0x20, 0x40, MAX_FRAMES, &first));
    ck_assert_uint_eq(first.n, 0x8C0);
    ck_assert_uint_eq(map.nr, 3);
    check_shape();
    /* Below a limit. */
    ck_assert(memory_map_take(&map, 0x100, 0x100, 0x3FF, &first));
    ck_assert_uint_eq(first.n, 0x200);
    check_shape();
    /* All of a range: it is gone. */
    ck_assert(memory_map_take(&map, 0x10, 1, MAX_FRAMES, &first));
    ck_assert_uint_eq(first.n, 0x8E0);
    ck_assert_uint_eq(map.nr, 2);
    check_shape();
    /* Too large: nothing changes. */
    ck_assert(!memory_map_take(&map, 0x101, 1, MAX_FRAMES, &first));
    ck_assert(!memory_map_take(&map, 1, 1, 0x300, &first));
    ck_assert_uint_eq(memory_map_frames(&map), 0x1C0);
}
END_TEST

static Suite *memory_map_suite(void)
{
    Suite *suite = suite_create("boot/memory_map");
    TCase *build = tcase_create("build"), *take = tcase_create("take");

    tcase_add_checked_fixture(build, set_up, NULL);
    tcase_add_checked_fixture(take, set_up, NULL);
    tcase_set_timeout(build, 60);
    tcase_add_test(build, test_plain);
    tcase_add_test(build, test_nothing);
    tcase_add_test(build, test_hole);
    tcase_add_test(build, test_order_and_touching);
    tcase_add_test(build, test_overlap);
    tcase_add_test(build, test_reserved_wins);
    tcase_add_test(build, test_odd_ends);
    tcase_add_test(build, test_less_than_a_frame);
    tcase_add_test(build, test_halves_do_not_make_a_frame);
    tcase_add_test(build, test_wrap);
    tcase_add_test(build, test_exact_top);
    tcase_add_test(build, test_above_16_gb);
    tcase_add_test(build, test_modules);
    tcase_add_test(build, test_image_end_odd);
    tcase_add_test(build, test_most_ranges);
    tcase_add_test(build, test_random);
    tcase_add_test(take, test_take);
    suite_add_tcase(suite, build);
    suite_add_tcase(suite, take);
    return suite;
}

UNIT_MAIN(memory_map_suite())
