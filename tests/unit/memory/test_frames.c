/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_frames Unit test: frame types and counts
 *
 * Property: MM-I1 to MM-I5. References are given only on frames that are the
 * owner's, a type is exclusive while it is in use, the last reference frees,
 * and translations are dropped before a frame is used as something else.
 *
 * Method: frames in a made-up machine; counts are compared with a recount.
 */
#include "unit.h"

#include "fake_cpu.h"
#include "world.h"
#include "xen_abi.h"

static void start(void)
{
    world_start(false, 1);
}

START_TEST(test_get_and_put)
{
    mfn_t m = world.spare[0];

    ck_assert(frame_get(m, world.d));
    ck_assert_uint_eq(frame_info(m)->count, 2);
    frame_put(m);
    ck_assert_uint_eq(frame_info(m)->count, 1);
    world_check("end");
}
END_TEST

START_TEST(test_get_refused)
{
    mfn_t m = world.spare[0];

    ck_assert(!frame_get(world.foreign, world.d));
    ck_assert(!frame_get(m, world.other));
    ck_assert(!frame_get(mfn(FAKE_FRAMES), world.d));
    ck_assert(!frame_get(INVALID_MFN, world.d));
    ck_assert(!frame_get(mfn(1), world.d));  /* nobody's */
    ck_assert(!frame_get(mfn(1), NULL));     /* free, whoever asks */
    world_check("end");
    frame_info(m)->count = FRAME_COUNT_MAX - 1;
    ck_assert(frame_get(m, world.d));
    ck_assert(!frame_get(m, world.d));
    ck_assert_uint_eq(frame_info(m)->count, FRAME_COUNT_MAX);
}
END_TEST

/* The last reference: content gone, off the list, the allocator's again. */
START_TEST(test_last_put_frees)
{
    mfn_t m = world.spare[3];
    uint32_t free = frames_free(), owned = world.d->nr_frames;

    m2p_set(m, 77);
    ((uint8_t *)fake_frame(m))[4095] = 1;
    frame_info(m)->flags &= ~PAGE_ALLOCATED;
    frame_put(m);
    ck_assert_uint_eq(frames_free(), free + 1);
    ck_assert_uint_eq(world.d->nr_frames, owned - 1);
    ck_assert_ptr_null(frame_info(m)->owner);
    ck_assert_uint_eq(m2p_get(m), M2P_INVALID);
    ck_assert_uint_eq(((uint8_t *)fake_frame(m))[4095], 0);
    ck_assert(!frame_get(m, world.d));
    world_check("end");
}
END_TEST

START_TEST(test_list)
{
    uint32_t seen = 0;

    for (uint32_t n = world.d->first_frame; n != 0;
         n = frame_info(mfn(n))->next) {
        uint32_t prev = frame_info(mfn(n))->prev;

        ck_assert(prev == 0 ? world.d->first_frame == n
                            : frame_info(mfn(prev))->next == n);
        seen++;
    }
    ck_assert_uint_eq(seen, world.d->nr_frames);
}
END_TEST

START_TEST(test_limit)
{
    world.other->max_frames = 1;
    ck_assert(!mfn_valid_number(frame_alloc_to(world.other)));
    ck_assert_uint_eq(world.other->nr_frames, 1);
}
END_TEST

/* Every pair of types: the second is refused while the first is in use. */
START_TEST(test_types_exclude_each_other)
{
    static const enum frame_type types[] = {
        FRAME_L1, FRAME_L2, FRAME_SEG_DESC, FRAME_WRITABLE, FRAME_XEN_L2,
    };
    mfn_t m = world.spare[0]; /* all zero: right as any of them */

    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(frame_get_and_type(m, world.d, types[i]), 0);
        for (unsigned j = 0; j < 5; j++) {
            if (i == j)
                continue;
            ck_assert_int_eq(frame_get_and_type(m, world.d, types[j]),
                             -EINVAL);
            ck_assert_int_eq(frame_info(m)->type, types[i]);
        }
        frame_put_and_type(m);
        ck_assert_int_eq(frame_info(m)->type, types[i]); /* remembered */
        ck_assert_uint_eq(frame_info(m)->type_count, 0);
        ck_assert(!(frame_info(m)->flags & PAGE_VALIDATED));
        world_check("between types");
    }
}
END_TEST

START_TEST(test_type_is_shared)
{
    mfn_t m = world.spare[0];

    ck_assert_int_eq(frame_get_and_type(m, world.d, FRAME_L1), 0);
    ck_assert_int_eq(frame_get_and_type(m, world.d, FRAME_L1), 0);
    ck_assert_uint_eq(frame_info(m)->type_count, 2);
    ck_assert_uint_eq(frame_info(m)->count, 3);
    frame_put_and_type(m);
    ck_assert(frame_info(m)->flags & PAGE_VALIDATED);
    frame_put_and_type(m);
    world_check("end");
}
END_TEST

START_TEST(test_slot_3_l2_is_not_shared)
{
    ck_assert_int_eq(frame_get_and_type(world.xen_l2, world.d, FRAME_XEN_L2),
                     -EINVAL);
    ck_assert_int_eq(frame_get_and_type(world.xen_l2, world.d, FRAME_L2),
                     -EINVAL);
    world_check("end");
}
END_TEST

START_TEST(test_type_count_at_its_limit)
{
    mfn_t m = world.page[0];

    frame_info(m)->type_count = FRAME_COUNT_MAX;
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), -EINVAL);
    ck_assert_uint_eq(frame_info(m)->type_count, FRAME_COUNT_MAX);
}
END_TEST

/* A frame that cannot be what it should: no type, no count is left. */
START_TEST(test_failed_validation)
{
    mfn_t m = world.spare[0];

    world_poke(m, 5, entry_for(world.page[0], PTE_P | PTE_RW));
    world_poke(m, 6, entry_for(world.foreign, PTE_P));
    ck_assert_int_eq(frame_get_and_type(m, world.d, FRAME_L1), -EBUSY);
    ck_assert_uint_eq(frame_info(m)->type_count, 0);
    ck_assert_uint_eq(frame_info(m)->count, 1);
    ck_assert(!(frame_info(m)->flags & PAGE_VALIDATED));
    world_check("end");
}
END_TEST

/* --- Flushes (exercise 3.4) ------------------------------------------ */

static unsigned flushes(void)
{
    return fake_count(FAKE_WRITE_CR3);
}

static void use_as(mfn_t m, enum frame_type type)
{
    ck_assert_int_eq(frame_get_and_type(m, world.d, type), 0);
    frame_put_and_type(m);
}

/** Take a writable mapping away and do not flush. */
static void unmap_page(unsigned i)
{
    struct entry_update u = { .owner = world.d, .page_owner = world.d,
                              .table = world.l1, .index = i };

    ck_assert_int_eq(entry_update(&u), 0);
}

START_TEST(test_flush_before_another_type)
{
    unsigned before;

    flush_all();
    before = flushes();
    unmap_page(0);
    ck_assert_uint_eq(flushes(), before); /* the guest's own business */
    use_as(world.page[0], FRAME_L1);
    ck_assert_uint_eq(flushes(), before + 1);
    /* The same type again needs none, whatever else was taken away. */
    unmap_page(1);
    use_as(world.page[0], FRAME_L1);
    ck_assert_uint_eq(flushes(), before + 1);
}
END_TEST

START_TEST(test_no_flush_when_nothing_was_taken)
{
    unsigned before;

    flush_all();
    before = flushes();
    use_as(world.spare[0], FRAME_L1);
    use_as(world.spare[0], FRAME_WRITABLE);
    ck_assert_uint_eq(flushes(), before);
}
END_TEST

START_TEST(test_flush_before_free)
{
    unsigned before;

    flush_all();
    before = flushes();
    frame_info(world.page[0])->flags &= ~PAGE_ALLOCATED;
    frame_put(world.page[0]); /* the owner's; the mapping's is left */
    ck_assert_uint_eq(flushes(), before);
    unmap_page(0);
    ck_assert_uint_eq(flushes(), before + 1);
    ck_assert_ptr_null(frame_info(world.page[0])->owner);
}
END_TEST

START_TEST(test_one_page_is_not_everything)
{
    unsigned before;

    flush_all();
    unmap_page(0);
    before = flushes();
    flush_page(0);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 1);
    flush_before_reuse();
    ck_assert_uint_eq(flushes(), before + 1);
    flush_before_reuse();
    ck_assert_uint_eq(flushes(), before + 1);
}
END_TEST

/* A vCPU's own vcpu_info holds its frame: the recount knows it. */
START_TEST(test_recount_knows_vcpu_info)
{
    mfn_t m = world.spare[0];

    ck_assert_int_eq(frame_get_and_type(m, world.d, FRAME_WRITABLE), 0);
    ck_assert_uint_eq(memory_recount(), 1);
    world.v->info_frame = m;
    world_check("with a vcpu_info");
}
END_TEST

static Suite *frames_suite(void)
{
    Suite *suite = suite_create("memory/frames");
    TCase *counts = tcase_create("counts"), *flush = tcase_create("flush");

    tcase_add_checked_fixture(counts, start, NULL);
    tcase_add_test(counts, test_get_and_put);
    tcase_add_test(counts, test_get_refused);
    tcase_add_test(counts, test_last_put_frees);
    tcase_add_test(counts, test_list);
    tcase_add_test(counts, test_limit);
    tcase_add_test(counts, test_types_exclude_each_other);
    tcase_add_test(counts, test_type_is_shared);
    tcase_add_test(counts, test_slot_3_l2_is_not_shared);
    tcase_add_test(counts, test_type_count_at_its_limit);
    tcase_add_test(counts, test_failed_validation);
    tcase_add_test(counts, test_recount_knows_vcpu_info);
    tcase_add_checked_fixture(flush, start, NULL);
    tcase_add_test(flush, test_flush_before_another_type);
    tcase_add_test(flush, test_no_flush_when_nothing_was_taken);
    tcase_add_test(flush, test_flush_before_free);
    tcase_add_test(flush, test_one_page_is_not_everything);
    suite_add_tcase(suite, counts);
    suite_add_tcase(suite, flush);
    return suite;
}

UNIT_MAIN(frames_suite())
