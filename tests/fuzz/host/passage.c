/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The ways into ring 0 and back, as arch/ goes them: calls, exceptions, the
 * timer's interrupt; and the loads at the end that may fault. Time goes by only
 * when it is told to, and while everybody sleeps.
 */
#include "machine.h"

#include <string.h>

#include "arch_cpu.h"
#include "arch_segmentation.h"
#include "console.h"
#include "fast_events.h"
#include "time.h"

#define MOST_TURNS 10000u /* of the exit path's loop */
#define MOST_SLEEPS 100u  /* from one timer to the next, nobody waking */
#define LAST_SLEEPS 3000u /* while all are dying */

jmp_buf world_over;
enum machine_exit machine_ended;
uint64_t machine_calls;

static jmp_buf next_turn;
static ns_t now, interrupt_at;
static unsigned nr_sleeps, most_sleeps;

void passage_reset(void)
{
    now = NS_PER_S;
    system_clock = (struct system_clock){ .scale = { 0x80000000u, 1 } };
    interrupt_at = NS_NEVER;
    nr_sleeps = 0;
    most_sleeps = MOST_SLEEPS;
}

/* --- The clock and the timer --------------------------------------------- */

/* A cycle is a nanosecond: scheduling/clock.c's variable, for fast_time.h. */
struct system_clock system_clock;

uint64_t arch_read_tsc(void)
{
    return now;
}

ns_t time_now(void)
{
    return now;
}

void clock_page_values(struct vcpu_time_info *values)
{
    *values = (struct vcpu_time_info){ .tsc_timestamp = now,
                                       .system_time = now,
                                       .tsc_to_system_mul = 0x80000000u,
                                       .tsc_shift = 1 };
}

void timer_device_arm(ns_t from_now)
{
    interrupt_at = now + from_now;
}

void interrupt_take(unsigned vector)
{
    if (vector == TIMER_VECTOR)
        timer_interrupt();
}

/** All sleep for good: then nobody has ended whose end was not noticed. */
static void check_ends(void)
{
    for (const struct domain *d = domain_first(); d; d = d->next)
        if (d->is_shut_down && !d->end_told)
            broken("domain %u has ended, and nobody noticed", d->id);
}

/** The processor sleeps until the timer interrupts it. Nothing else ever
 *  comes from outside, so that sleeping long is the end. */
void arch_interrupts_on_and_halt(void)
{
    if (interrupt_at == NS_NEVER || nr_sleeps++ == most_sleeps) {
        check_ends();
        longjmp(world_over, 1);
    }
    if (interrupt_at > now)
        now = interrupt_at;
    interrupt_at = NS_NEVER;
    timer_interrupt();
}

void passage_last_sleep(void)
{
    nr_sleeps = 0;
    most_sleeps = LAST_SLEEPS;
}

void passage_time(ns_t ns)
{
    now += ns;
    if (interrupt_at > now)
        return;
    interrupt_at = NS_NEVER;
    passage_trap(TIMER_VECTOR, 0, 0);
}

/* --- The end of the machine ---------------------------------------------- */

_Noreturn void machine_end(enum machine_exit how)
{
    machine_ended = how;
    longjmp(world_over, 1);
}

_Noreturn void arch_exit_to_guest(void)
{
    longjmp(next_turn, 1);
}

/* --- Back to a guest ----------------------------------------------------- */

/** What no guest may be entered with, whatever it asked for. */
static void check_frame(const trap_frame_t *frame)
{
    if (!current_vcpu() || !current_vcpu()->running ||
        !domain_may_run(current_vcpu()->domain))
        broken("a guest is entered that may not run");
    if ((frame->eflags & (FLAG_VM | FLAG_IOPL)) || !(frame->eflags & FLAG_IF))
        broken("a guest is entered with flags %08x", frame->eflags);
    if (multicall.active)
        broken("a multicall is not over, and a guest is entered");
    if (processor.info != current_vcpu()->info)
        broken("the processor looks at another vCPU's events");
}

static bool loads_all(const trap_frame_t *frame)
{
    return processor_loads(frame->ds, frame->cs & 3) &&
           processor_loads(frame->es, frame->cs & 3) &&
           processor_loads(frame->fs, frame->cs & 3) &&
           processor_loads(frame->gs, frame->cs & 3);
}

/** The loads and the IRET at the exit path's end; false: another turn. */
static bool leave(trap_frame_t *frame)
{
    check_frame(frame);
    if ((frame->cs & 3) == 0)
        broken("a guest is entered in ring 0, cs %04x", frame->cs);
    if (loads_all(frame) && processor_returns_to(frame))
        return true;
    bounce_failsafe(current_vcpu(), frame);
    if (processor.exit_work != 0)
        return false;
    check_frame(frame);
    if (!processor_returns_to(frame))
        exit_refused(frame);
    return true;
}

static bool wants_upcall(void)
{
    return processor.info->evtchn_upcall_pending != 0 &&
           processor.info->evtchn_upcall_mask == 0;
}

void passage_back(void)
{
    trap_frame_t *frame = guest_frame();
    volatile unsigned turns = 0;

    (void)setjmp(next_turn);
    do {
        while (processor.exit_work != 0 || wants_upcall()) {
            if (turns++ == MOST_TURNS)
                broken("the exit path never comes to its end");
            if (processor.exit_work != 0)
                exit_work(frame);
            else
                exit_pending(frame);
        }
    } while (!leave(frame));
    nr_sleeps = 0;
}

/* --- Into ring 0 --------------------------------------------------------- */

/* The entry paths of the short ways are NASM; their C is called directly. */
uint32_t const trap_entry_address[NR_TRAP_ENTRIES];

void hypercall_entry(void)
{
}

void fast_hypercall_entry(void)
{
}

void fast_page_fault_entry(void)
{
}

void fast_way_c(void)
{
}

void fast_way_c_only(void)
{
}

void fast_way_sched_op(void)
{
}

void fast_way_none(void)
{
}

void fast_way_xen_version(void)
{
}

void fast_way_stack_switch(void)
{
}

void fast_way_fpu_taskswitch(void)
{
}

int32_t fast_no_call(const uint32_t arg[HYPERCALL_ARGS])
{
    (void)arg;
    return -ENOSYS;
}

void idt_set(unsigned vector, descriptor_t gate)
{
    (void)vector;
    (void)gate;
}

uint32_t fixup_find(uint32_t eip)
{
    broken("a fault in ring 0 at %x", eip);
}

/** One entry, its arguments read before it is made. */
static enum multicall_stop run_entry(uint32_t at, int32_t *result)
{
    struct multicall_entry entry;
    uint32_t arg[HYPERCALL_ARGS];

    if (copy_from_guest(&entry, vaddr(at), sizeof(entry)) != 0)
        return MULTICALL_FAULT;
    for (unsigned i = 0; i < HYPERCALL_ARGS; i++)
        arg[i] = entry.args[i];
    *result = entry.op < NR_HYPERCALLS ? fast_of_many[entry.op](arg)
                                       : hypercall_call(entry.op, arg);
    if (multicall.continued)
        return MULTICALL_CONTINUED;
    entry.result = (uint32_t)*result;
    if (copy_to_guest(vaddr(at + offsetof(struct multicall_entry, result)),
                      &entry.result, sizeof(entry.result)) != 0)
        return MULTICALL_FAULT;
    return entry.op == __HYPERVISOR_iret ? MULTICALL_IRET : MULTICALL_DONE;
}

/* As arch/hypercall_fast.asm. */
enum multicall_stop fast_multicall_run(uint32_t *at, uint32_t end,
                                       int32_t *result)
{
    enum multicall_stop stop = MULTICALL_DONE;

    while (stop == MULTICALL_DONE && *at != end) {
        if (processor.exit_work != 0 &&
            !domain_may_run(current_vcpu()->domain))
            break;
        stop = run_entry(*at, result);
        if (stop == MULTICALL_DONE || stop == MULTICALL_IRET)
            *at += sizeof(struct multicall_entry);
    }
    return stop;
}

void passage_call(uint32_t number, const uint32_t arg[HYPERCALL_ARGS])
{
    trap_frame_t *frame = guest_frame();

    memcpy(frame, arg, HYPERCALL_ARGS * sizeof(*arg));
    frame->eax = number;
    if (options.fast && number < NR_HYPERCALLS && fast_hypercall[number])
        frame->eax = (uint32_t)fast_hypercall[number]((uint32_t *)frame);
    else
        hypercall_dispatch(frame);
    show("  = %d\n", (int32_t)frame->eax);
    passage_back();
}

void passage_trap(unsigned vector, uint32_t error, uint32_t cr2)
{
    trap_frame_t *frame = guest_frame();

    frame->entry_vector = (uint16_t)vector;
    frame->error_code = (uint16_t)error;
    processor_set_cr2(cr2);
    if (options.fast && vector == VECTOR_PAGE_FAULT)
        fast_page_fault(frame);
    else
        trap_dispatch(frame);
    passage_back();
}
