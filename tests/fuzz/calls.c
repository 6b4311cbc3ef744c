/* SPDX-License-Identifier: MIT */
/**
 * @page fuzz_calls Fuzzer: hypercalls on the host
 *
 * Property: whatever two domains ask for, in whatever order, and whatever they
 * write into the pages that they may write: no count of a frame is wrong, no
 * sanitizer complains, no bug check of the hypervisor's own fails; and when both
 * have been destroyed, every frame has come back.
 *
 * Method: libFuzzer, by coverage of the hypervisor's own code, compiled for the
 * host as for the unit tests. An input is a list of requests; where a number
 * would hardly ever be one that means something (a frame, an entry, a port),
 * the input chooses from those that do. Everything is recounted every
 * RECOUNT_EVERY requests and at each input's end.
 *
 *     make fuzz SECONDS_MAX=60        look for more
 *     calls FILE...                   one input again
 */
#include <stdint.h>
#include <string.h>

#include "check.h"

#include "../unit/memory/world.h"
#include "console.h"
#include "fake_console.h"
#include "memory_op.h"
#include "xen_abi.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#define RECOUNT_EVERY 16u
#define MAX_REQUESTS 200u
#define MAX_PARTS 10000u /* of one call that continues itself */

/** The input, and how much of it was used; zeros follow its end. */
static const uint8_t *input;
static size_t left;

/* In world.c: what hypercall_continue() was told. */
extern bool world_continued;
extern uint32_t world_rest[HYPERCALL_ARGS];

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_grant_table_op] = do_grant_table_op,
};

_Noreturn void machine_end(enum machine_exit how)
{
    ck_abort_msg("the machine ended with %d", (int)how);
}

bool console_queue_empty(void)
{
    return false; /* the machine does not end here */
}

static uint8_t take8(void)
{
    if (left == 0)
        return 0;
    left--;
    return *input++;
}

static uint32_t take32(void)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        value = value << 8 | take8();
    return value;
}

/** Whose turn it is. */
static struct domain *caller(void)
{
    return current_vcpu()->domain;
}

/** A frame: mostly one of the world's. */
static mfn_t take_frame(void)
{
    uint8_t which = take8();

    switch (which >> 5) {
    case 0:
        return world.page[which % WORLD_PAGES];
    case 1:
    case 2:
        return world.spare[which % WORLD_SPARES];
    case 3:
        return (const mfn_t[]){ world.l3, world.l2, world.l1,
                                world.xen_l2 }[which & 3];
    case 4:
        return which & 1 ? world.foreign : world.d->shared_mfn;
    case 5:
        return mfn(WORLD_DEVICE_FRAME + (which & 3));
    default:
        return mfn(take32() >> (which & 31));
    }
}

static uint64_t take_entry(void)
{
    static const uint64_t flags[] = {
        0, PTE_P, PTE_P | PTE_RW, PTE_P | PTE_RW | PTE_US,
        PTE_P | PTE_A | PTE_D, PTE_P | PTE_PSE, PTE_P | PTE_GLOBAL, PTE_NX,
    };
    mfn_t m = take_frame();

    return entry_for(m, flags[take8() & 7]);
}

static uint32_t take_index(void)
{
    uint8_t which = take8();

    return which < 192 ? which & 7 : which < 224 ? 0x1A8u + (which & 7)
                                                 : 504u + (which & 7);
}

static domid_t take_domain(void)
{
    static const domid_t likely[] = { DOMID_SELF, 1, 2, DOMID_IO, DOMID_XEN,
                                      3, DOMID_SELF, DOMID_SELF };

    return likely[take8() & 7];
}

static void put(uint32_t offset, const void *from, size_t bytes)
{
    memcpy(world_arguments + offset, from, bytes);
}

/** Make a call, and its continuations. */
static void call(hypercall_fn *which, uint32_t a, uint32_t b, uint32_t c,
                 uint32_t d)
{
    unsigned parts = 0;

    memcpy(world_rest, (uint32_t[]){ a, b, c, d, 0, 0 }, sizeof(world_rest));
    do {
        uint32_t arg[HYPERCALL_ARGS];

        memcpy(arg, world_rest, sizeof(arg));
        world_continued = false;
        (void)which(arg);
        if (parts++ == MAX_PARTS)
            ck_abort_msg("a call that never ends");
    } while (world_continued && (take8() & 15) != 15);
}

/* --- What a guest does ---------------------------------------------------- */

/** Write into a frame that is writable for its domain. */
static void write_frame(void)
{
    mfn_t m = take_frame();
    const struct page_info *info = frame_info(m);

    if (!info || info->owner != caller() ||
        (info->type_count != 0 && info->type != FRAME_WRITABLE))
        return;
    world_poke(m, take_index(), take_entry());
}

/** A few bytes of the shared page: bitmaps, selectors. */
static void write_shared(void)
{
    if (caller()->shared)
        ((uint8_t *)caller()->shared)[(take32() % PAGE_SIZE)] = take8();
}

static void write_grant(void)
{
    struct grant_entry_v1 *entry = caller()->grants.nr == 0
                                       ? NULL : caller()->grants.page[0];

    if (!entry)
        return;
    entry += take8() & 3;
    entry->flags = take8() & 0x3F;
    entry->domid = take_domain();
    entry->frame = take_frame().n;
}

static void ask_mmu_update(void)
{
    uint32_t nr = take8() % 4u;

    for (uint32_t i = 0; i < nr; i++) {
        struct {
            uint64_t ptr, val;
        } request;
        mfn_t table = take_frame();

        request.ptr = mfn_to_maddr(table).a + take_index() * 8 +
                      (take8() & 3);
        request.val = take_entry();
        put(i * sizeof(request), &request, sizeof(request));
    }
    call(do_mmu_update, WORLD_ARGUMENTS, nr, WORLD_ARGUMENTS + 0x800,
         take_domain());
}

static void ask_mmuext_op(void)
{
    uint32_t nr = 1 + take8() % 3u;

    for (uint32_t i = 0; i < nr; i++) {
        struct mmuext_op op;

        memset(&op, 0, sizeof(op));
        op.cmd = take8() % 22u;
        op.arg1.mfn = take_frame().n;
        op.arg2.src_mfn = take_frame().n;
        if (op.cmd == MMUEXT_SET_LDT)
            op.arg2.nr_ents = take8();
        put(i * sizeof(op), &op, sizeof(op));
    }
    call(do_mmuext_op, WORLD_ARGUMENTS, nr, WORLD_ARGUMENTS + 0x800,
         take_domain());
}

static void ask_va_mapping(void)
{
    uint64_t entry = take_entry();

    call(do_update_va_mapping, take_index() << PAGE_SHIFT, (uint32_t)entry,
         (uint32_t)(entry >> 32), take8() & 7);
}

static void ask_memory_op(void)
{
    static const unsigned command[] = {
        XENMEM_increase_reservation, XENMEM_decrease_reservation,
        XENMEM_populate_physmap, XENMEM_current_reservation,
        XENMEM_maximum_reservation, XENMEM_machphys_mapping,
        XENMEM_exchange, 63,
    };
    struct xen_memory_reservation r;
    unsigned which = command[take8() & 7];

    memset(&r, 0, sizeof(r));
    r.nr_extents = take8() % 6u;
    r.extent_order = take8() & 1;
    r.domid = take_domain();
    set_xen_guest_handle(r.extent_start, (void *)(WORLD_ARGUMENTS + 0x400));
    for (unsigned i = 0; i < 6; i++) {
        uint32_t frame = take_frame().n;

        put(0x400 + i * 4, &frame, 4);
    }
    put(0, &r, sizeof(r));
    put(sizeof(r), &r, sizeof(r));
    call(do_memory_op, which, WORLD_ARGUMENTS, 0, 0);
}

static void ask_event_channel_op(void)
{
    uint32_t words[6];

    for (unsigned i = 0; i < 6; i++)
        words[i] = take8() % 70u;
    words[0] = (words[0] & 0xFFFF) | (uint32_t)take_domain() << 16;
    if (take8() & 1)
        words[0] = take_domain() | (uint32_t)take_domain() << 16;
    put(0, words, sizeof(words));
    call(do_event_channel_op, take8() % 12u, WORLD_ARGUMENTS, 0, 0);
}

static void put_map(void)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = take8() & 1 ? take_index() << PAGE_SHIFT
                                 : mfn_to_maddr(take_frame()).a +
                                       take_index() * 8,
        .flags = take8(), .ref = take8() & 3, .dom = take_domain(),
    };

    put(0, &op, sizeof(op));
}

static void put_unmap(void)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = take8() & 1 ? take_index() << PAGE_SHIFT
                                 : mfn_to_maddr(take_frame()).a +
                                       take_index() * 8,
        .handle = take8() & 7,
    };

    put(0, &op, sizeof(op));
}

static void put_copy(void)
{
    struct gnttab_copy op;

    memset(&op, 0, sizeof(op));
    op.flags = take8() & 3;
    op.len = (uint16_t)take32();
    op.source.offset = (uint16_t)take8();
    op.dest.offset = (uint16_t)take8();
    op.source.domid = take_domain();
    op.dest.domid = take_domain();
    if (op.flags & GNTCOPY_source_gref)
        op.source.u.ref = take8() & 3;
    else
        op.source.u.gmfn = take_frame().n;
    if (op.flags & GNTCOPY_dest_gref)
        op.dest.u.ref = take8() & 3;
    else
        op.dest.u.gmfn = take_frame().n;
    put(0, &op, sizeof(op));
}

static void put_other(void)
{
    uint32_t words[6];

    for (unsigned i = 0; i < 6; i++)
        words[i] = take8() & 3;
    words[0] |= (uint32_t)take_domain() & 0xFFFF;
    words[3] = WORLD_ARGUMENTS + 0x400;
    put(0, words, sizeof(words));
}

static void ask_grant_table_op(void)
{
    uint8_t which = take8() % 14u;

    if (which == GNTTABOP_map_grant_ref)
        put_map();
    else if (which == GNTTABOP_unmap_grant_ref)
        put_unmap();
    else if (which == GNTTABOP_copy)
        put_copy();
    else
        put_other();
    call(do_grant_table_op, which, WORLD_ARGUMENTS, 1, 0);
}

/** The other domain's turn. */
static void take_turns(void)
{
    struct domain *next = caller() == world.d ? world.other : world.d;

    if (next->vcpu[0])
        fake_run(next->vcpu[0]);
}

static void (*const requests[16])(void) = {
    write_frame,          write_frame,       write_frame,
    write_shared,         write_grant,       ask_mmu_update,
    ask_mmu_update,       ask_mmuext_op,     ask_mmuext_op,
    ask_va_mapping,       ask_va_mapping,    ask_memory_op,
    ask_event_channel_op, ask_grant_table_op, ask_grant_table_op,
    take_turns,
};

/* --- The start and the end of each input ------------------------------------ */

static void begin(void)
{
    world_start(false, 99);
    world.other->max_frames = 40;
    ck_assert(domain_add_vcpu(world.other, 0));
    world.other->vcpu[0]->base = INVALID_MFN;
    ck_assert_int_eq(grant_table_grow(world.d, 1), 0);
    ck_assert_int_eq(grant_table_grow(world.other, 1), 0);
    world.v->domain->assists = take8();
}

/** Both are destroyed; what one holds of the other is waited for. */
static void finish(uint32_t free_before)
{
    struct domain *first = take8() & 1 ? world.d : world.other;
    struct domain *second = first == world.d ? world.other : world.d;
    bool gone[2] = { false, false };

    fake_run(NULL);
    domain_destroy(first);
    domain_destroy(second);
    for (unsigned i = 0; i < 100000 && !(gone[0] && gone[1]); i++) {
        work_reset_to_part();
        if (!gone[0])
            gone[0] = domain_destroy_step(first);
        if (!gone[1])
            gone[1] = domain_destroy_step(second);
    }
    if (!gone[0] || !gone[1])
        ck_abort_msg("a domain is never gone: %u frames of the first, %u of "
                     "the second", first->nr_frames, second->nr_frames);
    if (frames_free() != free_before)
        ck_abort_msg("%u frames are free, there were %u", frames_free(),
                     free_before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint32_t free_before;

    input = bytes;
    left = size;
    begin();
    free_before = frames_free() + world.d->nr_frames +
                  world.other->nr_frames;
    for (unsigned i = 1; left > 0 && i <= MAX_REQUESTS; i++) {
        requests[take8() & 15]();
        if (i % RECOUNT_EVERY == 0)
            world_check("after some requests");
    }
    world_check("at the end");
    finish(free_before);
    world_check("after the end");
    while (domain_first())
        domain_gone(domain_first());
    return 0;
}
