/* SPDX-License-Identifier: MIT */
/**
 * @file schedule.c
 * @ingroup scheduling
 * Decisions: who runs next, for how long, and what if nobody can.
 *
 * Events, timers and hypercalls change who can run at any time. They do not
 * switch: they ask for a decision (EXIT_SCHEDULE), and the exit path takes it
 * when all other work in ring 0 is done. So no function of the hypervisor
 * ever sees the current vCPU change under it, but schedule() itself.
 *
 * The policy is asked for an order only. Time is charged here: from one
 * switch to the next, all of it to the vCPU that ran, ring 0's work for it
 * included. The switch itself, to its end, is work for the vCPU that leaves:
 * what was charged when it was chosen against is done by then, so it owes the
 * rest, and pays when it runs again. (Charged to whoever comes, it would cost
 * those most who run least; and it does not cost the same for all: whose L3 is
 * still in a window comes sooner. Of a hundred domains with turns of 100 us,
 * those got 1.3 % more than their shares.)
 *
 * Source: [Xen2003] 3.3.1 "CPU Scheduling".
 */
#include "scheduling.h"

#include "arch_cpu.h"
#include "boot.h"
#include "console.h"
#include "domain.h"
#include "time.h"

/** In force since the start. */
static const struct policy *policy = &policy_bvt;

/** When the current vCPU was charged last. */
static uint64_t charged_at;

static void slice_ends(struct timer *t)
{
    (void)t;
    schedule_request();
}

/** The end of the running vCPU's slice; while idle, the end of what keeps all
 *  from running. */
static struct timer slice_timer = { .fire = slice_ends };

/**
 * Use a policy.
 *
 * @param p  Whatever it keeps between calls is as it needs it.
 * @context{boot}
 * @pre  Nobody is queued.
 */
void schedule_use(const struct policy *p)
{
    BUG_ON(queue_first());
    policy = p;
}

/**
 * Tell the policy.
 *
 * @context{boot}
 * @return the policy in force; never NULL.
 */
const struct policy *schedule_policy(void)
{
    return policy;
}

/**
 * Charge the current vCPU what it ran since it was charged last.
 *
 * @context{any}
 */
void schedule_charge(void)
{
    uint64_t now = time_now();
    struct vcpu *v = current_vcpu();

    if (v) {
        policy->charge(v, now - charged_at + v->scheduling.owed_ns, now);
        v->scheduling.owed_ns = 0;
    }
    charged_at = now;
}

/**
 * Prepare a new vCPU: down, nobody's pauses, an FPU as after a reset.
 *
 * @param v  All zero but for its domain and number.
 * @context{boot}
 */
void sched_vcpu_init(struct vcpu *v)
{
    fpu_state_init(v);
}

/**
 * Part with a vCPU that is about to be freed.
 *
 * @param v  In any state; the current one too, as long as the caller goes on
 *           to schedule() and not back to a guest.
 * @context{exit}
 * @post  Not in the queue, not current, and the processor does not walk its
 *        page tables.
 */
void sched_vcpu_destroy(struct vcpu *v)
{
    vcpu_down(v);
    if (v != current_vcpu())
        return;
    v->running = false;
    processor.current = NULL;
    arch_write_cr3(hypervisor_idle_cr3());
}

/**
 * Have a decision taken before the processor goes back to a guest.
 *
 * @context{hypercall}
 */
void schedule_request(void)
{
    exit_request(EXIT_SCHEDULE);
}

/** Account the time of a vCPU that does not run to the state that it is in. */
static void show_state(struct vcpu *v)
{
    if (v->scheduling.queued)
        runstate_change(v, RUNSTATE_runnable);
    else if (v->scheduling.wish == VCPU_BLOCKED ||
             v->scheduling.wish == VCPU_POLLING)
        runstate_change(v, RUNSTATE_blocked);
    else
        runstate_change(v, RUNSTATE_offline);
}

/**
 * Queue a vCPU that can run, take one that cannot out of the queue (SCHED-I3),
 * and ask for a decision if that changed anything.
 *
 * @param v  Any vCPU, after something changed that vcpu_runnable() looks at.
 * @context{any}
 */
void vcpu_settle(struct vcpu *v)
{
    bool runnable = vcpu_runnable(v);

    if (runnable == v->scheduling.queued)
        return;
    schedule_charge();
    v->scheduling.queued = runnable;
    if (runnable)
        policy->wake(v, charged_at);
    else
        policy->sleep(v, charged_at);
    if (v != current_vcpu())
        show_state(v);
    schedule_request();
}

/**
 * Have the policy look at a vCPU anew.
 *
 * @param v  Any vCPU, whose domain's parameters changed; charged until now.
 * @context{any}
 */
void schedule_requeue(struct vcpu *v)
{
    if (!v->scheduling.queued)
        return;
    policy->sleep(v, charged_at);
    policy->wake(v, charged_at);
}

/**
 * Settle all vCPUs of a domain: it was paused, or it is over.
 *
 * @param d  Any domain.
 * @context{entry}
 */
void sched_domain_settle(struct domain *d)
{
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
        if (d->vcpu[i])
            vcpu_settle(d->vcpu[i]);
}

static struct decision decide(void)
{
    struct vcpu *v = current_vcpu();
    struct decision next;

    schedule_charge();
    next = policy->pick(v, charged_at);
    if (v)
        v->scheduling.yielded = false;
    if (next.slice != 0)
        timer_set(&slice_timer, charged_at + next.slice);
    else
        timer_cancel(&slice_timer);
    return next;
}

/**
 * Wait until somebody can run. Interrupts are on only while the processor
 * halts; what a handler does may make a vCPU runnable, or end a domain (a
 * watchdog), which the exit path would see, but is not come to while all sleep.
 */
static struct vcpu *idle(void)
{
    struct decision next;

    arch_write_cr3(hypervisor_idle_cr3());
    do {
        arch_interrupts_on_and_halt();
        arch_interrupts_off();
        nmi_take(); /* it ends a halt, too */
        if (processor.exit_work & EXIT_STOP) {
            processor.exit_work &= ~EXIT_STOP;
            domain_end_all();
        }
        next = decide();
    } while (!next.vcpu);
    return next.vcpu;
}

/** The processor changes hands: what it did since the decision is the leaving
 *  vCPU's to pay, if one leaves. */
static void owe(struct vcpu *from, uint64_t decided_at)
{
    if (!from)
        return;
    charged_at = time_now();
    from->scheduling.owed_ns = charged_at - decided_at;
}

/**
 * Decide who runs, and make the exit path go on to it. Called by exit_work()
 * only.
 *
 * @param frame  The frame at the stack's top: the current vCPU's registers
 *               before, the chosen one's after. If nobody is current, what is
 *               in it is of no interest.
 * @context{exit}
 * @note  Does not return as long as nobody can run. Interrupts are on only
 *        during that, and there is no current vCPU then.
 */
void schedule(trap_frame_t *frame)
{
    struct vcpu *from = current_vcpu();
    struct decision next = decide();
    uint64_t decided_at = charged_at;

    if (next.vcpu && next.vcpu == from)
        return;
    if (from) {
        context_save(from, frame);
        show_state(from);
    }
    if (!next.vcpu) {
        owe(from, decided_at);
        from = NULL;
        next.vcpu = idle();
    }
    runstate_change(next.vcpu, RUNSTATE_running);
    context_load(next.vcpu, frame);
    owe(from, decided_at);
    time_update_vcpu(next.vcpu);
}
