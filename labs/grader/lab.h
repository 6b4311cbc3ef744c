/* SPDX-License-Identifier: MIT */
/**
 * @file lab.h
 * What a lab is, as its folder labs/NN-name/ says it.
 *
 *     lab.json        this file's structures; the example below
 *     README.md       the handout; a test's `section` is an anchor in it
 *     tests/NAME.c    graded tests, linked into rf-grade (test.h);
 *     tests/table.c   `const struct lab_tests lab_01_tests`, in the order of
 *                     the report; named once in labs/grader/labs.c
 *     guests/NAME.c   trusted ring-0 drivers (driver.h); a test names one by
 *                     its file's name without ".c"
 *     mutants/NAME.json wrong solutions, one a file
 *     mutants/survivors.txt  generated mutants that are equivalent
 *                     (survivors.h)
 *     attacks/NAME/   attack.json, and files/: laid over the tree
 *
 * lab.json, whole (JSON has no comments; these are ours):
 *
 *     {
 *       "lab": 1,
 *       "name": "boot",                    // of src/hypervisor/<name>/
 *       "title": "Boot",
 *       "handout": "labs/01-boot/README.md",
 *       "starter_score": 0,                // pinned: regression tests only
 *       "whole_points": 20,                // the lab together
 *       "later": ["src/hypervisor/segmentation/..."],
 *                                          // prefixes of source paths that a
 *                                          // starter gets as stripped
 *                                          // objects, never as source
 *       "exercises": [
 *         {
 *           "id": "1.1",
 *           "title": "The memory map",
 *           "file": "src/hypervisor/boot/memory_map.c", // the only file of
 *                                          // it that a submission may bring
 *           "functions": ["memory_map_build"], // the only global names that
 *                                          // the file may define
 *           "sections": [".boot.text"],    // optional: other sections that
 *                                          // its code may be in
 *           "points": 20,                  // 80 over all exercises
 *           "hours": 2
 *         }
 *       ]
 *     }
 *
 * mutants/end-rounded-up.json:
 *
 *     {
 *       "what": "the end of a range is rounded up instead of down",
 *       "exercise": "1.1",
 *       "killed_by": "1.1/odd-ends",       // at least this test must fail
 *       "edits": [                         // on the solution; each `replace`
 *         {                                // occurs exactly once in `file`
 *           "file": "src/hypervisor/boot/memory_map.c",
 *           "replace": "end >> PAGE_SHIFT",     // a string, or an array of
 *           "with": "(end + 4095) >> PAGE_SHIFT" // lines joined by newlines
 *         }
 *       ]
 *     }
 *
 * attacks/prints-pass/attack.json; the files to lay over are in
 * attacks/prints-pass/files/src/hypervisor/boot/...:
 *
 *     {
 *       "kind": "text forgery",            // one of kinds.c, or another
 *       "what": "prints PASS and 100/100 from every function",
 *       "half": ["1.1", "1.2"],            // the half-done variant brings the
 *                                          // reference for these exercises,
 *                                          // unless files/ replaces them
 *       "expect": { "starter": 0, "half": 40 }, // the scores, exactly
 *       "finding": "defines the symbol",   // optional: in a message, in both
 *       "seed": 4711,                      // optional: graded with this seed
 *       "learned": { "seed": 1, "starter": 2.86 }, // optional: with that
 *                                          // seed the starter variant
 *                                          // scores this, by heart
 *       "archive": {                       // optional: handed in packed
 *         "format": "tar.gz",              // or "zip"; with these besides:
 *         "entries": [
 *           { "path": "../x", "text": "..." },
 *           { "path": "a", "link": "/etc/passwd" }, // or "hardlink"
 *           { "path": "b", "bytes": 1000000000 },   // zeros
 *           { "path": "c", "copies": 20000 }        // c0, c1, ...
 *         ]
 *       }
 *     }
 *
 * The starter variant is the starter with files/ laid over it; the half-done
 * one is the starter, the reference's files of `half`, then files/.
 */
#ifndef GRADER_LAB_H
#define GRADER_LAB_H

#include <stdbool.h>
#include <stddef.h>

#include "labs/grader/test.h"

#define LAB_MAX_EXERCISES 12
#define LAB_MAX_FUNCTIONS 16
#define LAB_MAX_SECTIONS 4
#define LAB_MAX_LATER 32

/** One exercise of lab.json. Strings live as long as the lab. */
struct exercise {
    const char *id;
    const char *title;
    const char *file; /**< from the top of the tree */
    const char *function[LAB_MAX_FUNCTIONS];
    unsigned nr_functions;
    const char *section[LAB_MAX_SECTIONS]; /**< besides .text */
    unsigned nr_sections;
    unsigned points;
};

/** One lab: lab.json and its table of tests. */
struct lab {
    unsigned number;
    const char *name;    /**< "boot" */
    const char *folder;  /**< "labs/01-boot" */
    const char *title;
    const char *handout; /**< path of the handout */
    unsigned starter_score;
    unsigned whole_points;
    struct exercise exercise[LAB_MAX_EXERCISES];
    unsigned nr_exercises;
    const char *later[LAB_MAX_LATER];
    unsigned nr_later;
    const struct test *const *tests; /**< NULL-ended */
    unsigned nr_hidden;  /**< the last so many of them are an instructor's
                              own, which students do not have */
    void *own_tests;     /**< the array, once something was added */
    void *json;          /**< keeps the strings */
};

#endif
