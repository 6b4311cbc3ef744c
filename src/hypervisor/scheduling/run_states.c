/* SPDX-License-Identifier: MIT */
/**
 * @file run_states.c
 * @ingroup scheduling
 * Who can run.
 *
 *                 vcpu_up                     vcpu_block, vcpu_poll
 *     +--------+ ----------> +------------+ ----------------> +---------+
 *     |  down  |             |   ready    |                   | blocked |
 *     +--------+ <---------- +------------+ <---------------- | polling |
 *        ^       vcpu_down                    vcpu_wake       +---------+
 *        |                                                       |
 *        +-------------------------------------------------------+
 *                                vcpu_down
 *
 * That is what the vCPU itself asked for: its wish. Others can stop it
 * besides, without its knowing: it may be paused, more than once, and its
 * domain may be over. It can run if its wish is `ready` and nobody stops it.
 *
 * Every function here changes one of these facts and then has vcpu_settle()
 * compare whether the vCPU can run with whether it is queued. So each can be
 * called at any time and in any state, and none can be forgotten by another.
 *
 *  - SCHED-I3  A vCPU is queued exactly if it can run.
 *  - SCHED-I4  No wake-up is lost: whoever makes an event deliverable wakes
 *    the vCPU afterwards, and vcpu_block() looks for one after it has said
 *    that it blocks. Ring 0 is never interrupted between the two, but a
 *    guest's own write to its masks is not ours to order.
 *
 * Sources: [XenABI] xen/sched.h; xen/vcpu.h.
 */
#include "scheduling.h"

#include "console.h"
#include "domain.h"

/**
 * Can it run?
 *
 * @param v  Any vCPU.
 * @context{any}
 * @return true also for the one that runs, unless it was stopped meanwhile.
 */
bool vcpu_runnable(const struct vcpu *v)
{
    return v->scheduling.wish == VCPU_READY && v->scheduling.nr_pauses == 0 &&
           domain_may_run(v->domain);
}

/**
 * Bring up a vCPU that is initialised; up already, it stays as it is.
 *
 * @param v  An initialised vCPU.
 * @context{any}
 */
void vcpu_up(struct vcpu *v)
{
    if (v->scheduling.wish != VCPU_DOWN)
        return;
    v->scheduling.wish = VCPU_READY;
    vcpu_settle(v);
}

/**
 * Take a vCPU out of service until vcpu_up(), whatever it was doing.
 *
 * @param v  Any vCPU.
 * @context{entry}
 */
void vcpu_down(struct vcpu *v)
{
    timer_cancel(&v->scheduling.poll_ends);
    v->scheduling.wish = VCPU_DOWN;
    vcpu_settle(v);
}

/**
 * Have a vCPU sleep until an event can be delivered to it.
 *
 * @param v  The current vCPU. It stays ready if there is such an event.
 * @context{hypercall}
 */
void vcpu_block(struct vcpu *v)
{
    v->scheduling.wish = VCPU_BLOCKED;
    if (event_deliverable(v))
        v->scheduling.wish = VCPU_READY;
    vcpu_settle(v);
}

static void patience_ends(struct timer *t)
{
    vcpu_wake((void *)((char *)t -
                       offsetof(struct vcpu, scheduling.poll_ends)));
}

/**
 * Have a vCPU sleep until one of the ports in scheduling.poll is pending, an
 * event can be delivered to it, or it has waited for long enough.
 *
 * @param v      The current vCPU; none of its ports is pending. It stays ready
 *               if there is an event.
 * @param until  System time; NS_NEVER.
 * @context{hypercall}
 */
void vcpu_poll(struct vcpu *v, ns_t until)
{
    v->scheduling.wish = VCPU_POLLING;
    if (event_deliverable(v))
        v->scheduling.wish = VCPU_READY;
    else if (until != NS_NEVER) {
        v->scheduling.poll_ends.fire = patience_ends;
        timer_set(&v->scheduling.poll_ends, until);
    }
    vcpu_settle(v);
}

/**
 * End a vCPU's sleep, if it sleeps: what it waited for may have happened. It
 * looks for itself.
 *
 * @param v  Any vCPU, in any state; idempotent.
 * @context{any}
 */
void vcpu_wake(struct vcpu *v)
{
    if (v->scheduling.wish != VCPU_BLOCKED &&
        v->scheduling.wish != VCPU_POLLING)
        return;
    timer_cancel(&v->scheduling.poll_ends);
    v->scheduling.wish = VCPU_READY;
    vcpu_settle(v);
}

/**
 * Stop a vCPU until vcpu_unpause(). Pauses count.
 *
 * @param v  Any vCPU, also one that is paused or down.
 * @context{boot}
 */
void vcpu_pause(struct vcpu *v)
{
    v->scheduling.nr_pauses++;
    vcpu_settle(v);
}

/**
 * Take one pause back.
 *
 * @param v  Paused.
 * @context{any}
 */
void vcpu_unpause(struct vcpu *v)
{
    BUG_ON(v->scheduling.nr_pauses == 0);
    v->scheduling.nr_pauses--;
    vcpu_settle(v);
}
