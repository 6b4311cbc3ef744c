/* SPDX-License-Identifier: MIT */
/**
 * @file calls.c
 * Rows: hypercalls that do next to nothing, so that what is measured is the
 * way there and back, and one privileged instruction.
 */
#include "measure.h"

#define RUNS 64u
#define ENTRIES 16u

/** A number that the interface has given to no call. */
#define NO_CALL 45u

static multicall_entry_t list[ENTRIES];

static int32_t taskswitch_both(void)
{
    int32_t set = hypercall_1(fpu_taskswitch, 1);

    return set | hypercall_1(fpu_taskswitch, 0);
}

static uint32_t read_cr0(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr0, %0" : "=r"(value));
    return value;
}

void bench_calls(void)
{
    int32_t version = hypercall_2(xen_version, XENVER_version, 0);
    uint32_t cr0 = read_cr0();

    for (unsigned i = 0; i < ENTRIES; i++)
        list[i] = (multicall_entry_t){
            .op = __HYPERVISOR_xen_version,
            .args = { XENVER_version },
        };
    MEASURE(no_call, RUNS, , -XEN_ENOSYS, hypercall(NO_CALL, 0, 0, 0, 0, 0));
    MEASURE(xen_version, RUNS, , version,
            hypercall_2(xen_version, XENVER_version, 0));
    MEASURE(stack_switch, RUNS, , 0,
            hypercall_2(stack_switch, FLAT_KERNEL_DS,
                        user_kernel_stack + sizeof(user_kernel_stack)));
    MEASURE(multicall_16, RUNS, , 0, hypercall_2(multicall, list, ENTRIES));
    MEASURE(fpu_taskswitch, RUNS, , 0, taskswitch_both());
    MEASURE(read_cr0, RUNS, , cr0, read_cr0());
}
