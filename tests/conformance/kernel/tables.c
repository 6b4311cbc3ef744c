/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * Frames and page tables: from the builder's tables to the kernel's own, by the
 * steps of that kernel.
 *
 *     builder's L3 --pinned--> unpinned while it is loaded
 *       initial_pgd  with a copy of the builder's L2, the hypervisor's slots
 *                    included, and four L1s more: pinned, loaded
 *         swapper_pgd  with a copy of that: loaded first, pinned afterwards
 *           one L1 after the other, until all memory is mapped
 */
#include "kernel.h"

#define NR_IDENT 4u

/** As much as can be mapped below the fixed mappings. */
#define LOWMEM_PAGES ((IN_M2P - 0x200000u - KERNEL_BASE) / PAGE)

const uint32_t *m2p;
uint32_t nr_pages;
static uint32_t *p2m;
static uint32_t next_free, nr_mapped;

static uint64_t initial_pgd[512] __attribute__((aligned(4096)));
static uint64_t initial_pmd[512] __attribute__((aligned(4096)));
static uint64_t ident[NR_IDENT][512] __attribute__((aligned(4096)));
static uint64_t kernel_pmd[512] __attribute__((aligned(4096)));
static uint64_t zero_page[512] __attribute__((aligned(4096)));
uint64_t swapper_pgd[512] __attribute__((aligned(4096)));
uint64_t *swapper_pmd = kernel_pmd;

uint32_t mfn_of(const void *va)
{
    return p2m[pfn_of(va)];
}

uint64_t entry_of(const void *va, uint64_t flags)
{
    return (uint64_t)mfn_of(va) << 12 | flags;
}

uint64_t machine_of(const void *va)
{
    return (uint64_t)mfn_of(va) << 12 | ((uint32_t)va & (PAGE - 1));
}

void p2m_set(uint32_t pfn, uint32_t mfn)
{
    p2m[pfn] = mfn;
}

/* --- Pages --------------------------------------------------------------- */

static void *given[64];
static unsigned nr_given;

/** A page of zeros, mapped writable. */
void *page_take(void)
{
    uint64_t *page = nr_given > 0 ? given[--nr_given]
                                  : page_of(next_free++);

    if (next_free > nr_mapped)
        shut_down(SHUTDOWN_crash);
    for (unsigned i = 0; i < 512; i++)
        page[i] = 0;
    return page;
}

/** Give a page back, mapped writable and no table. */
void page_give(void *page)
{
    if (nr_given < sizeof(given) / sizeof(given[0]))
        given[nr_given++] = page;
}

/** set_page_prot(): another protection, no flush. */
int32_t page_protect(void *page, uint64_t flags)
{
    uint64_t e = entry_of(page, flags);

    return hypercall_4(update_va_mapping, page, (uint32_t)e,
                       (uint32_t)(e >> 32), UVMF_NONE);
}

int32_t table_pin(unsigned cmd, const void *table)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = mfn_of(table);
    return hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF);
}

/** write_cr3(). */
int32_t table_base(const void *pgd)
{
    batch_ext(MMUEXT_NEW_BASEPTR, mfn_of(pgd));
    return -(int32_t)batch_end();
}

/** One entry, by a call. */
int32_t table_set(uint64_t *where, uint64_t value)
{
    struct mmu_update u = { .ptr = machine_of(where) | MMU_NORMAL_PT_UPDATE,
                            .val = value };

    return hypercall_4(mmu_update, &u, 1, 0, DOMID_SELF);
}

int32_t flush_page(uint32_t va)
{
    struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL };

    op.arg1.linear_addr = va & ~(PAGE - 1);
    return hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF);
}

/** The table that an entry points to, through the machine-to-physical table. */
uint64_t *table_of(uint64_t entry)
{
    return page_of(m2p[(entry & ADDRESS_MASK) >> 12]);
}

/* --- The first switch ---------------------------------------------------- */

/** Map what four L1s reach beyond the builder's end; what is mapped stays. The
 *  last page of all is left to map_rest(), however small the memory is. */
static void map_identity_early(uint64_t *pmd)
{
    uint32_t pfn = 0, end = nr_pages - 1;
    unsigned used = 0;

    for (unsigned i = 0; pfn < end; i++) {
        uint64_t *table = table_of(pmd[i]);

        if (!(pmd[i] & L1_PRESENT)) {
            if (used == NR_IDENT)
                break;
            table = ident[used++];
            pmd[i] = entry_of(table, TABLE_FLAGS);
        }
        for (unsigned j = 0; j < 512 && pfn < end; j++, pfn++)
            if (table[j] == 0)
                table[j] = (uint64_t)p2m[pfn] << 12 | PAGE_RW;
    }
    nr_mapped = pfn;
    for (unsigned i = 0; i < NR_IDENT; i++)
        CHECK("kernel.tables.ident_read_only", 0,
              page_protect(ident[i], PAGE_RO));
}

/** xen_setup_machphys_mapping(). */
void tables_first(void)
{
    struct xen_machphys_mapping mapping = { 0, 0, 0 };

    nr_pages = start_info->nr_pages;
    if (nr_pages > LOWMEM_PAGES)
        nr_pages = LOWMEM_PAGES;
    p2m = (uint32_t *)start_info->mfn_list;
    next_free = pfn_of((void *)start_info->pt_base) +
                start_info->nr_pt_frames + 1;
    CHECK("kernel.machphys_mapping", 0,
          hypercall_2(memory_op, XENMEM_machphys_mapping, &mapping));
    CHECK("kernel.machphys_mapping.start", IN_M2P, mapping.v_start);
    m2p = (const uint32_t *)mapping.v_start;
}

/** xen_setup_kernel_pagetable(). */
void tables_early(void)
{
    uint64_t *boot = (uint64_t *)start_info->pt_base;
    const uint64_t *boot_pmd;

    console_early("mapping kernel into physical memory\n");
    boot_pmd = table_of(boot[KERNEL_SLOT]);
    for (unsigned i = 0; i < 512; i++)
        initial_pmd[i] = boot_pmd[i];
    map_identity_early(initial_pmd);
    for (unsigned i = 0; i < 4; i++)
        initial_pgd[i] = boot[i];
    initial_pgd[KERNEL_SLOT] = entry_of(initial_pmd, L1_PRESENT);
    CHECK("kernel.tables.pmd_read_only", 0,
          page_protect(initial_pmd, PAGE_RO));
    CHECK("kernel.tables.pgd_read_only", 0,
          page_protect(initial_pgd, PAGE_RO));
    CHECK("kernel.tables.zero_page_read_only", 0,
          page_protect(zero_page, PAGE_RO));
    CHECK("kernel.tables.unpin_boot", 0,
          table_pin(MMUEXT_UNPIN_TABLE, boot));
    CHECK("kernel.tables.pin_initial", 0,
          table_pin(MMUEXT_PIN_L3_TABLE, initial_pgd));
    CHECK("kernel.tables.load_initial", 0, table_base(initial_pgd));
}

/* --- The second ---------------------------------------------------------- */

/** xen_write_cr3_init(): loaded before it is pinned. */
static void load_swapper(void)
{
    struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    for (unsigned i = 0; i < 512; i++)
        swapper_pmd[i] = initial_pmd[i];
    swapper_pgd[KERNEL_SLOT] = entry_of(swapper_pmd, L1_PRESENT);
    CHECK("kernel.tables.swapper_pmd_read_only", 0,
          page_protect(swapper_pmd, PAGE_RO));
    CHECK("kernel.tables.swapper_pgd_read_only", 0,
          page_protect(swapper_pgd, PAGE_RO));
    CHECK("kernel.tables.load_swapper", 0, table_base(swapper_pgd));
    CHECK("kernel.tables.pin_swapper", 0,
          table_pin(MMUEXT_PIN_L3_TABLE, swapper_pgd));
    CHECK("kernel.tables.unpin_initial", 0,
          table_pin(MMUEXT_UNPIN_TABLE, initial_pgd));
    CHECK("kernel.tables.initial_pgd_writable", 0,
          page_protect(initial_pgd, PAGE_RW));
    CHECK("kernel.tables.initial_pmd_writable", 0,
          page_protect(initial_pmd, PAGE_RW));
    CHECK("kernel.tables.flush", 0,
          hypercall_4(mmuext_op, &flush, 1, 0, DOMID_SELF));
    initial_pmd[0] = initial_pgd[0] = 0; /* stale entries would fault here */
}

/** A new L1 below the kernel's L2: read-only, pinned, entered; then filled. */
static uint64_t *new_table(unsigned index)
{
    uint64_t *table = page_take();

    CHECK("kernel.tables.pte_page_read_only", 0,
          page_protect(table, PAGE_RO));
    CHECK("kernel.tables.pte_page_pinned", 0,
          table_pin(MMUEXT_PIN_L1_TABLE, table));
    CHECK("kernel.tables.pte_page_entered", 0,
          table_set(&swapper_pmd[index], entry_of(table, TABLE_FLAGS)));
    return table;
}

/** init_mem_mapping(): all the rest of memory. */
static void map_rest(void)
{
    uint32_t pfn = nr_mapped & ~511u, failed = 0;
    bool first = true;

    for (; pfn < nr_pages; pfn += 512) {
        uint64_t *table = table_of(swapper_pmd[pfn / 512]);

        if (!(swapper_pmd[pfn / 512] & L1_PRESENT))
            table = new_table(pfn / 512);
        for (unsigned j = 0; j < 512 && pfn + j < nr_pages; j++) {
            uint64_t e = (uint64_t)p2m[pfn + j] << 12 | PAGE_RW;

            if (table[j] != 0)
                continue;
            if (first)
                failed += table_set(&table[j], e) != 0;
            else
                batch_update(machine_of(&table[j]), e);
        }
        first = false;
    }
    CHECK("kernel.tables.all_mapped", 0, failed + batch_end());
    nr_mapped = nr_pages;
}

/** Map an entry at the n-th page below the hypervisor's part of the kernel's
 *  L2, where no memory is. */
void *fixmap(unsigned n, uint64_t entry)
{
    uint32_t va = IN_M2P - PAGE * (n + 1);
    unsigned index = va >> 21 & 511;

    if (!(swapper_pmd[index] & L1_PRESENT))
        new_table(index);
    CHECK("kernel.tables.fixmap", 0,
          hypercall_4(update_va_mapping, va, (uint32_t)entry,
                      (uint32_t)(entry >> 32), UVMF_INVLPG));
    return (void *)va;
}

/** setup_arch(): the final tables. That the last page is where it belongs is
 *  seen by another way to it. */
void tables_final(void)
{
    volatile uint32_t *last, *same;

    load_swapper();
    map_rest();
    last = page_of(nr_pages - 1);
    same = fixmap(5, entry_of((const void *)last, PAGE_RO));
    *last = 0x600D;
    CHECK("kernel.tables.last_page", 0x600D, *same);
}
