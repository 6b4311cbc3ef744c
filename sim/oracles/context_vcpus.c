/* SPDX-License-Identifier: MIT */
/**
 * @file context_vcpus.c
 * Virtual processors that another one of the domain brings up.
 *
 * Their first state is in the structure that VCPUOP_initialise was given. Which
 * of them a new CR3 is, nobody says: it has the page tables that the structure
 * names, and of several with the same ones, the one begins whose registers are
 * there.
 *
 * Source: [XenABI] xen/vcpu.h, arch-x86/xen.h.
 */
#include "context.h"

#include <string.h>

#include "../../src/include/xen_abi.h"

#define MAX_NEWBORNS 64u
#define L3_ENTRIES 4u
#define ENTRY_ADDRESS UINT64_C(0x000FFFFFFFFFF000)
#define CR0_TS 0x8u

/** struct vcpu_guest_context, as 32-bit guests have it. */
struct context_32 {
    uint8_t fpu[512];
    uint32_t flags;
    uint32_t ebx, ecx, edx, esi, edi, ebp, eax, entry, eip;
    uint16_t cs, mask;
    uint32_t eflags, esp;
    uint32_t ss, es, ds, fs, gs;
    struct {
        uint8_t vector, flags;
        uint16_t cs;
        uint32_t address;
    } trap[256];
    uint32_t ldt_base, ldt_entries;
    uint32_t gdt_frame[16], gdt_entries;
    uint32_t kernel_ss, kernel_esp;
    uint32_t control[8], debug[8];
    uint32_t event_cs, event_eip, failsafe_cs, failsafe_eip;
    uint32_t assists;
};

_Static_assert(sizeof(struct context_32) == 2800, "as the interface has it");

static struct {
    unsigned domain;
    bool used;
    struct newborn one;
} newborns[MAX_NEWBORNS];

/** Where a guest has put the vcpu_info of one that may not be born yet: kernels
 *  place all of them first. */
static struct {
    unsigned domain, vcpu;
    uint64_t info;
} placed[MAX_NEWBORNS];
static unsigned nr_placed;

/** Who of each domain was sent an NMI before its first instruction. */
static uint32_t nmi_to[CONTEXT_VCPUS];

void newborns_start(void)
{
    nr_placed = 0;
    memset(nmi_to, 0, sizeof nmi_to);
    for (unsigned i = 0; i < MAX_NEWBORNS; i++)
        newborns[i].used = false;
}

void newborns_add(unsigned domain, const struct newborn *one)
{
    for (unsigned i = 0; i < MAX_NEWBORNS; i++)
        if (!newborns[i].used) {
            newborns[i].used = true;
            newborns[i].domain = domain;
            newborns[i].one = *one;
            return;
        }
}

uint64_t newborns_info(unsigned domain, unsigned vcpu, uint64_t otherwise)
{
    for (unsigned i = 0; i < nr_placed; i++)
        if (placed[i].domain == domain && placed[i].vcpu == vcpu)
            return placed[i].info;
    return otherwise;
}

void newborns_show_iopl(unsigned domain, bool architectural)
{
    for (unsigned i = 0; i < MAX_NEWBORNS; i++)
        if (newborns[i].used && newborns[i].domain == domain)
            newborns[i].one.view.architectural_iopl = architectural;
}

void newborns_send_nmi(unsigned domain, uint32_t vcpus)
{
    nmi_to[domain] |= vcpus;
}

/** It may be moved: the last place counts. */
static void place(unsigned domain, unsigned vcpu, uint64_t info)
{
    unsigned i = 0;

    while (i < nr_placed &&
           (placed[i].domain != domain || placed[i].vcpu != vcpu))
        i++;
    if (i == MAX_NEWBORNS)
        return;
    placed[i].domain = domain;
    placed[i].vcpu = vcpu;
    placed[i].info = info;
    if (i == nr_placed)
        nr_placed++;
}

void newborns_place_info(unsigned domain, unsigned vcpu, uint64_t info)
{
    place(domain, vcpu, info);
    for (unsigned i = 0; i < MAX_NEWBORNS; i++)
        if (newborns[i].used && newborns[i].domain == domain &&
            newborns[i].one.vcpu == vcpu)
            newborns[i].one.view.info = info;
}

void newborns_forget(const struct newborn *one)
{
    for (unsigned i = 0; i < MAX_NEWBORNS; i++)
        if (&newborns[i].one == one)
            newborns[i].used = false;
}

/* --- What VCPUOP_initialise is given -------------------------------------- */

/** A selector that the hypervisor is to enter the guest with. */
static uint16_t fixed(uint32_t selector)
{
    return (uint16_t)(selector & 3 ? selector : selector | 1);
}

static struct handler handler_of(uint32_t cs, uint32_t eip, unsigned dpl,
                                 bool masks)
{
    return (struct handler){
        .set = (cs & 0xFFFC) != 0 && eip != 0,
        .cs = fixed(cs),
        .eip = eip,
        .dpl = (uint8_t)dpl,
        .masks = masks,
    };
}

/** The frame of an L3, as CR3 names it. */
static uint32_t frame_of_cr3(uint32_t cr3)
{
    return cr3 >> 12 | cr3 << 20;
}

static void read_view(const struct context_32 *c, struct guest_view *to)
{
    for (unsigned i = 0; i < 256; i++)
        to->trap[i] = handler_of(c->trap[i].cs, c->trap[i].address,
                                 c->trap[i].flags & 3,
                                 c->trap[i].flags & 4);
    to->event = handler_of(c->event_cs, c->event_eip, 0, true);
    to->failsafe = handler_of(c->failsafe_cs, c->failsafe_eip, 0,
                              c->flags & VGCF_failsafe_disables_events);
    to->kernel_ss = fixed(c->kernel_ss);
    to->kernel_esp = c->kernel_esp;
    to->ldt_base = c->ldt_base;
    to->ldt_entries = c->ldt_entries;
    to->ldt_known = to->gdt_known = true;
    for (unsigned i = 0; i < GUEST_GDT_PAGES; i++)
        to->gdt_frame[i] = i * 512 < c->gdt_entries ? c->gdt_frame[i] : 0;
    to->base = frame_of_cr3(c->control[3]);
}

bool newborn_read(const struct machine *m, uint32_t vcpu, uint32_t address,
                  struct newborn *to)
{
    static struct context_32 c;

    if (!guest_read(m, address, &c, sizeof c))
        return false;
    memset(to, 0, sizeof *to);
    to->vcpu = to->view.vcpu = vcpu;
    read_view(&c, &to->view);
    to->registers = (struct event_registers){
        .eax = c.eax, .ecx = c.ecx, .edx = c.edx, .ebx = c.ebx, .esp = c.esp,
        .ebp = c.ebp, .esi = c.esi, .edi = c.edi, .eip = c.eip,
        .eflags = (c.eflags & FLAGS_DEFINED &
                   ~(FLAG_IOPL | FLAG_VM | FLAG_VIF | FLAG_VIP)) |
                  FLAG_FIXED | FLAG_IF,
        .cs = fixed(c.cs), .ss = fixed(c.ss), .ds = (uint16_t)c.ds,
        .es = (uint16_t)c.es, .fs = (uint16_t)c.fs, .gs = (uint16_t)c.gs,
    };
    to->task_switched = c.control[0] & CR0_TS;
    to->has_fpu = c.flags & VGCF_i387_valid;
    to->debug_control = c.debug[7];
    to->control4 = c.control[4];
    return true;
}

/* --- Who begins here ------------------------------------------------------ */

/** Whether CR3 leads to the tables of this one. */
static bool has_tables(const struct machine *m, const struct newborn *one,
                       uint32_t cr3)
{
    uint64_t own[L3_ENTRIES], given[L3_ENTRIES];

    if (machine_read_physical(m, (uint64_t)one->view.base << 12, own,
                              sizeof own) != sizeof own ||
        machine_read_physical(m, cr3 & ~UINT32_C(31), given, sizeof given) !=
            sizeof given)
        return false;
    for (unsigned i = 0; i < L3_ENTRIES; i++)
        if ((own[i] ^ given[i]) & ENTRY_ADDRESS)
            return false;
    return true;
}

/** As if it had been interrupted before its first instruction; an event may
 *  have come since, so the mask may have been clear then. */
static void try_one(const struct machine *m, const struct newborn *one,
                    bool nmi, const struct event_registers *now,
                    struct outcome *out, struct guest_exit *exit)
{
    memset(exit, 0, sizeof *exit);
    exit->nmi_came = nmi;
    exit->written = true;
    exit->left.cause = CAUSE_INTERRUPT;
    exit->left.left = one->registers;
    exit->mask = guest_mask(&one->view, m);
    search_outcome(m, &one->view, exit, now, out);
    if (out->found || exit->mask == 0)
        return;
    exit->mask = 0;
    search_outcome(m, &one->view, exit, now, out);
}

struct newborn *newborns_find(const struct machine *m,
                              const struct event_registers *now,
                              unsigned *domain, struct outcome *out,
                              struct guest_exit *exit)
{
    struct newborn *best = NULL;

    for (unsigned i = 0; i < MAX_NEWBORNS; i++) {
        struct outcome one_out;
        struct guest_exit one_exit;

        if (!newborns[i].used || !has_tables(m, &newborns[i].one, now->cr3))
            continue;
        try_one(m, &newborns[i].one,
                nmi_to[newborns[i].domain] >> newborns[i].one.vcpu & 1, now,
                &one_out, &one_exit);
        if (best && !one_out.found)
            continue;
        best = &newborns[i].one;
        *domain = newborns[i].domain;
        *out = one_out;
        *exit = one_exit;
        if (one_out.found)
            break;
    }
    return best;
}
