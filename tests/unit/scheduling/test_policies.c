/* SPDX-License-Identifier: MIT */
/**
 * @page unit_scheduling_policies Unit test: policies
 *
 * Property: those that compute all the time get the processor in proportion to
 * their weights, whatever the weights, and whatever others do that sleep and
 * wake; it is never idle while somebody can run; a warped vCPU runs at once
 * when it wakes, and gains no time by it, nor more of it at once than its
 * limit; virtual times stay in their range.
 *
 * Source: [BVT1999]; the interface's scheduler parameters.
 *
 * Method: schedule() itself, with a clock that the test moves: to the end of
 * the slice, or to the next thing that happens to a vCPU.
 */
#include "unit.h"

#include <string.h>

#include "boot.h"
#include "fake_cpu.h"
#include "fake_guest.h"
#include "time.h"

#define MAX 100
#define MS 1000000ull
#define SECOND 1000000000ull

static struct domain domains[MAX];
static struct vcpu vcpus[MAX];
static uint64_t ran[MAX];
static unsigned nr;
static uint64_t now = 12345, slice_at; /* the clock never runs backwards */
static uint64_t began_at;
static uint64_t idle_until; /* for fake_halted() */

struct options options;

/* --- What the test stands in for ------------------------------------- */

uint64_t time_now(void)
{
    return now;
}

void timer_set(struct timer *t, uint64_t at)
{
    (void)t;
    slice_at = at;
}

void timer_cancel(struct timer *t)
{
    (void)t;
    slice_at = UINT64_MAX;
}

struct domain *domain_first(void)
{
    return nr ? &domains[0] : NULL;
}

void vcpu_load_base(struct vcpu *v)
{
    (void)v;
}

void vcpu_load_tables(struct vcpu *v)
{
    (void)v;
}

void vcpu_load_state(const struct vcpu *v)
{
    (void)v;
}

void direct_gate_load(const struct vcpu *v)
{
    (void)v;
}

void direct_stack_load(const struct vcpu *v)
{
    (void)v;
}

void exit_request(uint32_t work)
{
    processor.exit_work |= work;
}

uint32_t hypervisor_idle_cr3(void)
{
    return 0;
}

/** Time passes until the timer, or until what the test waits for. */
void fake_halted(void)
{
    ck_assert_uint_ne(slice_at < idle_until ? slice_at : idle_until,
                      UINT64_MAX);
    now = slice_at < idle_until ? slice_at : idle_until;
}

/* --- The machine ---------------------------------------------------------- */

static void start(enum sched_name name, unsigned nr_domains)
{
    while (queue_first())
        vcpu_down(queue_first());
    fake_guest_reset();
    memset(domains, 0, sizeof(domains));
    memset(vcpus, 0, sizeof(vcpus));
    memset(ran, 0, sizeof(ran));
    began_at = now;
    slice_at = idle_until = UINT64_MAX;
    processor.current = NULL;
    options.sched = name;
    options.bvt_allowance_us = 100;
    scheduling_init();
    nr = nr_domains;
    for (unsigned i = 0; i < nr; i++) {
        domains[i].id = (domid_t)(i + 1);
        domains[i].vcpu[0] = &vcpus[i];
        domains[i].next = i + 1 < nr ? &domains[i + 1] : NULL;
        vcpus[i].domain = &domains[i];
        sched_domain_init(&domains[i]);
        sched_vcpu_init(&vcpus[i]);
    }
}

static void adjust(unsigned i, struct sched_params p)
{
    ck_assert_int_eq(sched_domain_adjust(&domains[i], &p), 0);
}

static void weigh(unsigned i, uint32_t weight)
{
    struct sched_params p = domains[i].sched;

    p.weight = weight;
    adjust(i, p);
}

static unsigned number_of(const struct vcpu *v)
{
    return (unsigned)(v - vcpus);
}

/** Run until a time; decisions when a slice ends or one was asked for. */
static void run_until(uint64_t end)
{
    while (now < end) {
        uint64_t began, to;

        processor.exit_work = 0;
        fake_cpu.nr_events = 0; /* the diary is of no interest, and would fill */
        idle_until = end;
        schedule(guest_frame());
        began = now;
        to = slice_at < end ? slice_at : end;
        ck_assert_uint_ge(to, now);
        if (current_vcpu())
            ran[number_of(current_vcpu())] += to - began;
        now = to;
    }
    schedule_charge();
}

static void wake_all(void)
{
    for (unsigned i = 0; i < nr; i++)
        vcpu_up(&vcpus[i]);
}

/** Each share is its weight's, within `permille` thousandths of itself. */
static void check_shares(uint64_t total, unsigned permille)
{
    uint64_t weights = 0;

    for (unsigned i = 0; i < nr; i++)
        weights += domains[i].sched.weight;
    for (unsigned i = 0; i < nr; i++) {
        uint64_t due = total * domains[i].sched.weight / weights;
        uint64_t off = ran[i] > due ? ran[i] - due : due - ran[i];

        ck_assert_msg(off * 1000 <= due * permille,
                      "domain %u of weight %u ran %llu, not %llu", i,
                      domains[i].sched.weight, (unsigned long long)ran[i],
                      (unsigned long long)due);
    }
}

/* --- Shares --------------------------------------------------------------- */

/** Random weights of 1 to 16 times the default, in random numbers. */
static void shares_of(enum sched_name name, unsigned nr_domains, uint32_t seed,
                      uint64_t seconds, unsigned permille)
{
    uint64_t length = seconds * SECOND;

    start(name, nr_domains);
    for (unsigned i = 0; i < nr; i++)
        weigh(i, 256 + unit_random(&seed) % (15 * 256));
    wake_all();
    run_until(now + length);
    check_shares(length, permille);
}

START_TEST(bvt_shares)
{
    /* 100 us of allowance are 0.5 % of the least share, or less. */
    shares_of(SCHED_BVT, 2, 1000 + (uint32_t)_i, 1, 10);
    shares_of(SCHED_BVT, 8, 2000 + (uint32_t)_i, 2, 10);
    shares_of(SCHED_BVT, 100, 3000 + (uint32_t)_i, 25, 10);
}
END_TEST

START_TEST(credit_shares)
{
    shares_of(SCHED_CREDIT, 4, 1000 + (uint32_t)_i, 10, 50);
    shares_of(SCHED_CREDIT, 20, 2000 + (uint32_t)_i, 60, 50);
}
END_TEST

START_TEST(round_robin_is_equal)
{
    start(SCHED_ROUND_ROBIN, 10);
    wake_all();
    run_until(now + 10 * SECOND);
    for (unsigned i = 0; i < nr; i++)
        ck_assert_uint_eq(ran[i], SECOND);
}
END_TEST

/** Weights far apart, and the extremes of their range. */
START_TEST(bvt_extreme_weights)
{
    start(SCHED_BVT, 2);
    weigh(0, SCHED_MAX_WEIGHT);
    weigh(1, 1);
    wake_all();
    run_until(now + 300 * SECOND);
    ck_assert_uint_ge(ran[0], 299 * SECOND);
    ck_assert_uint_ge(ran[1], 4 * MS);
    ck_assert_uint_le(ran[1], 6 * MS);
}
END_TEST

/** Virtual times pass the limit of their range many times. */
START_TEST(bvt_wraps)
{
    start(SCHED_BVT, 3);
    sched_tuning.allowance_ns = 10 * MS;
    weigh(0, 1);
    weigh(1, 2);
    weigh(2, 3);
    vcpu_up(&vcpus[0]);
    vcpu_up(&vcpus[1]);
    run_until(now + 100 * SECOND);
    vcpu_up(&vcpus[2]); /* slept through it all: no advantage, no loss */
    memset(ran, 0, sizeof(ran));
    run_until(now + 600 * SECOND);
    check_shares(600 * SECOND, 10);
    for (unsigned i = 0; i < nr; i++)
        ck_assert_int_ge(vcpus[i].scheduling.virtual_time, 0);
}
END_TEST

/** Weights change while all run: from then on it is the new ones. */
START_TEST(bvt_adjusted_while_running)
{
    start(SCHED_BVT, 4);
    wake_all();
    run_until(now + SECOND);
    check_shares(SECOND, 10);
    for (unsigned i = 0; i < nr; i++)
        weigh(i, 100 + 300 * i);
    memset(ran, 0, sizeof(ran));
    run_until(now + 20 * SECOND);
    check_shares(20 * SECOND, 10);
}
END_TEST

/** Two that compute, and one that wakes often and runs for a moment. */
START_TEST(bvt_sleepers_take_nothing)
{
    uint64_t sleeper = 0;

    start(SCHED_BVT, 3);
    weigh(1, 512);
    vcpu_up(&vcpus[0]);
    vcpu_up(&vcpus[1]);
    for (unsigned i = 0; i < 2000; i++) {
        run_until(now + 5 * MS);
        vcpu_up(&vcpus[2]);
        while (ran[2] < sleeper + 100000)
            run_until(now + 50000);
        sleeper = ran[2];
        vcpu_down(&vcpus[2]);
    }
    ck_assert_uint_ge(ran[1] * 1000, ran[0] * 2 * 990);
    ck_assert_uint_le(ran[1] * 1000, ran[0] * 2 * 1010);
}
END_TEST

/** Never idle while somebody can run; idle when nobody can. */
START_TEST(work_conserving)
{
    enum sched_name names[] = { SCHED_BVT, SCHED_ROUND_ROBIN, SCHED_CREDIT };
    uint32_t random = 99;
    uint64_t all;

    start(names[_i], 5);
    vcpu_up(&vcpus[0]);
    for (unsigned i = 0; i < 3000; i++) {
        struct vcpu *v = &vcpus[1 + unit_random(&random) % 4];

        if (unit_random(&random) % 2)
            vcpu_up(v);
        else
            vcpu_down(v);
        if (current_vcpu() && unit_random(&random) % 8 == 0)
            current_vcpu()->scheduling.yielded = true;
        run_until(now + unit_random(&random) % (20 * MS));
    }
    all = 0;
    for (unsigned i = 0; i < nr; i++)
        all += ran[i];
    ck_assert_uint_eq(all, now - began_at);
}
END_TEST

/* --- Warp ----------------------------------------------------------------- */

/** The longest time from a wake-up until it runs, of a vCPU that computes for
 *  half a millisecond now and then, beside seven that compute. */
static uint64_t worst_latency(uint32_t warp_us)
{
    uint64_t worst = 0;
    struct sched_params p;

    start(SCHED_BVT, 8);
    options.bvt_allowance_us = 5000;
    sched_tuning.allowance_ns = 5 * MS;
    p = domains[7].sched;
    p.warp_us = warp_us;
    adjust(7, p);
    for (unsigned i = 0; i < 7; i++)
        vcpu_up(&vcpus[i]);
    run_until(now + SECOND);
    for (unsigned i = 0; i < 300; i++) {
        uint64_t woke, before = ran[7];

        run_until(now + 20 * MS + i * 77777);
        woke = now;
        vcpu_up(&vcpus[7]);
        while (ran[7] == before)
            run_until(now + 1000);
        if (now - 1000 - woke > worst)
            worst = now - 1000 - woke;
        while (ran[7] < before + MS / 2)
            run_until(now + 10000);
        vcpu_down(&vcpus[7]);
    }
    return worst;
}

START_TEST(warp_shortens_waiting)
{
    ck_assert_uint_ge(worst_latency(0), MS);
    ck_assert_uint_eq(worst_latency(50000), 0);
}
END_TEST

/** A warped vCPU that computes all the time: its share is its weight's still,
 *  once its warp is used up. */
START_TEST(warp_gains_no_time)
{
    struct sched_params p;

    start(SCHED_BVT, 3);
    p = domains[1].sched;
    p.warp_us = 30000;
    p.warp_limit_us = 0;
    adjust(1, p);
    wake_all();
    run_until(now + 60 * SECOND);
    check_shares(60 * SECOND, 10);
}
END_TEST

/** For L it runs alone, then not before U has passed; then again. */
START_TEST(warp_is_limited)
{
    struct sched_params p;

    start(SCHED_BVT, 2);
    p = domains[0].sched;
    p.warp_us = 10000000;
    p.warp_limit_us = 20000;
    p.unwarp_us = 30000;
    wake_all();
    run_until(now + 100 * MS);
    adjust(0, p);
    memset(ran, 0, sizeof(ran));
    run_until(now + 20 * MS);
    ck_assert_uint_eq(ran[0], 20 * MS);
    run_until(now + 19 * MS); /* pays back what it borrowed */
    ck_assert_uint_le(ran[0], 21 * MS);
}
END_TEST

/** A moment's sleep does not begin the limit anew; a pause of U does. */
START_TEST(warp_limit_is_not_cheated)
{
    struct sched_params p;
    uint64_t before;

    start(SCHED_BVT, 2);
    p = domains[0].sched;
    p.warp_us = 10000000;
    p.warp_limit_us = 20000;
    p.unwarp_us = 1000000;
    adjust(0, p);
    wake_all();
    for (unsigned i = 0; i < 30; i++) {
        run_until(now + 2 * MS);
        vcpu_down(&vcpus[0]);
        run_until(now + MS / 10);
        vcpu_up(&vcpus[0]);
    }
    ck_assert_uint_le(ran[0], 36 * MS);
    vcpu_down(&vcpus[0]);
    run_until(now + 1100 * MS);
    vcpu_up(&vcpus[0]);
    before = ran[0];
    run_until(now + 19 * MS);
    ck_assert_uint_eq(ran[0] - before, 19 * MS);
}
END_TEST

/* --- The rest ------------------------------------------------------------- */

/** Whoever yields lets the others go; and its share stays. */
START_TEST(yield_lets_others_go)
{
    start(SCHED_BVT, 2);
    sched_tuning.allowance_ns = 5 * MS;
    wake_all();
    run_until(now + SECOND);
    for (unsigned i = 0; i < 50; i++) {
        const struct vcpu *before = current_vcpu();

        before->domain->vcpu[0]->scheduling.yielded = true;
        schedule_request();
        run_until(now + 10000);
        ck_assert_ptr_ne(current_vcpu(), before);
    }
}
END_TEST

/** A cap holds though nobody else wants the processor. */
START_TEST(credit_cap)
{
    struct sched_params p;

    start(SCHED_CREDIT, 2);
    p = domains[0].sched;
    p.cap = 25;
    adjust(0, p);
    vcpu_up(&vcpus[0]);
    run_until(now + 30 * SECOND);
    ck_assert_uint_ge(ran[0], 30 * SECOND / 4 - 30 * MS);
    ck_assert_uint_le(ran[0], 30 * SECOND / 4 + 30 * MS);
}
END_TEST

/** SCHED-I6: 3 s of one that leaves most of its share to the other are as good
 *  as forgotten a tenth of a second later; nobody pays them back. */
START_TEST(credit_forgets)
{
    uint64_t before[2];

    start(SCHED_CREDIT, 2);
    vcpu_up(&vcpus[0]);
    for (unsigned i = 0; i < 100; i++) {
        vcpu_up(&vcpus[1]);
        run_until(now + MS);
        vcpu_down(&vcpus[1]);
        run_until(now + 29 * MS);
        for (unsigned n = 0; n < nr; n++)
            ck_assert_int_le(llabs(vcpus[n].scheduling.credit_ns), 60 * MS);
    }
    before[0] = ran[0];
    before[1] = ran[1];
    vcpu_up(&vcpus[1]);
    run_until(now + 300 * MS);
    for (unsigned n = 0; n < nr; n++)
        ck_assert_uint_ge(ran[n] - before[n], 90 * MS);
}
END_TEST

/** Who wakes with credit runs at once. */
START_TEST(credit_boost)
{
    start(SCHED_CREDIT, 4);
    for (unsigned i = 0; i < 3; i++)
        vcpu_up(&vcpus[i]);
    run_until(now + SECOND);
    vcpu_up(&vcpus[3]);
    run_until(now + 40 * MS); /* earns some credit */
    vcpu_down(&vcpus[3]);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t before = ran[3];

        run_until(now + 100 * MS + i * 333333);
        vcpu_up(&vcpus[3]);
        run_until(now + 100000);
        ck_assert_uint_eq(ran[3] - before, i == 0 ? ran[3] - before : 100000);
        vcpu_down(&vcpus[3]);
    }
}
END_TEST

START_TEST(wrong_parameters)
{
    struct sched_params good, p;

    start(SCHED_BVT, 1);
    good = domains[0].sched;
    ck_assert_uint_eq(good.weight, SCHED_DEFAULT_WEIGHT);
#define REFUSED(field, value)                                                \
    do {                                                                     \
        p = good;                                                            \
        p.field = (value);                                                   \
        ck_assert_int_eq(sched_domain_adjust(&domains[0], &p), -EINVAL);     \
        ck_assert_mem_eq(&domains[0].sched, &good, sizeof(good));            \
    } while (0)
    REFUSED(weight, 0);
    REFUSED(weight, SCHED_MAX_WEIGHT + 1);
    REFUSED(cap, 101);
    REFUSED(warp_us, 10000001);
    REFUSED(warp_limit_us, 1000000001);
    REFUSED(unwarp_us, 1000000001);
    REFUSED(unwarp_us, 0);
    p = good;
    p.warp_limit_us = p.unwarp_us = 0;
    ck_assert_int_eq(sched_domain_adjust(&domains[0], &p), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("scheduling/policies");
    TCase *c = tcase_create("policies");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, bvt_shares, 0, 4);
    tcase_add_loop_test(c, credit_shares, 0, 4);
    tcase_add_test(c, round_robin_is_equal);
    tcase_add_test(c, bvt_extreme_weights);
    tcase_add_test(c, bvt_wraps);
    tcase_add_test(c, bvt_adjusted_while_running);
    tcase_add_test(c, bvt_sleepers_take_nothing);
    tcase_add_loop_test(c, work_conserving, 0, 3);
    tcase_add_test(c, warp_shortens_waiting);
    tcase_add_test(c, warp_gains_no_time);
    tcase_add_test(c, warp_is_limited);
    tcase_add_test(c, warp_limit_is_not_cheated);
    tcase_add_test(c, yield_lets_others_go);
    tcase_add_test(c, credit_cap);
    tcase_add_test(c, credit_forgets);
    tcase_add_test(c, credit_boost);
    tcase_add_test(c, wrong_parameters);
    return s;
}

UNIT_MAIN(suite())
