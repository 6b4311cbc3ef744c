/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_op Unit test: the memory_op hypercall
 *
 * Property: a domain gets and gives frames as the interface says, never more
 * than its limit, always zeroed; a step of an exchange is done as a whole or
 * not at all; and questions are answered.
 *
 * Method: calls with arguments in a small window of guest memory, all counts
 * recounted after each part of a call. Results are those that were observed
 * on the original.
 */
#include "unit.h"

#include <string.h>

#include "world.h"
#include "xen_abi.h"

#define LIST 0x1000u /* offset of the list of frames in the window */
#define OUT_LIST 0x2000u
#define NOWHERE 0x30000000u

static uint32_t *const list = (uint32_t *)(void *)(world_arguments + LIST);
static uint32_t *const out_list =
    (uint32_t *)(void *)(world_arguments + OUT_LIST);

static void start(void)
{
    world_start(false, 6);
}

static void start_privileged(void)
{
    world_start(true, 6);
}

static struct xen_memory_reservation request(uint32_t nr, unsigned order)
{
    struct xen_memory_reservation r = { .nr_extents = nr,
                                        .extent_order = order,
                                        .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, (void *)(WORLD_ARGUMENTS + LIST));
    return r;
}

static int32_t reserve(unsigned cmd, struct xen_memory_reservation r)
{
    memcpy(world_arguments, &r, sizeof(r));
    return world_call(do_memory_op, cmd, WORLD_ARGUMENTS, 0, 0);
}

START_TEST(test_increase)
{
    uint32_t owned = world.d->nr_frames;
    const uint8_t *content;

    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(2, 0)), 2);
    ck_assert_uint_eq(world.d->nr_frames, owned + 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_eq(frame_info(mfn(list[i]))->owner, world.d);
        ck_assert_uint_eq(m2p_get(mfn(list[i])), M2P_INVALID);
        content = fake_frame(mfn(list[i]));
        ck_assert(content[0] == 0 && content[2000] == 0 &&
                  content[4095] == 0);
    }
}
END_TEST

START_TEST(test_populate)
{
    list[0] = 0x111;
    list[1] = 0x222;
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, request(2, 0)), 2);
    ck_assert_uint_eq(m2p_get(mfn(list[0])), 0x111);
    ck_assert_uint_eq(m2p_get(mfn(list[1])), 0x222);
}
END_TEST

START_TEST(test_limits)
{
    uint32_t room = world.d->max_frames - world.d->nr_frames;

    ck_assert_int_eq(reserve(XENMEM_increase_reservation,
                             request(room + 5, 0)), (int32_t)room);
    ck_assert_uint_eq(world.d->nr_frames, world.d->max_frames);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(1, 0)), 0);
    world.d->max_frames += 10;
    fake_frames_limit(3);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(10, 0)), 3);
}
END_TEST

START_TEST(test_hopeless_requests)
{
    static const unsigned commands[] = { XENMEM_increase_reservation,
                                         XENMEM_populate_physmap,
                                         XENMEM_decrease_reservation };

    for (unsigned i = 0; i < 3; i++) {
        struct xen_memory_reservation r = request(1, 0);

        ck_assert_int_eq(reserve(commands[i], request(0, 0)), 0);
        ck_assert_int_eq(reserve(commands[i], request(1, 1)), 0);
        ck_assert_int_eq(reserve(commands[i], request(1, 20)), 0);
        ck_assert_int_eq(reserve(commands[i], request(1, 63)), 0);
        ck_assert_int_eq(reserve(commands[i], request(1, 0xFFFFFFFF)), 0);
        ck_assert_int_eq(reserve(commands[i], request(0x80000000, 0)), 0);
        set_xen_guest_handle(r.extent_start, (void *)0);
        ck_assert_int_eq(reserve(commands[i], r),
                         commands[i] == XENMEM_increase_reservation);
        set_xen_guest_handle(r.extent_start, (void *)0xF5800000);
        ck_assert_int_eq(reserve(commands[i], r), 0);
        set_xen_guest_handle(r.extent_start, (void *)NOWHERE);
        ck_assert_int_eq(reserve(commands[i], r), 0);
        r = request(1, 0);
        r.domid = 0x7EE0;
        ck_assert_int_eq(reserve(commands[i], r), 0);
        r.domid = world.other->id;
        ck_assert_int_eq(reserve(commands[i], r), 0);
        ck_assert_int_eq(world_call(do_memory_op, commands[i], 0, 0, 0), 0);
        /* Further than the list goes: what the caller says was done. */
        ck_assert_int_eq(world_call(do_memory_op, commands[i] | 5 << 6, 0, 0,
                                    0), 5);
    }
    ck_assert_uint_eq(world.other->nr_frames, 1);
}
END_TEST

START_TEST(test_own_number)
{
    struct xen_memory_reservation r = request(1, 0);

    r.domid = world.d->id;
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, r), 1);
}
END_TEST

START_TEST(test_decrease)
{
    uint32_t free = frames_free();

    list[0] = world.spare[0].n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(1, 0)), 1);
    ck_assert_uint_eq(frames_free(), free + 1);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(1, 0)), 0);
    list[0] = world.spare[1].n;
    list[1] = world.foreign.n;
    list[2] = world.spare[2].n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(3, 0)), 1);
    ck_assert_ptr_eq(frame_info(world.spare[2])->owner, world.d);
    list[0] = world.d->shared_mfn.n; /* stays: it is for the domain's life */
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(1, 0)), 1);
    ck_assert_ptr_eq(frame_info(world.d->shared_mfn)->owner, world.d);
}
END_TEST

/* A frame that is still mapped, or a table, goes when it is not any more. */
START_TEST(test_decrease_of_a_frame_in_use)
{
    uint32_t free = frames_free();
    struct entry_update u = { .owner = world.d, .page_owner = world.d,
                              .table = world.l1 };

    list[0] = world.page[0].n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(1, 0)), 1);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(1, 0)), 1);
    ck_assert_uint_eq(frames_free(), free);
    ck_assert_int_eq(entry_update(&u), 0);
    ck_assert_uint_eq(frames_free(), free + 1);
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L1), 0);
    list[0] = world.spare[0].n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(1, 0)), 1);
    ck_assert_uint_eq(frames_free(), free + 1);
    ck_assert_int_eq(table_unpin(world.d, world.spare[0]), 0);
    ck_assert_uint_eq(frames_free(), free + 2);
}
END_TEST

START_TEST(test_long_request)
{
    uint32_t free = frames_free();

    world.d->max_frames = 2000;
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(900, 0)),
                     900);
    ck_assert_uint_ge(world_continuations, 10);
    ck_assert_uint_eq(frames_free(), free - 900);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(900, 0)),
                     900);
    ck_assert_uint_eq(frames_free(), free);
}
END_TEST

START_TEST(test_runs)
{
    world.d->max_frames = 2000;
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(2, 4)), 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(list[i] % 16, 0);
        ck_assert_ptr_eq(frame_info(mfn(list[i] + 15))->owner, world.d);
    }
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(1, 11)), 0);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, request(2, 4)), 2);
}
END_TEST

START_TEST(test_address_bits)
{
    struct xen_memory_reservation r = request(8, 0);

    r.mem_flags = XENMEMF_address_bits(22); /* the lowest 4 MB */
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, r), 8);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_lt(list[i], 1024);
    r.mem_flags = XENMEMF_address_bits(12);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, r), 0);
    r.mem_flags = XENMEMF_address_bits(64);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, r), 8);
}
END_TEST

/* --- Exchange -------------------------------------------------------- */

static struct xen_memory_exchange exchange;

static int32_t do_exchange(uint32_t nr_in, unsigned order_in, uint32_t nr_out,
                           unsigned order_out)
{
    exchange = (struct xen_memory_exchange){ .in = request(nr_in, order_in),
                                             .out = request(nr_out,
                                                            order_out) };
    set_xen_guest_handle(exchange.out.extent_start,
                         (void *)(WORLD_ARGUMENTS + OUT_LIST));
    memcpy(world_arguments, &exchange, sizeof(exchange));
    return world_call(do_memory_op, XENMEM_exchange, WORLD_ARGUMENTS, 0, 0);
}

static uint32_t nr_exchanged(void)
{
    memcpy(&exchange, world_arguments, sizeof(exchange));
    return (uint32_t)exchange.nr_exchanged;
}

START_TEST(test_exchange_one)
{
    uint32_t owned = world.d->nr_frames;

    world.d->max_frames = owned; /* at its limit all the time */
    list[0] = world.spare[0].n;
    out_list[0] = 0x333;
    ck_assert_int_eq(do_exchange(1, 0, 1, 0), 0);
    ck_assert_uint_eq(nr_exchanged(), 1);
    ck_assert_uint_eq(m2p_get(mfn(out_list[0])), 0x333);
    ck_assert_ptr_eq(frame_info(mfn(out_list[0]))->owner, world.d);
    ck_assert_ptr_null(frame_info(world.spare[0])->owner);
    ck_assert_uint_eq(world.d->nr_frames, owned);
    ck_assert_uint_eq(world.d->max_frames, owned);
}
END_TEST

/** Frames for exchanges, in the list. */
static void take_frames(uint32_t nr)
{
    world.d->max_frames = 2000;
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, request(nr, 0)),
                     (int32_t)nr);
}

START_TEST(test_exchange_for_runs)
{
    uint32_t owned;

    take_frames(64);
    owned = world.d->nr_frames;
    for (unsigned i = 0; i < 4; i++)
        out_list[i] = 0x1000 + i * 16;
    ck_assert_int_eq(do_exchange(64, 0, 4, 4), 0);
    ck_assert_uint_eq(nr_exchanged(), 64);
    ck_assert_uint_eq(world.d->nr_frames, owned);
    for (unsigned i = 0; i < 64; i++) {
        mfn_t m = mfn(out_list[i / 16] + i % 16);

        ck_assert_ptr_eq(frame_info(m)->owner, world.d);
        ck_assert_uint_eq(m2p_get(m), 0x1000 + i);
    }
    /* And back: one run for single frames. */
    list[0] = out_list[0];
    ck_assert_int_eq(do_exchange(1, 4, 16, 0), 0);
    ck_assert_uint_eq(world.d->nr_frames, owned);
}
END_TEST

/* A bad frame in the second step: the first is done, the second not at all. */
START_TEST(test_exchange_stops)
{
    uint32_t owned, free;

    take_frames(8);
    owned = world.d->nr_frames;
    free = frames_free();
    list[6] = world.page[0].n; /* mapped */
    ck_assert_int_eq(do_exchange(8, 0, 2, 2), -EINVAL);
    ck_assert_uint_eq(nr_exchanged(), 4);
    ck_assert_uint_eq(world.d->nr_frames, owned);
    ck_assert_uint_eq(frames_free(), free);
    for (unsigned i = 4; i < 8; i++)
        ck_assert(frame_info(mfn(list[i]))->flags & PAGE_ALLOCATED);
    list[6] = list[7]; /* the same frame twice */
    memmove(list, list + 4, 16);
    ck_assert_int_eq(do_exchange(4, 0, 1, 2), -EINVAL);
    ck_assert_uint_eq(nr_exchanged(), 0);
}
END_TEST

START_TEST(test_exchange_without_memory)
{
    uint32_t owned;

    take_frames(8);
    owned = world.d->nr_frames;
    fake_frames_limit(3);
    ck_assert_int_eq(do_exchange(1, 3, 8, 0), -EINVAL); /* no run there */
    ck_assert_int_eq(do_exchange(4, 0, 1, 2), -ENOMEM);
    ck_assert_uint_eq(nr_exchanged(), 0);
    ck_assert_uint_eq(world.d->nr_frames, owned);
    ck_assert_uint_eq(frames_free(), 3);
}
END_TEST

START_TEST(test_exchange_errors)
{
    list[0] = world.spare[0].n;
    ck_assert_int_eq(do_exchange(1, 0, 2, 0), -EINVAL);
    ck_assert_int_eq(do_exchange(1, 0, 1, 10), -EINVAL);
    ck_assert_int_eq(do_exchange(1, 0, 1, 11), -EPERM);
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_exchange, 0, 0, 0),
                     -EFAULT);
    exchange.in = request(1, 0);
    exchange.out = request(1, 0);
    exchange.nr_exchanged = 2;
    memcpy(world_arguments, &exchange, sizeof(exchange));
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_exchange,
                                WORLD_ARGUMENTS, 0, 0), -EINVAL);
    exchange.nr_exchanged = 0;
    set_xen_guest_handle(exchange.out.extent_start, (void *)NOWHERE);
    memcpy(world_arguments, &exchange, sizeof(exchange));
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_exchange,
                                WORLD_ARGUMENTS, 0, 0), -EFAULT);
    ck_assert_uint_eq(nr_exchanged(), 0);
    exchange.out.domid = world.other->id;
    memcpy(world_arguments, &exchange, sizeof(exchange));
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_exchange,
                                WORLD_ARGUMENTS, 0, 0), -EINVAL);
}
END_TEST

START_TEST(test_exchange_of_an_unprivileged_domain)
{
    list[0] = world.spare[0].n;
    out_list[0] = 1;
    ck_assert_int_eq(do_exchange(1, 0, 1, 10), -EPERM);
    ck_assert_int_eq(do_exchange(1, 0, 1, 0), 0);
}
END_TEST

/* --- Questions ------------------------------------------------------- */

static int32_t ask(unsigned cmd, domid_t id)
{
    memcpy(world_arguments, &id, sizeof(id));
    return world_call(do_memory_op, cmd, WORLD_ARGUMENTS, 0, 0);
}

START_TEST(test_numbers)
{
    ck_assert_int_eq(ask(XENMEM_current_reservation, DOMID_SELF),
                     (int32_t)world.d->nr_frames);
    ck_assert_int_eq(ask(XENMEM_current_reservation, world.d->id),
                     (int32_t)world.d->nr_frames);
    ck_assert_int_eq(ask(XENMEM_maximum_reservation, DOMID_SELF), 200);
    ck_assert_int_eq(ask(XENMEM_maximum_gpfn, DOMID_SELF), 0);
    ck_assert_int_eq(ask(XENMEM_maximum_reservation, world.other->id),
                     -EPERM);
    ck_assert_int_eq(ask(XENMEM_maximum_reservation, 0x7EE0), -ESRCH);
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_current_reservation, 0,
                                0, 0), -EFAULT);
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_maximum_ram_page, 0, 0,
                                0), FAKE_FRAMES - 1);
}
END_TEST

START_TEST(test_m2p)
{
    struct xen_machphys_mapping place;

    ck_assert_int_eq(ask(XENMEM_machphys_mapping, 0), 0);
    memcpy(&place, world_arguments, sizeof(place));
    ck_assert_uint_eq(place.v_start, M2P_START);
    ck_assert_uint_eq(place.v_end, HYPERVISOR_START);
    ck_assert_uint_eq(place.max_mfn, FAKE_FRAMES - 1);
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_machphys_mapping, 0, 0,
                                0), -EFAULT);
}
END_TEST

START_TEST(test_m2p_frames)
{
    struct xen_machphys_mfn_list m2p = { .max_extents = 4 };

    set_xen_guest_handle(m2p.extent_start, (void *)(WORLD_ARGUMENTS + LIST));
    memcpy(world_arguments, &m2p, sizeof(m2p));
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_machphys_mfn_list,
                                WORLD_ARGUMENTS, 0, 0), 0);
    memcpy(&m2p, world_arguments, sizeof(m2p));
    ck_assert_uint_eq(m2p.nr_extents, 1);
    ck_assert_uint_eq(list[0], FAKE_M2P_FRAME);
    m2p.max_extents = 0;
    memcpy(world_arguments, &m2p, sizeof(m2p));
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_machphys_mfn_list,
                                WORLD_ARGUMENTS, 0, 0), 0);
    memcpy(&m2p, world_arguments, sizeof(m2p));
    ck_assert_uint_eq(m2p.nr_extents, 0);
}
END_TEST

static int32_t ask_map(unsigned cmd, unsigned nr_entries)
{
    struct xen_memory_map map = { .nr_entries = nr_entries };

    set_xen_guest_handle(map.buffer, (void *)(WORLD_ARGUMENTS + LIST));
    memcpy(world_arguments, &map, sizeof(map));
    return world_call(do_memory_op, cmd, WORLD_ARGUMENTS, 0, 0);
}

/* Entries are 20 bytes: base, length, type. */
START_TEST(test_maps_of_a_plain_domain)
{
    ck_assert_int_eq(ask_map(XENMEM_memory_map, 1), 0);
    ck_assert_uint_eq(list[0], 0);
    ck_assert_uint_eq(list[2], 200 * PAGE_SIZE);
    ck_assert_uint_eq(list[4], 1);
    ck_assert_int_eq(ask_map(XENMEM_memory_map, 0), -EINVAL);
    ck_assert_int_eq(ask_map(XENMEM_machine_memory_map, 64), -EPERM);
}
END_TEST

START_TEST(test_maps_of_a_control_domain)
{
    static struct boot_info info = { .nr_ranges = 2 };
    struct xen_memory_map map;

    info.range[1] = (struct boot_range){ 0x100000, 0x7F00000, 1 };
    memory_io_init(&info);
    ck_assert_int_eq(ask_map(XENMEM_memory_map, 1), -ENOSYS);
    ck_assert_int_eq(ask_map(XENMEM_machine_memory_map, 1), -EINVAL);
    ck_assert_int_eq(ask_map(XENMEM_machine_memory_map, 64), 0);
    memcpy(&map, world_arguments, sizeof(map));
    ck_assert_uint_eq(map.nr_entries, 2);
    ck_assert_uint_eq(list[5], 0x100000);
    ck_assert_uint_eq(list[7], 0x7F00000);
    ck_assert_uint_eq(list[9], 1);
}
END_TEST

START_TEST(test_unknown)
{
    ck_assert_int_eq(ask(8, 0), -ENOSYS);
    ck_assert_int_eq(ask(29, 0), -ENOSYS);
    ck_assert_int_eq(ask(63, 0), -ENOSYS);
    ck_assert_int_eq(ask(XENMEM_add_to_physmap, DOMID_SELF), -EACCES);
    ck_assert_int_eq(ask(XENMEM_remove_from_physmap, DOMID_SELF), -EACCES);
    ck_assert_int_eq(ask(XENMEM_add_to_physmap, 0x7EE0), -ESRCH);
    ck_assert_int_eq(world_call(do_memory_op, XENMEM_add_to_physmap, 0, 0, 0),
                     -EFAULT);
}
END_TEST

static Suite *memory_op_suite(void)
{
    Suite *suite = suite_create("memory/memory_op");
    TCase *plain = tcase_create("plain");
    TCase *privileged = tcase_create("privileged");

    tcase_add_checked_fixture(plain, start, NULL);
    tcase_set_timeout(plain, 60);
    tcase_add_test(plain, test_increase);
    tcase_add_test(plain, test_populate);
    tcase_add_test(plain, test_limits);
    tcase_add_test(plain, test_hopeless_requests);
    tcase_add_test(plain, test_own_number);
    tcase_add_test(plain, test_decrease);
    tcase_add_test(plain, test_decrease_of_a_frame_in_use);
    tcase_add_test(plain, test_long_request);
    tcase_add_test(plain, test_exchange_of_an_unprivileged_domain);
    tcase_add_test(plain, test_numbers);
    tcase_add_test(plain, test_m2p);
    tcase_add_test(plain, test_m2p_frames);
    tcase_add_test(plain, test_maps_of_a_plain_domain);
    tcase_add_test(plain, test_unknown);
    tcase_add_checked_fixture(privileged, start_privileged, NULL);
    tcase_add_test(privileged, test_runs);
    tcase_add_test(privileged, test_address_bits);
    tcase_add_test(privileged, test_exchange_one);
    tcase_add_test(privileged, test_exchange_for_runs);
    tcase_add_test(privileged, test_exchange_stops);
    tcase_add_test(privileged, test_exchange_without_memory);
    tcase_add_test(privileged, test_exchange_errors);
    tcase_add_test(privileged, test_maps_of_a_control_domain);
    suite_add_tcase(suite, plain);
    suite_add_tcase(suite, privileged);
    return suite;
}

UNIT_MAIN(memory_op_suite())
