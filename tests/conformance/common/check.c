/* SPDX-License-Identifier: MIT */
/**
 * @file check.c
 * Checks: record, show, sum up.
 *
 * A run whose checks all passed ends with a power-off; any other one with the
 * reason "crash", so that a simulator without an event record tells too.
 *
 * | mark  | eax              | edx            | ecx              |
 * |-------|------------------|----------------|------------------|
 * | check | index in `checks` | value expected | value seen      |
 * | end   | checks that ran  | failed         | skipped          |
 */
#include "check.h"

/** Given on the command line for a machine where CHECK_NEEDS_EXACT fails. */
#define WORD_INEXACT "inexact"
/** Given to the second of two domains. */
#define WORD_SECOND "second"

/* runtime/guest.ld */
extern const struct check checks_start[], checks_end[];

/** What came of each check, for whoever looks into this memory. */
static struct {
    uint32_t nr_runs, expected, seen;
} result[512];

static uint32_t nr_ran, nr_failed;

#define MARK_3(name)                                                         \
    __attribute__((noinline, noclone, regparm(3))) void                      \
    mark_##name(uint32_t a, uint32_t b, uint32_t c)                          \
    {                                                                        \
        __asm__ volatile("" : : "r"(a), "r"(b), "r"(c));                     \
    }

MARK_3(check)
MARK_3(end)

static bool has_word(const char *text, const char *word)
{
    for (; *text != 0; text++) {
        unsigned i = 0;

        while (word[i] != 0 && text[i] == word[i])
            i++;
        if (word[i] == 0)
            return true;
    }
    return false;
}

bool is_second(void)
{
    return has_word((const char *)start_info->cmd_line, WORD_SECOND);
}

/** What this machine and this domain do not have: CHECK_NEEDS_*. */
static uint32_t missing(void)
{
    uint32_t flags = 0;

    if (has_word((const char *)start_info->cmd_line, WORD_INEXACT))
        flags |= CHECK_NEEDS_EXACT;
    if (!(start_info->flags & SIF_PRIVILEGED))
        flags |= CHECK_NEEDS_CONTROL;
    flags |= is_second() ? CHECK_NEEDS_FIRST : CHECK_NEEDS_SECOND;
    return flags;
}

/** Whether a check can be made here; else it counts as skipped. */
bool check_wanted(const struct check *check)
{
    return !(check->flags & missing());
}

/** How many checks are for other machines and domains. */
static uint32_t skipped(void)
{
    uint32_t n = 0;

    for (const struct check *c = checks_start; c < checks_end; c++)
        n += !check_wanted(c);
    return n;
}

/**
 * Record a comparison. A check that is made several times must be right each
 * time.
 */
void check_result(const struct check *check, uint32_t expected, uint32_t seen)
{
    unsigned index = (unsigned)(check - checks_start);

    mark_check(index, expected, seen);
    result[index].expected = expected;
    result[index].seen = seen;
    if (result[index].nr_runs++ == 0)
        nr_ran++;
    if (expected == seen)
        return;
    nr_failed++;
    say("%s: %s is %x (%d), not %s, %x\n", check->id, check->seen, seen,
        (int32_t)seen, check->expected, expected);
}

void guest_main(const start_info_t *start)
{
    unsigned nr = (unsigned)(checks_end - checks_start);
    uint32_t nr_skipped = skipped();

    (void)start;
    if (shared_info_map() != 0) {
        say("shared_info cannot be mapped\n");
        shut_down(SHUTDOWN_crash);
    }
    family();
    say("%u checks: %u passed, %u failed, %u skipped, %u not reached\n", nr,
        nr_ran - nr_failed, nr_failed, nr_skipped, nr - nr_ran - nr_skipped);
    mark_end(nr_ran, nr_failed, nr_skipped);
    if (nr_failed > 0 || nr_ran + nr_skipped != nr)
        shut_down(SHUTDOWN_crash);
}
