/* SPDX-License-Identifier: MIT */
/**
 * @file va_mapping.c
 * @page conformance_va_mapping Conformance: update_va_mapping, translations
 * Property: an entry is changed by the address that it maps, and translations
 * are dropped when the flags ask for it.
 * Source: the interface's xen.h; the observed answers to about 35 requests.
 * Method: one page's entry changed in each way. For translations the page is
 * read first, so that the processor remembers it. That an old one is still
 * there without a flush is not checked: a processor may drop it at any time.
 *
 * A native hypervisor flushes on errors as well; the one that was observed
 * does not.
 */
#include "tables.h"

static uint8_t window[4096] __attribute__((aligned(4096)));
static uint64_t *slot;

static int32_t map_flags(const void *va, uint64_t entry, uint32_t flags)
{
    return hypercall_4(update_va_mapping, va, (uint32_t)entry,
                       (uint32_t)(entry >> 32), flags);
}

static int32_t map(const void *va, uint64_t entry)
{
    return map_flags(va, entry, UVMF_NONE);
}

static int32_t map_other(uint64_t entry, uint32_t domain)
{
    return hypercall(__HYPERVISOR_update_va_mapping_otherdomain,
                     (uint32_t)window, (uint32_t)entry,
                     (uint32_t)(entry >> 32), UVMF_INVLPG, domain);
}

static void entries(void)
{
    uint64_t own = page_entry(0, PTE_P), before;
    uint64_t l1 = table_frame(live_l1(window));

    CHECK("update_va_mapping.good", 0, map(window, own));
    CHECK("update_va_mapping.good_entry", 1, *slot == own);
    CHECK("update_va_mapping.va_unaligned", 0,
          map(window + 0xABC, own | 0x200));
    CHECK("update_va_mapping.va_unaligned_entry", 1, *slot == (own | 0x200));
    CHECK("update_va_mapping.clear", 0, map(window, 0));
    CHECK("update_va_mapping.clear_entry", 0, (uint32_t)*slot);
    before = *slot;
    CHECK("update_va_mapping.empty_l2_slot", -XEN_EINVAL,
          map((void *)0xF5600000, own));
    CHECK("update_va_mapping.empty_l3_slot", -XEN_EINVAL,
          map((void *)0x40000000, own));
    CHECK("update_va_mapping.va_in_m2p", -XEN_EINVAL,
          map((void *)IN_M2P, own));
    CHECK("update_va_mapping.va_top", -XEN_EINVAL,
          map((void *)0xFFFFF000, own));
    CHECK("update_va_mapping.global", -XEN_EINVAL,
          map(window, own | PTE_GLOBAL));
    CHECK("update_va_mapping.free_frame", -XEN_EBUSY,
          map(window, frame_entry(free_frame(), PTE_P)));
    CHECK("update_va_mapping.own_table_rw", -XEN_EBUSY,
          map(window, frame_entry(l1, PTE_P | PTE_RW)));
    CHECK("update_va_mapping.refused_changes_nothing", 1, *slot == before);
}

static void others(void)
{
    uint64_t own = page_entry(0, PTE_P);

    CHECK("update_va_mapping_otherdomain.own_numeric_id", -XEN_ESRCH,
          map_other(own, 0));
    CHECK("update_va_mapping_otherdomain.unknown", -XEN_ESRCH,
          map_other(own, DOM_UNKNOWN));
    CHECK("update_va_mapping_otherdomain.nothing_was_set", 0,
          (uint32_t)*slot);
    CHECK_CONTROL("update_va_mapping_otherdomain.xen_own_frame", -XEN_EBUSY,
                  map_other(own, DOMID_XEN));
    CHECK("update_va_mapping_otherdomain.self", 0, map_other(own, DOMID_SELF));
    CHECK("update_va_mapping_otherdomain.self_entry", 1, *slot == own);
    (void)map(window, 0);
}

/* --- Translations --------------------------------------------------------- */

#define OLD 0x01D01D01u
#define NEW 0x2E32E32Eu

/** Map page 0 (OLD), read it, map page 1 (NEW) with flags. */
static int32_t change(uint32_t flags)
{
    (void)map_flags(window, page_entry(0, PTE_P), UVMF_INVLPG);
    (void)*(volatile uint32_t *)window;
    return map_flags(window, page_entry(1, PTE_P), flags);
}

/** What is seen now. */
static uint32_t seen(void)
{
    return *(volatile uint32_t *)window;
}

static void flags(void)
{
    static uint32_t set = 1;

    CHECK("update_va_mapping.flags.none", 0, change(UVMF_NONE));
    CHECK("update_va_mapping.flags.3", 0, change(3));
    CHECK("update_va_mapping.flags.flush", 0, change(UVMF_TLB_FLUSH));
    CHECK("update_va_mapping.flags.flush_seen", NEW, seen());
    CHECK("update_va_mapping.flags.invlpg", 0, change(UVMF_INVLPG));
    CHECK("update_va_mapping.flags.invlpg_seen", NEW, seen());
    CHECK("update_va_mapping.flags.all_flush", 0,
          change(UVMF_TLB_FLUSH | UVMF_ALL));
    CHECK("update_va_mapping.flags.all_flush_seen", NEW, seen());
    CHECK("update_va_mapping.flags.all_invlpg", 0,
          change(UVMF_INVLPG | UVMF_ALL));
    CHECK("update_va_mapping.flags.vcpu_mask", 0,
          change(UVMF_INVLPG | (uint32_t)&set));
    CHECK("update_va_mapping.flags.vcpu_mask_seen", NEW, seen());
    CHECK("update_va_mapping.flags.bad_mask_pointer", -XEN_EFAULT,
          change(UVMF_INVLPG | IN_XEN_RANGE));
    CHECK("update_va_mapping.flags.bad_mask_pointer_entry", 1,
          *slot == page_entry(1, PTE_P));
}

/** The same change by mmu_update, which flushes nothing, and then one call. */
static uint32_t seen_after(unsigned cmd, uint64_t arg1, const uint32_t *set)
{
    (void)map_flags(window, page_entry(0, PTE_P), UVMF_INVLPG);
    (void)*(volatile uint32_t *)window;
    (void)update(entry_address(slot), page_entry(1, PTE_P));
    (void)ext(cmd, arg1, (uint32_t)set);
    return seen();
}

static void flush_calls(void)
{
    static uint32_t none = 0, vcpu_0 = 1;
    uint32_t inside = (uint32_t)window + 0x7F3;

    CHECK("mmuext_op.tlb_flush_local.seen", NEW,
          seen_after(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
    CHECK("mmuext_op.tlb_flush_all.seen", NEW,
          seen_after(MMUEXT_TLB_FLUSH_ALL, 0, 0));
    CHECK("mmuext_op.tlb_flush_multi.vcpu0_seen", NEW,
          seen_after(MMUEXT_TLB_FLUSH_MULTI, 0, &vcpu_0));
    CHECK("mmuext_op.invlpg_local.unaligned_seen", NEW,
          seen_after(MMUEXT_INVLPG_LOCAL, inside, 0));
    CHECK("mmuext_op.invlpg_all.seen", NEW,
          seen_after(MMUEXT_INVLPG_ALL, inside, 0));
    CHECK("mmuext_op.invlpg_multi.vcpu0_seen", NEW,
          seen_after(MMUEXT_INVLPG_MULTI, inside, &vcpu_0));
    CHECK("mmuext_op.invlpg_multi.empty_mask", 0,
          ext(MMUEXT_INVLPG_MULTI, inside, (uint32_t)&none));
}

/** The L1 entry of a scratch page. */
static uint64_t *entry_of(unsigned n)
{
    return &live_l1(scratch[n])[(uint32_t)scratch[n] >> 12 & 511];
}

/* A frame that becomes a table: an old writable translation is no more. Any
 * one page may have lost its translation by chance, so several are tried. */
static void type_changes(void)
{
    for (unsigned n = 2; n < NR_SCRATCH; n++) {
        volatile uint64_t *page = scratch[n];

        page_clear(n);
        page[0] = 0; /* the processor remembers it as writable */
        (void)update(entry_address(entry_of(n)),
                     page_entry(n, PTE_P | PTE_A));
        CHECK("mmuext_op.pin_l1.after_unflushed_change", 0,
              ext(MMUEXT_PIN_L1_TABLE, frame_of(scratch[n]), 0));
        CHECK("mmuext_op.pin_l1.old_translation_is_gone", FAULT(14, 3),
              try_write((uint32_t)page, PTE_RW));
        CHECK("mmuext_op.pin_l1.table_was_not_written", 0,
              (uint32_t)page[0]);
        (void)ext(MMUEXT_UNPIN_TABLE, frame_of(scratch[n]), 0);
        page_clear(n);
    }
}

void family(void)
{
    traps_ready();
    slot = &live_l1(window)[(uint32_t)window >> 12 & 511];
    page_clear(0);
    page_clear(1);
    *(uint32_t *)scratch[0] = OLD;
    *(uint32_t *)scratch[1] = NEW;
    (void)map(window, 0);
    entries();
    others();
    flags();
    flush_calls();
    type_changes();
}
