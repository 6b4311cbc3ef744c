/* SPDX-License-Identifier: MIT */
/**
 * @file wall_clock.c
 * @ingroup scheduling
 * Wall-clock time: what the date was at system time 0. The PC's own clock is
 * read once, at boot; afterwards the control domain may know better. Guests
 * add system time to what is in their shared_info page.
 *
 * Source: [MC146818] "Time, Calendar and Alarm".
 */
#include "time.h"

#include "arch_divide.h"
#include "arch_port.h"
#include "domain.h"

#define RTC_INDEX 0x70
#define RTC_DATA 0x71

/* Its registers. */
#define RTC_SECONDS 0x00
#define RTC_MINUTES 0x02
#define RTC_HOURS 0x04
#define RTC_DAY 0x07
#define RTC_MONTH 0x08
#define RTC_YEAR 0x09
#define RTC_STATUS_A 0x0A
#define RTC_STATUS_B 0x0B

#define STATUS_A_UPDATING 0x80u
#define STATUS_B_BINARY 0x04u
#define STATUS_B_24_HOURS 0x02u
#define HOURS_PM 0x80u

/** An update takes 2 ms; a chip that says longer that it is in one is read as
 *  it is. */
#define MOST_LOOKS 100000u

/** The date at system time 0, in ns since the first of January 1970. */
static uint64_t at_zero;

static uint8_t rtc_read(uint8_t index)
{
    arch_out8(RTC_INDEX, index);
    return arch_in8(RTC_DATA);
}

static unsigned from_bcd(unsigned value)
{
    return value / 16 * 10 + value % 16;
}

/**
 * Seconds from 1970 to a date of the Gregorian calendar.
 *
 * @param date  Full year from 1970 on, month 1 to 12, the rest as usual.
 * @context{boot}
 * @return seconds since 1970 began, without leap seconds.
 */
uint64_t wall_clock_seconds(const struct date *date)
{
    /* The year begins in March, so that its leap day is the last one. */
    unsigned month = date->month + 9;
    unsigned year = date->year - 1 + month / 12;
    unsigned days;

    month %= 12;
    days = year * 365 + year / 4 - year / 100 + year / 400 +
           (month * 153 + 2) / 5 + date->day - 1;
    return (days - 719468ull) * 86400 + date->hour * 3600u +
           date->minute * 60u + date->second;
}

/** Read the chip, as binary numbers and a full year. */
static struct date read_date(void)
{
    uint8_t format = rtc_read(RTC_STATUS_B);
    uint8_t hours = rtc_read(RTC_HOURS);
    struct date date = {
        .second = rtc_read(RTC_SECONDS), .minute = rtc_read(RTC_MINUTES),
        .hour = hours & ~HOURS_PM, .day = rtc_read(RTC_DAY),
        .month = rtc_read(RTC_MONTH), .year = rtc_read(RTC_YEAR),
    };

    if (!(format & STATUS_B_BINARY))
        date = (struct date){
            from_bcd(date.year), from_bcd(date.month), from_bcd(date.day),
            from_bcd(date.hour), from_bcd(date.minute),
            from_bcd(date.second),
        };
    if (!(format & STATUS_B_24_HOURS))
        date.hour = date.hour % 12 + (hours & HOURS_PM ? 12 : 0);
    date.year += date.year < 70 ? 2000 : 1900;
    return date;
}

/**
 * Read the PC's clock. The clock of time_init() runs.
 *
 * @context{boot}
 */
void wall_clock_init(void)
{
    struct date date;

    for (unsigned i = 0; i < MOST_LOOKS; i++)
        if (!(rtc_read(RTC_STATUS_A) & STATUS_A_UPDATING))
            break;
    date = read_date();
    at_zero = wall_clock_seconds(&date) * NS_PER_S - time_now();
}

/**
 * Show a domain the date at system time 0.
 *
 * @param d  Its page may be written by the guest too; the version is our own.
 * @context{any}
 */
void wall_clock_show(struct domain *d)
{
    uint64_t seconds = arch_divide(at_zero, NS_PER_S);
    struct shared_info *s = d->shared;

    __atomic_store_n(&s->wc_version, d->wall_clock_version + 1,
                     __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    s->wc_sec = (uint32_t)seconds;
    s->arch.wc_sec_hi = (uint32_t)(seconds >> 32);
    s->wc_nsec = (uint32_t)(at_zero - seconds * NS_PER_S);
    d->wall_clock_version += 2;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&s->wc_version, d->wall_clock_version,
                     __ATOMIC_RELAXED);
}

/**
 * Set the date, and tell all domains.
 *
 * @param seconds  Since 1970,
 * @param ns       and nanoseconds, below 10^9,
 * @param at       at this system time.
 * @context{hypercall}
 */
void wall_clock_set(uint64_t seconds, uint32_t ns, ns_t at)
{
    at_zero = seconds * NS_PER_S + ns - at;
    for (struct domain *d = domain_first(); d; d = d->next)
        wall_clock_show(d);
}
