/* SPDX-License-Identifier: MIT */
/**
 * @file fast.c
 * @ingroup hypercall
 * The short ways of hypercalls: which call takes which, and the short forms of
 * multicall and iret.
 *
 *     int 0x82 --> arch/hypercall_fast.asm --> fast_way[number]
 *                                                 |
 *              answered in assembly  <------------+--> fast_hypercall[number]
 *
 * Without the option `fast` the gate of HYPERCALL_VECTOR leads to the plain
 * entry, whose dispatch is exercise 4.3, and nothing here runs.
 *
 * The plain forms are the reference: a short one does the same in every
 * respect that a guest can see. What is not common is handed to the plain
 * form, before anything was done.
 *
 * Source: the interface's multicall, iret and hypercall entry.
 */
#include "hypercall.h"

#include "arch_cpu.h"
#include "arch_guest.h"
#include "arch_segmentation.h"
#include "boot.h"
#include "domain.h"
#include "fast_events.h"
#include "fast_grants.h"
#include "fast_time.h"
#include "lib.h"
#include "memory_calls.h"

hypercall_fn *fast_hypercall[NR_HYPERCALLS];
hypercall_fn *fast_of_many[NR_HYPERCALLS];
uint32_t fast_way[NR_HYPERCALLS];

_Static_assert(sizeof(struct multicall_entry) == 8 * sizeof(uint32_t),
               "an entry is the number, the result and six arguments");

/** Hypercall 17: mostly it is asked for the version, as a call that is known
 *  to do nothing. */
static int32_t fast_xen_version(const uint32_t arg[HYPERCALL_ARGS])
{
    return arg[0] == XENVER_version ? (int32_t)INTERFACE_VERSION
                                    : do_xen_version(arg);
}

/** Hypercall 15 in its short form, for an alarm that is set already and moves
 *  to a time that do_set_timer_op() would take as it is. */
static int32_t fast_set_timer_op(const uint32_t arg[HYPERCALL_ARGS])
{
    uint64_t at = hypercall_arg64(arg[0], arg[1]);
    ns_t ahead = at - fast_time_now();

    if (ahead - 1 < SET_TIMER_TOO_FAR_NS - 1 && (int64_t)at > 0 &&
        timer_move(&current_vcpu()->timers.single, at))
        return 0;
    return do_set_timer_op(arg);
}

/**
 * Hypercall 13 in its short form: as do_multicall(), CALL-I4 to I6 included.
 */
static int32_t fast_multicall(const uint32_t arg[HYPERCALL_ARGS])
{
    const uint32_t bytes = sizeof(struct multicall_entry);
    uint32_t at = arg[0], nr = arg[1], done;
    uint32_t part = nr < MULTICALL_BATCH ? nr : MULTICALL_BATCH;
    int32_t error = 0, result = 0;

    if (multicall.active || nr == 0 || at > M2P_START - part * bytes)
        return do_multicall(arg);
    multicall.active = true;
    multicall.continued = false;
    switch (fast_multicall_run(&at, at + part * bytes, &result)) {
    case MULTICALL_DONE:
        break;
    case MULTICALL_CONTINUED:
        error = multicall_rewrite(vaddr(at));
        break;
    case MULTICALL_FAULT:
        error = -EFAULT;
        break;
    case MULTICALL_IRET:
        multicall.active = false;
        return result; /* eax of another context */
    }
    done = (at - arg[0]) / bytes;
    return multicall_end(arg, done, nr, error);
}

/**
 * Hypercall 23 in its short form: as do_iret(), for a frame that can be read
 * and leads to ring 1, 2 or 3, of a vCPU for which no NMI waits.
 */
static int32_t fast_iret(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();
    trap_frame_t *frame = guest_frame();
    uint32_t at = frame->esp, eax, eip, cs, eflags, esp = at + 16;
    uint32_t ss = frame->ss;

    if (at > M2P_START - 24 || !arch_guest_read(at, &eax) ||
        !arch_guest_read(at + 4, &eip) || !arch_guest_read(at + 8, &cs) ||
        !arch_guest_read(at + 12, &eflags) ||
        ((cs & 3) > 1 && (!arch_guest_read(at + 16, &esp) ||
                          !arch_guest_read(at + 20, &ss))) ||
        (eflags & FLAG_VM) || (cs & 3) == 0 || v->traps.nmi_pending)
        return do_iret(arg);

    frame->eip = eip;
    frame->cs = (uint16_t)cs;
    frame->eflags = (eflags & ~IRET_NOT_THE_GUESTS) | FLAG_ALWAYS | FLAG_IF;
    frame->esp = esp;
    frame->ss = (uint16_t)ss;
    v->info->evtchn_upcall_mask = (eflags & FLAG_IF) == 0;
    v->traps.nmi_masked = false;
    if (v->domain->assists & 1u << VMASST_TYPE_architectural_iopl)
        v->io_privilege = (eflags & FLAG_IOPL) >> FLAG_IOPL_SHIFT;
    return (int32_t)eax;
}

/** Calls with a way or a form of their own. */
static const struct {
    unsigned number;
    hypercall_fn *form; /**< NULL: the plain one */
    void (*way)(void);
} fast[] = {
    { __HYPERVISOR_xen_version, fast_xen_version, fast_way_xen_version },
    { __HYPERVISOR_stack_switch, NULL, fast_way_stack_switch },
    { __HYPERVISOR_fpu_taskswitch, NULL, fast_way_fpu_taskswitch },
    { __HYPERVISOR_multicall, fast_multicall, fast_way_c },
    { __HYPERVISOR_iret, fast_iret, fast_way_c },
    { __HYPERVISOR_event_channel_op, fast_event_channel_op, fast_way_c_only },
    { __HYPERVISOR_sched_op, fast_sched_op, fast_way_sched_op },
    { __HYPERVISOR_set_timer_op, fast_set_timer_op, fast_way_c_only },
    { __HYPERVISOR_grant_table_op, fast_grant_table_op, fast_way_c },
    { __HYPERVISOR_mmu_update, fast_mmu_update, fast_way_c },
    { __HYPERVISOR_update_va_mapping, fast_update_va_mapping, fast_way_c },
    { __HYPERVISOR_mmuext_op, fast_mmuext_op, fast_way_c },
};

/** Point a vector's gate elsewhere; its DPL stays that of idt_build(). */
static void move_gate(unsigned vector, void (*entry)(void), uint32_t dpl)
{
    uint32_t to = (uint32_t)(uintptr_t)entry;

    idt_set(vector, (descriptor_t){
        .lo = (uint32_t)SEL_HYPERVISOR_CS << 16 | (to & 0xFFFF),
        .hi = (to & 0xFFFF0000u) | DESC_P | dpl << DESC_DPL_SHIFT |
              DESC_TYPE_INTERRUPT_GATE,
    });
}

/**
 * Take the short ways from now on.
 *
 * @context{hypercall}
 * @pre  segmentation_init() is done; no guest runs yet.
 */
void fast_init(void)
{
    for (unsigned i = 0; i < NR_HYPERCALLS; i++) {
        bool exists = hypercall_table[i] != NULL;

        fast_hypercall[i] = exists ? hypercall_table[i] : fast_no_call;
        fast_way[i] = (uint32_t)(uintptr_t)(exists ? fast_way_c
                                                   : fast_way_none);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(fast); i++) {
        if (fast[i].form)
            fast_hypercall[fast[i].number] = fast[i].form;
        fast_way[fast[i].number] = (uint32_t)(uintptr_t)fast[i].way;
    }
    memcpy(fast_of_many, fast_hypercall, sizeof(fast_of_many));
    fast_of_many[__HYPERVISOR_mmu_update] = fast_mmu_update_of_many;
    fast_of_many[__HYPERVISOR_mmuext_op] = fast_mmuext_op_of_many;
    fast_of_many[__HYPERVISOR_grant_table_op] = do_grant_table_op;
    exit_pending = fast_upcall;
    memory_fast_init();
    move_gate(HYPERCALL_VECTOR, fast_hypercall_entry, 1);
    move_gate(VECTOR_PAGE_FAULT, fast_page_fault_entry, 0);
}
