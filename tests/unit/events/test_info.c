/* SPDX-License-Identifier: MIT */
/**
 * @page unit_events_info Unit test: a vCPU's information moves
 *
 * Property: vcpu_info has the same content where a guest registers it, even if
 * that overlaps its old place, with everything pending; and the processor looks
 * there if that vCPU runs.
 *
 * Method: places in a made-up guest's memory, compared afterwards.
 */
#include "unit.h"

#include <string.h>

#include "boot.h"
#include "fake_guest.h"

struct options options;

static struct vcpu vcpu1;

static void start(void)
{
    fake_guest_reset();
    memset(&vcpu1, 0, sizeof(vcpu1));
    vcpu1.domain = &fake_guest.domain;
    vcpu1.id = 1;
    vcpu1.info = &fake_guest.shared.vcpu_info[1];
    fake_guest.domain.vcpu[1] = &vcpu1;
    fake_guest.domain.nr_vcpus = 2;
}

START_TEST(test_info_move)
{
    struct vcpu_info to;

    memset(&to, 0x5A, sizeof(to));
    processor.info = fake_guest.vcpu.info;
    fake_guest.vcpu.info->evtchn_upcall_mask = 1;
    fake_guest.vcpu.info->arch.cr2 = 0x1234;
    event_info_move(&fake_guest.vcpu, &to);
    ck_assert_ptr_eq(fake_guest.vcpu.info, &to);
    ck_assert_ptr_eq(processor.info, &to);
    ck_assert_uint_eq(to.evtchn_upcall_mask, 1);
    ck_assert_uint_eq(to.arch.cr2, 0x1234);
    ck_assert_uint_eq(to.evtchn_upcall_pending, 1);
    ck_assert_uint_eq(to.evtchn_pending_sel, UINT32_MAX);
    event_info_move(&vcpu1, &to); /* does not run */
    ck_assert_ptr_eq(vcpu1.info, &to);
    processor.info = NULL;
    event_info_move(&vcpu1, &fake_guest.shared.vcpu_info[1]);
    ck_assert_ptr_null(processor.info);
}
END_TEST

/* A guest may choose a place in its own shared_info, between two of the 32. */
START_TEST(test_info_moves_a_little)
{
    struct vcpu_info *from = &fake_guest.shared.vcpu_info[0];
    struct vcpu_info *to = (struct vcpu_info *)((uint8_t *)from + 32);

    memset(from, 0, 2 * sizeof(*from));
    from->evtchn_upcall_mask = 1;
    from->arch.cr2 = 0x1234;
    from->time.tsc_timestamp = 0x5678;
    event_info_move(&fake_guest.vcpu, to);
    ck_assert_ptr_eq(fake_guest.vcpu.info, to);
    ck_assert_uint_eq(to->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(to->arch.cr2, 0x1234);
    ck_assert_uint_eq(to->time.tsc_timestamp, 0x5678);
}
END_TEST

static Suite *info_suite(void)
{
    Suite *suite = suite_create("events/info");
    TCase *t = tcase_create("info");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_info_move);
    tcase_add_test(t, test_info_moves_a_little);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(info_suite())
