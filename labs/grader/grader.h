/* SPDX-License-Identifier: MIT */
/**
 * @file grader.h
 * One grader at work: its tools, the lab, and where its temporary files are.
 *
 * Everything that a sandboxed job needs is copied into the scratch folder
 * first, so that neither a `make` in the same tree nor a submission can
 * change the reference while somebody is being graded.
 *
 *     scratch/bin/        the simulator and the sandboxed readers
 *     scratch/reference/  objects of the whole hypervisor, image.ld
 *     scratch/drivers/    the lab's trusted drivers, test_input, no_...
 *     scratch/guests/     its trusted guests
 *     scratch/headers/    all .h of src/, in their folders
 *     scratch/known       names that the hypervisor defines
 *     scratch/objects/    compiled submissions, by content
 *     scratch/images/     linked images, by content
 *     scratch/memo/       results of runs, by content
 *     scratch/jobs/       one folder a job, removed after it
 */
#ifndef GRADER_GRADER_H
#define GRADER_GRADER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "labs/grader/labs.h"
#include "labs/grader/sandbox.h"
#include "labs/grader/seed.h"
#include "labs/grader/util.h"

/** How the image's objects are linked: relative names in link order. */
struct object_list {
    char **name;
    unsigned nr;
};

struct grader {
    struct lab lab;
    const char *build;  /**< of the tree, as make says it */
    char *source;       /**< where reference objects come from */
    char *cflags;       /**< of ring 0, words separated by one blank */
    char *scratch;      /**< absolute; removed when this process ends, in
                             whatever way */
    const char *cache;  /**< where objects/, images/ and memo/ are: scratch,
                             or a folder of one submission (stage_cache()) */
    enum sandbox_mode mode;
    char *mode_why;     /**< why not bubblewrap; or NULL */
    unsigned jobs;      /**< that may run at the same time */
    uint64_t seed;      /**< of a run; the first one of a grading */
    unsigned nr_seeds;  /**< for each test, the worst counts; 0 means 1 */
    struct bytes key;   /**< of the course, the caller's; data NULL: none */
    const char *hidden; /**< folder of hidden tests, built; or NULL */
    bool fresh;         /**< runs that were done are done again */
    struct object_list objects;
    char *libgcc;
    char *headers_hash;   /**< of all headers and the flags */
    char *reference_hash; /**< of all reference objects and the layout */
    json_t *fingerprint;  /**< of the tool chain, for the report */
    int janitor;          /**< closed: the scratch folder is removed */
    long janitor_pid;
};

/** What was asked for: the options that every command shares. */
struct grader_options {
    unsigned lab;
    const char *build;
    const char *cflags;
    uint64_t seed;
    unsigned nr_seeds;
    struct bytes key;    /**< stays the caller's */
    unsigned jobs;
    const char *hidden;  /**< built hidden tests, or NULL */
    bool force_fallback; /**< for tests of the sandbox that remains */
};

/**
 * Make a grader: read the lab, probe the sandbox, stage the tools, link the
 * reference once to learn its names.
 *
 * Ends the program when the tree, the build or the host is not fit; a lab
 * that does not exist is the user's mistake.
 */
void grader_start(struct grader *g, const struct grader_options *options);
/** Remove what is left in the scratch folder, and free. */
void grader_stop(struct grader *g);

/** A new folder for one job; free() the name after job_folder_remove(). */
char *job_folder(const struct grader *g);
void job_folder_remove(char *folder);

#endif
