/* SPDX-License-Identifier: MIT */
/**
 * @file context_stores.c
 * Where ring 0 may write in a guest's image.
 *
 * The image is the frames that its kernel was loaded to, known from the
 * guest's start. They are compared by frame, because the hypervisor may reach
 * them through any mapping. The ABI names these places:
 *
 *  - frames of bounces, below the stack pointers that the guest gave;
 *  - vcpu_info, which the guest may have put into its image;
 *  - the run-state and time areas that it has registered, at any time;
 *  - descriptor tables: the processor sets accessed bits, the hypervisor
 *    lowers privileges and limits in place;
 *  - a page-table entry that a write fault is about;
 *  - the operand of an INS that is carried out for the guest;
 *  - the output buffers of the hypercall that was made (context_buffers.c).
 *
 * Nearly no store of ring 0 goes to the image at all, so the places are
 * computed when one does, not before.
 */
#include "context.h"

#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

#define FRAME_SHIFT 12
#define PAGE_BYTES 4096u
#define INFO_BYTES 64
#define TIME_BYTES 32
#define RUNSTATE_BYTES 44

/** Room for a failsafe on an event on a trap, with VM86's segments. */
#define STACK_BYTES 192u

/** A repeated INS may be carried out a part at a time: of at most so many
 *  bytes, in either direction. */
#define STRING_BYTES 4096u

/** As many bytes as a guest's table can have: 14 pages of GDT, 16 of LDT. */
#define GDT_BYTES (FIRST_RESERVED_GDT_ENTRY * 8u)
#define LDT_BYTES 0x10000u

/** One more than a ramdisk's and a kernel's pages below 4 GB. */
#define MAX_IMAGE_PAGES 0x100000u

/** Areas that guests have registered, the oldest forgotten first: as many as
 *  any guest of ours has, and more. */
#define MAX_AREAS 64u

static uint64_t image[MAX_FRAMES / 64]; /* a bit a frame */
static uint8_t image_of[MAX_FRAMES];    /* whose, as the caller counts */

_Static_assert(CONTEXT_VCPUS <= 256, "image_of has a byte a frame");

/** Where the hypervisor may write at any time. */
static struct {
    bool physical;  /* else an address of the guest's */
    uint64_t start;
    uint32_t bytes;
} area[MAX_AREAS];
static unsigned nr_areas; /* ever registered */

void stores_start(void)
{
    memset(image, 0, sizeof image);
    nr_areas = 0;
}

static bool is_image(uint64_t frame)
{
    return frame < MAX_FRAMES && (image[frame / 64] >> (frame % 64) & 1);
}

unsigned stores_image_of(uint64_t maddr, unsigned otherwise)
{
    uint64_t frame = maddr >> FRAME_SHIFT;

    return is_image(frame) ? image_of[frame] : otherwise;
}

void stores_learn_image(const struct machine *m, uint32_t end, unsigned n)
{
    struct translation to;

    for (uint32_t i = 1; i < MAX_IMAGE_PAGES; i++) {
        uint32_t va = (end & ~(PAGE_BYTES - 1)) - i * PAGE_BYTES;
        uint64_t frame;

        if (va >= end || !machine_translate(m, va, &to))
            return;
        frame = to.maddr >> FRAME_SHIFT;
        if (frame < MAX_FRAMES) {
            image[frame / 64] |= UINT64_C(1) << (frame % 64);
            image_of[frame] = (uint8_t)n;
        }
    }
}

/** Frames that a memory_op gives back: a list of them in guest memory. */
static void forget_frames(const struct machine *m, uint32_t list,
                          uint32_t count, uint32_t order)
{
    uint32_t frame;

    for (uint32_t i = 0; i < count && i < MAX_FRAMES; i++) {
        if (machine_read_virtual(m, list + i * 4, &frame, 4) != 4)
            return;
        for (uint64_t f = frame; order <= 18 && f < MAX_FRAMES &&
                                 f < frame + (UINT64_C(1) << order); f++)
            image[f / 64] &= ~(UINT64_C(1) << (f % 64));
    }
}

bool store_hits(const struct machine *m, const struct access *a,
                uint32_t start, uint32_t bytes)
{
    uint64_t end = (uint64_t)start + bytes;
    uint64_t page = start & ~(uint64_t)(PAGE_BYTES - 1);

    for (; page < end; page += PAGE_BYTES) {
        uint64_t from = page < start ? start : page;
        uint64_t to = page + PAGE_BYTES < end ? page + PAGE_BYTES : end;
        struct translation at;

        if (!machine_translate(m, (uint32_t)from, &at))
            continue;
        if (a->maddr >= at.maddr && a->maddr + a->bytes <=
                                        at.maddr + (to - from))
            return true;
    }
    return false;
}

static void add_area(bool physical, uint64_t start, uint32_t bytes)
{
    unsigned at = nr_areas++ % MAX_AREAS;

    area[at].physical = physical;
    area[at].start = start;
    area[at].bytes = bytes;
}

/** What vcpu_op registers. One that is refused is not written to. */
static void learn_area(const struct machine *m,
                       const struct event_registers *call)
{
    uint32_t words[3]; /* an address; or a frame in 64 bits, and an offset */

    if (machine_read_virtual(m, call->edx, words, sizeof words) !=
        sizeof words)
        return;
    switch (call->ebx) {
    case VCPUOP_register_runstate_memory_area:
        add_area(false, words[0], RUNSTATE_BYTES);
        break;
    case VCPUOP_register_vcpu_time_memory_area:
        add_area(false, words[0], TIME_BYTES);
        break;
    case VCPUOP_register_vcpu_info:
        add_area(true, ((uint64_t)words[1] << 44 | (uint64_t)words[0] << 12) +
                           words[2], INFO_BYTES);
        break;
    }
}

static bool hits_area(const struct machine *m, const struct access *a)
{
    for (unsigned i = 0; i < nr_areas && i < MAX_AREAS; i++) {
        if (!area[i].physical) {
            if (area[i].start != 0 &&
                store_hits(m, a, (uint32_t)area[i].start, area[i].bytes))
                return true;
        } else if (a->maddr >= area[i].start &&
                   a->maddr + a->bytes <= area[i].start + area[i].bytes) {
            return true;
        }
    }
    return false;
}

void stores_leave(const struct machine *m, const struct guest_exit *exit)
{
    const struct event_registers *call = &exit->left.left;
    uint32_t reservation[3]; /* list, count, order */

    if (is_hypercall(&exit->left) && call->eax == __HYPERVISOR_vcpu_op)
        learn_area(m, call);
    if (!is_hypercall(&exit->left) || call->eax != __HYPERVISOR_memory_op)
        return;
    if (call->ebx != XENMEM_decrease_reservation &&
        call->ebx != XENMEM_exchange)
        return;
    if (machine_read_virtual(m, call->ecx, reservation, 12) == 12)
        forget_frames(m, reservation[0], reservation[1], reservation[2]);
}

static bool hits_stack(const struct machine *m, const struct guest_view *view,
                       const struct guest_exit *exit, const struct access *a)
{
    const struct event_registers *left = &exit->left.left;
    uint32_t tops[3] = { left->esp, view->kernel_esp, left->esp };

    if (guest_asks_iret()) {
        tops[0] = left->esp + 16;
        tops[2] = exit->iret.esp;
    }
    for (unsigned i = 0; i < 3; i++)
        if (store_hits(m, a, exit->ss_base + tops[i] - STACK_BYTES,
                       STACK_BYTES))
            return true;
    return false;
}

static bool hits_tables(const struct machine *m,
                        const struct guest_view *view, const struct access *a)
{
    struct access page = *a;

    /* By frame: the in-place changes go through another mapping. */
    page.maddr &= ~(uint64_t)(PAGE_BYTES - 1);
    page.bytes = PAGE_BYTES;
    return store_hits(m, &page, machine_table(m, TABLE_GDT).base,
                      GDT_BYTES) ||
           (view->ldt_base != 0 &&
            store_hits(m, &page, view->ldt_base & ~(PAGE_BYTES - 1),
                       LDT_BYTES));
}

bool store_hits_entry(const struct machine *m, const struct access *a,
                      uint32_t vaddr)
{
    struct event_registers r;
    uint64_t entry;
    uint64_t table;
    unsigned index[3] = { vaddr >> 30, vaddr >> 21 & 511, vaddr >> 12 & 511 };

    machine_registers(m, &r);
    table = r.cr3 & ~UINT64_C(31);
    for (unsigned level = 0; level < 2; level++) {
        if (machine_read_physical(m, table + index[level] * 8, &entry, 8) !=
                8 || !(entry & 1))
            return false;
        table = entry & UINT64_C(0xFFFFFFFFFF000);
    }
    table += index[2] * 8;
    return a->maddr >= table && a->maddr + a->bytes <= table + 8;
}

/** INS writes to ES:EDI. */
static bool hits_string(const struct machine *m, const struct guest_exit *exit,
                        const struct access *a)
{
    const struct ring_change *left = &exit->left;
    struct emulation done;

    return left->vector == VECTOR_PROTECTION && left->error == 0 &&
           emulation_of(m, left, exit->cs_base, &done) &&
           (done.changes & GPR_EDI) &&
           store_hits(m, a, exit->es_base + left->left.edi - STRING_BYTES,
                      2 * STRING_BYTES);
}

bool stores_allowed(const struct machine *m, const struct guest_view *view,
                    const struct guest_exit *exit, const struct access *a)
{
    const struct ring_change *left = &exit->left;

    if (!is_image(a->maddr >> FRAME_SHIFT) || hits_stack(m, view, exit, a))
        return true;
    if (view->has_info && a->maddr >= view->info &&
        a->maddr + a->bytes <= view->info + INFO_BYTES)
        return true;
    if (hits_area(m, a))
        return true;
    if (left->cause == CAUSE_EXCEPTION && left->vector == VECTOR_PAGE_FAULT &&
        store_hits(m, a, exit->cr2 & ~7u, 8))
        return true;
    if (left->cause == CAUSE_EXCEPTION && hits_string(m, exit, a))
        return true;
    if (is_hypercall(left) && store_hits_buffer(m, a, &left->left))
        return true;
    return hits_tables(m, view, a);
}
