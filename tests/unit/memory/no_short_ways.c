/* SPDX-License-Identifier: MIT */
/**
 * @file no_short_ways.c
 * In place of memory/fast_*.c in a starter, which ships those as objects only:
 * they were compiled for ring 0 and find a frame's content where it is there.
 * What they are asked for goes the plain way, and so does graded code.
 */
#include "hypercall.h"
#include "memory.h"
#include "memory_calls.h"
#include "world.h"

const bool world_short_ways = false;

void memory_fast_init(void)
{
}

int table_make(mfn_t m)
{
    return table_promote(m);
}

int table_unmake(mfn_t m)
{
    return table_demote(m);
}

bool fast_table_store(struct vcpu *v, trap_frame_t *frame, uint32_t address)
{
    (void)v;
    (void)frame;
    (void)address;
    return false;
}

int32_t fast_mmu_update(const uint32_t arg[HYPERCALL_ARGS])
{
    return do_mmu_update(arg);
}

int32_t fast_update_va_mapping(const uint32_t arg[HYPERCALL_ARGS])
{
    return do_update_va_mapping(arg);
}

int32_t fast_mmuext_op(const uint32_t arg[HYPERCALL_ARGS])
{
    return do_mmuext_op(arg);
}
