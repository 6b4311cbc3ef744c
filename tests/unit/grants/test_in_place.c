/* SPDX-License-Identifier: MIT */
/**
 * @page unit_grants_in_place Unit test: entries that change places, frames that
 * leave the caches
 *
 * Property: two entries change places as a whole, unless one is mapped; the
 * lines of a frame are flushed for its owner and for who maps it by a grant,
 * for nobody else, and each wrong argument has its error.
 *
 * Method: hypercall 20 in a small world of two domains, whose counts are all
 * recounted after each call.
 */
#include "unit.h"

#include <string.h>

#include "../memory/world.h"
#include "grants.h"

#define SLOT_VA (20u << PAGE_SHIFT) /* its L1 entry is empty */
#define CLEAN GNTTAB_CACHE_CLEAN
#define INVAL GNTTAB_CACHE_INVAL

static struct grant_entry_v1 *own, *others;

static void start(void)
{
    world_start(false, 3);
    ck_assert_int_eq(grant_table_grow(world.d, 1), 0);
    ck_assert_int_eq(grant_table_grow(world.other, 1), 0);
    own = world.d->grants.page[0];
    others = world.other->grants.page[0];
    for (unsigned i = 0; i < 4; i++)
        own[i] = (struct grant_entry_v1){ (uint16_t)i, (domid_t)(10 + i),
                                          100 + i };
}

static int32_t call(uint32_t command, uint32_t nr)
{
    return world_call(do_grant_table_op, command, WORLD_ARGUMENTS, nr, 0);
}

static void *argument(void)
{
    return world_arguments;
}

/** Map an entry of a domain's; the handle. */
static uint32_t map(const struct domain *granter, uint32_t ref)
{
    struct gnttab_map_grant_ref *op = argument();

    *op = (struct gnttab_map_grant_ref){ .host_addr = SLOT_VA, .ref = ref,
                                         .flags = GNTMAP_host_map,
                                         .dom = granter->id };
    ck_assert_int_eq(call(GNTTABOP_map_grant_ref, 1), 0);
    ck_assert_int_eq(op->status, GNTST_okay);
    return op->handle;
}

static void unmap(uint32_t handle)
{
    struct gnttab_unmap_grant_ref *op = argument();

    *op = (struct gnttab_unmap_grant_ref){ .host_addr = SLOT_VA,
                                           .handle = handle };
    ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, 1), 0);
    ck_assert_int_eq(op->status, GNTST_okay);
}

static int swap(uint32_t a, uint32_t b)
{
    struct gnttab_swap_grant_ref *op = argument();

    *op = (struct gnttab_swap_grant_ref){ a, b, 99 };
    ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, 1), 0);
    return op->status;
}

static bool entry_is(uint32_t ref, unsigned was)
{
    return own[ref].flags == was && own[ref].domid == 10 + was &&
           own[ref].frame == 100 + was;
}

START_TEST(test_swap)
{
    struct gnttab_swap_grant_ref *op = argument();

    ck_assert_int_eq(swap(1, 2), GNTST_okay);
    ck_assert(entry_is(1, 2) && entry_is(2, 1) && entry_is(3, 3));
    ck_assert_int_eq(swap(3, 3), GNTST_okay);
    ck_assert(entry_is(3, 3));
    ck_assert_int_eq(swap(1, 512), GNTST_bad_gntref);
    ck_assert_int_eq(swap(UINT32_MAX, 1), GNTST_bad_gntref);
    ck_assert(entry_is(1, 2));
    /* Two elements, the first of them bad. */
    op[0] = (struct gnttab_swap_grant_ref){ 1, 600, 99 };
    op[1] = (struct gnttab_swap_grant_ref){ 1, 2, 99 };
    ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, 2), 0);
    ck_assert(entry_is(1, 1) && entry_is(2, 2));
    ck_assert_int_eq(world_call(do_grant_table_op, GNTTABOP_swap_grant_ref, 0,
                                1, 0), -EFAULT);
}
END_TEST

START_TEST(test_swap_of_one_in_use)
{
    uint32_t handle;

    own[1] = (struct grant_entry_v1){ GTF_permit_access, world.d->id,
                                      world.spare[0].n };
    handle = map(world.d, 1);
    ck_assert_int_eq(swap(1, 2), GNTST_eagain);
    ck_assert_int_eq(swap(2, 1), GNTST_eagain);
    ck_assert(entry_is(2, 2));
    unmap(handle);
    ck_assert_int_eq(swap(1, 2), GNTST_okay);
    ck_assert_uint_eq(own[2].frame, world.spare[0].n);
}
END_TEST

static int32_t flush(uint64_t address, uint16_t offset, uint16_t length,
                     uint32_t op)
{
    struct gnttab_cache_flush *f = argument();

    *f = (struct gnttab_cache_flush){ .a.dev_bus_addr = address,
                                      .offset = offset, .length = length,
                                      .op = op };
    return call(GNTTABOP_cache_flush, 1);
}

START_TEST(test_cache_flush)
{
    uint64_t ours = mfn_to_maddr(world.spare[0]).a;
    uint64_t nobodys = mfn_to_maddr(mfn(1)).a;

    ck_assert_int_eq(flush(ours, 0, 4096, CLEAN), 0);
    ck_assert_int_eq(flush(ours, 4095, 1, CLEAN | INVAL), 0);
    ck_assert_int_eq(flush(ours, 0, 64, INVAL), -EOPNOTSUPP);
    ck_assert_int_eq(flush(ours, 4096, 0, CLEAN), -EINVAL);
    ck_assert_int_eq(flush(ours, 0, 4097, CLEAN), -EINVAL);
    ck_assert_int_eq(flush(ours, 4095, 2, CLEAN), -EINVAL);
    ck_assert_int_eq(flush(ours, 0, 1, 4), -EINVAL);
    ck_assert_int_eq(flush(ours, 0, 1, CLEAN | GNTTAB_CACHE_SOURCE_GREF),
                     -EOPNOTSUPP);
    ck_assert_int_eq(flush(UINT64_MAX, 0, 0, CLEAN), 0);
    ck_assert_int_eq(flush(UINT64_MAX, 0, 1, 0), 0);
    ck_assert_int_eq(flush(UINT64_MAX, 0, 1, CLEAN), -EINVAL);
    ck_assert_int_eq(flush((uint64_t)FAKE_FRAMES << 12, 0, 1, CLEAN),
                     -EINVAL);
    ck_assert_int_eq(flush(nobodys, 0, 1, CLEAN), -EPERM);
    ck_assert_int_eq(world_call(do_grant_table_op, GNTTABOP_cache_flush, 0, 1,
                                0), -EFAULT);
}
END_TEST

START_TEST(test_cache_flush_of_a_foreign_frame)
{
    uint64_t theirs = mfn_to_maddr(world.foreign).a;
    uint32_t handle;

    others[3] = (struct grant_entry_v1){ GTF_permit_access, world.d->id,
                                         world.foreign.n };
    ck_assert_int_eq(flush(theirs, 0, 64, CLEAN), -EINVAL);
    handle = map(world.other, 3);
    ck_assert_int_eq(flush(theirs, 0, 64, CLEAN), 0);
    ck_assert_int_eq(flush(theirs, 0, 64, INVAL), -EOPNOTSUPP);
    /* The guest says where the search goes on: behind all that it has. */
    ck_assert_int_eq(call(GNTTABOP_cache_flush | 77u << 12, 1), -EINVAL);
    unmap(handle);
    ck_assert_int_eq(flush(theirs, 0, 64, CLEAN), -EINVAL);
}
END_TEST

/* A search that takes longer than a share of work goes on where it was. */
START_TEST(test_long_search)
{
    const struct gnttab_cache_flush f = {
        .a.dev_bus_addr = mfn_to_maddr(world.foreign).a, .length = 1,
        .op = CLEAN,
    };
    struct gnttab_map_grant_ref *op = argument();
    uint32_t from = 0;

    others[3] = (struct grant_entry_v1){ GTF_permit_access, world.d->id,
                                         world.foreign.n };
    own[1] = (struct grant_entry_v1){ GTF_permit_access, world.d->id,
                                      world.spare[0].n };
    for (unsigned i = 0; i < 20; i++) {
        *op = (struct gnttab_map_grant_ref){
            .ref = 1, .flags = GNTMAP_device_map, .dom = world.d->id,
        };
        ck_assert_int_eq(call(GNTTABOP_map_grant_ref, 1), 0);
        ck_assert_int_eq(op->status, GNTST_okay);
    }
    (void)map(world.other, 3); /* the last of them all */
    work_reset();
    work_add(WORK_SHARE - 5);
    ck_assert_int_eq(grant_cache_flush(world.d, &f, &from), -ERESTART);
    ck_assert_uint_eq(from, 5);
    work_reset();
    ck_assert_int_eq(grant_cache_flush(world.d, &f, &from), 0);
}
END_TEST

static Suite *in_place_suite(void)
{
    Suite *suite = suite_create("grants/in_place");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, start, NULL);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_swap);
    tcase_add_test(all, test_swap_of_one_in_use);
    tcase_add_test(all, test_cache_flush);
    tcase_add_test(all, test_cache_flush_of_a_foreign_frame);
    tcase_add_test(all, test_long_search);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(in_place_suite())
