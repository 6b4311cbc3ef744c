/* SPDX-License-Identifier: MIT */
/**
 * @file mmuext_op.c
 * Hypercall 26: everything about page tables that is no change of an entry:
 * pins, the base, flushes, the LDT, and whole pages cleared or copied.
 *
 * What pinning and a new base do is exercise 3.3, what a flush does 3.4.
 *
 * Source: [XenABI] xen/xen.h, "HYPERVISOR_mmuext_op".
 */
#include "memory.h"

#include "arch_memory.h"
#include "boot.h"
#include "domain.h"
#include "lib.h"
#include "memory_calls.h"

static mfn_t first_frame(const struct mmuext_operation *o)
{
    return mfn((uint32_t)o->op.arg1.mfn);
}

static mfn_t second_frame(const struct mmuext_operation *o)
{
    return mfn((uint32_t)o->op.arg2.src_mfn);
}

/** A pin asked for by the number of levels; more than we have: in order. */
static int pin(const struct mmuext_operation *o)
{
    switch (o->op.cmd) {
    case MMUEXT_PIN_L1_TABLE:
        return table_pin(o->owner, first_frame(o), FRAME_L1);
    case MMUEXT_PIN_L2_TABLE:
        return table_pin(o->owner, first_frame(o), FRAME_L2);
    case MMUEXT_PIN_L3_TABLE:
        return table_pin(o->owner, first_frame(o), FRAME_L3);
    default:
        return 0;
    }
}

/** Operations that concern the caller's own processor and tables only. */
static int check_self(const struct mmuext_operation *o)
{
    return o->owner == o->caller ? 0 : -EPERM;
}

/** Flushes. Several vCPUs are flushed when the one that runs is. */
static int flush(const struct mmuext_operation *o)
{
    uint32_t set = 1;
    int error = check_self(o);

    if (error)
        return error;
    switch (o->op.cmd) {
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        if (copy_from_guest(&set, vaddr((uint32_t)(uintptr_t)
                                        o->op.arg2.vcpumask.p),
                            sizeof(set)) != 0)
            return -EINVAL;
        break;
    }
    if (set == 0)
        return 0;
    switch (o->op.cmd) {
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_MULTI:
    case MMUEXT_INVLPG_ALL:
        if (o->op.arg1.linear_addr < M2P_START)
            flush_page((uint32_t)o->op.arg1.linear_addr);
        break;
    default:
        flush_all();
    }
    return 0;
}

/** Write back the caches: only who drives devices has a reason to. */
static int flush_cache(const struct mmuext_operation *o)
{
    if (o->owner != o->caller)
        return -EPERM;
    if (!o->caller->privileged)
        return o->op.cmd == MMUEXT_FLUSH_CACHE ? -EACCES : -EINVAL;
    arch_flush_caches();
    return 0;
}

/** Clear a page, or fill it from another, that can be written to. */
static int fill_page(const struct mmuext_operation *o)
{
    bool copy = o->op.cmd == MMUEXT_COPY_PAGE;
    void *to, *from;

    if (copy && !frame_get(second_frame(o), o->owner))
        return -EINVAL;
    if (frame_get_and_type(first_frame(o), o->owner, FRAME_WRITABLE) != 0) {
        if (copy)
            frame_put(second_frame(o));
        return -EINVAL;
    }
    to = window_map(first_frame(o));
    if (copy) {
        from = window_map(second_frame(o));
        memmove(to, from, PAGE_SIZE);
        window_unmap(from);
        frame_put(second_frame(o));
    } else {
        memset(to, 0, PAGE_SIZE);
    }
    window_unmap(to);
    frame_put_and_type(first_frame(o));
    work_add(TABLE_ENTRIES / 8);
    return 0;
}

static int new_base(const struct mmuext_operation *o)
{
    int error = check_self(o);

    return error ? error : base_switch(current_vcpu(), first_frame(o));
}

static int set_ldt(const struct mmuext_operation *o)
{
    int error = check_self(o);

    return error ? error
                 : ldt_set(current_vcpu(),
                           vaddr((uint32_t)o->op.arg1.linear_addr),
                           o->op.arg2.nr_ents);
}

/** The commands' numbers lead here; a hole in them is no command. */
static int (*const handlers[])(const struct mmuext_operation *) = {
    [MMUEXT_PIN_L1_TABLE] = pin,
    [MMUEXT_PIN_L2_TABLE] = pin,
    [MMUEXT_PIN_L3_TABLE] = pin,
    [MMUEXT_PIN_L4_TABLE] = pin,
    [MMUEXT_NEW_BASEPTR] = new_base,
    [MMUEXT_TLB_FLUSH_LOCAL] = flush,
    [MMUEXT_INVLPG_LOCAL] = flush,
    [MMUEXT_TLB_FLUSH_MULTI] = flush,
    [MMUEXT_INVLPG_MULTI] = flush,
    [MMUEXT_TLB_FLUSH_ALL] = flush,
    [MMUEXT_INVLPG_ALL] = flush,
    [MMUEXT_FLUSH_CACHE] = flush_cache,
    [MMUEXT_SET_LDT] = set_ldt,
    [MMUEXT_FLUSH_CACHE_GLOBAL] = flush_cache,
    [MMUEXT_CLEAR_PAGE] = fill_page,
    [MMUEXT_COPY_PAGE] = fill_page,
};

/**
 * Do one operation of hypercall 26.
 *
 * @param o  The hypervisor's copy.
 * @context{hypercall}
 * @retval 0        done.
 * @return Else as do_mmuext_op(), or -ERESTART: not done yet.
 */
int mmuext_request(const struct mmuext_operation *o)
{
    unsigned cmd = o->op.cmd;

    work_add(REQUEST_WORK);
    if (cmd == MMUEXT_UNPIN_TABLE)
        return table_unpin(o->owner, first_frame(o));
    if (cmd == MMUEXT_MARK_SUPER || cmd == MMUEXT_UNMARK_SUPER)
        return -EOPNOTSUPP;
    if (cmd >= ARRAY_SIZE(handlers) || !handlers[cmd])
        return -ENOSYS;
    return handlers[cmd](o);
}

/**
 * The end of hypercall 26, or of a part of it: as mmu_update_end(), whose
 * parameters it has.
 *
 * @param arg    The call's arguments.
 * @param done   Operations that this part did.
 * @param error  As there.
 * @context{hypercall}
 * @return for the caller to return.
 */
int32_t mmuext_op_end(const uint32_t arg[HYPERCALL_ARGS], uint32_t done,
                      int error)
{
    uint32_t nr = arg[1] & ~REST_OF_A_CALL;

    if (nr > 0)
        count_done(vaddr(arg[2]), done, arg[1] & REST_OF_A_CALL);
    if (error == -ERESTART) {
        uint32_t rest[HYPERCALL_ARGS] = {
            arg[0] + done * sizeof(struct mmuext_op),
            (nr - done) | REST_OF_A_CALL, arg[2], arg[3], arg[4], arg[5],
        };

        return hypercall_continue(__HYPERVISOR_mmuext_op, rest);
    }
    return error;
}

/**
 * Hypercall 26: a list of operations on page tables.
 *
 * @param arg  [0] address of the operations, [1] how many (bit 31: the rest
 *             of a call), [2] address of a u32 for how many were done, [3]
 *             owner of the frames.
 * @context{hypercall}
 * @note  Continues itself when its share of work is done.
 * @retval 0        all were done.
 * @retval -ESRCH, -EPERM  the owner: see owner_named(). -EPERM also for an
 *                  operation that is only for the caller's own.
 * @retval -EFAULT  an operation could not be read.
 * @retval -ENOSYS, -EOPNOTSUPP  an operation that does not exist.
 * @retval -EACCES  caches, without the right to devices.
 * @retval -EINVAL, -EBUSY  as table_pin() and its like. On any error the
 *                  operations before were done.
 */
int32_t do_mmuext_op(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t nr = arg[1] & ~REST_OF_A_CALL, done = 0;
    struct mmuext_operation o = { .caller = current_vcpu()->domain };
    int error;

    if (nr == 0)
        return 0; /* whoever is named, and nothing is told */
    if (!work_begin())
        return hypercall_continue(__HYPERVISOR_mmuext_op, arg);
    o.owner = owner_named((domid_t)arg[3], &error);
    if (!o.owner)
        return error;
    while (done < nr && !error) {
        vaddr_t at = vaddr(arg[0] + done * sizeof(o.op));

        if (work_exhausted())
            error = -ERESTART;
        else if (copy_from_guest(&o.op, at, sizeof(o.op)) != 0)
            error = -EFAULT;
        else
            error = mmuext_request(&o);
        if (!error)
            done++;
    }
    return mmuext_op_end(arg, done, error);
}
