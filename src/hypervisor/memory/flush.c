/* SPDX-License-Identifier: MIT */
/**
 * @file flush.c
 * Exercise 3.4: dropping translations that the processor remembers.
 *
 * Changing an entry of a page table in memory does not change what the
 * processor remembers of it. For the guest's own sake, that is the guest's
 * business: it asks for flushes when it wants them. For everybody else's it
 * is ours, in two cases:
 *
 *  - a frame changes its type: through an old writable translation a guest
 *    could write to a frame that has become a page table;
 *  - a frame is freed: through any old translation it could go on reading or
 *    writing a frame that has become another domain's.
 *
 * Flushing is dear, and most changes take no right away. So we remember one
 * bit: has a right been taken away since the last flush of everything?
 *
 * Invariant MM-I5: a right that an entry gave is either still in that entry,
 * or the bit is set, or no translation with that right is left. All code that
 * takes a right away calls flush_note() (entry_put() does).
 *
 * There is one processor, so flushing "everywhere" is flushing here.
 *
 * Source: [SDM3A] 253668-032, 4.10 "Caching Translation Information".
 */
#include "memory.h"

#include "arch_tlb.h"

/**
 * Note that some mapping, or part of the way to it, is no more, or has fewer
 * rights.
 *
 * @context{entry}
 * @ingroup memory
 */
void flush_note(void)
//@solution 3.4 -- (void)stale;
{
    stale = true;
}
//@end

/**
 * Drop every translation, and read the four L3 entries again.
 *
 * @context{entry}
 * @ingroup memory
 */
void flush_all(void)
//@solution 3.4 --
{
    arch_flush_all();
    stale = false;
}
//@end

/**
 * Drop one page's translation, because the guest asks for it. The bit stays:
 * others may be left.
 *
 * @param va  An address in the page; any.
 * @context{hypercall}
 * @ingroup memory
 */
void flush_page(uint32_t va)
//@solution 3.4 -- (void)va;
{
    arch_flush_page(va);
}
//@end

/**
 * Make sure that no translation is left from a frame's last use, before it is
 * used as something else or by somebody else.
 *
 * @context{entry}
 * @ingroup memory
 */
void flush_before_reuse(void)
//@solution 3.4 --
{
    if (stale)
        flush_all();
}
//@end
