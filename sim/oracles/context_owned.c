/* SPDX-License-Identifier: MIT */
/**
 * @file context_owned.c
 * What a virtual processor owns besides the registers that every entry to
 * ring 0 saves. A hypervisor that runs only one need not touch them; a context
 * switch has to bring each of them back:
 *
 *     FPU and SSE registers, CR0.TS     as they were left
 *     debug registers that are in use   as they were left, and DR7
 *     CR4.TSD                           as it was left
 *     the tables that CR3 leads to      its base's four entries
 *     pages of the GDT, the LDT         what it registered; what it left
 *     the gate and stack of the direct  the handler and the kernel stack that
 *     trap                              it registered
 *
 * What the guest asked the hypervisor to change on this way is not compared:
 * the next way compares it.
 *
 * Sources: [Xen2003] 3.3 "Subsystem Virtualization"; [SDM3A] "Task Management".
 */
#include "context.h"

#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"
#include "codes.h"

#define FRAME_SHIFT 12
#define PAGE_BYTES 4096u
#define CR0_TS 0x8u
#define CR4_TSD 0x4u
#define DR7_ENABLES 0xFFu
#define ENTRY_ADDRESS UINT64_C(0x000FFFFFFFFFF000)
#define ENTRY_PRESENT 1u
#define L3_ENTRIES 4u

/* The vector that a gate of the guest's may serve, and parts of a gate. */
#define VECTOR_DIRECT 0x80u
#define GATE_PRESENT 0x8000u
#define GATE_DPL(high) ((high) >> 13 & 3)

/* In the TSS: ESP1, and behind it SS1. */
#define TSS_ESP1 12u

void owned_begin(struct owned *to, const struct newborn *born)
{
    memset(to, 0, sizeof *to);
    to->extra.fpu_words[0] = 0x037F; /* as FNINIT leaves it */
    to->extra.fpu_words[3] = 0x1F80;
    to->fpu_known = to->debug_known = true;
    if (!born)
        return;
    to->fpu_known = !born->has_fpu;
    to->task_switched = born->task_switched;
    /* The hypervisor may refuse what would be in use. */
    to->debug_known = !(born->debug_control & DR7_ENABLES);
    to->cr4 = born->control4;
}

static uint32_t frame_at(const struct machine *m, uint32_t vaddr)
{
    struct translation to;

    return machine_translate(m, vaddr, &to)
               ? (uint32_t)(to.maddr >> FRAME_SHIFT) : 0;
}

void owned_leave(const struct machine *m, const struct guest_view *view,
                 struct owned *to)
{
    struct segment_cache ldt = machine_segment(m, SEGMENT_LDTR);
    struct machine_extra before = to->extra;
    bool known = to->fpu_known;
    struct event_registers now;

    machine_registers(m, &now);
    machine_extra(m, &to->extra);
    to->task_switched = now.cr0 & CR0_TS;
    to->cr4 = now.cr4;
    to->fpu_known = to->debug_known = true;
    if (to->task_switched) { /* it could not change them */
        memcpy(to->extra.fpu_words, before.fpu_words,
               sizeof before.fpu_words);
        memcpy(to->extra.fpu, before.fpu, sizeof before.fpu);
        memcpy(to->extra.sse, before.sse, sizeof before.sse);
        to->fpu_known = known;
    }
    memset(to->ldt_frame, 0, sizeof to->ldt_frame);
    for (unsigned i = 0; view->ldt_known && ldt.valid &&
                         i < GUEST_LDT_PAGES &&
                         i * PAGE_BYTES < view->ldt_entries * 8; i++)
        to->ldt_frame[i] = frame_at(m, ldt.base + i * PAGE_BYTES);
}

static void differs(const struct machine *m, unsigned code, const char *what,
                    uint32_t is, uint32_t demanded)
{
    const uint32_t a[6] = { is, demanded };

    machine_broken(m, code, a,
                   "a guest goes on with all that it owns, but %s is 0x%08x "
                   "instead of 0x%08x", what, is, demanded);
}

/** Emulated instructions may change modes and debug registers. */
static bool may_have_changed(const struct guest_exit *exit, unsigned vector,
                             unsigned number)
{
    const struct ring_change *left = &exit->left;

    if (left->cause == CAUSE_EXCEPTION)
        return left->vector == vector || left->vector == VECTOR_PROTECTION;
    return is_hypercall(left) && guest_asks_call(number);
}

static void compare_fpu(const struct machine *m, const struct guest_exit *exit,
                        const struct owned *o, const struct event_registers *r,
                        const struct machine_extra *now)
{
    static const char *const words[4] = { "the FPU's control word",
                                          "the FPU's status word",
                                          "the set of FPU registers in use",
                                          "MXCSR" };
    bool set = r->cr0 & CR0_TS;

    if (set != o->task_switched &&
        !may_have_changed(exit, VECTOR_NO_FPU, __HYPERVISOR_fpu_taskswitch))
        differs(m, CONTEXT_FPU, "CR0.TS", set, o->task_switched);
    if (set || !o->fpu_known)
        return; /* nobody can see them */
    for (unsigned i = 0; i < 4; i++)
        if (now->fpu_words[i] != o->extra.fpu_words[i])
            differs(m, CONTEXT_FPU, words[i], now->fpu_words[i],
                    o->extra.fpu_words[i]);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t is, was;

        memcpy(&is, now->fpu[i] + 4, 4); /* the part that differs most */
        memcpy(&was, o->extra.fpu[i] + 4, 4);
        if (memcmp(now->fpu[i], o->extra.fpu[i], sizeof now->fpu[i]) != 0)
            differs(m, CONTEXT_FPU, "the middle of an FPU register", is, was);
        memcpy(&is, now->sse[i], 4);
        memcpy(&was, o->extra.sse[i], 4);
        if (memcmp(now->sse[i], o->extra.sse[i], sizeof now->sse[i]) != 0)
            differs(m, CONTEXT_FPU, "the low word of an SSE register", is,
                    was);
    }
}

static void compare_debug(const struct machine *m,
                          const struct guest_exit *exit,
                          const struct owned *o,
                          const struct machine_extra *now)
{
    if (!o->debug_known ||
        may_have_changed(exit, VECTOR_DEBUG, __HYPERVISOR_set_debugreg))
        return;
    if ((now->debug_control & DR7_ENABLES) !=
        (o->extra.debug_control & DR7_ENABLES))
        differs(m, CONTEXT_DEBUG, "DR7", now->debug_control,
                o->extra.debug_control);
    for (unsigned i = 0; i < 4; i++)
        if ((now->debug_control >> 2 * i & 3) &&
            now->debug[i] != o->extra.debug[i])
            differs(m, CONTEXT_DEBUG, "a debug register in use",
                    now->debug[i], o->extra.debug[i]);
}

/** The four entries that the processor was given are the base's. */
static void compare_base(const struct machine *m,
                         const struct guest_view *view, uint32_t cr3)
{
    uint64_t own[L3_ENTRIES], given[L3_ENTRIES];

    if (view->base == 0 ||
        machine_read_physical(m, (uint64_t)view->base << FRAME_SHIFT, own,
                              sizeof own) != sizeof own ||
        machine_read_physical(m, cr3 & ~UINT32_C(31), given, sizeof given) !=
            sizeof given)
        return;
    for (unsigned i = 0; i < L3_ENTRIES; i++)
        if ((own[i] ^ given[i]) & (ENTRY_ADDRESS | ENTRY_PRESENT)) {
            differs(m, CONTEXT_TABLES, "an entry that CR3 leads to",
                    (uint32_t)given[i], (uint32_t)own[i]);
            return;
        }
}

static void compare_gdt(const struct machine *m,
                        const struct guest_view *view)
{
    uint32_t base = machine_table(m, TABLE_GDT).base;

    for (unsigned i = 0; view->gdt_known && i < GUEST_GDT_PAGES; i++) {
        uint32_t frame = frame_at(m, base + i * PAGE_BYTES);

        /* Where it has none there may be a page, but no descriptor. */
        if (view->gdt_frame[i] != 0 && frame != view->gdt_frame[i])
            differs(m, CONTEXT_TABLES, "the frame of a page of its GDT",
                    frame, view->gdt_frame[i]);
    }
}

/** A page of the LDT comes when it is used, and then stays. */
static void compare_ldt(const struct machine *m,
                        const struct guest_view *view, const struct owned *o)
{
    struct segment_cache ldt = machine_segment(m, SEGMENT_LDTR);
    uint32_t bytes = view->ldt_entries * 8;

    if (!view->ldt_known)
        return;
    if (ldt.valid != (bytes != 0) || (ldt.valid && ldt.limit != bytes - 1)) {
        differs(m, CONTEXT_TABLES, "the size of its LDT",
                ldt.valid ? ldt.limit + 1 : 0, bytes);
        return;
    }
    for (unsigned i = 0; i < GUEST_LDT_PAGES && i * PAGE_BYTES < bytes; i++) {
        uint32_t frame = frame_at(m, ldt.base + i * PAGE_BYTES);
        uint32_t demanded = view->ldt_new ? 0 : o->ldt_frame[i];

        if (demanded == 0)
            demanded = frame_at(m, view->ldt_base + i * PAGE_BYTES);
        if (frame != 0 && frame != demanded)
            differs(m, CONTEXT_TABLES, "the frame of a page of its LDT",
                    frame, demanded);
    }
}

/** The gate through which an application comes to its kernel directly. */
static void compare_direct(const struct machine *m,
                           const struct guest_view *view)
{
    const struct handler *h = &view->trap[VECTOR_DIRECT];
    struct table_register idt = machine_table(m, TABLE_IDT);
    uint32_t gate[2], stack[2], eip;

    if (idt.limit < VECTOR_DIRECT * 8 + 7 ||
        machine_read_virtual(m, idt.base + VECTOR_DIRECT * 8, gate,
                             sizeof gate) != sizeof gate ||
        !(gate[1] & GATE_PRESENT) || (gate[0] >> 16 & 3) == 0)
        return; /* it leads to the hypervisor, which looks by itself */
    eip = (gate[1] & 0xFFFF0000u) | (gate[0] & 0xFFFF);
    if (!h->set || h->masks || h->cs != gate[0] >> 16 || h->eip != eip ||
        h->dpl != GATE_DPL(gate[1]))
        differs(m, CONTEXT_DIRECT, "the handler of its direct trap", eip,
                h->set && !h->masks ? h->eip : 0);
    if (machine_read_virtual(m, machine_segment(m, SEGMENT_TR).base +
                                    TSS_ESP1, stack, sizeof stack) !=
        sizeof stack)
        return;
    if (stack[0] != view->kernel_esp ||
        (stack[1] & 0xFFFF) != view->kernel_ss)
        differs(m, CONTEXT_DIRECT, "the stack of its direct trap", stack[0],
                view->kernel_esp);
}

void owned_compare(const struct machine *m, const struct guest_view *view,
                   const struct guest_exit *exit, const struct owned *o,
                   bool switched)
{
    struct machine_extra now;
    struct event_registers r;

    machine_registers(m, &r);
    machine_extra(m, &now);
    compare_fpu(m, exit, o, &r, &now);
    compare_debug(m, exit, o, &now);
    if (((r.cr4 ^ o->cr4) & CR4_TSD) &&
        !may_have_changed(exit, VECTOR_PROTECTION, __HYPERVISOR_iret))
        differs(m, CONTEXT_CONTROL, "CR4", r.cr4, o->cr4);
    compare_base(m, view, r.cr3);
    if (switched || view->ldt_new)
        compare_ldt(m, view, o);
    if (!switched)
        return;
    compare_gdt(m, view);
    compare_direct(m, view);
}
