/* SPDX-License-Identifier: MIT */
/**
 * @file guest.h
 * A test's trusted guest: labs/NN-name/guests/NAME/, linked with the guests'
 * runtime. It is ours, so it is read here and not in a sandbox.
 */
#ifndef GRADER_GUEST_H
#define GRADER_GUEST_H

#include "labs/grader/grader.h"
#include "labs/grader/setup.h"
#include "sim/run/run.h"
#include "sim/trace/symbols.h"

/** A guest that a run has; all zero when it has none. */
struct guest {
    struct bytes file; /**< the ELF file, with the test's input in it */
    struct symbols *symbols;
};

/**
 * Read a staged guest, move it to an address of the seed's, and write the
 * test's input into it, where it declares `test_input` (driver.h).
 *
 * A guest that is not there, or has no place for the input, is a mistake of
 * the test's.
 * @param g      Where it was staged.
 * @param s      Whose test names it, or NULL names none.
 * @param seed   Of the run.
 * @param guest  Filled in; release with guest_free().
 */
void guest_open(const struct grader *g, struct setup *s, uint64_t seed,
                struct guest *guest);
void guest_free(struct guest *guest);

/** Its module, what of it is trusted, and which code runs in which ring. */
void guest_describe(const struct guest *guest, const struct setup *s,
                    struct sim_run *sim);

/** A name of the guest's is "guest:name" in a test. @return what follows the
 *  colon, or NULL. */
const char *guest_name(const char *symbol);

#endif
