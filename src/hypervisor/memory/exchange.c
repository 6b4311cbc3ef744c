/* SPDX-License-Identifier: MIT */
/**
 * @file exchange.c
 * Frames for other frames: how a domain comes by memory that is next to each
 * other in the machine, or low enough for a device.
 *
 * The exchange goes by *steps*, the larger of an input and an output extent:
 *
 *     in   | 0 | 1 | 2 | 3 |  order 0       one step: four inputs for
 *     out  |       0       |  order 2       one output
 *
 * A step is done as a whole or not at all:
 *
 *     look     is every old frame one that may go? If not, nothing more is done
 *     prepare  the new frames wait, zeroed in as many parts of the call as that
 *              takes (extents.c)
 *     commit   read the lists again, claim every old frame, tell the new ones'
 *              numbers; and then, as nothing can go wrong any more, let the old
 *              ones go and give the new ones
 *
 * An old frame must be the caller's own and held by nobody else, not even
 * through a mapping; claiming clears PAGE_ALLOCATED, so that no frame is
 * claimed twice. The commit is in one part of a call, and if it is a large one
 * the only thing there: with 1,024 frames it takes as long as two shares.
 *
 * How many inputs are done stands in the caller's own structure, and a call
 * that continues itself finds it there.
 *
 * Source: [XenABI] xen/memory.h, XENMEM_exchange.
 */
#include "memory_op.h"

#include "boot.h"
#include "domain.h"
#include "memory.h"

#define MAX_STEP (1u << FRAME_MAX_ORDER)

/** An exchange, checked. */
struct exchange {
    struct domain *domain;
    struct xen_memory_reservation in, out;
    uint32_t in_list, out_list; /**< addresses */
    uint32_t below;             /**< new frames' numbers must be less */
    unsigned order;             /**< of a step */
};

/* One step's frames. Too many for the stack; there is one processor, and no
 * part of a call needs what another one left here. */
static uint32_t old_frame[MAX_STEP];
static mfn_t new_frame[MAX_STEP];
static uint32_t new_pfn[MAX_STEP];

/** Read the extents of one step from a list, each number once. */
static int read_list(uint32_t list, uint32_t first, uint32_t nr,
                     uint32_t *value)
{
    return copy_from_guest(value, vaddr(list + first * sizeof(*value)),
                           nr * sizeof(*value));
}

/** The frame of a step's `i`-th page, by the inputs that were read. */
static mfn_t old_at(const struct exchange *x, uint32_t i)
{
    uint32_t offset = i & ((1u << x->in.extent_order) - 1);

    return mfn(old_frame[i >> x->in.extent_order] + offset);
}

/** Put the claims on the first `nr` frames of the step back. */
static void unclaim(const struct exchange *x, uint32_t nr)
{
    while (nr-- > 0)
        frame_info(old_at(x, nr))->flags |= PAGE_ALLOCATED;
}

/** Claim all old frames of the step, or none. */
static int claim(const struct exchange *x)
{
    for (uint32_t i = 0; i < 1u << x->order; i++) {
        struct page_info *info = frame_info(old_at(x, i));

        if (!info || info->owner != x->domain || info->count != 1 ||
            !(info->flags & PAGE_ALLOCATED)) {
            unclaim(x, i);
            return -EINVAL;
        }
        info->flags &= ~PAGE_ALLOCATED;
    }
    return 0;
}

/** Put the new frames, which wait, in the places of the claimed ones. */
static void replace_all(const struct exchange *x, uint32_t nr_out)
{
    uint32_t size = 1u << x->out.extent_order, at = 0;

    for (uint32_t i = 0; i < nr_out; i++) {
        for (uint32_t j = 0; j < size; j++)
            frame_replace(old_at(x, at++), mfn(new_frame[i].n + j),
                          new_pfn[i] + j);
    }
    extents_given();
    flush_before_reuse();
    work_add(MOVE_WORK << x->order);
    (void)frames_scrub(); /* what of it the share allows */
}

/** How many inputs, and how many outputs, a step has. */
static uint32_t step_inputs(const struct exchange *x)
{
    return 1u << (x->order - x->in.extent_order);
}

static uint32_t step_outputs(const struct exchange *x)
{
    return 1u << (x->order - x->out.extent_order);
}

/** Read the two lists' parts for a step, and claim its old frames. */
static int begin_step(const struct exchange *x, uint32_t step)
{
    if (read_list(x->in_list, step * step_inputs(x), step_inputs(x),
                  old_frame) != 0 ||
        read_list(x->out_list, step * step_outputs(x), step_outputs(x),
                  new_pfn) != 0)
        return -EFAULT;
    return claim(x);
}

/** Have the new frames wait. */
static int prepare(const struct exchange *x, uint32_t step)
{
    int error;

    if (current_vcpu()->extents.nr == 0) { /* the first part: look */
        error = begin_step(x, step);
        if (error)
            return error;
        unclaim(x, 1u << x->order);
    }
    return extents_ready(step_outputs(x), x->out.extent_order, x->below);
}

/** Exchange the frames of one step, as a whole or not at all. */
static int exchange_step(const struct exchange *x, uint32_t step)
{
    uint32_t nr_out = step_outputs(x);
    uint32_t to = x->out_list + step * nr_out * sizeof(uint32_t);
    int error = prepare(x, step);

    if (error)
        return error;
    error = begin_step(x, step);
    if (error)
        return error;
    extents_first(new_frame);
    if (copy_to_guest(vaddr(to), new_frame, nr_out * sizeof(uint32_t)) != 0) {
        unclaim(x, 1u << x->order);
        return -EFAULT;
    }
    replace_all(x, nr_out);
    return 0;
}

/** Do the two halves of a request go together? */
static int check(const struct xen_memory_exchange *request,
                 struct exchange *x)
{
    unsigned most = current_vcpu()->domain->privileged ? FRAME_MAX_ORDER : 0;

    x->in = request->in;
    x->out = request->out;
    x->in_list = (uint32_t)(uintptr_t)request->in.extent_start.p;
    x->out_list = (uint32_t)(uintptr_t)request->out.extent_start.p;
    x->below = reservation_below(request->out.mem_flags);
    x->order = x->in.extent_order > x->out.extent_order
                   ? x->in.extent_order : x->out.extent_order;
    x->domain = domain_for_memory(x->in.domid);
    if (x->order > most)
        return -EPERM;
    if (x->in.domid != x->out.domid ||
        x->in.nr_extents > MEMORY_OP_MAX_EXTENTS ||
        x->out.nr_extents > MEMORY_OP_MAX_EXTENTS ||
        (uint64_t)x->in.nr_extents << x->in.extent_order !=
            (uint64_t)x->out.nr_extents << x->out.extent_order ||
        request->nr_exchanged > x->in.nr_extents)
        return -EINVAL;
    return x->domain ? 0 : -ESRCH;
}

/**
 * Memory operation 11.
 *
 * @param arg  Of the hypercall; [1] is the address of the request.
 * @context{hypercall}
 * @post  Nothing waits for the vCPU (extents.c), unless the call continues.
 * @retval 0        all was exchanged.
 * @retval -EFAULT  the request or one of its lists is not there.
 * @retval -EPERM   extents of more than one frame, for an unprivileged caller.
 * @retval -ESRCH   no such domain.
 * @retval -EINVAL  the halves differ in size, or an old frame is not the
 *                  domain's alone.
 * @retval -ENOMEM  no new frames. On an error nr_exchanged says how far it
 *                  came; no step is half done.
 */
int32_t memory_exchange(const uint32_t arg[HYPERCALL_ARGS])
{
    const uint32_t at_done = offsetof(struct xen_memory_exchange,
                                      nr_exchanged);
    struct xen_memory_exchange request;
    uint32_t per_step, step, done;
    struct exchange x;
    int error;

    error = copy_from_guest(&request, vaddr(arg[1]), sizeof(request));
    if (!error)
        error = check(&request, &x);
    if (error) {
        extents_drop(current_vcpu());
        return error;
    }
    per_step = step_inputs(&x);
    step = (uint32_t)request.nr_exchanged / per_step;
    while (!error && (step + 1) * per_step <= x.in.nr_extents) {
        if (work_exhausted())
            error = -ERESTART;
        else
            error = exchange_step(&x, step);
        step += !error;
    }
    done = step * per_step;
    if (copy_to_guest(vaddr(arg[1] + at_done), &done, sizeof(done)) != 0)
        error = -EFAULT;
    if (error == -ERESTART)
        return hypercall_continue(__HYPERVISOR_memory_op, arg);
    extents_drop(current_vcpu());
    return error;
}
