/* SPDX-License-Identifier: MIT */
/**
 * @file owner_calls.c
 * What hypercalls ask for, and what they did to frames and tables: for the
 * owner model, see owner.h.
 *
 * Where a result leaves it open how much was done, the model believes what
 * accuses nobody: a table may have been unpinned, and was not pinned.
 *
 * Limit: what was done is read from the caller's memory when it goes on. One
 * whose lists lie over each other is misread, but for mmuext_op's, which is
 * compared with what it was when the call was made.
 */
#include "owner_model.h"

#include <stdlib.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

#include <xen/grant_table.h>

#define INT_N_BYTES 2u
#define MMUEXT_BYTES 12u
#define ENTRY_BYTES 32u /* of a multicall */
#define MAX_ORDER 9u /* of an extent; larger ones are refused to guests */

static struct guest_calls rest;

static bool is_self(uint32_t domain)
{
    return (domain & 0xFFFF) == DOMID_SELF;
}

static struct owner_domain *caller(void)
{
    return owner_domain_at(owner_now->domain);
}

/* --- What a call asks for ------------------------------------------------- */

void add_leaving(struct owner_vcpu *v, struct leaving one)
{
    if (v->nr_leaving == v->room_leaving) {
        v->room_leaving = v->room_leaving ? 2 * v->room_leaving : 64;
        v->leaving = realloc(v->leaving,
                             v->room_leaving * sizeof *v->leaving);
        if (!v->leaving)
            abort(); /* the host is out of memory: no verdict */
    }
    v->leaving[v->nr_leaving++] = one;
}

/** struct xen_memory_reservation, as 32-bit guests have it. */
struct reservation {
    uint32_t list, count, order, flags;
    uint16_t domain, pad;
};

static void ask_memory_op(const struct machine *m, unsigned index)
{
    const struct guest_call *call = &owner_now->calls.call[index];
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
        add_leaving(owner_now, one);
    }
}

static void add_operation(struct owner_vcpu *v, struct operation one)
{
    if (v->nr_operations == v->room_operations) {
        v->room_operations = v->room_operations ? 2 * v->room_operations : 64;
        v->operation = realloc(v->operation,
                               v->room_operations * sizeof *v->operation);
        if (!v->operation)
            abort(); /* the host is out of memory: no verdict */
    }
    v->operation[v->nr_operations++] = one;
}

static void ask_mmuext_op(const struct machine *m, unsigned index)
{
    const struct guest_call *call = &owner_now->calls.call[index];
    struct operation one;

    for (uint32_t i = 0; i < operations_of(call); i++) {
        if (!guest_read(m, call->arg[0] + i * MMUEXT_BYTES, &one, sizeof one))
            return;
        add_operation(owner_now, one);
    }
}

bool calls_may_give(const struct guest_calls *calls)
{
    for (unsigned i = 0; i < calls->nr; i++)
        switch (calls->call[i].number) {
        case __HYPERVISOR_memory_op:
        case __HYPERVISOR_grant_table_op:
        case __HYPERVISOR_mmu_update:
        case __HYPERVISOR_update_va_mapping_otherdomain:
            return true;
        }
    return false;
}

/* --- What it did ---------------------------------------------------------- */

/** Extents of a call's list, from `begin` on; the caller may have said that
 *  those before it were done already. */
static void take_left(unsigned call, uint32_t begin, uint32_t done,
                      bool may_be_mapped)
{
    const struct owner_vcpu *v = owner_now;

    for (size_t i = 0; i < v->nr_leaving; i++) {
        const struct leaving *one = &v->leaving[i];

        /* Of an extent that failed, some frames may be gone. */
        if (one->call != call || one->extent < begin)
            continue;
        for (uint32_t n = 0; n < 1u << one->order; n++)
            if (one->extent < done)
                frames_take(v->domain, one->frame + n, may_be_mapped);
            else
                frames_doubt(v->domain, one->frame + n);
    }
}

/** Frames that a list of a reservation names now, from `begin` to `done`. A
 *  later call of a multicall may have written to them: then they are not
 *  zero. */
static void give_listed(const struct machine *m, uint32_t at, uint32_t begin,
                        uint32_t done)
{
    bool zero = owner_now->calls.nr == 1 && owner_undisturbed;
    struct reservation r;
    uint32_t frame;

    if (!guest_read(m, at, &r, sizeof r) || r.list == 0 ||
        r.order > MAX_ORDER || !is_self(r.domain))
        return;
    for (uint32_t i = begin; i < done && i < r.count; i++) {
        if (!guest_read(m, r.list + i * 4, &frame, 4))
            return;
        for (uint32_t n = 0; n < 1u << r.order; n++)
            frames_give(m, owner_now->domain, frame + n, zero);
    }
}

/** Two reservations, in and out, and how many of `in` were exchanged. */
static void did_exchange(const struct machine *m, unsigned index)
{
    uint32_t at = owner_now->calls.call[index].arg[1], exchanged;
    uint32_t begin = index == 0 ? owner_now->begin : 0;
    struct reservation both[2];

    if (!guest_read(m, at, both, sizeof both) ||
        !guest_read(m, at + sizeof both, &exchanged, 4) ||
        both[0].order > MAX_ORDER || both[1].order > MAX_ORDER)
        return;
    take_left(index, begin, exchanged, false);
    give_listed(m, at + sizeof both[0],
                begin << both[0].order >> both[1].order,
                exchanged << both[0].order >> both[1].order);
}

static void did_memory_op(const struct machine *m, unsigned index,
                          uint32_t result)
{
    const struct guest_call *call = &owner_now->calls.call[index];
    uint32_t begin = index == 0 ? owner_now->begin : call->arg[0] >> 6;

    if (result > MAX_FRAMES &&
        (call->arg[0] & 0x3F) != XENMEM_exchange)
        return; /* an error */
    switch (call->arg[0] & 0x3F) {
    case XENMEM_increase_reservation:
    case XENMEM_populate_physmap:
        give_listed(m, call->arg[1], begin, result);
        break;
    case XENMEM_decrease_reservation:
        take_left(index, begin, result, true);
        break;
    case XENMEM_exchange:
        did_exchange(m, index);
        break;
    }
}

static void unpin(uint32_t frame)
{
    struct owner_domain *d = caller();

    for (unsigned i = 0; i < d->nr_pins; i++)
        if (d->pins[i].frame == frame)
            d->pins[i--] = d->pins[--d->nr_pins];
}

static void did_mmuext(uint32_t command, uint32_t frame, bool surely)
{
    struct owner_domain *d = caller();

    switch (command) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
        if (surely && d->nr_pins < OWNER_MAX_PINS)
            d->pins[d->nr_pins++] = (struct owner_pin){
                frame, command - MMUEXT_PIN_L1_TABLE + 1,
            };
        break;
    case MMUEXT_UNPIN_TABLE:
        unpin(frame);
        break;
    case MMUEXT_NEW_BASEPTR:
        owner_now->base = surely ? frame : 0;
        break;
    default:
        return;
    }
    d->table_changes++;
}

/** An operation of a call's list that was carried out, or may have been. The
 *  list is the guest's, and a page that is cleared or copied to may be where it
 *  lies: what is not what it was is not sure. */
static void did_operation(const struct machine *m, unsigned index, uint32_t i,
                          bool surely)
{
    const struct owner_vcpu *v = owner_now;
    size_t at = v->first_operation[index] + i;
    struct operation now;

    bool was = at < v->first_operation[index + 1];
    bool is = guest_read(m, v->calls.call[index].arg[0] + i * MMUEXT_BYTES,
                         &now, sizeof now);
    bool same = was && is && now.command == v->operation[at].command &&
                now.frame == v->operation[at].frame;

    if (is)
        did_mmuext(now.command, now.frame, surely && same);
    if (was && !same)
        did_mmuext(v->operation[at].command, v->operation[at].frame, false);
}

/** mmuext_op(operations, count, done, domain). */
static void did_mmuext_op(const struct machine *m, unsigned index,
                          uint32_t result)
{
    const struct guest_call *call = &owner_now->calls.call[index];
    uint32_t done = result == 0 ? operations_of(call) : 0;

    if (!is_self(call->arg[3]))
        return;
    if (result != 0 && call->arg[2])
        guest_read(m, call->arg[2], &done, 4);
    for (uint32_t i = 0; i < operations_of(call); i++)
        did_operation(m, index, i, i < done);
}

/** A privileged domain maps what is another's, in tables of `mapper`. */
static void map_foreign(unsigned mapper, uint32_t low, uint32_t high)
{
    uint64_t frame = ((uint64_t)(high & 0xFFFFF) << 32 | low) >> FRAME_SHIFT;

    const struct frame_right right = {
        .domain = mapper, .frame = (uint32_t)frame, .handle = RIGHT_FOREVER,
        .mapped = true, .writable = true,
    };

    if ((low & 1) && frame < MAX_FRAMES && mapper != OWNER_NOBODY)
        frames_allow(&right);
}

/** mmu_update with a foreign owner, of the pages or of the tables: what it
 *  maps is mapped by right. */
static void did_mmu_update(const struct machine *m,
                           const struct guest_call *call)
{
    bool others_tables = call->arg[3] >> 16 != 0;
    uint32_t request[4];

    if (is_self(call->arg[3]) || !caller()->privileged)
        return;
    for (uint32_t i = 0; i < operations_of(call); i++)
        if (guest_read(m, call->arg[0] + i * 16, request, sizeof request))
            map_foreign(others_tables
                            ? owner_of(((uint64_t)request[1] << 32 |
                                        request[0]) >> FRAME_SHIFT)
                            : owner_now->domain, request[2], request[3]);
}

static void did_call(const struct machine *m, unsigned index, uint32_t eax)
{
    const struct guest_call *call = &owner_now->calls.call[index];
    uint32_t result = call_result(m, call, eax);

    if (call->number == __HYPERVISOR_memory_op)
        did_memory_op(m, index, result);
    else if (call->number == __HYPERVISOR_mmuext_op)
        did_mmuext_op(m, index, result);
    else if (call->number == __HYPERVISOR_mmu_update)
        did_mmu_update(m, call);
    else if (call->number == __HYPERVISOR_grant_table_op)
        grants_answered(m, call, call->arg[2], result == 0);
    else if (call->number == __HYPERVISOR_update_va_mapping_otherdomain &&
             caller()->privileged)
        map_foreign(owner_now->domain, call->arg[1], call->arg[2]);
}

/** The elements of an array that a call has moved on by. */
static void did_elements(const struct machine *m, unsigned index,
                         const struct guest_call *again)
{
    const struct guest_call *call = &owner_now->calls.call[index];
    uint32_t moved = again->arg[0] - call->arg[0], bytes;

    if (call->number != again->number)
        return;
    if (call->number == __HYPERVISOR_grant_table_op) {
        bytes = grants_element_bytes(call->arg[0]);
        if (bytes)
            grants_answered(m, call,
                            (again->arg[1] - call->arg[1]) / bytes, true);
        return;
    }
    if (call->number != __HYPERVISOR_mmuext_op)
        return;
    for (uint32_t i = 0; i < MAX_OPERATIONS && i < moved / MMUEXT_BYTES; i++)
        did_operation(m, index, i, true);
}

/** A hypercall is made again, with its arguments moved on by what was done:
 *  whole entries of a multicall, and elements of the one after them.
 *  @return where that one, which is the first now, began. */
static uint32_t did_a_part(const struct machine *m,
                       const struct event_registers *again)
{
    const struct guest_calls *calls = &owner_now->calls;
    unsigned entries = 0;
    uint32_t begin;

    if (again->eax == __HYPERVISOR_multicall)
        entries = (again->ebx - owner_now->asked_list) / ENTRY_BYTES;
    for (unsigned i = 0; i < entries && i < calls->nr; i++)
        did_call(m, i, 0);
    calls_read(m, again, &rest);
    if (entries >= calls->nr || rest.nr == 0)
        return 0;
    begin = entries == 0 ? owner_now->begin : calls->call[entries].arg[0] >> 6;
    did_elements(m, entries, &rest.call[0]);
    return begin;
}

/** Where a memory_op begins that is not made again. */
static uint32_t first_extent(const struct machine *m,
                             const struct guest_call *call)
{
    uint32_t exchanged = 0;

    if ((call->arg[0] & 0x3F) != XENMEM_exchange)
        return call->arg[0] >> 6;
    guest_read(m, call->arg[1] + 2 * sizeof(struct reservation), &exchanged,
               4);
    return exchanged;
}

void calls_asked(const struct machine *m, const struct event_registers *left)
{
    struct owner_vcpu *v = owner_now;
    bool again = v->repeat_at != 0 && left->eip == v->repeat_at;

    if (again) {
        v->begin = v->repeat_begin;
        v->repeat_at = 0;
    }
    v->repeats = false;
    v->nr_leaving = v->nr_operations = 0;
    v->asked = true;
    v->asked_at = left->eip;
    v->asked_list = left->ebx;
    calls_read(m, left, &v->calls);
    if (!again)
        v->begin = v->calls.nr > 0 ? first_extent(m, &v->calls.call[0]) : 0;
    for (unsigned i = 0; i < v->calls.nr; i++) {
        v->first_operation[i] = v->nr_operations;
        if (v->calls.call[i].number == __HYPERVISOR_mmuext_op)
            ask_mmuext_op(m, i);
        v->first_operation[i + 1] = v->nr_operations;
        if (v->calls.call[i].number == __HYPERVISOR_memory_op)
            ask_memory_op(m, i);
        else if (v->calls.call[i].number == __HYPERVISOR_grant_table_op)
            grants_asked(m, i);
    }
}

/** Does the guest go on at its INT again, or in a handler of events that will
 *  return there? The registers are those of the call in both cases. */
static bool is_repeated(const struct machine *m,
                        const struct event_registers *now)
{
    uint32_t at = owner_now->asked_at - INT_N_BYTES, eip;

    return now->eip == at ||
           (now->eip != owner_now->asked_at &&
            guest_read(m, now->esp, &eip, sizeof eip) && eip == at);
}

/* What was done of a call that is to be made again is looked at here: when it
 * is made, others may have been made in between. */
void calls_answered(const struct machine *m,
                    const struct event_registers *now)
{
    struct owner_vcpu *v = owner_now;

    v->repeats = is_repeated(m, now);
    if (v->repeats) {
        v->repeat_begin = did_a_part(m, now);
        v->repeat_at = v->asked_at;
    }
    for (unsigned i = 0; !v->repeats && i < v->calls.nr; i++)
        did_call(m, i, now->eax);
    v->asked = false;
}
