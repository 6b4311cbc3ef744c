/* SPDX-License-Identifier: MIT */
/**
 * @file score.c
 * Points; the rules are in score.h.
 */
#include "labs/grader/score.h"

#include <stdint.h>
#include <string.h>

void score_divide(unsigned points, const unsigned *weight, unsigned nr,
                  unsigned *share)
{
    uint64_t total = 0, done = 0;
    unsigned given = 0;

    for (unsigned i = 0; i < nr; i++)
        total += weight[i];
    for (unsigned i = 0; i < nr; i++) {
        /* Rounding the running sum, not each part, keeps the sum exact. */
        done += weight[i];
        share[i] = (unsigned)((points * done + total / 2) / total) - given;
        given += share[i];
    }
}

bool score_is_whole(const struct lab *lab, const struct score_own *own,
                    unsigned nr, const struct exercise **missing)
{
    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        bool earned = false;

        for (unsigned j = 0; j < nr; j++)
            earned |= own[j].passed && !own[j].test->regression &&
                      !strcmp(own[j].test->exercise, lab->exercise[i].id);
        if (!earned) {
            *missing = &lab->exercise[i];
            return false;
        }
    }
    return true;
}
