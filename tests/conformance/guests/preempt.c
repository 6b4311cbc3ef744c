/* SPDX-License-Identifier: MIT */
/**
 * @file preempt.c
 * @page conformance_preempt Conformance: long calls make way
 * Property: a call whose work is long in what the guest chose (a table of many
 * tables, pinned) is interrupted by the guest's own timer: its event arrives
 * in the middle, and the call is done all the same. So is a list of calls, none
 * of which would be long by itself.
 * Source: the interface's continuations; doc/pages/simulator.md, "The oracles".
 * Method: how long the work takes is measured first. Then the alarm is set for
 * early in it, and the callback notes when it was entered.
 */
#include "clock.h"
#include "tables.h"

#include <xen/event_channel.h>

#define NR_L1 400

static uint8_t l1[NR_L1][4096] __attribute__((aligned(4096)));
static uint64_t l2[512] __attribute__((aligned(4096)));

static volatile uint32_t nr_upcalls;
static volatile uint64_t entered_at;

void preempt_entry(void);
__asm__(".text\npreempt_entry:\n\t"
        "pushal\n\tcld\n\tcall preempt_noted\n\tpopal\n\t"
        "pushl %eax\n\tmovl $23, %eax\n\tint $0x82");

__attribute__((used)) static void preempt_noted(void)
{
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    __atomic_store_n(&shared_info->vcpu_info[0].evtchn_pending_sel, 0,
                     __ATOMIC_SEQ_CST);
    if (nr_upcalls++ == 0)
        entered_at = clock_now();
}

/** An L2 of empty L1s. @return pages that could not be prepared. */
static unsigned make_tables(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < NR_L1; i++) {
        l2[i] = maddr_of(l1[i]) | 0x67;
        wrong += page_read_only(l1[i]) != 0;
    }
    return wrong + (page_read_only(l2) != 0);
}

static int32_t pin(void)
{
    return mmuext(MMUEXT_PIN_L2_TABLE, (uint32_t)(maddr_of(l2) >> 12), 0);
}

static int32_t unpin(void)
{
    return mmuext(MMUEXT_UNPIN_TABLE, (uint32_t)(maddr_of(l2) >> 12), 0);
}

/** Events on: the callback, and the timer's port as alarm_ready() left it. */
static int32_t listen(void)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { 0xE019, (unsigned long)preempt_entry },
    };
    int32_t result = hypercall_2(callback_op, CALLBACKOP_register, &callback);

    for (unsigned i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = 0;
    UPCALL_MASK = 0;
    return result;
}

#define NR_CALLS 60
#define NR_REQUESTS 200

/** Many calls of many changes to one entry. */
static int32_t many_calls(void)
{
    static struct multicall_entry call[NR_CALLS];
    static struct mmu_update request[NR_REQUESTS];
    uint64_t at =
        entry_address(&live_l1(scratch[0])[(uint32_t)scratch[0] >> 12 & 511]);

    for (unsigned i = 0; i < NR_REQUESTS; i++)
        request[i] = (struct mmu_update){
            .ptr = at, .val = page_entry(0, PTE_P | (i & 1 ? PTE_RW : 0)),
        };
    for (unsigned i = 0; i < NR_CALLS; i++)
        call[i] = (struct multicall_entry){
            .op = __HYPERVISOR_mmu_update, .result = 99,
            .args = { (uint32_t)request, NR_REQUESTS, 0, DOMID_SELF },
        };
    if (hypercall_2(multicall, call, NR_CALLS) != 0)
        return -1;
    for (unsigned i = 0; i < NR_CALLS; i++) {
        if (call[i].result != 0)
            return (int32_t)call[i].result;
    }
    return 0;
}

static void multicalls(void)
{
    uint64_t start, takes, alarm, end;

    start = clock_now();
    CHECK("preempt.multicall", 0, many_calls());
    takes = clock_now() - start;
    (void)alarm_came();
    entered_at = nr_upcalls = 0;
    alarm = clock_now() + takes / 8;
    hypercall_2(set_timer_op, alarm, alarm >> 32);
    UPCALL_MASK = 0;
    CHECK("preempt.multicall_again", 0, many_calls());
    end = clock_now();
    UPCALL_MASK = 1;
    CHECK("preempt.multicall.not_early", 1, entered_at >= alarm);
    CHECK("preempt.multicall.in_the_middle", 1,
          (entered_at - alarm) * 4 < end - alarm);
}

#define GDT_PAGES 14

static uint64_t gdt[GDT_PAGES][512] __attribute__((aligned(4096)));

/** A table of so many entries, all of them to be mended: DPL 0, 4 GB. */
static int32_t set_gdt(unsigned entries)
{
    static xen_pfn_t frame[GDT_PAGES];

    for (unsigned i = 0; i < GDT_PAGES; i++)
        frame[i] = frame_of(gdt[i]);
    return hypercall_2(set_gdt, frame, entries);
}

static void full_gdt(void)
{
    uint64_t start, takes, alarm, end;

    for (unsigned i = 0; i < GDT_PAGES * 512; i++)
        gdt[i / 512][i % 512] = 0x00CF92000000FFFFull;
    for (unsigned i = 0; i < GDT_PAGES; i++)
        (void)page_read_only(gdt[i]);
    start = clock_now();
    CHECK("preempt.gdt", 0, set_gdt(GDT_PAGES * 512));
    takes = clock_now() - start;
    CHECK("preempt.gdt.away", 0, set_gdt(0));
    (void)alarm_came();
    entered_at = nr_upcalls = 0;
    alarm = clock_now() + takes / 16;
    hypercall_2(set_timer_op, alarm, alarm >> 32);
    UPCALL_MASK = 0;
    CHECK("preempt.gdt.again", 0, set_gdt(GDT_PAGES * 512));
    end = clock_now();
    UPCALL_MASK = 1;
    CHECK("preempt.gdt.not_early", 1, entered_at >= alarm);
    CHECK("preempt.gdt.in_the_middle", 1,
          (entered_at - alarm) * 2 < end - alarm);
    (void)set_gdt(0);
}

void family(void)
{
    uint64_t start, takes, alarm, end;

    alarm_ready();
    CHECK("preempt.tables", 0, make_tables());
    start = clock_now();
    CHECK("preempt.pin", 0, pin());
    takes = clock_now() - start;
    CHECK("preempt.unpin", 0, unpin());
    CHECK("preempt.listen", 0, listen());
    alarm = clock_now() + takes / 8;
    hypercall_2(set_timer_op, alarm, alarm >> 32);
    CHECK("preempt.pin_again", 0, pin());
    end = clock_now();
    UPCALL_MASK = 1;
    CHECK("preempt.came", 1, nr_upcalls != 0);
    CHECK("preempt.not_early", 1, entered_at >= alarm);
    CHECK("preempt.in_the_middle", 1,
          (entered_at - alarm) * 4 < end - alarm);
    CHECK("preempt.unpin_again", 0, unpin());
    multicalls();
    full_gdt();
}
