/* SPDX-License-Identifier: MIT */
/**
 * @file prepare.c
 * The files that a simulator reads, written into the run's folder.
 */
#include "sim/run/description.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/qemu/qemu.h"

void sim_word(struct sim_words *words, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    char **grown = realloc(words->word, (words->nr + 2) * sizeof(*grown));

    va_start(args, format);
    if (!grown || vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    words->word = grown;
    grown[words->nr++] = text;
    grown[words->nr] = NULL;
}

void sim_words_free(struct sim_words *words)
{
    unsigned i;

    for (i = 0; i < words->nr; i++)
        free(words->word[i]);
    free(words->word);
    *words = (struct sim_words){ 0 };
}

char *sim_path(const struct sim_run *run, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", run->folder, name) < 0)
        abort();
    return path;
}

int sim_write(const struct sim_run *run, const char *name, const void *bytes,
              size_t length, struct sim_error *error)
{
    char *path = sim_path(run, name);
    FILE *file = fopen(path, "wb");
    size_t written = 0;
    int result = 0;

    if (file)
        written = fwrite(bytes, 1, length, file);
    if (!file || written != length || fclose(file))
        result = sim_fail(error, "%s cannot be written: %s", path,
                          strerror(errno));
    free(path);
    return result;
}

/** Make the folder and its parents. */
static int make_folder(const char *folder, struct sim_error *error)
{
    char *path = strdup(folder);
    char *slash;
    int result = 0;

    if (!path)
        abort();
    for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    if (mkdir(path, 0777) && errno != EEXIST)
        result = sim_fail(error, "the folder %s cannot be made: %s", folder,
                          strerror(errno));
    free(path);
    return result;
}

/** A run's results must not be taken for those of an earlier one. */
static void remove_results(const struct sim_run *run)
{
    static const char *const results[] = {
        SIM_FILE_EVENTS, SIM_FILE_FORKS,  SIM_FILE_MEMORY,
        SIM_FILE_SERIAL, SIM_FILE_LOG,
    };
    size_t i;

    for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        char *path = sim_path(run, results[i]);

        unlink(path);
        free(path);
    }
}

/** Compose the boot ROM. */
static int compose(struct sim_run *run, struct sim_error *error)
{
    struct rom_plan plan = {
        .image = run->image,
        .image_length = run->image_length,
        .command_line = run->command_line,
        .module = run->module,
        .nr_modules = run->nr_modules,
        .range = run->range,
        .nr_ranges = run->nr_ranges,
        .ram_bytes = (uint64_t)run->ram_mb << 20,
        .delay = rom_delay_of_seed(run->seed),
    };

    if (run->composed)
        rom_free(&run->rom);
    run->composed = rom_compose(&plan, &run->rom, error) == 0;
    if (!run->composed)
        return -1;
    return sim_write(run, SIM_FILE_ROM, run->rom.bytes, run->rom.length,
                     error);
}

/** Say what is missing before anything is written. */
static int check(const struct sim_run *run, struct sim_error *error)
{
    if (run->mistake.text[0] != '\0')
        return sim_fail(error, "%s", run->mistake.text);
    if (run->boot == SIM_BOOT_ISO && !run->iso)
        return sim_fail(error, "a boot from CD needs a CD image");
    if (run->boot != SIM_BOOT_ISO && !run->image)
        return sim_fail(error, "a boot needs an image");
    if (run->ram_mb < ROM_MIN_RAM >> 20 || run->ram_mb > ROM_MAX_RAM >> 20)
        return sim_fail(error, "%u MB of RAM; possible are %u to %u",
                        run->ram_mb, ROM_MIN_RAM >> 20, ROM_MAX_RAM >> 20);
    if (run->machine == SIM_QEMU && (run->events || run->memory))
        return sim_fail(error, "only Bochs records events and memory");
    return 0;
}

int sim_run_prepare(struct sim_run *run, struct sim_error *error)
{
    if (check(run, error) || make_folder(run->folder, error))
        return -1;
    remove_results(run);
    if (run->boot == SIM_BOOT_ROM ||
        (run->boot == SIM_BOOT_LOADER && run->machine == SIM_BOCHS)) {
        if (compose(run, error))
            return -1;
    }
    return run->machine == SIM_BOCHS ? sim_bochs_prepare(run, error)
                                     : sim_qemu_prepare(run, error);
}

const struct rom *sim_run_rom(const struct sim_run *run)
{
    return run->composed ? &run->rom : NULL;
}
