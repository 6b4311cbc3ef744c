/* SPDX-License-Identifier: MIT */
/**
 * @file variant.h
 * A hypervisor broken on purpose, described in a small text file:
 *
 *     oracle: segments         the oracle that must notice; `panic`: the
 *                              hypervisor, by a fault of its own; `no-leaks`:
 *                              two runs with other poison (leaks.h)
 *     code: 6                  which of its checks (sim/oracles/codes.h)
 *     guest: paths             what is run: its name
 *     words: first             optional: its command line
 *     second: second           optional: that of a second domain of the guest;
 *                              the first is a plain one, too
 *     options: fast=0          for the hypervisor; this is what stands there if
 *                              the line is left out: the plain ways, not the
 *                              short ones
 *     disturb: yes             optional: what the guest shares changes
 *                              between any two reads (sim/bochs/disturb.h)
 *     why: the flat segments are one page too long
 *     --- src/hypervisor/segmentation/enter.c
 *     text that this source file has exactly once
 *     ---
 *     what stands there instead
 *     --- src/hypervisor/...
 *     and so on
 *     ---
 *
 * A variant for the conformance suite names the check that must fail instead
 * of an oracle and its code:
 *
 *     check: debugreg.set.dr_max
 */
#ifndef TESTS_ORACLES_VARIANT_H
#define TESTS_ORACLES_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#define VARIANT_MAX_CHANGES 8

struct variant {
    char *bytes; /**< the whole file; everything below points into it */
    const char *oracle, *check, *guest, *options, *why;
    const char *words, *second; /**< "" and NULL if not given */
    bool disturb;
    unsigned code;
    unsigned nr_changes;
    struct {
        const char *source, *old, *new;
    } change[VARIANT_MAX_CHANGES];
};

/** One sentence about what is wrong with a variant or its making. */
struct complaint {
    char text[1200];
};

/** Read one. @retval -1  The complaint says what is wrong and where. */
int variant_read(const char *path, struct variant *v, struct complaint *c);
void variant_free(struct variant *v);

/**
 * Write a source file with all changes that a variant makes in it.
 *
 * @param index  A change of this source.
 * @retval -1  A text is not in the source, or is there more than once: the
 *             source has moved on, and the variant has to follow.
 */
int variant_apply(const struct variant *v, unsigned index, const char *to,
                  struct complaint *c);

/** Whether no earlier change is in the same source file. */
bool variant_is_first(const struct variant *v, unsigned index);

#endif
