/* SPDX-License-Identifier: MIT */
/**
 * @file regions.c
 * The hypervisor's own page tables after boot, and the big regions that they
 * map: the machine-to-physical table, the frame table, the heap.
 *
 * All three are as large as the machine's memory demands, so they are placed
 * when the memory map is known. Each is one contiguous piece of RAM, seen
 * through 2 MB pages, and 4 KB pages for the rest that does not fill one. The
 * page tables for those rests are in .bss: nothing here needs an allocator,
 * which does not exist yet.
 *
 *     region        bytes a frame   32 MB    512 MB   16 GB
 *     M2P                4          32 KB    512 KB   16 MB
 *     frame table       24         192 KB      3 MB   96 MB
 *     heap         1/16 of RAM       2 MB     30 MB   30 MB
 *
 * The machine-to-physical table is mapped twice: read-only where guests see
 * it (part of their interface), and writable for us.
 *
 * Source: [Xen2003] 2.1.1 "Memory Management", 3.3.4 "Physical memory".
 *
 * @ingroup boot
 */
#include "boot.h"

#include "console.h"
#include "lib.h"

#define LARGE_PAGE (PAGE_SIZE * TABLE_ENTRIES)
#define FRAMES_4GB 0x00100000u

/* The heap: a part of RAM, within these bounds (frames). */
#define HEAP_SHARE 16u
#define HEAP_MIN_FRAMES 128u
#define HEAP_MAX_FRAMES ((HEAP_END - HEAP_START) >> PAGE_SHIFT)

/** One region: where it is seen, and the L1 table for what is left behind its
 *  last 2 MB page. */
struct region {
    uint32_t vaddr;
    bool writable;
    l1e_t *tail;
};

static l1e_t tails[4][TABLE_ENTRIES] __attribute__((aligned(4096)));

static const struct region m2p_guest = { M2P_START, false, tails[0] };
static const struct region m2p_alias = { M2P_ALIAS_START, true, tails[1] };
static const struct region frame_table = { FRAME_TABLE_START, true, tails[2] };
static const struct region heap = { HEAP_START, true, tails[3] };

static l3e_t *own_l3;
static uint32_t frames_known;
static uint32_t m2p_size;
static mfn_t m2p_first;

/** A table of the image's pool by its machine address: the image is mapped as
 *  a whole, so the way back is an addition. */
static void *pool_table(uint64_t entry)
{
    return (void *)(uintptr_t)((uint32_t)(entry & PTE_FRAME) + IMAGE_OFFSET);
}

/**
 * Note which tables the processor runs on.
 *
 * @param l3_maddr  machine address of the L3 of exercise 1.2
 * @context{boot}
 * @ingroup boot
 */
void regions_init(uint32_t l3_maddr)
{
    own_l3 = pool_table(l3_maddr);
}

/**
 * The hypervisor's own L3: no guest is mapped below M2P_START.
 *
 * @context{boot}
 * @return its four entries.
 * @ingroup boot
 */
l3e_t *hypervisor_l3(void)
{
    return own_l3;
}

/**
 * The L2 table under slot 3 of the hypervisor's own L3. Its entries from
 * FIRST_RESERVED_L2_SLOT on are copied into every guest's L2 for that slot;
 * they never change after boot.
 *
 * @context{any}
 * @return its 512 entries.
 * @ingroup boot
 */
l2e_t *hypervisor_l2(void)
{
    return pool_table(own_l3[L3_ENTRIES - 1].e);
}

/**
 * What CR3 holds while no guest runs.
 *
 * @context{exit}
 * @return the machine address of hypervisor_l3().
 * @ingroup boot
 */
uint32_t hypervisor_idle_cr3(void)
{
    return (uint32_t)image_maddr(own_l3).a;
}

/** Map contiguous frames as a region: supervisor, no-execute (BOOT-I2). */
static void map_region(const struct region *region, mfn_t first,
                       uint32_t nr)
{
    l2e_t *l2 = &hypervisor_l2()[l2_index(region->vaddr)];
    uint64_t at = mfn_to_maddr(first).a;
    uint64_t flags = PTE_P | PTE_A | PTE_D | no_execute;

    if (region->writable)
        flags |= PTE_RW;
    for (; nr >= TABLE_ENTRIES; nr -= TABLE_ENTRIES, at += LARGE_PAGE)
        (l2++)->e = at | flags | PTE_PSE;
    if (nr == 0)
        return;
    for (uint32_t i = 0; i < nr; i++)
        region->tail[i].e = (at + ((uint64_t)i << PAGE_SHIFT)) | flags;
    l2->e = image_maddr(region->tail).a | PTE_P | PTE_RW | PTE_A;
}

/** Take the RAM of a region out of the map: on a 2 MB boundary if it is that
 *  large, so that large pages can map it. */
static bool take(struct memory_map *map, uint32_t bytes, uint32_t below,
                 mfn_t *first)
{
    uint32_t nr = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;

    return memory_map_take(map, nr, nr < TABLE_ENTRIES ? 1 : TABLE_ENTRIES,
                           below, first);
}

/** The machine-to-physical table: every frame is nobody's. */
static bool place_m2p(struct memory_map *map)
{
    m2p_size = (frames_known * 4 + PAGE_SIZE - 1) & PAGE_MASK;
    if (!take(map, m2p_size, MAX_FRAMES, &m2p_first))
        return false;
    map_region(&m2p_alias, m2p_first, m2p_size >> PAGE_SHIFT);
    map_region(&m2p_guest, m2p_first, m2p_size >> PAGE_SHIFT);
    /* All of it, also beyond the last frame: guests can read it. */
    memset((void *)M2P_ALIAS_START, 0xFF, m2p_size);
    return true;
}

static bool place_frame_table(struct memory_map *map)
{
    uint32_t bytes = frames_known * (uint32_t)sizeof(struct page_info);
    mfn_t first;

    if (!take(map, bytes, MAX_FRAMES, &first))
        return false;
    map_region(&frame_table, first,
               (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
    memset((void *)FRAME_TABLE_START, 0, bytes);
    return true;
}

/** The heap, below 4 GB because a guest's shared_info lies in it; smaller
 *  where memory is in too many pieces for the size it should have. */
static bool place_heap(struct memory_map *map)
{
    uint32_t nr = memory_map_frames(map) / HEAP_SHARE;
    mfn_t first;

    if (nr > HEAP_MAX_FRAMES)
        nr = HEAP_MAX_FRAMES;
    if (nr < HEAP_MIN_FRAMES)
        nr = HEAP_MIN_FRAMES;
    while (!take(map, nr << PAGE_SHIFT, FRAMES_4GB, &first)) {
        nr /= 2;
        if (nr < HEAP_MIN_FRAMES)
            return false;
    }
    map_region(&heap, first, nr);
    heap_init((void *)HEAP_START, nr << PAGE_SHIFT, mfn_to_maddr(first));
    return true;
}

/**
 * Place and map the machine-to-physical table, the frame table and the heap.
 *
 * @param map  usable frames (BOOT-I1); what the regions take is taken out
 * @context{boot}
 * @return NULL, or the name of the region that no contiguous piece of the
 *         map has room for.
 * @pre regions_init() was called; nothing is mapped there yet
 * @post The M2P holds M2P_INVALID for each frame, the frame table is zero,
 *       heap_alloc() works.
 * @ingroup boot
 */
const char *regions_place(struct memory_map *map)
{
    frames_known = memory_map_end(map);
    if (!place_heap(map))
        return "heap";
    if (!place_m2p(map))
        return "machine-to-physical table";
    if (!place_frame_table(map))
        return "frame table";
    return NULL;
}

/**
 * How many frames the frame table and the M2P know: those of RAM and all
 * below.
 *
 * @context{boot}
 * @return one more than the highest usable frame's number.
 * @ingroup boot
 */
uint32_t nr_frames(void)
{
    return frames_known;
}

/**
 * The size of the machine-to-physical table as guests see it.
 *
 * @context{any}
 * @return bytes from M2P_START on that are mapped; whole pages.
 * @ingroup boot
 */
uint32_t m2p_bytes(void)
{
    return m2p_size;
}

/**
 * Where the machine-to-physical table lies.
 *
 * @context{any}
 * @return its first frame; it has m2p_bytes() / PAGE_SIZE, one after another.
 * @ingroup boot
 */
mfn_t m2p_first_frame(void)
{
    return m2p_first;
}

/**
 * Note which of its owner's frames a frame is.
 *
 * @param frame  below nr_frames()
 * @param pfn    the owner's number for it; M2P_INVALID when it is nobody's
 * @context{any}
 * @ingroup boot
 */
void m2p_set(mfn_t frame, uint32_t pfn)
{
    BUG_ON(frame.n >= frames_known);
    ((uint32_t *)M2P_ALIAS_START)[frame.n] = pfn;
}

/**
 * Look up which of its owner's frames a frame is.
 *
 * @param frame  any number
 * @context{any}
 * @return its owner's number for it, or M2P_INVALID.
 * @ingroup boot
 */
uint32_t m2p_get(mfn_t frame)
{
    return frame.n < frames_known ? ((uint32_t *)M2P_ALIAS_START)[frame.n]
                                  : M2P_INVALID;
}
