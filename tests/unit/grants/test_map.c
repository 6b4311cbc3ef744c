/* SPDX-License-Identifier: MIT */
/**
 * @page unit_grants_map Unit test: mappings, copies and transfers
 *
 * Property: whatever is asked for, and whatever the granter writes into its
 * table meanwhile, all counts stay right; pins are exactly those of the handles
 * in use (GNT-I7); an entry in use keeps its grantee and frame (GNT-I5);
 * translations are dropped before pins are (GNT-I8); the end of either side
 * leaves nothing behind.
 *
 * Method: hypercall 20 in a small world of two domains, whose counts are all
 * recounted after each call; single cases, and random ones against a count of
 * what should be held. All of it twice: by the plain form of the call, and by
 * the short one.
 */
#include "unit.h"

#include <string.h>

#include "fake_cpu.h"
#include "fast_grants.h"
#include "../memory/world.h"

#define FREE_SLOT 16u /* L1 entries from here on are empty */
#define NR_SLOTS 8u
#define NR_REFS 12u

static struct grant_entry_v1 *entry;
static hypercall_fn *form = do_grant_table_op;

static void start(void)
{
    world_start(false, 1);
    ck_assert_int_eq(grant_table_grow(world.other, 1), 0);
    entry = world.other->grants.page[0];
    memset(entry, 0, PAGE_SIZE);
    world_check("a table");
}

static void start_short(void)
{
    start();
    memory_fast_init();
    form = fast_grant_table_op;
}

static uint32_t va_of(unsigned slot)
{
    return (FREE_SLOT + slot) << PAGE_SHIFT;
}

static uint64_t slot_entry(unsigned slot)
{
    return world_entry(world.l1, FREE_SLOT + slot);
}

static void offer(uint32_t ref, uint16_t flags, domid_t to, mfn_t frame)
{
    entry[ref] = (struct grant_entry_v1){ flags, to, frame.n };
}

static void *argument(void)
{
    return world_arguments;
}

static int32_t call(uint32_t command, uint32_t nr)
{
    return world_call(form, command, WORLD_ARGUMENTS, nr, 0);
}

static uint32_t handle;

static int map_at(uint64_t address, uint32_t flags, uint32_t ref)
{
    struct gnttab_map_grant_ref *op = argument();

    *op = (struct gnttab_map_grant_ref){ .host_addr = address,
                                         .flags = flags, .ref = ref,
                                         .dom = world.other->id };
    ck_assert_int_eq(call(GNTTABOP_map_grant_ref, 1), 0);
    handle = op->handle;
    return op->status;
}

static int map(unsigned slot, uint32_t flags, uint32_t ref)
{
    return map_at(va_of(slot), flags, ref);
}

static int unmap(uint64_t address, uint64_t device, uint32_t which)
{
    struct gnttab_unmap_grant_ref *op = argument();

    *op = (struct gnttab_unmap_grant_ref){ .host_addr = address,
                                           .dev_bus_addr = device,
                                           .handle = which };
    ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, 1), 0);
    return op->status;
}

static uint32_t count_of(mfn_t m)
{
    return frame_info(m)->count;
}

/** Another domain's frame, from the first look to the last. */
START_TEST(test_life)
{
    const struct active_grant *active;

    offer(8, GTF_permit_access, world.d->id, world.foreign);
    ck_assert_int_eq(map(0, GNTMAP_host_map, 8), GNTST_okay);
    ck_assert_uint_eq(entry[8].flags,
                      GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_uint_eq(slot_entry(0) & ~(uint64_t)0x8000000000000000,
                      entry_for(world.foreign,
                                PTE_P | PTE_RW | PTE_A | PTE_D));
    ck_assert_uint_eq(count_of(world.foreign), 2);
    ck_assert_uint_eq(frame_info(world.foreign)->type, FRAME_WRITABLE);
    active = grant_active(world.other, 8, false);
    ck_assert_uint_eq(active->pin[GRANT_HOST_WRITE], 1);
    ck_assert_int_eq(unmap(va_of(0), 0, handle), GNTST_okay);
    ck_assert_uint_eq(entry[8].flags, GTF_permit_access);
    ck_assert(!grant_in_use(active));
    ck_assert_uint_eq(slot_entry(0), 0);
    ck_assert_uint_eq(count_of(world.foreign), 1);
}
END_TEST

/** A frame that is nobody's, the mapper's, or was the granter's once. */
START_TEST(test_whose_frame)
{
    offer(1, GTF_permit_access, world.d->id, world.page[0]);
    ck_assert_int_eq(map(0, GNTMAP_host_map, 1), GNTST_bad_page);
    offer(1, GTF_permit_access, world.d->id, mfn(FAKE_FRAMES));
    ck_assert_int_eq(map(0, GNTMAP_host_map, 1), GNTST_bad_page);
    offer(1, GTF_permit_access, world.d->id, mfn(UINT32_MAX));
    ck_assert_int_eq(map(0, GNTMAP_host_map, 1), GNTST_bad_page);
    offer(1, GTF_permit_access, world.d->id, mfn(WORLD_DEVICE_FRAME));
    ck_assert_int_eq(map(0, GNTMAP_host_map, 1), GNTST_bad_page);
    ck_assert_uint_eq(entry[1].flags, GTF_permit_access);
    ck_assert_uint_eq(slot_entry(0), 0);
}
END_TEST

/** A dying domain grants nothing any more; what is mapped stays. */
START_TEST(test_dying_granter)
{
    uint32_t held;

    offer(1, GTF_permit_access, world.d->id, world.foreign);
    ck_assert_int_eq(map(0, GNTMAP_host_map | GNTMAP_readonly, 1),
                     GNTST_okay);
    held = handle;
    world.other->dying = true;
    ck_assert(grant_domain_in_use(world.other));
    work_reset();
    ck_assert(!grant_domain_let_go(world.other));
    ck_assert_int_eq(map(1, GNTMAP_host_map | GNTMAP_readonly, 1),
                     GNTST_bad_domain);
    ck_assert_int_eq(unmap(va_of(0), 0, held), GNTST_okay);
    ck_assert(!grant_domain_in_use(world.other));
    work_add(WORK_SHARE);
    ck_assert(!grant_domain_let_go(world.other)); /* not known yet */
    work_reset();
    ck_assert(grant_domain_let_go(world.other));
    ck_assert(grant_domain_free(world.other));
    ck_assert_uint_eq(world.other->grants.nr, 0);
    world_check("the granter's table is gone");
}
END_TEST

/** In pieces, as many as it takes. */
static void give_all_up(void)
{
    unsigned pieces = 1;

    work_reset();
    for (; !grant_domain_destroy(world.d); pieces++)
        work_reset_to_part();
    ck_assert_uint_eq(world.d->grants.nr_mappings, 0);
    ck_assert_uint_le(pieces, 200);
}

/** More mappings than one share of work gives up. */
START_TEST(test_many_mappings_end)
{
    uint32_t before;

    offer(1, GTF_permit_access, world.d->id, world.foreign);
    offer(2, GTF_permit_access, world.d->id, world.foreign);
    offer(3, GTF_permit_access, world.d->id, world.foreign);
    for (unsigned i = 0; i < 3 * 120; i++)
        ck_assert_int_eq(map(0, GNTMAP_device_map, 1 + i % 3), GNTST_okay);
    before = world.d->grants.nr_mappings;
    ck_assert_uint_eq(before, 360);
    work_reset();
    ck_assert(!grant_domain_destroy(world.d));
    ck_assert_uint_lt(world.d->grants.nr_mappings, before);
    ck_assert_uint_gt(world.d->grants.nr_mappings, 0);
    world_check("between two pieces");
    give_all_up();
    world_check("the mapper has ended");
    ck_assert(!grant_domain_in_use(world.other));
    ck_assert_uint_eq(count_of(world.foreign), 1);
}
END_TEST

/** The mapper ends: pins and what devices held go, entries stay until its
 *  tables go. */
START_TEST(test_mapper_ends)
{
    offer(1, GTF_permit_access, world.d->id, world.foreign);
    ck_assert_int_eq(map(0, GNTMAP_host_map | GNTMAP_device_map, 1),
                     GNTST_okay);
    ck_assert_int_eq(map(1, GNTMAP_host_map | GNTMAP_readonly, 1),
                     GNTST_okay);
    ck_assert_uint_eq(count_of(world.foreign), 4);
    give_all_up();
    world_check("the mapper has ended");
    ck_assert(!grant_domain_in_use(world.other));
    ck_assert_uint_eq(entry[1].flags, GTF_permit_access);
    ck_assert_uint_eq(count_of(world.foreign), 3);
}
END_TEST

/** GNT-I8: mappings end with one flush for all, and none without any. */
START_TEST(test_flush)
{
    struct gnttab_unmap_grant_ref *op = argument();
    uint32_t handles[3];
    unsigned before;

    for (unsigned i = 0; i < 3; i++) {
        offer(i, GTF_permit_access, world.d->id, world.foreign);
        ck_assert_int_eq(map(i, GNTMAP_host_map | GNTMAP_readonly, i),
                         GNTST_okay);
        handles[i] = handle;
    }
    flush_all();
    before = fake_count(FAKE_WRITE_CR3);
    for (unsigned i = 0; i < 3; i++)
        op[i] = (struct gnttab_unmap_grant_ref){ .host_addr = va_of(i),
                                                 .handle = handles[i] };
    ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, 3), 0);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), before + 1);
    ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, 3), 0);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), before + 1);
}
END_TEST

/** As many handles as there are, each given back, and all taken again. */
START_TEST(test_handles)
{
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            int32_t taken = grant_mapping_take(world.d);

            ck_assert_int_ge(taken, 0);
            ck_assert_int_lt(taken, 1000);
            ck_assert_ptr_null(grant_mapping(world.d, (uint32_t)taken));
        }
        for (uint32_t i = 0; i < 1000; i++)
            grant_mapping_free(world.d, i);
    }
    world.d->grants.free_mapping = 0;
    world.d->grants.nr_mappings = GRANT_MAX_MAPPINGS;
    ck_assert_int_eq(grant_mapping_take(world.d), -ENOMEM);
}
END_TEST

/** Copies between domains: by the granter's word only. */
START_TEST(test_copy)
{
    struct gnttab_copy *op = argument();
    uint8_t *theirs = fake_frame(world.foreign);
    uint8_t *ours = fake_frame(world.page[3]);

    memset(theirs, 0x11, PAGE_SIZE);
    memset(ours, 0x22, PAGE_SIZE);
    offer(5, GTF_permit_access | GTF_readonly, world.d->id, world.foreign);
    *op = (struct gnttab_copy){
        .source = { { .ref = 5 }, world.other->id, 100 },
        .dest = { { .gmfn = world.page[3].n }, DOMID_SELF, 200 },
        .len = 50, .flags = GNTCOPY_source_gref,
    };
    ck_assert_int_eq(call(GNTTABOP_copy, 1), 0);
    ck_assert_int_eq(op->status, GNTST_okay);
    ck_assert_uint_eq(ours[199], 0x22);
    ck_assert_uint_eq(ours[200], 0x11);
    ck_assert_uint_eq(ours[249], 0x11);
    ck_assert_uint_eq(ours[250], 0x22);
    *op = (struct gnttab_copy){
        .source = { { .gmfn = world.page[3].n }, DOMID_SELF, 0 },
        .dest = { { .ref = 5 }, world.other->id, 0 },
        .len = 50, .flags = GNTCOPY_dest_gref,
    };
    ck_assert_int_eq(call(GNTTABOP_copy, 1), 0);
    ck_assert_int_eq(op->status, GNTST_general_error);
    ck_assert_uint_eq(theirs[0], 0x11);
    ck_assert_uint_eq(entry[5].flags, GTF_permit_access | GTF_readonly);
    op->dest.u.gmfn = world.foreign.n; /* not ours, by number */
    op->dest.domid = DOMID_SELF;
    op->flags = 0;
    ck_assert_int_eq(call(GNTTABOP_copy, 1), 0);
    ck_assert_int_eq(op->status, GNTST_bad_page);
}
END_TEST

START_TEST(test_transfer)
{
    struct gnttab_transfer *op = argument();
    uint32_t before = world.other->nr_frames;
    mfn_t frame = world.spare[0];

    memset(fake_frame(frame), 0x77, PAGE_SIZE);
    offer(3, GTF_accept_transfer, world.d->id, mfn(0));
    *op = (struct gnttab_transfer){ .mfn = frame.n,
                                    .domid = world.other->id, .ref = 3 };
    ck_assert_int_eq(call(GNTTABOP_transfer, 1), 0);
    ck_assert_int_eq(op->status, GNTST_okay);
    ck_assert_ptr_eq(frame_info(frame)->owner, world.other);
    ck_assert_uint_eq(world.other->nr_frames, before + 1);
    ck_assert_uint_eq(entry[3].frame, frame.n);
    ck_assert_uint_eq(entry[3].flags,
                      GTF_accept_transfer | GTF_transfer_committed |
                          GTF_transfer_completed);
    ck_assert_uint_eq(*(uint8_t *)fake_frame(frame), 0x77);
    ck_assert_int_eq(call(GNTTABOP_transfer, 1), 0);
    ck_assert_int_eq(op->status, GNTST_bad_page); /* not ours any more */
    offer(3, GTF_accept_transfer, world.d->id, mfn(0));
    op->mfn = world.spare[1].n;
    world.other->max_frames = world.other->nr_frames;
    ck_assert_int_eq(call(GNTTABOP_transfer, 1), 0);
    ck_assert_int_eq(op->status, GNTST_general_error);
    ck_assert_uint_eq(entry[3].flags, GTF_accept_transfer);
}
END_TEST

/* --- Random calls --------------------------------------------------------- */

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    return unit_random(&seed) % n;
}

static mfn_t random_frame(void)
{
    switch (below(6)) {
    case 0:
        return world.page[below(WORLD_PAGES)];
    case 1:
        return mfn(unit_random(&seed));
    case 2:
        return world.l1;
    default:
        return world.foreign;
    }
}

/** What a granter may do at any time. */
static void scribble(void)
{
    struct grant_entry_v1 *e = &entry[below(NR_REFS)];

    switch (below(4)) {
    case 0:
        e->flags = (uint16_t)unit_random(&seed);
        break;
    case 1:
        e->domid = (domid_t)(world.d->id + below(2));
        break;
    case 2:
        e->frame = random_frame().n;
        break;
    default:
        offer((uint32_t)(e - entry), GTF_permit_access, world.d->id,
              world.foreign);
    }
}

static uint64_t random_address(void)
{
    switch (below(8)) {
    case 0:
        return unit_random(&seed);
    case 1:
        return mfn_to_maddr(world.l1).a + 8 * below(TABLE_ENTRIES);
    default:
        return va_of(below(NR_SLOTS));
    }
}

static void random_map(void)
{
    uint32_t flags = below(8);

    if (below(8) == 0)
        flags = unit_random(&seed);
    map_at(random_address(), flags, below(NR_REFS + 1));
}

static void random_unmap(void)
{
    uint32_t which = below(world.d->grants.nr_mappings + 1);
    struct gnttab_unmap_and_replace *op = argument();

    if (below(4) != 0) {
        (void)unmap(below(4) ? va_of(below(NR_SLOTS)) : random_address(),
                    below(2) ? mfn_to_maddr(world.foreign).a : 0, which);
        return;
    }
    *op = (struct gnttab_unmap_and_replace){ .host_addr = random_address(),
                                             .new_addr = random_address(),
                                             .handle = which };
    ck_assert_int_eq(call(GNTTABOP_unmap_and_replace, 1), 0);
}

static void random_copy(void)
{
    struct gnttab_copy *op = argument();

    *op = (struct gnttab_copy){
        .source = { { .ref = below(2) ? below(NR_REFS) : random_frame().n },
                    below(2) ? world.other->id : DOMID_SELF,
                    (uint16_t)below(5000) },
        .dest = { { .ref = below(2) ? below(NR_REFS) : random_frame().n },
                  below(2) ? world.other->id : DOMID_SELF,
                  (uint16_t)below(5000) },
        .len = (uint16_t)below(200), .flags = (uint16_t)below(4),
    };
    ck_assert_int_eq(call(GNTTABOP_copy, 1), 0);
}

/** Pins are those of handles (GNT-I7). */
static void check_pins(void)
{
    uint32_t pins[NR_REFS][NR_GRANT_PINS] = { { 0 } };

    for (uint32_t h = 0; h < world.d->grants.nr_mappings; h++) {
        const struct grant_mapping *m = grant_mapping(world.d, h);
        unsigned step = m && m->flags & GNTMAP_readonly ? 0 : 1;

        if (m && m->flags & GNTMAP_host_map)
            pins[m->ref][GRANT_HOST_READ + step]++;
        if (m && m->flags & GNTMAP_device_map)
            pins[m->ref][GRANT_DEVICE_READ + step]++;
    }
    for (unsigned ref = 0; ref < NR_REFS; ref++) {
        const struct active_grant *a = grant_active(world.other, ref, false);

        for (unsigned i = 0; a && i < NR_GRANT_PINS; i++)
            ck_assert_uint_eq(a->pin[i], pins[ref][i]);
    }
}

START_TEST(test_random)
{
    seed = 0x1234567u + (uint32_t)_i;
    for (unsigned i = 0; i < 400; i++) {
        switch (below(6)) {
        case 0:
        case 1:
            scribble();
            break;
        case 2:
        case 3:
            random_map();
            break;
        case 4:
            random_unmap();
            break;
        default:
            if (below(4) == 0) /* an entry of a grant is overwritten */
                (void)va_mapping_update(world.v, va_of(below(NR_SLOTS)), 0,
                                        world.d);
            else
                random_copy();
        }
        check_pins();
    }
    give_all_up();
    world_check("the mapper has ended");
    ck_assert(!grant_domain_in_use(world.other));
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        (void)va_mapping_update(world.v, i << PAGE_SHIFT, 0, world.d);
    world_check("nothing is mapped");
    ck_assert_uint_eq(count_of(world.foreign), 1);
    ck_assert(grant_domain_free(world.other));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_life);
    tcase_add_test(t, test_whose_frame);
    tcase_add_test(t, test_dying_granter);
    tcase_add_test(t, test_many_mappings_end);
    tcase_add_test(t, test_mapper_ends);
    tcase_add_test(t, test_flush);
    tcase_add_test(t, test_handles);
    tcase_add_test(t, test_copy);
    tcase_add_test(t, test_transfer);
    tcase_add_loop_test(t, test_random, 0, 8);
}

static Suite *suite(void)
{
    Suite *s = suite_create("grants/map");
    TCase *plain = tcase_create("plain"), *fast = tcase_create("short");

    tcase_add_checked_fixture(plain, start, NULL);
    add_tests(plain);
    suite_add_tcase(s, plain);
    tcase_add_checked_fixture(fast, start_short, NULL);
    add_tests(fast);
    suite_add_tcase(s, fast);
    return s;
}

UNIT_MAIN(suite())
