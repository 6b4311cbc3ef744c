/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_calls Unit test: the hypercalls of lab 3
 *
 * Property: mmu_update and mmuext_op return what the interface says for each
 * command, owner and edge; count what was done; and do long work in pieces
 * without the caller noticing.
 *
 * Method: calls with arguments in a small window of guest memory. Results are
 * those that were observed on the original (a native one where they differ).
 */
#include "unit.h"

#include <string.h>

#include "fake_cpu.h"
#include "memory_op.h"
#include "world.h"
#include "xen_abi.h"

#define DONE (WORLD_ARGUMENTS + 0x3F00u)
#define NOWHERE 0x30000000u

static void start(void)
{
    world_start(false, 4);
}

static void start_privileged(void)
{
    world_start(true, 4);
}

static uint32_t done_word(void)
{
    uint32_t word;

    memcpy(&word, world_arguments + 0x3F00, sizeof(word));
    return word;
}

static void put_request(unsigned i, uint64_t ptr, uint64_t value)
{
    struct mmu_update request = { .ptr = ptr, .val = value };

    memcpy(world_arguments + i * sizeof(request), &request, sizeof(request));
}

static int32_t mmu_update(uint32_t nr, uint32_t domains)
{
    memcpy(world_arguments + 0x3F00, &(uint32_t){ 119 }, 4);
    return world_call(do_mmu_update, WORLD_ARGUMENTS, nr, DONE, domains);
}

/** One request on slot 100 of the live L1. */
static int32_t set_l1(uint64_t entry, uint32_t domains)
{
    put_request(0, entry_for(world.l1, 800), entry);
    return mmu_update(1, domains);
}

static uint64_t page(unsigned i)
{
    return entry_for(world.page[i], PTE_P | PTE_RW);
}

/* --- mmu_update ------------------------------------------------------ */

START_TEST(test_batch)
{
    for (unsigned i = 0; i < 4; i++)
        put_request(i, entry_for(world.l1, 800 + i * 8), page(i));
    ck_assert_int_eq(mmu_update(4, DOMID_SELF), 0);
    ck_assert_uint_eq(done_word(), 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(world_entry(world.l1, 100 + i), page(i));
    put_request(2, entry_for(world.l1, 816), entry_for(world.foreign, PTE_P));
    put_request(3, entry_for(world.l1, 824), 0);
    ck_assert_int_eq(mmu_update(4, DOMID_SELF), -EBUSY);
    ck_assert_uint_eq(done_word(), 2);
    ck_assert_uint_eq(world_entry(world.l1, 103), page(3));
    ck_assert_int_eq(mmu_update(0, DOMID_SELF), 0);
    ck_assert_uint_eq(done_word(), 0);
    ck_assert_int_eq(mmu_update(2 | REST_OF_A_CALL, DOMID_SELF), 0);
    ck_assert_uint_eq(done_word(), 121);
}
END_TEST

START_TEST(test_unreadable_arguments)
{
    ck_assert_int_eq(world_call(do_mmu_update, NOWHERE, 1, DONE, DOMID_SELF),
                     -EFAULT);
    ck_assert_int_eq(world_call(do_mmu_update, 0, 0, 0, DOMID_SELF), 0);
    put_request(0, entry_for(world.l1, 800), page(0));
    ck_assert_int_eq(world_call(do_mmu_update, WORLD_ARGUMENTS, 1, NOWHERE,
                                DOMID_SELF), 0);
    ck_assert_uint_eq(world_entry(world.l1, 100), page(0));
    ck_assert_int_eq(world_call(do_mmuext_op, NOWHERE, 1, 0, DOMID_SELF),
                     -EFAULT);
}
END_TEST

START_TEST(test_commands)
{
    static const int32_t expected[8] = { 0, -EINVAL, 0, 0, -ENOSYS, -ENOSYS,
                                         -ENOSYS, -ENOSYS };

    for (unsigned cmd = 0; cmd < 8; cmd++) {
        /* As an M2P update, the frame is the table's: its own, so it works. */
        put_request(0, entry_for(world.l1, 800 + cmd), page(0));
        ck_assert_int_eq(mmu_update(1, DOMID_SELF),
                         cmd == 1 ? 0 : expected[cmd]);
    }
    put_request(0, entry_for(world.foreign, MMU_MACHPHYS_UPDATE), 5);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), -EINVAL);
}
END_TEST

START_TEST(test_m2p)
{
    put_request(0, entry_for(world.page[0], MMU_MACHPHYS_UPDATE), 0x4321);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), 0);
    ck_assert_uint_eq(m2p_get(world.page[0]), 0x4321);
    put_request(0, entry_for(world.page[0], 0x123 * 8 + MMU_MACHPHYS_UPDATE),
                0x4322);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), 0);
    ck_assert_uint_eq(m2p_get(world.page[0]), 0x4322);
    put_request(0, entry_for(mfn(FAKE_FRAMES), MMU_MACHPHYS_UPDATE), 1);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), -EINVAL);
    put_request(0, 1ull << 50 | MMU_MACHPHYS_UPDATE, 1);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), -EINVAL);
}
END_TEST

START_TEST(test_targets)
{
    const mfn_t wrong[] = { world.foreign, mfn(1), mfn(FAKE_FRAMES),
                            mfn(WORLD_DEVICE_FRAME) };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        put_request(0, entry_for(wrong[i], 0), 0);
        ck_assert_int_eq(mmu_update(1, DOMID_SELF), -EINVAL);
    }
    /* No table: a plain store, of anything. */
    put_request(0, entry_for(world.page[0], 8), 0x123456789ABCDEFull);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), 0);
    ck_assert_uint_eq(world_entry(world.page[0], 1), 0x123456789ABCDEFull);
    put_request(0, entry_for(world.spare[0], 4088), 77);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), 0);
    ck_assert_uint_eq(world_entry(world.spare[0], 511), 77);
    put_request(0, entry_for(world.d->shared_mfn, 2048), 78);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), 0);
    /* Descriptors in use: nobody stores there. */
    world_poke(world.spare[1], 0, 0);
    ck_assert_int_eq(frame_get_and_type(world.spare[1], world.d,
                                        FRAME_SEG_DESC), 0);
    world.v->descriptors.gdt[0] = world.spare[1];
    put_request(0, entry_for(world.spare[1], 0), 0);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), -EINVAL);
}
END_TEST

START_TEST(test_preserve_accessed)
{
    world_poke(world.l1, 0, page(0) | PTE_A | PTE_D);
    put_request(0, entry_for(world.l1, MMU_PT_UPDATE_PRESERVE_AD),
                entry_for(world.page[0], PTE_P));
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), 0);
    ck_assert_uint_eq(world_entry(world.l1, 0),
                      entry_for(world.page[0], PTE_P | PTE_A | PTE_D));
}
END_TEST

START_TEST(test_owners)
{
    ck_assert_int_eq(set_l1(page(0), DOMID_SELF), 0);
    ck_assert_int_eq(set_l1(page(0), world.d->id), -ESRCH);
    ck_assert_int_eq(set_l1(page(0), 0x7EE0), -ESRCH);
    ck_assert_int_eq(set_l1(page(0), DOMID_COW), -ESRCH);
    ck_assert_int_eq(set_l1(page(0), DOMID_INVALID), -ESRCH);
    ck_assert_int_eq(set_l1(page(0), DOMID_XEN), -EPERM);
    ck_assert_int_eq(set_l1(page(0), DOMID_IO), -EPERM);
    ck_assert_int_eq(set_l1(page(0), world.other->id), -EPERM);
    ck_assert_int_eq(set_l1(page(0), (world.d->id + 1) << 16 | DOMID_SELF),
                     0);
    ck_assert_int_eq(set_l1(page(0), 0x7EE1u << 16 | DOMID_SELF), -ESRCH);
    ck_assert_int_eq(set_l1(page(0),
                            (world.other->id + 1) << 16 | DOMID_SELF),
                     -EPERM);
}
END_TEST

START_TEST(test_owners_of_a_privileged_caller)
{
    uint64_t foreign = entry_for(world.foreign, PTE_P | PTE_RW);
    uint64_t device = entry_for(mfn(WORLD_DEVICE_FRAME), PTE_P | PTE_RW);
    uint64_t m2p = entry_for(m2p_first_frame(), PTE_P);

    ck_assert_int_eq(set_l1(foreign, DOMID_SELF), -EBUSY);
    ck_assert_int_eq(set_l1(foreign, world.other->id), 0);
    ck_assert_uint_eq(frame_info(world.foreign)->count, 2);
    ck_assert_int_eq(set_l1(device, DOMID_IO), 0);
    ck_assert_uint_eq(frame_info(world.foreign)->count, 1);
    ck_assert_int_eq(set_l1(page(0), DOMID_IO), -EBUSY);
    ck_assert_int_eq(set_l1(page(0), DOMID_XEN), -EBUSY);
    /* The machine-to-physical table may be read, and only read. */
    ck_assert_int_eq(set_l1(m2p, DOMID_XEN), 0);
    ck_assert_int_eq(set_l1(m2p | PTE_RW, DOMID_XEN), -EBUSY);
    ck_assert_int_eq(set_l1(m2p, DOMID_SELF), 0); /* no change, no check */
    ck_assert_int_eq(set_l1(page(0), DOMID_SELF), 0);
    ck_assert_int_eq(set_l1(m2p, DOMID_SELF), -EBUSY);
    /* Foreign frames are for L1s only. */
    put_request(0, entry_for(world.l2, 8), entry_for(world.foreign, PTE_P));
    ck_assert_int_eq(mmu_update(1, world.other->id), -EINVAL);
}
END_TEST

/* --- mmuext_op ------------------------------------------------------- */

static int32_t ext_op(unsigned cmd, mfn_t m, uint32_t domain)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = m.n;
    memcpy(world_arguments, &op, sizeof(op));
    memcpy(world_arguments + 0x3F00, &(uint32_t){ 119 }, 4);
    return world_call(do_mmuext_op, WORLD_ARGUMENTS, 1, DONE, domain);
}

START_TEST(test_pins)
{
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L1_TABLE, world.spare[0], DOMID_SELF),
                     0);
    ck_assert_uint_eq(done_word(), 1);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L1_TABLE, world.spare[0], DOMID_SELF),
                     -EINVAL);
    ck_assert_uint_eq(done_word(), 0);
    ck_assert_int_eq(ext_op(MMUEXT_UNPIN_TABLE, world.spare[0], DOMID_SELF),
                     0);
    ck_assert_int_eq(ext_op(MMUEXT_UNPIN_TABLE, world.spare[0], DOMID_SELF),
                     -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L2_TABLE, world.spare[0], DOMID_SELF),
                     0);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L4_TABLE, world.spare[0], DOMID_SELF),
                     0);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L3_TABLE, world.spare[0], DOMID_SELF),
                     -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L1_TABLE, world.spare[1],
                            world.d->id), -ESRCH);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L1_TABLE, world.spare[1], DOMID_XEN),
                     -EPERM);
}
END_TEST

START_TEST(test_unknown_operations)
{
    ck_assert_int_eq(ext_op(14, mfn(0), DOMID_SELF), -ENOSYS);
    ck_assert_int_eq(ext_op(15, mfn(0), DOMID_SELF), -ENOSYS);
    ck_assert_int_eq(ext_op(19, mfn(0), DOMID_SELF), -EOPNOTSUPP);
    ck_assert_int_eq(ext_op(20, mfn(0), DOMID_SELF), -EOPNOTSUPP);
    ck_assert_int_eq(ext_op(21, mfn(0), DOMID_SELF), -ENOSYS);
    ck_assert_int_eq(ext_op(0xFFFFFFFF, mfn(0), DOMID_SELF), -ENOSYS);
    ck_assert_int_eq(ext_op(0xFFFF, mfn(0), 0x7EE0), -ESRCH);
    ck_assert_int_eq(ext_op(MMUEXT_FLUSH_CACHE, mfn(0), DOMID_SELF), -EACCES);
    ck_assert_int_eq(ext_op(MMUEXT_FLUSH_CACHE_GLOBAL, mfn(0), DOMID_SELF),
                     -EINVAL);
}
END_TEST

START_TEST(test_flushes)
{
    unsigned before = fake_count(FAKE_WRITE_CR3);
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_MULTI };

    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, mfn(0), DOMID_SELF), 0);
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_ALL, mfn(0), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), before + 2);
    ck_assert_int_eq(ext_op(MMUEXT_INVLPG_LOCAL, mfn(0x1234), DOMID_SELF), 0);
    ck_assert_int_eq(ext_op(MMUEXT_INVLPG_ALL, mfn(0x1234), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 2);
    /* In the hypervisor's range: harmless, and nothing to do. */
    ck_assert_int_eq(ext_op(MMUEXT_INVLPG_LOCAL, mfn(0xF6800000u),
                            DOMID_SELF), 0);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 2);
    /* A set that cannot be read, an empty one, and one with vCPU 0. */
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_MULTI, mfn(0), DOMID_SELF),
                     -EINVAL);
    for (uint32_t set = 0; set < 2; set++) {
        memcpy(world_arguments + 0x3E00, &set, sizeof(set));
        set_xen_guest_handle(op.arg2.vcpumask,
                             (void *)(WORLD_ARGUMENTS + 0x3E00));
        memcpy(world_arguments, &op, sizeof(op));
        ck_assert_int_eq(world_call(do_mmuext_op, WORLD_ARGUMENTS, 1, 0,
                                    DOMID_SELF), 0);
        ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), before + 2 + set);
    }
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, mfn(0), DOMID_XEN),
                     -EPERM);
}
END_TEST

START_TEST(test_pages)
{
    struct mmuext_op op = { .cmd = MMUEXT_COPY_PAGE };

    memset(fake_frame(world.page[0]), 0x11, PAGE_SIZE);
    ck_assert_int_eq(ext_op(MMUEXT_CLEAR_PAGE, world.page[1], DOMID_SELF), 0);
    ck_assert_uint_eq(world_entry(world.page[1], 511), 0);
    op.arg1.mfn = world.page[1].n;
    op.arg2.src_mfn = world.page[0].n;
    memcpy(world_arguments, &op, sizeof(op));
    ck_assert_int_eq(world_call(do_mmuext_op, WORLD_ARGUMENTS, 1, 0,
                                DOMID_SELF), 0);
    ck_assert_mem_eq(fake_frame(world.page[1]), fake_frame(world.page[0]),
                     PAGE_SIZE);
    op.arg2.src_mfn = world.foreign.n;
    memcpy(world_arguments, &op, sizeof(op));
    ck_assert_int_eq(world_call(do_mmuext_op, WORLD_ARGUMENTS, 1, 0,
                                DOMID_SELF), -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_CLEAR_PAGE, world.l1, DOMID_SELF),
                     -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_CLEAR_PAGE, mfn(FAKE_FRAMES), DOMID_SELF),
                     -EINVAL);
}
END_TEST

START_TEST(test_new_base)
{
    world_poke(world.spare[0], 3, entry_for(world.spare[1], PTE_P));
    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, world.spare[0], DOMID_SELF),
                     0);
    ck_assert_uint_eq(world.v->base.n, world.spare[0].n);
    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, world.page[0], DOMID_SELF),
                     -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, world.l3, DOMID_XEN),
                     -EPERM);
}
END_TEST

START_TEST(test_batch_of_operations)
{
    struct mmuext_op op[3] = {
        { .cmd = MMUEXT_PIN_L1_TABLE },
        { .cmd = MMUEXT_PIN_L1_TABLE },
        { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
    };

    op[0].arg1.mfn = world.spare[0].n;
    op[1].arg1.mfn = world.page[0].n;
    memcpy(world_arguments, op, sizeof(op));
    ck_assert_int_eq(world_call(do_mmuext_op, WORLD_ARGUMENTS, 3, DONE,
                                DOMID_SELF), -EINVAL);
    ck_assert_uint_eq(done_word(), 1);
    memcpy(world_arguments + 0x3F00, &(uint32_t){ 119 }, 4);
    ck_assert_int_eq(world_call(do_mmuext_op, WORLD_ARGUMENTS, 0, DONE,
                                DOMID_SELF), 0);
    ck_assert_uint_eq(done_word(), 119); /* here nothing is written */
}
END_TEST

/* --- Long work in pieces --------------------------------------------- */

#define MANY 20u

/** An unused L3 over two L2s with many L1s, each with one page. */
static mfn_t large_tree(mfn_t *last_l1)
{
    world.d->max_frames = 1000;
    world_poke(world.spare[0], 3, entry_for(world.spare[3], PTE_P));
    for (unsigned slot = 0; slot < 2; slot++) {
        mfn_t l2 = world.spare[1 + slot];

        world_poke(world.spare[0], slot, entry_for(l2, PTE_P));
        for (unsigned i = 0; i < MANY; i++) {
            *last_l1 = frame_alloc_to(world.d);
            world_poke(*last_l1, i, page(i % WORLD_PAGES));
            world_poke(l2, i * 3, entry_for(*last_l1, PTE_P | PTE_RW));
        }
    }
    return world.spare[0];
}

START_TEST(test_large_pin)
{
    mfn_t last, l3 = large_tree(&last);
    unsigned count = frame_info(world.page[0])->type_count;

    ck_assert_int_eq(ext_op(MMUEXT_PIN_L3_TABLE, l3, DOMID_SELF), 0);
    ck_assert_uint_ge(world_continuations, 5);
    ck_assert_uint_eq(done_word(), 1); /* as if it had been one call */
    ck_assert_uint_eq(frame_info(last)->type_count, 1);
    ck_assert_int_eq(ext_op(MMUEXT_UNPIN_TABLE, l3, DOMID_SELF), 0);
    /* Neither a table any more nor something else yet: nobody's to have. */
    ck_assert_int_eq(frame_get_and_type(l3, world.d, FRAME_L3), -EINVAL);
    ck_assert_int_eq(frame_get_and_type(l3, world.d, FRAME_WRITABLE),
                     -EINVAL);
    /* The rest of the demotion is done before anything else is. */
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, l3, DOMID_SELF), 0);
    ck_assert_uint_ge(world_continuations, 5);
    ck_assert_uint_eq(frame_info(last)->type_count, 0);
    ck_assert_uint_eq(frame_info(l3)->type_count, 0);
    ck_assert_uint_eq(frame_info(world.page[0])->type_count, count);
}
END_TEST

/* The last entry of the last L1 is bad: all of it is undone, in pieces. */
START_TEST(test_large_undo)
{
    mfn_t last, l3 = large_tree(&last);
    unsigned count = frame_info(world.page[0])->type_count;

    world_poke(last, 511, entry_for(world.foreign, PTE_P));
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L3_TABLE, l3, DOMID_SELF), -EBUSY);
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, l3, DOMID_SELF), 0);
    ck_assert_uint_eq(frame_info(l3)->type_count, 0);
    ck_assert_uint_eq(frame_info(l3)->count, 1);
    ck_assert_uint_eq(frame_info(world.page[0])->type_count, count);
    world_poke(last, 511, 0);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L3_TABLE, l3, DOMID_SELF), 0);
}
END_TEST

START_TEST(test_large_base_switch)
{
    mfn_t last, l3 = large_tree(&last);

    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, l3, DOMID_SELF), 0);
    ck_assert_uint_ge(world_continuations, 5);
    ck_assert_uint_eq(world.v->base.n, l3.n);
    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, world.l3, DOMID_SELF), 0);
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, l3, DOMID_SELF), 0);
    ck_assert_uint_eq(frame_info(last)->type_count, 0);
}
END_TEST

/* Half made, and then wanted as something else. */
START_TEST(test_interrupted_and_given_up)
{
    mfn_t last, l3 = large_tree(&last);
    uint32_t arg[HYPERCALL_ARGS] = { WORLD_ARGUMENTS, 1, 0, DOMID_SELF };
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L3_TABLE };

    op.arg1.mfn = l3.n;
    memcpy(world_arguments, &op, sizeof(op));
    ck_assert_int_eq(do_mmuext_op(arg), __HYPERVISOR_mmuext_op);
    world_check("interrupted");
    ck_assert(frame_info(l3)->flags & PAGE_PARTIAL);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L2_TABLE, l3, DOMID_SELF), -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_CLEAR_PAGE, l3, DOMID_SELF), -EINVAL);
    put_request(0, entry_for(l3, 0), 0);
    ck_assert_int_eq(mmu_update(1, DOMID_SELF), -EINVAL);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L3_TABLE, l3, DOMID_SELF), 0);
    ck_assert(!(frame_info(l3)->flags & PAGE_PARTIAL));
}
END_TEST

/* An L1 whose pages are all in their last use: each one is zeroed and freed
 * when its entry goes, too much to do at once. */
START_TEST(test_last_uses)
{
    uint32_t free = frames_free();

    world.d->max_frames = 1000;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        world_poke(world.spare[0], i,
                   entry_for(frame_alloc_to(world.d), PTE_P | PTE_RW));
    ck_assert_uint_eq(frames_free(), free - TABLE_ENTRIES);
    ck_assert_int_eq(ext_op(MMUEXT_PIN_L1_TABLE, world.spare[0], DOMID_SELF),
                     0);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        mfn_t m = maddr_to_mfn(maddr(world_entry(world.spare[0], i) &
                                     PTE_FRAME));

        ck_assert(frame_disown(world.d, m));
    }
    ck_assert_int_eq(ext_op(MMUEXT_UNPIN_TABLE, world.spare[0], DOMID_SELF),
                     0);
    ck_assert_uint_lt(frames_free(), free - 400);
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, mfn(0), DOMID_SELF), 0);
    ck_assert_uint_ge(world_continuations, 10);
    ck_assert_uint_eq(frames_free(), free);
    ck_assert_uint_eq(frame_info(world.spare[0])->type_count, 0);
}
END_TEST

/* An L3 with many L1s of such pages, left for another one like it. */
START_TEST(test_deep_last_uses)
{
    mfn_t last, l3 = large_tree(&last);
    uint32_t free = frames_free();

    world.d->max_frames = 4000;
    for (unsigned i = 100; i < 300; i++)
        world_poke(last, i, entry_for(frame_alloc_to(world.d), PTE_P));
    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, l3, DOMID_SELF), 0);
    for (unsigned i = 100; i < 300; i++)
        ck_assert(frame_disown(world.d, maddr_to_mfn(maddr(
                                   world_entry(last, i) & PTE_FRAME))));
    ck_assert_int_eq(ext_op(MMUEXT_NEW_BASEPTR, world.l3, DOMID_SELF), 0);
    ck_assert_int_eq(ext_op(MMUEXT_TLB_FLUSH_LOCAL, mfn(0), DOMID_SELF), 0);
    ck_assert_uint_ge(world_continuations, 10);
    ck_assert_uint_eq(frames_free(), free);
    ck_assert_uint_eq(frame_info(l3)->type_count, 0);
    ck_assert_uint_eq(frame_info(last)->type_count, 0);
}
END_TEST

/* A thousand requests: the count of what was done goes on. */
START_TEST(test_long_list)
{
    for (unsigned i = 0; i < 1000; i++)
        put_request(i, entry_for(world.l1, 800), page(i % 8));
    ck_assert_int_eq(mmu_update(1000, DOMID_SELF), 0);
    for (unsigned i = 0; i < 200; i++) {
        /* Each of these makes and unmakes an L1 of 512 entries. */
        put_request(2 * i, entry_for(world.l2, 40),
                    entry_for(world.spare[0], PTE_P));
        put_request(2 * i + 1, entry_for(world.l2, 40), 0);
    }
    ck_assert_int_eq(mmu_update(400, DOMID_SELF), 0);
    ck_assert_uint_ge(world_continuations, 20);
    ck_assert_uint_eq(done_word(), 400);
}
END_TEST

static Suite *calls_suite(void)
{
    Suite *suite = suite_create("memory/calls");
    TCase *plain = tcase_create("plain"), *pieces = tcase_create("pieces");
    TCase *privileged = tcase_create("privileged");

    tcase_add_checked_fixture(plain, start, NULL);
    tcase_add_test(plain, test_batch);
    tcase_add_test(plain, test_unreadable_arguments);
    tcase_add_test(plain, test_commands);
    tcase_add_test(plain, test_m2p);
    tcase_add_test(plain, test_targets);
    tcase_add_test(plain, test_preserve_accessed);
    tcase_add_test(plain, test_owners);
    tcase_add_test(plain, test_pins);
    tcase_add_test(plain, test_unknown_operations);
    tcase_add_test(plain, test_flushes);
    tcase_add_test(plain, test_pages);
    tcase_add_test(plain, test_new_base);
    tcase_add_test(plain, test_batch_of_operations);
    tcase_add_checked_fixture(privileged, start_privileged, NULL);
    tcase_add_test(privileged, test_owners_of_a_privileged_caller);
    tcase_add_checked_fixture(pieces, start, NULL);
    tcase_set_timeout(pieces, 60);
    tcase_add_test(pieces, test_large_pin);
    tcase_add_test(pieces, test_large_undo);
    tcase_add_test(pieces, test_large_base_switch);
    tcase_add_test(pieces, test_interrupted_and_given_up);
    tcase_add_test(pieces, test_last_uses);
    tcase_add_test(pieces, test_deep_last_uses);
    tcase_add_test(pieces, test_long_list);
    suite_add_tcase(suite, plain);
    suite_add_tcase(suite, privileged);
    suite_add_tcase(suite, pieces);
    return suite;
}

UNIT_MAIN(calls_suite())
