/* SPDX-License-Identifier: MIT */
/**
 * @page unit_scheduling_timer Unit test: timers and alarms
 *
 * Property: TIMER-I1 and I2, ALARM-I1: the device is set for the earliest
 * timer or an earlier time; a timer fires once, when it is due, in order; one
 * interrupt fires a bounded number; a tick that was missed is one tick; an
 * alarm in virtual time waits while its vCPU does not run.
 *
 * Method: a device that only notes what it is set for, and a clock that the
 * test moves (fake_time.h); an interrupt is a call.
 */
#include <string.h>

#include "domain.h"
#include "fake_time.h"
#include "unit.h"

/** What the device is set for; NS_NEVER: it is not. */
static ns_t device_at;
static unsigned nr_virqs[NR_VIRQS];

void timer_device_arm(ns_t from_now)
{
    device_at = fake_time_now + from_now;
}

void event_raise_virq(struct vcpu *v, unsigned virq)
{
    (void)v;
    nr_virqs[virq]++;
}

/** Only runstate_get() is asked of vcpu_time.c. */
void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *to)
{
    *to = v->time.runstate;
    runstate_account(to, (unsigned)to->state, fake_time_now);
}

/** Let time pass; the device interrupts when its time has come. */
static void pass(ns_t ns)
{
    ns_t until = fake_time_now + ns;

    while (device_at <= until) {
        if (device_at > fake_time_now)
            fake_time_now = device_at;
        device_at = NS_NEVER;
        timer_interrupt();
    }
    fake_time_now = until;
}

static unsigned nr_fired;
static ns_t last_fired;

static void fired(struct timer *t)
{
    ck_assert(!t->queued);
    ck_assert(t->at <= fake_time_now);
    ck_assert(t->at >= last_fired);
    last_fired = t->at;
    nr_fired++;
}

static void set_up(void)
{
    pass(NS_PER_S); /* what an earlier test left */
    device_at = NS_NEVER;
    nr_fired = 0;
    last_fired = 0;
    memset(nr_virqs, 0, sizeof(nr_virqs));
}

START_TEST(test_once)
{
    struct timer t = { .fire = fired };

    timer_set(&t, fake_time_now + 500);
    ck_assert_uint_eq(device_at, fake_time_now + 500);
    pass(499);
    ck_assert_uint_eq(nr_fired, 0);
    pass(1);
    ck_assert_uint_eq(nr_fired, 1);
    pass(5000);
    ck_assert_uint_eq(nr_fired, 1);
}
END_TEST

START_TEST(test_earlier_and_cancelled)
{
    struct timer a = { .fire = fired }, b = { .fire = fired };

    timer_set(&a, fake_time_now + 500);
    timer_set(&b, fake_time_now + 300);
    ck_assert_uint_eq(device_at, fake_time_now + 300);
    timer_cancel(&b);
    timer_cancel(&b);
    pass(499);
    ck_assert_uint_eq(nr_fired, 0);
    pass(1);
    ck_assert_uint_eq(nr_fired, 1);
    timer_set(&a, fake_time_now + 500);
    timer_set(&a, fake_time_now + 900);
    pass(899);
    ck_assert_uint_eq(nr_fired, 1);
    pass(1);
    ck_assert_uint_eq(nr_fired, 2);
}
END_TEST

START_TEST(test_past)
{
    struct timer t = { .fire = fired };

    fake_time_now += 1000;
    timer_set(&t, fake_time_now - 700);
    ck_assert_uint_eq(nr_fired, 0);
    ck_assert_uint_eq(device_at, fake_time_now);
    pass(0);
    ck_assert_uint_eq(nr_fired, 1);
}
END_TEST

START_TEST(test_bounded)
{
    static struct timer t[300];

    memset(t, 0, sizeof(t));
    for (unsigned i = 0; i < 300; i++) {
        t[i].fire = fired;
        timer_set(&t[i], fake_time_now + 100 + i % 3);
    }
    fake_time_now += 200;
    timer_interrupt();
    ck_assert_uint_ge(nr_fired, 1);
    ck_assert_uint_le(nr_fired, 64);
    ck_assert_uint_eq(device_at, fake_time_now);
    pass(0);
    ck_assert_uint_eq(nr_fired, 300);
}
END_TEST

static struct vcpu *make_vcpu(void)
{
    static struct vcpu v;

    memset(&v, 0, sizeof(v));
    v.time.runstate.state = RUNSTATE_offline;
    v.time.runstate.state_entry_time = fake_time_now;
    vcpu_timers_init(&v);
    return &v;
}

static void change(struct vcpu *v, unsigned state)
{
    runstate_account(&v->time.runstate, state, fake_time_now);
    if (state == RUNSTATE_running)
        vcpu_timers_start(v);
    else
        vcpu_timers_stop(v);
}

START_TEST(test_ticks)
{
    struct vcpu *v = make_vcpu();

    change(v, RUNSTATE_running);
    pass(35 * NS_PER_MS);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 3);
    change(v, RUNSTATE_blocked);
    pass(100 * NS_PER_MS);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 3);
    change(v, RUNSTATE_running); /* ten were missed: one */
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 4);
    pass(9 * NS_PER_MS);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 4);
    pass(NS_PER_MS);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 5);
    ck_assert_int_eq(vcpu_periodic_set(v, NS_PER_MS - 1), -EINVAL);
    ck_assert_int_eq(vcpu_periodic_set(v, (UINT64_MAX >> 2) + 1), -EINVAL);
    ck_assert_int_eq(vcpu_periodic_set(v, 0), 0);
    pass(100 * NS_PER_MS);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 5);
    vcpu_timers_destroy(v);
}
END_TEST

START_TEST(test_single)
{
    struct vcpu *v = make_vcpu();

    change(v, RUNSTATE_blocked);
    vcpu_single_set(v, fake_time_now + 700, fake_time_now);
    pass(699);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 0);
    pass(1); /* it wakes one that sleeps */
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 1);
    vcpu_single_set(v, fake_time_now, fake_time_now);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 2);
    vcpu_single_set(v, fake_time_now + 700, fake_time_now);
    vcpu_timers_destroy(v);
    pass(1000);
    ck_assert_uint_eq(nr_virqs[VIRQ_TIMER], 2);
}
END_TEST

START_TEST(test_virtual)
{
    struct vcpu *v = make_vcpu();

    ck_assert_int_eq(vcpu_periodic_set(v, 0), 0);
    change(v, RUNSTATE_running);
    vcpu_virtual_alarm_set(v, 1000);
    pass(600);
    change(v, RUNSTATE_runnable);
    pass(100000);
    ck_assert_uint_eq(nr_virqs[VIRQ_VIRTUAL_ALARM], 0);
    change(v, RUNSTATE_running);
    pass(399);
    ck_assert_uint_eq(nr_virqs[VIRQ_VIRTUAL_ALARM], 0);
    pass(1);
    ck_assert_uint_eq(nr_virqs[VIRQ_VIRTUAL_ALARM], 1);
    vcpu_virtual_alarm_set(v, 1); /* passed */
    ck_assert_uint_eq(nr_virqs[VIRQ_VIRTUAL_ALARM], 2);
    vcpu_virtual_alarm_set(v, 5000);
    vcpu_virtual_alarm_set(v, 0);
    vcpu_virtual_alarm_set(v, UINT64_MAX);
    pass(10000);
    ck_assert_uint_eq(nr_virqs[VIRQ_VIRTUAL_ALARM], 2);
    vcpu_timers_destroy(v);
}
END_TEST

static Suite *timer_suite(void)
{
    Suite *suite = suite_create("timer");
    TCase *tc = tcase_create("timers");

    tcase_add_checked_fixture(tc, set_up, NULL);
    tcase_add_test(tc, test_once);
    tcase_add_test(tc, test_earlier_and_cancelled);
    tcase_add_test(tc, test_past);
    tcase_add_test(tc, test_bounded);
    tcase_add_test(tc, test_ticks);
    tcase_add_test(tc, test_single);
    tcase_add_test(tc, test_virtual);
    suite_add_tcase(suite, tc);
    return suite;
}

UNIT_MAIN(timer_suite())
