/* SPDX-License-Identifier: MIT */
/**
 * @file audit.c
 * Looking at the live page tables with the eyes of the processor: is every
 * mapping what it should be? Run at the end of boot, and by tests.
 *
 * @ingroup boot
 */
#include "boot.h"

extern const uint8_t image_end[];

/** What the audit knows while it walks. */
struct walk {
    struct audit_result result;
    uint32_t vaddr;
    uint64_t rights; /**< of all levels so far: RW, US, and NX */
};

/** Rights only get fewer on the way down; NX adds up. */
static uint64_t combine(uint64_t upper, uint64_t entry)
{
    return (upper & entry & (PTE_RW | PTE_US)) | ((upper | entry) & PTE_NX);
}

static void complain(struct walk *w, const char *complaint, uint64_t entry)
{
    if (w->result.complaint)
        return; /* the first one counts */
    w->result.complaint = complaint;
    w->result.vaddr = w->vaddr;
    w->result.entry = entry;
}

/** Judge one page, or one large page. */
static void check_leaf(struct walk *w, uint64_t entry)
{
    uint64_t rights = combine(w->rights, entry);
    bool executable = (rights & no_execute) != no_execute;

    w->result.nr_mappings++;
    if (w->vaddr < M2P_START)
        complain(w, "mapped in the guest's part of the address space", entry);
    if (rights & PTE_US)
        complain(w, "open to ring 3", entry);
    if ((rights & PTE_RW) && executable)
        complain(w, "writable and executable", entry);
    if (w->vaddr < HYPERVISOR_START && (rights & PTE_RW))
        complain(w, "writable where guests of ring 1 reach it", entry);
    if ((w->vaddr < HYPERVISOR_START || w->vaddr >= WINDOWS_START) &&
        executable)
        complain(w, "executable outside the image", entry);
    if (rights & PTE_NX & ~no_execute)
        complain(w, "no-execute, a bit reserved on this processor", entry);
}

/** The table that an entry leads to, which must be one of the image's; NULL
 *  (and a complaint) when it is not. */
static const uint64_t *table_of(struct walk *w, uint64_t entry)
{
    uint64_t frame = entry & PTE_FRAME;

    if (frame < IMAGE_LOAD_MADDR ||
        frame >= (uint32_t)(uintptr_t)image_end - IMAGE_OFFSET) {
        complain(w, "led through a table outside the image", entry);
        return NULL;
    }
    return (const uint64_t *)(uintptr_t)((uint32_t)frame + IMAGE_OFFSET);
}

static void walk_l1(struct walk *w, uint64_t l2e)
{
    const uint64_t *l1 = table_of(w, l2e);
    uint64_t upper = w->rights;

    w->rights = combine(upper, l2e);
    for (unsigned i = 0; l1 && i < TABLE_ENTRIES; i++) {
        if (l1[i] & PTE_P)
            check_leaf(w, l1[i]);
        w->vaddr += PAGE_SIZE;
    }
    w->rights = upper;
}

static void walk_l2(struct walk *w, uint64_t l3e)
{
    const uint64_t *l2 = table_of(w, l3e);
    uint32_t start = w->vaddr;

    for (unsigned i = 0; l2 && i < TABLE_ENTRIES; i++) {
        w->vaddr = start + i * (PAGE_SIZE * TABLE_ENTRIES);
        if (!(l2[i] & PTE_P))
            continue;
        if (l2[i] & PTE_PSE)
            check_leaf(w, l2[i]);
        else
            walk_l1(w, l2[i]);
    }
}

/**
 * Check every mapping of the hypervisor's own tables.
 *
 * @context{boot}
 * @return `complaint` NULL when nothing is mapped below M2P_START (BOOT-I4),
 *         nothing is open to ring 3, nothing is writable and executable, and
 *         only the image is executable (BOOT-I2; on a processor without NX:
 *         no entry has that bit); else what is wrong with the first mapping,
 *         as the end of "ADDRESS is ...".
 * @note Reads every table once: some 4000 entries.
 * @ingroup boot
 */
struct audit_result audit_mappings(void)
{
    const l3e_t *l3 = hypervisor_l3();
    struct walk w = { .rights = PTE_RW | PTE_US };

    for (unsigned i = 0; i < L3_ENTRIES; i++) {
        w.vaddr = i << 30;
        if (l3[i].e & PTE_P)
            walk_l2(&w, l3[i].e);
    }
    return w.result;
}
