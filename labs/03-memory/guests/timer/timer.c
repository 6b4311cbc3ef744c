/* SPDX-License-Identifier: MIT */
/**
 * @file timer.c
 * Trusted guest of the test that interrupts validations: between mark_from and
 * mark_to it pins and unpins an L2 of several L1s, with a timer set. The
 * timer's handler makes calls about memory as well, while the table may be
 * half made. The guest does not wait for the timer: the test has it come due
 * at each place between the two marks in turn, or nowhere.
 *
 * At each place of interest it executes mark_state with eax = the address of
 * its first page's struct page_info, for the test to look at the counts of all
 * its frames from outside; it cannot read there itself. At the end comes
 * mark_done(results, number of events).
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
static volatile uint32_t nr_events;
/** Whether the handler's entry is set; the test looks at it at each mark. */
uint32_t own_entry_set;
static int handler_result; /* 0, or the first thing that went wrong in it */

/** A page by its number: frames go up with it, whichever way the builder
 *  dealt them out. */
static uint8_t *page(uint32_t number)
{
    return pool[frame_of(pool[0]) < frame_of(pool[1])
                    ? number : NR_PAGES - 1 - number];
}

MARK(state)
MARK(from)
MARK(to)
MARK(done)

static const struct timer_input *input(void)
{
    return (const struct timer_input *)(uintptr_t)test_input.data;
}

static void show(enum timer_place place)
{
    mark_state(infos, place);
}

static void describe(struct mmuext_op *op, uint32_t number, unsigned command)
{
    op->cmd = command;
    op->arg1.mfn = (unsigned long)frame_of(page(number));
}

static int do_op(const struct mmuext_op *op)
{
    return hypercall_4(mmuext_op, op, 1, 0, DOMID_SELF);
}

static int pin_l1(uint32_t number)
{
    struct mmuext_op op = { 0 };

    describe(&op, number, MMUEXT_PIN_L1_TABLE);
    return do_op(&op);
}

/** @param to  What the handler's entry is to map, or NULL. */
static int set_own_entry(const uint8_t *to)
{
    struct mmu_update request = {
        .ptr = (frame_of(page(PAGE_OWN)) << 12) + 8 * OWN_INDEX,
        .val = to ? frame_of(to) << 12 | L1_ALL : 0,
    };

    own_entry_set = to != NULL;
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
    int error;

    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    __atomic_store_n(&shared_info->vcpu_info[0].evtchn_pending_sel, 0,
                     __ATOMIC_SEQ_CST);
    __atomic_store_n(&shared_info->evtchn_pending[0], 0, __ATOMIC_SEQ_CST);
    show(PLACE_EVENT);
    nr_events++;
    error = set_own_entry(page(PAGE_DATA));
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

/* --- The window ----------------------------------------------------------- */

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
    return error | pin_l1(PAGE_L1) | pin_l1(PAGE_OWN);
}

/** What may be interrupted. All is prepared before: each instruction of the
 *  guest's own is one more place, and not what the test is about. */
static int pin_and_unpin(const struct mmuext_op op[3])
{
    int error = do_op(&op[0]);

    show(PLACE_PINNED);
    error |= do_op(&op[1]);
    show(PLACE_UNPINNED);
    /* What the unpin has left over is the next call's work, whichever. */
    return error | do_op(&op[2]);
}

/** All that the window needs. @return 0, or the first thing that failed. */
static int prepare(struct mmuext_op op[3])
{
    uint64_t alarm;
    int error = shared_info_map();

    for (uint32_t i = 0; i < NR_PAGES; i++)
        error |= frame_of(page(i)) != frame_of(page(0)) + i;
    if (error == 0)
        error = make_tables();
    if (error == 0)
        error = listen();
    describe(&op[0], PAGE_L2, MMUEXT_PIN_L2_TABLE);
    describe(&op[1], PAGE_L2, MMUEXT_UNPIN_TABLE);
    describe(&op[2], 0, MMUEXT_TLB_FLUSH_LOCAL);
    if (error != 0)
        return error;
    alarm = system_time() + ALARM_NS;
    return hypercall_2(set_timer_op, alarm, alarm >> 32);
}

void guest_main(const start_info_t *start)
{
    struct mmuext_op op[3] = { 0 };
    int error;

    (void)start;
    infos = input()->frame_table +
            (uint32_t)frame_of(page(0)) * PAGE_INFO_BYTES;
    error = prepare(op);
    show(PLACE_START);
    if (error == 0) {
        mark_from(0, 0);
        error = pin_and_unpin(op);
        mark_to(0, 0);
        hypercall_2(set_timer_op, 0, 0);
        error |= set_own_entry(NULL);
        show(PLACE_END);
    }
    mark_done((uint32_t)(error | handler_result), nr_events);
}
