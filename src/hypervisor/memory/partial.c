/* SPDX-License-Identifier: MIT */
/**
 * @file partial.c
 * Long work in pieces.
 *
 * Making an L3 a table may mean reading a million entries below it, and one
 * hypercall would keep interrupts out for a good part of a second. So work is
 * counted (work.c); when a call has done its share, it stops after the L1 at
 * hand, and is made again (hypercall_continue()) after
 * interrupts were let in. What was done so far stays done. That leaves frames
 * in two states that are neither one thing nor the other:
 *
 *     no type --promote--> PARTIAL --resume--> table
 *                             |                  |
 *                             v an entry is bad  v last type reference put
 *                             +-----> LEAVING <--+
 *                                        | tables_finish()
 *                                        v
 *                                     no type
 *
 * Either way the type is in use, with a count of 1 and a general reference
 * that are the frame's own, and entries [0, partial) hold theirs. A PARTIAL
 * frame waits for whoever wanted it to be a table to ask again. LEAVING
 * frames are on a list, and every call of lab 3 finishes that list before it
 * does anything else (work_begin()); so no guest is told about one.
 *
 * An L1 is promoted in one go, because 512 entries are little work. It may
 * have to be demoted in pieces: each of its pages may be in its last use, and
 * is zeroed when it goes.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation".
 */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "hypercall.h"
#include "xen_abi.h"

/** LEAVING frames at a time: an L3, an L2 below it and an L1 below that, for
 *  each of the two tables that one change can drop. */
#define MAX_LEAVING 8u

/** Higher levels first: the last one has nothing below it that is leaving. */
static mfn_t leaving[MAX_LEAVING];
unsigned tables_leaving;

static unsigned level(mfn_t m)
{
    enum frame_type type = frame_info(m)->type;

    return type == FRAME_L1 ? 1 : type == FRAME_L3 ? 3 : 2;
}

/** Put a frame on the list, behind those of its own level. */
static void join(mfn_t m)
{
    unsigned at = tables_leaving++;

    BUG_ON(at == MAX_LEAVING);
    for (; at > 0 && level(leaving[at - 1]) < level(m); at--)
        leaving[at] = leaving[at - 1];
    leaving[at] = m;
}

/**
 * End a frame's use as its type: now, or as soon as tables_finish() can.
 *
 * @param m  Its type is in use by nobody but the caller (count 1), not
 *           PAGE_VALIDATED; entries [0, partial) hold references.
 * @context{entry}
 */
void table_release(mfn_t m)
{
    struct page_info *info = frame_info(m);

    if (!frame_type_is_table(info->type) || table_unmake(m) == 0) {
        info->type_count = 0;
        return;
    }
    join(m);
    info->flags |= PAGE_LEAVING;
    info->count++;
}

/**
 * Keep a frame whose promotion was interrupted.
 *
 * @param m  A frame of which PAGE_PARTIAL is clear; it is set, and holds a
 *           general reference of its own.
 * @context{entry}
 * @return -ERESTART, for the caller to return.
 */
int table_interrupted(mfn_t m)
{
    struct page_info *info = frame_info(m);

    info->flags |= PAGE_PARTIAL;
    info->count++;
    return -ERESTART;
}

/**
 * Go on with a promotion that was interrupted, for whoever asks for the same
 * type.
 *
 * @param m     PAGE_PARTIAL or PAGE_LEAVING; the caller holds a general
 *              reference.
 * @param type  FRAME_L2 or FRAME_L3: what it is becoming.
 * @context{entry}
 * @retval 0          one type reference taken.
 * @retval -EINVAL    it is becoming something else, or is leaving.
 * @retval -ERESTART  still not done.
 * @return Else the error of validation.
 */
int table_resume(mfn_t m, enum frame_type type)
{
    struct page_info *info = frame_info(m);
    int error;

    if ((info->flags & PAGE_LEAVING) || info->type != type)
        return -EINVAL;
    error = table_make(m);
    if (error == -ERESTART)
        return error;
    info->flags &= ~PAGE_PARTIAL;
    if (error)
        table_release(m);
    else
        info->flags |= PAGE_VALIDATED;
    frame_put(m); /* its own; the caller has another */
    return error;
}

/**
 * Give up a promotion that was interrupted: nobody will ask for it again.
 *
 * @param m  PAGE_PARTIAL; the caller holds a general reference.
 * @context{exit}
 */
void table_abandon(mfn_t m)
{
    frame_info(m)->flags &= ~PAGE_PARTIAL;
    table_release(m);
    frame_put(m); /* its own */
}

/**
 * Finish what is left of demotions, from the lowest level up. So there is
 * never more than one L1 and one L2 below an L3 on the list. Then zero what
 * earlier calls freed.
 *
 * @context{entry}
 * @return false if the share of work was used up before: let interrupts in
 *         and call again.
 */
bool tables_finish(void)
{
    while (tables_leaving > 0) {
        mfn_t m = leaving[tables_leaving - 1];
        unsigned nr = tables_leaving;

        if (work_exhausted())
            return false;
        if (table_unmake(m) != 0)
            continue;
        /* What it dropped may have joined the list behind it. */
        for (unsigned i = nr; i < tables_leaving; i++)
            leaving[i - 1] = leaving[i];
        tables_leaving--;
        frame_info(m)->flags &= ~PAGE_LEAVING;
        frame_info(m)->type_count = 0;
        frame_put(m);
    }
    return frames_scrub();
}

/**
 * A hypercall begins: it has a whole share of work before it, and must first
 * finish what earlier ones left. The calls of a multicall have one share
 * together; when it is used up, the multicall continues itself.
 *
 * @context{entry}
 * @note  With the option `recount` everything is counted again first: an error
 *        is found before the next call hides where it came from.
 * @return false if there is no share left: continue the call unchanged.
 */
bool work_begin(void)
{
    if (options.recount == RECOUNT_CALLS && memory_recount() != 0)
        panic("an earlier call left wrong counts: %s", memory_recount_found);
    if (multicall.active && work_exhausted()) {
        work_reset(); /* for the multicall's next part */
        return false;
    }
    if (!multicall.active)
        work_reset();
    return tables_finish();
}
