/* SPDX-License-Identifier: MIT */
/**
 * @file context_guest.c
 * What a guest told the hypervisor, learned by watching its hypercalls.
 *
 * The oracle reads the arguments from the guest's memory itself, at the
 * INT 0x82, and never looks into the hypervisor's structures: a hypervisor
 * that stored a handler wrongly would otherwise be believed. What was read is
 * a list of effects; each is taken over when the call that it belongs to
 * returned 0.
 *
 * Calls that register nothing have no effect here. A registration by a call
 * that this file does not know would make the oracle report a correct
 * hypervisor: whoever adds one adds it here.
 *
 * Invariants:
 *  - GUEST-I1: no effect is taken over twice, nor after another hypercall.
 *  - GUEST-I2: nothing is read from GUEST_END on (calls.h).
 */
#include "context.h"

#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

#define MAX_EFFECTS 1024
#define MAX_NEWS 8u
#define MAX_VCPUS 32u
#define DESCRIPTORS_A_PAGE 512u

enum effect_kind {
    EFFECT_CLEAR_TRAPS,
    EFFECT_TRAP, /* index is the vector */
    EFFECT_EVENT,
    EFFECT_FAILSAFE,
    EFFECT_NMI,
    EFFECT_STACK,  /* handler.cs and .eip are ss and esp */
    EFFECT_LDT,    /* value; handler.eip is the number of entries; index:
                      one of several operations */
    EFFECT_GDT,    /* page `index`: value is its frame */
    EFFECT_BASE,   /* value */
    EFFECT_INFO,   /* value; of virtual processor `index` */
    EFFECT_AREA,   /* value; of `index`, handler.dpl is the command */
    EFFECT_FILL,   /* a page, while the call is made: value is its frame */
    EFFECT_BORN,   /* of virtual processor `index`: the question's `born` */
    EFFECT_IOPL,   /* value: 1 on */
};

struct effect {
    enum effect_kind kind;
    uint8_t index;
    struct handler handler;
    uint64_t value;
    uint32_t result_at; /* the multicall entry's result; 0: it is eax */
};

/** struct trap_info, as 32-bit guests have it. */
struct trap_entry {
    uint8_t vector, flags; /* flags: 0-1 DPL, 2 mask events on entry */
    uint16_t cs;
    uint32_t address;
};

_Static_assert(sizeof(struct trap_entry) == 8, "the interface's own size");

/** What a virtual processor is asking for; others may ask before it is
 *  answered. */
static struct question {
    struct effect effects[MAX_EFFECTS];
    unsigned nr_effects;
    bool has_iret;
    uint64_t numbers; /* of its calls, a bit each */
    uint32_t nmi_to;  /* virtual processors, a bit each */
    bool blocks;
    struct newborn born;
    struct guest_news news[MAX_NEWS];
    unsigned nr_news, nr_told;
} questions[CONTEXT_VCPUS], *asked = questions;

void guest_select(unsigned n)
{
    asked = &questions[n];
}

static void add(struct effect effect)
{
    if (asked->nr_effects < MAX_EFFECTS)
        asked->effects[asked->nr_effects++] = effect;
}

/** A selector that the hypervisor is to enter the guest with. */
static uint16_t fixed(uint32_t selector)
{
    return (uint16_t)(selector & 3 ? selector : selector | 1);
}

static struct handler handler_at(uint32_t cs, uint32_t eip, bool masks)
{
    return (struct handler){
        .set = (cs & 0xFFFC) != 0,
        .cs = fixed(cs),
        .eip = eip,
        .masks = masks,
    };
}

static void ask_trap_table(const struct machine *m, uint32_t address,
                           uint32_t result_at)
{
    struct trap_entry t;

    if (address == 0)
        add((struct effect){ .kind = EFFECT_CLEAR_TRAPS,
                             .result_at = result_at });
    while (address != 0 && guest_read(m, address, &t, sizeof t) &&
           t.address != 0 &&
           asked->nr_effects < MAX_EFFECTS) {
        struct effect e = {
            .kind = EFFECT_TRAP,
            .index = t.vector,
            .handler = handler_at(t.cs, t.address, t.flags & 4),
            .result_at = result_at,
        };

        e.handler.dpl = t.flags & 3;
        add(e);
        address += sizeof t;
    }
}

static void ask_callback(const struct machine *m, uint32_t command,
                         uint32_t address, uint32_t result_at)
{
    struct {
        uint16_t type, flags;
        uint32_t cs, eip;
    } c = { 0 };
    struct effect e = { .result_at = result_at };
    uint32_t bytes = command == CALLBACKOP_register ? 12 : 4;

    if (command > CALLBACKOP_unregister || !guest_read(m, address, &c, bytes))
        return;
    if (c.type == CALLBACKTYPE_event)
        e.kind = EFFECT_EVENT;
    else if (c.type == CALLBACKTYPE_failsafe)
        e.kind = EFFECT_FAILSAFE;
    else if (c.type == CALLBACKTYPE_nmi)
        e.kind = EFFECT_NMI;
    else
        return;
    if (command == CALLBACKOP_register)
        e.handler = handler_at(c.cs, c.eip,
                               c.type != CALLBACKTYPE_failsafe ||
                                   (c.flags & CALLBACKF_mask_events));
    add(e);
}

static void ask_nmi(const struct machine *m, uint32_t command,
                    uint32_t address, uint32_t result_at)
{
    struct effect e = { .kind = EFFECT_NMI, .result_at = result_at };
    uint32_t eip;

    if (command == XENNMI_register_callback) {
        if (!guest_read(m, address, &eip, sizeof eip))
            return;
        e.handler = handler_at(SEL_RING1_CS, eip, true);
    } else if (command != XENNMI_unregister_callback) {
        return;
    }
    add(e);
}

static void ask_mmuext(const struct machine *m, uint32_t address,
                       uint32_t count, uint32_t result_at)
{
    uint32_t op[3];

    count &= 0x7FFFFFFFu; /* bit 31: the rest of a call */
    for (uint32_t i = 0; i < count && i < MAX_OPERATIONS;
         i++, address += 12) {
        if (!guest_read(m, address, op, sizeof op))
            return;
        if (op[0] == MMUEXT_SET_LDT)
            add((struct effect){ .kind = EFFECT_LDT, .value = op[1],
                                 .index = count > 1,
                                 .handler = { .eip = op[2] },
                                 .result_at = result_at });
        else if (op[0] == MMUEXT_NEW_BASEPTR)
            add((struct effect){ .kind = EFFECT_BASE, .value = op[1],
                                 .result_at = result_at });
        else if (op[0] == MMUEXT_CLEAR_PAGE || op[0] == MMUEXT_COPY_PAGE)
            add((struct effect){ .kind = EFFECT_FILL, .value = op[1],
                                 .result_at = result_at });
    }
}

static void ask_gdt(const struct machine *m, uint32_t list, uint32_t entries,
                    uint32_t result_at)
{
    for (unsigned i = 0; i < GUEST_GDT_PAGES; i++) {
        uint32_t frame = 0;

        if (i * DESCRIPTORS_A_PAGE < entries)
            guest_read(m, list + i * 4, &frame, 4);
        add((struct effect){ .kind = EFFECT_GDT, .index = (uint8_t)i,
                             .value = frame, .result_at = result_at });
    }
}

static void ask_info(const struct machine *m, uint32_t vcpu, uint32_t address,
                     uint32_t result_at)
{
    struct {
        uint64_t frame;
        uint32_t offset, reserved;
    } place;

    if (vcpu < MAX_VCPUS && guest_read(m, address, &place, sizeof place))
        add((struct effect){
            .kind = EFFECT_INFO,
            .index = (uint8_t)vcpu,
            .value = (place.frame << 12) + place.offset,
            .result_at = result_at,
        });
}

/** Run-state and time: 64 bits of which 32 are an address. */
static void ask_area(const struct machine *m, const uint32_t arg[6],
                     uint32_t result_at)
{
    uint32_t address;

    if (arg[1] < MAX_VCPUS && guest_read(m, arg[2], &address, sizeof address))
        add((struct effect){
            .kind = EFFECT_AREA,
            .index = (uint8_t)arg[1],
            .handler = { .dpl = (uint8_t)arg[0] },
            .value = address,
            .result_at = result_at,
        });
}

static void ask_vcpu_op(const struct machine *m, const uint32_t arg[6],
                        uint32_t result_at)
{
    if (arg[0] == VCPUOP_register_vcpu_info)
        ask_info(m, arg[1], arg[2], result_at);
    else if (arg[0] == VCPUOP_register_runstate_memory_area ||
             arg[0] == VCPUOP_register_vcpu_time_memory_area)
        ask_area(m, arg, result_at);
    else if (arg[0] == VCPUOP_send_nmi && arg[1] < MAX_VCPUS)
        asked->nmi_to |= UINT32_C(1) << arg[1];
    else if (arg[0] == VCPUOP_initialise && arg[1] < MAX_VCPUS &&
             newborn_read(m, arg[1], arg[2], &asked->born))
        add((struct effect){ .kind = EFFECT_BORN, .index = (uint8_t)arg[1],
                             .result_at = result_at });
}

static void ask_assist(uint32_t command, uint32_t type, uint32_t result_at)
{
    if (type == VMASST_TYPE_architectural_iopl)
        add((struct effect){ .kind = EFFECT_IOPL,
                             .value = command == VMASST_CMD_enable,
                             .result_at = result_at });
}

/** One call, made alone or in a multicall. */
static void ask_one(const struct machine *m, uint32_t number,
                    const uint32_t arg[6], uint32_t result_at)
{
    switch (number) {
    case __HYPERVISOR_set_trap_table:
        ask_trap_table(m, arg[0], result_at);
        break;
    case __HYPERVISOR_stack_switch:
        add((struct effect){
            .kind = EFFECT_STACK,
            .handler = { .cs = fixed(arg[0]), .eip = arg[1] },
            .result_at = result_at,
        });
        break;
    case __HYPERVISOR_set_callbacks:
        add((struct effect){ .kind = EFFECT_EVENT, .result_at = result_at,
                             .handler = handler_at(arg[0], arg[1], true) });
        add((struct effect){ .kind = EFFECT_FAILSAFE, .result_at = result_at,
                             .handler = handler_at(arg[2], arg[3], false) });
        break;
    case __HYPERVISOR_callback_op:
        ask_callback(m, arg[0], arg[1], result_at);
        break;
    case __HYPERVISOR_nmi_op:
        ask_nmi(m, arg[0], arg[1], result_at);
        break;
    case __HYPERVISOR_mmuext_op:
        ask_mmuext(m, arg[0], arg[1], result_at);
        break;
    case __HYPERVISOR_vcpu_op:
        ask_vcpu_op(m, arg, result_at);
        break;
    case __HYPERVISOR_set_gdt:
        ask_gdt(m, arg[0], arg[1], result_at);
        break;
    case __HYPERVISOR_vm_assist:
        ask_assist(arg[0], arg[1], result_at);
        break;
    case __HYPERVISOR_iret:
        asked->has_iret = true;
        break;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        asked->blocks |= arg[0] == SCHEDOP_block;
        break;
    }
}

void guest_asks(const struct machine *m, const struct event_registers *left)
{
    static struct guest_calls calls;

    asked->nr_effects = 0;
    asked->has_iret = false;
    asked->nmi_to = 0;
    asked->blocks = false;
    asked->numbers = left->eax < 64 ? UINT64_C(1) << left->eax : 0;
    calls_read(m, left, &calls);
    for (unsigned i = 0; i < calls.nr; i++)
        if (calls.call[i].number < 64)
            asked->numbers |= UINT64_C(1) << calls.call[i].number;
    for (unsigned i = 0; i < calls.nr; i++)
        ask_one(m, calls.call[i].number, calls.call[i].arg,
                calls.call[i].result_at);
}

bool guest_asks_iret(void)
{
    return asked->has_iret;
}

bool guest_asks_call(unsigned number)
{
    return asked->numbers >> number & 1;
}

bool guest_asks_block(void)
{
    return asked->blocks;
}

uint32_t guest_asks_nmi(void)
{
    return asked->nmi_to;
}

/** Whether an area that this effect registers is written to, or a page that it
 *  fills: the list that says so may lie in that page. */
static bool hits_effect(const struct machine *m, const struct access *a,
                        const struct effect *e)
{
    return (e->kind == EFFECT_FILL && a->maddr >> 12 == e->value) ||
           (e->kind == EFFECT_LDT &&
            store_hits_ldt(m, a, (uint32_t)e->value)) ||
           (e->kind == EFFECT_AREA &&
            store_hits_area(m, a, e->handler.dpl, e->value)) ||
           (e->kind == EFFECT_INFO &&
            store_hits_area(m, a, VCPUOP_register_vcpu_info, e->value));
}

bool guest_asks_store(const struct machine *m, const struct access *a)
{
    for (unsigned n = 0; n < CONTEXT_VCPUS; n++)
        for (unsigned i = 0; i < questions[n].nr_effects; i++)
            if (hits_effect(m, a, &questions[n].effects[i]))
                return true;
    return false;
}

bool guest_news(struct guest_news *to)
{
    if (asked->nr_told == asked->nr_news)
        return false;
    *to = asked->news[asked->nr_told++];
    return true;
}

/** What others of the domain, or of any, have to know too. @return false: it
 *  is about this one alone. */
static bool is_news(const struct effect *e)
{
    struct guest_news news = { .vcpu = e->index, .place = e->value };

    if (e->kind == EFFECT_BORN)
        news.born = &asked->born;
    else if (e->kind == EFFECT_INFO)
        news.command = VCPUOP_register_vcpu_info;
    else if (e->kind == EFFECT_AREA)
        news.command = e->handler.dpl;
    else
        return false;
    if (asked->nr_news < MAX_NEWS)
        asked->news[asked->nr_news++] = news;
    return true;
}

static void take_over(struct guest_view *view, const struct effect *e)
{
    if (is_news(e))
        return;
    switch (e->kind) {
    case EFFECT_CLEAR_TRAPS:
        memset(view->trap, 0, sizeof view->trap);
        break;
    case EFFECT_TRAP:
        view->trap[e->index] = e->handler;
        break;
    case EFFECT_EVENT:
        view->event = e->handler;
        break;
    case EFFECT_FAILSAFE:
        view->failsafe = e->handler;
        break;
    case EFFECT_NMI: /* another way to set the trap table's */
        view->trap[VECTOR_NMI] = e->handler;
        break;
    case EFFECT_STACK:
        view->kernel_ss = e->handler.cs;
        view->kernel_esp = e->handler.eip;
        break;
    case EFFECT_LDT:
        view->ldt_base = (uint32_t)e->value;
        view->ldt_entries = e->handler.eip;
        view->ldt_known = view->ldt_new = true;
        break;
    case EFFECT_GDT:
        view->gdt_frame[e->index] = (uint32_t)e->value;
        view->gdt_known = true;
        break;
    case EFFECT_BASE:
        view->base = (uint32_t)e->value;
        break;
    case EFFECT_IOPL:
        view->architectural_iopl = e->value;
        break;
    case EFFECT_INFO:
    case EFFECT_AREA:
    case EFFECT_FILL:
    case EFFECT_BORN:
        break; /* is_news() */
    }
}

/** It failed, or is made again: how much of a list was done is not known. */
static void be_in_doubt(struct guest_view *view, const struct effect *e)
{
    if (e->kind == EFFECT_LDT && e->index) {
        view->ldt_known = false;
        view->ldt_perhaps = (uint32_t)e->value;
    } else if (e->kind == EFFECT_BASE)
        view->base = 0;
}

/** A multicall that is to go on does so with its registers moved on to the
 *  first entry that was not made: what the result of such a one says is not
 *  yet its. */
static bool is_made(const struct effect *e, const struct event_registers *now)
{
    return e->result_at == 0 || asked->has_iret ||
           now->eax != __HYPERVISOR_multicall || e->result_at < now->ebx;
}

void guest_is_answered(struct guest_view *view, const struct machine *m,
                       const struct event_registers *now)
{
    asked->nr_news = asked->nr_told = 0;
    for (unsigned i = 0; i < asked->nr_effects; i++) {
        const struct effect *e = &asked->effects[i];
        uint32_t own = now->eax;

        if (!is_made(e, now)) {
            be_in_doubt(view, e); /* a part may be; the rest is asked again */
            continue;
        }
        if (e->result_at && !guest_read(m, e->result_at, &own, sizeof own))
            continue;
        /* A table that ends in unmapped memory keeps its first entries. */
        if (own == 0 ||
            (e->kind == EFFECT_TRAP && own == (uint32_t)-XEN_EFAULT))
            take_over(view, e);
        else
            be_in_doubt(view, e);
    }
    asked->nr_effects = 0;
}

uint8_t guest_mask(const struct guest_view *view, const struct machine *m)
{
    uint8_t mask = 0;

    if (view->has_info)
        machine_read_physical(m, view->info + INFO_MASK, &mask, 1);
    return mask;
}

bool guest_pending(const struct guest_view *view, const struct machine *m)
{
    uint8_t pending = 0;

    if (view->has_info)
        machine_read_physical(m, view->info + INFO_PENDING, &pending, 1);
    return pending != 0;
}
