/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_frame_alloc Unit test: the frame allocator (exercise 1.4)
 *
 * Property: BOOT-I5. No frame is handed out twice, none outside the map, none
 * at or above a limit; blocks are aligned; what was not handed out is not
 * taken back; an allocation fails only when no block is free; the count is
 * right at every step.
 *
 * Method: random sequences against an array with one bool a frame. The bitmap
 * is a heap block of exactly the promised size, full of garbage.
 */
#include <string.h>

#include "boot.h"
#include "lib.h"
#include "unit.h"

#define FRAMES 5000u

static uint32_t *bitmap;
static struct memory_map map;
static bool usable[FRAMES + 2000], held[FRAMES + 2000];

static void add(uint32_t start, uint32_t end)
{
    map.range[map.nr++] = (struct frame_range){ start, end };
    for (uint32_t i = start; i < end; i++)
        usable[i] = true;
}

static void start(uint32_t nr_frames)
{
    free(bitmap);
    bitmap = malloc(BITMAP_WORDS(nr_frames) * sizeof(*bitmap));
    memset(bitmap, 0xA5, BITMAP_WORDS(nr_frames) * sizeof(*bitmap));
    memset(held, 0, sizeof(held));
    frame_alloc_init(&map, bitmap, nr_frames);
}

static void set_up(void)
{
    memset(&map, 0, sizeof(map));
    memset(usable, 0, sizeof(usable));
    add(3, 7);
    add(64, 96);
    add(100, 1000);
    add(1003, 1004);
    add(1024, 4097);
    add(4999, 5000);
    start(FRAMES);
}

static void tear_down(void)
{
    free(bitmap);
    bitmap = NULL;
}

static uint32_t count_free(void)
{
    uint32_t nr = 0;

    for (uint32_t i = 0; i < FRAMES; i++)
        nr += usable[i] && !held[i];
    return nr;
}

/** Whether a block could be handed out, by the definition. */
static bool exists(unsigned order, uint32_t limit)
{
    uint32_t size = 1u << order;

    for (uint32_t first = 0; first + size <= FRAMES && first + size <= limit;
         first += size) {
        bool all = true;

        for (uint32_t i = first; all && i < first + size; i++)
            all = usable[i] && !held[i];
        if (all)
            return true;
    }
    return false;
}

/** Allocate, and check what came. */
static mfn_t take(unsigned order, uint32_t limit)
{
    bool expected = exists(order, limit);
    mfn_t first = frame_alloc_below(order, limit);

    ck_assert_int_eq(mfn_valid_number(first), expected);
    if (!mfn_valid_number(first))
        return first;
    ck_assert_uint_eq(first.n % (1u << order), 0);
    for (uint32_t i = first.n; i < first.n + (1u << order); i++) {
        ck_assert_uint_lt(i, FRAMES);
        ck_assert_uint_lt(i, limit);
        ck_assert(usable[i] && !held[i]);
        held[i] = true;
    }
    return first;
}

START_TEST(test_every_frame_once)
{
    uint32_t nr = frames_free();

    ck_assert_uint_eq(nr, count_free());
    for (; nr > 0; nr--) {
        take(0, MAX_FRAMES);
        ck_assert_uint_eq(frames_free(), nr - 1);
    }
    ck_assert(!mfn_valid_number(frame_alloc(0)));
    ck_assert_uint_eq(frames_free(), 0);
}
END_TEST

START_TEST(test_limits)
{
    ck_assert(!mfn_valid_number(frame_alloc_below(0, 0)));
    ck_assert(!mfn_valid_number(frame_alloc_below(0, 3)));
    ck_assert_uint_eq(take(0, 4).n, 3);
    ck_assert(!mfn_valid_number(frame_alloc_below(0, 4)));
    ck_assert(!mfn_valid_number(frame_alloc_below(5, 95)));
    ck_assert_uint_eq(take(5, 96).n, 64);
    ck_assert(!mfn_valid_number(frame_alloc_below(FRAME_MAX_ORDER + 1,
                                                  MAX_FRAMES)));
    ck_assert(!mfn_valid_number(frame_alloc_below(31, 0xFFFFFFFF)));
    ck_assert(!mfn_valid_number(frame_alloc_below(32, 0xFFFFFFFF)));
    ck_assert(!mfn_valid_number(frame_alloc_below(0xFFFFFFFF, 0xFFFFFFFF)));
}
END_TEST

/** Frames of the map beyond nr_frames are never handed out. */
START_TEST(test_map_beyond_the_end)
{
    add(5001, 6000);
    start(3001);
    ck_assert_uint_eq(frames_free(), 4 + 32 + 900 + 1 + (3001 - 1024));
    for (mfn_t m = frame_alloc(0); mfn_valid_number(m); m = frame_alloc(0))
        ck_assert_uint_lt(m.n, 3001);
    ck_assert(!frame_free(mfn(5001), 0));
    ck_assert(!frame_free(mfn(3001), 0));
}
END_TEST

START_TEST(test_free_refuses)
{
    mfn_t block = take(3, MAX_FRAMES);
    uint32_t before = frames_free();

    ck_assert(!frame_free(mfn(block.n + 1), 3)); /* not aligned */
    ck_assert(!frame_free(mfn(0), 0));           /* not in the map */
    ck_assert(!frame_free(mfn(6), 1));           /* half in the map */
    ck_assert(!frame_free(mfn(1002), 1));
    ck_assert(!frame_free(mfn(FRAMES), 0));
    ck_assert(!frame_free(INVALID_MFN, 0));
    ck_assert(!frame_free(mfn(0xFFFFFFF8), 3));
    ck_assert(!frame_free(mfn(0), 32));
    ck_assert(!frame_free(block, FRAME_MAX_ORDER + 1));
    ck_assert(!frame_free(mfn(200), 0));         /* free already */
    ck_assert(!frame_free(mfn(block.n & ~15u), 4)); /* half of it is free */
    ck_assert_uint_eq(frames_free(), before);

    ck_assert(frame_free(block, 3));
    ck_assert(!frame_free(block, 3)); /* twice */
    ck_assert_uint_eq(frames_free(), before + 8);
}
END_TEST

/** A block may come back in pieces; together they are a block again. */
START_TEST(test_free_in_pieces)
{
    mfn_t block = take(FRAME_MAX_ORDER, MAX_FRAMES);
    mfn_t again;

    ck_assert(mfn_valid_number(block));
    for (uint32_t i = 0; i < 1u << FRAME_MAX_ORDER; i += 4)
        ck_assert(frame_free(mfn(block.n + i), 2));
    memset(held, 0, sizeof(held));
    again = take(FRAME_MAX_ORDER, MAX_FRAMES);
    ck_assert_uint_eq(again.n, block.n);
}
END_TEST

START_TEST(test_empty_map)
{
    map.nr = 0;
    memset(usable, 0, sizeof(usable));
    start(1);
    ck_assert_uint_eq(frames_free(), 0);
    ck_assert(!mfn_valid_number(frame_alloc(0)));
    ck_assert(!frame_free(mfn(0), 0));
}
END_TEST

#define HELD 512u

START_TEST(test_random)
{
    static struct {
        mfn_t first;
        unsigned order;
    } block[HELD];
    uint32_t seed = 99 + (uint32_t)_i;
    unsigned nr = 0;

    for (unsigned step = 0; step < 6000; step++) {
        bool filling = step / 1000 % 2 == 0;

        if (nr < HELD && unit_random(&seed) % 8 < (filling ? 6 : 2)) {
            unsigned order = unit_random(&seed) % 16;
            uint32_t limit = unit_random(&seed) % 4
                                 ? MAX_FRAMES
                                 : unit_random(&seed) % (FRAMES + 10);

            order = order > FRAME_MAX_ORDER ? 0 : order;
            block[nr].order = order;
            block[nr].first = take(order, limit);
            nr += mfn_valid_number(block[nr].first);
        } else if (nr > 0) {
            unsigned i = unit_random(&seed) % nr;

            ck_assert(frame_free(block[i].first, block[i].order));
            for (uint32_t f = 0; f < 1u << block[i].order; f++)
                held[block[i].first.n + f] = false;
            ck_assert(!frame_free(block[i].first, block[i].order));
            block[i] = block[--nr];
        }
        if (step % 16 == 0)
            ck_assert_uint_eq(frames_free(), count_free());
    }
}
END_TEST

static Suite *frame_alloc_suite(void)
{
    Suite *suite = suite_create("boot/frame_alloc");
    TCase *frames = tcase_create("frames");

    tcase_add_checked_fixture(frames, set_up, tear_down);
    tcase_set_timeout(frames, 60);
    tcase_add_test(frames, test_every_frame_once);
    tcase_add_test(frames, test_limits);
    tcase_add_test(frames, test_map_beyond_the_end);
    tcase_add_test(frames, test_free_refuses);
    tcase_add_test(frames, test_free_in_pieces);
    tcase_add_test(frames, test_empty_map);
    tcase_add_loop_test(frames, test_random, 0, 4);
    suite_add_tcase(suite, frames);
    return suite;
}

UNIT_MAIN(frame_alloc_suite())
