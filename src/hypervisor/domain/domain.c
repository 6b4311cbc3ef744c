/* SPDX-License-Identifier: MIT */
/**
 * @file domain.c
 * Domains: made, found, paused, shut down, crashed.
 *
 *            +--------+
 *            | paused | (counted)
 *            +--------+
 *              |    ^
 *              v    |
 *     made --> runs --> shut down (its own wish, with a reason) --> ended
 *                 \---> crashed   (beyond repair)              --/
 *
 * A domain that may not run any more is not torn down where that is noticed:
 * the code that notices is deep inside a call for that very domain. It marks
 * the domain and returns; the exit path sees the mark (EXIT_STOP) before it
 * would go back to the guest, and calls domain_end_all() (end.c).
 *
 * Invariants:
 *  - DOM-I1: a domain that is dying or shut down never runs again
 *    (domain_may_run(), asked by the scheduler).
 *  - DOM-I2: a domain has one end: the first reason stays.
 *  - DOM-I3: a pause is one of each of its vCPUs, later ones included.
 *
 * Sources: [Xen2003] 2.3 "Control and Management"; [XenABI] xen/sched.h.
 */
#include "domain.h"

#include <stdarg.h>

#include "boot.h"
#include "console.h"
#include "lib.h"

static struct domain *domains;

/** The guests' shared page: every vCPU starts with its events masked. */
static bool make_shared_info(struct domain *d)
{
    d->shared = heap_alloc_page();
    if (!d->shared)
        return false;
    memset(d->shared, 0, PAGE_SIZE);
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        d->shared->vcpu_info[i].evtchn_upcall_mask = 1;
    d->shared_mfn = maddr_to_mfn(heap_maddr(d->shared));
    /* start_info gives its machine address in 32 bits. */
    BUG_ON(heap_maddr(d->shared).a > UINT32_MAX);
    frame_share(d, d->shared_mfn);
    wall_clock_show(d);
    return true;
}

/**
 * Make a domain without memory or vCPUs.
 *
 * @param id          Not in use.
 * @param privileged  May use the control calls.
 * @param max_frames  How many frames it may own.
 * @context{boot}
 * @return The domain, with its shared_info and event ports, or NULL if the
 *         heap is empty.
 */
struct domain *domain_create(domid_t id, bool privileged, uint32_t max_frames)
{
    struct domain *d = heap_alloc(sizeof(*d));

    BUG_ON(domain_by_id(id));
    if (!d)
        return NULL;
    d->id = id;
    d->privileged = privileged;
    d->max_frames = max_frames;
    d->console_line.told_apart = domains != NULL;
    d->events.nr_known = 1; /* port 0 */
    sched_domain_init(d);
    if (!make_shared_info(d)) {
        heap_free(d);
        return NULL;
    }
    d->next = domains;
    domains = d;
    if (d->next)
        d->next->console_line.told_apart = true;
    return d;
}

/**
 * Give a domain a vCPU, not initialised yet.
 *
 * @param d  The domain; it gets the new vCPU.
 * @param id  Below DOMAIN_MAX_VCPUS, not in use in this domain.
 * @context{boot}
 * @return The vCPU, or NULL if the heap is empty.
 */
struct vcpu *domain_add_vcpu(struct domain *d, unsigned id)
{
    struct vcpu *v = heap_alloc_page();

    BUG_ON(id >= DOMAIN_MAX_VCPUS || d->vcpu[id]);
    if (!v)
        return NULL;
    memset(v, 0, PAGE_SIZE);
    /* CR3 has 32 bits, and the table it names must be 32-byte aligned. */
    BUG_ON(heap_maddr(v->pdpt).a > UINT32_MAX ||
           heap_maddr(v->pdpt).a % sizeof(v->pdpt) != 0);
    v->domain = d;
    v->id = id;
    v->info = &d->shared->vcpu_info[id];
    v->info_frame = INVALID_MFN;
    v->base = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        v->descriptors.gdt[i] = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        v->descriptors.ldt[i] = INVALID_MFN;
    sched_vcpu_init(v);
    time_vcpu_init(v);
    for (uint32_t i = 0; i < d->nr_pauses; i++)
        vcpu_pause(v);
    d->vcpu[id] = v;
    d->nr_vcpus++;
    return v;
}

/**
 * Find the domain of a number.
 *
 * @param id  Any number, as a guest gave it.
 * @context{entry}
 * @return the domain, dying or not; NULL if none has the number: nobody has
 *         DOMID_SELF and its like.
 */
struct domain *domain_by_id(domid_t id)
{
    struct domain *d = domains;

    while (d && d->id != id)
        d = d->next;
    return d;
}

/**
 * The same, unless it is dying: for whoever wants something new of it.
 *
 * @param id  Any number, as a guest gave it.
 * @context{hypercall}
 * @return NULL also for a domain that is dying.
 */
struct domain *domain_living(domid_t id)
{
    struct domain *d = domain_by_id(id);

    return d && !d->dying ? d : NULL;
}

/**
 * Take a domain that is no more off the list.
 *
 * @param d  A domain on the list; from now on no number names it.
 * @context{exit}
 */
void domain_unlink(struct domain *d)
{
    struct domain **at = &domains;

    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
}

/**
 * Begin a walk over all domains.
 *
 * @context{any}
 * @return the newest domain, or NULL; the others follow through domain.next.
 */
struct domain *domain_first(void)
{
    return domains;
}

/**
 * May it go back to its guest? The exit path asks before it does.
 *
 * @param d  Any domain.
 * @context{any}
 * @return false if it is dying or has been shut down. Pauses do not count here:
 *         they stop its vCPUs, not its calls.
 */
bool domain_may_run(const struct domain *d)
{
    return !d->dying && !d->is_shut_down;
}

/**
 * Stop all vCPUs of a domain until domain_unpause(). Pauses count.
 *
 * @param d  Any domain, also one that is paused.
 * @context{any}
 * @post  None of its vCPUs can run; the caller's own goes on to the exit path.
 */
void domain_pause(struct domain *d)
{
    d->nr_pauses++;
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
        if (d->vcpu[i])
            vcpu_pause(d->vcpu[i]);
    }
}

/**
 * Take one pause back.
 *
 * @param d  Paused.
 * @context{any}
 */
void domain_unpause(struct domain *d)
{
    BUG_ON(d->nr_pauses == 0);
    d->nr_pauses--;
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
        if (d->vcpu[i])
            vcpu_unpause(d->vcpu[i]);
    }
}

/** Its vCPUs leave the run queue, and the exit path ends it. */
static void stop_running(struct domain *d)
{
    sched_domain_settle(d);
    exit_request(EXIT_STOP);
}

/**
 * Shut a domain down for a reason of its own.
 *
 * @param d       Any domain; one that has ended already stays as it is.
 * @param reason  SHUTDOWN_*, or any number, of which the lowest byte counts: a
 *                control domain is told no more of it. A reason that the domain
 *                fixed before (domain_set_shutdown_code()) wins.
 * @context{hypercall}
 * @post  Returns; the guest does not run again. The caller unwinds.
 * @par Source
 * [XenABI] xen/sched.h, SCHEDOP_shutdown.
 */
void domain_shutdown(struct domain *d, unsigned reason)
{
    if (!domain_may_run(d))
        return;
    d->is_shut_down = true;
    d->shutdown_reason = d->has_shutdown_code ? d->shutdown_code
                                               : (uint8_t)reason;
    stop_running(d);
}

/**
 * Fix the reason of the shutdown that comes. Who does it first decides.
 *
 * @param d       Any domain; a later call changes nothing.
 * @param reason  As for domain_shutdown().
 * @context{hypercall}
 * @par Source
 * [XenABI] xen/sched.h, SCHEDOP_shutdown_code.
 */
void domain_set_shutdown_code(struct domain *d, unsigned reason)
{
    if (d->has_shutdown_code)
        return;
    d->has_shutdown_code = true;
    d->shutdown_code = (uint8_t)reason;
}

/** Why a domain crashed last: for whoever looks into the memory of a machine
 *  that has ended, as panic_reason. */
char domain_crash_reason[160];

/**
 * End a domain that is beyond repair, with a report on the console.
 *
 * @param d    The domain; one that has ended stays as it is.
 * @param fmt  Why, as a clause: "its #GP at 0x%x has no handler".
 * @context{entry}
 * @post  Returns: the caller must stop working for the guest and unwind.
 */
void domain_crash(struct domain *d, const char *fmt, ...)
{
    struct vcpu *v = current_vcpu();
    va_list args;

    if (!domain_may_run(d))
        return;
    va_start(args, fmt);
    format_list(domain_crash_reason, sizeof(domain_crash_reason), fmt, args);
    va_end(args);
    d->crashed = true;
    d->is_shut_down = true;
    d->shutdown_reason = SHUTDOWN_crash;
    printk(LOG_ERROR, "domain %u crashed: %s\n", d->id, domain_crash_reason);
    if (v && v->domain == d)
        report_vcpu(v, guest_frame());
    stop_running(d);
}
