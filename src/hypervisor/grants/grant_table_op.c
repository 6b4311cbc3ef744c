/* SPDX-License-Identifier: MIT */
/**
 * @file grant_table_op.c
 * @ingroup grants
 * Hypercall 20: which operation on grant tables, and how many.
 */
#include "hypercall.h"

#include "grants.h"

/**
 * Hypercall 20.
 *
 * @param arg  [0] GNTTABOP_*, [1] address of its structures, [2] how many:
 *             none is no work, and these operations take one at a time.
 * @retval 0        the structure's status says how it went.
 * @retval -EINVAL  more than one, or a version that does not exist.
 * @retval -EFAULT  the structure cannot be read or written.
 * @retval -ENOSYS  an operation that does not exist (yet).
 * @par Source
 * [XenABI] xen/grant_table.h.
 */
int32_t do_grant_table_op(const uint32_t arg[HYPERCALL_ARGS])
{
    int32_t (*operation)(vaddr_t at);

    switch (arg[0]) {
    case GNTTABOP_setup_table:
        operation = grant_setup_table;
        break;
    case GNTTABOP_query_size:
        operation = grant_query_size;
        break;
    case GNTTABOP_set_version: /* has no count: there is one version */
        return grant_set_version(vaddr(arg[1]));
    default:
        return -ENOSYS;
    }
    if (arg[2] > 1)
        return -EINVAL;
    return arg[2] == 0 ? 0 : operation(vaddr(arg[1]));
}
