/* SPDX-License-Identifier: MIT */
/**
 * @file hypercall_offsets.c
 * Numbers of a vCPU and its domain, for hypercall_fast.asm.
 */
#include "domain.h"
#include "hypercall.h"
#include "offsets.h"

void offsets(void)
{
    OFFSET(VCPU_DOMAIN, offsetof(struct vcpu, domain));
    OFFSET(VCPU_LAST_ANY, offsetof(struct vcpu, last_hypercall.any));
    OFFSET(VCPU_LAST_NUMBER, offsetof(struct vcpu, last_hypercall.number));
    OFFSET(VCPU_LAST_ARGS, offsetof(struct vcpu, last_hypercall.args));
    OFFSET(VCPU_LAST_EIP, offsetof(struct vcpu, last_hypercall.eip));
    OFFSET(VCPU_KERNEL_SS, offsetof(struct vcpu, traps.kernel_ss));
    OFFSET(VCPU_KERNEL_ESP, offsetof(struct vcpu, traps.kernel_esp));
    OFFSET(VCPU_TASK_SWITCHED, offsetof(struct vcpu, task_switched));
    OFFSET(DOMAIN_MISSING, offsetof(struct domain, missing_logged));
    OFFSET(PROCESSOR_SS1, offsetof(struct processor, tss.ss1));
    OFFSET(PROCESSOR_ESP1, offsetof(struct processor, tss.esp1));

    OFFSET(CR0_TASK_SWITCHED, CR0_TS);
    OFFSET(ENTRY_NUMBER, offsetof(struct multicall_entry, op));
    OFFSET(ENTRY_RESULT, offsetof(struct multicall_entry, result));
    OFFSET(ENTRY_ARGS, offsetof(struct multicall_entry, args));
    OFFSET(ENTRY_BYTES, sizeof(struct multicall_entry));
    OFFSET(MULTICALL_IS_CONTINUED, offsetof(struct multicall, continued));
    OFFSET(MULTICALL_CONTINUED, MULTICALL_CONTINUED);
    OFFSET(MULTICALL_FAULT, MULTICALL_FAULT);
    OFFSET(MULTICALL_IRET, MULTICALL_IRET);
    OFFSET(CALL_IRET, __HYPERVISOR_iret);

    OFFSET(NR_HYPERCALLS, NR_HYPERCALLS);
    OFFSET(INTERFACE_VERSION, INTERFACE_VERSION);
    OFFSET(ERROR_NO_CALL, ENOSYS);
}
