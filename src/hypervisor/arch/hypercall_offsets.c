/* SPDX-License-Identifier: MIT */
/**
 * @file hypercall_offsets.c
 * Numbers of a vCPU and its domain, for hypercall_fast.asm.
 */
#include "arch_bits.h"
#include "domain.h"
#include "hypercall.h"
#include "offsets.h"

#include <xen/sched.h>

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
    OFFSET(VCPU_EVENT_CS, offsetof(struct vcpu, traps.event.cs));
    OFFSET(VCPU_EVENT_EIP, offsetof(struct vcpu, traps.event.eip));
    OFFSET(DOMAIN_MISSING, offsetof(struct domain, missing_logged));
    OFFSET(DOMAIN_ASSISTS, offsetof(struct domain, assists));
    OFFSET(DOMAIN_CONSOLE_OPEN, offsetof(struct domain, console.open));
    OFFSET(DOMAIN_STORE_OPEN, offsetof(struct domain, store.open));
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
    OFFSET(CALL_SCHED_OP, __HYPERVISOR_sched_op);
    OFFSET(OPERATION_BLOCK, SCHEDOP_block);
    OFFSET(ASSIST_IOPL, 1u << VMASST_TYPE_architectural_iopl);
    OFFSET(FLAGS_IOPL, FLAG_IOPL);
    OFFSET(FLAGS_IF, FLAG_IF);
    OFFSET(FLAGS_CLEARED, FLAGS_NOT_FOLLOWING);
    OFFSET(FRAME_ECX, offsetof(trap_frame_t, ecx));
    OFFSET(FRAME_EDX, offsetof(trap_frame_t, edx));
    OFFSET(FRAME_ESI, offsetof(trap_frame_t, esi));
    OFFSET(FRAME_EDI, offsetof(trap_frame_t, edi));
    OFFSET(FRAME_EFLAGS, offsetof(trap_frame_t, eflags));
    OFFSET(FRAME_ESP, offsetof(trap_frame_t, esp));
    OFFSET(FRAME_SS, offsetof(trap_frame_t, ss));

    OFFSET(NR_HYPERCALLS, NR_HYPERCALLS);
    OFFSET(INTERFACE_VERSION, INTERFACE_VERSION);
    OFFSET(ERROR_NO_CALL, ENOSYS);
}
