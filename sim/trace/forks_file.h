/* SPDX-License-Identifier: MIT */
/**
 * @file forks_file.h
 * What a run's children did: one file beside the run's events.
 *
 * One struct forks_file, then for each child, in the order of their
 * boundaries, a struct forks_child and its records (event.h), from the jump
 * to EVENT_END. A child's whole history is the first `prefix` bytes of the
 * run's own event file and then these records: together a well-formed event
 * file. All numbers are little-endian.
 *
 * The first structure is written again when the run ends: a file whose `end`
 * is 0 was cut short by the host.
 */
#ifndef SIM_FORKS_FILE_H
#define SIM_FORKS_FILE_H

#include <assert.h>
#include <stdint.h>

#define FORKS_MAGIC "rfforks"
#define FORKS_VERSION 1u

/** Why there are no more children. */
enum forks_end {
    FORKS_ALL = 1,       /**< every boundary of every window is covered */
    FORKS_BAD_CHILD = 2, /**< the last one did not end at an `end` mark */
    FORKS_TOO_MANY = 3,  /**< more classes of boundaries than children that
                              the run may have */
    FORKS_TOO_LONG = 4,  /**< the last one's records were too many: they are
                              left out */
    FORKS_DIFFER = 5,    /**< `fork-every on`: the last boundary counted is
                              not what its class is */
    FORKS_TOO_COSTLY = 6, /**< all children together took more instructions
                              than the run may */
};

struct forks_file {
    char magic[8]; /**< FORKS_MAGIC with its NUL */
    uint32_t version;
    uint32_t header_bytes;  /**< sizeof(struct forks_child) */
    uint64_t nr_boundaries; /**< covered, over all windows */
    uint32_t nr_children;   /**< in this file */
    uint32_t end;           /**< enum forks_end */
};

/** One child, and the class of boundaries that it stands for. */
struct forks_child {
    uint64_t icount;        /**< instructions before its boundary */
    uint64_t nr_boundaries; /**< of its class, its own included */
    uint64_t prefix;        /**< bytes of the event file before its records */
    uint64_t bytes;         /**< of its records */
    uint32_t status;        /**< its exit status (machine.h) */
    uint32_t zero;
};

static_assert(sizeof(struct forks_file) == 32, "part of the file format");
static_assert(sizeof(struct forks_child) == 40, "part of the file format");

#endif
