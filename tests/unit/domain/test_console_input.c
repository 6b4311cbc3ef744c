/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_console_input Unit test: who is told of what is typed
 *
 * Property: after a domain has shown that it wants input, the serial line is
 * looked at again and again; the control domain is told by its virtual
 * interrupt and reads itself, without one the first domain that has a console
 * and lives is given the bytes.
 *
 * Method: domains in a made-up machine, a clock that the test moves, text that
 * is typed.
 */
#include "unit.h"

#include <string.h>

#include <xen/io/console.h>

#include "../memory/fake_frames.h"
#include "console.h"
#include "events.h"
#include "fake_console.h"
#include "fake_time.h"

static struct timer *set;
static ns_t set_for;
static unsigned nr_set, nr_virqs;
static struct vcpu *told;
static struct domain *raised;

void timer_set(struct timer *t, ns_t at)
{
    set = t;
    set_for = at;
    nr_set++;
    t->queued = true;
}

void event_raise(struct domain *to, uint32_t port)
{
    ck_assert_uint_eq(port, 7);
    raised = to;
}

void event_raise_virq(struct vcpu *v, unsigned virq)
{
    ck_assert_uint_eq(virq, VIRQ_CONSOLE);
    told = v;
    nr_virqs++;
}

_Noreturn void machine_end(enum machine_exit how)
{
    ck_abort_msg("the machine ended with %d", (int)how);
}

void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "eip %x\n", frame->eip);
}

static void start(void)
{
    fake_frames_reset(3);
    fake_console_reset();
    fake_time_now = 1000;
    set = NULL;
    nr_set = nr_virqs = 0;
    told = NULL;
    raised = NULL;
}

/** A plain domain with a console. */
static struct xencons_interface *talker(domid_t id, struct domain **d)
{
    mfn_t page;

    *d = domain_create(id, false, 100);
    page = frame_alloc_to(*d);
    console_ring_open(*d, page, 7);
    return fake_frame(page);
}

/** The timer's time has come. */
static void time_passes(void)
{
    struct timer *t = set;

    ck_assert_ptr_nonnull(t);
    ck_assert_uint_gt(set_for, fake_time_now);
    ck_assert_uint_le(set_for, fake_time_now + 100 * NS_PER_MS);
    fake_time_now = set_for;
    set = NULL;
    t->queued = false;
    t->fire(t);
    ck_assert_ptr_eq(set, t);
}

START_TEST(test_wanted_once)
{
    console_input_wanted();
    ck_assert_uint_eq(nr_set, 1);
    console_input_wanted();
    ck_assert_uint_eq(nr_set, 1);
    time_passes();
    ck_assert_uint_eq(nr_set, 2);
}
END_TEST

/** Nothing is read for it. */
START_TEST(test_control_domain)
{
    struct domain *plain, *control;
    struct xencons_interface *ring = talker(1, &plain);

    control = domain_create(0, true, 10);
    ck_assert_ptr_nonnull(domain_add_vcpu(control, 0));
    console_input_wanted();
    time_passes();
    ck_assert_uint_eq(nr_virqs, 0);
    fake_console_typed = "abc";
    time_passes();
    time_passes();
    ck_assert_uint_eq(nr_virqs, 2);
    ck_assert_ptr_eq(told, control->vcpu[0]);
    ck_assert_str_eq(fake_console_typed, "abc");
    ck_assert_uint_eq(ring->in_prod, 0);
}
END_TEST

START_TEST(test_first_plain_domain)
{
    struct domain *silent = domain_create(1, false, 10), *d[2];
    struct xencons_interface *ring[2];

    (void)silent;
    ring[0] = talker(2, &d[0]);
    ring[1] = talker(3, &d[1]);
    console_input_wanted();
    fake_console_typed = "a";
    time_passes();
    ck_assert_uint_eq(ring[0]->in_prod + ring[1]->in_prod, 1);
    ck_assert_int_eq(ring[raised == d[1]]->in[0], 'a');
    raised->is_shut_down = true;
    fake_console_typed = "b";
    time_passes();
    ck_assert_uint_eq(ring[0]->in_prod, 1);
    ck_assert_uint_eq(ring[1]->in_prod, 1);
    ck_assert_int_eq(ring[raised == d[1]]->in[0], 'b');
}
END_TEST

/** INPUT-I1 */
START_TEST(test_nobody)
{
    console_input_wanted();
    fake_console_typed = "abc";
    time_passes();
    ck_assert_str_eq(fake_console_typed, "abc");
}
END_TEST

static Suite *console_input_suite(void)
{
    Suite *suite = suite_create("domain/console_input");
    TCase *t = tcase_create("console_input");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_wanted_once);
    tcase_add_test(t, test_control_domain);
    tcase_add_test(t, test_first_plain_domain);
    tcase_add_test(t, test_nobody);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(console_input_suite())
