/* SPDX-License-Identifier: MIT */
/**
 * @file families.h
 * Families of checks, and one run of one of them as cheap as it can be: a
 * small machine, and few instructions beyond those that are needed.
 *
 * A family's name is that of its guest; a way in which the guest `ends` must
 * end is a family of its own with one check, `end.WAY`, and the name
 * `ends:WAY-STATUS`.
 */
#ifndef CONFORMANCE_FAMILIES_H
#define CONFORMANCE_FAMILIES_H

#include <limits.h>

#include "tests/conformance/host/runs.h"

/** What a run says about a check. */
enum verdict { NOT_MADE, PASSED, FAILED };

struct family {
    char name[64];
    char path[PATH_MAX];
    char way[48]; /**< on the command line; "" */
    int status;   /**< in which that way must end */
    const char **id; /**< of each check */
    size_t nr;
    unsigned ram_mb;       /**< of its machine; 0: the usual */
    uint64_t instructions; /**< of the right hypervisor; 0: not known yet */
    uint64_t ticks; /**< its budget with a mistake; 0: not known yet */
    char options[128]; /**< for the hypervisor */
    struct check_list list;
};

/** Open a family by name. @return NULL, or what is wrong with it. */
const char *family_open(struct family *f, const char *build,
                        const char *name);

/**
 * The job of running it.
 *
 * @param f        The family; outlives the job, and has its options.
 * @param image    The hypervisor's.
 * @param options  Its options; NULL: those of the plain ways.
 */
struct job family_job(struct family *f, const char *build,
                      const char *folder, const char *image,
                      const char *options);

/**
 * Run it under Bochs, without oracles. A check that was not made has not been
 * seen to fail.
 *
 * @param[out] verdict       One a check.
 * @param[out] instructions  How many there were; NULL: not wanted.
 * @return false: there is no record of the run.
 */
bool family_run(const struct family *f, const struct job *job,
                enum verdict *verdict, uint64_t *instructions);

/**
 * Run it on the right hypervisor, and see how much memory, how many
 * instructions and how many ticks it takes; once.
 *
 * @return NULL, or the first check that did not pass: then nothing can be
 *         learned from it.
 */
const char *family_prepare(struct family *f, const char *build,
                           const char *folder);

#endif
