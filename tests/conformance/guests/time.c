/* SPDX-License-Identifier: MIT */
/**
 * @file time.c
 * @page conformance_time Conformance: the clock
 * Property: the time page of a vCPU follows its version protocol, gives a time
 * that never goes back, and is written anew at least each second, whatever the
 * guest writes there; the date at system time 0 is in shared_info, and the
 * control domain can set it.
 * Source: the interface's vcpu_time_info; the observed answers.
 * Method: the page is read as a kernel reads it, again and again, until it was
 * written at least once meanwhile.
 */
#include "check.h"
#include "clock.h"

#undef __STRICT_ANSI__
#include <xen/platform.h>

/** Later than this was nobody's clock when this was written. */
#define YEAR_2200 7258118400u

static struct vcpu_time_info *page(void)
{
    return &shared_info->vcpu_info[0].time;
}

/** Until the page was written anew. */
static void refreshed(void)
{
    uint32_t version = clock_copy(page()).version;
    uint64_t start = clock_now(), last = start, time;
    bool back = false;

    do {
        time = clock_now();
        back |= time < last;
        last = time;
    } while (clock_copy(page()).version == version && time - start < 3000 * MS);
    back |= clock_now() < last; /* by the page that ended the loop */
    CHECK("time.page.written_each_second", 1, time - start < 1100 * MS);
    CHECK("time.page.version_grows", 1,
          (int32_t)(clock_copy(page()).version - version) > 0);
    CHECK("time.never_back", 0, back);
}

/** A guest that fills its page with nonsense gets a good one again. */
static void scribbled(void)
{
    struct vcpu_time_info good = clock_copy(page());
    uint64_t before = clock_now();

    for (unsigned i = 0; i < sizeof(*page()); i++)
        ((volatile uint8_t *)page())[i] = 0xFF;
    while (((volatile struct vcpu_time_info *)page())->version % 2 != 0)
        ;
    CHECK("time.page.scribbled.mul", good.tsc_to_system_mul,
          page()->tsc_to_system_mul);
    CHECK("time.page.scribbled.shift", good.tsc_shift, page()->tsc_shift);
    CHECK("time.page.scribbled.not_back", 1, clock_now() >= before);
    CHECK("time.page.scribbled.within_a_second", 1,
          clock_now() - before < 1100 * MS);
}

/** The date at system time 0, in seconds; rounded down. */
static uint64_t date(void)
{
    return (uint64_t)shared_info->arch.wc_sec_hi << 32 | shared_info->wc_sec;
}

static int32_t set_date(uint64_t seconds, uint32_t ns, uint64_t at,
                        uint32_t mbz)
{
    struct xen_platform_op op = {
        .cmd = XENPF_settime64,
        .interface_version = XENPF_INTERFACE_VERSION,
        .u.settime64 = { .secs = seconds, .nsecs = ns, .mbz = mbz,
                         .system_time = at },
    };

    return hypercall_1(platform_op, &op);
}

static int32_t set_date_32(uint32_t seconds, uint32_t ns, uint64_t at)
{
    struct xen_platform_op op = {
        .cmd = XENPF_settime32,
        .interface_version = XENPF_INTERFACE_VERSION,
        .u.settime32 = { .secs = seconds, .nsecs = ns, .system_time = at },
    };

    return hypercall_1(platform_op, &op);
}

static void dates(void)
{
    uint32_t version = shared_info->wc_version;

    CHECK("time.wall_clock.version_even", 0, version % 2);
    CHECK("time.wall_clock.after_1999", 1, date() > 940000000u);
    CHECK("time.wall_clock.before_2200", 1, date() < YEAR_2200);
    CHECK("time.wall_clock.ns", 1, shared_info->wc_nsec < 1000000000u);
    CHECK_CONTROL("platform_op.settime64.good", 0,
                  set_date(0x100000002ull, 5, 3 * 1000 * MS, 0));
    CHECK_CONTROL("platform_op.settime64.sec", 0xFFFFFFFFu,
                  shared_info->wc_sec);
    CHECK_CONTROL("platform_op.settime64.sec_hi", 0,
                  shared_info->arch.wc_sec_hi);
    CHECK_CONTROL("platform_op.settime64.nsec", 5, shared_info->wc_nsec);
    CHECK_CONTROL("platform_op.settime64.version", version + 2,
                  shared_info->wc_version);
    CHECK_CONTROL("platform_op.settime32.good", 0,
                  set_date_32(1000000000u, 7, 1000 * MS));
    CHECK_CONTROL("platform_op.settime32.sec", 999999999u,
                  shared_info->wc_sec);
    CHECK_CONTROL("platform_op.settime32.nsec", 7, shared_info->wc_nsec);
    CHECK_CONTROL("platform_op.settime64.mbz", -XEN_EINVAL,
                  set_date(1, 0, 0, 1));
    CHECK_CONTROL("platform_op.settime64.ns_too_many", -XEN_EINVAL,
                  set_date(1, 1000000000u, 0, 0));
    CHECK_CONTROL("platform_op.settime64.before_1970", -XEN_EINVAL,
                  set_date(1, 0, 2000 * MS, 0));
    CHECK_CONTROL("platform_op.settime64.max", -XEN_EINVAL,
                  set_date(~0ull, 0, 0, 0));
    CHECK_CONTROL("platform_op.settime64.refused_changes_nothing", 999999999u,
                  shared_info->wc_sec);
}

void family(void)
{
    CHECK("time.page.mul_nonzero", 1, page()->tsc_to_system_mul != 0);
    CHECK("time.page.version_even", 0, page()->version % 2);
    CHECK("time.page.mul_top_bit", 1, page()->tsc_to_system_mul >> 31);
    refreshed();
    scribbled();
    dates();
}
