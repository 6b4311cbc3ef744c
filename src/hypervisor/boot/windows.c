/* SPDX-License-Identifier: MIT */
/**
 * @file windows.c
 * Looking at any frame of the machine for a moment.
 *
 * The hypervisor has 152 MB of address space and guests may have 16 GB of
 * memory, so a guest's frame is mapped when it is needed, in one of a few
 * windows. Mapping costs a store; taking a mapping away costs an INVLPG and
 * the next look a page walk. So a window that is not held any more stays
 * mapped, and is found again by its frame's number:
 *
 *     frame number --hash--> its home, then the next 7 windows
 *
 *     state of a window       holders   frame
 *     never used                 0      INVALID_MFN
 *     held                      > 0     mapped
 *     left                       0      mapped, may be taken over
 *
 * Invariants:
 *  - BOOT-W1: a held window's mapping does not change: take_over() takes only
 *    windows with no holder.
 *  - BOOT-W2: when a window's entry changes, the old translation is dropped
 *    before the window is used: set_entry().
 *  - BOOT-W3: what window_glance() gave shows its frame until a window is
 *    asked for that is not there yet: only then take_over() is called.
 *
 * A window that is left stays a mapping of its frame, whoever owns it next.
 * That is no hole: only ring 0 can use it, and it never reads through a
 * window that it does not hold.
 *
 * Source: [SDM3A] 253668-032, 4.4 "PAE Paging".
 *
 * @ingroup boot
 */
#include "boot.h"

#include "arch_tlb.h"
#include "console.h"
#include "lib.h"

#define WINDOW_TRIES 8u

struct window windows[NR_WINDOWS];

/** Windows that are kept for long, between the others and the fixed ones:
 *  a bit each. The search for a free one begins behind the last one found. */
#define KEPT_START (WINDOWS_START + NR_WINDOWS * PAGE_SIZE)
#define NR_KEPT ((FIXED_WINDOWS_START - KEPT_START) / PAGE_SIZE)
static uint32_t kept[BITMAP_WORDS(NR_KEPT)];
static unsigned kept_from;

/** The two L1 tables of [WINDOWS_START, WINDOWS_END). */
static l1e_t window_l1[2 * TABLE_ENTRIES] __attribute__((aligned(4096)));

_Static_assert(WINDOWS_END - WINDOWS_START == sizeof(window_l1) / 8 * 4096,
               "two L1 tables map the windows");

/** Change what an address between WINDOWS_START and WINDOWS_END shows. */
static void set_entry(uint32_t address, uint64_t entry)
{
    l1e_t *l1e = &window_l1[(address - WINDOWS_START) >> PAGE_SHIFT];
    uint64_t old = l1e->e;

    /* Never half old, half new: not present first, then the halves. */
    *(volatile uint32_t *)&l1e->e = 0;
    *((volatile uint32_t *)&l1e->e + 1) = (uint32_t)(entry >> 32);
    *(volatile uint32_t *)&l1e->e = (uint32_t)entry;
    if (old & PTE_P)
        arch_flush_page(address);
}

/**
 * Hang the windows' tables into the hypervisor's own L2.
 *
 * @context{boot}
 * @pre regions_init() was called
 * @ingroup boot
 */
void windows_init(void)
{
    l2e_t *l2 = &hypervisor_l2()[l2_index(WINDOWS_START)];

    for (unsigned i = 0; i < NR_WINDOWS; i++)
        windows[i].frame = INVALID_MFN.n;

    l2[0].e = image_maddr(window_l1).a | PTE_P | PTE_RW | PTE_A;
    l2[1].e = image_maddr(window_l1 + TABLE_ENTRIES).a | PTE_P | PTE_RW |
              PTE_A;
}

_Static_assert(NR_WINDOWS == 1u << (32 - 26), "window_home() gives 6 bits");

/** The window without holders that is next to a frame's home. Too far away
 *  it is not found again, and the frame may be mapped twice: no harm. */
static unsigned take_over(unsigned home)
{
    for (unsigned i = 0; i < NR_WINDOWS; i++) {
        unsigned slot = (home + i) % NR_WINDOWS;

        if (windows[slot].holders == 0)
            return slot;
    }
    panic("all %u windows are held", NR_WINDOWS);
}

/**
 * Map a frame until window_unmap().
 *
 * @param frame  any frame of the machine's RAM
 * @context{any}
 * @return where it is seen, for reading and writing. Calls for the same frame
 *         may give the same address; each needs its window_unmap().
 * @pre Not from an NMI.
 * @note 64 can be held at a time; to want more is a bug, and a panic.
 * @ingroup boot
 */
void *window_map(mfn_t frame)
{
    unsigned home = window_home(frame.n);
    unsigned slot;

    for (unsigned i = 0; i < WINDOW_TRIES; i++) {
        unsigned s = (home + i) % NR_WINDOWS;

        if (windows[s].frame == frame.n) {
            windows[s].holders++;
            BUG_ON(windows[s].holders == 0);
            return window_at(s);
        }
    }
    slot = take_over(home);
    set_entry((uint32_t)(uintptr_t)window_at(slot),
              mfn_to_maddr(frame).a | PTE_P | PTE_RW | PTE_A | PTE_D |
                  no_execute);
    windows[slot].frame = frame.n;
    windows[slot].holders = 1;
    return window_at(slot);
}

/**
 * window_glance() for a frame that is not in its home: map it, where it stays
 * until its window is taken over (BOOT-W3).
 *
 * @param frame  any frame of the machine's RAM
 * @context{entry}
 * @return where it is seen
 * @pre As for window_map().
 * @ingroup boot
 */
void *window_look(mfn_t frame)
{
    void *window = window_map(frame);

    window_unmap(window);
    return window;
}

/**
 * Let a window go.
 *
 * @param window  an address inside the page that window_map() gave
 * @context{any}
 * @ingroup boot
 */
void window_unmap(const void *window)
{
    uint32_t slot = ((uint32_t)(uintptr_t)window - WINDOWS_START) >>
                    PAGE_SHIFT;

    BUG_ON(slot >= NR_WINDOWS || windows[slot].holders == 0);
    windows[slot].holders--;
}

/**
 * Map a frame for long.
 *
 * @param frame  any frame of the machine's RAM
 * @context{hypercall}
 * @return where it is seen, until window_let_go(); NULL when there is no room.
 * @ingroup boot
 */
void *window_keep(mfn_t frame)
{
    for (unsigned i = 0; i < NR_KEPT; i++) {
        unsigned slot = (kept_from + i) % NR_KEPT;

        if (bitmap_test(kept, slot))
            continue;
        bitmap_set(kept, slot);
        kept_from = slot + 1;
        set_entry(KEPT_START + slot * PAGE_SIZE,
                  mfn_to_maddr(frame).a | PTE_P | PTE_RW | PTE_A | PTE_D |
                      no_execute);
        return (void *)(uintptr_t)(KEPT_START + slot * PAGE_SIZE);
    }
    return NULL;
}

/**
 * Take such a mapping away.
 *
 * @param window  what window_keep() returned, once
 * @context{exit}
 * @ingroup boot
 */
void window_let_go(const void *window)
{
    uint32_t address = (uint32_t)(uintptr_t)window;
    uint32_t slot = (address - KEPT_START) >> PAGE_SHIFT;

    BUG_ON(slot >= NR_KEPT || !bitmap_test(kept, slot));
    bitmap_clear(kept, slot);
    set_entry(address, 0);
}

/**
 * Map a frame at one of the fixed windows, in place of what is there.
 *
 * @param address   of a page in [FIXED_WINDOWS_START, WINDOWS_END)
 * @param frame     any frame of the machine's RAM
 * @param writable  whether ring 0 may write there
 * @context{any}
 * @ingroup boot
 */
void window_fix(uint32_t address, mfn_t frame, bool writable)
{
    BUG_ON(address < FIXED_WINDOWS_START || address >= WINDOWS_END);
    set_entry(address, mfn_to_maddr(frame).a | PTE_P | PTE_A | no_execute |
                           (writable ? PTE_RW | PTE_D : 0));
}

/**
 * Map a page of device registers at one of the fixed windows. No cache keeps
 * what is read there, and every write reaches the device.
 *
 * @param address  of a page in [FIXED_WINDOWS_START, WINDOWS_END)
 * @param frame    where no memory is
 * @context{boot}
 * @ingroup boot
 */
void window_fix_device(uint32_t address, mfn_t frame)
{
    BUG_ON(address < FIXED_WINDOWS_START || address >= WINDOWS_END);
    set_entry(address, mfn_to_maddr(frame).a | PTE_P | PTE_RW | PTE_A |
                           PTE_D | PTE_PCD | PTE_PWT | no_execute);
}

/**
 * Empty a fixed window: an access there is a page fault.
 *
 * @param address  of a page in [FIXED_WINDOWS_START, WINDOWS_END)
 * @context{any}
 * @ingroup boot
 */
void window_unfix(uint32_t address)
{
    BUG_ON(address < FIXED_WINDOWS_START || address >= WINDOWS_END);
    set_entry(address, 0);
}
