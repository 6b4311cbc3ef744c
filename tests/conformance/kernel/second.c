/* SPDX-License-Identifier: MIT */
/**
 * @file second.c
 * A second vCPU, brought up as that kernel does it: everything that it needs is
 * registered from the first, while it is down; then calls between the two, and
 * a lock that is waited for.
 */
#include "kernel.h"

static vcpu_guest_context_t context;
static uint8_t stack[8192] __attribute__((aligned(16)));

/** What the second is to do, and what it has done. */
static volatile uint32_t online, order, done;
enum { ORDER_NONE, ORDER_TIMER, ORDER_KICK, ORDER_DIE };

/** cpu_initialize_context(). */
static void context_fill(void)
{
    vcpu_guest_context_t *c = &context;

    c->flags = VGCF_in_kernel;
    c->user_regs.fs = SEL_PERCPU;
    c->user_regs.gs = SEL_CANARY;
    c->user_regs.eip = (uint32_t)second_entry;
    c->user_regs.eflags = 0x1000;
    c->user_regs.ds = c->user_regs.es = SEL_USER_DS;
    c->user_regs.ss = SEL_KERNEL_DS;
    c->user_regs.cs = SEL_KERNEL_CS;
    c->user_regs.esp = (uint32_t)stack + sizeof(stack) - sizeof(struct frame);
    c->gdt_frames[0] = mfn_of(gdt[1]);
    c->gdt_ents = GDT_ENTRIES;
    c->kernel_ss = SEL_KERNEL_DS;
    c->kernel_sp = (uint32_t)stack + sizeof(stack);
    c->event_callback_cs = c->failsafe_callback_cs = SEL_KERNEL_CS;
    c->event_callback_eip = (unsigned long)hypervisor_callback;
    c->failsafe_callback_eip = (unsigned long)failsafe_callback;
    c->ctrlreg[3] = xen_pfn_to_cr3(mfn_of(swapper_pgd));
}

static int32_t operation(unsigned cmd, void *argument)
{
    return hypercall_3(vcpu_op, cmd, 1, argument);
}

static void wait_for(volatile uint32_t *word, uint32_t value)
{
    while (*word != value)
        (void)hypercall_2(sched_op, SCHEDOP_yield, 0);
}

/** xen_flush_tlb_others(): the second does not run meanwhile. */
static void flush_others(void)
{
    static uint32_t mask = 2;
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_MULTI };

    op.arg2.vcpumask.p = &mask;
    CHECK("kernel.second.flush", 0,
          hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF));
    op.cmd = MMUEXT_INVLPG_MULTI;
    op.arg1.linear_addr = KERNEL_BASE;
    CHECK("kernel.second.flush_page", 0,
          hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF));
}

/** xen_pv_cpu_up(). */
void second_start(void)
{
    struct vcpu_register_runstate_memory_area area;
    uint32_t nr = 0;

    for (unsigned i = 0; i < 32; i++)
        nr += hypercall_3(vcpu_op, VCPUOP_is_up, i, 0) >= 0;
    CHECK("kernel.second.possible", 2, nr);
    area.addr.v = &percpu[1].runstate;
    CHECK("kernel.second.runstate", 0,
          operation(VCPUOP_register_runstate_memory_area, &area));
    timer_bind(1);
    ipis_bind(1);
    percpu_load(1);
    context_fill();
    CHECK("kernel.second.initialise", 0,
          operation(VCPUOP_initialise, &context));
    percpu[1].vcpu->evtchn_upcall_mask = 1;
    CHECK("kernel.second.up", 0, operation(VCPUOP_up, 0));
    wait_for(&online, 1);

    CHECK("kernel.second.call", 0, port_notify(percpu[1].call));
    wait_for(&percpu[1].nr_calls, 1);
    idle_until(&percpu[0].nr_calls, 1);
    CHECK("kernel.second.called_back", 1, percpu[0].nr_calls);
    flush_others();
    order = ORDER_TIMER;
    port_notify(percpu[1].call);
    wait_for(&done, ORDER_TIMER);
    CHECK("kernel.second.ticks", 1, percpu[1].nr_ticks);
}

/** xen_qlock_wait() and xen_qlock_kick(): the port is masked all the time. */
void locks(void)
{
    struct sched_poll poll = { .nr_ports = 1, .timeout = 0 };
    uint32_t port = percpu[0].kick;
    uint32_t bit = 1u << port % 32;
    uint32_t *word = (uint32_t *)&shared_info->evtchn_pending[port / 32];

    poll.ports.p = &port;
    interrupts_off();
    __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
    order = ORDER_KICK;
    port_notify(percpu[1].call);
    CHECK("kernel.lock.poll", 0, hypercall_2(sched_op, SCHEDOP_poll, &poll));
    CHECK("kernel.lock.kicked", 1,
          (__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit) != 0);
    interrupts_on();
    wait_for(&done, ORDER_KICK);
}

/** xen_pv_cpu_die(). */
void second_end(void)
{
    order = ORDER_DIE;
    port_notify(percpu[1].call);
    while (hypercall_3(vcpu_op, VCPUOP_is_up, 1, 0) != 0)
        (void)hypercall_2(sched_op, SCHEDOP_yield, 0);
    CHECK("kernel.second.down", 0,
          hypercall_3(vcpu_op, VCPUOP_is_up, 1, 0));
    CHECK("kernel.second.runstate_offline", RUNSTATE_offline, ({
              struct vcpu_runstate_info info;

              operation(VCPUOP_get_runstate_info, &info);
              info.state;
          }));
}

/** What it was called for. */
static void obey(void)
{
    if (order == ORDER_TIMER) {
        timer_next(1, 1000000);
        idle_until(&percpu[1].nr_ticks, 1);
    } else if (order == ORDER_KICK) {
        port_notify(percpu[0].kick);
    }
    done = order;
}

/** Called by head.asm: cpu_bringup_and_idle(). */
_Noreturn void second_main(void)
{
    processor_start(1);
    timer_oneshot(1);
    CHECK("kernel.second.own_segment", 1,
          this_vcpu() == percpu[1].vcpu && this_vcpu()->evtchn_upcall_mask);
    online = 1;
    interrupts_on();
    idle_until(&percpu[1].nr_calls, 1);
    port_notify(percpu[0].call);
    for (uint32_t n = 2; order != ORDER_DIE; n++) {
        idle_until(&percpu[1].nr_calls, n);
        obey();
    }
    interrupts_off();
    for (;;)
        (void)hypercall_3(vcpu_op, VCPUOP_down, 1, 0);
}
