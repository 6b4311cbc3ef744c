/* SPDX-License-Identifier: MIT */
/**
 * @file runs.h
 * A conformance guest's run, and what came of each of its checks.
 */
#ifndef CONFORMANCE_RUNS_H
#define CONFORMANCE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/run/run.h"
#include "tests/conformance/host/checks.h"

/** One run to make. */
struct job {
    const char *build, *folder;
    enum sim_machine machine;
    const char *image, *guest;
    const char *words; /**< the guest's command line */
    const char *second; /**< that of a second domain of the same file, which
                             `options` ask for; NULL: there is none */
    bool plain;        /**< start it as a plain domain */
    bool taught;       /**< the hypervisor's plain ways, by `options` */
    const char *options; /**< more words for the hypervisor */
    uint64_t budget;   /**< in instructions; 0: enough for any */
    int status;        /**< with which the machine ends, if all is well */
    unsigned ram_mb;   /**< memory; 0: the usual */
    bool bare;         /**< without oracles */
    const char *const *wrapper; /**< as in struct sim_options */
};

/**
 * Make a job one of several domains, if its guest is about that: `pair` and
 * `neighbours` are two plain ones, `crowd` the control domain and many plain
 * ones, `deaths` one and many that die.
 *
 * @param job    Its options are added to: they are in `room` then, which
 *               outlives the job.
 * @retval false  The guest is about one domain; nothing has changed.
 */
bool run_several(struct job *job, char *room, size_t bytes);

/** What is known of a check after a run. */
struct seen {
    unsigned nr_runs;
    bool differs;
    uint32_t expected, seen; /**< of the first run that differed, or any */
};

/** Make it. @retval false  It could not even begin: the error says why. */
bool run_make(const struct job *job, struct sim_outcome *outcome,
              struct sim_error *error);

/**
 * Go through the record of a run under Bochs, and remove it.
 *
 * @param list       The guest's checks.
 * @param[out] seen  One a check, zero before.
 * @param[out] text  The first report of an oracle, or why there is no record.
 * @param[out] instructions  How many were executed; NULL: not wanted.
 * @return How many reports the oracles made; -1: there is no record.
 */
int run_read(const struct job *job, const struct check_list *list,
             struct seen *seen, char *text, size_t bytes,
             uint64_t *instructions);

#endif
