/* SPDX-License-Identifier: MIT */
/**
 * @file machine.h
 * The machine of machine.asm, for the tests of the instrumented Bochs: running
 * it, and looking at what was recorded. The records are read here and not by
 * the reader library, so that a mistake in that one cannot hide one of the
 * writer.
 */
#ifndef TESTS_BOCHS_MACHINE_H
#define TESTS_BOCHS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace/event.h"

#define ROM_BYTES 0x10000u
#define COPY 0x10000u

/** What machine.asm's header tells, in its order. */
enum label {
    LABEL_HEADER_BYTES,
    LABEL_ENDING,
    LABEL_MARK_CALL,
    LABEL_MARK_CALLED,
    LABEL_MARK_FAULT,
    LABEL_MARK_TIMER,
    LABEL_MARK_APP,
    LABEL_APP,
    LABEL_MARK_TRAPPED,
    LABEL_MARK_LAST,
    LABEL_RING0_CODE,
    LABEL_RING0_CODE_END,
    LABEL_RING1_CODE,
    LABEL_RING1_CODE_END,
    LABEL_DATA,
    LABEL_FAULT_INSTRUCTION,
    LABEL_PAGE_FAULT_STORE,
    LABEL_FORK_FROM,
    LABEL_FORK_TO,
    LABEL_FORK_END,
    LABEL_LOST_FROM,
    LABEL_LOST_TO,
    NR_LABELS,
};

/** Its endings, in the order of its table. */
enum ending {
    ENDING_EXIT,
    ENDING_FORGED,
    ENDING_TRIPLE,
    ENDING_HALT,
    ENDING_SPIN,
    ENDING_SLEEP,
    ENDING_TEXT,
    ENDING_RESET,
    ENDING_DEVICE,
    ENDING_POWER,
    ENDING_HOLE,
    ENDING_REMAP,
    ENDING_FORKS,
    ENDING_LOST,
    ENDING_COPY,
    ENDING_STALE,
    ENDING_BASE,
};

extern uint8_t rom[ROM_BYTES];
extern uint32_t label[NR_LABELS];

/** A file in memory. */
struct bytes {
    uint8_t *at;
    size_t nr;
};

/** One result line. @return good. */
bool check(bool good, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void check_number(const char *name, uint64_t found, uint64_t wanted);
/** 0, or 2 when a check failed. */
int checked(void);
/** The test itself cannot go on. */
void give_up(const char *what);

/** A whole file; no bytes when there is none. */
struct bytes read_file(const char *name);

/** Take the program's arguments, BOCHS MACHINE FOLDER; go to the folder. */
void machine_start(int argc, char **argv);
/** Run Bochs once more with the same inputs. @return Its exit status. */
int run_bochs(void);
/** Write the inputs of a run, and run it. @return Its exit status. */
int run_with(enum ending ending, const char *lines);
/** The same with the usual lines before these. */
int run_usual(enum ending ending, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A record in a file, or NULL behind the last. */
const struct event *next_event(const struct bytes *file,
                               const struct event *event);
/** The nth record of a kind, from 0, with a[0] = a0; NULL without one. */
const struct event *find(const struct bytes *file, enum event_kind kind,
                         uint32_t a0, unsigned n);
unsigned count(const struct bytes *file, enum event_kind kind);

#endif
