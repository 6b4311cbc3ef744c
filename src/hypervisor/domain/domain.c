/* SPDX-License-Identifier: MIT */
/**
 * @file domain.c
 * Domains: made, found, shut down, crashed, and the end of the only one.
 *
 *     made --> runs --> shut down (its own wish, with a reason) --> ended
 *                 \---> crashed   (beyond repair)              --/
 *
 * A domain that may not run any more is not torn down where that is noticed:
 * the code that notices is deep inside a call for that very domain. It marks
 * the domain and returns; the exit path sees the mark (EXIT_STOP) before it
 * would go back to the guest, and calls domain_end().
 *
 * Invariants:
 *  - DOM-I1: a domain that is dying or shut down never runs again
 *    (domain_may_run(), asked on every exit to a guest).
 *  - DOM-I2: a domain has one end: the first reason stays.
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
    return true;
}

/**
 * Make a domain without memory or vCPUs.
 *
 * @param id          Not in use.
 * @param privileged  May use the control calls.
 * @param max_frames  How many frames it may own.
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
    d->events.nr_known = 1; /* port 0 */
    if (!make_shared_info(d)) {
        heap_free(d);
        return NULL;
    }
    d->next = domains;
    domains = d;
    return d;
}

/**
 * Give a domain a vCPU, not initialised yet.
 *
 * @param d  The domain; it gets the new vCPU.
 * @param id  Below DOMAIN_MAX_VCPUS, not in use in this domain.
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
    v->base = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        v->descriptors.gdt[i] = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        v->descriptors.ldt[i] = INVALID_MFN;
    sched_vcpu_init(v);
    time_vcpu_init(v);
    d->vcpu[id] = v;
    d->nr_vcpus++;
    return v;
}

/** The domain of a number, or NULL; DOMID_SELF and its like have none. */
struct domain *domain_by_id(domid_t id)
{
    struct domain *d = domains;

    while (d && d->id != id)
        d = d->next;
    return d;
}

/** The newest domain, or NULL; the others follow through domain.next. */
struct domain *domain_first(void)
{
    return domains;
}

/** May it go back to its guest? The exit path asks before it does. */
bool domain_may_run(const struct domain *d)
{
    return !d->dying && !d->is_shut_down;
}

/** Its vCPUs leave the run queue; and if one of them runs, the exit path looks
 *  at the domain. */
static void stop_running(struct domain *d)
{
    sched_domain_settle(d);
    if (current_vcpu() && current_vcpu()->domain == d)
        exit_request(EXIT_STOP);
}

/**
 * Shut a domain down for a reason of its own.
 *
 * @param d       Any domain; one that has ended already stays as it is.
 * @param reason  SHUTDOWN_*, or any number. A reason that the domain fixed
 *                before (domain_set_shutdown_code()) wins.
 * @post  Returns; the guest does not run again. The caller unwinds.
 * @par Source
 * [XenABI] xen/sched.h, SCHEDOP_shutdown.
 */
void domain_shutdown(struct domain *d, unsigned reason)
{
    if (!domain_may_run(d))
        return;
    d->is_shut_down = true;
    d->shutdown_reason = d->has_shutdown_code ? d->shutdown_code : reason;
    stop_running(d);
}

/**
 * Fix the reason of the shutdown that comes.
 *
 * @par Source
 * [XenABI] xen/sched.h, SCHEDOP_shutdown_code.
 */
void domain_set_shutdown_code(struct domain *d, unsigned reason)
{
    d->has_shutdown_code = true;
    d->shutdown_code = reason;
}

/**
 * End a domain that is beyond repair, with a report on the console.
 *
 * @param d    The domain; one that has ended stays as it is.
 * @param fmt  Why, as a clause: "its #GP at 0x%x has no handler".
 * @post  Returns: the caller must stop working for the guest and unwind.
 */
void domain_crash(struct domain *d, const char *fmt, ...)
{
    struct vcpu *v = current_vcpu();
    char why[160];
    va_list args;

    if (!domain_may_run(d))
        return;
    va_start(args, fmt);
    format_list(why, sizeof(why), fmt, args);
    va_end(args);
    d->dying = true;
    d->crashed = true;
    d->is_shut_down = true;
    d->shutdown_reason = SHUTDOWN_crash;
    printk(LOG_ERROR, "domain %u crashed: %s\n", d->id, why);
    if (v && v->domain == d)
        report_vcpu(v, guest_frame());
    stop_running(d);
}

/** What a shutdown is called, and how the machine ends with it. */
static const struct {
    const char *name;
    enum machine_exit how;
} endings[] = {
    [SHUTDOWN_poweroff] = { "powered off", MACHINE_POWEROFF },
    [SHUTDOWN_reboot] = { "asked for a reboot", MACHINE_REBOOT },
    [SHUTDOWN_suspend] = { "suspended itself", MACHINE_SUSPEND },
    [SHUTDOWN_crash] = { "crashed", MACHINE_GUEST_CRASHED },
    [SHUTDOWN_watchdog] = { "was ended by its watchdog",
                            MACHINE_GUEST_CRASHED },
};

/**
 * The only domain has ended: say how, and end the machine.
 *
 * @param d  May not run any more. Called by the exit path.
 * @post  Does not return: the exit code is enum machine_exit's.
 */
_Noreturn void domain_end(struct domain *d)
{
    unsigned reason = d->shutdown_reason;
    struct vcpu *v = current_vcpu();

    BUG_ON(domain_may_run(d));
    console_ring_drain_all(d);
    if (reason >= ARRAY_SIZE(endings)) {
        printk(LOG_ERROR, "domain %u shut down for the unknown reason %u\n",
               d->id, reason);
        machine_end(MACHINE_GUEST_CRASHED);
    }
    if (reason == SHUTDOWN_crash && !d->crashed) {
        printk(LOG_ERROR, "domain %u says that it crashed\n", d->id);
        if (v && v->domain == d)
            report_vcpu(v, guest_frame());
    }
    printk(LOG_INFO, "domain %u (%s) %s; it owned %u KB of memory\n", d->id,
           d->name, endings[reason].name, d->nr_frames * 4);
    machine_end(endings[reason].how);
}
