/* SPDX-License-Identifier: MIT */
/**
 * @file hypercall.h
 * Lab 4: the way of a hypercall, and guest memory as its argument.
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include "segmentation.h"
#include "types.h"
#include "xen_abi.h"

/** Numbers that have a stub in the hypercall page; 0..63 can exist. */
#define HYPERCALL_STUBS 128
#define HYPERCALL_STUB_BYTES 32
#define NR_HYPERCALLS 64

/** Arguments that a call can have: ebx, ecx, edx, esi, edi, ebp. */
#define HYPERCALL_ARGS 6

/**
 * One hypercall: its arguments in the order of the interface, its result as
 * the guest will find it in eax. It may read `arg` as often as it likes: they
 * are the hypervisor's copy. A 64-bit argument takes two, the low half first.
 */
typedef int32_t hypercall_fn(const uint32_t arg[HYPERCALL_ARGS]);

static inline uint64_t hypercall_arg64(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/* hypercall/page.c, exercise 4.1: the stubs that guests call. */
void hypercall_page_fill(void *page);

/* hypercall/copy.c, exercise 4.2: guest memory, by the guest's addresses. */
bool guest_range_ok(vaddr_t address, size_t bytes);
int copy_from_guest(void *to, vaddr_t from, size_t bytes);
int copy_to_guest(vaddr_t to, const void *from, size_t bytes);
int clear_guest(vaddr_t to, size_t bytes);

/* hypercall/dispatch.c, exercise 4.3: dispatch, multicall, continuation. */
void hypercall_dispatch(trap_frame_t *frame);
int32_t hypercall_call(uint32_t number, const uint32_t arg[HYPERCALL_ARGS]);
int32_t hypercall_continue(uint32_t number,
                           const uint32_t arg[HYPERCALL_ARGS]);
hypercall_fn do_multicall;

/* hypercall/iret.c, exercise 4.5. */
hypercall_fn do_iret;

/* hypercall/table.c: number to function; NULL where there is none. */
extern hypercall_fn *const hypercall_table[NR_HYPERCALLS];

/* debugreg.c: also for the instructions that move them (emulate.c). */
int debug_register_set(struct vcpu *v, uint32_t n, uint32_t value);
int debug_register_get(const struct vcpu *v, uint32_t n, uint32_t *value);

/* One file a family. */
hypercall_fn do_set_trap_table;   /* trap_table.c */
hypercall_fn do_stack_switch;     /* stack_switch.c */
hypercall_fn do_set_callbacks;    /* callback_op.c */
hypercall_fn do_callback_op;
hypercall_fn do_nmi_op;
hypercall_fn do_fpu_taskswitch;   /* fpu_taskswitch.c */
hypercall_fn do_set_debugreg;     /* debugreg.c */
hypercall_fn do_get_debugreg;
hypercall_fn do_update_va_mapping; /* update_va_mapping.c */
hypercall_fn do_xen_version;      /* xen_version.c */
hypercall_fn do_console_io;       /* console_io.c */
hypercall_fn do_vm_assist;        /* vm_assist.c */
hypercall_fn do_sched_op;         /* sched_op.c */
hypercall_fn do_sched_op_compat;

#endif
