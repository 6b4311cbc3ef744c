/* SPDX-License-Identifier: MIT */
/**
 * @file params.c
 *
 * Source: [Xen2003] 3.3.1 "CPU Scheduling".
 * @ingroup scheduling
 * What can be told to the scheduler: the policy, once; a domain's part of the
 * processor, at any time.
 */
#include "scheduling.h"

#include "boot.h"
#include "console.h"
#include "domain.h"

#define DEFAULT_WARP_LIMIT_US 2000000u
#define DEFAULT_UNWARP_US 1000000u
#define MAX_WARP_US 10000000u
#define MAX_TIME_US 1000000000u

struct sched_tuning sched_tuning;

/** By the number that the option `sched=` has for them. */
static const struct policy *const policies[] = {
    [SCHED_BVT] = &policy_bvt,
    [SCHED_ROUND_ROBIN] = &policy_round_robin,
    [SCHED_CREDIT] = &policy_credit,
};

/**
 * Take the policy that the command line names.
 *
 * @context{boot}
 * @pre  The command line is read; there is no vCPU yet.
 */
void scheduling_init(void)
{
    sched_tuning.allowance_ns = options.bvt_allowance_us * 1000ull;
    schedule_use(policies[options.sched]);
    printk(LOG_DEBUG, "Scheduler: %s\n", schedule_policy()->name);
}

/**
 * A new domain's parameters: the default weight, no cap, no warp.
 *
 * @param d  A domain that is being made; none of its vCPUs was queued yet.
 * @context{boot}
 */
void sched_domain_init(struct domain *d)
{
    d->sched = (struct sched_params){
        .weight = SCHED_DEFAULT_WEIGHT,
        .warp_limit_us = DEFAULT_WARP_LIMIT_US,
        .unwarp_us = DEFAULT_UNWARP_US,
    };
}

static bool params_ok(const struct sched_params *p)
{
    return p->weight >= 1 && p->weight <= SCHED_MAX_WEIGHT && p->cap <= 100 &&
           p->warp_us <= MAX_WARP_US && p->warp_limit_us <= MAX_TIME_US &&
           p->unwarp_us <= MAX_TIME_US &&
           (p->warp_limit_us == 0 || p->unwarp_us != 0);
}

/**
 * Change a domain's parameters, in force at once. What was run before is
 * charged by the old ones.
 *
 * @param d  Any domain, whether its vCPUs run or not.
 * @param p  All of them; those of other policies are kept for nobody.
 * @context{any}
 * @retval 0        done.
 * @retval -EINVAL  a number out of its range (scheduling.h); nothing changed.
 */
int sched_domain_adjust(struct domain *d, const struct sched_params *p)
{
    if (!params_ok(p))
        return -EINVAL;
    schedule_charge();
    d->sched = *p;
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++)
        if (d->vcpu[i])
            schedule_requeue(d->vcpu[i]);
    schedule_request();
    return 0;
}
