/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The made-up machine's memory. A frame that is free, a page of the heap that
 * is free, and what lies behind a piece of the heap are poisoned: whoever
 * touches them is reported by AddressSanitizer.
 */
#include "machine.h"

#include <sanitizer/asan_interface.h>
#include <string.h>

#define GARBAGE 0xA5

static uint8_t memory[MACHINE_FRAMES][PAGE_SIZE]
    __attribute__((aligned(4096)));
static struct page_info infos[MACHINE_FRAMES];
static bool taken[MACHINE_FRAMES], touched[MACHINE_FRAMES],
    used[MACHINE_FRAMES];
static uint32_t nr_free, search_from;
static uint16_t piece_pages[MACHINE_FRAMES];
static uint32_t heap_free_pages;
static unsigned shortage;
static l2e_t own_l2[TABLE_ENTRIES];
static mfn_t fixed[(WINDOWS_END - FIXED_WINDOWS_START) / PAGE_SIZE];

unsigned windows_held, windows_kept;
struct processor processor;
struct options options;
struct boot_info boot_information;
uint64_t no_execute = PTE_NX;
uint8_t processor_stack[PROCESSOR_STACK_BYTES] __attribute__((aligned(4096)));

/* No frame is ever where window_glance() looks first. */
struct window windows[NR_WINDOWS] = {
    [0 ... NR_WINDOWS - 1] = { .frame = 0xFFFFFFFFu },
};

/** A frame that was in use is garbage again, and nobody's. */
static void frame_to_garbage(uint32_t n)
{
    if (!used[n])
        return;
    used[n] = false;
    __asan_unpoison_memory_region(memory[n], PAGE_SIZE);
    memset(memory[n], GARBAGE, PAGE_SIZE);
    __asan_poison_memory_region(memory[n], PAGE_SIZE);
}

void frames_reset(void)
{
    static bool before;

    if (!before) {
        memset(used, true, sizeof(used));
        for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i++)
            own_l2[i].e = 0x123000u + i * 0x1000u +
                          (i >= l2_index(HYPERVISOR_START) ? PTE_P : 0);
    }
    before = true;
    for (uint32_t n = 16; n < MACHINE_FRAMES; n++)
        frame_to_garbage(n);
    memset(memory[MACHINE_M2P_FRAME], 0xFF, PAGE_SIZE);
    memset(taken, 0, sizeof(taken));
    memset(infos, 0, sizeof(infos));
    memset(piece_pages, 0, sizeof(piece_pages));
    memset(&processor, 0, sizeof(processor));
    memset(&options, 0, sizeof(options));
    memset(fixed, 0xFF, sizeof(fixed));
    options.dom0_max_vcpus = 1;
    nr_free = MACHINE_HEAP_START - 16;
    heap_free_pages = MACHINE_FRAMES - MACHINE_HEAP_START;
    search_from = 16;
    windows_held = windows_kept = shortage = 0;
    frame_table_init(infos, MACHINE_FRAMES);
    frames_forget();
}

void *frame_bytes(mfn_t m)
{
    if (m.n >= MACHINE_FRAMES)
        broken("frame 0x%x: the machine does not have it", m.n);
    return memory[m.n];
}

void frames_shortage(unsigned after)
{
    shortage = after;
}

/** Whether this allocation is the one that fails. */
static bool fails_now(void)
{
    return shortage != 0 && --shortage == 0;
}

bool frame_touched(uint32_t n)
{
    return touched[n];
}

void frames_forget(void)
{
    memset(touched, 0, sizeof(touched));
}

/* --- What boot/ supplies: frames ----------------------------------------- */

uint32_t nr_frames(void)
{
    return MACHINE_FRAMES;
}

uint32_t frames_free(void)
{
    return nr_free;
}

static bool run_is_free(uint32_t first, uint32_t nr)
{
    for (uint32_t n = first; n < first + nr; n++) {
        if (n < 16 || n >= MACHINE_HEAP_START || taken[n])
            return false;
    }
    return true;
}

/* The search goes on where the last one ended, so that numbers come back
 * late and in no order that a guest's list would have. */
mfn_t frame_alloc_below(unsigned order, uint32_t first_mfn_not_allowed)
{
    uint32_t nr = 1u << order, slots = MACHINE_HEAP_START / nr;

    if (nr_free < nr || fails_now())
        return INVALID_MFN;
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t first = (search_from / nr + i) % slots * nr;

        if (first + nr > first_mfn_not_allowed || !run_is_free(first, nr))
            continue;
        for (uint32_t n = first; n < first + nr; n++) {
            taken[n] = used[n] = touched[n] = true;
            __asan_unpoison_memory_region(memory[n], PAGE_SIZE);
        }
        nr_free -= nr;
        search_from = first + nr;
        return mfn(first);
    }
    return INVALID_MFN;
}

mfn_t frame_alloc(unsigned order)
{
    return frame_alloc_below(order, MACHINE_FRAMES);
}

/** Whether a frame is all of what it is when nobody has had it yet. */
static bool never_written(uint32_t n)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (memory[n][i] != GARBAGE)
            return false;
    return true;
}

static void free_one(uint32_t n)
{
    static const uint8_t zeros[PAGE_SIZE];

    if (n >= MACHINE_HEAP_START || !taken[n])
        broken("frame 0x%x is freed, and is free", n);
    taken[n] = false;
    touched[n] = true;
    nr_free++;
    if (memcmp(memory[n], zeros, PAGE_SIZE) != 0 && !never_written(n))
        broken("frame 0x%x is freed with its content", n);
    __asan_poison_memory_region(memory[n], PAGE_SIZE);
}

bool frame_free(mfn_t first, unsigned order)
{
    for (uint32_t n = first.n; n < first.n + (1u << order); n++)
        free_one(n);
    return true;
}

/* --- Windows ------------------------------------------------------------- */

void *window_look(mfn_t frame)
{
    void *bytes = frame_bytes(frame);

    touched[frame.n] = true;
    return bytes;
}

void *window_map(mfn_t frame)
{
    if (++windows_held > 16)
        broken("more than 16 windows are held");
    return window_look(frame);
}

void window_unmap(const void *window)
{
    if (windows_held == 0 || !window)
        broken("no window is held");
    windows_held--;
}

void *window_keep(mfn_t frame)
{
    if (fails_now())
        return NULL;
    windows_kept++;
    return window_look(frame);
}

void window_let_go(const void *window)
{
    if (windows_kept == 0 || !window)
        broken("no window is kept");
    windows_kept--;
}

void window_fix(uint32_t address, mfn_t frame, bool writable)
{
    const struct page_info *info = frame_info(frame);

    if (address < FIXED_WINDOWS_START || address >= WINDOWS_END || !writable)
        broken("window_fix(%x)", address);
    if (!info || info->type != FRAME_SEG_DESC || info->type_count == 0)
        broken("frame 0x%x is shown as a descriptor table, and is none",
               frame.n);
    fixed[(address - FIXED_WINDOWS_START) / PAGE_SIZE] = frame;
}

void window_unfix(uint32_t address)
{
    if (address < FIXED_WINDOWS_START || address >= WINDOWS_END)
        broken("window_unfix(%x)", address);
    fixed[(address - FIXED_WINDOWS_START) / PAGE_SIZE] = INVALID_MFN;
}

mfn_t fixed_window(uint32_t address)
{
    return fixed[(address - FIXED_WINDOWS_START) / PAGE_SIZE];
}

/* --- The M2P and our own tables ------------------------------------------ */

void m2p_set(mfn_t frame, uint32_t value)
{
    if (frame.n >= MACHINE_FRAMES)
        broken("frame 0x%x is beyond the M2P", frame.n);
    ((uint32_t *)memory[MACHINE_M2P_FRAME])[frame.n] = value;
}

uint32_t m2p_get(mfn_t frame)
{
    if (frame.n >= MACHINE_FRAMES)
        broken("frame 0x%x is beyond the M2P", frame.n);
    return ((uint32_t *)memory[MACHINE_M2P_FRAME])[frame.n];
}

mfn_t m2p_first_frame(void)
{
    return mfn(MACHINE_M2P_FRAME);
}

uint32_t m2p_bytes(void)
{
    return PAGE_SIZE;
}

l2e_t *hypervisor_l2(void)
{
    return own_l2;
}

/* --- The heap ------------------------------------------------------------ */

static bool pages_are_free(uint32_t first, uint32_t nr)
{
    for (uint32_t n = first; n < first + nr; n++) {
        if (n >= MACHINE_FRAMES || taken[n])
            return false;
    }
    return true;
}

void *heap_alloc(size_t bytes)
{
    uint32_t nr = (uint32_t)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    uint32_t first = MACHINE_HEAP_START;

    if (fails_now())
        return NULL;
    while (first < MACHINE_FRAMES && !pages_are_free(first, nr))
        first++;
    if (first == MACHINE_FRAMES)
        return NULL;
    memset(&taken[first], true, nr);
    memset(&used[first], true, nr);
    piece_pages[first] = (uint16_t)nr;
    heap_free_pages -= nr;
    __asan_unpoison_memory_region(memory[first], nr * PAGE_SIZE);
    memset(memory[first], 0, nr * PAGE_SIZE); /* HEAP-I1 */
    __asan_poison_memory_region((uint8_t *)memory + first * PAGE_SIZE + bytes,
                                nr * PAGE_SIZE - bytes);
    return memory[first];
}

void *heap_alloc_page(void)
{
    return heap_alloc(PAGE_SIZE);
}

void heap_free(void *piece)
{
    uint32_t at = (uint32_t)((uint8_t *)piece - memory[0]) / PAGE_SIZE;
    uint32_t nr;

    if (!piece)
        return;
    if (at >= MACHINE_FRAMES || piece_pages[at] == 0)
        broken("no piece of the heap is freed");
    nr = piece_pages[at];
    piece_pages[at] = 0;
    memset(&taken[at], false, nr);
    heap_free_pages += nr;
    __asan_poison_memory_region(memory[at], nr * PAGE_SIZE);
}

size_t heap_bytes_free(void)
{
    return heap_free_pages * PAGE_SIZE;
}

maddr_t heap_maddr(const void *piece)
{
    return maddr((uint64_t)((const uint8_t *)piece - memory[0]));
}
