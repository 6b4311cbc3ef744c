/* SPDX-License-Identifier: MIT */
/**
 * @file bochs.c
 * The instrumented Bochs: its configuration and the run file. Every name in
 * them is relative to the run's folder, in which it is started.
 */
#include "sim/run/description.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Debian's bochsbios and vgabios: only a boot from CD needs them. */
#define BIOS "/usr/share/bochs/BIOS-bochs-latest"
#define VIDEO_BIOS "/usr/share/vgabios/vgabios.bin"

/* Bochs insists on a video BIOS; without a BIOS nobody runs it, and one
   that is all zeros has no signature. */
#define FILE_NO_VIDEO_BIOS "vga-none.bin"
#define NO_VIDEO_BIOS_BYTES 512

#define FILE_PRELOAD "preload%u.bin"
#define MAX_RAM_IMAGES 4
#define MAX_BLOCK_BYTES 0x800000u

/**
 * Pinned because runs depend on them: the processor (the only 32-bit model
 * with NX), instructions per simulated second, and the date.
 */
static const char machine_lines[] =
    "cpu: model=core_duo_t2400_yonah, count=1, ips=50000000, "
    "reset_on_triple_fault=0\n"
    "clock: sync=none, time0=946681200\n"
    "display_library: nogui\n"
    "com1: enabled=1, mode=file, dev=" SIM_FILE_SERIAL "\n"
    "port_e9_hack: enabled=0\n"
    "mouse: enabled=0\n"
    "panic: action=fatal\n"
    "error: action=report\n"
    "info: action=ignore\n"
    "debug: action=ignore\n";

/**
 * Bochs keeps RAM in blocks that lie anywhere on the host, and reads a RAM
 * image as if there were only one: an image must end with its block. This is
 * the largest size that it takes and that divides the RAM.
 */
static uint32_t block_bytes(const struct sim_run *run)
{
    uint32_t bytes = MAX_BLOCK_BYTES;

    while (((uint64_t)run->ram_mb << 20) % bytes)
        bytes /= 2;
    return bytes;
}

/**
 * What did not fit into the ROM, cut at the ends of blocks.
 *
 * @return Pieces; more than MAX_RAM_IMAGES: too many, the rest is left out.
 */
static unsigned cut_preloads(const struct sim_run *run,
                             struct rom_preload *piece)
{
    uint32_t block = block_bytes(run);
    unsigned nr = 0, i;

    for (i = 0; i < run->rom.nr_preloads; i++) {
        struct rom_preload rest = run->rom.preload[i];

        while (rest.length) {
            size_t part = block - rest.address % block;

            if (part > rest.length)
                part = rest.length;
            if (nr == MAX_RAM_IMAGES)
                return nr + 1;
            piece[nr] = rest;
            piece[nr++].length = part;
            rest.address += (uint32_t)part;
            rest.bytes = (const uint8_t *)rest.bytes + part;
            rest.length -= part;
        }
    }
    return nr;
}

/** Write those pieces as files for Bochs. */
static int write_preloads(const struct sim_run *run, struct sim_error *error)
{
    struct rom_preload piece[MAX_RAM_IMAGES];
    unsigned nr = cut_preloads(run, piece), i;

    if (nr > MAX_RAM_IMAGES)
        return sim_fail(error, "the modules fit neither into a boot ROM of "
                        "4 MB nor into %d RAM images of %u MB; QEMU has no "
                        "such limit", MAX_RAM_IMAGES,
                        block_bytes(run) >> 20);
    for (i = 0; i < nr; i++) {
        char name[32];

        snprintf(name, sizeof(name), FILE_PRELOAD, i + 1);
        if (sim_write(run, name, piece[i].bytes, piece[i].length, error))
            return -1;
    }
    return 0;
}

/** The lines that differ between runs. */
static void write_rc(const struct sim_run *run, FILE *rc)
{
    struct rom_preload piece[MAX_RAM_IMAGES];
    unsigned nr, i;

    fputs(machine_lines, rc);
    fprintf(rc, "memory: guest=%u, host=%u, block_size=%u\n", run->ram_mb,
            run->ram_mb, block_bytes(run) >> 10);
    if (run->boot == SIM_BOOT_ISO) {
        fprintf(rc, "romimage: file=%s\n", BIOS);
        fprintf(rc, "vgaromimage: file=%s\n", VIDEO_BIOS);
        fprintf(rc, "ata0-master: type=cdrom, path=\"%s\", "
                "status=inserted\nboot: cdrom\n", run->iso);
        return;
    }
    fprintf(rc, "romimage: file=%s, address=0x%08" PRIx32 "\n", SIM_FILE_ROM,
            (uint32_t)-(uint32_t)run->rom.length);
    fprintf(rc, "vgaromimage: file=%s\n", FILE_NO_VIDEO_BIOS);
    nr = cut_preloads(run, piece);
    for (i = 0; i < nr; i++)
        fprintf(rc, "optramimage%u: file=" FILE_PRELOAD
                ", address=0x%08" PRIx32 "\n", i + 1, i + 1,
                piece[i].address);
}

/** The run file's head; the caller's lines follow. */
static void write_run(const struct sim_run *run, FILE *file)
{
    fprintf(file, "seed %" PRIu64 "\n", run->seed);
    if (run->budget)
        fprintf(file, "budget %" PRIu64 "\n", run->budget);
    if (run->events)
        fprintf(file, "events %s\n", SIM_FILE_EVENTS);
    if (run->memory)
        fprintf(file, "memory %s\n", SIM_FILE_MEMORY);
    fputs("exit-port 0xf4\n", file);
    fflush(run->lines);
    fwrite(run->text, 1, run->text_length, file);
}

/** Write a file that a function fills in. */
static int write_with(const struct sim_run *run, const char *name,
                      void (*fill)(const struct sim_run *, FILE *),
                      struct sim_error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    int result;

    if (!memory)
        return sim_fail(error, "the host is out of memory");
    fill(run, memory);
    fclose(memory);
    result = sim_write(run, name, text, length, error);
    free(text);
    return result;
}

int sim_bochs_prepare(const struct sim_run *run, struct sim_error *error)
{
    static const uint8_t zeros[NO_VIDEO_BIOS_BYTES];

    if (run->boot == SIM_BOOT_ISO && access(BIOS, R_OK))
        return sim_fail(error, "Bochs needs the BIOS in %s (package "
                        "bochsbios)", BIOS);
    if (run->boot == SIM_BOOT_ISO && access(VIDEO_BIOS, R_OK))
        return sim_fail(error, "Bochs needs the video BIOS in %s (package "
                        "vgabios)", VIDEO_BIOS);
    if (run->boot != SIM_BOOT_ISO &&
        (sim_write(run, FILE_NO_VIDEO_BIOS, zeros, sizeof(zeros), error) ||
         write_preloads(run, error)))
        return -1;
    return write_with(run, SIM_FILE_RC, write_rc, error) ||
                   write_with(run, SIM_FILE_RUN, write_run, error)
               ? -1
               : 0;
}

/** A program's absolute path, since it is started in another folder: the
 *  caller's or the environment's choice, or bochs-rf beside this program. */
static char *find_program(const struct sim_options *options)
{
    const char *chosen = options->program ? options->program
                                          : getenv("RINGFENCE_BOCHS");
    char *me, *path;

    if (chosen) {
        path = strchr(chosen, '/') ? realpath(chosen, NULL) : NULL;
        return path ? path : strdup(chosen);
    }
    me = realpath("/proc/self/exe", NULL);
    if (asprintf(&path, "%s/bochs-rf", me ? dirname(me) : ".") < 0)
        abort();
    free(me);
    return path;
}

void sim_bochs_command(const struct sim_run *run,
                       const struct sim_options *options,
                       struct sim_words *words)
{
    char *program = find_program(options);

    (void)run;
    sim_word(words, "env");
    sim_word(words, "RINGFENCE_RUN=%s", SIM_FILE_RUN);
    sim_word(words, "%s", program);
    sim_word(words, "-q");
    sim_word(words, "-f");
    sim_word(words, "%s", SIM_FILE_RC);
    free(program);
}
