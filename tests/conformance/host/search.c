/* SPDX-License-Identifier: MIT */
/**
 * @file search.c
 * Looking for killers: which of the thousands of mistakes to try next.
 *
 * A mistake is tried on the families that execute its line and have a check
 * without a killer. First comes the one that promises most for its time: few
 * families come to its line, so it matters to them; they have many such
 * checks; and others in the same function, of the same kind or on the same
 * families have killed, but in other lines. Of the mutants that people wrote we
 * know the family.
 *
 * - SEARCH-I1: a check that was not made was not seen to fail.
 * - SEARCH-I2: a family is used when all of its checks pass on the right
 *   hypervisor in the same small machine.
 * - SEARCH-I3: what was found is on the disk before the next mistake is made.
 *   tried.txt in the folder has what was tried and what it brought, while the
 *   image and the guests are the same ones.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/conformance/host/cover.h"
#include "tests/conformance/host/kill.h"

#define SOURCES "src/hypervisor/"
#define MUTANTS "tests/conformance/" KILLER_MUTANTS
/* Made of C for the assembler's sake: no code. */
#define NOT_CODE "src/hypervisor/arch/"

#define MAX_KINDS 8

/** The guest of a mutant that is about the checks of any family. */
#define ALL_GUESTS "all"

/** What building a mistake takes, in instructions under Bochs. */
#define COST_BUILD 5e6

/** What has come of the mistakes in one function, of one kind, or on one
 *  family. */
struct tally {
    const char *name;
    unsigned tries, hits;
};

struct code {
    struct source source;
    bool *covered; /**< [line][family] */
    unsigned *tries; /**< [line]: mistakes there that were tried */
    struct tally *place;
    size_t nr_places;
};

struct candidate {
    struct code *code;
    const struct mistake *mistake;
    struct tally *place, *kind;
    bool *reaches; /**< [family] */
    unsigned nr_reached;
    bool tried;
};

struct search {
    struct kill *kill;
    size_t nr_families;
    struct code *code;
    size_t nr_codes;
    struct candidate *candidate;
    size_t nr_candidates, nr_tried;
    struct tally kind[MAX_KINDS];
    size_t nr_kinds;
    unsigned *nr_open; /**< [family]: its checks without a killer */
    struct tally *of_family;
    FILE *tried;
    size_t family; /**< whose lines are told now */
};

static void *zeroed(size_t nr, size_t bytes)
{
    void *room = calloc(nr + 1, bytes);

    if (!room)
        abort();
    return room;
}

static void count_open(struct search *s)
{
    for (size_t i = 0; i < s->nr_families; i++) {
        const struct family *f = &s->kill->family[i];

        s->nr_open[i] = 0;
        for (size_t j = 0; j < f->nr; j++)
            s->nr_open[i] += killers_of(&s->kill->killers, f->id[j]) == 0;
    }
}

static unsigned all_open(const struct search *s)
{
    unsigned nr = 0;

    for (size_t i = 0; i < s->nr_families; i++)
        nr += s->nr_open[i];
    return nr;
}

/* --- What there is to try ------------------------------------------------ */

/** Whether a file has code that can be mistaken. */
static bool is_code(const char *path)
{
    return strncmp(path, NOT_CODE, strlen(NOT_CODE)) != 0;
}

/** Whether a mutant is about a family. */
static bool is_for(const char *guest, const char *family)
{
    return strcmp(guest, ALL_GUESTS) == 0 || strcmp(guest, family) == 0;
}

static void read_code(struct search *s, const char *name)
{
    struct code *code = &s->code[s->nr_codes++];
    const char *wrong = source_read(&code->source, s->kill->build, name);

    if (wrong)
        give_up(name, wrong);
    code->covered = zeroed((code->source.nr_lines + 1) * s->nr_families,
                           sizeof *code->covered);
    code->tries = zeroed(code->source.nr_lines + 1, sizeof *code->tries);
    code->place = zeroed(code->source.nr, sizeof *code->place);
    s->nr_candidates += code->source.nr;
    /* A mutant's family stands in it; its one mistake is in "line 0". */
    for (size_t i = 0; i < s->nr_families && source_is_mutant(name); i++)
        code->covered[i] = is_for(code->source.variant.guest,
                                  s->kill->family[i].name);
}

static void read_codes(struct search *s)
{
    glob_t found;

    if (glob(SOURCES "*/*.c", 0, NULL, &found) != 0 ||
        glob(MUTANTS "*.txt", GLOB_APPEND, NULL, &found) != 0)
        give_up(SOURCES, "no sources, or no mutants");
    s->code = zeroed(found.gl_pathc, sizeof *s->code);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *mutant = strstr(found.gl_pathv[i], KILLER_MUTANTS);

        if (mutant)
            read_code(s, mutant);
        else if (is_code(found.gl_pathv[i]))
            read_code(s, found.gl_pathv[i] + strlen(SOURCES));
    }
    globfree(&found);
}

static void cover(void *to, const char *source, unsigned line)
{
    struct search *s = to;

    for (size_t i = 0; i < s->nr_codes; i++) {
        struct code *code = &s->code[i];

        if (strcmp(code->source.name, source) == 0 &&
            line <= code->source.nr_lines)
            code->covered[line * s->nr_families + s->family] = true;
    }
}

/** The tally of that name; a new one, if need be, at the end. */
static struct tally *tally_of(struct tally *list, size_t *nr,
                              const char *name)
{
    for (size_t i = 0; i < *nr; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    list[*nr].name = name;
    return &list[(*nr)++];
}

static void take_candidate(struct search *s, struct code *code,
                           const struct mistake *m)
{
    struct candidate *c = &s->candidate[s->nr_candidates];

    *c = (struct candidate){
        .code = code, .mistake = m,
        .place = tally_of(code->place, &code->nr_places, m->function),
        .kind = tally_of(s->kind, &s->nr_kinds, m->kind),
        .reaches = zeroed(s->nr_families, sizeof *c->reaches),
    };
    for (size_t f = 0; f < s->nr_families; f++) {
        for (unsigned line = m->line; line <= m->last_line; line++)
            c->reaches[f] |= code->covered[line * s->nr_families + f];
        c->nr_reached += c->reaches[f];
    }
    if (source_is_mutant(code->source.name))
        c->nr_reached = 1; /* somebody has thought about it */
    s->nr_candidates++;
}

static uint64_t hash_candidate(const struct candidate *c)
{
    return kill_hash(KILL_HASH, c->mistake->key, strlen(c->mistake->key));
}

/** So that the first ones of a function are from all over it. */
static int by_hash(const void *one, const void *other)
{
    uint64_t a = hash_candidate(one), b = hash_candidate(other);

    return a < b ? -1 : a > b;
}

static void make_candidates(struct search *s)
{
    s->candidate = zeroed(s->nr_candidates, sizeof *s->candidate);
    s->nr_candidates = 0;
    for (size_t i = 0; i < s->nr_codes; i++)
        for (size_t j = 0; j < s->code[i].source.nr; j++)
            take_candidate(s, &s->code[i], &s->code[i].source.mistake[j]);
    qsort(s->candidate, s->nr_candidates, sizeof *s->candidate, by_hash);
}

/* --- What was tried before ----------------------------------------------- */

/** Of the image and the guests. */
static uint64_t hash_inputs(const struct search *s)
{
    uint64_t hash = kill_hash_image(s->kill);

    for (size_t i = 0; i < s->nr_families; i++)
        hash = kill_hash_file(hash, s->kill->family[i].path);
    return hash;
}

/** Note that a candidate was tried. */
static void count_try(struct candidate *c, unsigned hits)
{
    c->tried = true;
    c->code->tries[c->mistake->line]++;
    c->place->tries++;
    c->place->hits += hits;
    c->kind->tries++;
    c->kind->hits += hits;
}

static void mark_tried(struct search *s, const char *source, const char *key,
                       unsigned hits)
{
    for (size_t i = 0; i < s->nr_candidates; i++) {
        struct candidate *c = &s->candidate[i];

        if (strcmp(c->mistake->key, key) == 0 &&
            strcmp(c->code->source.name, source) == 0 && !c->tried)
            count_try(c, hits);
    }
}

/** Open the list of what was tried; of other inputs it is begun anew. */
static FILE *open_tried(struct search *s)
{
    uint64_t inputs = hash_inputs(s);
    char path[PATH_MAX], line[32];
    FILE *file;

    snprintf(path, sizeof path, "%s/tried.txt", s->kill->folder);
    file = fopen(path, "r+");
    if (file && fgets(line, sizeof line, file) &&
        strtoull(line, NULL, 16) == inputs)
        return file;
    if (file)
        fclose(file);
    file = fopen(path, "w+");
    if (!file)
        give_up(path, "it cannot be written");
    fprintf(file, "%016" PRIx64 "\n", inputs);
    fflush(file);
    return file;
}

/** Read it up to its end, where more is written later. */
static void read_tried(struct search *s)
{
    char line[4096];

    while (fgets(line, sizeof line, s->tried)) {
        char *rest = line, *hits = strsep(&rest, "\t\n");
        char *source = strsep(&rest, "\t\n");
        char *key = strsep(&rest, "\n");

        if (key)
            mark_tried(s, source, key, (unsigned)atoi(hits));
    }
    fseek(s->tried, 0, SEEK_END);
}

/* --- Trying -------------------------------------------------------------- */

/** How many checks one more of these will bring: what the others have
 *  brought, and one for those that nobody has tried. */
static double hopes(const struct tally *of)
{
    return (1.0 + of->hits) / (1.0 + of->tries);
}

/** How much a candidate promises for its time. */
static double promise(const struct search *s, const struct candidate *c)
{
    double cost = COST_BUILD, gain = 0;

    for (size_t i = 0; i < s->nr_families; i++) {
        if (!c->reaches[i] || s->nr_open[i] == 0)
            continue;
        gain += s->nr_open[i] * hopes(&s->of_family[i]);
        cost += (double)s->kill->family[i].instructions;
    }
    return gain / c->nr_reached / cost * hopes(c->place) * hopes(c->kind) /
           (1 + c->code->tries[c->mistake->line]);
}

static struct candidate *best(struct search *s)
{
    struct candidate *best = NULL;
    double most = 0;

    for (size_t i = 0; i < s->nr_candidates; i++) {
        struct candidate *c = &s->candidate[i];
        double p = c->tried || c->nr_reached == 0 ? 0 : promise(s, c);

        if (p > most) {
            most = p;
            best = c;
        }
    }
    return best;
}

/** Run one family, and keep what it says. @return how many checks have their
 *  first killer now. */
static unsigned try_family(struct search *s, const struct source *source,
                           const char *key, size_t index)
{
    struct family *f = &s->kill->family[index];
    enum verdict *verdict = kill_run(s->kill, f, source);
    struct killers *list = &s->kill->killers;
    unsigned found = 0;

    for (size_t i = 0; verdict && i < f->nr; i++) {
        if (verdict[i] != FAILED ||
            !killers_want(list, source->name, key, f->id[i]))
            continue;
        found += killers_of(list, f->id[i]) == 0;
        killers_add(list, source->name, key, f->id[i]);
    }
    free(verdict);
    s->of_family[index].tries++;
    s->of_family[index].hits += found;
    return found;
}

static void save(struct search *s)
{
    const char *wrong = killers_write(s->kill->list, &s->kill->killers);

    if (wrong)
        give_up(s->kill->list, wrong);
    count_open(s);
}

static void try_candidate(struct search *s, struct candidate *c)
{
    const struct source *source = &c->code->source;
    unsigned found = 0;

    s->nr_tried++;
    if (mistake_build(source, c->mistake, s->kill->build, s->kill->folder))
        for (size_t i = 0; i < s->nr_families; i++)
            if (c->reaches[i] && s->nr_open[i] > 0)
                found += try_family(s, source, c->mistake->key, i);
    count_try(c, found);
    fprintf(s->tried, "%u\t%s\t%s\n", found, source->name, c->mistake->key);
    fflush(s->tried);
    if (found == 0)
        return;
    save(s);
    fprintf(stderr, "%zu tried, %u left; %u by %s\t%s\n", s->nr_tried,
            all_open(s), found, source->name, c->mistake->key);
}

/** What is in the list and no mistake of the sources any more is left out. */
static void drop_stale(struct search *s)
{
    struct killers *list = &s->kill->killers;

    for (size_t i = list->nr; i-- > 0;) {
        const struct mistake *m = NULL;

        for (size_t j = 0; !m && j < s->nr_codes; j++)
            if (strcmp(s->code[j].source.name, list->killer[i].source) == 0)
                m = source_mistake(&s->code[j].source, list->killer[i].key);
        if (!m && killer_is_mistake(&list->killer[i]))
            killers_drop(list, i);
    }
}

/** Get ready to use a family that has checks without a killer. */
static void prepare(struct search *s, struct family *f)
{
    const struct kill *kill = s->kill;
    const char *id;

    if (s->nr_open[s->family] == 0)
        return;
    id = family_prepare(f, kill->build, kill->folder);
    if (id)
        give_up(id, "it does not pass on the right hypervisor");
    if (!cover_family(kill, f, cover, s))
        give_up(f->name, "QEMU left no log");
}

void kill_find(struct kill *kill, unsigned seconds)
{
    struct search s = { .kill = kill, .nr_families = kill->nr_families };
    time_t end = time(NULL) + seconds;
    struct candidate *next;

    s.nr_open = zeroed(s.nr_families, sizeof *s.nr_open);
    s.of_family = zeroed(s.nr_families, sizeof *s.of_family);
    read_codes(&s);
    drop_stale(&s);
    count_open(&s);
    s.tried = open_tried(&s);
    for (s.family = 0; s.family < s.nr_families; s.family++)
        prepare(&s, &kill->family[s.family]);
    make_candidates(&s);
    read_tried(&s);
    while (time(NULL) < end && all_open(&s) > 0 && (next = best(&s)))
        try_candidate(&s, next);
    save(&s);
    fprintf(stderr, "%u checks have no killer\n", all_open(&s));
}
