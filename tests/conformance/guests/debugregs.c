/* SPDX-License-Identifier: MIT */
/**
 * @file debugregs.c
 * @page conformance_debugregs Conformance: debug registers
 * Property: values read back with the fixed bits corrected; a refused write
 * changes nothing; watchpoints work for the guest, and never for the
 * hypervisor's own accesses.
 * Source: the interface; the processor's manual, "Debug Registers".
 * Method: every register, values around what is allowed, then watchpoints on
 * a variable, by the guest and by a hypercall's buffer.
 */
#include "check.h"

static uint32_t watched[4];

static int32_t set(uint32_t number, uint32_t value)
{
    return hypercall_2(set_debugreg, number, value);
}

static uint32_t get(uint32_t number)
{
    return (uint32_t)hypercall_1(get_debugreg, number);
}

static void addresses(void)
{
    CHECK("debugreg.initial.dr0", 0, get(0));
    CHECK("debugreg.initial.dr6", 0xFFFF0FF0, get(6));
    CHECK("debugreg.initial.dr7", 0x400, get(7));
    for (uint32_t n = 0; n < 4; n++) {
        CHECK("debugreg.set.dr0_to_3", 0, set(n, 0x2000 + n));
        CHECK("debugreg.get.dr0_to_3", 0x2000 + n, get(n));
    }
    CHECK("debugreg.set.dr0_last_of_guest", 0, set(0, IN_M2P - 4));
    CHECK("debugreg.set.dr0_crosses_into_m2p", -XEN_EPERM,
          set(0, IN_M2P - 3));
    CHECK("debugreg.set.dr0_m2p", -XEN_EPERM, set(0, IN_M2P));
    CHECK("debugreg.set.dr0_xen_range", -XEN_EPERM, set(0, IN_XEN_RANGE));
    CHECK("debugreg.set.dr0_wraps", -XEN_EPERM, set(0, ~0u));
    CHECK("debugreg.set.dr0_refused.kept", IN_M2P - 4, get(0));
    CHECK("debugreg.set.dr8", -XEN_ENODEV, set(8, 0));
    CHECK("debugreg.set.dr_max", -XEN_ENODEV, set(~0u, 0));
    CHECK("debugreg.get.dr8", -XEN_ENODEV, get(8));
    CHECK("debugreg.get.dr_max", -XEN_ENODEV, get(~0u));
}

static void status_and_control(void)
{
    CHECK("debugreg.set.dr6_0", 0, set(6, 0));
    CHECK("debugreg.set.dr6_0.read", 0xFFFF0FF0, get(6));
    CHECK("debugreg.set.dr6_ones", 0, set(6, ~0u));
    CHECK("debugreg.set.dr6_ones.read", 0xFFFFEFFF, get(6));
    CHECK("debugreg.get.dr4_is_dr6", 0xFFFFEFFF, get(4));
    set(6, 0);
    CHECK("debugreg.set.dr7_0", 0, set(7, 0));
    CHECK("debugreg.set.dr7_0.read", 0x400, get(7));
    CHECK("debugreg.set.dr7_reserved_bits", 0, set(7, 0xD800));
    CHECK("debugreg.set.dr7_reserved_bits.read", 0x400, get(7));
    CHECK("debugreg.set.dr7_local_exact", 0, set(7, 0x100));
    CHECK("debugreg.set.dr7_local_exact.read", 0x500, get(7));
    CHECK("debugreg.set.dr7_gd", -XEN_EPERM, set(7, 0x2000));
    CHECK("debugreg.set.dr7_ones", -XEN_EPERM, set(7, ~0u));
    CHECK("debugreg.set.dr7_io_without_de", -XEN_EPERM, set(7, 0x20001));
    CHECK("debugreg.set.dr7_refused.kept", 0x500, get(7));
    CHECK("debugreg.set.dr7_io_disabled_slot", 0, set(7, 0x20000));
    CHECK("debugreg.set.dr7_io_disabled_slot.read", 0x20400, get(7));
    CHECK("debugreg.set.dr7_write4", 0, set(7, 0xD0001));
    CHECK("debugreg.set.dr7_write4.read", 0xD0401, get(7));
    CHECK("debugreg.set.dr5_is_dr7", 0, set(5, 0));
    CHECK("debugreg.set.dr5_is_dr7.read", 0x400, get(7));
    TRY("movl %%cr4, %%eax; orl $8, %%eax; movl %%eax, %%cr4");
    CHECK("debugreg.set.dr7_io_with_de", 0, set(7, 0x20001));
    set(7, 0);
    TRY("movl %%cr4, %%eax; andl $~8, %%eax; movl %%eax, %%cr4");
}

static void watchpoints(void)
{
    set(0, (uint32_t)watched);
    set(7, 0xD0001);
    CHECK("debugreg.write_watch.read", NO_FAULT, try_read((uint32_t)watched));
    CHECK("debugreg.write_watch.write", FAULT(1, 0),
          try_write((uint32_t)watched, 5));
    CHECK("debugreg.write_watch.dr6", 0xFFFF0FF1, get(6));
    set(6, 0);
    CHECK("debugreg.write_watch.next_word", NO_FAULT,
          try_write((uint32_t)&watched[1], 5));
    CHECK("debugreg.write_watch.by_hypercall", 0,
          hypercall_2(xen_version, XENVER_platform_parameters, watched));
    CHECK("debugreg.write_watch.by_hypercall.done", 0xF5800000, watched[0]);
    CHECK("debugreg.write_watch.by_hypercall.dr6", 0xFFFF0FF0, get(6));
    set(7, 0xF0001);
    CHECK("debugreg.rw_watch.read", FAULT(1, 0),
          try_read((uint32_t)watched));
    CHECK("debugreg.rw_watch.dr6", 0xFFFF0FF1, get(6));
    set(6, 0);
    set(7, 0);
    CHECK("debugreg.watch_off", NO_FAULT, try_write((uint32_t)watched, 6));
}

void family(void)
{
    traps_ready();
    addresses();
    status_and_control();
    watchpoints();
}
