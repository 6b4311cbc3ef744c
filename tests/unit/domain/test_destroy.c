/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_destroy Unit test: everything of a domain goes back
 *
 * Property: however a domain's page tables are linked and in whatever state it
 * ends, all of its frames come back, scrubbed, in bounded pieces, all counts
 * right after each; what others hold stays until they drop it; nobody finds a
 * new way to it.
 *
 * Method: lab 3's small world, made hostile by random entries, pins and
 * promotions that are cut off; then the domain is destroyed piece by piece, and
 * everything is recounted after each. The frames' content is looked at without
 * the code under test.
 */
#include "unit.h"

#include <string.h>

#include "../memory/world.h"
#include "console.h"
#include "fake_console.h"
#include "memory_op.h"
#include "xen_abi.h"

#define ROUNDS 400u

static uint32_t state;
static uint32_t free_before;
static bool was_ours[FAKE_FRAMES];

_Noreturn void machine_end(enum machine_exit how)
{
    ck_abort_msg("the machine ended with %d", (int)how);
}

bool console_queue_empty(void)
{
    return true;
}

/* No table is loaded here. */
void vcpu_load_tables(struct vcpu *v)
{
    (void)v;
}

static uint32_t pick(uint32_t below)
{
    return unit_random(&state) % below;
}

/** A frame that is likely to be of interest. */
static mfn_t pick_frame(void)
{
    const mfn_t table[] = { world.l3, world.l2, world.l1, world.xen_l2 };

    if (pick(3) == 0)
        return table[pick(4)];
    return pick(3) == 0 ? world.page[pick(WORLD_PAGES)]
                        : world.spare[pick(WORLD_SPARES)];
}

/** Leave little of the share, sometimes: what begins may be cut off. */
static void cut_short(void)
{
    work_reset();
    if (pick(2) == 0)
        work_add(WORK_SHARE - pick(700));
}

/** What a guest could write into a frame that is no table now. */
static void scribble(void)
{
    static const uint64_t flags[] = { PTE_P, PTE_P | PTE_RW,
                                      PTE_P | PTE_RW | PTE_US, 0 };
    mfn_t m = pick_frame();
    const struct page_info *info = frame_info(m);

    if (info->owner != world.d ||
        (info->type_count != 0 && info->type != FRAME_WRITABLE))
        return;
    for (unsigned n = pick(4); n > 0; n--)
        world_poke(m, pick(4) == 0 ? pick(512) : pick(4),
                   entry_for(pick_frame(), flags[pick(4)]));
}

/** Use a frame for something, as hypercalls would. */
static void use(void)
{
    static const enum frame_type type[] = { FRAME_L1, FRAME_L2, FRAME_L3,
                                            FRAME_XEN_L2 };
    mfn_t m = pick_frame();
    mfn_t *gdt = &world.v->descriptors.gdt[pick(GUEST_GDT_FRAMES)];

    if (!tables_finish())
        return;
    cut_short();
    switch (pick(6)) {
    case 0:
    case 1:
        (void)table_pin(world.d, m, type[pick(4)]);
        break;
    case 2:
        (void)table_unpin(world.d, m);
        break;
    case 3:
        (void)base_switch(world.v, m);
        break;
    case 4:
        if (!mfn_valid_number(*gdt) &&
            frame_get_and_type(m, world.d, FRAME_SEG_DESC) == 0)
            *gdt = m;
        break;
    case 5:
        if (pick(8) == 0)
            (void)frame_disown(world.d, m);
    }
}

static void make_hostile(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        scribble();
        use();
    }
}

static void note_frames(void)
{
    for (uint32_t n = 0; n < FAKE_FRAMES; n++)
        was_ours[n] = frame_info(mfn(n))->owner == world.d;
}

static void start(void)
{
    state = 0x1234567u;
    world_start(false, 5);
    free_before = frames_free() + world.d->nr_frames;
    domain_note_memory();
}

/** Destroy it in pieces; how many it took. */
static unsigned destroy_all(bool check)
{
    unsigned pieces = 1;

    fake_run(NULL);
    domain_destroy(world.d);
    for (;; pieces++) {
        bool done;

        work_reset();
        work_add(WORK_SHARE - 1 - pick(300));
        done = domain_destroy_step(world.d);
        if (check)
            world_check("after a piece of its end");
        if (done)
            return pieces;
        ck_assert_uint_lt(pieces, 100000);
    }
}

/** Nothing of it is left anywhere. */
static void check_gone(void)
{
    static const uint8_t zero[PAGE_SIZE];

    ck_assert_uint_eq(frames_free(), free_before);
    ck_assert_uint_eq(world.d->nr_frames, 0);
    for (uint32_t n = 0; n < FAKE_FRAMES; n++) {
        if (!was_ours[n])
            continue;
        ck_assert_msg(frame_info(mfn(n))->owner == NULL &&
                          frame_info(mfn(n))->count == 0,
                      "frame 0x%x is still somebody's", n);
        ck_assert_uint_eq(m2p_get(mfn(n)), M2P_INVALID);
        if (n < FAKE_HEAP_START)
            ck_assert_msg(memcmp(fake_frame(mfn(n)), zero, PAGE_SIZE) == 0,
                          "frame 0x%x is not scrubbed", n);
    }
    domain_gone(world.d);
    ck_assert_ptr_null(domain_by_id(1));
}

START_TEST(test_quiet)
{
    note_frames();
    (void)destroy_all(true);
    check_gone();
}
END_TEST

START_TEST(test_hostile)
{
    state = 0x1234567u + (uint32_t)_i * 0x9E3779B9u;
    make_hostile();
    note_frames();
    world_check("hostile");
    (void)destroy_all(true);
    check_gone();
}
END_TEST

/* A pin that is cut off in its middle, and never asked for again. */
START_TEST(test_half_promoted)
{
    mfn_t l3 = world.spare[0], l2 = world.spare[1], xen_l2 = world.spare[2];

    for (unsigned i = 0; i < 6; i++)
        world_poke(l2, i, entry_for(world.spare[3 + i], PTE_P));
    world_poke(l3, 0, entry_for(l2, PTE_P));
    world_poke(l3, 3, entry_for(xen_l2, PTE_P));
    work_reset();
    work_add(WORK_SHARE - 600);
    ck_assert_int_eq(table_pin(world.d, l3, FRAME_L3), -ERESTART);
    ck_assert(frame_info(l3)->flags & PAGE_PARTIAL);
    note_frames();
    (void)destroy_all(true);
    check_gone();
}
END_TEST

/* An L1 full of pages in their last use: a thousand frames to scrub. */
START_TEST(test_bounded)
{
    mfn_t l1 = world.spare[0];

    world.d->max_frames = 2000;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        mfn_t m = frame_alloc_to(world.d);

        world_poke(l1, i, entry_for(m, PTE_P | PTE_RW));
    }
    work_reset();
    ck_assert_int_eq(table_pin(world.d, l1, FRAME_L1), 0);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        frame_disown(world.d, maddr_to_mfn(maddr(world_entry(l1, i) &
                                                 PTE_FRAME)));
    note_frames();
    /* A frame scrubbed is 24 units, a piece at most 300 and one step. */
    ck_assert_uint_gt(destroy_all(true), 512 * 24 / (300 + 100));
    check_gone();
}
END_TEST

/* Somebody else maps two of its frames, one of them writable. */
START_TEST(test_held_by_others)
{
    mfn_t ro = world.page[0], rw = world.spare[5];
    unsigned i;

    memset(fake_frame(rw), 0x77, PAGE_SIZE);
    note_frames();
    ck_assert(frame_get(ro, world.d));
    ck_assert_int_eq(frame_get_and_type(rw, world.d, FRAME_WRITABLE), 0);
    fake_run(NULL);
    domain_destroy(world.d);
    for (i = 0; i < 1000; i++) {
        work_reset();
        ck_assert(!domain_destroy_step(world.d));
    }
    ck_assert_uint_eq(world.d->nr_frames, 2);
    ck_assert_ptr_eq(frame_info(ro)->owner, world.d);
    ck_assert_uint_eq(*(uint8_t *)fake_frame(rw), 0x77);
    frame_put_and_type(rw);
    ck_assert_uint_eq(world.d->nr_frames, 1);
    ck_assert(!domain_destroy_step(world.d));
    frame_put(ro);
    ck_assert(domain_destroy_step(world.d));
    check_gone();
}
END_TEST

/* A page of our heap that somebody maps stays until it is dropped. */
START_TEST(test_shared_page_is_held)
{
    note_frames();
    ck_assert(frame_get(world.d->shared_mfn, world.d));
    fake_run(NULL);
    domain_destroy(world.d);
    for (unsigned i = 0; i < 1000; i++) {
        work_reset();
        ck_assert(!domain_destroy_step(world.d));
    }
    ck_assert_ptr_nonnull(world.d->shared);
    frame_put(world.d->shared_mfn);
    ck_assert(domain_destroy_step(world.d));
    check_gone();
}
END_TEST

/* The peer of its port has an unbound one, and its rings' pages come back. */
START_TEST(test_rings_and_ports)
{
    int ours = event_alloc_unbound(world.d, 2), theirs;

    ck_assert_int_gt(ours, 0);
    theirs = event_bind_interdomain(world.other, world.d, (uint32_t)ours);
    ck_assert_int_gt(theirs, 0);
    ck_assert_int_gt(event_bind_hypervisor(world.d, EVENT_END_CONSOLE), 0);
    console_ring_open(world.d, world.spare[0], 0);
    store_ring_open(world.d, world.spare[1], 0);
    ck_assert_int_eq(grant_table_grow(world.d, 2), 0);
    note_frames();
    (void)destroy_all(true);
    ck_assert_int_eq(event_port_in_use(world.other, (uint32_t)theirs)->state,
                     EVENT_PORT_UNBOUND);
    check_gone();
}
END_TEST

/* It had asked for many frames at once, some of which were made ready; and had
 * given back many, some of which wait to be zeroed. */
START_TEST(test_in_the_middle_of_extents)
{
    uint32_t arg[HYPERCALL_ARGS] = { XENMEM_populate_physmap,
                                     WORLD_ARGUMENTS };
    struct xen_memory_reservation r = { .nr_extents = 1, .extent_order = 7,
                                        .domid = DOMID_SELF };
    const mfn_t gdt[2] = { world.spare[2], world.spare[3] };
    uint32_t first;

    world.d->privileged = true;
    world.d->max_frames = 2000;
    set_xen_guest_handle(r.extent_start, (void *)(WORLD_ARGUMENTS + 0x1000));
    memcpy(world_arguments, &r, sizeof(r));
    ck_assert_int_eq(world_call(do_memory_op, arg[0], arg[1], 0, 0), 1);
    memcpy(&first, world_arguments + 0x1000, sizeof(first));
    for (uint32_t i = 0; i < 128; i++)
        memset(fake_frame(mfn(first + i)), 0x5A, PAGE_SIZE);
    note_frames();
    arg[0] = XENMEM_decrease_reservation;
    (void)do_memory_op(arg);
    ck_assert(!world_continued);
    arg[0] = XENMEM_populate_physmap;
    do {
        (void)do_memory_op(arg);
    } while (world.v->extents.nr == 0);
    ck_assert_uint_lt(frames_free(), free_before - world.d->nr_frames);
    work_reset();
    work_add(WORK_SHARE - 1); /* and a GDT, of which one page is checked */
    ck_assert_int_eq(gdt_hold(world.v, gdt, 1024), -ERESTART);
    ck_assert_uint_eq(world.v->descriptors.nr_held, 1);
    (void)destroy_all(true);
    check_gone();
}
END_TEST

START_TEST(test_nobody_finds_it)
{
    int error;

    fake_run(domain_add_vcpu(world.other, 0));
    world.other->privileged = true;
    ck_assert_ptr_eq(owner_named(1, &error), world.d);
    ck_assert_ptr_eq(domain_named(1, &error), world.d);
    domain_destroy(world.d);
    ck_assert(!domain_may_run(world.d));
    ck_assert_ptr_null(owner_named(1, &error));
    ck_assert_int_eq(error, -ESRCH);
    ck_assert_ptr_null(domain_named(1, &error));
    ck_assert_int_eq(error, -ESRCH);
    domain_destroy(world.d); /* once is enough */
}
END_TEST

static Suite *destroy_suite(void)
{
    Suite *suite = suite_create("domain/destroy");
    TCase *tcase = tcase_create("end");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, test_quiet);
    tcase_add_loop_test(tcase, test_hostile, 0, 12);
    tcase_add_test(tcase, test_half_promoted);
    tcase_add_test(tcase, test_bounded);
    tcase_add_test(tcase, test_held_by_others);
    tcase_add_test(tcase, test_shared_page_is_held);
    tcase_add_test(tcase, test_rings_and_ports);
    tcase_add_test(tcase, test_in_the_middle_of_extents);
    tcase_add_test(tcase, test_nobody_finds_it);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(destroy_suite())
