/* SPDX-License-Identifier: MIT */
/**
 * @file verdict.h
 * A verdict in the making, and the message it becomes (functions for tests:
 * test.h).
 */
#ifndef GRADER_VERDICT_H
#define GRADER_VERDICT_H

#include "labs/grader/execute.h"

enum verdict_kind { VERDICT_PASS, VERDICT_FAIL, VERDICT_HARNESS };

struct verdict {
    enum verdict_kind kind;
    char *what;         /**< the sentence; NULL while passing */
    bool has_where;
    struct event where; /**< a copy, without its payload */
    bool at_end;        /**< `where` is how the run ended: its memory and
                             registers belong to that moment */
    char *blame;        /**< a symbol, or NULL */
    struct text state;
};

/** "pass", "fail" or "harness-error". */
const char *verdict_word(enum verdict_kind kind);

void verdict_free(struct verdict *v);

/**
 * What holds for every test, after its own check: only an `end` mark ends a
 * passing run, trusted text is untouched, and the test's oracles hold.
 */
void verdict_common(struct verdict *v, const struct run *run);

/**
 * The message of a verdict that is not "pass": the sentence; the offending
 * instruction with its count, ring, domain, function, file and line; the
 * state; the handout's section. free() it.
 */
char *verdict_message(const struct grader *g, const struct verdict *v,
                      const struct run *run);

#endif
