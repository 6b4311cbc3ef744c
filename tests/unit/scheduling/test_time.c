/* SPDX-License-Identifier: MIT */
/**
 * @page unit_scheduling_time Unit test: time
 *
 * Property: TIME-I1 to TIME-I4. The two numbers of a rate give nanoseconds
 * that are right to 1 in 10^9 and never go back, also over a page that is
 * written anew; a reader who looks between any two of the writer's stores
 * either sees a whole page or knows that it did not; run states add up to an
 * age; a queue gives its timers in order, whatever was put in and taken out in
 * between.
 *
 * Method: rates from 1 Hz to 10 GHz against long floating point; a reader in
 * a thread of its own, which has to find every copy that it accepts
 * consistent; random operations on a queue of 200 timers, compared with a
 * search through all of them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "time.h"
#include "unit.h"

static const uint64_t rates[] = {
    1, 1193182, 50000000, 999999999, 1000000000, 1000000001, 2000000000,
    2000000001, 2596300000u, 4000000000u, 10000000000u,
};

#define NR_RATES (sizeof(rates) / sizeof(rates[0]))

/** What (cycles * 10^9) / hz is, in floating point with 64 bits. */
static long double exact(uint64_t hz, uint64_t cycles)
{
    return (long double)cycles * 1e9L / (long double)hz;
}

START_TEST(test_scale)
{
    for (unsigned i = 0; i < NR_RATES; i++) {
        struct time_scale s = time_scale_of(rates[i]);

        ck_assert_uint_ge(s.mul, 0x80000000u);
    }
    /* As the interface gives them. */
    ck_assert_int_eq(time_scale_of(50000000).shift, 5);
    ck_assert_uint_eq(time_scale_of(50000000).mul, 0xA0000000u);
    ck_assert_int_eq(time_scale_of(2000000000).shift, 0);
    ck_assert_uint_eq(time_scale_of(2000000000).mul, 0x80000000u);
    ck_assert_int_eq(time_scale_of(1000000000).shift, 1);
    ck_assert_int_eq(time_scale_of(4000000000u).shift, -1);
}
END_TEST

START_TEST(test_scaled)
{
    for (unsigned i = 0; i < NR_RATES; i++) {
        struct time_scale s = time_scale_of(rates[i]);

        for (uint64_t seconds = 0; seconds < 1000000;
             seconds = seconds * 3 + 1) {
            uint64_t cycles = rates[i] * seconds + seconds % 7;
            long double demanded = exact(rates[i], cycles);
            long double is = (long double)time_scaled(s, cycles);

            ck_assert(is - demanded <= demanded / 1e9L);
            ck_assert(demanded - is <= demanded / 1e9L + 3.0L);
        }
    }
}
END_TEST

START_TEST(test_never_back)
{
    for (unsigned i = 0; i < NR_RATES; i++) {
        struct time_scale s = time_scale_of(rates[i]);
        uint64_t last = 0;

        for (uint64_t cycles = 0; cycles < 5000; cycles++) {
            uint64_t now = time_scaled(s, cycles);

            ck_assert(now >= last);
            last = now;
        }
        /* A page written at `then`, read at `now`: never ahead of us. */
        for (uint64_t then = 0; then < 3000; then += 7)
            ck_assert(time_scaled(s, then) + time_scaled(s, 1234567) <=
                      time_scaled(s, then + 1234567));
    }
}
END_TEST

/* --- The version protocol ------------------------------------------------- */

static struct vcpu_time_info page;
static volatile bool written;

/** A page whose fields all say the same number. */
static struct vcpu_time_info values_of(uint32_t n)
{
    return (struct vcpu_time_info){
        .tsc_timestamp = (uint64_t)n << 32 | n,
        .system_time = (uint64_t)n << 32 | n,
        .tsc_to_system_mul = n,
        .tsc_shift = (int8_t)n,
    };
}

static void *read_pages(void *accepted)
{
    volatile struct vcpu_time_info *p = &page;

    while (!written) {
        uint32_t version = p->version;
        uint64_t stamp = p->tsc_timestamp, time = p->system_time;
        uint32_t mul = p->tsc_to_system_mul;
        int8_t shift = p->tsc_shift;

        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (version % 2 != 0 || p->version != version)
            continue;
        if (stamp != time || mul != (uint32_t)time || shift != (int8_t)mul)
            return NULL;
        ++*(unsigned *)accepted;
    }
    return accepted;
}

START_TEST(test_reader)
{
    unsigned accepted = 0;
    uint32_t version = 0;
    pthread_t reader;
    void *result;

    memset(&page, 0, sizeof(page));
    written = false;
    ck_assert_int_eq(pthread_create(&reader, NULL, read_pages, &accepted), 0);
    for (uint32_t n = 1; n < 200000 || (accepted < 100 && n < 200000000); n++) {
        struct vcpu_time_info values = values_of(n);

        time_page_write(&page, &version, &values);
    }
    written = true;
    pthread_join(reader, &result);
    ck_assert_ptr_eq(result, &accepted);
    ck_assert_uint_ge(accepted, 1);
}
END_TEST

START_TEST(test_version)
{
    struct vcpu_time_info values = values_of(5);
    uint32_t version = 0xFFFFFFFEu;

    values.version = 77;
    page.version = 0xFFFFFFFF; /* a guest's nonsense */
    time_page_write(&page, &version, &values);
    ck_assert_uint_eq(page.version, 0);
    ck_assert_uint_eq(version, 0);
    ck_assert_uint_eq(page.tsc_to_system_mul, 5);
    time_page_write(&page, &version, &values);
    ck_assert_uint_eq(page.version, 2);
}
END_TEST

/* --- Run states ----------------------------------------------------------- */

START_TEST(test_run_states)
{
    struct vcpu_runstate_info r = { .state = RUNSTATE_offline,
                                    .state_entry_time = 100 };

    runstate_account(&r, RUNSTATE_runnable, 110);
    runstate_account(&r, RUNSTATE_running, 130);
    runstate_account(&r, RUNSTATE_running, 170);
    runstate_account(&r, RUNSTATE_blocked, 250);
    ck_assert_int_eq(r.state, RUNSTATE_blocked);
    ck_assert_uint_eq(r.state_entry_time, 250);
    ck_assert_uint_eq(r.time[RUNSTATE_offline], 10);
    ck_assert_uint_eq(r.time[RUNSTATE_runnable], 20);
    ck_assert_uint_eq(r.time[RUNSTATE_running], 120);
    ck_assert_uint_eq(r.time[RUNSTATE_blocked], 0);
    runstate_account(&r, RUNSTATE_runnable, 251);
    ck_assert_uint_eq(r.time[0] + r.time[1] + r.time[2] + r.time[3], 151);
}
END_TEST

/* --- The queue ------------------------------------------------------------ */

#define NR_TIMERS 200

static struct timer timers[NR_TIMERS];

/** No child is earlier, and it knows its parent. One assertion for all: each
 *  is a system call. @return timers below; more than there are: it is none. */
static unsigned check_heap(const struct timer *t, const struct timer *parent)
{
    if (!t)
        return 0;
    if (!t->queued || t->parent != parent || (parent && parent->at > t->at))
        return 2 * NR_TIMERS;
    return 1 + check_heap(t->child[0], t) + check_heap(t->child[1], t);
}

static uint64_t earliest(void)
{
    uint64_t at = NS_NEVER;

    for (unsigned i = 0; i < NR_TIMERS; i++)
        if (timers[i].queued && timers[i].at < at)
            at = timers[i].at;
    return at;
}

START_TEST(test_queue)
{
    struct timer_queue q = { NULL };
    unsigned nr = 0;

    srandom(1);
    memset(timers, 0, sizeof(timers));
    for (unsigned step = 0; step < 1500; step++) {
        struct timer *t = &timers[random() % NR_TIMERS];

        if (t->queued) {
            timer_queue_remove(&q, t);
            nr--;
        } else {
            /* Many equal ones. */
            t->at = (uint64_t)(random() % 50) << 30;
            timer_queue_insert(&q, t);
            nr++;
        }
        ck_assert_uint_eq(check_heap(q.first, NULL), nr);
        if (q.first)
            ck_assert_uint_eq(q.first->at, earliest());
    }
}
END_TEST

START_TEST(test_queue_order)
{
    struct timer_queue q = { NULL };
    uint64_t last = 0;

    memset(timers, 0, sizeof(timers));
    for (unsigned i = 0; i < NR_TIMERS; i++) {
        timers[i].at = i * 7919 % 1000;
        timer_queue_insert(&q, &timers[i]);
    }
    for (unsigned i = 0; i < NR_TIMERS; i++) {
        struct timer *t = q.first;

        ck_assert_ptr_nonnull(t);
        ck_assert(t->at >= last);
        last = t->at;
        timer_queue_remove(&q, t);
        ck_assert(!t->queued);
    }
    ck_assert_ptr_null(q.first);
}
END_TEST

static Suite *time_suite(void)
{
    Suite *suite = suite_create("time");
    TCase *clock = tcase_create("clock"), *queue = tcase_create("queue");

    tcase_set_timeout(clock, 60);
    tcase_set_timeout(queue, 60);
    tcase_add_test(clock, test_scale);
    tcase_add_test(clock, test_scaled);
    tcase_add_test(clock, test_never_back);
    tcase_add_test(clock, test_reader);
    tcase_add_test(clock, test_version);
    tcase_add_test(clock, test_run_states);
    tcase_add_test(queue, test_queue);
    tcase_add_test(queue, test_queue_order);
    suite_add_tcase(suite, clock);
    suite_add_tcase(suite, queue);
    return suite;
}

UNIT_MAIN(time_suite())
