/* SPDX-License-Identifier: MIT */
#include "fake_frames.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "segmentation.h"
#include "unit.h"

static uint8_t memory[FAKE_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));
static bool taken[FAKE_FRAMES];
static struct page_info infos[FAKE_FRAMES];
static uint32_t m2p[FAKE_FRAMES];
static uint32_t nr_free, limit, random_state, heap_next, heap_last;
static uint32_t heap_size[FAKE_FRAMES], heap_used; /* in frames */
static l2e_t own_l2[TABLE_ENTRIES];

unsigned fake_windows_held;
uint32_t fake_exit_work;
struct processor processor;
struct options options;
uint64_t no_execute = PTE_NX;
uint8_t processor_stack[PROCESSOR_STACK_BYTES] __attribute__((aligned(4096)));

void fake_frames_reset(uint32_t seed)
{
    memset(memory, 0xA5, sizeof(memory));
    memset(taken, 0, sizeof(taken));
    memset(infos, 0, sizeof(infos));
    memset(m2p, 0xFF, sizeof(m2p));
    memset(&processor, 0, sizeof(processor));
    memset(&options, 0, sizeof(options));
    options.dom0_max_vcpus = 1;
    no_execute = PTE_NX;
    /* Recognisable entries; no frames are the M2P's here. */
    for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i++)
        own_l2[i].e = 0x123000u + i * 0x1000u +
                      (i >= l2_index(HYPERVISOR_START) ? PTE_P : 0);
    nr_free = FAKE_HEAP_START - 16;
    limit = UINT32_MAX;
    random_state = seed;
    heap_next = heap_last = FAKE_HEAP_START;
    memset(heap_size, 0, sizeof(heap_size));
    heap_used = 0;
    fake_windows_held = 0;
    fake_exit_work = 0;
    frame_table_init(infos, FAKE_FRAMES);
}

/* Checks that run millions of times: Check's own note each assertion. */
static void require(bool what, const char *message)
{
    if (!what)
        ck_abort_msg("%s", message);
}

void *fake_frame(mfn_t m)
{
    require(m.n < FAKE_FRAMES, "a frame that the machine does not have");
    return memory[m.n];
}

void fake_frames_limit(uint32_t nr)
{
    limit = nr;
}

void fake_run(struct vcpu *v)
{
    processor.current = v;
    if (v)
        *guest_frame() = v->frame;
}

/* --- What boot/ supplies --------------------------------------------- */

uint32_t nr_frames(void)
{
    return FAKE_FRAMES;
}

uint32_t frames_free(void)
{
    return nr_free < limit ? nr_free : limit;
}

static bool run_is_free(uint32_t first, uint32_t nr)
{
    for (uint32_t n = first; n < first + nr; n++) {
        if (n < 16 || n >= FAKE_HEAP_START || taken[n])
            return false;
    }
    return true;
}

/* Frames scattered as the seed says, so that nothing can rely on an order. */
mfn_t frame_alloc_below(unsigned order, uint32_t first_mfn_not_allowed)
{
    uint32_t nr = 1u << order, slots = FAKE_HEAP_START / nr, start;

    if (frames_free() < nr)
        return INVALID_MFN;
    start = unit_random(&random_state) % slots;
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t first = (start + i) % slots * nr;

        if (first + nr > first_mfn_not_allowed || !run_is_free(first, nr))
            continue;
        memset(&taken[first], true, nr);
        nr_free -= nr;
        if (limit != UINT32_MAX)
            limit -= nr;
        return mfn(first);
    }
    return INVALID_MFN;
}

mfn_t frame_alloc(unsigned order)
{
    return frame_alloc_below(order, FAKE_FRAMES);
}

bool frame_free(mfn_t first, unsigned order)
{
    for (uint32_t n = first.n; n < first.n + (1u << order); n++) {
        require(n < FAKE_HEAP_START && taken[n], "a frame is freed twice");
        taken[n] = false;
        nr_free++;
    }
    return true;
}

/* No frame is ever where window_glance() looks first. */
struct window windows[NR_WINDOWS] = {
    [0 ... NR_WINDOWS - 1] = { .frame = 0xFFFFFFFFu },
};

void *window_look(mfn_t frame)
{
    return fake_frame(frame);
}

void *window_map(mfn_t frame)
{
    fake_windows_held++;
    require(fake_windows_held <= 16, "more than 16 windows are held");
    return fake_frame(frame);
}

/* The loaded LDT's windows: ring 0 itself never looks through them. */
void window_fix(uint32_t address, mfn_t frame, bool writable)
{
    require(address >= FIXED_WINDOWS_START && address < WINDOWS_END &&
                writable && frame.n < FAKE_FRAMES, "no such window");
}

void window_unfix(uint32_t address)
{
    require(address >= FIXED_WINDOWS_START && address < WINDOWS_END,
            "no such window");
}

void ldt_descriptor_set(descriptor_t d)
{
    (void)d;
}

void window_unmap(const void *window)
{
    require(fake_windows_held > 0 && window, "no window is held");
    fake_windows_held--;
}

void m2p_set(mfn_t frame, uint32_t value)
{
    require(frame.n < FAKE_FRAMES, "beyond the M2P");
    m2p[frame.n] = value;
}

/* As if it lay in frames that nobody is given. */
mfn_t m2p_first_frame(void)
{
    return mfn(FAKE_M2P_FRAME);
}

uint32_t m2p_bytes(void)
{
    return sizeof(m2p);
}

uint32_t m2p_get(mfn_t frame)
{
    require(frame.n < FAKE_FRAMES, "beyond the M2P");
    return m2p[frame.n];
}

l2e_t *hypervisor_l2(void)
{
    return own_l2;
}

void *heap_alloc(size_t bytes)
{
    uint32_t nr = (uint32_t)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    void *start = memory[heap_next];

    if (heap_next + nr > FAKE_FRAMES)
        return NULL;
    heap_last = heap_next;
    heap_size[heap_next] = nr;
    heap_used += nr;
    heap_next += nr;
    return memset(start, 0, nr * PAGE_SIZE);
}

size_t heap_bytes_free(void)
{
    return (FAKE_FRAMES - FAKE_HEAP_START - heap_used) * PAGE_SIZE;
}

void *heap_alloc_page(void)
{
    return heap_alloc(PAGE_SIZE);
}

/* Only the newest piece is really given back: enough for a recount. */
void heap_free(void *piece)
{
    uint32_t at = (uint32_t)((uint8_t *)piece - memory[0]) / PAGE_SIZE;

    if (!piece)
        return;
    require(at < FAKE_FRAMES && heap_size[at] != 0, "no piece of the heap");
    heap_used -= heap_size[at];
    heap_size[at] = 0;
    if (piece == memory[heap_last])
        heap_next = heap_last;
}

maddr_t heap_maddr(const void *piece)
{
    return maddr((uint64_t)((const uint8_t *)piece - memory[0]));
}

/* --- What segmentation/ supplies ------------------------------------- */

void exit_request(uint32_t work)
{
    fake_exit_work |= work;
}

/* No grants, unless the test brings them. */
__attribute__((weak)) bool grant_device_frame(const struct domain *d,
                                              uint32_t handle, mfn_t *frame,
                                              bool *writable)
{
    (void)d;
    (void)handle;
    (void)frame;
    (void)writable;
    return false;
}
