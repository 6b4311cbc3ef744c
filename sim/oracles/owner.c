/* SPDX-License-Identifier: MIT */
/**
 * @file owner.c
 * The owner model: see owner.h.
 *
 * What a hypercall asks for is read at its INT and takes effect when the
 * guest goes on, as far as the call's result says. Where a result leaves it
 * open how much was done, the model believes what accuses nobody: a table may
 * have been unpinned, and was not pinned.
 *
 * Invariants:
 *  - OWNER-I1: a frame is the guest's or it is not; whatever it was before,
 *    owner_changed() says whether that was ever different.
 *  - OWNER-I2: frames in which the hypervisor itself lies are nobody's,
 *    whatever a page list says: its text, the processor's tables, the page
 *    that CR3 points to.
 */
#include "owner.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

#include <xen/grant_table.h>

#include "calls.h"

#define FRAME_SHIFT 12
#define PAGE_BYTES 4096u
#define ISA_START 0xA0u /* frames of the old PC's devices */
#define ISA_END 0x100u
#define INT_N_BYTES 2u
#define MMUEXT_BYTES 12u
#define ENTRY_BYTES 32u /* of a multicall */
#define MAX_ORDER 9u /* of an extent; larger ones are refused to guests */

/** Bits of what is known of a frame. */
enum frame_fact {
    FACT_OWNED = 1,
    FACT_SHARED = 2,  /* mapped by right, but not the guest's own */
    FACT_CHANGED = 4,
    FACT_OURS = 8,    /* OWNER-I2 */
};

/** Frames named by a call: they leave the guest when it succeeds. */
struct leaving {
    unsigned call;   /* index in `calls` */
    uint32_t extent; /* index in its list */
    uint32_t order;
    uint32_t frame;
};

static uint8_t facts[MAX_FRAMES];
static bool known, privileged;
static uint64_t last_change; /* icount of the last one that was told */
static unsigned last_to;
static unsigned losses, table_changes;
static uint32_t base;
static struct owner_pin pins[OWNER_MAX_PINS];
static unsigned nr_pins;

static struct guest_calls calls, rest;
static bool asked;
static bool repeats; /* it went on at its INT: `calls` is half done */
static uint32_t asked_list; /* ebx then: of a multicall, its list */
static uint32_t asked_at; /* behind that INT */
static struct leaving *leaving;
static size_t nr_leaving, room_leaving;

void owner_start(void)
{
    memset(facts, 0, sizeof facts);
    known = privileged = asked = repeats = false;
    last_change = UINT64_MAX;
    last_to = 0;
    losses = table_changes = nr_pins = 0;
    base = 0;
    nr_leaving = 0;
}

bool owner_is_known(void)
{
    return known;
}

bool owner_changed(uint64_t frame)
{
    return frame < MAX_FRAMES && (facts[frame] & FACT_CHANGED);
}

unsigned owner_losses(void)
{
    return losses;
}

unsigned owner_table_changes(void)
{
    return table_changes;
}

uint32_t owner_base(void)
{
    return base;
}

unsigned owner_pins(const struct owner_pin **list)
{
    *list = pins;
    return nr_pins;
}

/** No RAM: a device's memory, or a hole. */
static bool is_io(const struct machine *m, uint64_t frame)
{
    uint8_t byte;

    return (frame >= ISA_START && frame < ISA_END) ||
           machine_read_physical(m, frame << FRAME_SHIFT, &byte, 1) == 0;
}

bool owner_allows(const struct machine *m, uint64_t frame)
{
    if (frame < MAX_FRAMES) {
        if (facts[frame] & FACT_OURS)
            return false;
        if (facts[frame] & (FACT_OWNED | FACT_SHARED))
            return true;
    }
    return privileged && is_io(m, frame);
}

/* --- The start ------------------------------------------------------------ */

/** The frame behind a virtual address is the hypervisor's. */
static void mark_ours(const struct machine *m, uint32_t vaddr)
{
    struct translation to;

    if (machine_translate(m, vaddr, &to) &&
        to.maddr >> FRAME_SHIFT < MAX_FRAMES)
        facts[to.maddr >> FRAME_SHIFT] |= FACT_OURS;
}

static void mark_hypervisor(const struct machine *m,
                            const struct event_registers *now)
{
    struct table_register gdt = machine_table(m, TABLE_GDT);
    uint32_t at = m->kernel_start & ~(PAGE_BYTES - 1);

    for (; at < m->kernel_end && at >= HYPERVISOR_START; at += PAGE_BYTES)
        mark_ours(m, at);
    mark_ours(m, machine_table(m, TABLE_IDT).base);
    mark_ours(m, gdt.base + FIRST_RESERVED_GDT_ENTRY * 8);
    mark_ours(m, machine_segment(m, SEGMENT_TR).base);
    if (now->cr3 >> FRAME_SHIFT < MAX_FRAMES)
        facts[now->cr3 >> FRAME_SHIFT] |= FACT_OURS;
}

static void learn_start(const struct machine *m)
{
    struct event_registers now;
    struct start_info_32 start;
    struct translation to;

    machine_registers(m, &now);
    known = true;
    mark_hypervisor(m, &now);
    if (!start_read(m, now.esi, &start))
        return; /* the oracle *context* reports that */
    privileged = start.flags & SIF_PRIVILEGED;
    for (uint32_t i = 0; i < start.nr_pages && i < MAX_FRAMES; i++) {
        uint32_t frame;

        if (machine_read_virtual(m, start.mfn_list + i * 4, &frame, 4) != 4)
            break;
        if (frame < MAX_FRAMES)
            facts[frame] |= FACT_OWNED;
    }
    if (start.shared_info >> FRAME_SHIFT < MAX_FRAMES)
        facts[start.shared_info >> FRAME_SHIFT] |= FACT_SHARED;
    if (machine_translate(m, start.pt_base, &to)) {
        base = (uint32_t)(to.maddr >> FRAME_SHIFT);
        pins[nr_pins++] = (struct owner_pin){ base, 3 };
    }
    table_changes++;
}

/* --- What a call asks for ------------------------------------------------- */

static void add_leaving(struct leaving one)
{
    if (nr_leaving == room_leaving) {
        room_leaving = room_leaving ? 2 * room_leaving : 64;
        leaving = realloc(leaving, room_leaving * sizeof *leaving);
        if (!leaving)
            abort(); /* the host is out of memory: no verdict */
    }
    leaving[nr_leaving++] = one;
}

/** struct xen_memory_reservation, as 32-bit guests have it. */
struct reservation {
    uint32_t list, count, order, flags;
    uint16_t domain, pad;
};

static bool is_self(uint32_t domain)
{
    return (domain & 0xFFFF) == DOMID_SELF;
}

static void ask_memory_op(const struct machine *m, unsigned index)
{
    const struct guest_call *call = &calls.call[index];
    struct leaving one = { .call = index };
    struct reservation r;

    if ((call->arg[0] & 0x3F) != XENMEM_decrease_reservation &&
        (call->arg[0] & 0x3F) != XENMEM_exchange)
        return;
    if (!guest_read(m, call->arg[1], &r, sizeof r) || r.order > MAX_ORDER)
        return;
    one.order = r.order;
    for (; one.extent < r.count && one.extent < MAX_FRAMES; one.extent++) {
        if (!guest_read(m, r.list + one.extent * 4, &one.frame, 4))
            return;
        add_leaving(one);
    }
}

/* --- What it did ---------------------------------------------------------- */

static void take(uint32_t frame)
{
    if (frame >= MAX_FRAMES)
        return;
    if (facts[frame] & FACT_OWNED)
        losses++;
    facts[frame] = (facts[frame] & ~FACT_OWNED) | FACT_CHANGED;
    for (unsigned i = 0; i < nr_pins; i++)
        if (pins[i].frame == frame)
            pins[i--] = pins[--nr_pins];
}

static void give(uint32_t frame)
{
    if (frame < MAX_FRAMES)
        facts[frame] |= FACT_OWNED | FACT_CHANGED;
}

static void take_left(unsigned call, uint32_t done)
{
    for (size_t i = 0; i < nr_leaving; i++) {
        if (leaving[i].call != call || leaving[i].extent >= done)
            continue;
        for (uint32_t n = 0; n < 1u << leaving[i].order; n++)
            take(leaving[i].frame + n);
    }
}

/** Frames that a list of a reservation names now, the first `done`. */
static void give_listed(const struct machine *m, uint32_t at, uint32_t done)
{
    struct reservation r;
    uint32_t frame;

    if (!guest_read(m, at, &r, sizeof r) || r.list == 0 ||
        r.order > MAX_ORDER || !is_self(r.domain))
        return;
    for (uint32_t i = 0; i < done && i < r.count; i++) {
        if (!guest_read(m, r.list + i * 4, &frame, 4))
            return;
        for (uint32_t n = 0; n < 1u << r.order; n++)
            give(frame + n);
    }
}

static void did_memory_op(const struct machine *m, unsigned index,
                          uint32_t result)
{
    const struct guest_call *call = &calls.call[index];
    uint32_t exchanged = 0;

    if (result > MAX_FRAMES)
        return; /* an error */
    switch (call->arg[0] & 0x3F) {
    case XENMEM_increase_reservation:
    case XENMEM_populate_physmap:
        give_listed(m, call->arg[1], result);
        break;
    case XENMEM_decrease_reservation:
        take_left(index, result);
        break;
    case XENMEM_exchange: /* in, out, how many of `in` were exchanged */
        guest_read(m, call->arg[1] + 2 * sizeof(struct reservation),
                   &exchanged, 4);
        take_left(index, exchanged);
        give_listed(m, call->arg[1] + sizeof(struct reservation),
                    exchanged ? MAX_FRAMES : 0);
        break;
    }
}

static void unpin(uint32_t frame)
{
    for (unsigned i = 0; i < nr_pins; i++)
        if (pins[i].frame == frame)
            pins[i--] = pins[--nr_pins];
}

static void did_mmuext(uint32_t command, uint32_t frame, bool surely)
{
    switch (command) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
        if (surely && nr_pins < OWNER_MAX_PINS)
            pins[nr_pins++] = (struct owner_pin){
                frame, command - MMUEXT_PIN_L1_TABLE + 1,
            };
        break;
    case MMUEXT_UNPIN_TABLE:
        unpin(frame);
        break;
    case MMUEXT_NEW_BASEPTR:
        base = surely ? frame : 0;
        break;
    default:
        return;
    }
    table_changes++;
}

/** mmuext_op(operations, count, done, domain). */
static void did_mmuext_op(const struct machine *m,
                          const struct guest_call *call, uint32_t result)
{
    uint32_t op[3], done = result == 0 ? operations_of(call) : 0;

    if (!is_self(call->arg[3]))
        return;
    if (result != 0 && call->arg[2])
        guest_read(m, call->arg[2], &done, 4);
    for (uint32_t i = 0; i < operations_of(call); i++) {
        if (!guest_read(m, call->arg[0] + i * MMUEXT_BYTES, op, sizeof op))
            return;
        did_mmuext(op[0], op[1], i < done);
    }
}

static void share(uint32_t low, uint32_t high)
{
    uint64_t frame = ((uint64_t)(high & 0xFFFFF) << 32 | low) >> FRAME_SHIFT;

    if ((low & 1) && frame < MAX_FRAMES)
        facts[frame] |= FACT_SHARED;
}

/** mmu_update with a foreign owner: what it maps is mapped by right. */
static void did_mmu_update(const struct machine *m,
                           const struct guest_call *call)
{
    uint32_t request[4];

    if (is_self(call->arg[3]) || !privileged)
        return;
    for (uint32_t i = 0; i < operations_of(call); i++)
        if (guest_read(m, call->arg[0] + i * 16, request, sizeof request))
            share(request[2], request[3]);
}

/** The frames of the guest's grant table, which it may map. */
static void did_grant_op(const struct machine *m,
                         const struct guest_call *call)
{
    uint32_t setup[4], frame; /* domain, count, status, list */

    if (call->arg[0] != GNTTABOP_setup_table ||
        !guest_read(m, call->arg[1], setup, sizeof setup) ||
        (setup[2] & 0xFFFF) != 0)
        return;
    for (uint32_t i = 0; i < setup[1] && i < MAX_OPERATIONS; i++)
        if (guest_read(m, setup[3] + i * 4, &frame, 4) && frame < MAX_FRAMES)
            facts[frame] |= FACT_SHARED;
}

static void did_call(const struct machine *m, unsigned index, uint32_t eax)
{
    const struct guest_call *call = &calls.call[index];
    uint32_t result = call_result(m, call, eax);

    if (call->number == __HYPERVISOR_memory_op)
        did_memory_op(m, index, result);
    else if (call->number == __HYPERVISOR_mmuext_op)
        did_mmuext_op(m, call, result);
    else if (call->number == __HYPERVISOR_mmu_update)
        did_mmu_update(m, call);
    else if (call->number == __HYPERVISOR_grant_table_op)
        did_grant_op(m, call);
    else if (call->number == __HYPERVISOR_update_va_mapping_otherdomain &&
             privileged)
        share(call->arg[1], call->arg[2]);
}

static void owner_is_answered(const struct machine *m, uint32_t eax)
{
    for (unsigned i = 0; i < calls.nr; i++)
        did_call(m, i, eax);
}

/** A hypercall is made again, with its arguments moved on by what was done:
 *  whole entries of a multicall, and operations of the one after them. */
static void did_a_part(const struct machine *m,
                       const struct event_registers *again)
{
    unsigned entries = 0;
    uint32_t op[3];

    if (again->eax == __HYPERVISOR_multicall)
        entries = (again->ebx - asked_list) / ENTRY_BYTES;
    for (unsigned i = 0; i < entries && i < calls.nr; i++)
        did_call(m, i, 0);
    calls_read(m, again, &rest);
    if (entries >= calls.nr || rest.nr == 0 ||
        rest.call[0].number != __HYPERVISOR_mmuext_op ||
        calls.call[entries].number != __HYPERVISOR_mmuext_op)
        return;
    for (uint32_t at = calls.call[entries].arg[0];
         at != rest.call[0].arg[0] && at - calls.call[entries].arg[0] <
             MAX_OPERATIONS * MMUEXT_BYTES; at += MMUEXT_BYTES)
        if (guest_read(m, at, op, sizeof op))
            did_mmuext(op[0], op[1], true);
}

static void owner_asks(const struct machine *m,
                       const struct event_registers *left)
{
    if (repeats && left->eip == asked_at)
        did_a_part(m, left);
    repeats = false;
    nr_leaving = 0;
    asked = true;
    asked_at = left->eip;
    asked_list = left->ebx;
    calls_read(m, left, &calls);
    for (unsigned i = 0; i < calls.nr; i++)
        if (calls.call[i].number == __HYPERVISOR_memory_op)
            ask_memory_op(m, i);
}

/** A MOV to CR3 that the hypervisor may carry out: the base is not known any
 *  more. */
static void note_move_to_cr3(const struct machine *m, uint32_t eip)
{
    uint8_t byte[3];

    if (guest_read(m, eip, byte, sizeof byte) && byte[0] == 0x0F &&
        byte[1] == 0x22 && (byte[2] & 0x38) == 0x18) {
        base = 0;
        table_changes++;
    }
}

static void guest_is_left(const struct machine *m,
                          const struct ring_change *change)
{
    if (is_hypercall(change))
        owner_asks(m, &change->left);
    else if (change->cause == CAUSE_EXCEPTION && change->from == 1)
        note_move_to_cr3(m, change->left.eip);
}

static void guest_goes_on(const struct machine *m)
{
    struct event_registers now;

    if (!asked)
        return;
    machine_registers(m, &now);
    repeats = now.eip == asked_at - INT_N_BYTES;
    if (!repeats)
        owner_is_answered(m, now.eax);
    asked = false;
}

void owner_ring_change(const struct machine *m,
                       const struct ring_change *change)
{
    if (m->icount == last_change && change->to == last_to)
        return;
    last_change = m->icount;
    last_to = change->to;
    if (change->to != 0 && !known)
        learn_start(m);
    else if (change->to == 0 && known)
        guest_is_left(m, change);
    else if (change->from == 0)
        guest_goes_on(m);
}
