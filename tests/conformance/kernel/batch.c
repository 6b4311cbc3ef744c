/* SPDX-License-Identifier: MIT */
/**
 * @file batch.c
 * Requests that are made together, as that kernel's lazy modes do: requests of
 * mmu_update, and of mmuext_op, that follow each other become one call, and
 * calls one multicall; a single call is made as itself.
 */
#include "kernel.h"

static struct multicall_entry calls[BATCH];
static struct mmu_update updates[BATCH];
static struct mmuext_op exts[BATCH];
static unsigned nr_calls, nr_updates, nr_exts;
static uint32_t nr_failed;

static void flush(void)
{
    if (nr_calls == 1)
        calls[0].result = (xen_ulong_t)hypercall((uint32_t)calls[0].op,
                                    calls[0].args[0], calls[0].args[1],
                                    calls[0].args[2], calls[0].args[3],
                                    calls[0].args[4]);
    else if (nr_calls > 1 && hypercall_2(multicall, calls, nr_calls) != 0)
        nr_failed++;
    for (unsigned i = 0; i < nr_calls; i++)
        nr_failed += (int32_t)calls[i].result < 0;
    nr_calls = nr_updates = nr_exts = 0;
}

/** One more call. */
void batch_call(unsigned op, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                uint32_t e)
{
    if (nr_calls == BATCH)
        flush();
    calls[nr_calls++] = (struct multicall_entry){
        .op = op, .args = { a, b, c, d, e },
    };
}

/** Is the last call of this kind, so that it can do one request more? */
static bool extends(unsigned op)
{
    return nr_calls > 0 && calls[nr_calls - 1].op == op;
}

/** One more request of mmu_update. */
void batch_update(uint64_t ptr, uint64_t value)
{
    if (nr_updates == BATCH)
        flush();
    updates[nr_updates] = (struct mmu_update){ .ptr = ptr, .val = value };
    if (extends(__HYPERVISOR_mmu_update))
        calls[nr_calls - 1].args[1]++;
    else
        batch_call(__HYPERVISOR_mmu_update, (uint32_t)&updates[nr_updates], 1,
                   0, DOMID_SELF, 0);
    nr_updates++;
}

/** One more operation of mmuext_op, on a frame or an address. */
void batch_ext(unsigned cmd, uint32_t arg)
{
    if (nr_exts == BATCH)
        flush();
    exts[nr_exts] = (struct mmuext_op){ .cmd = cmd };
    exts[nr_exts].arg1.mfn = arg;
    if (extends(__HYPERVISOR_mmuext_op))
        calls[nr_calls - 1].args[1]++;
    else
        batch_call(__HYPERVISOR_mmuext_op, (uint32_t)&exts[nr_exts], 1, 0,
                   DOMID_SELF, 0);
    nr_exts++;
}

/** Make the calls. @return how many failed since the last time. */
uint32_t batch_end(void)
{
    uint32_t failed;

    flush();
    failed = nr_failed;
    nr_failed = 0;
    return failed;
}
