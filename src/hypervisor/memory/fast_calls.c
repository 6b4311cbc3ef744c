/* SPDX-License-Identifier: MIT */
/**
 * @file fast_calls.c
 * Hypercalls 1, 14 and 26 in a short form: what kernels ask for many times a
 * second, about their own tables.
 *
 * Each is the plain one's loop with another middle. A request that is of the
 * common kind is done here; any other one, as it was fetched, is handed to
 * the plain form's function for one request. So the results are those of the
 * plain forms, request by request; a call that is not of the common kind as a
 * whole goes to the plain form before anything of it was fetched.
 *
 *  - FAST-I4: what a loop remembers from one request for the next (the table,
 *    and where it is seen) is forgotten after every request that the plain
 *    form did: only that can end a table's use or move a window.
 *  - FAST-I5: a call of more than FAST_REQUESTS requests is not of the common
 *    kind, so that interrupts wait no longer than with the plain form. The
 *    calls of a multicall have one share of work together: what they take is
 *    counted (common_list_of_many()), and when it is used up the plain form
 *    continues the multicall (work_begin()).
 *
 * Used with the hypervisor's option `fast` (hypercall/fast.c); without it no
 * line of this file runs.
 *
 * Source: [XenABI] xen/xen.h, "HYPERVISOR_mmu_update", "HYPERVISOR_mmuext_op".
 */
#include "memory_calls.h"

#include "arch_guest.h"
#include "boot.h"
#include "domain.h"
#include "fast_entry.h"

/** Requests in one call of the common kind: about 60,000 instructions. */
#define FAST_REQUESTS 512u
/** Where the longest list of them may begin. */
#define FAST_LAST_LIST                                                       \
    (M2P_START - FAST_REQUESTS * (uint32_t)sizeof(struct mmu_update))

/** Not an error: the request was done, but a share of work with it. */
#define ENOUGH 1

/** Is nothing left from earlier calls? A whole share of work is left then. */
FAST_INLINE bool begin(void)
{
    work_done = 0;
    return tables_leaving == 0;
}

/** Is a list one that is done here, in one part? */
FAST_INLINE bool common_list(const uint32_t arg[HYPERCALL_ARGS])
{
    return arg[1] - 1 < FAST_REQUESTS && arg[0] <= FAST_LAST_LIST &&
           arg[3] == DOMID_SELF && begin();
}

/** Where the table of a request is seen: an L1 in use of the domain's own.
 *  NULL: it is another table, or another command. */
FAST_PLACES FAST_INLINE uint8_t *find_table(const struct domain *d,
                                            uint32_t at_low, uint32_t at_high)
{
    mfn_t m = fast_frame(at_low, at_high);
    const struct page_info *info = &frame_infos.info[m.n];

    if (at_low & 7 || at_high >> PAGE_SHIFT || m.n >= frame_infos.nr ||
        info->owner != d || info->type != FRAME_L1 ||
        !(info->flags & PAGE_VALIDATED))
        return NULL;
    return window_glance(m);
}

/** What a request of the common kind, and its part of what the call takes. */
#define FAST_WORK 4u

/** The same for a call in a multicall: whose calls have one share of work
 *  together, so that each of these is counted. */
static bool common_list_of_many(const uint32_t arg[HYPERCALL_ARGS])
{
    if (arg[1] - 1 >= FAST_REQUESTS || arg[0] > FAST_LAST_LIST ||
        arg[3] != DOMID_SELF || tables_leaving != 0 ||
        work_done + FAST_WORK * arg[1] > WORK_SHARE)
        return false;
    work_add(FAST_WORK * arg[1]);
    return true;
}

/** A request that is not of the common kind: the plain way. @return 0, ENOUGH,
 *  or its error. */
__attribute__((noinline)) static int plain_request(uint32_t at_low,
                                                   uint32_t at_high,
                                                   uint32_t low, uint32_t high)
{
    struct domain *d = current_vcpu()->domain;
    const struct mmu_owners owners = { d, d };
    const struct mmu_update request = {
        .ptr = hypercall_arg64(at_low, at_high),
        .val = hypercall_arg64(low, high),
    };
    int error = mmu_request(&owners, &request);

    return error == 0 && work_exhausted() ? ENOUGH : error;
}

/** One request and no count: the commonest list. */
FAST_INLINE int32_t single_update(const uint32_t arg[HYPERCALL_ARGS])
{
    const struct domain *d = current_vcpu()->domain;
    enum fast_result result = FAST_NO;
    uint32_t at = arg[0], at_low, at_high, low, high;
    uint8_t *table;
    int error;

    if (!arch_guest_read(at, &at_low) || !arch_guest_read(at + 4, &at_high) ||
        !arch_guest_read(at + 8, &low) || !arch_guest_read(at + 12, &high))
        return -EFAULT;
    table = find_table(d, at_low, at_high);
    if (table)
        result = fast_entry(d, (uint32_t *)(table + at_low % PAGE_SIZE), low,
                            high);
    fast_note(result);
    if (result != FAST_NO)
        return 0;
    error = plain_request(at_low, at_high, low, high);
    return error < 0 ? mmu_update_end(arg, 0, error) : 0;
}

/** Several requests: what is known of the last one's table is kept. */
__attribute__((noinline)) static int32_t
several_updates(const uint32_t arg[HYPERCALL_ARGS])
{
    const struct domain *d = current_vcpu()->domain;
    uint32_t at = arg[0], nr = arg[1], done = 0;
    uint32_t last_low = 0, last_high = 0, at_low, at_high, low, high;
    uint8_t *table = NULL;
    int error = 0;

    do {
        enum fast_result result = FAST_NO;

        error = -EFAULT;
        if (!arch_guest_read(at, &at_low) ||
            !arch_guest_read(at + 4, &at_high) ||
            !arch_guest_read(at + 8, &low) || !arch_guest_read(at + 12, &high))
            break;
        error = 0;
        if (!table || ((last_low ^ at_low) & ~(PAGE_SIZE - 8)) ||
            last_high != at_high) {
            table = find_table(d, at_low, at_high);
            last_low = at_low;
            last_high = at_high;
        }
        if (table)
            result = fast_entry(d, (uint32_t *)(table + at_low % PAGE_SIZE),
                                low, high);
        fast_note(result);
        if (result == FAST_NO) {
            table = NULL; /* FAST-I4 */
            error = plain_request(at_low, at_high, low, high);
        }
        at += sizeof(struct mmu_update);
    } while (error >= 0 && ++done < nr && error == 0);
    if (error == ENOUGH)
        error = done < nr ? -ERESTART : 0;
    return mmu_update_end(arg, done, error);
}

/**
 * Hypercall 1 in its short form; as do_mmu_update().
 *
 * @param arg  As of do_mmu_update().
 * @context{hypercall}
 * @return as do_mmu_update().
 */
int32_t fast_mmu_update(const uint32_t arg[HYPERCALL_ARGS])
{
    if (!common_list(arg))
        return do_mmu_update(arg);
    return arg[1] == 1 && arg[2] == 0 ? single_update(arg)
                                      : several_updates(arg);
}

/**
 * The same, in a multicall.
 *
 * @param arg  As of do_mmu_update().
 * @context{hypercall}
 * @return as do_mmu_update().
 */
int32_t fast_mmu_update_of_many(const uint32_t arg[HYPERCALL_ARGS])
{
    return common_list_of_many(arg) ? several_updates(arg)
                                    : do_mmu_update(arg);
}

/**
 * Hypercall 14 in its short form; as do_update_va_mapping().
 *
 * @param arg  As of do_update_va_mapping().
 * @context{hypercall}
 * @return as do_update_va_mapping().
 */
int32_t fast_update_va_mapping(const uint32_t arg[HYPERCALL_ARGS])
{
    struct vcpu *v = current_vcpu();
    enum fast_result result = FAST_NO;
    volatile uint32_t *slot;

    if (tables_leaving != 0)
        return do_update_va_mapping(arg);
    slot = fast_l1_slot(v, arg[0]);
    if (slot)
        result = fast_entry(v->domain, slot, arg[1], arg[2]);
    if (result == FAST_NO)
        return do_update_va_mapping(arg);
    fast_note(result);
    if (arg[3] == UVMF_NONE)
        return 0;
    if (arg[3] != (UVMF_INVLPG | UVMF_LOCAL))
        return va_mapping_flush(arg[0], arg[3]);
    flush_page(arg[0]);
    return 0;
}

/** The L3 that a vCPU's processor walks: memory_refresh_pdpt() in halves. */
static void refresh_pdpt(struct vcpu *v)
{
    const uint32_t *l3 = window_glance(v->base);
    uint32_t *copy = (uint32_t *)v->pdpt;

    for (unsigned i = 0; i < 2 * L3_ENTRIES; i += 2) {
        uint32_t present = l3[i] & PTE_P;

        copy[i] = present ? l3[i] & (PAGE_MASK | PTE_P) : 0;
        copy[i + 1] = present ? l3[i + 1] & FAST_HIGH_FRAME : 0;
    }
}

/** Change the running vCPU's base to an L3 in use, from one that stays in use
 *  (both mostly pinned), without an LDT to be forgotten. */
static bool switch_base(mfn_t l3)
{
    struct vcpu *v = current_vcpu();
    struct page_info *new = frame_info(l3), *old = frame_info(v->base);

    if (!new || !old || v->descriptors.ldt_entries != 0 ||
        new->owner != v->domain || new->type != FRAME_L3 ||
        !(new->flags & PAGE_VALIDATED) || new->count == FRAME_COUNT_MAX ||
        old->type_count < 2 || old->count < 2)
        return false;
    new->count++;
    new->type_count++;
    v->base = l3;
    refresh_pdpt(v);
    flush_all();
    old->type_count--;
    old->count--;
    return true;
}

/** An operation that is not of the common kind: the plain way. @return 0,
 *  ENOUGH, or its error. */
__attribute__((noinline)) static int plain_operation(uint32_t cmd,
                                                     uint32_t arg1,
                                                     uint32_t arg2)
{
    struct domain *d = current_vcpu()->domain;
    struct mmuext_operation o = { .owner = d, .caller = d, .op.cmd = cmd };
    int error;

    o.op.arg1.mfn = arg1;
    o.op.arg2.nr_ents = arg2;
    error = mmuext_request(&o);
    return error == 0 && work_exhausted() ? ENOUGH : error;
}

/** Do one operation, whose three words were just fetched. */
FAST_INLINE int one_operation(uint32_t cmd, uint32_t arg1, uint32_t arg2)
{
    if (cmd == MMUEXT_TLB_FLUSH_LOCAL)
        flush_all();
    else if (cmd == MMUEXT_INVLPG_LOCAL && arg1 < M2P_START)
        flush_page(arg1);
    else if (cmd != MMUEXT_NEW_BASEPTR || !switch_base(mfn(arg1)))
        return plain_operation(cmd, arg1, arg2);
    return 0;
}

_Static_assert(sizeof(((struct mmuext_op *)0)->arg1) == 4 &&
                   sizeof(((struct mmuext_op *)0)->arg2) == 4 &&
                   sizeof(struct mmuext_op) == 12,
               "an operation is three words");

/** Do a list of them. */
FAST_INLINE int32_t operations(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t at = arg[0], nr = arg[1], done = 0;
    int error;

    do {
        uint32_t cmd, arg1, arg2;

        if (arch_guest_read(at, &cmd) && arch_guest_read(at + 4, &arg1) &&
            arch_guest_read(at + 8, &arg2))
            error = one_operation(cmd, arg1, arg2);
        else
            error = -EFAULT;
        if (error == 0 && nr == 1 && arg[2] == 0)
            return 0; /* one operation and no count: the commonest list */
        at += sizeof(struct mmuext_op);
    } while (error >= 0 && ++done < nr && error == 0);
    if (error == ENOUGH)
        error = done < nr ? -ERESTART : 0;
    return mmuext_op_end(arg, done, error);
}

/**
 * Hypercall 26 in its short form; as do_mmuext_op().
 *
 * @param arg  As of do_mmuext_op().
 * @context{hypercall}
 * @return as do_mmuext_op().
 */
int32_t fast_mmuext_op(const uint32_t arg[HYPERCALL_ARGS])
{
    return common_list(arg) ? operations(arg) : do_mmuext_op(arg);
}

/**
 * The same, in a multicall.
 *
 * @param arg  As of do_mmuext_op().
 * @context{hypercall}
 * @return as do_mmuext_op().
 */
int32_t fast_mmuext_op_of_many(const uint32_t arg[HYPERCALL_ARGS])
{
    return common_list_of_many(arg) ? operations(arg) : do_mmuext_op(arg);
}
