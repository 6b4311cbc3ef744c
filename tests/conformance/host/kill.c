/* SPDX-License-Identifier: MIT */
/**
 * @file kill.c
 * rf-kill: can each check fail? Mistakes are put into the hypervisor, one at
 * a time, until each check has been seen to fail under one.
 *
 *     rf-kill BUILD FOLDER LIST find SECONDS FAMILY...
 *     rf-kill BUILD FOLDER LIST check FAMILY...
 *     rf-kill BUILD FOLDER LIST sample NR FAMILY...
 *
 * LIST is the list of killers (killers.h). `find` (search.c) tries mistakes on
 * the families whose checks have none, and adds what it finds to the list at
 * once; it may be ended and begun again. `check` and `sample` (prove.c) print
 * result lines.
 */
#include "tests/conformance/host/kill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void give_up(const char *what, const char *why)
{
    fprintf(stderr, "rf-kill: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

uint64_t kill_hash(uint64_t hash, const void *bytes, size_t nr)
{
    const unsigned char *at = bytes;

    while (nr-- > 0)
        hash = (hash ^ *at++) * 0x100000001B3ull;
    return hash;
}

uint64_t kill_hash_file(uint64_t hash, const char *path)
{
    FILE *file = fopen(path, "rb");
    char bytes[4096];
    size_t nr;

    if (!file)
        give_up(path, "it cannot be read");
    while ((nr = fread(bytes, 1, sizeof bytes, file)) > 0)
        hash = kill_hash(hash, bytes, nr);
    fclose(file);
    return hash;
}

uint64_t kill_hash_image(const struct kill *kill)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/ringfence.elf", kill->build);
    return kill_hash_file(KILL_HASH, path);
}

enum verdict *kill_run(const struct kill *kill, struct family *f,
                       const struct source *s)
{
    enum verdict *verdict = calloc(f->nr, sizeof *verdict);
    char image[PATH_MAX];
    struct job job;

    if (!verdict)
        abort();
    snprintf(image, sizeof image, "%s/image.elf", kill->folder);
    job = family_job(f, kill->build, kill->folder, image,
                     source_is_mutant(s->name) ? s->variant.options : NULL);
    if (family_run(f, &job, verdict, NULL))
        return verdict;
    free(verdict);
    return NULL;
}

/** One link a mistake is enough: only reports show the image's own names. */
static void link_once(const char *build)
{
    char symbols[PATH_MAX];

    snprintf(symbols, sizeof symbols, "%s/ringfence.elf.symbols.o", build);
    setenv("LINK_SYMBOLS", symbols, true);
}

static void open_families(struct kill *kill, char **name, int nr)
{
    kill->family = calloc((size_t)nr, sizeof *kill->family);
    if (!kill->family)
        abort();
    for (int i = 0; i < nr; i++) {
        const char *wrong = family_open(&kill->family[i], kill->build,
                                        name[i]);

        if (wrong)
            give_up(name[i], wrong);
        kill->nr_families++;
    }
}

int main(int argc, char **argv)
{
    const char *word = argc > 4 ? argv[4] : "";
    bool checks = strcmp(word, "check") == 0;
    bool finds = strcmp(word, "find") == 0;
    int first = checks ? 5 : 6;
    struct kill kill = { .nr_families = 0 };
    const char *wrong;

    if (argc <= first ||
        (!checks && !finds && strcmp(word, "sample") != 0)) {
        fputs("usage: rf-kill BUILD FOLDER LIST find SECONDS FAMILY...\n"
              "       rf-kill BUILD FOLDER LIST check FAMILY...\n"
              "       rf-kill BUILD FOLDER LIST sample NR FAMILY...\n", stderr);
        return EXIT_FAILURE;
    }
    kill.build = argv[1];
    kill.folder = argv[2];
    mkdir(kill.folder, 0777);
    link_once(kill.build);
    kill.list = argv[3];
    wrong = killers_read(kill.list, &kill.killers);
    if (wrong)
        give_up(kill.list, wrong);
    open_families(&kill, argv + first, argc - first);
    if (checks)
        kill_check(&kill);
    else if (finds)
        kill_find(&kill, (unsigned)atoi(argv[5]));
    else
        kill_sample(&kill, (size_t)atoi(argv[5]));
    return EXIT_SUCCESS;
}
