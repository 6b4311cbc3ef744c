/* SPDX-License-Identifier: MIT */
/**
 * @file timer.c
 * Trusted guest of the test that interrupts validations: pins and unpins an
 * L2 of several L1s, round after round, and has a timer of its own fire at
 * another moment of each. The handler makes calls about memory as well, while
 * the table of the round may be half made.
 *
 * At each place of interest it executes mark_state with eax = the address of
 * its first page's struct page_info, for the test to look at the counts of all
 * its frames from outside; it cannot read there itself. After each round comes
 * mark_did(round, results), after the last one mark_done.
 */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/vcpu.h>

#include "labs/03-memory/guests/timer/timer.h"
#include "labs/grader/driver.h"

#define PAGE_INFO_BYTES 24u
#define READ_ONLY (L1_PRESENT | L1_ACCESSED)

static uint8_t pool[NR_PAGES][4096] __attribute__((aligned(4096)));
static uint32_t infos; /* address of the first page's struct page_info */
static uint32_t round;
static volatile uint32_t nr_events;
static int handler_result; /* 0, or the first thing that went wrong in it */

/** A page by its number: frames go up with it, whichever way the builder
 *  dealt them out. */
static uint8_t *page(uint32_t number)
{
    return pool[frame_of(pool[0]) < frame_of(pool[1])
                    ? number : NR_PAGES - 1 - number];
}

MARK(state)
MARK(did)
MARK(done)

static const struct timer_input *input(void)
{
    return (const struct timer_input *)(uintptr_t)test_input.data;
}

static void show(enum timer_place place)
{
    mark_state(infos, STATE(place, nr_events, round));
}

static int pin(uint32_t table, unsigned command)
{
    struct mmuext_op op = { .cmd = command,
                            .arg1.mfn = (unsigned long)frame_of(page(table)) };

    return hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF);
}

static int set_own_entry(uint64_t entry)
{
    struct mmu_update request = {
        .ptr = (frame_of(page(PAGE_OWN)) << 12) + 8 * OWN_INDEX,
        .val = entry,
    };

    return hypercall_4(mmu_update, &request, 1, 0, DOMID_SELF);
}

/* --- The timer's event ---------------------------------------------------- */

void event_entry(void);
__asm__(".text\nevent_entry:\n\t"
        "pushal\n\tcld\n\tcall on_event\n\tpopal\n\t"
        "pushl %eax\n\tmovl $23, %eax\n\tint $0x82"); /* the call iret */

/** Calls that have their own result whatever was interrupted. */
__attribute__((used)) static void on_event(void)
{
    uint64_t data = frame_of(page(PAGE_DATA)) << 12;
    int error;

    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    __atomic_store_n(&shared_info->vcpu_info[0].evtchn_pending_sel, 0,
                     __ATOMIC_SEQ_CST);
    __atomic_store_n(&shared_info->evtchn_pending[0], 0, __ATOMIC_SEQ_CST);
    show(PLACE_EVENT);
    nr_events++;
    error = set_own_entry(nr_events & 1 ? data | L1_ALL : 0);
    if (error == 0) /* a table, whoever else names it by now */
        error = page_map(page(PAGE_L1),
                         frame_of(page(PAGE_L1)) << 12 | L1_ALL) == 0;
    if (handler_result == 0)
        handler_result = error;
    show(PLACE_EVENT);
}

static int listen(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { FLAT_KERNEL_CS, (unsigned long)event_entry },
    };

    hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind);
    shared_info->evtchn_mask[0] = ~(1u << bind.port);
    shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
    return hypercall_2(callback_op, CALLBACKOP_register, &callback);
}

/* --- Rounds --------------------------------------------------------------- */

/** The tables' content, and no writable mapping of any of them. */
static int make_tables(void)
{
    int error = 0;

    for (uint32_t i = 0; i < input()->nr_entries; i++) {
        const struct timer_entry *e = &input()->entry[i];

        ((uint64_t *)page(e->table))[e->index] =
            frame_of(page(e->page)) << 12 | e->flags;
    }
    for (uint32_t i = 0; i < NR_PAGES; i++)
        if (i < PAGE_DATA || i == PAGE_OWN)
            error |= page_map(page(i), frame_of(page(i)) << 12 | READ_ONLY);
    error |= pin(PAGE_L1, MMUEXT_PIN_L1_TABLE);
    return error | pin(PAGE_OWN, MMUEXT_PIN_L1_TABLE);
}

/** Nanoseconds that a pin and an unpin take when nothing interrupts. */
static uint64_t measure(void)
{
    uint64_t start = system_time();

    pin(PAGE_L2, MMUEXT_PIN_L2_TABLE);
    pin(PAGE_L2, MMUEXT_UNPIN_TABLE);
    set_own_entry(0); /* and with that all of the unpin is done */
    return system_time() - start;
}

static int one_round(uint64_t takes)
{
    uint32_t before = nr_events;
    uint64_t alarm = system_time() +
                     (takes * input()->moment[round] >> 16);
    int error;

    hypercall_2(set_timer_op, alarm, alarm >> 32);
    error = pin(PAGE_L2, MMUEXT_PIN_L2_TABLE);
    show(PLACE_PINNED);
    error |= pin(PAGE_L2, MMUEXT_UNPIN_TABLE);
    show(PLACE_UNPINNED);
    while (nr_events == before)
        ;
    return error | handler_result;
}

void guest_main(const start_info_t *start)
{
    uint64_t takes;
    int error;

    (void)start;
    infos = input()->frame_table +
            (uint32_t)frame_of(page(0)) * PAGE_INFO_BYTES;
    error = shared_info_map() | make_tables();
    for (uint32_t i = 0; i < NR_PAGES; i++)
        error |= frame_of(page(i)) != frame_of(page(0)) + i;
    takes = measure();
    show(PLACE_START);
    error |= listen();
    for (; round < input()->nr_rounds && error == 0; round++) {
        error = one_round(takes);
        mark_did(round, (uint32_t)error);
    }
    set_own_entry(0);
    nr_events = 0;
    show(PLACE_END);
    mark_done((uint32_t)error, 0);
}
