/* SPDX-License-Identifier: MIT */
/**
 * @page unit_extents Unit test: large extents, in pieces
 *
 * Property: an extent of up to 1,024 frames comes and goes as a whole, though
 * no part of the call does much more than a share of work; whatever the guest
 * does between two parts, no frame is lost, none is given twice, and none keeps
 * what its last owner had in it.
 *
 * Method: calls as a control domain, part by part, with all counts recounted
 * after each; between two parts the arguments are changed, other calls made,
 * the domain's limit lowered, the call given up.
 */
#include "unit.h"

#include <string.h>

#include "memory_op.h"
#include "world.h"
#include "xen_abi.h"

#define LIST 0x1000u /* offset of the list of frames in the window */
#define OUT_LIST 0x2000u
#define NOWHERE 0x30000000u
#define BIG 10u /* an order */
#define BIG_FRAMES (1u << BIG)

static uint32_t *const list = (uint32_t *)(void *)(world_arguments + LIST);
static uint32_t *const out_list =
    (uint32_t *)(void *)(world_arguments + OUT_LIST);
static struct xen_memory_reservation *const reservation =
    (struct xen_memory_reservation *)(void *)world_arguments;
static struct xen_memory_exchange *const exchange =
    (struct xen_memory_exchange *)(void *)world_arguments;

static uint32_t free_before, owned_before;

static void note(void)
{
    free_before = frames_free();
    owned_before = world.d->nr_frames;
}

static void start(void)
{
    world_start(true, 0); /* frames in their order: there are runs */
    world.d->max_frames = 7000;
    note();
}

static struct xen_memory_reservation request(uint32_t nr, unsigned order,
                                             uint32_t at)
{
    struct xen_memory_reservation r = { .nr_extents = nr,
                                        .extent_order = order,
                                        .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, (void *)(WORLD_ARGUMENTS + at));
    return r;
}

/** One part of a call, as the guest would make it next. */
static int32_t part(void)
{
    uint32_t arg[HYPERCALL_ARGS];
    int32_t result;

    memcpy(arg, world_rest, sizeof(arg));
    world_continued = false;
    result = do_memory_op(arg);
    ck_assert_uint_le(work_done, WORK_SHARE + 2 * MOVE_WORK * BIG_FRAMES + 100);
    world_check("after a part of a call");
    return result;
}

/** The first part of a call whose request is in place. */
static int32_t first_part(unsigned cmd)
{
    memcpy(world_rest, (uint32_t[HYPERCALL_ARGS]){ cmd, WORLD_ARGUMENTS },
           sizeof(world_rest));
    return part();
}

static int32_t rest(void)
{
    int32_t result = 0;

    for (world_continuations = 0; world_continued; world_continuations++)
        result = part();
    return result;
}

static int32_t reserve(unsigned cmd, uint32_t nr, unsigned order)
{
    int32_t result;

    *reservation = request(nr, order, LIST);
    result = first_part(cmd);
    return world_continued ? rest() : result;
}

/** A populate of one large extent, interrupted after `parts` parts. */
static void interrupted(unsigned parts)
{
    *reservation = request(1, BIG, LIST);
    list[0] = 0x400;
    (void)first_part(XENMEM_populate_physmap);
    while (--parts > 0)
        (void)part();
    ck_assert(world_continued);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
    ck_assert_uint_eq(frames_free(), free_before - BIG_FRAMES);
}

static bool all_zero(mfn_t m)
{
    static const uint8_t zeros[PAGE_SIZE];

    return memcmp(fake_frame(m), zeros, PAGE_SIZE) == 0;
}

/** An extent that the domain was given. */
static void check_given(uint32_t first, uint32_t nr, uint32_t first_pfn)
{
    ck_assert_uint_eq(first % nr, 0);
    for (uint32_t i = 0; i < nr; i++) {
        ck_assert_ptr_eq(frame_info(mfn(first + i))->owner, world.d);
        ck_assert_uint_eq(m2p_get(mfn(first + i)), first_pfn + i);
        ck_assert(all_zero(mfn(first + i)));
    }
}

START_TEST(test_populate)
{
    interrupted(3);
    ck_assert_uint_eq(list[0], 0x400);
    ck_assert_int_eq(rest(), 1);
    ck_assert_uint_ge(world_continuations, 10);
    check_given(list[0], BIG_FRAMES, 0x400);
    ck_assert_uint_eq(world.d->nr_frames, owned_before + BIG_FRAMES);
    ck_assert_uint_eq(frames_free(), free_before - BIG_FRAMES);
}
END_TEST

START_TEST(test_several)
{
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, 3, BIG), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(all_zero(mfn(list[i] + BIG_FRAMES - 1)));
    ck_assert_uint_eq(world.d->nr_frames, owned_before + 3 * BIG_FRAMES);
}
END_TEST

/* What comes back is empty, and wholly back once the rest was asked for. */
START_TEST(test_decrease)
{
    uint32_t first;

    ck_assert_int_eq(reserve(XENMEM_populate_physmap, 1, BIG), 1);
    first = list[0];
    for (uint32_t i = 0; i < BIG_FRAMES; i++)
        memset(fake_frame(mfn(first + i)), 0x5A, PAGE_SIZE);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, 1, BIG), 1);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
    ck_assert_uint_lt(frames_free(), free_before);
    /* Any call about memory goes on with it; none is done before. */
    for (unsigned i = 0; frames_free() < free_before; i++) {
        ck_assert_uint_lt(i, 100);
        first_part(XENMEM_maximum_ram_page);
    }
    for (uint32_t i = 0; i < BIG_FRAMES; i++) {
        ck_assert(all_zero(mfn(first + i)));
        ck_assert(!frame_get(mfn(first + i), world.d));
        ck_assert(!frame_get(mfn(first + i), NULL));
    }
}
END_TEST

/* One of the extent's frames is pinned: it goes later. One is foreign: the
 * frames before it are given back. */
START_TEST(test_decrease_stops)
{
    uint32_t first;

    ck_assert_int_eq(reserve(XENMEM_populate_physmap, 1, 8), 1);
    first = list[0];
    ck_assert_int_eq(table_pin(world.d, mfn(first + 9), FRAME_L1), 0);
    ck_assert(frame_disown(world.d, mfn(first + 100)));
    ck_assert_int_eq(first_part(XENMEM_decrease_reservation), 0);
    ck_assert_uint_eq(world.d->nr_frames, owned_before + 256 - 100);
    ck_assert_int_eq(table_unpin(world.d, mfn(first + 9)), 0);
    ck_assert_uint_eq(world.d->nr_frames, owned_before + 256 - 101);
}
END_TEST

/* --- What a guest may do between two parts ----------------------------- */

START_TEST(test_other_call)
{
    interrupted(5);
    *reservation = request(1, 0, LIST);
    ck_assert_int_eq(first_part(XENMEM_increase_reservation), 1);
    ck_assert_uint_eq(frames_free(), free_before - 1);
    ck_assert_uint_eq(world.v->extents.nr, 0);
}
END_TEST

START_TEST(test_other_order)
{
    interrupted(5);
    reservation->extent_order = 9;
    ck_assert_int_eq(rest(), 1);
    check_given(list[0], 512, 0x400);
    ck_assert_uint_eq(frames_free(), free_before - 512);
}
END_TEST

START_TEST(test_other_limit)
{
    interrupted(5);
    reservation->mem_flags = XENMEMF_address_bits(23); /* 2,048 frames */
    ck_assert_int_eq(rest(), 1);
    ck_assert_uint_lt(list[0], 2048);
    check_given(list[0], BIG_FRAMES, 0x400);
    ck_assert_uint_eq(frames_free(), free_before - BIG_FRAMES);
}
END_TEST

START_TEST(test_other_domain)
{
    interrupted(5);
    reservation->domid = world.other->id; /* it may have nine more */
    ck_assert_int_eq(rest(), 0);
    ck_assert_uint_eq(frames_free(), free_before);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
}
END_TEST

START_TEST(test_no_request_any_more)
{
    interrupted(5);
    world_rest[1] = NOWHERE;
    ck_assert_int_eq(rest(), 0);
    ck_assert_uint_eq(frames_free(), free_before);
}
END_TEST

START_TEST(test_lower_limit)
{
    interrupted(5);
    world.d->max_frames = owned_before + BIG_FRAMES - 1;
    ck_assert_int_eq(rest(), 0);
    ck_assert_uint_eq(frames_free(), free_before);
}
END_TEST

/* The list of results goes away: the extent is not given. */
START_TEST(test_list_goes)
{
    *reservation = request(1, BIG, LIST);
    (void)first_part(XENMEM_increase_reservation);
    set_xen_guest_handle(reservation->extent_start, (void *)NOWHERE);
    ck_assert_int_eq(rest(), 0);
    ck_assert_uint_eq(frames_free(), free_before);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
}
END_TEST

START_TEST(test_given_up)
{
    interrupted(5);
    extents_drop(world.v);
    extents_drop(world.v);
    ck_assert_uint_eq(frames_free(), free_before);
}
END_TEST

/* --- Exchange ------------------------------------------------------------- */

static void start_exchange(unsigned order_in, unsigned order_out)
{
    *exchange = (struct xen_memory_exchange){
        .in = request(BIG_FRAMES >> order_in, order_in, LIST),
        .out = request(BIG_FRAMES >> order_out, order_out, OUT_LIST),
    };
    world.d->max_frames = world.d->nr_frames; /* at its limit all the time */
    note();
    (void)first_part(XENMEM_exchange);
    ck_assert(world_continued);
}

/** Single frames with something in them, in the list. */
static void take_singles(void)
{
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, BIG_FRAMES, 0),
                     (int32_t)BIG_FRAMES);
    for (uint32_t i = 0; i < BIG_FRAMES; i++) {
        memset(fake_frame(mfn(list[i])), 0x5A, PAGE_SIZE);
        out_list[i] = 0x800 + i;
    }
}

START_TEST(test_exchange_for_a_run)
{
    take_singles();
    start_exchange(0, BIG);
    ck_assert_int_eq(rest(), 0);
    ck_assert_uint_ge(world_continuations, 10);
    ck_assert_uint_eq(exchange->nr_exchanged, BIG_FRAMES);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
    check_given(out_list[0], BIG_FRAMES, 0x800);
    while (frames_free() < free_before)
        first_part(XENMEM_maximum_ram_page);
    for (uint32_t i = 0; i < BIG_FRAMES; i++)
        ck_assert(frame_info(mfn(list[i]))->owner ||
                  all_zero(mfn(list[i])));
    /* And back. */
    list[0] = out_list[0];
    for (uint32_t i = 0; i < BIG_FRAMES; i++)
        out_list[i] = 0x1800 + 3 * i;
    start_exchange(BIG, 0);
    ck_assert_int_eq(rest(), 0);
    ck_assert_uint_eq(exchange->nr_exchanged, 1);
    for (uint32_t i = 0; i < BIG_FRAMES; i++)
        check_given(out_list[i], 1, 0x1800 + 3 * i);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
}
END_TEST

/* An old frame is claimed by the same list twice, but only since the new ones
 * are being prepared. */
START_TEST(test_exchange_list_changes)
{
    take_singles();
    start_exchange(0, BIG);
    (void)part();
    list[700] = list[701];
    ck_assert_int_eq(rest(), -EINVAL);
    ck_assert_uint_eq(exchange->nr_exchanged, 0);
    ck_assert_uint_eq(frames_free(), free_before);
    ck_assert_uint_eq(world.d->nr_frames, owned_before);
    for (uint32_t i = 0; i < BIG_FRAMES; i++)
        ck_assert(frame_info(mfn(list[i]))->flags & PAGE_ALLOCATED);
}
END_TEST

/* The results cannot be told any more. */
START_TEST(test_exchange_list_goes)
{
    take_singles();
    start_exchange(0, BIG);
    set_xen_guest_handle(exchange->out.extent_start, (void *)NOWHERE);
    ck_assert_int_eq(rest(), -EFAULT);
    ck_assert_uint_eq(exchange->nr_exchanged, 0);
    ck_assert_uint_eq(frames_free(), free_before);
    for (uint32_t i = 0; i < BIG_FRAMES; i++)
        ck_assert(frame_info(mfn(list[i]))->flags & PAGE_ALLOCATED);
}
END_TEST

START_TEST(test_exchange_becomes_something_else)
{
    take_singles();
    start_exchange(0, BIG);
    world_rest[0] = XENMEM_maximum_reservation;
    ck_assert_int_eq(rest(), -ESRCH);
    /* What waits for the vCPU stays until it asks for memory, or ends. */
    ck_assert_uint_eq(frames_free(), free_before - BIG_FRAMES);
    *reservation = request(0, 0, LIST);
    ck_assert_int_eq(first_part(XENMEM_increase_reservation), 0);
    ck_assert_uint_eq(frames_free(), free_before);
}
END_TEST

START_TEST(test_no_run)
{
    fake_frames_limit(BIG_FRAMES - 1);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, 1, BIG), 0);
    ck_assert_uint_eq(frames_free(), BIG_FRAMES - 1);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, 1, 7), 1);
    ck_assert_uint_eq(frames_free(), BIG_FRAMES - 1 - 128);
}
END_TEST

static Suite *extents_suite(void)
{
    Suite *suite = suite_create("memory/extents");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, start, NULL);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_populate);
    tcase_add_test(all, test_several);
    tcase_add_test(all, test_decrease);
    tcase_add_test(all, test_decrease_stops);
    tcase_add_test(all, test_other_call);
    tcase_add_test(all, test_other_order);
    tcase_add_test(all, test_other_limit);
    tcase_add_test(all, test_other_domain);
    tcase_add_test(all, test_no_request_any_more);
    tcase_add_test(all, test_lower_limit);
    tcase_add_test(all, test_list_goes);
    tcase_add_test(all, test_given_up);
    tcase_add_test(all, test_exchange_for_a_run);
    tcase_add_test(all, test_exchange_list_changes);
    tcase_add_test(all, test_exchange_list_goes);
    tcase_add_test(all, test_exchange_becomes_something_else);
    tcase_add_test(all, test_no_run);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(extents_suite())
