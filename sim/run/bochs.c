/* SPDX-License-Identifier: MIT */
/**
 * @file bochs.c
 * The instrumented Bochs: its configuration and the run file. Every name in
 * them is relative to the run's folder, in which it is started.
 */
#include "sim/run/description.h"

#include <inttypes.h>
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

/** The lines that differ between runs. */
static void write_rc(const struct sim_run *run, FILE *rc)
{
    unsigned i;

    fputs(machine_lines, rc);
    fprintf(rc, "memory: guest=%u, host=%u\n", run->ram_mb, run->ram_mb);
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
    for (i = 0; i < run->rom.nr_preloads; i++)
        fprintf(rc, "optramimage%u: file=module%u, address=0x%08" PRIx32 "\n",
                i + 1, i, run->rom.preload[i].address);
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
        sim_write(run, FILE_NO_VIDEO_BIOS, zeros, sizeof(zeros), error))
        return -1;
    return write_with(run, SIM_FILE_RC, write_rc, error) ||
                   write_with(run, SIM_FILE_RUN, write_run, error)
               ? -1
               : 0;
}

/** bochs-rf beside the program that runs now. */
static char *beside_me(const char *name)
{
    char me[4096];
    ssize_t length = readlink("/proc/self/exe", me, sizeof(me) - 1);
    char *path;
    char *slash;

    me[length > 0 ? length : 0] = '\0';
    slash = strrchr(me, '/');
    if (slash)
        *slash = '\0';
    if (asprintf(&path, "%s/%s", me, name) < 0)
        abort();
    return path;
}

void sim_bochs_command(const struct sim_run *run,
                       const struct sim_options *options,
                       struct sim_words *words)
{
    const char *program = options->program;
    char *beside = NULL;

    (void)run;
    if (!program)
        program = getenv("RINGFENCE_BOCHS");
    if (!program)
        program = beside = beside_me("bochs-rf");
    sim_word(words, "env");
    sim_word(words, "RINGFENCE_RUN=%s", SIM_FILE_RUN);
    sim_word(words, "%s", program);
    sim_word(words, "-q");
    sim_word(words, "-f");
    sim_word(words, "%s", SIM_FILE_RC);
    free(beside);
}
