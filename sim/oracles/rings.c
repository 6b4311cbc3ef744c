/* SPDX-License-Identifier: MIT */
/**
 * @file rings.c
 * The oracle *rings*: who executes at which privilege level.
 *
 * From the first instruction at CPL > 0 on, the guest owns everything below
 * HYPERVISOR_START; an instruction fetched there at CPL 0 is a guest's byte
 * run with the hypervisor's rights, or a piece of the identity map that boot
 * code left behind. Guest kernels run at CPL 1 and their applications at 3.
 *
 * What is kernel and what is application:
 *  - the run file says so: `arg kernel-code START-END[,START-END...]` and
 *    `arg application-code ...`, virtual addresses, END excluded; and
 *  - the guest says so by its own deeds: until its kernel went to ring 3,
 *    by IRET, by the hypercall or by a far return, it has no application, and
 *    nobody may be there.
 *
 * Invariants:
 *  - RINGS-I1: an excursion of ring 0 into low memory is one report, however
 *    many instructions it takes.
 *
 * Sources: [Xen2003] 2.1.2 "CPU"; doc/pages/simulator.md, "The oracles".
 */
#include "oracle.h"

#include <stdlib.h>

#include "../../src/include/layout.h"
#include "codes.h"

#define MAX_CODE_RANGES 8

/* The public numbers of the two hypercalls through which a guest kernel may
 * go to ring 3: iret itself, and multicall, which may contain it. */
#define HYPERCALL_IRET 23
#define HYPERCALL_MULTICALL 13

/** Code of one kind, as the run file declares it. */
struct code_ranges {
    unsigned nr;
    struct {
        uint32_t start, end;
    } range[MAX_CODE_RANGES];
};

static bool guest_ran;        /* an instruction at CPL > 0 was executed */
static bool was_low;          /* ring 0 is on an excursion below */
static bool has_application;  /* the guest's kernel went to ring 3 */
static bool leaves_by_iret;   /* it is in a hypercall that may */
static uint16_t base_of;      /* the CS that `base` belongs to */
static bool base_known;
static uint32_t base;
static struct code_ranges kernel_code, application_code;
static bool kernel_reported, application_reported;

/** Read "START-END,START-END..."; what does not parse ends the list. */
static void read_ranges(const char *text, struct code_ranges *to)
{
    to->nr = 0;
    while (text && *text && to->nr < MAX_CODE_RANGES) {
        char *after;
        unsigned long start = strtoul(text, &after, 0);

        if (after == text || *after != '-')
            return;
        text = after + 1;
        to->range[to->nr].start = (uint32_t)start;
        to->range[to->nr].end = (uint32_t)strtoul(text, &after, 0);
        if (after == text)
            return;
        to->nr++;
        text = *after == ',' ? after + 1 : after;
    }
}

static bool in_ranges(const struct code_ranges *ranges, uint32_t address)
{
    for (unsigned i = 0; i < ranges->nr; i++)
        if (address >= ranges->range[i].start &&
            address < ranges->range[i].end)
            return true;
    return false;
}

/** During boot, only declared code is watched. */
static bool rings_sleeps(const struct machine *m)
{
    return !machine_arg(m, "kernel-code") &&
           !machine_arg(m, "application-code");
}

static void rings_start(const struct machine *m)
{
    guest_ran = was_low = has_application = leaves_by_iret = false;
    base_known = false;
    kernel_reported = application_reported = false;
    read_ranges(machine_arg(m, "kernel-code"), &kernel_code);
    read_ranges(machine_arg(m, "application-code"), &application_code);
}

/** Ring 0: nothing below the hypervisor may be executed. */
static void check_low(const struct machine *m)
{
    uint32_t address;
    bool low;

    if (!base_known || m->cs != base_of) {
        base = machine_segment(m, SEGMENT_CS).base;
        base_of = m->cs;
        base_known = true;
    }
    address = base + m->eip;
    low = address < HYPERVISOR_START;
    if (low && !was_low)
        machine_broken(m, RINGS_LOW_FETCH, NULL,
                       "nothing below 0x%08x is executed at ring 0 "
                       "once a guest has run, but ring 0 executes 0x%08x",
                       HYPERVISOR_START, address);
    was_low = low;
}

/** Declared code runs where it was declared to, and never at ring 0: a guest
 *  that was started there would look like boot code else. */
static void check_declared(const struct machine *m)
{
    if (m->ring != 3 && !application_reported &&
        in_ranges(&application_code, m->eip)) {
        application_reported = true;
        machine_broken(m, RINGS_APPLICATION, NULL,
                       "applications run at ring 3, but the "
                       "application's code at 0x%08x runs at ring %u",
                       m->eip, m->ring);
    }
    if (m->ring != 1 && !kernel_reported && in_ranges(&kernel_code, m->eip)) {
        kernel_reported = true;
        machine_broken(m, RINGS_KERNEL, NULL,
                       "guest kernels run at ring 1, but the kernel's "
                       "code at 0x%08x runs at ring %u", m->eip, m->ring);
    }
}

static void rings_before(const struct machine *m)
{
    if (m->ring == 0 && guest_ran)
        check_low(m);
    else if (kernel_code.nr | application_code.nr)
        check_declared(m);
}

/** CPL 2 is the guest's own idea or nobody's. */
static void check_ring_2(const struct machine *m)
{
    bool in_ldt = m->cs & 4;

    if (!in_ldt && m->cs >> 3 >= FIRST_RESERVED_GDT_ENTRY)
        machine_broken(m, RINGS_RING_2, NULL,
                       "nobody runs at ring 2 but by a descriptor of "
                       "the guest's own, yet selector 0x%04x, one of the "
                       "hypervisor's, took the processor there", m->cs);
}

static void check_first_entry(const struct machine *m)
{
    if (m->ring != 1)
        machine_broken(m, RINGS_FIRST_ENTRY, NULL,
                       "a guest's first instruction is its kernel's, "
                       "at ring 1, but it is executed at ring %u", m->ring);
}

static void check_unasked(const struct machine *m)
{
    if (!has_application && !leaves_by_iret)
        machine_broken(m, RINGS_UNASKED, NULL,
                       "guest kernels run at ring 1, and this one "
                       "never started an application, but ring 0 returned "
                       "to ring 3 at 0x%04x:0x%08x", m->cs, m->eip);
    has_application = true;
}

static void rings_ring_change(const struct machine *m,
                              const struct ring_change *change)
{
    base_known = false;
    if (change->to == 0) {
        leaves_by_iret = change->from == 1 &&
                         change->cause == CAUSE_SOFT_INTERRUPT &&
                         change->vector == HYPERCALL_VECTOR &&
                         (change->left.eax == HYPERCALL_IRET ||
                          change->left.eax == HYPERCALL_MULTICALL);
        return;
    }
    if (change->to == 2)
        check_ring_2(m);
    if (!guest_ran)
        check_first_entry(m);
    else if (change->to == 3 && change->from == 0)
        check_unasked(m);
    else if (change->to == 3)
        has_application = true;
    guest_ran = true;
    was_low = false;
}

const struct oracle oracle_rings = {
    .name = "rings",
    .demands = "from the first instruction at CPL > 0 on, ring 0 executes "
               "nothing below the hypervisor; guest kernels run at CPL 1, "
               "their applications at 3",
    .before_rings = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3,
    .sleeps = rings_sleeps,
    .start = rings_start,
    .before = rings_before,
    .ring_change = rings_ring_change,
};
