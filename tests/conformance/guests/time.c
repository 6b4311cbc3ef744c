/* SPDX-License-Identifier: MIT */
/**
 * @file time.c
 * @page conformance_time Conformance: time
 * Property: the time page of a vCPU follows its version protocol, gives a
 * time that never goes back, and is written anew at least each second.
 * Source: the interface's vcpu_time_info; the observed answers.
 * Method: the page is read as a kernel reads it, again and again, until it was
 * written at least once meanwhile.
 */
#include "check.h"

static struct vcpu_time_info *page(void)
{
    return &shared_info->vcpu_info[0].time;
}

static uint64_t tsc(void)
{
    uint64_t value;

    __asm__ volatile("rdtsc" : "=A"(value));
    return value;
}

/** A consistent copy of the page, as a kernel takes it. */
static struct vcpu_time_info read_page(void)
{
    volatile struct vcpu_time_info *p = page();
    struct vcpu_time_info copy;
    uint32_t version;

    do {
        version = p->version;
        copy.tsc_timestamp = p->tsc_timestamp;
        copy.system_time = p->system_time;
        copy.tsc_to_system_mul = p->tsc_to_system_mul;
        copy.tsc_shift = p->tsc_shift;
        copy.version = version;
    } while (version % 2 != 0 || p->version != version);
    return copy;
}

/** System time, by the page. */
static uint64_t now(void)
{
    struct vcpu_time_info t = read_page();
    uint64_t cycles = tsc() - t.tsc_timestamp;

    cycles = t.tsc_shift >= 0 ? cycles << t.tsc_shift
                              : cycles >> -t.tsc_shift;
    return t.system_time + ((cycles >> 32) * t.tsc_to_system_mul) +
           ((cycles & 0xFFFFFFFFu) * t.tsc_to_system_mul >> 32);
}

/** Until the page was written anew. */
static void refreshed(void)
{
    uint32_t version = read_page().version;
    uint64_t start = now(), last = start, time;
    bool back = false;

    do {
        time = now();
        back |= time < last;
        last = time;
    } while (read_page().version == version && time - start < 3000000000u);
    CHECK("time.page.written_each_second", 1, time - start < 1100000000u);
    CHECK("time.page.version_grows", 1,
          (int32_t)(read_page().version - version) > 0);
    CHECK("time.never_back", 0, back);
}

void family(void)
{
    CHECK("time.page.mul_nonzero", 1, page()->tsc_to_system_mul != 0);
    CHECK("time.page.version_even", 0, page()->version % 2);
    CHECK("time.page.mul_top_bit", 1, page()->tsc_to_system_mul >> 31);
    refreshed();
}
