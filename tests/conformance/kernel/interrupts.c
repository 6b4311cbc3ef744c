/* SPDX-License-Identifier: MIT */
/**
 * @file interrupts.c
 * Events: ports and their handlers, virtual interrupts, timers, sleep.
 */
#include "kernel.h"

#include <xen/physdev.h>

#define NR_PORTS 1024u
#define MS 1000000ull

static void (*handlers[NR_PORTS])(unsigned cpu);
static uint8_t port_cpu[NR_PORTS];

/** Called by head.asm: xen_evtchn_do_upcall(), the scan of two levels. */
void kernel_event(struct frame *f)
{
    vcpu_info_t *v = this_vcpu();
    unsigned cpu = v == percpu[1].vcpu;
    uint32_t words;

    (void)f;
    v->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned w = 0; w < 32; w++) {
        uint32_t bits = words >> w & 1 ? shared_info->evtchn_pending[w] &
                                             ~shared_info->evtchn_mask[w] : 0;

        for (; bits != 0; bits &= bits - 1) {
            unsigned b = (unsigned)__builtin_ctz(bits), port = w * 32 + b;

            if (port_cpu[port] != cpu)
                continue;
            __atomic_fetch_and(&shared_info->evtchn_pending[w], ~(1u << b),
                               __ATOMIC_SEQ_CST);
            if (handlers[port])
                handlers[port](cpu);
        }
    }
}

/** Unmask: by hand for our own vCPU, by a call for another's. */
static void unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = { port };

    CHECK("kernel.event.unmask", 0,
          hypercall_2(event_channel_op, EVTCHNOP_unmask, &op));
}

void port_handler(evtchn_port_t port, void (*handler)(unsigned cpu))
{
    handlers[port] = handler;
    unmask(port);
}

int32_t port_notify(evtchn_port_t port)
{
    struct evtchn_send op = { port };

    return hypercall_2(event_channel_op, EVTCHNOP_send, &op);
}

/** xen_init_IRQ(): FIFO events are asked for first, and not had. */
void interrupts_early(void)
{
    uint32_t *page = page_take();
    struct evtchn_init_control control = { .control_gfn = mfn_of(page) };
    struct physdev_pirq_eoi_gmfn eoi = { .gmfn = mfn_of(page) };

    CHECK("kernel.event.no_fifo", 1,
          hypercall_2(event_channel_op, EVTCHNOP_init_control, &control) < 0);
    for (unsigned i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0u;
    /* Whatever it says, that kernel goes on; but nothing may be written. */
    (void)hypercall_2(physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi);
    CHECK("kernel.event.eoi_page_untouched", 0, page[0] | page[1023]);
    page_give(page);
}

/** xen_setup_shared_info(): at a fixed place of the kernel's. */
void shared_map(void)
{
    shared_info = fixmap(0, start_info->shared_info | PAGE_RW);
    shared_info->arch.max_pfn = nr_pages;
    percpu[0].vcpu = &shared_info->vcpu_info[0];
    percpu[1].vcpu = &shared_info->vcpu_info[1];
}

/** xen_setup_vcpu_info_placement(): also of the vCPU that is not up. */
void vcpu_infos(void)
{
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        struct vcpu_register_vcpu_info info = {
            .mfn = mfn_of(&percpu[cpu].info),
            .offset = (uint32_t)&percpu[cpu].info & (PAGE - 1),
        };

        CHECK("kernel.vcpu_info", 0,
              hypercall_3(vcpu_op, VCPUOP_register_vcpu_info, cpu, &info));
        percpu[cpu].vcpu = &percpu[cpu].info;
    }
    CHECK("kernel.vcpu_info.mask_moved", 1,
          percpu[0].info.evtchn_upcall_mask);
}

void interrupts_off(void)
{
    this_vcpu()->evtchn_upcall_mask = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/** xen_irq_enable(). */
void interrupts_on(void)
{
    vcpu_info_t *v = this_vcpu();

    v->evtchn_upcall_mask = 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (v->evtchn_upcall_pending)
        (void)hypercall_2(xen_version, XENVER_version, 0);
}

/** The idle loop: safe_halt() until a counter is there. */
void idle_until(volatile uint32_t *counter, uint32_t value)
{
    while (*counter < value) {
        interrupts_off();
        if (*counter < value)
            CHECK("kernel.idle.block", 0,
                  hypercall_2(sched_op, SCHEDOP_block, 0));
        interrupts_on();
    }
}

/* --- Time ---------------------------------------------------------------- */

/** pvclock_clocksource_read(), by this vCPU's own page. */
uint64_t clock_read(void)
{
    volatile struct vcpu_time_info *t = &this_vcpu()->time;
    uint32_t version;
    uint64_t ns;

    do {
        uint64_t cycles;

        version = t->version & ~1u;
        __asm__ volatile("rdtsc" : "=A"(cycles));
        cycles -= t->tsc_timestamp;
        cycles = t->tsc_shift < 0 ? cycles >> -t->tsc_shift
                                  : cycles << t->tsc_shift;
        ns = t->system_time + (cycles >> 32) * t->tsc_to_system_mul +
             ((cycles & 0xFFFFFFFFu) * t->tsc_to_system_mul >> 32);
    } while (t->version != version);
    return ns;
}

/** xen_setup_runstate_info() and xen_time_init(), up to the first timer. */
void time_start(void)
{
    struct vcpu_register_runstate_memory_area area;
    uint64_t before;

    area.addr.v = &percpu[0].runstate;
    CHECK("kernel.time.stop_periodic", 0,
          hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0));
    CHECK("kernel.time.runstate", 0,
          hypercall_3(vcpu_op, VCPUOP_register_runstate_memory_area, 0,
                      &area));
    CHECK("kernel.time.running", RUNSTATE_running,
          (uint32_t)percpu[0].runstate.state);
    CHECK("kernel.time.wall_clock", 0, shared_info->wc_version & 1);
    CHECK("kernel.time.wall_clock_set", 1, shared_info->wc_sec != 0);
    CHECK("kernel.assist.runstate_update_flag", 0,
          hypercall_2(vm_assist, VMASST_CMD_enable,
                      VMASST_TYPE_runstate_update_flag));
    before = clock_read();
    CHECK("kernel.time.goes_on", 1, clock_read() > before);
}

static volatile bool ticking;

static void tick(unsigned cpu)
{
    percpu[cpu].nr_ticks++;
    if (ticking && cpu == 0)
        CHECK("kernel.timer.set_by_its_handler", 0, timer_next(0, MS / 10));
}

/** The first vCPU's tick, one alarm after the other. */
void ticks(bool on)
{
    ticking = on;
    if (on)
        CHECK("kernel.timer.first_tick", 0, timer_next(0, MS / 10));
}

static void called(unsigned cpu)
{
    percpu[cpu].nr_calls++;
}

static evtchn_port_t bind_virq(unsigned virq, unsigned cpu)
{
    struct evtchn_bind_virq op = { .virq = virq, .vcpu = cpu };

    CHECK("kernel.event.bind_virq", 0,
          hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &op));
    port_cpu[op.port] = (uint8_t)cpu;
    return op.port;
}

/** xen_setup_timer(). */
void timer_bind(unsigned cpu)
{
    percpu[cpu].timer = bind_virq(VIRQ_TIMER, cpu);
    port_handler(percpu[cpu].timer, tick);
}

static evtchn_port_t bind_ipi(unsigned cpu)
{
    struct evtchn_bind_ipi op = { .vcpu = cpu };

    CHECK("kernel.event.bind_ipi", 0,
          hypercall_2(event_channel_op, EVTCHNOP_bind_ipi, &op));
    port_cpu[op.port] = (uint8_t)cpu;
    return op.port;
}

/** xen_smp_intr_init() and xen_init_lock_cpu(): the latter's stays masked. */
void ipis_bind(unsigned cpu)
{
    (void)bind_ipi(cpu); /* reschedule */
    percpu[cpu].call = bind_ipi(cpu);
    port_handler(percpu[cpu].call, called);
    port_handler(bind_virq(VIRQ_DEBUG, cpu), called);
    percpu[cpu].kick = bind_ipi(cpu);
}

/** A channel of the start of day: it is the first vCPU's. */
evtchn_port_t port_interdomain(evtchn_port_t port)
{
    struct evtchn_bind_vcpu op = { .port = port, .vcpu = 0 };
    struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

    CHECK("kernel.event.bind_vcpu", 0,
          hypercall_2(event_channel_op, EVTCHNOP_bind_vcpu, &op));
    CHECK("kernel.event.status", 0,
          hypercall_2(event_channel_op, EVTCHNOP_status, &status));
    return port;
}

/** xen_vcpuop_set_oneshot(). */
void timer_oneshot(unsigned cpu)
{
    CHECK("kernel.time.oneshot", 0,
          hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, cpu, 0));
}

/** xen_vcpuop_set_next_event(). */
int32_t timer_next(unsigned cpu, uint64_t from_now)
{
    struct vcpu_set_singleshot_timer op = {
        .timeout_abs_ns = clock_read() + from_now,
    };

    return hypercall_3(vcpu_op, VCPUOP_set_singleshot_timer, cpu, &op);
}

/** Timers wake a vCPU that sleeps: never early, the sleep accounted. */
void timers(void)
{
    uint64_t began = clock_read(), slept, entry;
    struct vcpu_runstate_info *r = &percpu[0].runstate;

    slept = r->time[RUNSTATE_blocked];
    CHECK("kernel.timer.set", 0, timer_next(0, 3 * MS));
    idle_until(&percpu[0].nr_ticks, 1);
    CHECK("kernel.timer.not_early", 1, clock_read() - began >= 3 * MS);
    CHECK("kernel.timer.once", 1, percpu[0].nr_ticks);
    entry = r->state_entry_time;
    CHECK("kernel.timer.sleep_accounted", 1,
          r->time[RUNSTATE_blocked] - slept >= 2 * MS);
    CHECK("kernel.timer.update_over", 0, (uint32_t)(entry >> 63));
    CHECK("kernel.timer.past", 0, timer_next(0, 0));
    interrupts_on();
    CHECK("kernel.timer.past_at_once", 2, percpu[0].nr_ticks);
    CHECK("kernel.timer.shutdown", 0,
          hypercall_3(vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0));
}
