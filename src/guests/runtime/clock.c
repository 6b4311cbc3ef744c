/* SPDX-License-Identifier: MIT */
/**
 * @file clock.c
 * @ingroup guests
 * System time, and waiting for it.
 */
#include "guest.h"

/**
 * Nanoseconds of system time, as vCPU 0's page says it. shared_info is mapped.
 */
uint64_t system_time(void)
{
    volatile struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
    uint64_t time, cycles;
    uint32_t version;

    do {
        version = t->version;
        __asm__ volatile("rdtsc" : "=A"(cycles));
        cycles -= t->tsc_timestamp;
        cycles = t->tsc_shift >= 0 ? cycles << t->tsc_shift
                                   : cycles >> -t->tsc_shift;
        time = t->system_time + (cycles >> 32) * t->tsc_to_system_mul +
               ((cycles & 0xFFFFFFFFu) * t->tsc_to_system_mul >> 32);
    } while (version % 2 != 0 || t->version != version);
    return time;
}

/** Sleep until a system time, or until an event can be delivered. */
void sleep_until(uint64_t until)
{
    struct sched_poll op = { .nr_ports = 0, .timeout = until };

    hypercall_2(sched_op, SCHEDOP_poll, &op);
}

/** The number behind a word such as "ms=" on the guest's command line; 0 if
 *  there is none. */
uint32_t argument(const char *word)
{
    for (const char *at = (const char *)start_info->cmd_line; *at; at++) {
        const char *from = at, *w = word;
        uint32_t value = 0;

        while (*w && *from == *w)
            from++, w++;
        if (*w)
            continue;
        for (; *from >= '0' && *from <= '9'; from++)
            value = value * 10 + (uint32_t)(*from - '0');
        return value;
    }
    return 0;
}
