/* SPDX-License-Identifier: MIT */
/**
 * @file console_queue.c
 * Text that waits for the serial line.
 *
 * A byte takes 87 us to leave, a line of 70 as long as 300,000 instructions.
 * Interrupts would wait as long, and with several domains all others for what
 * one of them says. So, once guests run, text goes into a queue, from which a
 * timer feeds the port's FIFO.
 *
 *     put --> [ o l d e s t ... n e w e s t ] --16 bytes each 1.5 ms--> FIFO
 *             | guests' half |  our own half |
 *
 *  - QUEUE-I1: a guest's text goes in only while less than half is used
 *    (console_has_room()); whoever prints more tries again, with interrupts in
 *    between. So no flood of one guest makes another one wait.
 *  - QUEUE-I2: the other half has room for the longest report of a domain's
 *    end, and the next end waits for it, halted (console_wait_for_room()).
 *
 * What does not fit all the same is waited for, a byte for a byte.
 *
 * Source: [16550] "FIFO Polled Mode Operation".
 *
 * @ingroup boot
 */
#include "arch_cpu.h"
#include "console.h"
#include "time.h"
#include "uart.h"

#define QUEUE_BYTES 16384u /* divides 2^32: the indices run freely */
#define FIFO_BYTES 16u
#define FIFO_NS (1500 * NS_PER_US)
#define REST_NS (100 * NS_PER_US)

static bool on;
static char queue[QUEUE_BYTES];
static uint32_t first, end; /* of the bytes in it */

static void put_first(void)
{
    uart_put(COM1, queue[first++ % QUEUE_BYTES]);
}

/** Feed the port, if it has sent all that it had. */
static void feed(struct timer *t)
{
    if (arch_in8(COM1 + UART_STATUS) & UART_STATUS_ROOM)
        for (unsigned i = 0; i < FIFO_BYTES && first != end; i++)
            arch_out8(COM1 + UART_DATA, (uint8_t)queue[first++ % QUEUE_BYTES]);
    if (first != end)
        timer_set(t, time_now() + FIFO_NS);
}

/** The halt has ended: no more is needed. */
static void rested(struct timer *t)
{
    (void)t;
}

/**
 * From now on nobody waits for the serial line.
 *
 * @context{boot}
 * @pre There are timers.
 * @ingroup boot
 */
void console_queue_start(void)
{
    on = true;
}

/**
 * Whether a piece of a guest's text may be added now.
 *
 * @context{entry}
 * @return true as long as nothing is queued, that is, before guests run.
 * @ingroup boot
 */
bool console_has_room(void)
{
    return end - first < QUEUE_BYTES / 2;
}

/**
 * Send a byte, now or later.
 *
 * @param c  any byte
 * @context{any}
 * @ingroup boot
 */
void console_queue_put(char c)
{
    static struct timer feeder = { .fire = feed };

    if (!on) {
        uart_put(COM1, c);
        return;
    }
    if (end - first == QUEUE_BYTES)
        put_first();
    queue[end++ % QUEUE_BYTES] = c;
    if (!feeder.queued)
        timer_set(&feeder, time_now() + FIFO_NS);
}

/**
 * Send all that waits, before the machine ends.
 *
 * @context{panic}
 * @note Takes up to 1.5 s.
 * @ingroup boot
 */
void console_queue_flush(void)
{
    while (first != end)
        put_first();
}

/**
 * Wait, halted, until the timer has sent all that waits.
 *
 * @context{exit}
 * @note Interrupts are on meanwhile, so not from a handler of one.
 * @ingroup boot
 */
void console_queue_wait(void)
{
    while (first != end) {
        arch_interrupts_on_and_halt();
        arch_interrupts_off();
    }
}

/**
 * Halt for a moment, so that interrupts which wait are answered: between two
 * pieces of what is done for people and takes long.
 *
 * @context{exit}
 * @note As console_queue_wait().
 * @ingroup boot
 */
void console_rest(void)
{
    static struct timer alarm = { .fire = rested };

    timer_set(&alarm, time_now() + REST_NS);
    arch_interrupts_on_and_halt();
    arch_interrupts_off();
}

/**
 * Wait, halted, until the timer has sent enough that there is room.
 *
 * @context{exit}
 * @note As console_queue_wait().
 * @ingroup boot
 */
void console_wait_for_room(void)
{
    while (!console_has_room()) {
        arch_interrupts_on_and_halt();
        arch_interrupts_off();
    }
}

/**
 * Whether nothing waits.
 *
 * @context{exit}
 * @return true also if the port's FIFO still has some.
 * @ingroup boot
 */
bool console_queue_empty(void)
{
    return first == end;
}
