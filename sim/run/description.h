/* SPDX-License-Identifier: MIT */
/**
 * @file description.h
 * What a struct sim_run holds, and the steps of the two simulators; private
 * to sim/run and sim/qemu.
 */
#ifndef SIM_RUN_DESCRIPTION_H
#define SIM_RUN_DESCRIPTION_H

#include <stdio.h>

#include "sim/run/run.h"

#define SIM_NAME_BYTES 48

/** A description; see run.h for what each part means. */
struct sim_run {
    enum sim_machine machine;
    enum sim_boot boot;
    char *folder;
    unsigned ram_mb;
    uint64_t seed;
    uint64_t budget; /**< 0: the simulator's own */
    bool icount;
    bool events;
    bool memory;
    char *command_line;
    char *iso; /**< absolute path */
    uint8_t *image;
    size_t image_length;
    struct rom_module *module; /**< bytes and strings are the run's */
    unsigned nr_modules;
    struct rom_range *range;
    unsigned nr_ranges;

    FILE *lines; /**< of the run file, written into `text` */
    char *text;
    size_t text_length;
    struct sim_error mistake; /**< the first bad name, "" when none */

    struct rom rom;
    bool composed;
};

/** A command line in the making: words, the last one NULL. */
struct sim_words {
    char **word;
    unsigned nr;
};

/** Append one word, printf-like. */
void sim_word(struct sim_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_words_free(struct sim_words *words);

/** Write a file of the run's folder. */
int sim_write(const struct sim_run *run, const char *name, const void *bytes,
              size_t length, struct sim_error *error);

/** A path as it is seen from inside the run's folder, printf-like file name
 *  of the folder joined to it; release with free(). */
char *sim_path(const struct sim_run *run, const char *name);

/** The Bochs side (bochs.c): its configuration and its command line. */
int sim_bochs_prepare(const struct sim_run *run, struct sim_error *error);
void sim_bochs_command(const struct sim_run *run,
                       const struct sim_options *options,
                       struct sim_words *words);

#endif
