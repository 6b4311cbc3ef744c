/* SPDX-License-Identifier: MIT */
/**
 * @file multicall.c
 * @page conformance_multicall Conformance: multicall
 * Property: the calls are made in order, each entry read once, only its result
 * written; after iret nothing more; a multicall in a multicall is refused.
 * Source: the interface; Xen's advisory 213.
 * Method: lists of xen_version(pagesize) with one entry changed, lists longer
 * than one piece of work, lists that cannot be read or written.
 */
#include "check.h"

enum { PRESET = 21845, MANY = 1000 };

static struct multicall_entry list[MANY] __attribute__((aligned(4096)));
static uint8_t pages[2][4096] __attribute__((aligned(4096)));

static void preset(struct multicall_entry *entry)
{
    entry->op = __HYPERVISOR_xen_version;
    entry->result = PRESET;
    entry->args[0] = XENVER_pagesize;
    entry->args[1] = 0;
    for (unsigned i = 2; i < 6; i++)
        entry->args[i] = 0x1000 + i;
}

static int32_t make(const void *entries, uint32_t nr)
{
    return hypercall_2(multicall, entries, nr);
}

/** Four fresh entries. */
static void four(void)
{
    for (unsigned i = 0; i < 4; i++)
        preset(&list[i]);
}

static void plain(void)
{
    four();
    CHECK("multicall.four", 0, make(list, 4));
    CHECK("multicall.four.first", 4096, list[0].result);
    CHECK("multicall.four.last", 4096, list[3].result);
    CHECK("multicall.four.op_kept", __HYPERVISOR_xen_version, list[0].op);
    CHECK("multicall.four.spare_argument_kept", 0x1005, list[0].args[5]);
    four();
    CHECK("multicall.count_0", 0, make(list, 0));
    CHECK("multicall.count_0.nothing_made", PRESET, list[0].result);
    CHECK("multicall.count_0_null", 0, make(NULL, 0));
    four();
    list[1].op = 27;
    list[2].op = 64;
    list[3].op = ~0u;
    CHECK("multicall.unknown_numbers", 0, make(list, 4));
    CHECK("multicall.unknown_numbers.27", -XEN_ENOSYS, list[1].result);
    CHECK("multicall.unknown_numbers.64", -XEN_ENOSYS, list[2].result);
    CHECK("multicall.unknown_numbers.max", -XEN_ENOSYS, list[3].result);
    four();
    list[1].op = __HYPERVISOR_multicall;
    list[1].args[0] = (uint32_t)&list[2];
    list[1].args[1] = 1;
    CHECK("multicall.nested", 0, make(list, 2));
    CHECK("multicall.nested.result", -XEN_EINVAL, list[1].result);
    CHECK("multicall.nested.not_made", PRESET, list[2].result);
}

static void pointers(void)
{
    struct multicall_entry *last = (struct multicall_entry *)&pages[1][0] - 1;

    CHECK("multicall.null", -XEN_EFAULT, make(NULL, 1));
    CHECK("multicall.xen_range", -XEN_EFAULT, make((void *)IN_XEN_RANGE, 1));
    CHECK("multicall.in_m2p", -XEN_EFAULT, make((void *)IN_M2P, 1));
    CHECK("multicall.entry_crosses_into_m2p", -XEN_EFAULT,
          make((void *)(IN_M2P - 8), 1));
    CHECK("multicall.unmapped", -XEN_EFAULT, make((void *)UNMAPPED, 1));
    preset(last);
    page_away(pages[1]);
    CHECK("multicall.second_unreadable", -XEN_EFAULT, make(last, 2));
    CHECK("multicall.second_unreadable.first_made", 4096, last->result);
    preset(last);
    CHECK("multicall.count_max", -XEN_EFAULT, make(last, ~0u));
    CHECK("multicall.count_max.first_made", 4096, last->result);
    preset(last);
    page_read_only(pages[0]);
    CHECK("multicall.list_read_only", -XEN_EFAULT, make(last, 1));
    CHECK("multicall.list_read_only.result", PRESET, last->result);
    page_writable(pages[0]);
    page_writable(pages[1]);
}

static void longer(void)
{
    uint32_t right = 0;

    for (unsigned i = 0; i < MANY; i++)
        preset(&list[i]);
    CHECK("multicall.thousand", 0, make(list, MANY));
    for (unsigned i = 0; i < MANY; i++)
        right += list[i].result == 4096;
    CHECK("multicall.thousand.all_made", MANY, right);
}

/** Entry 1 is iret, with the frame on the stack of the call itself. */
static void iret_inside(void)
{
    four();
    list[1].op = __HYPERVISOR_iret;
    UPCALL_MASK = 1;
    tried.ecx = 4;
    tried.ebx = (uint32_t)list;
    TRY_EAX(0, "pushl $0x202; pushl $0xE019; pushl $1f; pushl $0x600D;"
            "movl $13, %%eax; int $0x82; ud2");
    CHECK("multicall.iret_inside", NO_FAULT, tried_outcome());
    CHECK("multicall.iret_inside.eax", 0x600D, tried.eax);
    CHECK("multicall.iret_inside.mask", 0, UPCALL_MASK);
    CHECK("multicall.iret_inside.before", 4096, list[0].result);
    CHECK("multicall.iret_inside.own_result", 0x600D, list[1].result);
    CHECK("multicall.iret_inside.behind_not_made", PRESET, list[2].result);
    UPCALL_MASK = 1;
}

static void effects(void)
{
    uint64_t entry = maddr_of(pages[0]) | L1_PRESENT | L1_ACCESSED;

    four();
    list[0].op = __HYPERVISOR_fpu_taskswitch;
    list[0].args[0] = 1;
    make(list, 1);
    CHECK("multicall.effects_are_in_force", FAULT(7, 0), TRY("fninit"));
    list[0].op = __HYPERVISOR_update_va_mapping;
    list[0].args[0] = (uint32_t)pages[0];
    list[0].args[1] = (uint32_t)entry;
    list[0].args[2] = (uint32_t)(entry >> 32);
    list[0].args[3] = UVMF_INVLPG;
    CHECK("multicall.update_va_mapping", 0, make(list, 1));
    CHECK("multicall.update_va_mapping.result", 0, list[0].result);
    CHECK("multicall.update_va_mapping.done", FAULT(14, 3),
          try_write((uint32_t)pages[0], 1));
    page_writable(pages[0]);
}

void family(void)
{
    traps_ready();
    plain();
    pointers();
    longer();
    iret_inside();
    effects();
}
