/* SPDX-License-Identifier: MIT */
#include "tests/oracles/leaks.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "sim/bochs/poison.h"

static FILE *open_notes(const char *folder)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/" VISIBLE_FILE, folder);
    return fopen(path, "rb");
}

static const char *what(uint32_t kind)
{
    static const char *const names[] = {
        [VISIBLE_REGISTERS] = "its registers hold",
        [VISIBLE_STORES] = "ring 0 has stored for it",
        [VISIBLE_MEMORY] = "its memory holds",
    };

    return kind >= VISIBLE_REGISTERS && kind <= VISIBLE_MEMORY
               ? names[kind] : "there is";
}

/** The first difference, or none. */
static int compare(FILE *one, FILE *other, char *why, size_t bytes)
{
    struct visible a, b;
    unsigned long nr = 0;

    for (;; nr++) {
        size_t got = fread(&a, sizeof a, 1, one);

        if (got != fread(&b, sizeof b, 1, other)) {
            snprintf(why, bytes, "one run goes on after the other has ended, "
                     "at note %lu", nr);
            return 1;
        }
        if (got == 0)
            break;
        if (memcmp(&a, &b, sizeof a) == 0)
            continue;
        snprintf(why, bytes, "what nobody wrote is seen: after %" PRIu64
                 " instructions (or %" PRIu64 "), when the guest goes on at "
                 "0x%08" PRIx32 ", %s something else in the second run",
                 a.icount, b.icount, a.eip, what(a.kind));
        return 1;
    }
    if (nr > 0)
        return 0;
    snprintf(why, bytes, "no guest ever ran");
    return -1;
}

int leaks_compare(const char *one, const char *other, char *why, size_t bytes)
{
    FILE *a = open_notes(one), *b = open_notes(other);
    int result = -1;

    if (a && b)
        result = compare(a, b, why, bytes);
    else
        snprintf(why, bytes, "the notes of a run are missing");
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return result;
}
