/* SPDX-License-Identifier: MIT */
/**
 * @file scheduling.h
 * Lab 6: which vCPU runs, and how the processor goes from one to another.
 *
 * There is one processor and one ring-0 stack. A vCPU *runs* while its
 * registers are in the frame at the top of that stack; processor.current
 * names it. Everything that changes who can run only notes that a decision is
 * due (schedule_request()); the decision itself is taken at one place, on the
 * way back to a guest (schedule()), where nothing else of ring 0 is in
 * progress.
 */
#ifndef HV_SCHEDULING_H
#define HV_SCHEDULING_H

#include "segmentation.h"
#include "time.h"
#include "types.h"

struct domain;
struct vcpu;

/** What a vCPU itself asked for. Whether it can run depends on more:
 *  vcpu_runnable(). */
enum vcpu_wish {
    VCPU_DOWN,    /**< not brought up, or brought down again */
    VCPU_READY,   /**< it has something to do */
    VCPU_BLOCKED, /**< until an event can be delivered to it */
    VCPU_POLLING, /**< until one of some ports is pending, or the same */
};

/** Ports that a poll can name: as many as there are. */
#define POLL_WORDS 32u

/** The scheduler's part of a vCPU. Zero is a good state: down, not queued. */
struct vcpu_scheduling {
    uint8_t wish;        /**< enum vcpu_wish */
    bool queued;         /**< the policy knows it as one that can run */
    bool yielded;        /**< it lets the others go first, this once */
    uint32_t nr_pauses;  /**< vcpu_pause() without vcpu_unpause() */
    uint64_t owed_ns;    /**< the switch away from it, not charged yet */
    struct vcpu *next, *previous; /**< in the queue of those that can run */
    int64_t key;         /**< the queue's order, least first */

    /* Borrowed Virtual Time. */
    int64_t virtual_time; /**< its A */
    uint64_t warped_ns;   /**< it ran warped since its last pause from that */
    uint64_t warped_at;   /**< when it last did */

    /* Credit. */
    int64_t credit_ns;    /**< what it may run before it is over its share */
    int64_t boost_ns;     /**< what it may run before the others, having
                               waked */
    uint64_t turn_ns;     /**< what it has run of its turn */
    bool active;          /**< it was queued in this period */

    uint32_t poll[POLL_WORDS]; /**< ports that it polls, a bit each */
    struct timer poll_ends;    /**< the end of its patience */
    bool pinned;               /**< SCHEDOP_pin_override is in force */
};

/** Watchdogs that a domain can have. */
#define SCHED_WATCHDOGS 2

struct sched_watchdog_slot {
    struct timer timer;
    struct domain *domain; /**< whose it is, while `in_use` */
    bool in_use;
};

#define SCHED_DEFAULT_WEIGHT 256u
#define SCHED_MAX_WEIGHT 65535u

/** A domain's parameters, for all policies; each uses what it knows. */
struct sched_params {
    uint32_t weight;        /**< 1..SCHED_MAX_WEIGHT: its part of the processor,
                                 beside the others'. BVT: of each vCPU; credit:
                                 of the domain */
    uint32_t cap;           /**< credit: at most this many percent; 0: no cap */
    uint32_t warp_us;       /**< BVT: by how much virtual time it may go first,
                                 at most 10 s; 0: not warped */
    uint32_t warp_limit_us; /**< BVT: so long at a time; 0: for ever */
    uint32_t unwarp_us;     /**< BVT: and then not for so long; not 0 if there
                                 is a limit */
};

/** BVT: virtual time has so many bits below the nanosecond. */
#define VIRTUAL_SHIFT 20

/** What holds for all domains. */
struct sched_tuning {
    uint64_t allowance_ns; /**< BVT: the context-switch allowance */
};

extern struct sched_tuning sched_tuning;

/** The policies, as the option `sched=` names them: bvt, rr, credit. */
enum sched_name { SCHED_BVT, SCHED_ROUND_ROBIN, SCHED_CREDIT };

/** What schedule() is told to do. */
struct decision {
    struct vcpu *vcpu; /**< NULL: nobody can run */
    uint64_t slice;    /**< ns until the next decision; 0: no limit */
};

/**
 * A policy: in which order those that can run do. All functions are called
 * with interrupts off; times are nanoseconds of time_now().
 */
struct policy {
    const char *name;
    /** A vCPU can run from now on. */
    void (*wake)(struct vcpu *v, uint64_t now);
    /** It cannot any more; what it ran is charged already. */
    void (*sleep)(struct vcpu *v, uint64_t now);
    /** It ran for a while; it may be queued or not. */
    void (*charge)(struct vcpu *v, uint64_t ran, uint64_t now);
    /** Who runs next? `current` ran until now, or is NULL; it is queued or
     *  not. */
    struct decision (*pick)(struct vcpu *current, uint64_t now);
};

/* scheduling/queue.c, exercise 6.5: those that can run, in order. */
struct vcpu *queue_first(void);
void queue_insert(struct vcpu *v);
void queue_remove(struct vcpu *v);

/* scheduling/switch.c, exercise 6.1: everything of a vCPU, out and in. */
void context_save(struct vcpu *v, const trap_frame_t *frame);
void context_load(struct vcpu *v, trap_frame_t *frame);

/* scheduling/run_states.c: who can run. */
bool vcpu_runnable(const struct vcpu *v);
void vcpu_settle(struct vcpu *v);
void vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);
void vcpu_block(struct vcpu *v);
void vcpu_poll(struct vcpu *v, ns_t until);
void vcpu_wake(struct vcpu *v);
void vcpu_pause(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);

/* scheduling/round_robin.c, credit.c */
extern const struct policy policy_round_robin;
extern const struct policy policy_credit;

/* scheduling/bvt.c, exercise 6.3: Borrowed Virtual Time. */
extern const struct policy policy_bvt;
int64_t bvt_advance(const struct vcpu *v);
void bvt_update_svt(void);
void bvt_wake(struct vcpu *v, uint64_t now);
void bvt_charge(struct vcpu *v, uint64_t ran, uint64_t now);
struct vcpu *bvt_choose(struct vcpu *current);
uint64_t bvt_slice(const struct vcpu *v);

/* scheduling/warp.c, exercise 6.4: what a vCPU borrows. */
int64_t warp_of(const struct vcpu *v, uint64_t now);
void warp_charge(struct vcpu *v, uint64_t ran, uint64_t now);
uint64_t warp_left(const struct vcpu *v, uint64_t now);

/* scheduling/params.c: what can be told. */
void scheduling_init(void);
void sched_domain_init(struct domain *d);
int sched_domain_adjust(struct domain *d, const struct sched_params *p);

/* scheduling/watchdog.c */
int sched_watchdog(struct domain *d, uint32_t id, uint32_t seconds);
void sched_domain_destroy(struct domain *d);

/* scheduling/schedule.c: decisions. */
void sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);
void sched_domain_settle(struct domain *d);
void schedule_request(void);
void schedule(trap_frame_t *frame);
void schedule_charge(void);
void schedule_requeue(struct vcpu *v);
void schedule_use(const struct policy *p);
const struct policy *schedule_policy(void);

#endif
