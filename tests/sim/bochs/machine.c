/* SPDX-License-Identifier: MIT */
/**
 * @file machine.c
 * Running the machine of machine.asm: see machine.h.
 */
#include "tests/sim/bochs/machine.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

uint8_t rom[ROM_BYTES];
uint32_t label[NR_LABELS];

static const char *bochs, *folder;

/* --- Results -------------------------------------------------------------- */

static bool all_passed = true;

bool check(bool good, const char *name, const char *format, ...)
{
    va_list list;

    printf("%s bochs/%s", good ? "pass" : "fail", name);
    if (!good) {
        putchar(' ');
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
    }
    putchar('\n');
    all_passed &= good;
    return good;
}

void check_number(const char *name, uint64_t found, uint64_t wanted)
{
    check(found == wanted, name, "found 0x%llX, wanted 0x%llX",
          (unsigned long long)found, (unsigned long long)wanted);
}

int checked(void)
{
    return all_passed ? 0 : 2;
}

void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* --- Files ---------------------------------------------------------------- */

static void write_file(const char *name, const void *bytes, size_t nr)
{
    FILE *file = fopen(name, "wb");

    if (!file || fwrite(bytes, 1, nr, file) != nr || fclose(file))
        give_up(name);
}

struct bytes read_file(const char *name)
{
    struct bytes file = { NULL, 0 };
    FILE *stream = fopen(name, "rb");
    struct stat about;

    if (!stream)
        return file;
    if (fstat(fileno(stream), &about))
        give_up(name);
    file.nr = (size_t)about.st_size;
    file.at = malloc(file.nr + 1);
    if (!file.at || fread(file.at, 1, file.nr, stream) != file.nr)
        give_up(name);
    fclose(stream);
    return file;
}

/* --- Runs ----------------------------------------------------------------- */

static const char configuration[] =
    "cpu: model=core_duo_t2400_yonah, count=1, ips=50000000, "
    "reset_on_triple_fault=0\n"
    "clock: sync=none, time0=946681200\n"
    "display_library: nogui\n"
    "mouse: enabled=0\n"
    "panic: action=fatal\n"
    "error: action=ignore\n"
    "info: action=ignore\n"
    "debug: action=ignore\n"
    "memory: guest=16, host=16\n"
    "romimage: file=rom.bin, address=0xffff0000\n"
    "vgaromimage: file=vga.bin\n";

/* The oracles of the hypervisor have nothing to say about this machine. */
static const char usual_lines[] = "seed 7\n"
                                  "budget 1000000\n"
                                  "events events.bin\n"
                                  "oracle rings off\n"
                                  "oracle segments off\n"
                                  "oracle context off\n";

int run_bochs(void)
{
    int status = 0, null, log;
    pid_t child = fork();

    if (child < 0)
        give_up("fork");
    if (!child) {
        null = open("/dev/null", O_RDONLY);
        log = open("log.txt", O_WRONLY | O_CREAT | O_TRUNC, 0666);
        dup2(null, 0);
        dup2(log, 1);
        dup2(log, 2);
        setenv("RINGFENCE_RUN", "run.txt", 1);
        execl(bochs, bochs, "-q", "-f", "bochsrc.txt", (char *)NULL);
        _exit(127);
    }
    if (waitpid(child, &status, 0) < 0)
        give_up("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int run_with(enum ending ending, const char *lines)
{
    static const uint8_t no_bios[512];

    rom[4] = (uint8_t)ending;
    write_file("rom.bin", rom, sizeof(rom));
    write_file("vga.bin", no_bios, sizeof(no_bios));
    write_file("bochsrc.txt", configuration, strlen(configuration));
    write_file("run.txt", lines, strlen(lines));
    unlink("events.bin");
    unlink("memory.bin");
    return run_bochs();
}

int run_usual(enum ending ending, const char *format, ...)
{
    char lines[4096];
    size_t nr = (size_t)sprintf(lines, "%s", usual_lines);
    va_list list;

    va_start(list, format);
    vsnprintf(lines + nr, sizeof(lines) - nr, format, list);
    va_end(list);
    return run_with(ending, lines);
}

/* --- Records -------------------------------------------------------------- */

const struct event *next_event(const struct bytes *file,
                               const struct event *event)
{
    const uint8_t *at = event ? (const uint8_t *)(event + 1) +
                                    event_padded(event->payload_len)
                              : file->at + sizeof(struct event_file);

    return file->at && at + sizeof(*event) <= file->at + file->nr ?
               (const struct event *)at : NULL;
}

const struct event *find(const struct bytes *file, enum event_kind kind,
                         uint32_t a0, unsigned n)
{
    const struct event *event;

    for (event = next_event(file, NULL); event;
         event = next_event(file, event)) {
        if (event->kind == kind && event->a[0] == a0 && !n--)
            return event;
    }
    return NULL;
}

unsigned count(const struct bytes *file, enum event_kind kind)
{
    const struct event *event;
    unsigned nr = 0;

    for (event = next_event(file, NULL); event;
         event = next_event(file, event))
        nr += event->kind == kind;
    return nr;
}

/* --- The program's arguments ---------------------------------------------- */

void machine_start(int argc, char **argv)
{
    struct bytes machine;

    if (argc != 4) {
        fprintf(stderr, "usage: %s BOCHS MACHINE FOLDER\n", argv[0]);
        exit(1);
    }
    bochs = realpath(argv[1], NULL);
    machine = read_file(argv[2]);
    folder = argv[3];
    if (!bochs || machine.nr != ROM_BYTES)
        give_up("Bochs or the machine is not there");
    memcpy(rom, machine.at, ROM_BYTES);
    memcpy(label, rom, sizeof(label));
    mkdir(folder, 0777);
    if (chdir(folder) || label[LABEL_HEADER_BYTES] != sizeof(label))
        give_up(folder);
}
