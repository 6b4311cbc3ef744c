/* SPDX-License-Identifier: MIT */
/**
 * @file kill.c
 * rf-kill: can each check fail? Mistakes are put into the hypervisor, one at
 * a time, until each check has been seen to fail under one.
 *
 *     rf-kill BUILD FOLDER find SOURCE PATIENCE FAMILY...
 *     rf-kill BUILD FOLDER sample EVERY FAMILY...
 *
 * `find` tries the mutations of one source (rf-mutate) on the families whose
 * checks have no killer yet, and prints killers.txt's lines of that source:
 * those of the present list that still apply, and the new ones. It gives up
 * after PATIENCE mutations in a row that made no other check fail.
 *
 * `sample` makes each EVERYth killer of the list again, and prints result
 * lines: the named check must fail.
 *
 * The mutations are tried in the order of a hash of their keys, so that the
 * first ones are from all over the source.
 */
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/conformance/host/killers.h"
#include "tests/conformance/host/runs.h"
#include "tests/oracles/broken.h"

#define KILLERS "tests/conformance/killers.txt"
#define SOURCES "src/hypervisor/"
#define FAMILY_PLAIN "plain"
#define MAX_FAMILIES 64

/** Some ten times what the longest family needs: a mistake may well make it
 *  run for ever. */
#define BUDGET 60000000u

struct family {
    const char *name;
    char path[PATH_MAX];
    struct check_list list;
};

static const char *build, *folder;
static struct family family[MAX_FAMILIES];
static unsigned nr_families;
static struct killers killers;

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "rf-kill: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void take_families(char **name, int nr)
{
    for (int i = 0; i < nr && nr_families < MAX_FAMILIES; i++) {
        struct family *f = &family[nr_families++];
        const char *wrong;

        f->name = name[i];
        snprintf(f->path, sizeof f->path, "%s/conformance/%s.elf", build,
                 name[i]);
        wrong = checks_read(f->path, &f->list);
        if (wrong)
            give_up(f->path, wrong);
    }
}

/* --- Mutations ------------------------------------------------------------ */

static char *read_source(const char *source)
{
    char path[PATH_MAX], *text = NULL;
    size_t room = 0;
    FILE *file;

    snprintf(path, sizeof path, SOURCES "%s", source);
    file = fopen(path, "r");
    if (!file || getdelim(&text, &room, '\0', file) < 0)
        give_up(path, "it cannot be read");
    fclose(file);
    return text;
}

/** The list that rf-mutate makes of a source. */
static json_t *mutations_of(const char *source)
{
    const char *compiler = getenv("RF_HV_CC");
    json_error_t error;
    json_t *list;
    char *line;
    FILE *pipe;

    if (asprintf(&line, "%s/bin/rf-mutate --all " SOURCES "%s - %s", build,
                 source, compiler ? compiler : "") < 0)
        abort();
    pipe = popen(line, "r");
    list = pipe ? json_loadf(pipe, 0, &error) : NULL;
    if (!pipe || pclose(pipe) != 0 || !json_is_array(list))
        give_up(source, "rf-mutate made no list of it");
    free(line);
    return list;
}

static const char *key_of(const json_t *mutation)
{
    return json_string_value(json_object_get(mutation, "key"));
}

static const json_t *mutation_named(const json_t *list, const char *key)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(key_of(json_array_get(list, i)), key) == 0)
            return json_array_get(list, i);
    return NULL;
}

/** FNV-1a, 32 bits. */
static uint32_t hash(const char *text)
{
    uint32_t h = 0x811C9DC5u;

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x01000193u;
    return h;
}

static int by_hash(const void *one, const void *other)
{
    const char *a = key_of(*(json_t *const *)one);
    const char *b = key_of(*(json_t *const *)other);
    uint32_t x = hash(a), y = hash(b);

    return x < y ? -1 : x > y ? 1 : strcmp(a, b);
}

/** Build the hypervisor with one mutation. @return false: not C, or it does
 *  not fit. */
static bool build_mutant(const char *source, const char *text,
                         const json_t *mutation)
{
    json_int_t start, end;
    struct complaint c;
    char path[PATH_MAX], *changed;
    const char *with;
    bool good;

    if (json_unpack((json_t *)mutation, "{s:I, s:I, s:s}", "start", &start,
                    "end", &end, "with", &with) != 0)
        give_up(source, "a mutation without its place");
    if (asprintf(&changed, "%.*s%s%s", (int)start, text, with,
                 text + end) < 0)
        abort();
    snprintf(path, sizeof path, SOURCES "%s", source);
    good = broken_build_text(path, changed, build, folder, &c) == 0;
    free(changed);
    return good;
}

/* --- Checks ----------------------------------------------------------------- */

/** Run a family on the broken hypervisor. @return what was seen of its
 *  checks, or NULL; free it. */
static struct seen *try_family(struct family *f)
{
    struct seen *seen = calloc(f->list.nr, sizeof *seen);
    char image[PATH_MAX], text[1024];
    struct job job = {
        .build = build, .folder = folder, .machine = SIM_BOCHS,
        .image = image, .guest = f->path, .words = "", .budget = BUDGET,
        .options = "fast=0", /* the mistakes are in the plain ways */
        .plain = strcmp(f->name, FAMILY_PLAIN) == 0,
    };
    struct sim_outcome outcome;
    struct sim_error error;

    if (!seen)
        abort();
    snprintf(image, sizeof image, "%s/image.elf", folder);
    if (run_make(&job, &outcome, &error) &&
        run_read(&job, &f->list, seen, text, sizeof text) >= 0)
        return seen;
    free(seen);
    return NULL;
}

static unsigned nr_open(const struct family *f)
{
    unsigned nr = 0;

    for (size_t i = 0; i < f->list.nr; i++)
        nr += killers_of(&killers, f->list.check[i].id) == NULL;
    return nr;
}

static unsigned all_open(void)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < nr_families; i++)
        nr += nr_open(&family[i]);
    return nr;
}

static void print_killer(const struct killer *k)
{
    printf("%s\t%s\t%s\n", k->check, k->source, k->key);
    fflush(stdout);
}

/** One mutation on all families that still want a killer. @return how many
 *  checks have one now. */
static unsigned try_mutation(const char *source, const char *text,
                             const json_t *mutation)
{
    unsigned found = 0;

    if (!build_mutant(source, text, mutation))
        return 0;
    for (unsigned i = 0; i < nr_families; i++) {
        struct family *f = &family[i];
        struct seen *seen = nr_open(f) > 0 ? try_family(f) : NULL;

        for (size_t j = 0; seen && j < f->list.nr; j++) {
            const char *id = f->list.check[j].id;

            if (!seen[j].differs || killers_of(&killers, id))
                continue;
            killers_add(&killers, id, source, key_of(mutation));
            print_killer(&killers.killer[killers.nr - 1]);
            found++;
        }
        free(seen);
    }
    return found;
}

static void find(const char *source, unsigned patience)
{
    json_t *list = mutations_of(source);
    size_t nr = json_array_size(list);
    json_t **order = calloc(nr + 1, sizeof *order);
    char *text = read_source(source);
    struct killers kept = { .nr = 0 };
    unsigned tried = 0;

    if (!order)
        abort();
    for (size_t i = 0; i < nr; i++)
        order[i] = json_array_get(list, i);
    qsort(order, nr, sizeof *order, by_hash);
    for (size_t i = 0; i < killers.nr; i++) {
        const struct killer *k = &killers.killer[i];

        if (strcmp(k->source, source) == 0 && !mutation_named(list, k->key))
            continue; /* that line has been edited since */
        killers_add(&kept, k->check, k->source, k->key);
        if (strcmp(k->source, source) == 0)
            print_killer(k);
    }
    killers = kept;
    for (size_t i = 0; i < nr && tried < patience && all_open() > 0; i++)
        tried = try_mutation(source, text, order[i]) ? 0 : tried + 1;
    json_decref(list);
}

/* --- The sample ------------------------------------------------------------- */

/** Does the killer still kill? @return NULL, or why not. */
static const char *make_again(const struct killer *k)
{
    json_t *list = mutations_of(k->source);
    const json_t *mutation = mutation_named(list, k->key);
    char *text = read_source(k->source);
    const char *wrong = "no family has this check";

    if (!mutation)
        return "its line has been edited: make conformance-killers finds "
               "another mistake";
    if (!build_mutant(k->source, text, mutation))
        return "the mistake cannot be built";
    for (unsigned i = 0; i < nr_families; i++) {
        struct seen *seen;

        for (size_t j = 0; j < family[i].list.nr; j++) {
            if (strcmp(family[i].list.check[j].id, k->check) != 0)
                continue;
            seen = try_family(&family[i]);
            wrong = seen && seen[j].differs ? NULL : "the check passes";
            free(seen);
            return wrong;
        }
    }
    return wrong;
}

static void sample(unsigned every)
{
    for (size_t i = 0; i < killers.nr; i += every) {
        const struct killer *k = &killers.killer[i];
        const char *wrong = make_again(k);

        if (wrong)
            printf("fail conformance/can-fail/%s %s: %s\n", k->check,
                   k->source, wrong);
        else
            printf("pass conformance/can-fail/%s\n", k->check);
    }
}

int main(int argc, char **argv)
{
    const char *wrong;
    bool finds = argc > 3 && strcmp(argv[3], "find") == 0;
    bool samples = argc > 3 && strcmp(argv[3], "sample") == 0;

    if (argc < (finds ? 7 : 6) || (!finds && !samples)) {
        fputs("usage: rf-kill BUILD FOLDER find SOURCE PATIENCE FAMILY...\n"
              "       rf-kill BUILD FOLDER sample EVERY FAMILY...\n", stderr);
        return EXIT_FAILURE;
    }
    build = argv[1];
    folder = argv[2];
    mkdir(folder, 0777);
    wrong = killers_read(KILLERS, &killers);
    if (wrong)
        give_up(KILLERS, wrong);
    take_families(argv + (finds ? 6 : 5), argc - (finds ? 6 : 5));
    if (finds)
        find(argv[4], (unsigned)atoi(argv[5]));
    else
        sample((unsigned)atoi(argv[4]) ? (unsigned)atoi(argv[4]) : 1);
    return EXIT_SUCCESS;
}
