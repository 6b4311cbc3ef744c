/* SPDX-License-Identifier: MIT */
/**
 * @file end.c
 * A domain has ended: what is said, and what follows for the machine.
 *
 *     the control domain ended     --> so does the machine
 *     another, and there is one    --> it stays as it is, for the control
 *                                      domain to look at, and to destroy
 *     another, and there is none   --> it is destroyed; the machine ends when
 *                                      the last one is gone
 *
 * A domain that was the only one all the time is not destroyed: nobody is there
 * to be given what it had.
 *
 * Source: [XenABI] xen/sched.h, SHUTDOWN_*.
 */
#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

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

/** Say how a domain ended; what it is for the machine. */
static enum machine_exit tell_end(const struct domain *d)
{
    unsigned reason = d->shutdown_reason;
    struct vcpu *v = current_vcpu();

    if (reason >= ARRAY_SIZE(endings)) {
        printk(LOG_ERROR, "domain %u shut down for the unknown reason %u\n",
               d->id, reason);
        return MACHINE_GUEST_CRASHED;
    }
    if (reason == SHUTDOWN_crash && !d->crashed) {
        printk(LOG_ERROR, "domain %u says that it crashed\n", d->id);
        if (v && v->domain == d)
            report_vcpu(v, guest_frame());
    }
    report_names(d);
    printk(LOG_INFO, "domain %u (%s) %s; it owned %u KB of memory\n", d->id,
           d->name, endings[reason].name, d->nr_frames * 4);
    return endings[reason].how;
}

/** How the machine ends: what the last domain to end said, but a crash is not
 *  forgotten. */
static enum machine_exit last_words;

static void remember(enum machine_exit how)
{
    if (last_words != MACHINE_GUEST_CRASHED)
        last_words = how;
}

/** Whether a control domain is there to decide. */
static bool control_domain_lives(void)
{
    const struct domain *d = domain_first();

    while (d && !d->privileged)
        d = d->next;
    return d != NULL;
}

/** What is to be done for one domain, once. */
static void end(struct domain *d)
{
    enum machine_exit how;

    d->end_told = true;
    console_wait_for_room(); /* its report may have filled our half */
    console_ring_drain_all(d);
    console_line_end(d);
    how = tell_end(d);
    remember(how);
    if (d->privileged || !d->console_line.told_apart) {
        /* Its last words take longer than an interrupt may be kept waiting. */
        console_queue_wait();
        machine_end(how);
    }
    if (!control_domain_lives())
        domain_destroy(d);
}

/**
 * Do what is to be done for domains that have ended since the last call. The
 * exit path calls it (EXIT_STOP), and goes on with another domain; so does the
 * scheduler while nobody runs.
 *
 * @context{exit}
 * @post  Does not return if the machine ends.
 */
void domain_end_all(void)
{
    for (struct domain *d = domain_first(); d; d = d->next) {
        if (d->is_shut_down && !d->end_told)
            end(d);
    }
}

/** What was free before the first domain was made. */
static struct {
    uint32_t frames;
    size_t heap_bytes;
} before;

/**
 * Remember what is free before any domain is made, for domain_all_gone().
 *
 * @context{boot}
 */
void domain_note_memory(void)
{
    before.frames = frames_free();
    before.heap_bytes = heap_bytes_free();
}

/**
 * A domain is no more.
 *
 * @param d  It holds nothing, and nobody holds anything of it. Freed.
 * @context{exit}
 */
void domain_gone(struct domain *d)
{
    printk(LOG_INFO, "domain %u is gone: %u frames and %u KB of the heap are "
                     "free\n", d->id, frames_free(),
           (unsigned)heap_bytes_free() / 1024);
    domain_unlink(d);
    heap_free(d);
    if (options.recount && memory_recount() != 0)
        panic("frames have wrong counts after a domain's end: %s",
              memory_recount_found);
}

/**
 * The last domain is gone: the machine ends. What is not free now that was free
 * before the first domain was lost by us.
 *
 * @context{exit}
 */
_Noreturn void domain_all_gone(void)
{
    if (frames_free() < before.frames ||
        heap_bytes_free() < before.heap_bytes)
        panic("%u frames and %u KB of the heap were free before the first "
              "domain; after the last there are %u and %u",
              before.frames, (unsigned)before.heap_bytes / 1024,
              frames_free(), (unsigned)heap_bytes_free() / 1024);
    machine_end(last_words);
}
