/* SPDX-License-Identifier: MIT */
/**
 * @file broken.c
 * Building broken hypervisors: see broken.h.
 */
#include "tests/oracles/broken.h"

#include <limits.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Run a command, its output added to the folder's build.log. */
static bool command(const char *folder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool command(const char *folder, const char *format, ...)
{
    char *line, *whole;
    va_list arguments;
    int status;

    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0)
        abort();
    va_end(arguments);
    if (asprintf(&whole, "{ %s ; } >>%s/build.log 2>&1", line, folder) < 0)
        abort();
    status = system(whole);
    free(line);
    free(whole);
    return status == 0;
}

/** Compile one changed source; `script` gets the sed command that puts its
 *  object into the place of the right one. */
static bool compile(const char *source, const char *folder, unsigned index,
                    char *script, size_t bytes)
{
    const char *suffix = strrchr(source, '.');
    const char *room = strstr(source, "hypervisor/");
    bool is_c = suffix && strcmp(suffix, ".c") == 0;
    const char *tool = getenv(is_c ? "RF_HV_CC" : "RF_HV_NASM");
    size_t used = strlen(script);

    if (!room || !tool || !suffix)
        return false;
    room += strlen("hypervisor/");
    snprintf(script + used, bytes - used, "s|^%.*s.o$|%s/changed%u.o|;t;",
             (int)(suffix - room), room, folder, index);
    /* A warning that the change causes must not matter. */
    return command(folder, "%s %s -I$(dirname %s) %s %s/changed%u%s -o "
                   "%s/changed%u.o", tool, is_c ? "-Wno-error" : "", source,
                   is_c ? "-c" : "", folder, index, suffix, folder, index);
}

/** Link FOLDER/image.elf, objects replaced as `script` says. */
static int link_image(const char *build, const char *folder,
                      const char *script, struct complaint *c)
{
    if (command(folder, "sh src/hypervisor/arch/link.sh %s/hv/image.ld "
                "%s/image.elf $(sed '%s s|^|%s/hv/|' %s/hv/objects.list)",
                build, folder, script, build, build))
        return 0;
    snprintf(c->text, sizeof c->text, "the broken hypervisor cannot be "
             "linked; see %s/build.log", folder);
    return -1;
}

static int cannot_compile(const char *source, const char *folder,
                          struct complaint *c)
{
    snprintf(c->text, sizeof c->text, "the changed %s cannot be compiled; see "
             "%s/build.log", source, folder);
    return -1;
}

int broken_build_text(const char *source, const char *text,
                      const char *build, const char *folder,
                      struct complaint *c)
{
    char changed[PATH_MAX], script[2048] = "";
    FILE *file;
    bool written;

    snprintf(changed, sizeof changed, "%s/changed0%s", folder,
             strrchr(source, '.'));
    file = fopen(changed, "w");
    written = file && fputs(text, file) >= 0;
    if (!file || fclose(file) != 0 || !written) {
        snprintf(c->text, sizeof c->text, "%.1000s cannot be written",
                 changed);
        return -1;
    }
    if (!compile(source, folder, 0, script, sizeof script))
        return cannot_compile(source, folder, c);
    return link_image(build, folder, script, c);
}

int broken_build(const struct variant *v, const char *build,
                 const char *folder, struct complaint *c)
{
    char changed[PATH_MAX], script[2048] = "";

    for (unsigned i = 0; i < v->nr_changes; i++) {
        const char *source = v->change[i].source;

        if (!variant_is_first(v, i))
            continue;
        snprintf(changed, sizeof changed, "%s/changed%u%s", folder, i,
                 strrchr(source, '.') ? strrchr(source, '.') : "");
        if (variant_apply(v, i, changed, c))
            return -1;
        if (!compile(source, folder, i, script, sizeof script))
            return cannot_compile(source, folder, c);
    }
    return link_image(build, folder, script, c);
}
