/* SPDX-License-Identifier: MIT */
/**
 * @file traps.c
 * @page conformance_traps Conformance: set_trap_table, stack_switch
 * Property: entries are taken in order until one has address 0 or cannot be
 * read, and those before it stay; selectors get RPL 1; nothing else of an
 * entry or of a stack is looked at before it is used.
 * Source: the interface; the observed answers.
 * Method: lists that end at an unmapped page, are longer than one piece of
 * work, or lie where nothing may be read.
 */
#include "check.h"

#include "frame.h"

void user_enter(uint32_t eip, uint32_t esp);

/** Two pages, the second unmapped during a test. */
static uint8_t pages[2][4096] __attribute__((aligned(4096)));

USER(user_int81, "int $0x81");

static int32_t set_table(const void *table)
{
    return hypercall_1(set_trap_table, table);
}

static trap_info_t entry(unsigned vector, unsigned flags)
{
    return (trap_info_t){
        .vector = (uint8_t)vector,
        .flags = (uint8_t)flags,
        .cs = FLAT_KERNEL_CS,
        .address = probe_entry[vector],
    };
}

/** The runtime's half of a vector: its handler. */
static void handlers_ready(void)
{
    for (unsigned vector = 0x94; vector < 0x9A; vector++)
        trap_ready(vector, 0);
}

static void pointers(void)
{
    trap_info_t *last = (trap_info_t *)&pages[1][0] - 1;

    CHECK("set_trap_table.pointer_in_m2p", -XEN_EFAULT,
          set_table((void *)IN_M2P));
    CHECK("set_trap_table.pointer_in_xen_range", -XEN_EFAULT,
          set_table((void *)IN_XEN_RANGE));
    CHECK("set_trap_table.pointer_unmapped", -XEN_EFAULT,
          set_table((void *)UNMAPPED));
    CHECK("set_trap_table.entry_crosses_into_m2p", -XEN_EFAULT,
          set_table((void *)(IN_M2P - 4)));
    *last = entry(0x95, 1);
    page_map(pages[1], 0);
    CHECK("set_trap_table.second_entry_faults", -XEN_EFAULT,
          set_table(last));
    CHECK("set_trap_table.second_entry_faults.first_kept", FAULT(0x95, 0),
          TRY("int $0x95"));
    CHECK("set_trap_table.entry_crosses_into_unmapped", -XEN_EFAULT,
          set_table((uint8_t *)last + 4));
    page_map(pages[1], frame_of(pages[1]) << 12 | L1_ALL);
}

static void entries(void)
{
    trap_info_t table[3] = { entry(0x94, 0xFF) };

    CHECK("set_trap_table.flags_0xff", 0, set_table(table));
    UPCALL_MASK = 0;
    CHECK("set_trap_table.flags_0xff.int", FAULT(0x94, 0), TRY("int $0x94"));
    CHECK("set_trap_table.flags_0xff.masks", 1, tried.handler_mask);
    UPCALL_MASK = 1;
    table[0] = entry(0x96, 1);
    table[0].cs = FLAT_KERNEL_CS & ~3;
    CHECK("set_trap_table.cs_rpl0", 0, set_table(table));
    CHECK("set_trap_table.cs_rpl0.int", FAULT(0x96, 0), TRY("int $0x96"));
    table[0] = entry(0x97, 1);
    table[0].address = IN_XEN_RANGE;
    CHECK("set_trap_table.address_in_xen_range", 0, set_table(table));
    table[0] = entry(0x97, 3);
    table[1] = entry(0x97, 1);
    table[2].address = 0;
    CHECK("set_trap_table.same_vector_twice", 0, set_table(table));
    CHECK("set_trap_table.same_vector_twice.last_wins", FAULT(0x97, 0),
          TRY("int $0x97"));
    table[1].address = 0;
    table[1].vector = 0x97;
    table[1].flags = 0;
    set_table(table);
    CHECK("set_trap_table.end_changes_nothing", FAULT(0x97, 0),
          TRY("int $0x97"));
}

/** More entries than one piece of work has. */
static void long_list(void)
{
    trap_info_t *table = (trap_info_t *)pages;

    for (unsigned i = 0; i < 600; i++)
        table[i] = entry(i < 599 ? 0x98 : 0x99, 1);
    table[600].address = 0;
    CHECK("set_trap_table.600_entries", 0, set_table(table));
    CHECK("set_trap_table.600_entries.last", FAULT(0x99, 0),
          TRY("int $0x99"));
}

static void clear(void)
{
    CHECK("set_trap_table.null", 0, set_table(NULL));
    trap_ready(13, 0);
    CHECK("set_trap_table.null.clears_all", FAULT(13, 0x95 * 8 + 2),
          TRY("int $0x95"));
    traps_ready();
}

static uint32_t on_stack(uint32_t ss, uint32_t esp)
{
    tried.nr_traps = 0;
    tried.start = (uint32_t)user_int81;
    hypercall_2(stack_switch, ss, esp);
    user_enter((uint32_t)user_int81,
               (uint32_t)user_stack + sizeof(user_stack));
    return tried_outcome();
}

static void stacks(void)
{
    uint32_t top = (uint32_t)user_kernel_stack + sizeof(user_kernel_stack);

    CHECK("stack_switch.good", 0,
          hypercall_2(stack_switch, FLAT_KERNEL_DS, top));
    CHECK("stack_switch.ss_null", 0, hypercall_2(stack_switch, 0, top));
    CHECK("stack_switch.ss_rpl0", 0,
          hypercall_2(stack_switch, FLAT_KERNEL_DS & ~3, top));
    CHECK("stack_switch.esp_in_xen_range", 0,
          hypercall_2(stack_switch, FLAT_KERNEL_DS, IN_XEN_RANGE));
    CHECK("stack_switch.ss_rpl0.trap_from_ring3", FAULT(0x81, 0),
          on_stack(FLAT_KERNEL_DS & ~3, top));
    CHECK("stack_switch.ss_rpl0.frame_bytes", 20, tried.frame_bytes);
    CHECK("stack_switch.upper_half_ignored", FAULT(0x81, 0),
          on_stack(0xABCD0000 | FLAT_KERNEL_DS, top));
    CHECK("stack_switch.esp_is_used", FAULT(0x81, 0),
          on_stack(FLAT_KERNEL_DS, top - 64));
    CHECK("stack_switch.esp_is_used.bytes", 84, tried.frame_bytes);
}

void family(void)
{
    traps_ready();
    handlers_ready();
    pointers();
    entries();
    long_list();
    stacks();
    clear();
}
