/* SPDX-License-Identifier: MIT */
/**
 * @file destroy.c
 * The end of a domain's life: everything that it had goes back.
 *
 *     ended --domain_destroy()--> dying --> ports --> grants that it mapped
 *        --> vCPUs --> console and store --> memory --> (others hold some of
 *        it: waits) --> its grant table, shared_info --> gone
 *
 * Everything that names a domain's frames is taken away before the frames are,
 * and what others may still look at last. A domain may have a million
 * page-table entries, so this goes in pieces, a part of a share of work each,
 * between which guests run: a timer calls for the next.
 *
 *  - END-I1: nobody can find a new way to what a dying domain has:
 *    domain_living() does not know it. Ways that others had stay good, and the
 *    domain is there until the last of them is gone.
 *  - END-I2: a step that has begun is gone on with until it is done, then the
 *    next begins: each may rely on those before (`steps`).
 *  - END-I3: no vCPU of it runs, or can (DOM-I1), and the processor holds
 *    nothing of one: the first piece is done from an interrupt, when another
 *    vCPU is current, or none.
 *
 * Source: [Xen2003] 2.3 "Control and Management".
 */
#include "boot.h"
#include "console.h"
#include "domain.h"
#include "hypercall.h"
#include "lib.h"
#include "time.h"

/** From one piece to the next, if others run meanwhile and if nobody does; and
 *  to the next look whether others have let go. A piece takes about 25,000
 *  instructions. */
#define PIECE_NS NS_PER_MS
#define IDLE_PIECE_NS (20 * NS_PER_US)
#define WAIT_NS (50 * NS_PER_MS)

/** Work of freeing a vCPU: its timers, its tables' frames. */
#define VCPU_WORK 40u

/** Its ports: whoever was at the other end has an unbound one afterwards. */
static bool close_ports(struct domain *d)
{
    if (event_reset(d)) /* in pieces of its own */
        return false;
    event_domain_destroy(d);
    return true;
}

/** Its timers, and what it has mapped of others'. */
static bool give_up_grants(struct domain *d)
{
    sched_domain_destroy(d);
    return grant_domain_destroy(d);
}

static void put_frames(mfn_t *frame, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        if (mfn_valid_number(frame[i]))
            frame_put_and_type(frame[i]);
        frame[i] = INVALID_MFN;
    }
}

/**
 * Free a vCPU, and what it held of its domain's memory.
 *
 * @param v  Never runs again; demotions that were begun are finished.
 * @context{exit}
 * @post  Demoting its last page table may have begun (tables_finish()).
 */
void domain_free_vcpu(struct vcpu *v)
{
    struct vcpu_descriptors *tables = &v->descriptors;

    sched_vcpu_destroy(v);
    time_vcpu_destroy(v);
    vcpu_info_release(v);
    gdt_let_go(v);
    put_frames(tables->gdt, GUEST_GDT_FRAMES);
    put_frames(tables->ldt, GUEST_LDT_FRAMES);
    put_frames(&v->base, 1);
    extents_drop(v);
    v->domain->vcpu[v->id] = NULL;
    v->domain->nr_vcpus--;
    heap_free(v);
}

static bool free_vcpus(struct domain *d)
{
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
        if (!d->vcpu[i])
            continue;
        if (!tables_finish() || work_exhausted())
            return false;
        work_add(VCPU_WORK);
        domain_free_vcpu(d->vcpu[i]);
    }
    return true;
}

/** The hypervisor's ends of its rings. */
static bool close_rings(struct domain *d)
{
    if (d->console.open)
        frame_put_and_type(d->console.page);
    if (d->store.open)
        frame_put_and_type(d->store.page);
    d->console.open = d->store.open = false;
    return true;
}

/** Its frames come back when nobody else maps them. */
static bool wait_for_others(struct domain *d)
{
    return d->nr_frames == 0 && grant_domain_let_go(d);
}

/** Pages of our heap that it could map. */
static bool free_shared(struct domain *d)
{
    if (!grant_domain_free(d) || !frame_unshare(d->shared_mfn))
        return false;
    heap_free(d->shared);
    d->shared = NULL;
    return true;
}

/** Each is called until it returns true. */
static bool (*const steps[])(struct domain *d) = {
    close_ports,           give_up_grants,  free_vcpus,  close_rings,
    memory_release_domain, wait_for_others, free_shared,
};

/** The first step that waits for others, not for us. */
#define FIRST_WAITING 5u

/**
 * Go on with a domain's end, as far as the share of work allows.
 *
 * @param d  Dying; not the current vCPU's.
 * @context{exit}
 * @return true: nothing of it is left but its structure.
 */
bool domain_destroy_step(struct domain *d)
{
    BUG_ON(!d->dying || (current_vcpu() && current_vcpu()->domain == d));
    while (d->end_step < ARRAY_SIZE(steps) && steps[d->end_step](d))
        d->end_step++;
    return d->end_step == ARRAY_SIZE(steps);
}

/** A piece of work for all domains that are dying. */
static void destroy_piece(struct timer *t)
{
    struct domain *d = domain_first(), *next;
    ns_t again = NS_NEVER;

    work_reset_to_part();
    for (; d; d = next) {
        next = d->next;
        if (!d->dying)
            continue;
        if (!work_exhausted() && domain_destroy_step(d)) {
            domain_gone(d);
            continue;
        }
        if (d->end_step < FIRST_WAITING)
            again = current_vcpu() ? PIECE_NS : IDLE_PIECE_NS;
        else if (again == NS_NEVER)
            again = WAIT_NS;
    }
    if (!domain_first()) {
        if (console_queue_empty()) /* then its end makes nobody wait */
            domain_all_gone();
        again = PIECE_NS;
    }
    if (again != NS_NEVER)
        timer_set(t, time_now() + again);
}

/**
 * Have a domain destroyed, whatever it is doing. Returns at once.
 *
 * @param d  Any but the control domain; dying already, nothing happens.
 * @context{exit}
 * @post  Does not run any more. It is gone after some time: that of its pieces,
 *        and until others have let go of its memory.
 */
void domain_destroy(struct domain *d)
{
    static struct timer pieces = { .fire = destroy_piece };

    if (d->dying)
        return;
    d->dying = true;
    sched_domain_settle(d);
    timer_set(&pieces, time_now() + PIECE_NS);
}
