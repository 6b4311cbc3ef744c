/* SPDX-License-Identifier: MIT */
/**
 * @file first.c
 * Which domains are built from the boot modules, and what each of them gets;
 * build.c builds them.
 *
 * Without a `domain=` on the command line there is one: module 0 is its
 * kernel, module 1, if there is one, its initial ramdisk. It is the control
 * domain, unless the command line has `plain`: then it is an ordinary one, as
 * a control domain would build it.
 *
 * With `domain=` (order.c) there are as many as are asked for. All are built
 * before the first of them runs, so that a mistake in the last one's order
 * does not end what others have begun.
 *
 * A kernel module's string is its guests' command line. A guest that cannot be
 * started is refused with a sentence, and the machine ends with
 * MACHINE_GUEST_REFUSED.
 *
 * Source: [Xen2003] 3.4 "Building a New Domain".
 */
#include "builder.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"
#include "order.h"

/** What a domain gets at most when nobody says how much. Every frame is zeroed
 *  first, so more would only make starts slow. */
#define DEFAULT_MAX_FRAMES (512u * 1024 * 1024 / PAGE_SIZE)

/** The number of the first ordinary domain: 0 is the control domain's. */
#define FIRST_PLAIN_DOMAIN 1

static _Noreturn void refuse_order(const struct domain_order *o, domid_t id,
                                   const char *sentence)
{
    if (domain_orders.nr == 0)
        printk(LOG_ERROR, "The guest is refused: %s.\n", sentence);
    else
        printk(LOG_ERROR, "domain %u (module %u) is refused: %s.\n", id,
               o->kernel, sentence);
    machine_end(MACHINE_GUEST_REFUSED);
}

/** A module's bytes as a source, if they are memory that exists. */
static void open_module(const struct boot_info *info, unsigned index,
                        struct image_source *source)
{
    const struct boot_module *module = &info->module[index];

    if (index >= info->nr_modules) {
        printk(LOG_ERROR, "domain= names module %u, but the boot loader's "
                          "last one is %u.\n", index, info->nr_modules - 1);
        machine_end(MACHINE_BAD_BOOT);
    }
    if (module->end < module->start ||
        (module->end + (uint64_t)PAGE_SIZE - 1) / PAGE_SIZE > nr_frames()) {
        printk(LOG_ERROR, "The boot loader's module %u is at 0x%x-0x%x, where "
                          "there is no memory.\n",
               index, module->start, module->end);
        machine_end(MACHINE_BAD_BOOT);
    }
    machine_source(source, module->start, module->end);
}

/** What there is without a `domain=`: module 0, with module 1. */
static void order_the_only_one(const struct boot_info *info,
                               struct domain_order *o)
{
    *o = (struct domain_order){ .count = 1, .control = !options.plain,
                                .nr_vcpus = options.dom0_max_vcpus,
                                .has_ramdisk = info->nr_modules > 1,
                                .ramdisk = 1,
                                .memory_bytes = options.dom0_mem_bytes };
}

/** The options dom0_...= are for the control domain if its order says
 *  nothing else. */
static void complete_control(struct domain_order *o, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        if (!o[i].control)
            continue;
        if (o[i].memory_bytes == 0)
            o[i].memory_bytes = options.dom0_mem_bytes;
        if (o[i].nr_vcpus == 1)
            o[i].nr_vcpus = options.dom0_max_vcpus;
    }
}

/** Memory runs out: say who asked for how much. */
static _Noreturn void too_much(const char *what, uint64_t frames,
                               uint32_t free)
{
    printk(LOG_ERROR, "%s for %llu KB, but only %u KB of memory are free.\n",
           what, (unsigned long long)frames * 4, free * 4);
    machine_end(MACHINE_BAD_BOOT);
}

/**
 * How many frames a domain gets whose order does not say it: an equal share of
 * what is free, less a 16th, and less what other orders say.
 */
static uint32_t equal_share(const struct domain_order *o, unsigned nr)
{
    uint32_t free = frames_free(), share;
    uint64_t said = 0;
    uint32_t silent = 0;

    for (unsigned i = 0; i < nr; i++) {
        said += o[i].memory_bytes / PAGE_SIZE * o[i].count;
        if (o[i].memory_bytes == 0)
            silent += o[i].count;
    }
    if (said > free)
        too_much(domain_orders.nr == 0 ? "dom0_mem= asks"
                                       : "All mem= of domain= together ask",
                 said, free);
    if (silent == 0)
        return 0;
    free -= free / 16;
    share = said < free ? (free - (uint32_t)said) / silent : 0;
    return share < DEFAULT_MAX_FRAMES ? share : DEFAULT_MAX_FRAMES;
}

/** Build all domains of an order; their numbers start at `id`.
 *  @return The first one's vCPU 0. */
static struct vcpu *build_order(const struct boot_info *info,
                        const struct domain_order *o, uint32_t share,
                        domid_t id)
{
    struct build_request r = { .control = o->control,
                               .nr_vcpus = o->nr_vcpus,
                               .weight = o->weight, .warp_us = o->warp_us };
    struct vcpu *first = NULL;
    struct build_error error;

    open_module(info, o->kernel, &r.kernel);
    if (o->has_ramdisk)
        open_module(info, o->ramdisk, &r.ramdisk);
    r.string = info->module[o->kernel].string;
    r.nr_pages = share;
    if (o->memory_bytes != 0)
        r.nr_pages = (uint32_t)(o->memory_bytes / PAGE_SIZE);
    for (uint32_t i = 0; i < o->count; i++) {
        r.id = (domid_t)(id + i);
        struct vcpu *v = domain_build(&r, &error);

        if (!v)
            refuse_order(o, r.id, error.sentence);
        vcpu_up(v);
        if (!first)
            first = v;
    }
    return first;
}

/** Build all domains of all orders.
 *  @return The vCPU that is entered first: the first order's. */
static struct vcpu *build_orders(const struct boot_info *info,
                         const struct domain_order *o, unsigned nr)
{
    uint32_t share = equal_share(o, nr);
    domid_t next = FIRST_PLAIN_DOMAIN;
    struct vcpu *first = NULL;

    for (unsigned i = 0; i < nr; i++) {
        struct vcpu *v = build_order(info, &o[i], share,
                                     o[i].control ? 0 : next);

        if (!first)
            first = v;
        if (!o[i].control)
            next = (domid_t)(next + o[i].count);
    }
    return first;
}

/** There is something to build from, and it was understood. */
static void check_orders(const struct boot_info *info)
{
    if (domain_orders.nr_wrong != 0) {
        printk(LOG_ERROR, "Nothing is started, because %u domain= could not "
                          "be understood.\n", domain_orders.nr_wrong);
        machine_end(MACHINE_BAD_BOOT);
    }
    if (info->nr_modules == 0) {
        printk(LOG_ERROR, "There is no guest: the boot loader gave no "
                          "module.\n");
        machine_end(MACHINE_NO_GUEST);
    }
}

/**
 * Build the first domains and enter one of them.
 *
 * @param info  What the boot loader handed over; modules are still where it
 *              says, out of the frame allocator's reach.
 * @context{boot}
 * @pre   Boot is complete.
 * @post  Does not return. Without a guest, or with one that is refused, the
 *        machine ends after a sentence.
 */
_Noreturn void domain_start_first(const struct boot_info *info)
{
    struct domain_order only;
    struct vcpu *first;

    check_orders(info);
    memory_io_init(info);
    memory_share_m2p();
    domain_note_memory();
    if (domain_orders.nr != 0) {
        complete_control(domain_orders.order, domain_orders.nr);
        first = build_orders(info, domain_orders.order, domain_orders.nr);
    } else {
        order_the_only_one(info, &only);
        first = build_orders(info, &only, 1);
    }
    console_queue_start();
    runstate_change(first, RUNSTATE_running);
    vcpu_enter(first);
}
