/* SPDX-License-Identifier: MIT */
/**
 * @file setup.h
 * What a test's prepare() described; the functions that fill it in are in
 * test.h.
 */
#ifndef GRADER_SETUP_H
#define GRADER_SETUP_H

#include "labs/grader/test.h"
#include "labs/grader/util.h"

#define SETUP_MAX_RANGES 128
#define SETUP_MAX_MODULES 64
#define SETUP_MAX_MARKS 64
#define SETUP_MAX_SNAPS 64
#define SETUP_MAX_ALLOWED 256
#define SETUP_MAX_ARGS 32
#define SETUP_NAME_BYTES 48

struct setup_range {
    uint64_t base, length;
    uint32_t type;
};

struct setup_module {
    struct bytes bytes; /**< data NULL: a claim */
    uint32_t at, end;   /**< end only of a claim */
    char *string;
};

struct setup_mark {
    char name[SETUP_NAME_BYTES];
    char symbol[2 * SETUP_NAME_BYTES]; /**< "": `address` instead */
    uint32_t address;
    unsigned ring;
    bool ends;
};

struct setup_snap {
    char mark[SETUP_NAME_BYTES];
    char base[2 * SETUP_NAME_BYTES];
    int32_t offset;
    uint32_t len;
};

struct setup_arg {
    char name[SETUP_NAME_BYTES];
    uint64_t value;
};

/** Where an event may come; most 0: there is none. */
struct setup_forks {
    char from[SETUP_NAME_BYTES], to[SETUP_NAME_BYTES];
    uint64_t jump, budget;
    unsigned most;
};

struct setup {
    const struct test *test;
    void *kept;
    unsigned ram_mb;
    char *command_line;
    struct setup_range range[SETUP_MAX_RANGES];
    unsigned nr_ranges;
    struct setup_module module[SETUP_MAX_MODULES];
    unsigned nr_modules;
    struct bytes input;
    struct setup_mark mark[SETUP_MAX_MARKS];
    unsigned nr_marks;
    struct setup_snap snap[SETUP_MAX_SNAPS];
    unsigned nr_snaps;
    struct setup_range allowed[SETUP_MAX_ALLOWED]; /**< length: to the end */
    unsigned nr_allowed;
    struct setup_arg arg[SETUP_MAX_ARGS];
    unsigned nr_args;
    struct setup_forks forks;
    uint64_t jump_at; /**< the one interleaving to run; 0: all of them */
    char *jump_where; /**< which one that is, in words; or NULL */
    bool alone;       /**< without any, to see what they cost */
    char *mistake; /**< the test's, one sentence; or NULL */
};

/** Everything as a test that says nothing has it. */
void setup_start(struct setup *s, const struct test *test);
void setup_free(struct setup *s);

/** Note a mistake of the test; the first one stays. */
void setup_mistake(struct setup *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
