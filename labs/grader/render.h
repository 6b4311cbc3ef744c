/* SPDX-License-Identifier: MIT */
/**
 * @file render.h
 * A report in the form that somebody wants to have.
 *
 * Every form is made from the report's JSON alone, so that a report that was
 * kept can be turned into any form later, on another machine, and so that
 * all forms say the same.
 *
 * - RENDER-I1: no form has more in it than the report, and none of them
 *   depends on the time, the host or the machine's locale.
 * - RENDER-I2: what a submission could put into a message cannot leave the
 *   place where it stands: each form is built by a library that escapes, or
 *   escapes by its own rules.
 * - RENDER-I3: what goes to students names a hidden test and its verdict, and
 *   tells nothing else of it.
 */
#ifndef GRADER_RENDER_H
#define GRADER_RENDER_H

#include <jansson.h>
#include <stdbool.h>

#include "labs/grader/util.h"

/** For whom a form is made. */
struct render_options {
    const char *submission; /**< as the user named it, for replay commands; or
                                 NULL */
    bool colours;           /**< text only: it goes to a terminal */
    bool student;           /**< text only: RENDER-I3 holds for it, too */
};

/** One form. @return text of its own that ends with a newline. */
typedef char *render_form(const json_t *report,
                          const struct render_options *options);

render_form render_json, render_text, render_gradescope;
render_form render_github, render_github_summary, render_github_result;
render_form render_classroom50, render_autolab, render_prairielearn;
render_form render_junit;

/** A form by its name, or NULL. */
render_form *render_find(const char *name);
/** "text, json, ..." Static text. */
const char *render_names(void);

/* --- What several forms need (render.c) ----------------------------------- */

/** Strings and numbers of a report; "" and 0 where there is none. */
const char *report_string(const json_t *json, const char *key);
double report_number(const json_t *json, const char *key);
/** Hundredths. */
unsigned report_points(const json_t *json, const char *key);
bool report_true(const json_t *json, const char *key);

/** One of the three verdicts. */
bool report_passed(const json_t *test);
bool report_is_harness(const json_t *test);

/** What a student may read of a test; free() it. RENDER-I3. */
char *report_message(const json_t *test);

/** What is to be said of the whole: score, refusal, ignored files, how many
 *  tests ran, what the host prevented. Lines; free() it. */
char *report_summary(const json_t *report);

/** JSON as text that ends with a newline, dumped with `flags` of
 *  json_dumps(); `json` is released, free() the text. */
char *report_lines(json_t *json, size_t flags);

/** "12", "12.5", "1.67"; free() it. */
char *points_text(unsigned hundredths);

#endif
