/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_update Unit test: changing tables that are in use
 *
 * Property: MM-I4, MM-I7, MM-I9. A change is made in full or not at all,
 * whichever way the entry goes; the short cut still checks flags; what the
 * hypervisor owns in a guest's tables stays its own; the processor's copy of
 * an L3 follows it at once.
 *
 * Method: single changes in a small world, all counts recounted after each.
 */
#include "unit.h"

#include <string.h>

#include "fake_cpu.h"
#include "world.h"
#include "xen_abi.h"

static void start(void)
{
    world_start(false, 3);
}

static int update(mfn_t table, unsigned index, uint64_t entry)
{
    struct entry_update u = { .owner = world.d, .page_owner = world.d,
                              .table = table, .index = index,
                              .entry = entry };
    uint64_t old = world_entry(table, index);
    int error = entry_update(&u);

    world_check("after an update");
    ck_assert_uint_eq(world_entry(table, index), error ? old : entry);
    return error;
}

/* Every way from one L1 entry to another. */
START_TEST(test_l1_transitions)
{
    const uint64_t good[] = {
        0, 0xDEAD0000BEEF0000ull & ~1ull,
        entry_for(world.page[0], PTE_P), entry_for(world.page[0],
                                                   PTE_P | PTE_RW),
        entry_for(world.page[0], PTE_P | PTE_RW | PTE_US | PTE_NX),
        entry_for(world.page[1], PTE_P), entry_for(world.page[1],
                                                   PTE_P | PTE_RW),
        entry_for(world.l1, PTE_P), entry_for(world.l3, PTE_P),
    };
    const unsigned nr = sizeof(good) / sizeof(good[0]);

    for (unsigned from = 0; from < nr; from++) {
        for (unsigned to = 0; to < nr; to++) {
            ck_assert_int_eq(update(world.l1, 100, good[from]), 0);
            ck_assert_int_eq(update(world.l1, 100, good[to]), 0);
        }
    }
}
END_TEST

START_TEST(test_l1_refused)
{
    const struct {
        uint64_t entry;
        int error;
    } bad[] = {
        { entry_for(world.foreign, PTE_P), -EBUSY },
        { entry_for(world.l1, PTE_P | PTE_RW), -EBUSY },
        { entry_for(world.page[0], PTE_P | PTE_PCD), -EINVAL },
        { entry_for(mfn(FAKE_FRAMES), PTE_P), -EPERM },
        /* The short cut: same frame, same rights, a flag that is refused. */
        { entry_for(world.page[2], PTE_P | PTE_RW | PTE_GLOBAL), -EINVAL },
        { entry_for(world.page[2], PTE_P | PTE_RW) | 1ull << 55, -EINVAL },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(update(world.l1, 2, bad[i].entry), bad[i].error);
}
END_TEST

/* The very frame that is mapped becomes writable, or stops being so, although
 * it is used as a table in between. */
START_TEST(test_rights_of_the_same_frame)
{
    ck_assert_int_eq(update(world.l1, 50, entry_for(world.spare[0], PTE_P)),
                     0);
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L1), 0);
    ck_assert_int_eq(update(world.l1, 50,
                            entry_for(world.spare[0], PTE_P | PTE_RW)),
                     -EBUSY);
    ck_assert_int_eq(table_unpin(world.d, world.spare[0]), 0);
    ck_assert_int_eq(update(world.l1, 50,
                            entry_for(world.spare[0], PTE_P | PTE_RW)), 0);
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L1), -EINVAL);
}
END_TEST

START_TEST(test_accessed_bits_are_kept)
{
    struct entry_update u = { .owner = world.d, .page_owner = world.d,
                              .table = world.l1, .index = 0,
                              .entry = entry_for(world.page[1],
                                                 PTE_P | PTE_RW),
                              .keep_accessed = true };

    world_poke(world.l1, 0, world_entry(world.l1, 0) | PTE_A | PTE_D);
    ck_assert_int_eq(entry_update(&u), 0);
    ck_assert_uint_eq(world_entry(world.l1, 0), u.entry | PTE_A | PTE_D);
    world_check("end");
}
END_TEST

/* The old frame must outlive the entry: here the entry is its last use. */
START_TEST(test_last_use_is_replaced)
{
    frame_info(world.page[0])->flags &= ~PAGE_ALLOCATED;
    frame_put(world.page[0]);
    ck_assert_int_eq(update(world.l1, 0, entry_for(world.page[1], PTE_P)), 0);
    ck_assert_ptr_null(frame_info(world.page[0])->owner);
}
END_TEST

START_TEST(test_l2)
{
    world_poke(world.spare[1], 3, entry_for(world.page[3], PTE_P | PTE_RW));
    ck_assert_int_eq(update(world.l2, 5, entry_for(world.spare[1],
                                                   PTE_P | PTE_RW)), 0);
    ck_assert_int_eq(frame_info(world.spare[1])->type, FRAME_L1);
    /* The short cut again: only flags change. */
    ck_assert_int_eq(update(world.l2, 5, entry_for(world.spare[1],
                                                   PTE_P | PTE_US)), 0);
    ck_assert_int_eq(update(world.l2, 5, entry_for(world.spare[1],
                                                   PTE_P | PTE_PSE)),
                     -EINVAL);
    ck_assert_int_eq(update(world.l2, 5, entry_for(world.page[0], PTE_P)),
                     -EINVAL);
    ck_assert_int_eq(update(world.l2, 5, entry_for(world.l2, PTE_P)),
                     -EINVAL);
    ck_assert_int_eq(update(world.l2, 5, 0), 0);
    ck_assert_uint_eq(frame_info(world.spare[1])->type_count, 0);
    /* An ordinary L2 has no slots of the hypervisor's. */
    ck_assert_int_eq(update(world.l2, 511, entry_for(world.l1, PTE_P)), 0);
}
END_TEST

START_TEST(test_l2_of_slot_3)
{
    ck_assert_int_eq(update(world.xen_l2, FIRST_RESERVED_L2_SLOT - 1,
                            entry_for(world.l1, PTE_P)), 0);
    for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i += 0x15) {
        ck_assert_int_eq(update(world.xen_l2, i, 0), -EPERM);
        ck_assert_int_eq(update(world.xen_l2, i, world_entry(world.xen_l2, i)),
                         -EPERM);
    }
}
END_TEST

START_TEST(test_live_l3)
{
    unsigned flushes = fake_count(FAKE_WRITE_CR3);

    ck_assert_int_eq(update(world.l3, 1, entry_for(world.spare[1],
                                                   PTE_P | PTE_A | PTE_US)),
                     0);
    /* In force at once, and without the bits that CR3 would choke on. */
    ck_assert_uint_eq(world.v->pdpt[1], entry_for(world.spare[1], PTE_P));
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), flushes + 1);
    ck_assert_int_eq(update(world.l3, 1, 0), 0);
    ck_assert_uint_eq(world.v->pdpt[1], 0);
    ck_assert_int_eq(update(world.l3, 0, entry_for(world.xen_l2, PTE_P)),
                     -EINVAL);
    ck_assert_int_eq(update(world.l3, 0, entry_for(world.l3, PTE_P)),
                     -EINVAL);
    ck_assert_int_eq(update(world.l3, 3, world_entry(world.l3, 3)), -EINVAL);
    ck_assert_int_eq(update(world.l3, 3, 0), -EINVAL);
    ck_assert_int_eq(update(world.l3, 4, 0), -EINVAL);
    ck_assert_int_eq(update(world.l3, 511, 0), -EINVAL);
}
END_TEST

START_TEST(test_another_vcpus_l3)
{
    struct vcpu *other = domain_add_vcpu(world.d, 1);
    unsigned flushes;

    ck_assert_int_eq(base_switch(other, world.l3), 0);
    flushes = fake_count(FAKE_WRITE_CR3);
    fake_run(NULL);
    ck_assert_int_eq(update(world.l3, 2, entry_for(world.spare[1], PTE_P)),
                     0);
    ck_assert_uint_eq(other->pdpt[2], entry_for(world.spare[1], PTE_P));
    ck_assert_uint_eq(world.v->pdpt[2], entry_for(world.spare[1], PTE_P));
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), flushes);
}
END_TEST

/* --- By address ------------------------------------------------------ */

static int va_update(uint32_t va, uint64_t entry)
{
    int error = va_mapping_update(world.v, va, entry, world.d);

    world_check("after an update by address");
    return error;
}

START_TEST(test_va_mapping)
{
    uint64_t entry = entry_for(world.page[3], PTE_P);

    ck_assert_int_eq(va_update(0x5FFF, entry), 0); /* not aligned: its page */
    ck_assert_uint_eq(world_entry(world.l1, 5), entry);
    ck_assert_int_eq(va_update(0x1FF000, entry), 0); /* was not mapped */
    ck_assert_int_eq(va_update(0x5000, 0), 0);
    ck_assert_int_eq(va_update(0x200000, entry), -EINVAL);   /* no L1 */
    ck_assert_int_eq(va_update(0x40000000, entry), -EINVAL); /* no L2 */
    ck_assert_int_eq(va_update(M2P_START, entry), -EINVAL);
    ck_assert_int_eq(va_update(0xFFFFFFFF, entry), -EINVAL);
    ck_assert_int_eq(va_update(0x5000, entry_for(world.foreign, PTE_P)),
                     -EBUSY);
}
END_TEST

START_TEST(test_va_mapping_of_a_foreign_frame)
{
    uint64_t entry = entry_for(world.foreign, PTE_P | PTE_RW);

    ck_assert_int_eq(va_mapping_update(world.v, 0x5000, entry, world.other),
                     0);
    world_check("mapped");
    ck_assert_uint_eq(frame_info(world.foreign)->type_count, 1);
    /* Its own frames are not to be had by that name. */
    ck_assert_int_eq(va_mapping_update(world.v, 0x6000,
                                       entry_for(world.page[0], PTE_P),
                                       world.other), -EBUSY);
    ck_assert_int_eq(va_update(0x5000, 0), 0);
    ck_assert_uint_eq(frame_info(world.foreign)->count, 1);
}
END_TEST

/* --- Pins and bases -------------------------------------------------- */

START_TEST(test_pin)
{
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L1), 0);
    world_check("pinned");
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L1), -EINVAL);
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L2), -EINVAL);
    world_check("not pinned twice");
    ck_assert_int_eq(table_unpin(world.d, world.spare[0]), 0);
    world_check("unpinned");
    ck_assert_int_eq(table_unpin(world.d, world.spare[0]), -EINVAL);
    world_check("not unpinned twice");
}
END_TEST

START_TEST(test_pin_refused)
{
    ck_assert_int_eq(table_pin(world.d, world.foreign, FRAME_L1), -EINVAL);
    ck_assert_int_eq(table_pin(world.d, world.page[0], FRAME_L1), -EINVAL);
    ck_assert_int_eq(table_pin(world.d, world.xen_l2, FRAME_L2), -EINVAL);
    ck_assert_int_eq(table_pin(world.d, world.d->shared_mfn, FRAME_L1),
                     -EINVAL);
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L3), -EINVAL);
    ck_assert_int_eq(table_unpin(world.d, world.foreign), -EINVAL);
    ck_assert_int_eq(table_unpin(world.d, INVALID_MFN), -EINVAL);
    ck_assert_int_eq(table_unpin(world.d, world.l3), -EINVAL);
    world_check("end");
}
END_TEST

/* Pinned and in use: dropping the one keeps the other (MM-I9). */
START_TEST(test_pinned_base)
{
    ck_assert_int_eq(table_pin(world.d, world.l3, FRAME_L3), 0);
    world_check("pinned");
    ck_assert_int_eq(table_unpin(world.d, world.l3), 0);
    world_check("unpinned");
    ck_assert_uint_eq(frame_info(world.l3)->type_count, 1);
    ck_assert_int_eq(frame_info(world.l3)->type, FRAME_L3);
}
END_TEST

START_TEST(test_new_base)
{
    mfn_t l3 = world.spare[0];

    world_poke(l3, 3, entry_for(world.spare[1], PTE_P | PTE_RW));
    world_poke(l3, 2, entry_for(world.l2, PTE_P));
    ck_assert_int_eq(base_switch(world.v, l3), 0);
    world_check("switched");
    ck_assert_uint_eq(world.v->base.n, l3.n);
    ck_assert_uint_eq(world.v->pdpt[0], 0);
    ck_assert_uint_eq(world.v->pdpt[2], entry_for(world.l2, PTE_P));
    ck_assert_uint_eq(world.v->pdpt[3], entry_for(world.spare[1], PTE_P));
    ck_assert_uint_eq(frame_info(world.l3)->type_count, 0);
    ck_assert_uint_eq(frame_info(world.xen_l2)->type_count, 0);
    ck_assert_int_eq(base_switch(world.v, l3), 0); /* the same again */
    world_check("the same again");
}
END_TEST

START_TEST(test_new_base_refused)
{
    ck_assert_int_eq(base_switch(world.v, world.page[0]), -EINVAL);
    ck_assert_int_eq(base_switch(world.v, world.l1), -EINVAL);
    ck_assert_int_eq(base_switch(world.v, world.foreign), -EINVAL);
    ck_assert_int_eq(base_switch(world.v, world.spare[0]), -EINVAL);
    ck_assert_uint_eq(world.v->base.n, world.l3.n);
    world_check("end");
}
END_TEST

static Suite *update_suite(void)
{
    Suite *suite = suite_create("memory/update");
    TCase *tcase = tcase_create("update");

    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, test_l1_transitions);
    tcase_add_test(tcase, test_l1_refused);
    tcase_add_test(tcase, test_rights_of_the_same_frame);
    tcase_add_test(tcase, test_accessed_bits_are_kept);
    tcase_add_test(tcase, test_last_use_is_replaced);
    tcase_add_test(tcase, test_l2);
    tcase_add_test(tcase, test_l2_of_slot_3);
    tcase_add_test(tcase, test_live_l3);
    tcase_add_test(tcase, test_another_vcpus_l3);
    tcase_add_test(tcase, test_va_mapping);
    tcase_add_test(tcase, test_va_mapping_of_a_foreign_frame);
    tcase_add_test(tcase, test_pin);
    tcase_add_test(tcase, test_pin_refused);
    tcase_add_test(tcase, test_pinned_base);
    tcase_add_test(tcase, test_new_base);
    tcase_add_test(tcase, test_new_base_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(update_suite())
