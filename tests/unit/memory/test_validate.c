/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_validate Unit test: promotion and demotion of tables
 *
 * Property: MM-I4, MM-I6 to MM-I8. Exactly the entries of the rule's table
 * are accepted; whatever is refused leaves every count as it was; whatever is
 * accepted is given back in full.
 *
 * Method: frames written by hand and promoted; all counts recounted after
 * each step. Each bit of an entry is tried alone; a bad entry at each place
 * where an undo could go wrong.
 */
#include "unit.h"

#include <string.h>

#include "world.h"
#include "xen_abi.h"

static void start(void)
{
    world_start(false, 2);
}

static void start_privileged(void)
{
    world_start(true, 2);
}

static int promote(mfn_t m, enum frame_type type)
{
    int error = frame_get_and_type(m, world.d, type);

    /* The recount takes the reference that we hold for a pin. */
    if (error == 0)
        frame_info(m)->flags |= PAGE_PINNED;
    world_check("after promotion");
    if (error == 0) {
        frame_info(m)->flags &= ~PAGE_PINNED;
        frame_put_and_type(m);
    }
    world_check("after demotion");
    return error;
}

/** Promote spare[0] with one entry at `index`. */
static int promote_one(enum frame_type type, unsigned index, uint64_t entry)
{
    memset(fake_frame(world.spare[0]), 0, PAGE_SIZE);
    world_poke(world.spare[0], index, entry);
    return promote(world.spare[0], type);
}

/* --- Flags: each bit alone, beside "present" ------------------------- */

#define FLAGS_L1_L2 (PTE_RW | PTE_US | PTE_A | PTE_D | 0xE00 | PTE_NX)
#define FLAGS_L3 (PTE_RW | PTE_US | PTE_A | PTE_D | 0xE00)

/** Which single bits besides P are accepted, with the frame given. */
static uint64_t accepted_bits(enum frame_type type, mfn_t m)
{
    uint64_t accepted = 0;

    for (unsigned bit = 1; bit < 64; bit++) {
        uint64_t entry = entry_for(m, PTE_P);

        /* Bits of the frame's number make another frame of it. */
        if (bit >= 12 && bit < 44)
            continue;
        if (type == FRAME_L3)
            world_poke(world.spare[0], 3, entry_for(world.spare[2], PTE_P));
        if (entry_check_flags(world.d, type, entry | 1ull << bit) == 0)
            accepted |= 1ull << bit;
    }
    return accepted;
}

START_TEST(test_flags)
{
    ck_assert_uint_eq(accepted_bits(FRAME_L1, world.page[0]), FLAGS_L1_L2);
    ck_assert_uint_eq(accepted_bits(FRAME_L2, world.l1), FLAGS_L1_L2);
    ck_assert_uint_eq(accepted_bits(FRAME_XEN_L2, world.l1), FLAGS_L1_L2);
    ck_assert_uint_eq(accepted_bits(FRAME_L3, world.l2), FLAGS_L3);
}
END_TEST

START_TEST(test_flags_of_a_privileged_domain)
{
    ck_assert_uint_eq(accepted_bits(FRAME_L1, world.page[0]),
                      FLAGS_L1_L2 | PTE_PWT | PTE_PCD | PTE_PSE);
    ck_assert_uint_eq(accepted_bits(FRAME_L2, world.l1), FLAGS_L1_L2);
    ck_assert_uint_eq(accepted_bits(FRAME_L3, world.l2), FLAGS_L3);
}
END_TEST

/* To a processor without NX its bit is reserved. */
START_TEST(test_flags_without_nx)
{
    uint64_t nx = entry_for(world.page[0], PTE_P) | PTE_NX;

    no_execute = 0;
    ck_assert_uint_eq(accepted_bits(FRAME_L1, world.page[0]),
                      FLAGS_L1_L2 & ~PTE_NX);
    ck_assert_uint_eq(accepted_bits(FRAME_L2, world.l1),
                      FLAGS_L1_L2 & ~PTE_NX);
    ck_assert_uint_eq(accepted_bits(FRAME_XEN_L2, world.l1),
                      FLAGS_L1_L2 & ~PTE_NX);
    ck_assert_uint_eq(accepted_bits(FRAME_L3, world.l2), FLAGS_L3);
    ck_assert_int_eq(promote_one(FRAME_L1, 0, nx), -EINVAL);
    ck_assert_int_eq(promote_one(FRAME_L1, 0, nx & ~(uint64_t)PTE_P), 0);
}
END_TEST

/* The check is made on the way in, at every level. */
START_TEST(test_bad_flag_refused)
{
    ck_assert_int_eq(promote_one(FRAME_L1, 0, entry_for(world.page[0],
                                                        PTE_P | PTE_GLOBAL)),
                     -EINVAL);
    ck_assert_int_eq(promote_one(FRAME_L2, 0, entry_for(world.l1,
                                                        PTE_P | PTE_PSE)),
                     -EINVAL);
    ck_assert_int_eq(promote_one(FRAME_L2, 0,
                                 entry_for(world.l1, PTE_P) | 1ull << 52),
                     -EINVAL);
    world_poke(world.spare[1], 3, entry_for(world.spare[2], PTE_P));
    world_poke(world.spare[1], 0, entry_for(world.l2, PTE_P | PTE_PCD));
    ck_assert_int_eq(promote(world.spare[1], FRAME_L3), -EINVAL);
    /* Bits of the frame beyond what any processor has are not a frame's. */
    ck_assert_int_eq(promote_one(FRAME_L1, 0, entry_for(world.page[0], PTE_P) |
                                                  1ull << 44), -EINVAL);
}
END_TEST

START_TEST(test_not_present_may_be_anything)
{
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        world_poke(world.spare[0], i, ~(uint64_t)PTE_P);
    ck_assert_int_eq(promote(world.spare[0], FRAME_L1), 0);
    ck_assert_int_eq(promote(world.spare[0], FRAME_L2), 0);
}
END_TEST

/* --- Which frames ---------------------------------------------------- */

START_TEST(test_l1_frames)
{
    static const struct {
        const char *what;
        int ro, rw;
    } expected[] = {
        { "own", 0, 0 },
        { "foreign", -EBUSY, -EBUSY },
        { "nobody's", -EBUSY, -EBUSY },
        { "L1 table", 0, -EBUSY },
        { "L3 table", 0, -EBUSY },
        { "itself", 0, -EBUSY },
        { "device", -EPERM, -EPERM },
        { "beyond memory", -EPERM, -EPERM },
        { "shared_info", 0, 0 },
        { "heap", -EBUSY, -EBUSY },
    };
    const mfn_t frames[] = {
        world.page[0], world.foreign, mfn(1), world.l1, world.l3,
        world.spare[0], mfn(WORLD_DEVICE_FRAME), mfn(FAKE_FRAMES),
        world.d->shared_mfn, maddr_to_mfn(heap_maddr(world.d)),
    };

    for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        int ro = promote_one(FRAME_L1, 7, entry_for(frames[i], PTE_P));
        int rw = promote_one(FRAME_L1, 7, entry_for(frames[i],
                                                    PTE_P | PTE_RW));

        ck_assert_msg(ro == expected[i].ro && rw == expected[i].rw,
                      "%s: read-only %d, writable %d", expected[i].what, ro,
                      rw);
    }
}
END_TEST

START_TEST(test_device_of_a_privileged_domain)
{
    ck_assert_int_eq(promote_one(FRAME_L1, 0,
                                 entry_for(mfn(WORLD_DEVICE_FRAME),
                                           PTE_P | PTE_RW | PTE_PCD)), 0);
    ck_assert_int_eq(promote_one(FRAME_L1, 0, entry_for(mfn(FAKE_FRAMES + 9),
                                                        PTE_P | PTE_RW)), 0);
    /* RAM of nobody's, the hypervisor's own, is no device. */
    ck_assert_int_eq(promote_one(FRAME_L1, 0, entry_for(mfn(1), PTE_P)),
                     -EBUSY);
    ck_assert_uint_eq(frame_info(mfn(WORLD_DEVICE_FRAME))->count, 0);
}
END_TEST

START_TEST(test_l2_frames)
{
    const mfn_t wrong[] = {
        world.foreign, mfn(1), mfn(FAKE_FRAMES), world.page[0], world.l2,
        world.l3, world.spare[0] /* itself */, world.d->shared_mfn,
    };

    ck_assert_int_eq(promote_one(FRAME_L2, 511, entry_for(world.l1, PTE_P)),
                     0);
    ck_assert_int_eq(promote_one(FRAME_L2, 511,
                                 entry_for(world.spare[1], PTE_P)), 0);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(promote_one(FRAME_L2, 511,
                                     entry_for(wrong[i], PTE_P)), -EINVAL);
}
END_TEST

/* Self-maps that are no writable hole: an L1 that maps itself read-only is
 * only a page; an L2 in itself would be an L1 and an L2 at once. */
START_TEST(test_self_maps)
{
    ck_assert_int_eq(promote_one(FRAME_L1, 0, entry_for(world.spare[0],
                                                        PTE_P)), 0);
    ck_assert_int_eq(promote_one(FRAME_L2, 0, entry_for(world.spare[0],
                                                        PTE_P)), -EINVAL);
    memset(fake_frame(world.spare[0]), 0, PAGE_SIZE);
    world_poke(world.spare[0], 3, entry_for(world.spare[2], PTE_P));
    world_poke(world.spare[0], 1, entry_for(world.spare[0], PTE_P));
    ck_assert_int_eq(promote(world.spare[0], FRAME_L3), -EINVAL);
}
END_TEST

/* --- L3s and slot 3 -------------------------------------------------- */

/** Promote spare[0] as an L3 of these L2s (INVALID_MFN: empty). */
static int promote_l3(mfn_t a, mfn_t b, mfn_t c, mfn_t d)
{
    const mfn_t l2[4] = { a, b, c, d };

    memset(fake_frame(world.spare[0]), 0, PAGE_SIZE);
    for (unsigned i = 0; i < 4; i++)
        if (mfn_valid_number(l2[i]))
            world_poke(world.spare[0], i, entry_for(l2[i], PTE_P));
    return promote(world.spare[0], FRAME_L3);
}

START_TEST(test_l3_slots)
{
    const mfn_t none = INVALID_MFN, a = world.spare[1], b = world.spare[2];

    ck_assert_int_eq(promote_l3(none, none, none, a), 0);
    ck_assert_int_eq(promote_l3(b, none, b, a), 0); /* slots may share */
    ck_assert_int_eq(promote_l3(a, none, none, none), -EINVAL);
    ck_assert_int_eq(promote_l3(a, none, none, a), -EINVAL);
    ck_assert_int_eq(promote_l3(none, none, none, world.xen_l2), -EINVAL);
    ck_assert_int_eq(promote_l3(world.xen_l2, none, none, a), -EINVAL);
    ck_assert_int_eq(promote_l3(none, none, none, world.l2), -EINVAL);
    ck_assert_int_eq(promote_l3(world.page[0], none, none, a), -EINVAL);
    ck_assert_int_eq(promote_l3(none, none, world.foreign, a), -EINVAL);
}
END_TEST

START_TEST(test_l3_has_four_entries)
{
    world_poke(world.spare[0], 3, entry_for(world.spare[1], PTE_P));
    world_poke(world.spare[0], 4, ~0ull); /* not looked at */
    ck_assert_int_eq(promote(world.spare[0], FRAME_L3), 0);
}
END_TEST

START_TEST(test_reserved_slots)
{
    mfn_t l2 = world.spare[1];

    for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i++)
        world_poke(l2, i, ~0ull);
    world_poke(l2, FIRST_RESERVED_L2_SLOT - 1, entry_for(world.l1, PTE_P));
    ck_assert_int_eq(promote_l3(INVALID_MFN, INVALID_MFN, INVALID_MFN, l2),
                     0);
    for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i++)
        ck_assert_uint_eq(world_entry(l2, i), hypervisor_l2()[i].e);
    /* Elsewhere such an L2 is not one: those entries are not its guest's. */
    ck_assert_int_eq(promote_l3(l2, INVALID_MFN, INVALID_MFN, world.spare[2]),
                     -EINVAL);
}
END_TEST

/* The last slot of the guest's is looked at. */
START_TEST(test_last_guest_slot_of_slot_3)
{
    world_poke(world.spare[1], FIRST_RESERVED_L2_SLOT - 1,
               entry_for(world.page[0], PTE_P));
    ck_assert_int_eq(promote_l3(INVALID_MFN, INVALID_MFN, INVALID_MFN,
                                world.spare[1]), -EINVAL);
}
END_TEST

/* --- Undo ------------------------------------------------------------ */

/** Calls as many as it takes come and finish what was left. */
static void finish(void)
{
    do
        work_reset();
    while (!tables_finish());
}

/* A bad entry at each place, after good ones of every kind. A promotion of so
 * many takes the whole share, so its undo is left for the calls after it. */
START_TEST(test_undo_l1)
{
    for (unsigned bad = 0; bad < TABLE_ENTRIES; bad++) {
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            world_poke(world.spare[0], i,
                       i % 5 == 4 ? ~1ull & 0x123456789ull
                                  : entry_for(world.page[i % 8],
                                              PTE_P | (i % 3 ? PTE_RW : 0)));
        world_poke(world.spare[0], bad, entry_for(world.foreign, PTE_P));
        ck_assert_int_eq(promote(world.spare[0], FRAME_L1), -EBUSY);
        finish();
        ck_assert_uint_eq(frame_info(world.spare[0])->type_count, 0);
    }
}
END_TEST

/* Undo goes down: L1s that were promoted only for this are none again. */
START_TEST(test_undo_l2)
{
    world_poke(world.spare[1], 0, entry_for(world.page[0], PTE_P | PTE_RW));
    world_poke(world.spare[0], 0, entry_for(world.spare[1], PTE_P));
    world_poke(world.spare[0], 1, entry_for(world.l1, PTE_P));
    world_poke(world.spare[0], 2, entry_for(world.page[1], PTE_P));
    ck_assert_int_eq(promote(world.spare[0], FRAME_L2), -EINVAL);
    ck_assert_uint_eq(frame_info(world.spare[1])->type_count, 0);
    ck_assert_uint_eq(frame_info(world.l1)->type_count, 1);
}
END_TEST

/* An error three levels down comes up as it is, and nothing stays. */
START_TEST(test_undo_deep)
{
    world_poke(world.spare[3], 9, entry_for(world.foreign, PTE_P));
    world_poke(world.spare[2], 1, entry_for(world.spare[3], PTE_P));
    world_poke(world.spare[2], 0, entry_for(world.spare[4], PTE_P));
    ck_assert_int_eq(promote_l3(world.spare[2], INVALID_MFN, INVALID_MFN,
                                world.spare[1]), -EBUSY);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(frame_info(world.spare[i])->type_count, 0);
}
END_TEST

/* --- Descriptors ----------------------------------------------------- */

START_TEST(test_descriptors)
{
    uint32_t *word = fake_frame(world.spare[0]);

    word[2] = 0x0000FFFF; /* flat data of DPL 0: made DPL 1, and shorter */
    word[3] = 0x00CF9300;
    ck_assert_int_eq(promote(world.spare[0], FRAME_SEG_DESC), 0);
    ck_assert_uint_eq(word[3] & 0x6000, 0x2000);
    word[1022] = 0x00080000; /* an interrupt gate, in the last entry */
    word[1023] = 0x00008E00;
    ck_assert_int_eq(promote(world.spare[0], FRAME_SEG_DESC), -EINVAL);
    ck_assert_int_eq(promote(world.page[0], FRAME_SEG_DESC), -EINVAL);
}
END_TEST

static Suite *validate_suite(void)
{
    Suite *suite = suite_create("memory/validate");
    TCase *plain = tcase_create("plain");
    TCase *privileged = tcase_create("privileged");

    tcase_add_checked_fixture(plain, start, NULL);
    tcase_set_timeout(plain, 60);
    tcase_add_test(plain, test_flags);
    tcase_add_test(plain, test_flags_without_nx);
    tcase_add_test(plain, test_bad_flag_refused);
    tcase_add_test(plain, test_not_present_may_be_anything);
    tcase_add_test(plain, test_l1_frames);
    tcase_add_test(plain, test_l2_frames);
    tcase_add_test(plain, test_self_maps);
    tcase_add_test(plain, test_l3_slots);
    tcase_add_test(plain, test_l3_has_four_entries);
    tcase_add_test(plain, test_reserved_slots);
    tcase_add_test(plain, test_last_guest_slot_of_slot_3);
    tcase_add_test(plain, test_undo_l1);
    tcase_add_test(plain, test_undo_l2);
    tcase_add_test(plain, test_undo_deep);
    tcase_add_test(plain, test_descriptors);
    tcase_add_checked_fixture(privileged, start_privileged, NULL);
    tcase_add_test(privileged, test_flags_of_a_privileged_domain);
    tcase_add_test(privileged, test_device_of_a_privileged_domain);
    suite_add_tcase(suite, plain);
    suite_add_tcase(suite, privileged);
    return suite;
}

UNIT_MAIN(validate_suite())
