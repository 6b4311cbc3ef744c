/* SPDX-License-Identifier: MIT */
/**
 * @file grade.h
 * Grading one submission: which tests run, on what image, and the report.
 */
#ifndef GRADER_GRADE_H
#define GRADER_GRADE_H

#include "labs/grader/score.h"
#include "labs/grader/submission.h"
#include "labs/grader/verdict.h"

/** The exercise id of the lab together. */
#define WHOLE "whole"

/** One line of the report: a test on one image. */
struct item {
    const struct test *test;
    bool whole;     /**< on the whole submission's image */
    char *id;       /**< the test's, after "whole/" when whole */
    unsigned points; /**< at most, in hundredths */
    bool selected;
    bool hidden;    /**< one of an instructor's own */
    bool done;
    bool lost;      /**< its process ended without a result */
    enum verdict_kind verdict;
    char *message;  /**< "" when passed */
    uint64_t seed;  /**< that gave the verdict; the first one before */
    uint64_t instructions;
    json_t *notes;  /**< other oracles that the run broke */
};

/** One submission's grading. */
struct grading {
    const struct grader *g;
    struct submission *submission;
    struct item *item;
    unsigned nr_items;
    const char *selection;   /**< "all", "EX=1.2" or "TEST=1.2/x" */
    char *hash;              /**< of the submission */
    bool complete;           /**< every selected test was dealt with */
    const char *report_path; /**< rewritten after each test; or NULL */
    const char *keep;        /**< folder to keep a run's files in; or NULL */
    unsigned nr_runs;        /**< of the simulator, for measurements */
};

/**
 * Plan a grading. An exercise or test that does not exist ends the program
 * with a sentence that lists those that do.
 *
 * @param grading  Filled in; release with grading_free().
 * @param g  Paths, limits and the sandbox; outlives the grading.
 * @param submission  What is graded; outlives the grading.
 * @param exercise  "1.2", "whole", or NULL for all.
 * @param test      A test's id, as an item has it, or NULL for all.
 */
void grading_start(struct grading *grading, const struct grader *g,
                   struct submission *submission, const char *exercise,
                   const char *test);

/** Compile, run, judge. Writes the report after each test. */
void grading_run(struct grading *grading);

/** Hundredths reached, and possible, by the selected items; of one exercise
 *  (an id or WHOLE) or of all (NULL). */
unsigned grading_score(const struct grading *grading, const char *exercise);
unsigned grading_max(const struct grading *grading, const char *exercise);

/** Selected tests that have no verdict because of the host. */
unsigned grading_ungraded(const struct grading *grading);

/** An item by its id, or NULL. */
const struct item *grading_item(const struct grading *grading,
                                const char *id);

void grading_free(struct grading *grading);

/* --- The report (report.c) ------------------------------------------------ */

/** What the report's "form" says; a change of keys changes it. */
#define REPORT_FORM "ringfence/report/1"

/** The report, as labs/grader/schemas/report.json describes it; the caller's.
 */
json_t *report_make(const struct grading *grading);
/** The same as text; free() it. */
char *report_json(const struct grading *grading);

#endif
