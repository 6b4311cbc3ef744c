/* SPDX-License-Identifier: MIT */
/**
 * @file frames.c
 * Exercise 3.1: what a frame is used as, and by how many.
 *
 * A guest writes its own page tables' contents, but the processor must never
 * walk a table that we have not read. So every frame has a *type*, and while
 * anybody relies on the type it cannot change. A frame that is a page table
 * has no writable mapping; a frame that has one is no page table.
 *
 * Two counts say who relies on what:
 *
 *  - `count`, general references: who holds the frame at all. Its owner holds
 *    one; each mapping holds one. At 0 the frame is free.
 *  - `type_count`: who relies on its type. Each writable mapping holds one on
 *    FRAME_WRITABLE; each L2 entry one on its L1, and so on.
 *
 *             get type: flush, validate
 *     +-----------+ ------------------> +-----------------+   get: ++
 *     |  no type  |                     | type, count 1.. |  <------>
 *     | (count 0) | <------------------ |                 |   put: --
 *     +-----------+   last put: give    +-----------------+
 *                     back what it held
 *
 * At type count 0 the last type is remembered: going back to the same one
 * needs no flush. Validation, for the types that need it, is exercise 3.2.
 *
 * Invariants:
 *  - MM-I1: no frame number beyond the table is ever followed: every function
 *    here that takes a guest's number goes through frame_info().
 *  - MM-I2: a frame has one type while its type count is not 0.
 *  - MM-I3: who holds a type reference holds a general reference as well, so
 *    a frame that is freed has no type in use (frame_put() relies on it).
 *  - MM-I4: on an error every count is as on entry.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation", 2.1.1 "Memory
 * Management".
 *
 * @defgroup memory Memory
 * Frames, their types and counts; page tables, validated before use.
 */
#include "memory.h"

#include "console.h"
#include "xen_abi.h"

/**
 * Take a general reference.
 *
 * @param m      Any number.
 * @param owner  Whose the frame must be.
 * @context{entry}
 * @return false, with nothing changed, if the machine has no such frame, it is
 *         not the owner's, it is free, or the count is at FRAME_COUNT_MAX.
 * @ingroup memory
 */
bool frame_get(mfn_t m, const struct domain *owner)
//@solution 3.1 -- (void)m; (void)owner; return false;
{
    struct page_info *info = frame_info(m);

    if (!info || info->owner != owner || info->count == 0 ||
        info->count == FRAME_COUNT_MAX)
        return false;
    info->count++;
    return true;
}
//@end

/**
 * Drop a general reference; the last one frees the frame.
 *
 * @param m  A frame on which the caller holds a reference.
 * @context{entry}
 * @ingroup memory
 */
void frame_put(mfn_t m)
//@solution 3.1 -- (void)m;
{
    struct page_info *info = frame_info(m);

    BUG_ON(!info || info->count == 0);
    if (--info->count == 0)
        frame_free_owned(m);
}
//@end

/**
 * Take a type reference; on the step from 0 to 1 make the frame that type.
 *
 * The order of that step matters. First drop translations that the processor
 * may still remember from the frame's last use: through one of them, the
 * guest could change a table after it was validated. Then validate, which is
 * table_make()'s work. Writable frames need none: anything may be in them.
 *
 * Long work comes in pieces (partial.c). A frame that is PAGE_PARTIAL or
 * PAGE_LEAVING is table_resume()'s, whatever is asked for; a frame whose
 * validation returns -ERESTART is given to table_interrupted(), which says what
 * to return. One that fails otherwise is given to table_release().
 *
 * @param m     A frame on which the caller holds a general reference.
 * @param type  Any but FRAME_NONE. A FRAME_XEN_L2 is never shared: its count
 *              cannot go beyond 1.
 * @context{entry}
 * @post  PAGE_VALIDATED is set while the type is in use and complete. On an
 *        error nothing is held of what a promotion took on its way:
 *        table_release() gives it back.
 * @note  For a table reads up to 512 entries, and those of every table below
 *        that has no type yet, but stops when work_exhausted().
 * @retval 0          one reference taken.
 * @retval -EINVAL    another type is in use, or the count is at its limit.
 * @retval -ERESTART  not done yet: call again with the same arguments, after
 *                    interrupts were let in; no reference is taken.
 * @return Else the error of validation (table_promote()).
 * @ingroup memory
 */
int frame_get_type(mfn_t m, enum frame_type type)
//@solution 3.1 -- (void)m; (void)type; return -ENOSYS;
{
    struct page_info *info = frame_info(m);
    int error;

    if (info->flags & (PAGE_PARTIAL | PAGE_LEAVING))
        return table_resume(m, type);
    if (info->type_count > 0) {
        if (info->type != type || type == FRAME_XEN_L2 ||
            info->type_count == FRAME_COUNT_MAX)
            return -EINVAL;
        info->type_count++;
        return 0;
    }
    if (info->type != type)
        flush_before_reuse();
    info->type = type;
    info->type_count = 1; /* and partial is 0, as of any frame in no use */
    error = type == FRAME_WRITABLE ? 0 : table_make(m);
    if (error == -ERESTART)
        return table_interrupted(m);
    if (error)
        table_release(m);
    else
        info->flags |= PAGE_VALIDATED;
    return error;
}
//@end

/**
 * Drop a type reference. The last one on a page table gives back everything
 * that its entries hold; the type is remembered, not in use.
 *
 * Giving back is table_release()'s work, at once or in pieces. It is to find
 * the type count still at 1, PAGE_VALIDATED clear, and in `partial` how many
 * entries hold something: in a validated table `partial` means nothing, and
 * all of the guest's entries do (table_guest_entries()).
 *
 * @param m  A frame on which the caller holds a type reference, and a general
 *           one that it drops only afterwards.
 * @context{entry}
 * @note  The last reference on a table reads up to 512 entries; if that goes
 *        far down, tables_finish() does the rest.
 * @ingroup memory
 */
void frame_put_type(mfn_t m)
//@solution 3.1 -- (void)m;
{
    struct page_info *info = frame_info(m);

    BUG_ON(!info || info->type_count == 0);
    if (info->type_count > 1) {
        info->type_count--;
        return;
    }
    info->flags &= ~PAGE_VALIDATED;
    info->partial = frame_type_is_table(info->type)
                        ? table_guest_entries(info->type) : 0;
    table_release(m);
}
//@end

/**
 * Take a general and a type reference, or neither.
 *
 * @param m      Any number.
 * @param owner  Whose the frame must be.
 * @param type   As of frame_get_type().
 * @context{entry}
 * @retval 0        both taken.
 * @retval -EINVAL  not a frame of the owner's, or another type is in use.
 * @return Else as frame_get_type().
 * @ingroup memory
 */
int frame_get_and_type(mfn_t m, const struct domain *owner,
                       enum frame_type type)
//@solution 3.1 -- (void)m; (void)owner; (void)type; return -ENOSYS;
{
    int error;

    if (!frame_get(m, owner))
        return -EINVAL;
    error = frame_get_type(m, type);
    if (error)
        frame_put(m);
    return error;
}
//@end

/**
 * Drop a type and a general reference, in the order that MM-I3 demands.
 *
 * @param m  A frame on which the caller holds both.
 * @context{entry}
 * @ingroup memory
 */
void frame_put_and_type(mfn_t m)
//@solution 3.1 -- (void)m;
{
    frame_put_type(m);
    frame_put(m);
}
//@end
