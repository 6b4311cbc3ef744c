/* SPDX-License-Identifier: MIT */
/**
 * @file warp.c
 * @ingroup scheduling
 * Exercise 6.4: warp.
 *
 * A domain that must answer fast, but computes little, may borrow from its own
 * future: while it is warped, its virtual time counts as less by its warp W, so
 * that it goes first as soon as it wakes. It gains no time by that: its A goes
 * on as ever, and what it ran early it does not run later.
 *
 *     E |  computing __________________________________ /
 *       |           |                             |
 *       |         W | <- wakes: E = A - W,        |  <- without warp it would
 *       |           v    at once the least        |     wait until here
 *       +-----------------------------------------------> t
 *
 * One that computes all the time would starve the others until its A is ahead
 * by W; so the time that it may run warped is limited: after L it is not warped
 * any more, until it has not run warped for U. The time counts from the last
 * pause of U, and not from the last sleep: else a moment's sleep before L is
 * over would make L endless.
 *
 * Source: [BVT1999] 2.3 "Warp".
 */
#include "scheduling.h"

#include "domain.h"

/** Has it used up its time to run warped, and not paused for long enough? */
static bool exhausted(const struct vcpu *v, uint64_t now)
{
    const struct sched_params *p = &v->domain->sched;

    return p->warp_limit_us != 0 &&
           v->scheduling.warped_ns >= p->warp_limit_us * 1000ull &&
           now - v->scheduling.warped_at < p->unwarp_us * 1000ull;
}

/**
 * By how much a vCPU's virtual time counts as less.
 *
 * @param v    Any vCPU.
 * @param now  In ns.
 * @context{any}
 * @return 0 while it is not warped.
 */
int64_t warp_of(const struct vcpu *v, uint64_t now)
//@solution 6.4 -- (void)v; (void)now; (void)exhausted; return 0;
{
    if (v->domain->sched.warp_us == 0 || exhausted(v, now))
        return 0;
    return (int64_t)v->domain->sched.warp_us * 1000 << VIRTUAL_SHIFT;
}
//@end

/**
 * Count the time that a vCPU ran warped.
 *
 * @param v    A vCPU that ran until now.
 * @param ran  For how many ns.
 * @param now  In ns.
 * @context{any}
 */
void warp_charge(struct vcpu *v, uint64_t ran, uint64_t now)
//@solution 6.4 -- (void)v; (void)ran; (void)now;
{
    const struct sched_params *p = &v->domain->sched;
    uint64_t began = now - ran;

    if (warp_of(v, began) == 0)
        return;
    if (began - v->scheduling.warped_at >= p->unwarp_us * 1000ull)
        v->scheduling.warped_ns = 0;
    v->scheduling.warped_ns += ran;
    v->scheduling.warped_at = now;
}
//@end

/**
 * For how long may a vCPU go on, until it is not warped any more?
 *
 * @param v    The vCPU that is about to run.
 * @param now  In ns.
 * @context{any}
 * @return ns; UINT64_MAX if nothing changes.
 */
uint64_t warp_left(const struct vcpu *v, uint64_t now)
//@solution 6.4 -- (void)v; (void)now; return UINT64_MAX;
{
    const struct sched_params *p = &v->domain->sched;
    uint64_t limit = p->warp_limit_us * 1000ull;

    if (limit == 0 || warp_of(v, now) == 0)
        return UINT64_MAX;
    if (now - v->scheduling.warped_at >= p->unwarp_us * 1000ull)
        return limit;
    return limit - v->scheduling.warped_ns;
}
//@end
