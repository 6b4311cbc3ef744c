/* SPDX-License-Identifier: MIT */
/**
 * @file mmuext_op.c
 * @page conformance_mmuext_op Conformance: mmuext_op
 * Property: pins, bases, flushes and whole pages answer as the interface
 * says, a table that cannot be one is refused whatever is in it, and nothing
 * of a refused request stays.
 * Source: the interface's xen.h; the observed answers to about 110 requests.
 * Method: scratch pages with one entry that is tried; L3s made of scratch
 * L2s; a second L3 of our own address space to switch to.
 *
 * Where a native 32-bit hypervisor differs from the one that was observed
 * (high bits, linear tables, flags of L3 entries), the native answer is
 * expected.
 */
#include "tables.h"

/** Pin scratch page `n`, closed; unpin it if that worked. */
static int32_t pin(unsigned n, unsigned cmd)
{
    int32_t result;

    (void)page_close(n);
    result = ext(cmd, frame_of(scratch[n]), 0);
    if (result == 0 && ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[n]), 0) != 0)
        result = 1;
    (void)page_open(n);
    return result;
}

/** Pin a page with one entry; 0 and -1 also say that the entry was kept. */
static int32_t pin_with(unsigned cmd, unsigned index, uint64_t entry)
{
    int32_t result;

    page_clear(1);
    scratch[1][index] = entry;
    result = pin(1, cmd);
    return scratch[1][index] == entry ? result : 1;
}

static void one_entry_l1(void)
{
    const unsigned cmd = MMUEXT_PIN_L1_TABLE;

    CHECK("mmuext_op.pin_l1.entry.last_slot_rw", 0,
          pin_with(cmd, 511, page_entry(0, PTE_P | PTE_RW)));
    CHECK("mmuext_op.pin_l1.entry.itself_ro", 0,
          pin_with(cmd, 0, page_entry(1, PTE_P)));
    CHECK("mmuext_op.pin_l1.entry.itself_rw", -XEN_EBUSY,
          pin_with(cmd, 0, page_entry(1, PTE_P | PTE_RW)));
    CHECK("mmuext_op.pin_l1.entry.not_present_garbage", 0,
          pin_with(cmd, 3, ~1ull));
    CHECK("mmuext_op.pin_l1.entry.bit52", -XEN_EINVAL,
          pin_with(cmd, 0, page_entry(0, PTE_P) | 1ull << 52));
    CHECK("mmuext_op.pin_l1.entry.global", -XEN_EINVAL,
          pin_with(cmd, 0, page_entry(0, PTE_P | PTE_GLOBAL)));
    CHECK("mmuext_op.pin_l1.entry.free_frame", -XEN_EBUSY,
          pin_with(cmd, 0, frame_entry(free_frame(), PTE_P)));
}

static void one_entry_l2(void)
{
    const unsigned cmd = MMUEXT_PIN_L2_TABLE;

    CHECK("mmuext_op.pin_l2.entry.untyped_page", 0,
          (page_clear(2), page_close(2),
           pin_with(cmd, 0, page_entry(2, PTE_P))));
    CHECK("mmuext_op.pin_l2.entry.writable_page", -XEN_EINVAL,
          pin_with(cmd, 0, page_entry(0, PTE_P)));
    CHECK("mmuext_op.pin_l2.entry.pse", -XEN_EINVAL,
          pin_with(cmd, 0, page_entry(2, PTE_P | PTE_PSE)));
    CHECK("mmuext_op.pin_l2.entry.itself_ro", -XEN_EINVAL,
          pin_with(cmd, 0, page_entry(1, PTE_P)));
    page_clear(2);
}

static void pins(void)
{
    uint64_t l1 = table_frame(live_l1(scratch)), frame;

    page_clear(1);
    (void)page_close(1);
    frame = frame_of(scratch[1]);
    CHECK("mmuext_op.pin_l2.empty", 0, ext(MMUEXT_PIN_L2_TABLE, frame, 0));
    CHECK("mmuext_op.pin_l2.already_pinned", -XEN_EINVAL,
          ext(MMUEXT_PIN_L2_TABLE, frame, 0));
    CHECK("mmuext_op.pin_l3.of_pinned_l2", -XEN_EINVAL,
          ext(MMUEXT_PIN_L3_TABLE, frame, 0));
    CHECK("mmuext_op.pin_l1.of_pinned_l2", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, frame, 0));
    CHECK("mmuext_op.unpin.l2", 0, ext(MMUEXT_UNPIN_TABLE, frame, 0));
    CHECK("mmuext_op.unpin.not_pinned", -XEN_EINVAL,
          ext(MMUEXT_UNPIN_TABLE, frame, 0));
    CHECK("mmuext_op.pin_l2.of_l1_in_use", -XEN_EINVAL,
          ext(MMUEXT_PIN_L2_TABLE, l1, 0));
    CHECK("mmuext_op.pin_l1.of_l1_in_use", 0,
          ext(MMUEXT_PIN_L1_TABLE, l1, 0));
    CHECK("mmuext_op.pin_l1.already_pinned", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, l1, 0));
    CHECK("mmuext_op.unpin.l1_in_use", 0, ext(MMUEXT_UNPIN_TABLE, l1, 0));
    CHECK("mmuext_op.pin_l1.writable_page", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[0]), 0));
    CHECK("mmuext_op.pin_l1.frame_beyond_memory", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, FRAME_BEYOND_MEMORY, 0));
    CHECK("mmuext_op.pin_l3.frame_beyond_memory", -XEN_EINVAL,
          ext(MMUEXT_PIN_L3_TABLE, FRAME_BEYOND_MEMORY, 0));
    CHECK("mmuext_op.pin_l1.free_frame", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, free_frame(), 0));
    CHECK("mmuext_op.pin_l1.vga_frame", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, 0xB8, 0));
    CHECK("mmuext_op.pin_l1.shared_info", -XEN_EINVAL,
          ext(MMUEXT_PIN_L1_TABLE, start_info->shared_info >> 12, 0));
    CHECK("mmuext_op.pin_l4.anything", 0,
          ext(MMUEXT_PIN_L4_TABLE, FRAME_BEYOND_MEMORY, 0));
    CHECK("mmuext_op.unpin.frame_beyond_memory", -XEN_EINVAL,
          ext(MMUEXT_UNPIN_TABLE, FRAME_BEYOND_MEMORY, 0));
    CHECK_CONTROL("mmuext_op.pin_l1.dom_xen", -XEN_EINVAL,
                  ext_as(MMUEXT_PIN_L1_TABLE, frame, 0, DOMID_XEN));
    CHECK("mmuext_op.pin_l1.dom_own_numeric_id", -XEN_ESRCH,
          ext_as(MMUEXT_PIN_L1_TABLE, frame, 0, 0));
    page_clear(1);
}

/* --- L3s made of scratch pages: 4 the L3, 5 to 8 its L2s ------------------ */

/** Four empty L2s, slot i's in page 5 + i; all closed but the L3. */
static void make_l3(void)
{
    page_clear(4);
    for (unsigned i = 0; i < 4; i++) {
        page_clear(5 + i);
        (void)page_close(5 + i);
        scratch[4][i] = page_entry(5 + i, PTE_P);
    }
}

/** Pin it as an L3 with one slot other; 1: not kept as written. */
static int32_t pin_l3_with(unsigned slot, uint64_t entry)
{
    int32_t result;

    make_l3();
    scratch[4][slot] = entry;
    result = pin(4, MMUEXT_PIN_L3_TABLE);
    return scratch[4][slot] == entry ? result : 1;
}

static void l3_slots(void)
{
    CHECK("mmuext_op.pin_l3.four_empty_l2", 0,
          pin_l3_with(0, page_entry(5, PTE_P)));
    CHECK("mmuext_op.pin_l3.slots_0_to_2_empty", 0, pin_l3_with(0, 0));
    CHECK("mmuext_op.pin_l3.slot_3_empty", -XEN_EINVAL, pin_l3_with(3, 0));
    CHECK("mmuext_op.pin_l3.same_l2_in_0_and_1", 0,
          pin_l3_with(1, page_entry(5, PTE_P)));
    CHECK("mmuext_op.pin_l3.same_l2_in_0_and_3", -XEN_EINVAL,
          pin_l3_with(3, page_entry(5, PTE_P)));
    CHECK("mmuext_op.pin_l3.xen_l2_of_the_live_l3", -XEN_EINVAL,
          pin_l3_with(3, live_l3()[3]));
    CHECK("mmuext_op.pin_l3.entry_writable_page", -XEN_EINVAL,
          pin_l3_with(1, page_entry(0, PTE_P)));
    CHECK("mmuext_op.pin_l3.flags_rw", 0,
          pin_l3_with(0, page_entry(5, PTE_P | PTE_RW)));
    CHECK("mmuext_op.pin_l3.flags_avl", 0,
          pin_l3_with(0, page_entry(5, PTE_P | 0xE00)));
    CHECK("mmuext_op.pin_l3.flags_pwt", -XEN_EINVAL,
          pin_l3_with(0, page_entry(5, PTE_P | PTE_PWT)));
    CHECK("mmuext_op.pin_l3.flags_pcd", -XEN_EINVAL,
          pin_l3_with(0, page_entry(5, PTE_P | PTE_PCD)));
    CHECK("mmuext_op.pin_l3.flags_pse", -XEN_EINVAL,
          pin_l3_with(0, page_entry(5, PTE_P | PTE_PSE)));
    CHECK("mmuext_op.pin_l3.flags_nx", -XEN_EINVAL,
          pin_l3_with(0, page_entry(5, PTE_P) | 1ull << 63));
    CHECK("mmuext_op.pin_l3.flags_bit52", -XEN_EINVAL,
          pin_l3_with(0, page_entry(5, PTE_P) | 1ull << 52));
}

/** Pin with garbage in the hypervisor's slots of the L2 in a slot. */
static int32_t pin_l3_with_garbage(unsigned slot)
{
    make_l3();
    (void)page_open(5 + slot);
    for (unsigned i = 0x1AC; i < 512; i++)
        scratch[5 + slot][i] = ~0ull;
    (void)page_close(5 + slot);
    return pin(4, MMUEXT_PIN_L3_TABLE);
}

static void l3_reserved_slots(void)
{
    CHECK("mmuext_op.pin_l3.garbage_in_xen_slots_of_slot_0", -XEN_EINVAL,
          pin_l3_with_garbage(0));
    CHECK("mmuext_op.pin_l3.garbage_in_xen_slots_of_slot_3", 0,
          pin_l3_with_garbage(3));
    CHECK("mmuext_op.pin_l3.xen_slots_after_unpin", 1,
          scratch[8][0x1AC] == live_l2((void *)IN_M2P)[0x1AC]);
    make_l3();
    (void)page_close(4);
    (void)ext(MMUEXT_PIN_L3_TABLE, frame_of(scratch[4]), 0);
    CHECK("mmuext_op.pin_l2.of_xen_l2", -XEN_EINVAL,
          ext(MMUEXT_PIN_L2_TABLE, frame_of(scratch[8]), 0));
    CHECK("mmuext_op.pin_l2.of_l2_of_slot_0", 0,
          ext(MMUEXT_PIN_L2_TABLE, frame_of(scratch[5]), 0));
    CHECK("mmuext_op.unpin.l3", 0,
          ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[4]), 0));
    CHECK("mmuext_op.unpin.l2_that_outlived_its_l3", 0,
          ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[5]), 0));
    CHECK("mmuext_op.unpin.all_writable_again", 0,
          page_open(4) | page_open(5) | page_open(8));
}

/* --- The base ------------------------------------------------------------- */

static uint64_t read_cr3(void)
{
    uint32_t rotated;

    __asm__ volatile("movl %%cr3, %0" : "=r"(rotated));
    return xen_cr3_to_pfn(rotated);
}

/** A second L3 of this address space: slot 3 needs an L2 of its own. */
static void second_l3(void)
{
    make_l3();
    (void)page_open(8);
    for (unsigned i = 0; i < 512; i++)
        scratch[8][i] = live_l2(scratch)[i];
    (void)page_close(8);
    scratch[4][0] = scratch[4][1] = scratch[4][2] = 0;
    (void)page_close(4);
}

static void bases(void)
{
    uint64_t old = table_frame(live_l3());

    second_l3();
    CHECK("mmuext_op.new_baseptr.same", 0, ext(MMUEXT_NEW_BASEPTR, old, 0));
    CHECK("mmuext_op.new_baseptr.cr3_read", (uint32_t)old,
          (uint32_t)read_cr3());
    CHECK("mmuext_op.unpin.live_base", 0, ext(MMUEXT_UNPIN_TABLE, old, 0));
    CHECK("mmuext_op.unpin.base_in_use_not_pinned", -XEN_EINVAL,
          ext(MMUEXT_UNPIN_TABLE, old, 0));
    CHECK("mmuext_op.pin_l3.live_base_again", 0,
          ext(MMUEXT_PIN_L3_TABLE, old, 0));
    CHECK("mmuext_op.new_baseptr.plain_page", -XEN_EINVAL,
          ext(MMUEXT_NEW_BASEPTR, frame_of(scratch[0]), 0));
    CHECK("mmuext_op.new_baseptr.l1_page", -XEN_EINVAL,
          ext(MMUEXT_NEW_BASEPTR, table_frame(live_l1(scratch)), 0));
    CHECK("mmuext_op.new_baseptr.dom_xen", -XEN_EPERM,
          ext_as(MMUEXT_NEW_BASEPTR, old, 0, DOMID_XEN));
    CHECK("mmuext_op.new_baseptr.another", 0,
          ext(MMUEXT_NEW_BASEPTR, frame_of(scratch[4]), 0));
    CHECK("mmuext_op.new_baseptr.cr3_after", (uint32_t)frame_of(scratch[4]),
          (uint32_t)read_cr3());
    CHECK("mmuext_op.new_baseptr.m2p_readable", NO_FAULT, try_read(IN_M2P));
    CHECK("mmuext_op.new_baseptr.its_l3_is_not_writable", -XEN_EBUSY,
          page_open(4));
    CHECK("mmuext_op.new_baseptr.back", 0, ext(MMUEXT_NEW_BASEPTR, old, 0));
    CHECK("mmuext_op.new_baseptr.old_l3_released", 0, page_open(4));
    CHECK("mmuext_op.new_user_baseptr", -XEN_ENOSYS,
          ext(MMUEXT_NEW_USER_BASEPTR, old, 0));
}

/* --- Flushes, pages, unknown ones, batches -------------------------------- */

static void flushes(void)
{
    static uint32_t set = 1;

    CHECK("mmuext_op.tlb_flush_local", 0, ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
    CHECK("mmuext_op.tlb_flush_all", 0, ext(MMUEXT_TLB_FLUSH_ALL, 0, 0));
    CHECK("mmuext_op.tlb_flush_multi", 0,
          ext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint32_t)&set));
    CHECK("mmuext_op.tlb_flush_multi.mask_unreadable", -XEN_EINVAL,
          ext(MMUEXT_TLB_FLUSH_MULTI, 0, UNMAPPED));
    CHECK("mmuext_op.tlb_flush_local.dom_xen", -XEN_EPERM,
          ext_as(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, DOMID_XEN));
    CHECK("mmuext_op.invlpg_local.m2p", 0,
          ext(MMUEXT_INVLPG_LOCAL, IN_M2P, 0));
    CHECK("mmuext_op.invlpg_local.xen_range", 0,
          ext(MMUEXT_INVLPG_LOCAL, IN_XEN_RANGE, 0));
    CHECK("mmuext_op.invlpg_local.unmapped", 0,
          ext(MMUEXT_INVLPG_LOCAL, UNMAPPED, 0));
    CHECK("mmuext_op.invlpg_all", 0,
          ext(MMUEXT_INVLPG_ALL, (uint32_t)scratch, 0));
    CHECK("mmuext_op.invlpg_multi", 0,
          ext(MMUEXT_INVLPG_MULTI, (uint32_t)scratch, (uint32_t)&set));
    CHECK_CONTROL("mmuext_op.flush_cache", 0, ext(MMUEXT_FLUSH_CACHE, 0, 0));
    CHECK("mmuext_op.flush_cache.dom_xen", -XEN_EPERM,
          ext_as(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_XEN));
    CHECK_CONTROL("mmuext_op.flush_cache_global", 0,
                  ext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0));
}

static void pages(void)
{
    uint64_t l1 = table_frame(live_l1(scratch));

    for (unsigned i = 0; i < 512; i++)
        scratch[0][i] = i * 3;
    page_clear(1);
    CHECK("mmuext_op.copy_page.own", 0,
          ext(MMUEXT_COPY_PAGE, frame_of(scratch[1]),
              (uint32_t)frame_of(scratch[0])));
    CHECK("mmuext_op.copy_page.last_word", 511 * 3, (uint32_t)scratch[1][511]);
    CHECK("mmuext_op.copy_page.from_l1_table", 0,
          ext(MMUEXT_COPY_PAGE, frame_of(scratch[1]), (uint32_t)l1));
    CHECK("mmuext_op.copy_page.to_l1_table", -XEN_EINVAL,
          ext(MMUEXT_COPY_PAGE, l1, (uint32_t)frame_of(scratch[0])));
    CHECK("mmuext_op.copy_page.from_free_frame", -XEN_EINVAL,
          ext(MMUEXT_COPY_PAGE, frame_of(scratch[1]),
              (uint32_t)free_frame()));
    CHECK("mmuext_op.clear_page.own", 0,
          ext(MMUEXT_CLEAR_PAGE, frame_of(scratch[0]), 0));
    CHECK("mmuext_op.clear_page.last_word", 0, (uint32_t)scratch[0][511]);
    CHECK("mmuext_op.clear_page.l1_table", -XEN_EINVAL,
          ext(MMUEXT_CLEAR_PAGE, l1, 0));
    CHECK("mmuext_op.clear_page.frame_beyond_memory", -XEN_EINVAL,
          ext(MMUEXT_CLEAR_PAGE, FRAME_BEYOND_MEMORY, 0));
    CHECK("mmuext_op.clear_page.vga_frame", -XEN_EINVAL,
          ext(MMUEXT_CLEAR_PAGE, 0xB8, 0));
}

static void unknown(void)
{
    CHECK("mmuext_op.cmd.14", -XEN_ENOSYS, ext(14, 0, 0));
    CHECK("mmuext_op.cmd.mark_super", -XEN_EOPNOTSUPP,
          ext(MMUEXT_MARK_SUPER, 0, 0));
    CHECK("mmuext_op.cmd.unmark_super", -XEN_EOPNOTSUPP,
          ext(MMUEXT_UNMARK_SUPER, 0, 0));
    CHECK("mmuext_op.cmd.21", -XEN_ENOSYS, ext(21, 0, 0));
    CHECK("mmuext_op.cmd.max", -XEN_ENOSYS, ext(~0u, 0, 0));
    CHECK("mmuext_op.cmd.unknown_for_dom_unknown", -XEN_ESRCH,
          ext_as(0xFFFF, 0, 0, DOM_UNKNOWN));
}

static void batches(void)
{
    static struct mmuext_op op[3];
    static uint32_t done = 119;

    op[0].cmd = op[2].cmd = MMUEXT_TLB_FLUSH_LOCAL;
    op[1].cmd = 14;
    CHECK("mmuext_op.batch.second_bad", -XEN_ENOSYS,
          hypercall_4(mmuext_op, op, 3, &done, DOMID_SELF));
    CHECK("mmuext_op.batch.second_bad_done", 1, done);
    CHECK("mmuext_op.batch.one_good", 0,
          hypercall_4(mmuext_op, op, 1, &done, DOMID_SELF));
    CHECK("mmuext_op.batch.one_good_done", 1, done);
    done = 119;
    CHECK("mmuext_op.batch.count_0", 0,
          hypercall_4(mmuext_op, op, 0, &done, DOMID_SELF));
    CHECK("mmuext_op.batch.count_0_done_kept", 119, done);
    CHECK("mmuext_op.batch.count_0_of_own_numeric_id", 0,
          hypercall_4(mmuext_op, op, 0, &done, 0));
    CHECK("mmuext_op.batch.count_0_of_dom_unknown", 0,
          hypercall_4(mmuext_op, op, 0, &done, DOM_UNKNOWN));
    CHECK("mmuext_op.batch.bad_pointer", -XEN_EFAULT,
          hypercall_4(mmuext_op, IN_XEN_RANGE, 1, 0, DOMID_SELF));
    CHECK("mmuext_op.batch.null_pointer", -XEN_EFAULT,
          hypercall_4(mmuext_op, 0, 1, 0, DOMID_SELF));
    CHECK("mmuext_op.batch.done_bad_pointer", 0,
          hypercall_4(mmuext_op, op, 1, UNMAPPED, DOMID_SELF));
}

void family(void)
{
    traps_ready();
    page_clear(0);
    one_entry_l1();
    one_entry_l2();
    pins();
    l3_slots();
    l3_reserved_slots();
    bases();
    flushes();
    pages();
    unknown();
    batches();
}
