/* SPDX-License-Identifier: MIT */
/**
 * @file cover.c
 * Lines that a family executes: see cover.h.
 */
#include "tests/conformance/host/cover.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG "translated.log"
#define SOURCES "src/hypervisor/"

/* addr2line knows inlined functions: it tells the line that was written, not
   the one that calls. */
#define LINES \
    "grep -o '^0xf[0-9a-f]*' %s/" LOG " | LC_ALL=C sort -u | " \
    "addr2line -e %s/ringfence.elf | LC_ALL=C sort -u > %s && rm %s/" LOG

/** Make the file of lines. */
static bool make_lines(const struct kill *kill, struct family *f,
                       const char *path)
{
    static const char *const wrapper[] = {
        "sh", "-c", "exec \"$@\" -d in_asm -D " LOG, "sh", NULL,
    };
    char image[PATH_MAX], *line;
    struct sim_outcome outcome;
    struct sim_error error;
    struct job job;
    bool good;

    snprintf(image, sizeof image, "%s/ringfence.elf", kill->build);
    job = family_job(f, kill->build, kill->folder, image, NULL);
    job.machine = SIM_QEMU;
    job.wrapper = wrapper;
    if (!run_make(&job, &outcome, &error) ||
        asprintf(&line, LINES, kill->folder, kill->build, path,
                 kill->folder) < 0)
        return false;
    good = system(line) == 0;
    free(line);
    return good;
}

bool cover_family(const struct kill *kill, struct family *f,
                  cover_line *tell, void *to)
{
    uint64_t hash = kill_hash_file(kill_hash_image(kill), f->path);
    char path[PATH_MAX], text[PATH_MAX], *source, *number;
    unsigned nr = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s-%016" PRIx64 ".lines", kill->folder,
             f->name, hash);
    if (access(path, R_OK) != 0 && !make_lines(kill, f, path))
        return false;
    file = fopen(path, "r");
    while (file && fgets(text, sizeof text, file)) {
        source = strstr(text, SOURCES);
        number = source ? strchr(source, ':') : NULL;
        if (!number)
            continue;
        *number++ = '\0';
        tell(to, source + strlen(SOURCES), (unsigned)atoi(number));
        nr++;
    }
    if (file)
        fclose(file);
    return nr > 0;
}
