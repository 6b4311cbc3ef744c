/* SPDX-License-Identifier: MIT */
/**
 * @file prove.c
 * The list of killers, proved: it has each check, its mistakes are mistakes of
 * today's sources, and those of a sample still make their checks fail.
 *
 * The sample is chosen by a hash of the hypervisor's image: the same for the
 * same hypervisor, another one after each change of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/host/kill.h"

/** Sources that have been read, so that each is read once. */
static struct source *known;
static size_t nr_known;

/** @param[out] wrong  NULL, or what is wrong with it. */
static const struct source *source_named(const struct kill *kill,
                                         const char *name,
                                         const char **wrong)
{
    *wrong = NULL;
    for (size_t i = 0; i < nr_known; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    known = reallocarray(known, nr_known + 1, sizeof *known);
    if (!known)
        abort();
    *wrong = source_read(&known[nr_known], kill->build, name);
    return *wrong ? NULL : &known[nr_known++];
}

/** The mistake, or NULL and why there is none. */
static const struct mistake *mistake_of(const struct kill *kill,
                                        const struct killer *k,
                                        const struct source **source,
                                        const char **wrong)
{
    const struct mistake *m;

    *source = source_named(kill, k->source, wrong);
    m = *source ? source_mistake(*source, k->key) : NULL;
    if (*source && !m)
        *wrong = "its text has been edited";
    return m;
}

/* --- Is the list whole? -------------------------------------------------- */

static struct family *family_with(const struct kill *kill,
                                        const char *check, size_t *index)
{
    for (size_t i = 0; i < kill->nr_families; i++)
        for (*index = 0; *index < kill->family[i].nr; ++*index)
            if (strcmp(kill->family[i].id[*index], check) == 0)
                return &kill->family[i];
    return NULL;
}

/** Names in the list that no family has. */
static void check_names(const struct kill *kill)
{
    for (size_t i = 0; i < kill->killers.nr; i++) {
        const struct killer *k = &kill->killers.killer[i];
        size_t index;

        for (size_t j = 0; j < k->nr_checks; j++)
            if (!family_with(kill, k->check[j], &index))
                printf("fail conformance/killers/%s no family has this "
                       "check: make conformance-killers\n", k->check[j]);
    }
}

/** Leave out what is stale, loudly. */
static void check_mistakes(struct kill *kill)
{
    for (size_t i = kill->killers.nr; i-- > 0;) {
        const struct killer *k = &kill->killers.killer[i];
        const struct source *source;
        const char *wrong;

        if (!killer_is_mistake(k) || mistake_of(kill, k, &source, &wrong))
            continue;
        fprintf(stderr, "rf-kill: STALE in the list of killers: "
                "%s\t%s: %s; make conformance-killers\n", k->source, k->key,
                wrong);
        killers_drop(&kill->killers, i);
    }
}

void kill_check(struct kill *kill)
{
    check_names(kill);
    check_mistakes(kill);
    for (size_t i = 0; i < kill->nr_families; i++) {
        struct family *f = &kill->family[i];
        unsigned open = 0;

        for (size_t j = 0; j < f->nr; j++) {
            bool has = killers_of(&kill->killers, f->id[j]) > 0;

            if (has != killers_open(&kill->killers, f->id[j]))
                continue;
            open++;
            printf("fail conformance/killers/%s %s: make "
                   "conformance-killers\n", f->id[j],
                   has ? "something makes it fail, and the list says nothing"
                       : "no mistake is known that makes it fail");
        }
        if (open == 0)
            printf("pass conformance/killers/%s\n", f->name);
    }
}

/* --- The sample ---------------------------------------------------------- */

/** A check that passes on the right hypervisor, or nothing is proved by its
 *  failing: the right one is run before the broken one is built. */
static const char *prepare(const struct kill *kill, const struct killer *k)
{
    size_t index;

    for (size_t i = 0; i < k->nr_checks; i++) {
        struct family *f = family_with(kill, k->check[i], &index);
        const char *id = f ? family_prepare(f, kill->build, kill->folder)
                           : k->check[i];

        if (id)
            return id;
    }
    return NULL;
}

/** Run a family that has some of the killer's checks, and print those of them
 *  that do not fail. @return how many those are. */
static unsigned print_not_failed(const struct kill *kill,
                                 const struct killer *k,
                                 const struct source *s, struct family *f)
{
    enum verdict *verdict = NULL;
    unsigned nr = 0;
    bool ran = false;

    for (size_t i = 0; i < f->nr; i++) {
        if (!killer_has(k, f->id[i]))
            continue;
        if (!ran)
            verdict = kill_run(kill, f, s);
        ran = true;
        if (verdict && verdict[i] == FAILED)
            continue;
        printf("fail conformance/can-fail/%s it does not fail under %s: "
               "%s\n", f->id[i], k->source, k->key);
        nr++;
    }
    free(verdict);
    return nr;
}

/** Make a killer again, and print what came of it. */
static void make_again(const struct kill *kill, const struct killer *k)
{
    const struct source *source;
    const char *wrong, *id = NULL;
    const struct mistake *m =
        killer_is_mistake(k) ? mistake_of(kill, k, &source, &wrong) : NULL;
    unsigned nr = 0;

    if (!m) /* told by kill_check(), or no mistake at all */
        return;
    id = prepare(kill, k);
    if (id) {
        printf("fail conformance/can-fail/%s it does not pass on the right "
               "hypervisor\n", id);
        return;
    }
    if (!mistake_build(source, m, kill->build, kill->folder)) {
        printf("fail conformance/can-fail/%s %s: %s cannot be built; see "
               "%s/build.log\n", k->check[0], k->source, k->key,
               kill->folder);
        return;
    }
    for (size_t i = 0; i < kill->nr_families; i++)
        nr += print_not_failed(kill, k, source, &kill->family[i]);
    for (size_t i = 0; nr == 0 && i < k->nr_checks; i++)
        printf("pass conformance/can-fail/%s\n", k->check[i]);
    fflush(stdout);
}

void kill_sample(struct kill *kill, size_t nr)
{
    size_t all = kill->killers.nr, step, at;

    if (nr == 0 || nr > all)
        nr = all;
    if (nr == 0)
        return;
    step = all / nr;
    at = kill_hash_image(kill) % all;
    for (size_t i = 0; i < nr; i++)
        make_again(kill, &kill->killers.killer[(at + i * step) % all]);
}
