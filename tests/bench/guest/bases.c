/* SPDX-License-Identifier: MIT */
/**
 * @file bases.c
 * Rows: whole tables, flushes and bases.
 *
 * Scratch pages: 0 is what entries map, 1 an L1, 4 an L3, 5 to 8 its L2s.
 * The L3 is a copy of the running root: three empty L2s and a copy of the one
 * that maps the guest, sharing its L1s.
 */
#include "measure.h"

#define RUNS 64u
#define RUNS_LONG 16u

enum { PAGE_MAPPED = 0, PAGE_L1 = 1, PAGE_L3 = 4, PAGE_L2 = 5 };

/** Everything that the measured window needs, so that it only calls. */
static struct mmuext_op op;
static multicall_entry_t list[2];

static void set_op(unsigned cmd, uint64_t mfn)
{
    op = (struct mmuext_op){ .cmd = cmd };
    op.arg1.mfn = (xen_pfn_t)mfn;
}

#define EXT(id, runs, cmd, mfn, prepare)                                     \
    MEASURE(id, runs, prepare; set_op(cmd, mfn), 0,                          \
            hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF))

static void flushes(void)
{
    EXT(tlb_flush, RUNS, MMUEXT_TLB_FLUSH_LOCAL, 0, );
    EXT(invlpg, RUNS, MMUEXT_INVLPG_LOCAL, (uint32_t)scratch, );
}

/** An L1 whose entries from 0 on map the same page, writable. */
static void make_l1(unsigned entries)
{
    page_clear(PAGE_L1);
    for (unsigned i = 0; i < entries; i++)
        scratch[PAGE_L1][i] = page_entry(PAGE_MAPPED, L1_ALL);
    (void)page_close(PAGE_L1);
}

static void l1_pins(void)
{
    uint64_t mfn = frame_of(scratch[PAGE_L1]);
    const unsigned down = MMUEXT_UNPIN_TABLE, up = MMUEXT_PIN_L1_TABLE;

    make_l1(0);
    EXT(pin_l1_empty, RUNS_LONG, up, mfn, (void)ext(down, mfn, 0));
    EXT(unpin_l1_empty, RUNS_LONG, down, mfn, (void)ext(up, mfn, 0));
    make_l1(512);
    EXT(pin_l1_512, RUNS_LONG, up, mfn, (void)ext(down, mfn, 0));
    EXT(unpin_l1_512, RUNS_LONG, down, mfn, (void)ext(up, mfn, 0));
}

static void make_l3(void)
{
    page_clear(PAGE_L3);
    for (unsigned i = 0; i < 4; i++) {
        page_clear(PAGE_L2 + i);
        for (unsigned n = 0; i == 3 && n < 512; n++)
            scratch[PAGE_L2 + i][n] = live_l2(scratch)[n];
        (void)page_close(PAGE_L2 + i);
        scratch[PAGE_L3][i] = page_entry(PAGE_L2 + i, PTE_P);
    }
    (void)page_close(PAGE_L3);
}

static void l3_pins(void)
{
    uint64_t mfn = frame_of(scratch[PAGE_L3]);
    const unsigned down = MMUEXT_UNPIN_TABLE, up = MMUEXT_PIN_L3_TABLE;

    make_l3();
    EXT(pin_l3, RUNS_LONG, up, mfn, (void)ext(down, mfn, 0));
    EXT(unpin_l3, RUNS_LONG, down, mfn, (void)ext(up, mfn, 0));
}

/** From the root of the start of day to the pinned copy. */
static void bases(void)
{
    uint64_t home = table_frame(live_l3()), mfn = frame_of(scratch[PAGE_L3]);

    (void)ext(MMUEXT_PIN_L3_TABLE, mfn, 0);
    EXT(new_base, RUNS, MMUEXT_NEW_BASEPTR, mfn,
        (void)ext(MMUEXT_NEW_BASEPTR, home, 0));
    list[0] = (multicall_entry_t){
        .op = __HYPERVISOR_stack_switch,
        .args = { FLAT_KERNEL_DS,
                  (uint32_t)(user_kernel_stack + sizeof(user_kernel_stack)) },
    };
    list[1] = (multicall_entry_t){
        .op = __HYPERVISOR_mmuext_op,
        .args = { (uint32_t)&op, 1, 0, DOMID_SELF },
    };
    MEASURE(context_switch, RUNS,
            (void)ext(MMUEXT_NEW_BASEPTR, home, 0);
            set_op(MMUEXT_NEW_BASEPTR, mfn), 0,
            hypercall_2(multicall, list, 2));
    (void)ext(MMUEXT_NEW_BASEPTR, home, 0);
}

void bench_tables(void)
{
    flushes();
    l1_pins();
    l3_pins();
    bases();
}
