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
#include "descriptor.h"

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

/** Areas that virtual processors have: three each. */
#define MAX_AREAS (3u * CONTEXT_VCPUS)

static uint64_t image[MAX_FRAMES / 64]; /* a bit a frame */
static uint8_t image_of[MAX_FRAMES];    /* whose, as the caller counts */
static uint64_t infos[MAX_FRAMES / 64]; /* frames with a vcpu_info */

_Static_assert(CONTEXT_VCPUS <= 256, "image_of has a byte a frame");

/** Where the hypervisor may write at any time. */
static struct {
    unsigned domain, vcpu, command;
    uint64_t place;
} area[MAX_AREAS];
static unsigned nr_areas;

void stores_start(void)
{
    memset(image, 0, sizeof image);
    memset(infos, 0, sizeof infos);
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

    /* By the guest's own address, whose translation may be an old one. */
    if (a->vaddr >= start && (uint64_t)a->vaddr + a->bytes <= end)
        return true;
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

void stores_learn_info(uint64_t maddr)
{
    uint64_t frame = maddr >> FRAME_SHIFT;

    if (frame < MAX_FRAMES)
        infos[frame / 64] |= UINT64_C(1) << (frame % 64);
}

bool stores_is_info(uint64_t maddr)
{
    uint64_t frame = maddr >> FRAME_SHIFT;

    return frame < MAX_FRAMES && (infos[frame / 64] >> (frame % 64) & 1);
}

void stores_place_area(unsigned domain, unsigned vcpu, unsigned command,
                       uint64_t place)
{
    unsigned i = 0;

    while (i < nr_areas &&
           (area[i].domain != domain || area[i].vcpu != vcpu ||
            area[i].command != command))
        i++;
    if (i == MAX_AREAS)
        return;
    area[i].domain = domain;
    area[i].vcpu = vcpu;
    area[i].command = command;
    area[i].place = place;
    if (i == nr_areas)
        nr_areas++;
}

bool store_hits_area(const struct machine *m, const struct access *a,
                     unsigned command, uint64_t place)
{
    if (command == VCPUOP_register_vcpu_info)
        return a->maddr >= place && a->maddr + a->bytes <= place + INFO_BYTES;
    return place != 0 &&
           store_hits(m, a, (uint32_t)place,
                      command == VCPUOP_register_runstate_memory_area
                          ? RUNSTATE_BYTES : TIME_BYTES);
}

static bool hits_area(const struct machine *m, const struct access *a)
{
    for (unsigned i = 0; i < nr_areas; i++)
        if (store_hits_area(m, a, area[i].command, area[i].place))
            return true;
    return guest_asks_store(m, a);
}

void stores_leave(const struct machine *m, const struct guest_exit *exit)
{
    static struct guest_calls calls;
    uint32_t reservation[3]; /* list, count, order */

    if (!is_hypercall(&exit->left))
        return;
    calls_read(m, &exit->left.left, &calls);
    for (unsigned i = 0; i < calls.nr; i++) {
        const struct guest_call *call = &calls.call[i];

        if (call->number != __HYPERVISOR_memory_op ||
            (call->arg[0] != XENMEM_decrease_reservation &&
             call->arg[0] != XENMEM_exchange))
            continue;
        if (machine_read_virtual(m, call->arg[1], reservation, 12) == 12)
            forget_frames(m, reservation[0], reservation[1], reservation[2]);
    }
}

static uint32_t base_of(const struct machine *m, uint16_t selector)
{
    struct descriptor d;

    return descriptor_of(m, selector, &d) ? d.base : 0;
}

/** The stacks that frames go to: each with the base of its own segment. */
static bool hits_stack(const struct machine *m, const struct guest_view *view,
                       const struct guest_exit *exit, const struct access *a)
{
    const uint32_t own = exit->ss_base + exit->left.left.esp;
    uint32_t tops[3] = {
        own, base_of(m, view->kernel_ss) + view->kernel_esp, own,
    };

    if (guest_asks_iret()) {
        tops[0] = own + 16;
        tops[2] = base_of(m, (uint16_t)exit->iret.ss) + exit->iret.esp;
    }
    for (unsigned i = 0; i < 3; i++)
        if (store_hits(m, a, tops[i] - STACK_BYTES, STACK_BYTES))
            return true;
    return false;
}

bool store_hits_ldt(const struct machine *m, const struct access *a,
                    uint32_t base)
{
    struct access page = *a;

    /* By frame: the in-place changes go through another mapping. */
    page.maddr &= ~(uint64_t)(PAGE_BYTES - 1);
    page.bytes = PAGE_BYTES;
    return base != 0 &&
           store_hits(m, &page, base & ~(PAGE_BYTES - 1), LDT_BYTES);
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
           store_hits_ldt(m, a, view->ldt_base) ||
           (!view->ldt_known && store_hits_ldt(m, a, view->ldt_perhaps));
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
