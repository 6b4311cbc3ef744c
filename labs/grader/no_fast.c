/* SPDX-License-Identifier: MIT */
/**
 * @file no_fast.c
 * What a graded image has in place of the short ways (memory/fast_*.c and the
 * like): nothing.
 *
 * A short way is a second form of what an exercise asks for. Graded runs have
 * the option `fast` off, but a submission runs in ring 0 and could turn it on,
 * or call one, and have its exercise done. So none is linked; see link.c.
 */
#include "hypercall.h"
#include "memory.h"

/** Nobody calls it: the command line of a graded run says `fast=0`. */
void fast_init(void)
{
}

/**
 * Promote a table by the plain way alone.
 *
 * @param m  As for table_promote().
 * @return   What table_promote() returns.
 */
int table_make(mfn_t m)
{
    return table_promote(m);
}

/**
 * Demote a table by the plain way alone.
 *
 * @param m  As for table_demote().
 * @return   What table_demote() returns.
 */
int table_unmake(mfn_t m)
{
    return table_demote(m);
}
