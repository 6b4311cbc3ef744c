/* SPDX-License-Identifier: MIT */
/**
 * @page unit_scheduling_switch Unit test: run states and the context switch
 *
 * Property: a vCPU is queued exactly if it can run, whatever was done to it in
 * whatever order; the one that is chosen finds its own frame at the stack's
 * top and its own FPU state in the processor; the one that leaves keeps both;
 * while nobody can run the processor halts on its own page tables, with nobody
 * current.
 *
 * Method: three vCPUs of two domains, operations in random order compared with
 * a model of four facts; frames and FPU states that name their owner. What
 * happens while the processor halts is a function of the test.
 */
#include "unit.h"

#include <string.h>

#include "boot.h"
#include "fake_cpu.h"
#include "fake_guest.h"

#define NR 3

static struct domain two;
static struct vcpu more[NR - 1], *v[NR];
static struct vcpu *base_of; /* whose page tables are loaded; NULL: ours */
static bool deliverable[NR];
static struct vcpu *wakes_while_idle;
static unsigned halts;
static bool ends_while_idle;

struct options options;

/* --- What the test stands in for ------------------------------------- */

struct domain *domain_first(void)
{
    return &fake_guest.domain;
}

bool event_deliverable(const struct vcpu *which)
{
    for (unsigned i = 0; i < NR; i++)
        if (which == v[i])
            return deliverable[i];
    ck_abort_msg("an unknown vCPU");
}

void vcpu_load_base(struct vcpu *which)
{
    base_of = which;
}

void vcpu_load_tables(struct vcpu *which)
{
    ck_assert_ptr_eq(base_of, which);
}

void vcpu_load_state(const struct vcpu *which)
{
    fpu_load(which);
}

void direct_gate_load(const struct vcpu *which)
{
    (void)which;
}

void direct_stack_load(const struct vcpu *which)
{
    processor.tss.esp1 = which->traps.kernel_esp;
}

void exit_request(uint32_t work)
{
    processor.exit_work |= work;
}

uint32_t hypervisor_idle_cr3(void)
{
    base_of = NULL;
    return 0x1000;
}

void fake_halted(void)
{
    ck_assert_ptr_null(current_vcpu());
    ck_assert_ptr_null(base_of);
    halts++;
    if (ends_while_idle && halts == 2)
        exit_request(EXIT_STOP); /* as a watchdog's timer would */
    if (wakes_while_idle && halts == 3)
        vcpu_wake(wakes_while_idle);
    ck_assert_uint_lt(halts, 10);
}

/* --- Helpers ------------------------------------------------------------ */

static void start(void)
{
    fake_guest_reset();
    memset(&two, 0, sizeof(two));
    memset(more, 0, sizeof(more));
    memset(deliverable, 0, sizeof(deliverable));
    wakes_while_idle = NULL;
    ends_while_idle = false;
    halts = 0;
    two.id = 8;
    v[0] = &fake_guest.vcpu;
    v[1] = &more[0];
    v[2] = &more[1];
    v[1]->domain = &fake_guest.domain;
    fake_guest.domain.vcpu[1] = v[1];
    v[2]->domain = &two;
    two.vcpu[0] = v[2];
    for (unsigned i = 0; i < NR; i++) {
        sched_vcpu_init(v[i]);
        v[i]->frame.eip = 0x1000 * (i + 1);
        v[i]->fpu.registers[0] = (uint8_t)(i + 1);
        v[i]->traps.kernel_esp = i + 1;
    }
    processor.current = NULL;
    schedule_use(&policy_round_robin);
}

static unsigned queue_length(void)
{
    unsigned n = 0;

    for (struct vcpu *q = queue_first(); q; q = q->scheduling.next)
        n++;
    return n;
}

/** What the running vCPU does to its registers. */
static void run_a_bit(void)
{
    guest_frame()->eip += 1;
    fake_processor.fpu[offsetof(struct fpu_state, registers) + 1]++;
}

/** The current vCPU's registers and FPU are its own, after `ran` turns. */
static void check_running(unsigned who, unsigned ran)
{
    const struct fpu_state *fpu = (const void *)fake_processor.fpu;

    ck_assert_ptr_eq(current_vcpu(), v[who]);
    ck_assert_ptr_eq(base_of, v[who]);
    ck_assert_uint_eq(guest_frame()->eip, 0x1000 * (who + 1) + ran);
    ck_assert_uint_eq(fpu->registers[0], who + 1);
    ck_assert_uint_eq(fpu->registers[1], ran);
    ck_assert_uint_eq(processor.tss.esp1, who + 1);
}

/* --- The tests ------------------------------------------------------------ */

START_TEST(each_finds_its_own)
{
    unsigned turns[NR] = { 0 };

    start();
    for (unsigned i = 0; i < NR; i++)
        vcpu_up(v[i]);
    ck_assert(processor.exit_work & EXIT_SCHEDULE);
    for (unsigned i = 0; i < 300; i++) {
        unsigned who;

        if (current_vcpu())
            current_vcpu()->scheduling.yielded = true;
        schedule(guest_frame());
        for (who = 0; v[who] != current_vcpu(); who++)
            ck_assert_uint_lt(who, NR - 1);
        check_running(who, turns[who]);
        turns[who]++;
        run_a_bit();
    }
    for (unsigned i = 0; i < NR; i++)
        ck_assert_uint_eq(turns[i], 100);
}
END_TEST

START_TEST(fpu_starts_as_after_a_reset)
{
    start();
    ck_assert_uint_eq(v[0]->fpu.control, 0x37F);
    ck_assert_uint_eq(v[0]->fpu.mxcsr, 0x1F80);
    ck_assert_uint_eq(v[0]->fpu.tags, 0);
}
END_TEST

/** CR0.TS is the vCPU's, and saving works with it set. */
START_TEST(task_switched_is_its_own)
{
    start();
    vcpu_up(v[0]);
    vcpu_up(v[1]);
    v[1]->task_switched = true;
    for (unsigned i = 0; i < 6; i++) {
        schedule(guest_frame());
        ck_assert_int_eq((fake_cpu.cr0 & CR0_TS) != 0,
                         current_vcpu()->task_switched);
        current_vcpu()->scheduling.yielded = true;
    }
}
END_TEST

START_TEST(idle_until_somebody_wakes)
{
    start();
    vcpu_up(v[0]);
    vcpu_up(v[2]);
    vcpu_block(v[2]);
    schedule(guest_frame());
    check_running(0, 0);
    run_a_bit();
    vcpu_block(v[0]);
    ck_assert_ptr_eq(current_vcpu(), v[0]);
    wakes_while_idle = v[0];
    schedule(guest_frame());
    ck_assert_uint_eq(halts, 3);
    check_running(0, 1);

    vcpu_block(v[0]);
    halts = 0;
    wakes_while_idle = v[2];
    schedule(guest_frame());
    check_running(2, 0);
}
END_TEST

START_TEST(ends_are_seen_while_idle)
{
    start();
    vcpu_up(v[0]);
    schedule(guest_frame());
    vcpu_block(v[0]);
    ends_while_idle = true;
    wakes_while_idle = v[0];
    schedule(guest_frame());
    ck_assert_uint_eq(halts, 3);
    ck_assert_uint_eq(fake_guest.nr_looks_for_ends, 1);
    ck_assert(!(processor.exit_work & EXIT_STOP));
    check_running(0, 0);
}
END_TEST

START_TEST(block_looks_for_events)
{
    start();
    vcpu_up(v[0]);
    schedule(guest_frame());
    deliverable[0] = true;
    vcpu_block(v[0]);
    ck_assert(vcpu_runnable(v[0]));
    deliverable[0] = false;
    vcpu_block(v[0]);
    ck_assert(!vcpu_runnable(v[0]));
}
END_TEST

START_TEST(the_current_one_goes)
{
    start();
    vcpu_up(v[0]);
    vcpu_up(v[2]);
    schedule(guest_frame());
    check_running(0, 0);
    fake_guest.domain.dying = true;
    sched_domain_settle(&fake_guest.domain);
    sched_vcpu_destroy(v[0]);
    ck_assert_ptr_null(current_vcpu());
    ck_assert_ptr_null(base_of);
    schedule(guest_frame());
    check_running(2, 0);
    ck_assert_uint_eq(queue_length(), 1);
}
END_TEST

/** Random operations, compared with the four facts that they change. */
START_TEST(queued_exactly_if_runnable)
{
    uint32_t random = 4711;
    bool up[NR] = { 0 }, asleep[NR] = { 0 };
    unsigned pauses[NR] = { 0 };

    start();
    for (unsigned i = 0; i < 5000; i++) {
        unsigned n = unit_random(&random) % NR, expected = 0;

        switch (unit_random(&random) % 7) {
        case 0:
            vcpu_up(v[n]);
            up[n] = true;
            break;
        case 1:
            vcpu_down(v[n]);
            up[n] = asleep[n] = false;
            break;
        case 2:
            if (!up[n] || asleep[n])
                break;
            deliverable[n] = unit_random(&random) % 2;
            vcpu_block(v[n]);
            asleep[n] = !deliverable[n];
            break;
        case 3:
            vcpu_wake(v[n]);
            asleep[n] = false;
            break;
        case 4:
            vcpu_pause(v[n]);
            pauses[n]++;
            break;
        case 5:
            if (pauses[n] == 0)
                break;
            vcpu_unpause(v[n]);
            pauses[n]--;
            break;
        case 6:
            two.is_shut_down = !two.is_shut_down;
            sched_domain_settle(&two);
        }
        for (unsigned j = 0; j < NR; j++) {
            bool can = up[j] && !asleep[j] && pauses[j] == 0 &&
                       !(j == 2 && two.is_shut_down);

            ck_assert_int_eq(vcpu_runnable(v[j]), can);
            ck_assert_int_eq(v[j]->scheduling.queued, can);
            expected += can;
        }
        ck_assert_uint_eq(queue_length(), expected);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("scheduling/switch");
    TCase *c = tcase_create("switch");

    suite_add_tcase(s, c);
    tcase_add_test(c, each_finds_its_own);
    tcase_add_test(c, fpu_starts_as_after_a_reset);
    tcase_add_test(c, task_switched_is_its_own);
    tcase_add_test(c, idle_until_somebody_wakes);
    tcase_add_test(c, ends_are_seen_while_idle);
    tcase_add_test(c, block_looks_for_events);
    tcase_add_test(c, the_current_one_goes);
    tcase_add_test(c, queued_exactly_if_runnable);
    return s;
}

UNIT_MAIN(suite())
