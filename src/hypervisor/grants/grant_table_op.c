/* SPDX-License-Identifier: MIT */
/**
 * @file grant_table_op.c
 * @ingroup grants
 * Hypercall 20: which operation on grant tables, and how many.
 *
 * Most operations come in arrays. Each element is read once, done, and its
 * status written, before the next one is looked at: one that fails stops
 * nothing. Long arrays are continued. Of mappings that end, a few at a time
 * share one flush of the processor's translations (GNT-I8).
 *
 * Source: [XenABI] xen/grant_table.h.
 */
#include "hypercall.h"

#include "domain.h"
#include "grants.h"
#include "lib.h"
#include "memory.h"

/** Work, in entries looked at: what one element takes, without its copying. */
#define ELEMENT_WORK 8u
#define COPY_WORK (PAGE_SIZE / 4 / 48)

/** Above the operation: from which handle on a search goes on. */
#define OPERATION_BITS 12u

/** Mappings that end with one flush. */
#define UNMAP_BATCH 16u

/** Where in an array the work is. */
struct array {
    uint32_t command;
    uint32_t at;   /**< address of the next element */
    uint32_t left;
    uint32_t from; /**< handle at which the element's search goes on */
};

static struct domain *caller(void)
{
    return current_vcpu()->domain;
}

static int map_one(vaddr_t at)
{
    struct gnttab_map_grant_ref op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    op.status = grant_map(caller(), &op);
    return copy_to_guest(at, &op, sizeof(op));
}

static int copy_one(vaddr_t at)
{
    struct gnttab_copy op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    work_add(COPY_WORK);
    op.status = grant_copy(caller(), &op);
    at.a += offsetof(struct gnttab_copy, status);
    return copy_to_guest(at, &op.status, sizeof(op.status));
}

static int transfer_one(vaddr_t at)
{
    struct gnttab_transfer op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    op.status = grant_transfer(caller(), &op);
    at.a += offsetof(struct gnttab_transfer, status);
    return copy_to_guest(at, &op.status, sizeof(op.status));
}

static int swap_one(vaddr_t at)
{
    struct gnttab_swap_grant_ref op;

    if (copy_from_guest(&op, at, sizeof(op)) != 0)
        return -EFAULT;
    op.status = grant_swap(caller(), &op);
    at.a += offsetof(struct gnttab_swap_grant_ref, status);
    return copy_to_guest(at, &op.status, sizeof(op.status));
}

/** This one has no status: the first that fails ends the call. */
static int flush_one(struct array *a)
{
    struct gnttab_cache_flush op;
    int error;

    if (copy_from_guest(&op, vaddr(a->at), sizeof(op)) != 0)
        return -EFAULT;
    error = grant_cache_flush(caller(), &op, &a->from);
    if (error)
        return error;
    a->from = 0;
    a->at += sizeof(op);
    a->left--;
    return 0;
}

/** Read one request to unmap, of either form. */
static int read_unmap(const struct array *a, vaddr_t at,
                      struct grant_unmap *op)
{
    struct gnttab_unmap_grant_ref plain;
    struct gnttab_unmap_and_replace replace;

    if (a->command == GNTTABOP_unmap_grant_ref) {
        if (copy_from_guest(&plain, at, sizeof(plain)) != 0)
            return -EFAULT;
        *op = (struct grant_unmap){ .host_addr = plain.host_addr,
                                    .dev_bus_addr = plain.dev_bus_addr,
                                    .handle = plain.handle };
        return 0;
    }
    if (copy_from_guest(&replace, at, sizeof(replace)) != 0)
        return -EFAULT;
    *op = (struct grant_unmap){ .host_addr = replace.host_addr,
                                .new_addr = replace.new_addr,
                                .handle = replace.handle, .replace = true };
    return 0;
}

_Static_assert(sizeof(struct gnttab_unmap_grant_ref) ==
                       sizeof(struct gnttab_unmap_and_replace) &&
                   offsetof(struct gnttab_unmap_grant_ref, status) ==
                       offsetof(struct gnttab_unmap_and_replace, status),
               "both forms are walked alike");

/** End some mappings: all entries, one flush, then what they held. */
static int unmap_some(struct array *a)
{
    struct grant_unmap op[UNMAP_BATCH];
    unsigned n = 0;
    int error = 0;

    while (n < UNMAP_BATCH && a->left > 0) {
        error = read_unmap(a, vaddr(a->at), &op[n]);
        if (error)
            break;
        grant_unmap(caller(), &op[n++]);
        work_add(ELEMENT_WORK);
        a->at += sizeof(struct gnttab_unmap_grant_ref);
        a->left--;
    }
    flush_before_reuse();
    for (unsigned i = 0; i < n; i++) {
        uint32_t at = a->at - (n - i) * sizeof(struct gnttab_unmap_grant_ref) +
                      offsetof(struct gnttab_unmap_grant_ref, status);

        grant_unmapped(caller(), &op[i]);
        if (copy_to_guest(vaddr(at), &op[i].status, sizeof(op[i].status)))
            error = -EFAULT;
    }
    return error;
}

/** One element, or some. */
static int work_on(struct array *a)
{
    vaddr_t at = vaddr(a->at);

    work_add(ELEMENT_WORK);
    switch (a->command) {
    case GNTTABOP_map_grant_ref:
        a->at += sizeof(struct gnttab_map_grant_ref);
        a->left--;
        return map_one(at);
    case GNTTABOP_copy:
        a->at += sizeof(struct gnttab_copy);
        a->left--;
        return copy_one(at);
    case GNTTABOP_transfer:
        a->at += sizeof(struct gnttab_transfer);
        a->left--;
        return transfer_one(at);
    case GNTTABOP_swap_grant_ref:
        a->at += sizeof(struct gnttab_swap_grant_ref);
        a->left--;
        return swap_one(at);
    case GNTTABOP_cache_flush:
        return flush_one(a);
    default:
        return unmap_some(a);
    }
}

/** An array of elements, from where an earlier call left it. */
static int32_t do_array(const uint32_t arg[HYPERCALL_ARGS])
{
    struct array a = { .command = arg[0] & ((1u << OPERATION_BITS) - 1),
                       .at = arg[1], .left = arg[2],
                       .from = arg[0] >> OPERATION_BITS };
    int error = 0;

    if (!work_begin())
        return hypercall_continue(__HYPERVISOR_grant_table_op, arg);
    while (a.left > 0 && !error && !work_exhausted())
        error = work_on(&a);
    if (a.left > 0 && (!error || error == -ERESTART)) {
        const uint32_t rest[HYPERCALL_ARGS] = {
            a.command | a.from << OPERATION_BITS, a.at, a.left,
            arg[3], arg[4], arg[5],
        };

        return hypercall_continue(__HYPERVISOR_grant_table_op, rest);
    }
    return error;
}

/** The operations that take one structure. */
static int32_t do_single(int32_t (*operation)(vaddr_t at), uint32_t at,
                         uint32_t nr)
{
    if (nr > 1)
        return -EINVAL;
    return nr == 0 ? 0 : operation(vaddr(at));
}

/**
 * Hypercall 20.
 *
 * @param arg  [0] GNTTABOP_*, and for cache_flush how far the first element's
 *             search has come; [1] address of its structures, [2] how many:
 *             none is no work. What the table is like is asked one at a time.
 * @context{hypercall}
 * @note  Continues itself while there is work.
 * @retval 0        each structure's status says how it went.
 * @retval -EINVAL  more than one where one is taken, none for query_size, or
 *                  2^31 and more; a version that does not exist; what
 *                  grant_cache_flush() refuses.
 * @retval -EFAULT  a structure cannot be read or written; those before it are
 *                  done.
 * @retval -ESRCH   get_version: no such domain.
 * @retval -EPERM   get_version: another domain, and the caller is not
 *                  privileged; cache_flush: a frame that is nobody's.
 * @retval -EOPNOTSUPP  cache_flush: as grant_cache_flush().
 * @retval -ENOSYS  an operation that does not exist, or of version 2.
 * @par Source
 * [XenABI] xen/grant_table.h.
 */
int32_t do_grant_table_op(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t operation = arg[0] & ((1u << OPERATION_BITS) - 1);

    if ((int32_t)arg[2] < 0 ||
        (operation != GNTTABOP_cache_flush && operation != arg[0]))
        return -EINVAL;
    switch (operation) {
    case GNTTABOP_map_grant_ref:
    case GNTTABOP_unmap_grant_ref:
    case GNTTABOP_unmap_and_replace:
    case GNTTABOP_copy:
    case GNTTABOP_transfer:
    case GNTTABOP_swap_grant_ref:
    case GNTTABOP_cache_flush:
        return do_array(arg);
    case GNTTABOP_setup_table:
        return do_single(grant_setup_table, arg[1], arg[2]);
    case GNTTABOP_query_size:
        return arg[2] == 0 ? -EINVAL
                           : do_single(grant_query_size, arg[1], arg[2]);
    case GNTTABOP_dump_table:
        return do_single(grant_dump_table, arg[1], arg[2]);
    case GNTTABOP_get_status_frames:
        return arg[2] == 1 ? grant_status_frames(vaddr(arg[1])) : -EINVAL;
    case GNTTABOP_set_version: /* has no count: there is one version */
        return grant_set_version(vaddr(arg[1]));
    case GNTTABOP_get_version:
        return grant_get_version(vaddr(arg[1]));
    default:
        return -ENOSYS;
    }
}
