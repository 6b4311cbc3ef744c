/* SPDX-License-Identifier: MIT */
/**
 * @file heap.c
 * The hypervisor's own memory: vCPUs, domains, shared pages, and whatever
 * else has a life of its own.
 *
 * One contiguous piece of RAM, cut into pages. A page is free, or the first
 * or a later one of an allocation of whole pages, or it is cut into slots of
 * one size (16, 32, ... 2048 bytes). What belongs to a page is said in a
 * table at the heap's start, never in the page itself, so that a page given
 * to a guest to look at holds nothing of ours.
 *
 *     +-------------+------+------+------+------+------+----
 *     | table       | 64 B | used | more | free | 64 B |
 *     +-------------+------+------+------+------+------+----
 *                      |                           ^
 *                      +---- next of this size ----+
 *
 * Invariants:
 *  - HEAP-I1: memory is zero when it is handed out: heap_alloc() and
 *    heap_alloc_pages().
 *  - HEAP-I2: freeing what was not handed out is a bug and a panic:
 *    heap_free().
 *  - HEAP-I3: a page with no slot in use is free for any size:
 *    free_slot().
 *
 * @ingroup boot
 */
#include "boot.h"

#include "console.h"
#include "lib.h"

#define SLOT_MIN_SHIFT 4u
#define SLOT_MAX_SHIFT 11u
#define NR_SIZES (SLOT_MAX_SHIFT - SLOT_MIN_SHIFT + 1)
#define MAX_SLOTS (PAGE_SIZE >> SLOT_MIN_SHIFT)

/** No page: the end of a list. */
#define NO_PAGE 0xFFFFu

enum page_use {
    PAGE_FREE,
    PAGE_FIRST, /* of `run` pages */
    PAGE_LATER, /* of an allocation whose first page is before it */
    PAGE_SLOTS, /* cut into slots of 1 << shift bytes */
};

/** What a page of the heap is used for. */
struct heap_page {
    uint8_t use;        /**< enum page_use */
    uint8_t shift;      /**< PAGE_SLOTS: log2 of the size */
    uint16_t run;       /**< PAGE_FIRST: pages in the allocation */
    uint16_t nr_used;   /**< PAGE_SLOTS: slots handed out */
    uint16_t next;      /**< PAGE_SLOTS with room: the next such page */
    uint16_t prev;      /**< and the one before */
    uint32_t used[MAX_SLOTS / 32]; /**< PAGE_SLOTS: bit set: handed out */
};

static uint8_t *heap_start;
static uint32_t nr_pages;
static uint32_t nr_free_pages;
static uint64_t heap_machine;
static struct heap_page *pages;
/** Where the last search for pages ended: the next one starts there. */
static uint32_t search_from;
/** First page of each size that has a free slot. */
static uint16_t with_room[NR_SIZES];

static uint8_t *page_at(uint32_t page)
{
    return heap_start + page * PAGE_SIZE;
}

/**
 * Start a heap.
 *
 * @param start  its first byte; page aligned
 * @param bytes  whole pages, at most 65,534 of them, and room for the table
 *               (about 1 % of it)
 * @param where  the machine address of `start`; contiguous from there
 * @context{boot}
 * @ingroup boot
 */
void heap_init(void *start, size_t bytes, maddr_t where)
{
    uint32_t table_bytes, table_pages;

    heap_start = start;
    heap_machine = where.a;
    nr_pages = bytes / PAGE_SIZE;
    pages = start;
    table_bytes = nr_pages * (uint32_t)sizeof(*pages);
    table_pages = (table_bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    BUG_ON(nr_pages >= NO_PAGE || table_pages >= nr_pages);
    memset(pages, 0, table_bytes);
    for (uint32_t i = 0; i < table_pages; i++)
        pages[i].use = PAGE_LATER; /* of nothing: never freed */
    nr_free_pages = nr_pages - table_pages;
    search_from = table_pages;
    for (unsigned i = 0; i < NR_SIZES; i++)
        with_room[i] = NO_PAGE;
}

/** The first of `nr` free pages in a row in [from, to), or NO_PAGE. */
static uint32_t find_run(uint32_t from, uint32_t to, uint32_t nr)
{
    uint32_t length = 0;

    for (uint32_t page = from; page < to; page++) {
        length = pages[page].use == PAGE_FREE ? length + 1 : 0;
        if (length == nr)
            return page + 1 - nr;
    }
    return NO_PAGE;
}

/** Take pages; their content is garbage. */
static uint32_t take_pages(uint32_t nr)
{
    uint32_t first;

    if (nr == 0 || nr > nr_free_pages)
        return NO_PAGE;
    first = find_run(search_from, nr_pages, nr);
    if (first == NO_PAGE) /* from the start; a run may cross the place */
        first = find_run(0, nr_pages, nr);
    if (first == NO_PAGE)
        return NO_PAGE;
    for (uint32_t i = 0; i < nr; i++)
        pages[first + i].use = i == 0 ? PAGE_FIRST : PAGE_LATER;
    pages[first].run = (uint16_t)nr;
    nr_free_pages -= nr;
    search_from = first + nr;
    return first;
}

/** Put a page at the head of its size's list. */
static void list_add(uint32_t page)
{
    uint16_t *head = &with_room[pages[page].shift - SLOT_MIN_SHIFT];

    pages[page].prev = NO_PAGE;
    pages[page].next = *head;
    if (*head != NO_PAGE)
        pages[*head].prev = (uint16_t)page;
    *head = (uint16_t)page;
}

static void list_remove(uint32_t page)
{
    struct heap_page *p = &pages[page];

    if (p->prev != NO_PAGE)
        pages[p->prev].next = p->next;
    else
        with_room[p->shift - SLOT_MIN_SHIFT] = p->next;
    if (p->next != NO_PAGE)
        pages[p->next].prev = p->prev;
}

/** A page of the size with room for one more slot, or NO_PAGE. */
static uint32_t page_with_room(unsigned shift)
{
    uint32_t page = with_room[shift - SLOT_MIN_SHIFT];

    if (page != NO_PAGE)
        return page;
    page = take_pages(1);
    if (page == NO_PAGE)
        return NO_PAGE;
    pages[page].use = PAGE_SLOTS;
    pages[page].shift = (uint8_t)shift;
    pages[page].nr_used = 0;
    memset(pages[page].used, 0, sizeof(pages[page].used));
    list_add(page);
    return page;
}

/** Take one slot of 1 << shift bytes. */
static void *take_slot(unsigned shift)
{
    uint32_t page = page_with_room(shift);
    uint32_t slots = PAGE_SIZE >> shift;
    uint32_t slot = 0;

    if (page == NO_PAGE)
        return NULL;
    while (bitmap_test(pages[page].used, slot))
        slot++;
    bitmap_set(pages[page].used, slot);
    if (++pages[page].nr_used == slots)
        list_remove(page);
    return page_at(page) + (slot << shift);
}

/**
 * Allocate whole pages in a row.
 *
 * @param nr  how many
 * @context{any}
 * @return the first byte, page aligned, all zero; NULL when there is no room
 *         or `nr` is 0. Their machine addresses are contiguous, below 4 GB.
 * @ingroup boot
 */
void *heap_alloc_pages(unsigned nr)
{
    uint32_t first = take_pages(nr);

    if (first == NO_PAGE)
        return NULL;
    return memset(page_at(first), 0, nr * PAGE_SIZE);
}

/**
 * Allocate one page.
 *
 * @context{any}
 * @return its first byte, all zero; NULL when there is no room.
 * @ingroup boot
 */
void *heap_alloc_page(void)
{
    return heap_alloc_pages(1);
}

/**
 * Allocate memory.
 *
 * @param bytes  how many; more than 2048 takes whole pages
 * @context{any}
 * @return the first byte, aligned to 16 or, from a page on, to a page; all
 *         zero. NULL when there is no room or `bytes` is 0.
 * @ingroup boot
 */
void *heap_alloc(size_t bytes)
{
    unsigned shift = SLOT_MIN_SHIFT;
    void *slot;

    if (bytes == 0)
        return NULL;
    if (bytes > 1u << SLOT_MAX_SHIFT)
        return heap_alloc_pages(bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0));
    while (bytes > 1u << shift)
        shift++;
    slot = take_slot(shift);
    return slot ? memset(slot, 0, 1u << shift) : NULL;
}

static void free_run(uint32_t first)
{
    uint32_t nr = pages[first].run;

    for (uint32_t i = 0; i < nr; i++)
        pages[first + i].use = PAGE_FREE;
    nr_free_pages += nr;
}

/** Give a slot back, and its page when it was the last (HEAP-I3). */
static void free_slot(uint32_t page, uint32_t offset)
{
    struct heap_page *p = &pages[page];
    uint32_t slot = offset >> p->shift;

    BUG_ON(offset & ((1u << p->shift) - 1));
    BUG_ON(!bitmap_test(p->used, slot));
    bitmap_clear(p->used, slot);
    if (p->nr_used-- == PAGE_SIZE >> p->shift)
        list_add(page);
    if (p->nr_used == 0) {
        list_remove(page);
        p->use = PAGE_FREE;
        nr_free_pages++;
    }
}

/**
 * Free memory.
 *
 * @param memory  what heap_alloc() or one of its kin returned, once; or NULL
 * @context{any}
 * @note Anything else is a bug of the caller: a panic (HEAP-I2).
 * @ingroup boot
 */
void heap_free(void *memory)
{
    uint32_t offset = (uint32_t)((uintptr_t)memory - (uintptr_t)heap_start);
    uint32_t page = offset / PAGE_SIZE;

    if (!memory)
        return;
    BUG_ON(page >= nr_pages);
    if (pages[page].use == PAGE_SLOTS) {
        free_slot(page, offset % PAGE_SIZE);
        return;
    }
    BUG_ON(pages[page].use != PAGE_FIRST || offset % PAGE_SIZE != 0);
    free_run(page);
}

/**
 * Where memory of the heap lies in the machine.
 *
 * @param memory  any address inside the heap
 * @context{any}
 * @return its machine address.
 * @ingroup boot
 */
maddr_t heap_maddr(const void *memory)
{
    uint32_t offset = (uint32_t)((uintptr_t)memory - (uintptr_t)heap_start);

    BUG_ON(offset >= nr_pages * PAGE_SIZE);
    return maddr(heap_machine + offset);
}

/**
 * How much is left.
 *
 * @context{any}
 * @return bytes in free pages; free slots of pages in use do not count.
 * @ingroup boot
 */
size_t heap_bytes_free(void)
{
    return (size_t)nr_free_pages * PAGE_SIZE;
}
