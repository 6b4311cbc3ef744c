/* SPDX-License-Identifier: MIT */
/**
 * @file console.h
 * The serial console, and how a run ends.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "segmentation.h"

/** How much a line matters; `loglvl=` prints up to a level. */
enum log_level {
    LOG_NONE = -1, /* of no line; as a limit: print nothing */
    LOG_ERROR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG,
};

/** One line (or part of one) of the hypervisor's own. */
void printk(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The same, about something a guest did: filtered by `guest_loglvl=`. */
void printk_guest(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Text of a guest's, as it is: no filter, no prefix. */
void console_write(const char *text, size_t bytes);

/** One byte that somebody typed, or -1 when there is none. */
int console_read(void);
bool console_has_input(void);

/* boot/console_queue.c: not waiting for the serial line. */
void console_queue_start(void);
void console_queue_put(char c);
void console_queue_flush(void);
void console_queue_wait(void);
void console_rest(void);
bool console_queue_empty(void);
bool console_has_room(void);
void console_wait_for_room(void);

void console_init(void);
void console_drain(void);
void console_set_levels(int own, int guest);
void console_set_output(bool on);

/* The end of the machine; none of these returns. */
_Noreturn void machine_end(enum machine_exit how);
_Noreturn void panic(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void panic_frame(const trap_frame_t *frame, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Parts of a report, for whoever ends a domain as well. */
void print_registers(enum log_level level, const trap_frame_t *frame);
void print_backtrace(enum log_level level, uint32_t eip, uint32_t ebp);

/** A bug of ours, if true: always compiled in. */
#define BUG_ON(condition)                                                    \
    do {                                                                     \
        if (__builtin_expect(!!(condition), 0))                              \
            panic("bug at %s:%d: %s", __FILE__, __LINE__, #condition);       \
    } while (0)

#endif
