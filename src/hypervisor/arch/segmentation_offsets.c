/* SPDX-License-Identifier: MIT */
/**
 * @file segmentation_offsets.c
 * Numbers of the trap frame and the processor's data, for the entry paths.
 */
#include "domain.h"
#include "offsets.h"
#include "segmentation.h"

void offsets(void)
{
    OFFSET(FRAME_EBX, offsetof(trap_frame_t, ebx));
    OFFSET(FRAME_EBP, offsetof(trap_frame_t, ebp));
    OFFSET(FRAME_EAX, offsetof(trap_frame_t, eax));
    OFFSET(FRAME_ERROR, offsetof(trap_frame_t, error_code));
    OFFSET(FRAME_VECTOR, offsetof(trap_frame_t, entry_vector));
    OFFSET(FRAME_EIP, offsetof(trap_frame_t, eip));
    OFFSET(FRAME_CS, offsetof(trap_frame_t, cs));
    OFFSET(FRAME_ES, offsetof(trap_frame_t, es));
    OFFSET(FRAME_DS, offsetof(trap_frame_t, ds));
    OFFSET(FRAME_FS, offsetof(trap_frame_t, fs));
    OFFSET(FRAME_GS, offsetof(trap_frame_t, gs));
    OFFSET(FRAME_BYTES, sizeof(trap_frame_t));
    OFFSET(STACK_BYTES, PROCESSOR_STACK_BYTES);

    OFFSET(PROCESSOR_CURRENT, offsetof(struct processor, current));
    OFFSET(PROCESSOR_EXIT_WORK, offsetof(struct processor, exit_work));
    OFFSET(PROCESSOR_INFO, offsetof(struct processor, info));
    OFFSET(VCPU_INFO_PENDING,
           offsetof(struct vcpu_info, evtchn_upcall_pending));
    OFFSET(VCPU_INFO_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));

    OFFSET(ERROR_FAULT, EFAULT);
    OFFSET(ERROR_CODE_VECTORS, VECTORS_WITH_ERROR);
}
