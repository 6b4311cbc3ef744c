/* SPDX-License-Identifier: MIT */
/**
 * @file fixup.c
 * @ingroup segmentation
 * Instructions of ring 0 that may fault because of what a guest chose, and
 * where each goes on if it does. The entry paths and the guest copies list
 * theirs with FIXUP (arch/segmentation_frame.inc); there are about twenty, and
 * a fault is rare, so the search is a plain one.
 */
#include "segmentation.h"

#include "arch_segmentation.h"

/**
 * Look up a faulting instruction.
 *
 * @param eip  Its address.
 * @context{exception}
 * @return where to go on; 0: a fault there is a bug.
 */
uint32_t fixup_find(uint32_t eip)
{
    for (const struct exception_entry *e = exception_table_start;
         e < exception_table_end; e++)
        if (e->fault == eip)
            return e->resume;
    return 0;
}
