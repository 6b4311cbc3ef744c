/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_nmi Unit test: NMIs
 *
 * Property: an NMI, whoever runs and if nobody does, is given once to vCPU 0 of
 * the control domain, and wakes it, if that has a handler; nobody else notices.
 *
 * Method: two domains, either of which runs; what exit_work() does is done by
 * hand.
 */
#include "unit.h"

#include <string.h>

#include "domain.h"
#include "segmentation.h"

struct processor processor;

static struct vcpu vcpus[3];
static struct domain control, plain;
static unsigned nr_wakes;

struct domain *domain_first(void)
{
    return &plain;
}

void vcpu_wake(struct vcpu *v)
{
    ck_assert_ptr_eq(v, &vcpus[0]);
    nr_wakes++;
}

void exit_request(uint32_t work)
{
    processor.exit_work |= work;
}

void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector)
{
    (void)frame;
    ck_assert_uint_eq(vector, VECTOR_NMI);
    v->traps.table[vector].cs++; /* counts */
}

/** Domain 1 has vCPU 2, the control domain 0 and 1. */
static void start(void)
{
    memset(vcpus, 0, sizeof(vcpus));
    control = (struct domain){ .privileged = true, .vcpu = { &vcpus[0],
                                                             &vcpus[1] } };
    plain = (struct domain){ .id = 1, .next = &control,
                             .vcpu = { &vcpus[2] } };
    vcpus[0].domain = vcpus[1].domain = &control;
    vcpus[2].domain = &plain;
    for (unsigned i = 0; i < 3; i++)
        vcpus[i].traps.table[VECTOR_NMI].address = 0x1000;
    processor.current = NULL;
    processor.exit_work = 0;
    nr_wakes = 0;
}

static void check_given(void)
{
    trap_frame_t frame = { 0 };

    nmi(&frame);
    ck_assert_uint_eq(processor.exit_work & EXIT_NMI, EXIT_NMI);
    ck_assert(!vcpus[0].traps.nmi_pending); /* only noted */
    ck_assert_uint_eq(nr_wakes, 0);
    nmi_take();
    ck_assert(vcpus[0].traps.nmi_pending);
    ck_assert(!vcpus[1].traps.nmi_pending && !vcpus[2].traps.nmi_pending);
    ck_assert_uint_eq(nr_wakes, processor.current != &vcpus[0]);
    nmi_deliver(&vcpus[0], &frame);
    ck_assert_uint_eq(vcpus[0].traps.table[VECTOR_NMI].cs, 1);
    nmi_take(); /* once */
    ck_assert(!vcpus[0].traps.nmi_pending);
}

/** Nobody runs; the control domain's vCPUs; another domain's. */
START_TEST(test_given)
{
    processor.current = _i == 3 ? NULL : &vcpus[_i];
    check_given();
}
END_TEST

START_TEST(test_no_handler)
{
    trap_frame_t frame = { 0 };

    vcpus[0].traps.table[VECTOR_NMI].address = 0;
    processor.current = &vcpus[2];
    nmi(&frame);
    nmi_take();
    ck_assert(!vcpus[0].traps.nmi_pending);
    ck_assert_uint_eq(nr_wakes, 0);
}
END_TEST

START_TEST(test_no_control_domain)
{
    trap_frame_t frame = { 0 };

    plain.next = NULL;
    processor.current = &vcpus[2];
    nmi(&frame);
    nmi_take();
    ck_assert(!vcpus[2].traps.nmi_pending);
}
END_TEST

static Suite *nmi_suite(void)
{
    Suite *suite = suite_create("segmentation/nmi");
    TCase *t = tcase_create("nmi");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_loop_test(t, test_given, 0, 4);
    tcase_add_test(t, test_no_handler);
    tcase_add_test(t, test_no_control_domain);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(nmi_suite())
