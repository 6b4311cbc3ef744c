/* SPDX-License-Identifier: MIT */
/**
 * @file mmu_update.c
 * @page conformance_mmu_update Conformance: mmu_update
 * Property: each command, level, flag, target and owner answers as the
 * interface says; what is refused changes nothing; what is counted as done
 * was done.
 * Source: the interface's xen.h; the observed answers to about 110 requests.
 * Method: single requests on slots of the live tables and of scratch tables,
 * read back; batches with a bad request at each place.
 *
 * Where a native 32-bit hypervisor differs from the one that was observed
 * (global pages, high bits, linear tables, flags of stored L3 entries), the
 * native answer is expected.
 */
#include "tables.h"

/* The L1 entry that is played with: that of this page, not used otherwise. */
static uint8_t window[4096] __attribute__((aligned(4096)));

static uint64_t *slot;    /**< its L1 entry, as we can read it */
static uint64_t slot_at;  /**< where requests find it */
static uint64_t old;      /**< what the slot was before a request */

/** One request on the slot, and whether it now holds what was asked for. */
static int32_t set(uint64_t entry)
{
    old = *slot;
    return update(slot_at, entry);
}

/** After a request that must work: 0 only if the entry is as asked. */
static int32_t asked(uint64_t entry)
{
    int32_t result = set(entry);

    return result != 0 ? result : *slot != entry;
}

/** After one that must not: 0 if the entry has changed all the same. */
static int32_t refused(uint64_t entry)
{
    int32_t result = set(entry);

    return *slot == old ? result : 0;
}

static void l1_flags(void)
{
    CHECK("mmu_update.l1.own_ro", 0, asked(page_entry(0, PTE_P)));
    CHECK("mmu_update.l1.add_rw", 0, asked(page_entry(0, PTE_P | PTE_RW)));
    CHECK("mmu_update.l1.drop_rw", 0, asked(page_entry(0, PTE_P)));
    CHECK("mmu_update.l1.user", 0, asked(page_entry(0, PTE_P | PTE_US)));
    CHECK("mmu_update.l1.avl_bits", 0, asked(page_entry(0, PTE_P | 0xE00)));
    CHECK("mmu_update.l1.clear", 0, asked(0));
    CHECK("mmu_update.l1.not_present_garbage", 0,
          asked(0xFFF123456789ABCEull & ~1ull));
    CHECK("mmu_update.l1.not_present_all_ones_but_p", 0, asked(~1ull));
    CHECK("mmu_update.l1.global", -XEN_EINVAL,
          refused(page_entry(0, PTE_P | PTE_GLOBAL)));
    CHECK("mmu_update.l1.bit55", -XEN_EINVAL,
          refused(page_entry(0, PTE_P) | 1ull << 55));
    CHECK("mmu_update.l1.bit62", -XEN_EINVAL,
          refused(page_entry(0, PTE_P) | 1ull << 62));
    /* The same frame again: flags are still looked at. */
    (void)set(page_entry(0, PTE_P));
    CHECK("mmu_update.l1.global_on_same_frame", -XEN_EINVAL,
          refused(page_entry(0, PTE_P | PTE_GLOBAL)));
    CHECK("mmu_update.l1.bit62_on_same_frame", -XEN_EINVAL,
          refused(page_entry(0, PTE_P) | 1ull << 62));
}

/** The first frame behind all addresses of the processor. */
static uint64_t unreachable(void)
{
    uint32_t last = 0x80000000u, width = 0x80000008u;

    __asm__ volatile("cpuid" : "+a"(last) : : "ebx", "ecx", "edx");
    if (last < width)
        return 1ull << (36 - 12);
    __asm__ volatile("cpuid" : "+a"(width) : : "ebx", "ecx", "edx");
    return 1ull << ((width & 0xFF) - 12);
}

static void l1_frames(void)
{
    uint64_t l1 = table_frame(live_l1(window));
    uint64_t l3 = table_frame(live_l3());
    uint64_t nobody = free_frame();

    CHECK("mmu_update.l1.shared_info_rw", 0,
          asked(start_info->shared_info | PTE_P | PTE_RW));
    CHECK_CONTROL("mmu_update.l1.shared_info_uncached", 0,
                  asked(start_info->shared_info | PTE_P | PTE_PCD));
    CHECK("mmu_update.l1.of_l1_itself_ro", 0, asked(frame_entry(l1, PTE_P)));
    CHECK("mmu_update.l1.of_l1_itself_rw", -XEN_EBUSY,
          refused(frame_entry(l1, PTE_P | PTE_RW)));
    CHECK("mmu_update.l1.of_l3_rw", -XEN_EBUSY,
          refused(frame_entry(l3, PTE_P | PTE_RW)));
    CHECK("mmu_update.l1.free_frame_ro", -XEN_EBUSY,
          refused(frame_entry(nobody, PTE_P)));
    CHECK("mmu_update.l1.free_frame_rw", -XEN_EBUSY,
          refused(frame_entry(nobody, PTE_P | PTE_RW)));
    CHECK("mmu_update.l1.local_apic_frame", -XEN_EPERM,
          refused(frame_entry(0xFEE00, PTE_P)));
    CHECK("mmu_update.l1.interrupt_message_frame", -XEN_EPERM,
          refused(frame_entry(0xFEEFF, PTE_P)));
    CHECK("mmu_update.l1.io_apic_frame", -XEN_EPERM,
          refused(frame_entry(0xFEC00, PTE_P | PTE_RW)));
    CHECK_CONTROL("mmu_update.l1.frame_between_apics", 0,
                  asked(frame_entry(0xFEDFF, PTE_P)));
    CHECK_CONTROL("mmu_update.l1.upper_half_of_addresses", 0,
                  refused(frame_entry(unreachable() / 2, PTE_P)));
    CHECK("mmu_update.l1.beyond_all_addresses",
          unreachable() > 0x80000000u ? -XEN_EINVAL : -XEN_EPERM,
          refused(frame_entry(unreachable(), PTE_P)));
    (void)set(0);
}

static void owners(void)
{
    uint64_t own = page_entry(0, PTE_P);

    CHECK("mmu_update.dom.own_numeric_id", -XEN_ESRCH,
          update_as(slot_at, own, 0));
    CHECK("mmu_update.dom.unknown", -XEN_ESRCH,
          update_as(slot_at, own, DOM_UNKNOWN));
    CHECK("mmu_update.dom.cow", -XEN_ESRCH,
          update_as(slot_at, own, DOMID_COW));
    CHECK("mmu_update.dom.invalid", -XEN_ESRCH,
          update_as(slot_at, own, DOMID_INVALID));
    CHECK("mmu_update.dom.tables_of_unknown", -XEN_ESRCH,
          update_as(slot_at, own, (DOM_UNKNOWN + 1) << 16 | DOMID_SELF));
    CHECK("mmu_update.dom.nothing_was_set", 0, (uint32_t)*slot);
    CHECK_CONTROL("mmu_update.dom.xen_own_frame", -XEN_EBUSY,
                  update_as(slot_at, own, DOMID_XEN));
    CHECK_CONTROL("mmu_update.dom.io_own_frame", -XEN_EBUSY,
                  update_as(slot_at, own, DOMID_IO));
    CHECK_CONTROL("mmu_update.dom.xen_device_frame", 0,
                  update_as(slot_at, frame_entry(0xB8, PTE_P), DOMID_XEN));
    CHECK_CONTROL("mmu_update.dom.tables_of_self", 0,
                  update_as(slot_at, own, 1u << 16 | DOMID_SELF));
    CHECK_CONTROL("mmu_update.dom.was_set", 1, *slot == own);
    (void)set(0);
}

static void commands(void)
{
    uint64_t own = page_entry(0, PTE_P);

    CHECK("mmu_update.cmd.3", 0, update(slot_at | 3, own));
    CHECK("mmu_update.cmd.3_done", 1, *slot == own);
    for (unsigned cmd = 4; cmd < 8; cmd++)
        CHECK("mmu_update.cmd.unknown", -XEN_ENOSYS,
              update(slot_at | cmd, 0));
    CHECK("mmu_update.cmd.unknown_changes_nothing", 1, *slot == own);
    CHECK("mmu_update.cmd.preserve_ad", 0,
          update(slot_at, own | PTE_A | PTE_D) |
              update(slot_at | MMU_PT_UPDATE_PRESERVE_AD, own | PTE_RW));
    CHECK("mmu_update.cmd.preserve_ad_kept", 1,
          *slot == (own | PTE_RW | PTE_A | PTE_D));
    (void)set(0);
}

static void targets(void)
{
    uint64_t at = page_entry(1, 0);

    CHECK("mmu_update.target.frame_beyond_memory", -XEN_EINVAL,
          update((uint64_t)FRAME_BEYOND_MEMORY << 12, 0));
    CHECK("mmu_update.target.free_frame", -XEN_EINVAL,
          update(free_frame() << 12, 0));
    CHECK("mmu_update.target.vga_frame", -XEN_EINVAL, update(0xB8000, 0));
    page_clear(1);
    CHECK("mmu_update.target.writable_page", 0, update(at + 8, ~0ull));
    CHECK("mmu_update.target.writable_page_stored", 1, scratch[1][1] == ~0ull);
    (void)page_close(1);
    CHECK("mmu_update.target.read_only_page", 0, update(at + 16, 77));
    CHECK("mmu_update.target.read_only_page_stored", 77,
          (uint32_t)scratch[1][2]);
    CHECK("mmu_update.target.shared_info", 0,
          update((start_info->shared_info + 0xFF8) & ~7ull, 0));
    page_clear(1);
}

static void m2p(void)
{
    uint64_t frame = frame_of(scratch[0]);
    uint64_t nobodys = free_frame();
    uint32_t pfn = M2P[frame];

    CHECK("mmu_update.m2p.own_frame", 0,
          update(frame << 12 | MMU_MACHPHYS_UPDATE, 0x4321));
    CHECK("mmu_update.m2p.own_frame_set", 0x4321, M2P[frame]);
    CHECK("mmu_update.m2p.offset_in_page", 0,
          update(frame << 12 | 0x788 | MMU_MACHPHYS_UPDATE, pfn));
    CHECK("mmu_update.m2p.restored", pfn, M2P[frame]);
    CHECK("mmu_update.m2p.free_frame", -XEN_EINVAL,
          update(nobodys << 12 | MMU_MACHPHYS_UPDATE, 1));
    CHECK("mmu_update.m2p.free_entry", M2P_NONE, M2P[nobodys]);
    CHECK("mmu_update.m2p.frame_beyond_memory", -XEN_EINVAL,
          update((uint64_t)FRAME_BEYOND_MEMORY << 12 | MMU_MACHPHYS_UPDATE,
                 1));
}

/* --- Batches -------------------------------------------------------------- */

#define DONE_BEFORE 119u

static struct mmu_update batch[4];
static uint32_t done;

/** Four requests on slots of scratch table 2; `bad`: that one is refused. */
static int32_t four(unsigned count, int bad)
{
    for (unsigned i = 0; i < 4; i++) {
        batch[i].ptr = page_entry(2, i * 8);
        batch[i].val = (int)i == bad ? frame_entry(free_frame(), PTE_P)
                                     : page_entry(0, PTE_P | 0x200);
        (void)update(page_entry(2, i * 8), 0);
    }
    done = DONE_BEFORE;
    return hypercall_4(mmu_update, batch, count, &done, DOMID_SELF);
}

/** Which of the four entries are set: a bit each, the first the highest. */
static uint32_t entries(void)
{
    uint32_t set = 0;

    for (unsigned i = 0; i < 4; i++)
        set = set << 1 | (scratch[2][i] != 0);
    return set;
}

static void batches(void)
{
    page_clear(2);
    (void)page_close(2);
    (void)ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[2]), 0);
    CHECK("mmu_update.batch.four_good", 0, four(4, -1));
    CHECK("mmu_update.batch.four_good_done", 4, done);
    CHECK("mmu_update.batch.four_good_entries", 0xF, entries());
    CHECK("mmu_update.batch.count_0", 0, four(0, -1));
    CHECK("mmu_update.batch.count_0_done", 0, done);
    CHECK("mmu_update.batch.third_bad", -XEN_EBUSY, four(4, 2));
    CHECK("mmu_update.batch.third_bad_done", 2, done);
    CHECK("mmu_update.batch.third_bad_entries", 0xC, entries());
    CHECK("mmu_update.batch.first_bad", -XEN_EBUSY, four(4, 0));
    CHECK("mmu_update.batch.first_bad_done", 0, done);
    CHECK("mmu_update.batch.first_bad_entries", 0, entries());
    CHECK("mmu_update.batch.done_null", 0,
          (four(0, -1), hypercall_4(mmu_update, batch, 4, 0, DOMID_SELF)));
    CHECK("mmu_update.batch.done_null_entries", 0xF, entries());
    CHECK("mmu_update.batch.rest_of_a_call", 0, four(4 | 1u << 31, -1));
    CHECK("mmu_update.batch.rest_of_a_call_done", DONE_BEFORE + 4, done);
    CHECK("mmu_update.batch.bad_pointer", -XEN_EFAULT,
          hypercall_4(mmu_update, IN_XEN_RANGE, 4, 0, DOMID_SELF));
    CHECK("mmu_update.batch.null_pointer", -XEN_EFAULT,
          hypercall_4(mmu_update, 0, 4, 0, DOMID_SELF));
    CHECK("mmu_update.batch.pointer_unmapped", -XEN_EFAULT,
          hypercall_4(mmu_update, UNMAPPED, 4, 0, DOMID_SELF));
    CHECK("mmu_update.batch.null_and_0", 0,
          hypercall_4(mmu_update, 0, 0, 0, DOMID_SELF));
    (void)ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[2]), 0);
    page_clear(2);
}

/* --- L2 and L3 ------------------------------------------------------------ */

/** One request on slot 5 of scratch table 3, a pinned L2 in no use. */
static int32_t set_l2(uint64_t entry)
{
    uint64_t before = scratch[3][5];
    int32_t result = update(page_entry(3, 40), entry);

    if (result == 0)
        return scratch[3][5] != entry;
    return scratch[3][5] == before ? result : 0;
}

static void l2(void)
{
    uint64_t l1;

    page_clear(3);
    page_clear(4); /* becomes an L1 */
    (void)page_close(3);
    (void)page_close(4);
    (void)ext(MMUEXT_PIN_L2_TABLE, frame_of(scratch[3]), 0);
    l1 = page_entry(4, PTE_P | PTE_RW | PTE_US);
    CHECK("mmu_update.l2.to_untyped_empty_page", 0, set_l2(l1));
    CHECK("mmu_update.l2.two_entries_one_l1", 0,
          update(page_entry(3, 48), l1));
    CHECK("mmu_update.l2.avl", 0, set_l2(l1 | 0xE00));
    CHECK("mmu_update.l2.pse_on_l1", -XEN_EINVAL, set_l2(l1 | PTE_PSE));
    CHECK("mmu_update.l2.pwt", -XEN_EINVAL, set_l2(l1 | PTE_PWT));
    CHECK("mmu_update.l2.pcd", -XEN_EINVAL, set_l2(l1 | PTE_PCD));
    CHECK("mmu_update.l2.bit52", -XEN_EINVAL, set_l2(l1 | 1ull << 52));
    CHECK("mmu_update.l2.bit62", -XEN_EINVAL, set_l2(l1 | 1ull << 62));
    CHECK("mmu_update.l2.not_present_garbage", 0, set_l2(0xABCDEF0ull));
    CHECK("mmu_update.l2.pse", -XEN_EINVAL,
          set_l2(page_entry(0, PTE_P | PTE_PSE)));
    CHECK("mmu_update.l2.writable_page", -XEN_EINVAL,
          set_l2(page_entry(0, PTE_P)));
    CHECK("mmu_update.l2.frame_beyond_memory", -XEN_EINVAL,
          set_l2(frame_entry(FRAME_BEYOND_MEMORY, PTE_P)));
    CHECK("mmu_update.l2.vga_frame", -XEN_EINVAL,
          set_l2(frame_entry(0xB8, PTE_P)));
    CHECK("mmu_update.l2.linear_self_ro", -XEN_EINVAL,
          set_l2(page_entry(3, PTE_P)));
    CHECK("mmu_update.l2.linear_self_rw", -XEN_EINVAL,
          set_l2(page_entry(3, PTE_P | PTE_RW)));
    (void)update(page_entry(3, 48), 0);
    (void)ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[3]), 0);
    page_clear(3);
    page_clear(4);
}

static void l2_of_slot_3(void)
{
    uint64_t *table = live_l2((void *)0xF5800000);
    uint64_t last = table[0x1AB];

    CHECK("mmu_update.l2_of_slot_3.xen_slot_0", -XEN_EPERM,
          update(entry_address(&table[0x1AC]), 0));
    CHECK("mmu_update.l2_of_slot_3.xen_slot_last", -XEN_EPERM,
          update(entry_address(&table[0x1FF]), table[0x1FF]));
    CHECK("mmu_update.l2_of_slot_3.last_guest_slot", 0,
          update(entry_address(&table[0x1AB]), last));
}

/** One request on slot 1 of the live L3; GUEST_BASE is in slot 3. */
static int32_t set_l3(uint64_t entry)
{
    uint64_t *l3_slot = &live_l3()[1];
    uint64_t before = *l3_slot;
    int32_t result = update(entry_address(l3_slot), entry);

    if (result == 0)
        return *l3_slot != entry;
    return *l3_slot == before ? result : 0;
}

static void l3(void)
{
    uint64_t *table = live_l3();
    uint64_t l2_entry;

    page_clear(5); /* becomes an L2 */
    page_clear(6); /* an L1 below it */
    scratch[6][0] = page_entry(0, PTE_P);
    scratch[5][0] = page_entry(6, PTE_P | PTE_RW | PTE_US);
    (void)page_close(5);
    (void)page_close(6);
    scratch[0][0] = 0x600D;
    l2_entry = page_entry(5, PTE_P);
    CHECK("mmu_update.l3.live.slot_1_new_l2", 0, set_l3(l2_entry));
    CHECK("mmu_update.l3.live.new_l2_is_used_at_once", NO_FAULT,
          try_read(0x40000000));
    CHECK("mmu_update.l3.live.new_l2_leads_to_the_page", 0x600D, tried.eax);
    CHECK("mmu_update.l3.live.slot_1_flags_us_a_d", 0,
          set_l3(l2_entry | PTE_RW | PTE_US | PTE_A | PTE_D));
    CHECK("mmu_update.l3.live.slot_1_pwt", -XEN_EINVAL,
          set_l3(l2_entry | PTE_PWT));
    CHECK("mmu_update.l3.live.slot_1_pcd", -XEN_EINVAL,
          set_l3(l2_entry | PTE_PCD));
    CHECK("mmu_update.l3.live.slot_1_bit8", -XEN_EINVAL,
          set_l3(l2_entry | 0x100));
    CHECK("mmu_update.l3.live.slot_1_nx", -XEN_EINVAL,
          set_l3(l2_entry | 1ull << 63));
    CHECK("mmu_update.l3.live.slot_1_writable_page", -XEN_EINVAL,
          set_l3(page_entry(0, PTE_P)));
    CHECK("mmu_update.l3.live.slot_1_l2_of_slot_3", -XEN_EINVAL,
          set_l3(table[3]));
    CHECK("mmu_update.l3.live.slot_1_linear_self", -XEN_EINVAL,
          set_l3(frame_entry(table_frame(table), PTE_P)));
    CHECK("mmu_update.l3.live.slot_1_clear", 0, set_l3(0));
    CHECK("mmu_update.l3.live.cleared_slot_faults_at_once", FAULT(14, 0),
          try_read(0x40000000));
    CHECK("mmu_update.l3.live.slot_3_clear", -XEN_EINVAL,
          update(entry_address(&table[3]), 0));
    CHECK("mmu_update.l3.live.slot_3_other_l2", -XEN_EINVAL,
          update(entry_address(&table[3]), l2_entry));
    CHECK("mmu_update.l3.live.slot_3_same", -XEN_EINVAL,
          update(entry_address(&table[3]), table[3]));
    CHECK("mmu_update.l3.live.slot_4", -XEN_EINVAL,
          update(entry_address(&table[4]), 0));
    page_clear(5);
    page_clear(6);
}

void family(void)
{
    traps_ready();
    slot = &live_l1(window)[(uint32_t)window >> 12 & 511];
    slot_at = entry_address(slot);
    page_clear(0);
    (void)set(0);
    l1_flags();
    l1_frames();
    owners();
    commands();
    targets();
    m2p();
    batches();
    l2();
    l2_of_slot_3();
    l3();
}
