/* SPDX-License-Identifier: MIT */
/**
 * @file class_table.h
 * What the reports of a class say together: the table, who changed, and the
 * page for the instructor.
 */
#ifndef GRADER_CLASS_TABLE_H
#define GRADER_CLASS_TABLE_H

#include "labs/grader/class.h"

/** One submission. */
struct class_row {
    char *name;      /**< as a file's name */
    char *title;     /**< as its folder named it, fit to be shown */
    json_t *report;  /**< complete; or NULL */
    json_t *former;  /**< what it replaced; or NULL */
    char *error;     /**< why there is no report, or "" */
};

/** Two submissions that resemble each other. */
struct class_pair {
    unsigned a, b;    /**< rows; a < b */
    unsigned percent; /**< of the one that is more like the other */
};

/** All of them, by name. */
struct class_table {
    struct class_row *row;
    unsigned nr;
    struct class_pair *pair; /**< the most alike first */
    unsigned nr_pairs;
};

/**
 * Read the reports of a results folder.
 *
 * @param table  Filled in; release with class_table_free().
 * @param what   Where they are, and the former ones.
 * @param name   Submissions whose rows it has, as their folder names them.
 * @param nr     How many; 0: a row for every report that is there.
 */
void class_table_read(struct class_table *table,
                      const struct class_options *what, char **name,
                      unsigned nr);
void class_table_free(struct class_table *table);

/** Write table.csv, changes.csv and alike.csv. */
void class_table_write(const struct class_table *table, const char *results);

/** Print the sums and who changed. @retval false something is ungraded. */
bool class_table_print(const struct class_table *table, const char *results);

/** Write index.html and the plots that it shows. */
void class_page_write(const struct class_table *table, const char *results);

/* --- Questions that the page asks, too ------------------------------------ */

/** "graded", "refused" or "harness-error". */
const char *class_row_status(const struct class_row *row);

/** A report whose list of exercises and tests is everybody's, or NULL. */
const json_t *class_table_model(const struct class_table *table);

/** The test of a report by its id, or NULL. */
const json_t *class_test(const json_t *report, const char *id);

/**
 * What differs between a row's two reports, for people: "score 40 -> 60;
 * 1.1/holes fail -> pass", and why. NULL when nothing does. free() both.
 *
 * @param row  With a former report.
 * @param why  Filled in: "the tests changed", ...
 */
char *class_row_change(const struct class_row *row, char **why);

#endif
