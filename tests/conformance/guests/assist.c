/* SPDX-License-Identifier: MIT */
/**
 * @file assist.c
 * @page conformance_assist Conformance: vm_assist, fpu_taskswitch
 * Property: every assist can be switched on and off, again and again; the
 * type is looked at before the command; the virtual TS raises #NM once.
 * Source: the interface's VMASST_*; the observed answers.
 * Method: all types that exist, those around the last one, the bit numbers
 * around a word's end.
 */
#include "check.h"

static int32_t assist(uint32_t cmd, uint32_t type)
{
    return hypercall_2(vm_assist, cmd, type);
}

static void types(void)
{
    for (uint32_t type = 0; type <= 5; type++) {
        CHECK("vm_assist.enable.0_to_5", 0, assist(VMASST_CMD_enable, type));
        CHECK("vm_assist.enable.twice", 0, assist(VMASST_CMD_enable, type));
        CHECK("vm_assist.disable.0_to_5", 0,
              assist(VMASST_CMD_disable, type));
        CHECK("vm_assist.disable.twice", 0, assist(VMASST_CMD_disable, type));
    }
    CHECK("vm_assist.enable.3_again", 0, assist(VMASST_CMD_enable, 3));
    CHECK("vm_assist.enable.6", -XEN_EINVAL, assist(VMASST_CMD_enable, 6));
    CHECK("vm_assist.disable.6", -XEN_EINVAL, assist(VMASST_CMD_disable, 6));
    CHECK("vm_assist.enable.31", -XEN_EINVAL, assist(VMASST_CMD_enable, 31));
    CHECK("vm_assist.enable.32_m2p_strict", -XEN_EINVAL,
          assist(VMASST_CMD_enable, 32));
    CHECK("vm_assist.enable.33", -XEN_EINVAL, assist(VMASST_CMD_enable, 33));
    CHECK("vm_assist.enable.max", -XEN_EINVAL, assist(VMASST_CMD_enable, ~0u));
    CHECK("vm_assist.cmd.2", -XEN_ENOSYS, assist(2, 0));
    CHECK("vm_assist.cmd.max", -XEN_ENOSYS, assist(~0u, 0));
    CHECK("vm_assist.cmd.2_with_bad_type", -XEN_EINVAL, assist(2, 99));
}

static void task_switched(void)
{
    CHECK("fpu_taskswitch.set.returns", 0, hypercall_1(fpu_taskswitch, 1));
    CHECK("fpu_taskswitch.set.cr0_ts", 8,
          (TRY("movl %%cr0, %%eax"), tried.eax & 8));
    CHECK("fpu_taskswitch.set.nm", FAULT(7, 0), TRY("fninit"));
    CHECK("fpu_taskswitch.set.nm_only_once", NO_FAULT, TRY("fninit"));
    CHECK("fpu_taskswitch.set.value_2", 0, hypercall_1(fpu_taskswitch, 2));
    CHECK("fpu_taskswitch.set.nm_value_2", FAULT(7, 0), TRY("fninit"));
    hypercall_1(fpu_taskswitch, 1);
    CHECK("fpu_taskswitch.clear.returns", 0, hypercall_1(fpu_taskswitch, 0));
    CHECK("fpu_taskswitch.clear.no_nm", NO_FAULT, TRY("fninit"));
    hypercall_1(fpu_taskswitch, 1);
    CHECK("fpu_taskswitch.clear.by_clts", NO_FAULT, TRY("clts; fninit"));
}

USER(user_fninit, "fninit");

void family(void)
{
    traps_ready();
    types();
    task_switched();
    hypercall_1(fpu_taskswitch, 1);
    CHECK("fpu_taskswitch.set.nm_in_ring3", FAULT(7, 0),
          try_user(user_fninit));
    CHECK("fpu_taskswitch.set.ring3_goes_on", WENT_THROUGH,
          try_user(user_fninit));
}
