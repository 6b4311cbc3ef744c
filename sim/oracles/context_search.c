/* SPDX-License-Identifier: MIT */
/**
 * @file context_search.c
 * The states in which a guest may go on, made from how it was left, and the
 * one of them that the machine agrees with.
 *
 * The list is in the order of likelihood and is cut at the first that agrees.
 * When none does, the one that agrees furthest tells what is wrong.
 *
 * Sources: the ABI's rules are in the pages "Segmentation and rings" and
 * "Hypercalls".
 */
#include "context.h"

#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"
#include "descriptor.h"

#define VECTORS_WITH_ERROR 0x00027D00u
#define INT_N_BYTES 2u

/** The search that is going on: there is one machine. */
static struct {
    const struct machine *m;
    const struct guest_view *view;
    const struct guest_exit *exit;
    struct event_registers now;
    struct outcome out;
} search;

/** A state, of a vCPU left like this one. */
static void begin(struct expectation *e, const char *what,
                  const struct event_registers *state, uint8_t mask)
{
    expect_state(e, what, state, mask);
    e->info_any = search.exit->info_changed;
}

static void compare(const struct expectation *e)
{
    struct difference d;

    expect_compare(search.m, search.view, &search.now, e, &d);
    if (d.reached == AGREES)
        search.out.found = true;
    if (search.out.tried++ > 0 && d.reached <= search.out.best.reached)
        return;
    search.out.best = d;
    search.out.what = e->what;
    search.out.vector = e->vector;
    search.out.names_vector = e->names_vector;
    search.out.eip = e->state.eip;
}

/** The same, with a callback on top; turns `e` into that. */
static void compare_callback(struct expectation *e, const char *what,
                             const struct handler *to, bool failsafe)
{
    const struct bounce with = { .failsafe = failsafe };

    expect_bounce(e, search.view, to, &with);
    e->what = what;
    e->names_vector = false;
    compare(e);
}

/** Whether the way back from ring 0 could not load this state's segments. */
static bool unloadable(const struct event_registers *to)
{
    return !(to->eflags & FLAG_VM) &&
           !(descriptor_data_loadable(search.m, to->ds) &&
             descriptor_data_loadable(search.m, to->es) &&
             descriptor_data_loadable(search.m, to->fs) &&
             descriptor_data_loadable(search.m, to->gs) &&
             descriptor_returnable(search.m, to->cs, to->eip, to->ss));
}

/** Whether a guest that goes on like this would miss an event. */
static bool event_due(const struct expectation *e)
{
    return search.view->event.set && e->mask == 0 && !e->info_any &&
           guest_pending(search.view, search.m);
}

/** Whether one may come; what it depends on may have been written over since
 *  the hypervisor looked at it. */
static bool event_possible(const struct expectation *e)
{
    return event_due(e) || (search.view->event.set && e->info_any);
}

static void try_event(const struct expectation *below)
{
    struct expectation e = *below;

    if (!search.out.found && event_possible(below))
        compare_callback(&e, "its event callback", &search.view->event,
                         false);
}

/** Segments that cannot be loaded, and an event after or before that. */
static void try_failsafe(const struct expectation *below)
{
    const struct bounce plain = { 0 };
    struct expectation e = *below;

    if (search.out.found || !search.view->failsafe.set ||
        !unloadable(&below->state))
        return;
    compare_callback(&e, "its failsafe callback", &search.view->failsafe,
                     true);
    try_event(&e);
    if (search.out.found || !event_possible(below))
        return;
    e = *below;
    expect_bounce(&e, search.view, &search.view->event, &plain);
    compare_callback(&e, "its failsafe callback", &search.view->failsafe,
                     true);
}

/** An NMI comes before events, and interrupts what could not go on. */
static void try_nmi(const struct expectation *below)
{
    const struct handler *to = &search.view->trap[VECTOR_NMI];
    const struct bounce plain = { 0 };
    struct expectation e = *below;

    if (search.out.found || !search.exit->nmi_came || !to->set)
        return;
    expect_bounce(&e, search.view, to, &plain);
    e.what = "its NMI callback";
    e.names_vector = false;
    if (!event_due(&e))
        compare(&e);
    try_event(&e);
    try_failsafe(&e);
    search.out.nmi = search.out.found;
}

/** An expectation, and what may come on top of it. */
static void try(const struct expectation *e)
{
    if (search.out.found)
        return;
    if (!event_due(e))
        compare(e);
    try_event(e);
    try_failsafe(e);
    try_nmi(e);
}

/** The guest's handler of a vector, entered from this state. */
static void try_trap(const struct expectation *from, unsigned vector,
                     bool has_error, uint32_t error)
{
    const struct bounce with = { .has_error = has_error, .error = error };
    struct expectation e = *from;

    if (search.out.found || !search.view->trap[vector].set)
        return;
    expect_bounce(&e, search.view, &search.view->trap[vector], &with);
    e.what = "its handler of vector";
    e.vector = vector;
    e.names_vector = true;
    try(&e);
}

/* --- Hypercalls ----------------------------------------------------------- */

/** The faults that an IRET to this state may raise, as traps of the guest. */
static void try_iret_faults(const struct expectation *e)
{
    const uint32_t code = e->state.cs & 0xFFFCu, stack = e->state.ss & 0xFFFCu;

    for (unsigned vector = 11; vector <= VECTOR_PROTECTION; vector++) {
        try_trap(e, vector, true, code);
        try_trap(e, vector, true, stack);
    }
    try_trap(e, VECTOR_PROTECTION, true, 0);
}

/** The state that an iret frame describes. @return false: it ends the
 *  domain. */
static bool iret_state(struct event_registers *to)
{
    struct iret_frame f = search.exit->iret;
    bool vm86 = f.eflags & FLAG_VM;
    size_t used = vm86 ? sizeof f : (f.cs & 3) >= 2 ? 24 : 16;

    if (search.exit->iret_bytes < used || (!vm86 && (f.cs & 3) == 0))
        return false;
    to->eax = f.eax;
    to->eip = f.eip;
    to->cs = (uint16_t)f.cs;
    to->eflags = f.eflags;
    to->esp += 16;
    if (used > 16) {
        to->esp = f.esp;
        to->ss = (uint16_t)f.ss;
    }
    if (vm86) {
        to->es = (uint16_t)f.es;
        to->ds = (uint16_t)f.ds;
        to->fs = (uint16_t)f.fs;
        to->gs = (uint16_t)f.gs;
    }
    return true;
}

static void try_iret(void)
{
    struct event_registers to = search.exit->left.left;
    struct expectation e;

    if (!iret_state(&to))
        return;
    begin(&e, "the state of its iret frame", &to,
          to.eflags & FLAG_IF ? 0 : 1);
    e.flags_care = FLAGS_DEFINED;
    try(&e);
    if (!(to.eflags & FLAG_VM) &&
        descriptor_returnable(search.m, to.cs, to.eip, to.ss))
        return;
    try_iret_faults(&e);
    /* VM86 mode may be refused: the fault of the hypercall itself. */
    begin(&e, "the state behind its hypercall", &search.exit->left.left,
          search.exit->mask);
    if (to.eflags & FLAG_VM)
        try_trap(&e, VECTOR_PROTECTION, true, 0);
}

/** Behind a hypercall, or at it to repeat it. */
static void try_behind(uint8_t mask)
{
    struct event_registers at = search.exit->left.left;
    struct expectation e;

    begin(&e, "the state behind its hypercall", &at, mask);
    e.any = GPR_EAX;
    try(&e);
    at.eip -= INT_N_BYTES;
    begin(&e, "the repetition of its hypercall", &at, mask);
    e.any = 0xFF & ~GPR_ESP;
    try(&e);
}

static void try_hypercall(void)
{
    const struct event_registers *left = &search.exit->left.left;
    bool alone = left->eax != __HYPERVISOR_multicall;

    if (guest_asks_iret())
        try_iret();
    if (left->eax == __HYPERVISOR_iret)
        return;
    /* To block is to unmask; a list may not have come to that. */
    if (!alone || !guest_asks_block())
        try_behind(search.exit->mask);
    if (guest_asks_block())
        try_behind(0);
}

/* --- Exceptions ----------------------------------------------------------- */

/** INS and OUTS that are carried out may fault, with a part of them done. */
static void try_string_faults(const struct expectation *at,
                              const struct emulation *done)
{
    const uint32_t access = done->changes & GPR_EDI ? PAGE_FAULT_WRITE : 0;

    if (!(done->changes & (GPR_EDI | GPR_ESI)))
        return;
    try_trap(at, VECTOR_PAGE_FAULT, true, access);
    try_trap(at, VECTOR_PAGE_FAULT, true, access | PAGE_FAULT_PRESENT);
    try_trap(at, VECTOR_PROTECTION, true, 0);
}

/** Behind an instruction that the hypervisor may carry out. */
static void try_emulated(void)
{
    const struct ring_change *left = &search.exit->left;
    struct emulation done;
    struct expectation e;

    if (search.out.found ||
        !emulation_of(search.m, left, search.exit->cs_base, &done))
        return;
    begin(&e, "the state behind the carried-out instruction", &left->left,
          search.exit->mask);
    e.any = done.changes;
    if (done.flags)
        e.flags_care &= ~FLAGS_ARITHMETIC;
    try_string_faults(&e, &done);
    if (done.repeats) {
        try(&e); /* interrupted between two repetitions */
        e.any = done.changes;
    }
    e.state.eip += done.length;
    try(&e);
    if (left->left.eflags & FLAG_TF)
        try_trap(&e, VECTOR_DEBUG, false, 0);
}

/** Faults that the hypervisor may resolve without the guest's knowledge. */
static bool may_be_resolved(const struct ring_change *left)
{
    switch (left->vector) {
    case VECTOR_NO_FPU:
    case VECTOR_PAGE_FAULT:
    case VECTOR_MACHINE_CHECK:
        return true;
    case VECTOR_PROTECTION: /* the 4 GB segments of applications */
        return left->from == 3 && left->error == 0;
    }
    return false;
}

/** INT n by the guest, which arrives as a fault on the IDT's gate. */
static void try_int_n(const struct expectation *fault)
{
    const struct ring_change *left = &search.exit->left;
    unsigned n = left->error >> 3 & 0xFF;
    const struct handler *h = &search.view->trap[n];
    struct expectation behind = *fault;

    if (h->set && h->dpl >= left->from) {
        behind.state.eip += INT_N_BYTES;
        try_trap(&behind, n, false, 0);
    } else {
        try_trap(fault, VECTOR_PROTECTION, true, left->error);
    }
}

static void try_page_fault(const struct expectation *fault)
{
    const struct ring_change *left = &search.exit->left;
    struct table_register gdt = machine_table(search.m, TABLE_GDT);
    struct segment_cache ldt = machine_segment(search.m, SEGMENT_LDTR);
    uint32_t cr2 = search.exit->cr2;
    uint32_t error = (left->error & ~PAGE_FAULT_USER) |
                     (left->from == 3 ? PAGE_FAULT_USER : 0);
    struct expectation e = *fault;

    e.cr2_care = 0xFFFFFFFFu;
    e.cr2 = cr2;
    try_trap(&e, VECTOR_PAGE_FAULT, true, error);
    if (cr2 < HYPERVISOR_START)
        return;
    /* A selector of the guest's led to a page that is not in its table. */
    if (cr2 - gdt.base <= gdt.limit)
        try_trap(fault, VECTOR_PROTECTION, true, (cr2 - gdt.base) & 0xFFF8);
    if (ldt.valid && cr2 - ldt.base <= ldt.limit) {
        /* Where a table lies that a failed list of operations may or may not
         * have set is not known: at a page's beginning. */
        if (!search.view->ldt_known)
            e.cr2_care = 0xFFF;
        e.cr2 = search.view->ldt_base + (cr2 - ldt.base);
        try_trap(&e, VECTOR_PAGE_FAULT, true, error);
    }
}

static void try_exception(const struct expectation *e)
{
    const struct ring_change *left = &search.exit->left;

    if (left->vector == VECTOR_PROTECTION && (left->error & 3) == ERROR_IDT)
        try_int_n(e);
    else if (left->vector == VECTOR_PAGE_FAULT)
        try_page_fault(e);
    else
        try_trap(e, left->vector & 0xFF,
                 left->vector < 32 && (VECTORS_WITH_ERROR >> left->vector & 1),
                 left->error);
    try_emulated();
    if (may_be_resolved(left))
        try(e);
}

void search_outcome(const struct machine *m, const struct guest_view *view,
                    const struct guest_exit *exit,
                    const struct event_registers *now, struct outcome *to)
{
    const struct ring_change *left = &exit->left;
    struct expectation e;

    memset(&search, 0, sizeof search);
    search.m = m;
    search.view = view;
    search.exit = exit;
    search.now = *now;
    begin(&e, "the interrupted state", &left->left, exit->mask);
    if (exit->written)
        e.flags_care = FLAGS_DEFINED;
    if (left->cause == CAUSE_EXCEPTION)
        try_exception(&e);
    else if (left->cause != CAUSE_SOFT_INTERRUPT)
        try(&e);
    else if (left->vector == HYPERCALL_VECTOR)
        try_hypercall();
    else
        try_trap(&e, left->vector & 0xFF, false, 0);
    *to = search.out;
}
