/* SPDX-License-Identifier: MIT */
/**
 * @page test_boots Test: boots
 *
 * Property: the same image boots on every path (GRUB's ISO under both
 * simulators, QEMU's own loader, the boot ROM), each end of a machine reaches
 * the caller as its own status, and no guest, however wrong its file, makes
 * the hypervisor hang or crash.
 *
 * Method: whole runs through the library that `make run` uses. The status
 * decides, never what was printed. A run under Bochs has a budget in
 * instructions, one under QEMU a limit in seconds and a clock that counts
 * instructions.
 *
 *     boots BUILD FOLDER      writes result lines to standard output
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bad_elf.h"
#include "machine.h"
#include "rings.h"
#include "sim/run/run.h"

#define BUDGET 600000000ull
#define SECONDS 900 /* a net, far above what any takes */
#define RANDOM_BYTES (4u << 20)
#define GRUB_BUDGET 90000000ull
#define GRUB_TEXT_BYTES 100u
#define GRUB "/usr/lib/grub-xen/grub-i386-xen.bin"

static const char *build;
static const char *folder;
static bool failed;

/** The statuses that a check accepts. */
#define STATUS(status) (1ull << (status))
#define ENDED_BY_GUEST                                                       \
    (STATUS(MACHINE_POWEROFF) | STATUS(MACHINE_REBOOT) |                     \
     STATUS(MACHINE_GUEST_CRASHED))

/** A result line. */
static void result(bool good, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void result(bool good, const char *name, const char *format, ...)
{
    va_list args;

    printf("%s boots/%s", good ? "pass" : "fail", name);
    if (!good) {
        putchar(' ');
        va_start(args, format);
        vprintf(format, args);
        va_end(args);
        failed = true;
    }
    putchar('\n');
    fflush(stdout);
}

/** A path below BUILD, good until the fourth call after this one. */
static const char *built(const char *name)
{
    static char path[4][512];
    static unsigned next;
    char *to = path[next++ % 4];

    snprintf(to, sizeof(path[0]), "%s/%s", build, name);
    return to;
}

/** A run in a folder of its own, with limits; under Bochs all oracles watch
 *  and a broken one ends it. */
static struct sim_run *new_run(enum sim_machine machine, enum sim_boot boot,
                               const char *name)
{
    char path[512];
    struct sim_run *run;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    run = sim_run_new(machine, path);
    sim_run_boot(run, boot);
    sim_run_budget(run, BUDGET);
    if (machine == SIM_QEMU)
        sim_run_icount(run);
    else
        sim_oracle_stop(run);
    return run;
}

/** Carry a run out and compare its status; frees the run. */
static void expect(struct sim_run *run, const char *name, uint64_t statuses)
{
    struct sim_options options = {
        .seconds = SECONDS,
        .stop_fd = -1,
    };
    struct sim_outcome outcome;
    struct sim_error error = { "" };

    if (sim_run_prepare(run, &error)) {
        result(false, name, "%s", error.text);
    } else {
        sim_run_execute(run, &options, &outcome);
        /* A used-up budget in instructions is an end; this net is none. */
        result(!outcome.timed_out && statuses >> outcome.status & 1, name,
               "%s (status %d)", outcome.why, outcome.status);
    }
    sim_run_free(run);
}

/* --- Every end of a machine ----------------------------------------------- */

/** tests/sim/tiny.asm: no hypervisor, so it is the simulators that are
 *  tested. */
static void tiny(enum sim_machine machine, enum sim_boot boot,
                 const char *path, const char *word, int status)
{
    const uint8_t module = MACHINE_GUEST_CRASHED;
    const struct rom_module byte = { .bytes = &module, .length = 1,
                                     .string = "byte.bin of one byte" };
    char name[64], line[64];
    struct sim_run *run;
    struct sim_error error;

    snprintf(name, sizeof(name), "tiny-%s-%s", path, word);
    snprintf(line, sizeof(line), "tiny.elf %s", word);
    run = new_run(machine, boot, name);
    sim_run_command_line(run, line);
    sim_run_module(run, &byte);
    sim_run_budget(run, 20000000);
    if (sim_run_image(run, built("boots/tiny.elf"), &error)) {
        result(false, name, "%s", error.text);
        sim_run_free(run);
        return;
    }
    expect(run, name, STATUS(status));
}

static void all_ends(enum sim_machine machine, enum sim_boot boot,
                     const char *path)
{
    tiny(machine, boot, path, "exit", MACHINE_GUEST_CRASHED);
    tiny(machine, boot, path, "port", MACHINE_BAD_BOOT);
    tiny(machine, boot, path, "triple", MACHINE_TRIPLE_FAULT);
    tiny(machine, boot, path, "halt", MACHINE_HUNG);
    if (machine == SIM_BOCHS)
        tiny(machine, boot, path, "spin", MACHINE_BUDGET);
}

/* --- The hypervisor with a guest ------------------------------------------ */

/** Give a run our hypervisor and its modules: one named `name`, and perhaps a
 *  second. @return false: the result is told already, and the run is freed. */
static bool load(struct sim_run *run, const char *name, const char *file,
                 const char *ramdisk)
{
    struct sim_error error;

    if (sim_run_image(run, built("ringfence.elf"), &error) ||
        (file && sim_run_module_file(run, file, "guest.elf", &error)) ||
        (ramdisk && sim_run_module_file(run, ramdisk, "ramdisk", &error))) {
        result(false, name, "%s", error.text);
        sim_run_free(run);
        return false;
    }
    return true;
}

/** Boot a guest's file, with a second module if there is one. */
static void guest(enum sim_machine machine, enum sim_boot boot,
                  const char *name, const char *file, const char *ramdisk,
                  uint64_t statuses)
{
    struct sim_run *run = new_run(machine, boot, name);

    sim_run_command_line(run, "ringfence.elf");
    if (load(run, name, file, ramdisk))
        expect(run, name, statuses);
}

static void iso(enum sim_machine machine, const char *name)
{
    struct sim_run *run = new_run(machine, SIM_BOOT_ISO, name);
    struct sim_error error;

    if (sim_run_iso(run, built("ringfence.iso"), &error)) {
        result(false, name, "%s", error.text);
        sim_run_free(run);
        return;
    }
    expect(run, name, STATUS(MACHINE_POWEROFF));
}

static void paths(void)
{
    iso(SIM_QEMU, "iso-qemu");
    iso(SIM_BOCHS, "iso-bochs");
    guest(SIM_QEMU, SIM_BOOT_LOADER, "loader-qemu",
          built("guests/hello.elf"), NULL, STATUS(MACHINE_POWEROFF));
    guest(SIM_QEMU, SIM_BOOT_ROM, "rom-qemu", built("guests/hello.elf"),
          NULL, STATUS(MACHINE_POWEROFF));
    guest(SIM_BOCHS, SIM_BOOT_ROM, "rom-bochs", built("guests/hello.elf"),
          NULL, STATUS(MACHINE_POWEROFF));
}

static void ends(void)
{
    guest(SIM_QEMU, SIM_BOOT_LOADER, "no-guest", NULL, NULL,
          STATUS(MACHINE_NO_GUEST));
    guest(SIM_QEMU, SIM_BOOT_LOADER, "crash-qemu", built("guests/crash.elf"),
          NULL, STATUS(MACHINE_GUEST_CRASHED));
    guest(SIM_BOCHS, SIM_BOOT_ROM, "crash-bochs", built("guests/crash.elf"),
          NULL, STATUS(MACHINE_GUEST_CRASHED));
    guest(SIM_QEMU, SIM_BOOT_LOADER, "reboot", built("guests/reboot.elf"),
          NULL, STATUS(MACHINE_REBOOT));
}

/** Small machines: the first domain takes every frame that is free, so one
 *  that is given out twice, or is not free at all, is met. */
static void small_machines(void)
{
    static const unsigned megabytes[] = { 8, 12, 24 };
    size_t i;

    for (i = 0; i < sizeof(megabytes) / sizeof(megabytes[0]); i++) {
        struct sim_run *run;
        char name[64];

        snprintf(name, sizeof(name), "small-%u", megabytes[i]);
        run = new_run(SIM_BOCHS, SIM_BOOT_ROM, name);
        sim_run_ram(run, megabytes[i]);
        sim_run_command_line(run, "ringfence.elf");
        if (load(run, name, built("guests/hello.elf"), NULL))
            expect(run, name, STATUS(MACHINE_POWEROFF));
    }
}

/** Hello as an ordinary domain, whose runtime needs neither ring. */
static void plain_hello(enum sim_machine machine, enum sim_boot boot,
                        const char *name)
{
    struct sim_run *run = new_run(machine, boot, name);

    sim_run_command_line(run, "ringfence.elf plain=1");
    if (load(run, name, built("guests/hello.elf"), NULL))
        expect(run, name, STATUS(MACHINE_POWEROFF));
}

/** Several domains from one module, each with too little memory for two. */
static void several(enum sim_machine machine, enum sim_boot boot,
                    const char *name)
{
    struct sim_run *run = new_run(machine, boot, name);

    sim_run_command_line(run, "ringfence.elf domain=0,mem=5M,count=3 "
                              "domain=0,ramdisk=0,control,vcpus=2");
    if (load(run, name, built("guests/hello.elf"), NULL))
        expect(run, name, STATUS(MACHINE_POWEROFF));
}

/** GRUB as an ordinary domain waits for a key in the end: by then it has asked
 *  the store, read the answer, and printed its menu's frame. */
static void plain_grub(void)
{
    const char *name = "plain-grub-bochs";
    struct sim_run *run = new_run(SIM_BOCHS, SIM_BOOT_ROM, name);
    struct rings rings;
    char path[512];

    sim_run_budget(run, GRUB_BUDGET);
    sim_run_record(run, false, true);
    sim_run_command_line(run, "ringfence.elf plain=1");
    if (!load(run, name, GRUB, NULL))
        return;
    expect(run, name, STATUS(MACHINE_BUDGET));
    snprintf(path, sizeof(path), "%s/%s/%s", folder, name, SIM_FILE_MEMORY);
    if (!rings_read(path, &rings)) {
        result(false, "plain-grub-rings", "no start_info is in memory");
        return;
    }
    unlink(path);
    result(rings.request_prod >= 16 &&
               rings.request_cons == rings.request_prod &&
               rings.answer_prod >= 16 &&
               rings.answer_cons == rings.answer_prod,
           "plain-grub-store", "requests %u of %u, answers %u of %u",
           rings.request_cons, rings.request_prod, rings.answer_cons,
           rings.answer_prod);
    result(rings.console_prod >= GRUB_TEXT_BYTES &&
               rings.console_cons == rings.console_prod,
           "plain-grub-console", "%u of %u bytes were taken",
           rings.console_cons, rings.console_prod);
}

/** 4 MB that look random and are the same in every run. */
static const char *random_file(void)
{
    static char path[512];
    uint64_t state = 0x9E3779B97F4A7C15u;
    FILE *file;
    unsigned i;

    snprintf(path, sizeof(path), "%s/random.bin", folder);
    file = fopen(path, "wb");
    for (i = 0; file && i < RANDOM_BYTES / sizeof(state); i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        fwrite(&state, sizeof(state), 1, file);
    }
    if (!file || fclose(file))
        perror(path);
    return path;
}

/** GRUB as an ordinary domain starts a kernel in its own place: new tables are
 *  pinned, the old ones go, and the store's ring has been used before. The
 *  kernel powers off if all of its checks passed (conformance/kernel). */
static void grub_loads_kernel(void)
{
    const char *name = "grub-loads-kernel-bochs";
    struct sim_run *run = new_run(SIM_BOCHS, SIM_BOOT_ROM, name);

    sim_run_command_line(run, "ringfence.elf plain=1 dom0_max_vcpus=2");
    if (load(run, name, built("boots/grub.bin"), NULL))
        expect(run, name, STATUS(MACHINE_POWEROFF));
}

/** A guest that nobody here wrote, and bytes that nobody wrote at all. */
static void strangers(void)
{
    const char *noise = random_file();

    guest(SIM_QEMU, SIM_BOOT_LOADER, "grub-qemu", GRUB, NULL,
          ENDED_BY_GUEST);
    guest(SIM_BOCHS, SIM_BOOT_ROM, "grub-bochs", GRUB, NULL, ENDED_BY_GUEST);
    guest(SIM_QEMU, SIM_BOOT_LOADER, "grub-ramdisk-qemu", GRUB, noise,
          ENDED_BY_GUEST);
    guest(SIM_BOCHS, SIM_BOOT_ROM, "grub-ramdisk-bochs", GRUB, noise,
          ENDED_BY_GUEST);
    guest(SIM_QEMU, SIM_BOOT_ROM, "hello-ramdisk-rom-qemu",
          built("guests/hello.elf"), noise, STATUS(MACHINE_POWEROFF));
    guest(SIM_QEMU, SIM_BOOT_LOADER, "random-qemu", noise, NULL,
          STATUS(MACHINE_GUEST_REFUSED));
    guest(SIM_BOCHS, SIM_BOOT_ROM, "random-bochs", noise, NULL,
          STATUS(MACHINE_GUEST_REFUSED));
    guest(SIM_BOCHS, SIM_BOOT_ROM, "many-names-bochs",
          built("boots/named.elf"), NULL, STATUS(MACHINE_GUEST_CRASHED));
}

/** Read a file and spoil it. */
static bool make_bad(const struct bad_elf *bad, struct elf_file *file)
{
    FILE *from = fopen(built("guests/hello.elf"), "rb");
    struct stat about;

    if (!from || fstat(fileno(from), &about))
        return false;
    file->length = (size_t)about.st_size;
    file->bytes = calloc(1, file->length + 1);
    if (!file->bytes ||
        fread(file->bytes, 1, file->length, from) != file->length)
        return false;
    fclose(from);
    bad->spoil(file);
    return true;
}

/** Each bad guest on QEMU, which is faster. */
static void bad_guests(void)
{
    size_t i;

    for (i = 0; i < nr_bad_elfs; i++) {
        struct elf_file file = { NULL, 0 };
        struct rom_module module = { .string = "bad.elf" };
        struct sim_run *run;
        struct sim_error error;
        char name[64];

        snprintf(name, sizeof(name), "bad-%s", bad_elfs[i].name);
        run = new_run(SIM_QEMU, SIM_BOOT_LOADER, name);
        sim_run_command_line(run, "ringfence.elf");
        if (!make_bad(&bad_elfs[i], &file) ||
            sim_run_image(run, built("ringfence.elf"), &error)) {
            result(false, name, "the guest or the image cannot be read");
            sim_run_free(run);
        } else {
            module.bytes = file.bytes;
            module.length = file.length;
            sim_run_module(run, &module);
            expect(run, name, STATUS(MACHINE_GUEST_REFUSED));
        }
        free(file.bytes);
    }
}

/* --- The same twice ------------------------------------------------------- */

/** Two files with the same bytes, of which there are some. */
static bool same_files(const char *left, const char *right, const char *file)
{
    char path[2][512];
    uint8_t *bytes[2];
    struct stat about[2];
    unsigned i;
    bool same;

    snprintf(path[0], sizeof(path[0]), "%s/%s/%s", folder, left, file);
    snprintf(path[1], sizeof(path[1]), "%s/%s/%s", folder, right, file);
    for (i = 0; i < 2; i++) {
        int fd = open(path[i], O_RDONLY);

        if (fd < 0 || fstat(fd, &about[i]) || about[i].st_size == 0)
            return false;
        bytes[i] = mmap(NULL, (size_t)about[i].st_size, PROT_READ,
                        MAP_PRIVATE, fd, 0);
        close(fd);
        if (bytes[i] == MAP_FAILED)
            return false;
    }
    same = about[0].st_size == about[1].st_size &&
           memcmp(bytes[0], bytes[1], (size_t)about[0].st_size) == 0;
    for (i = 0; i < 2; i++)
        munmap(bytes[i], (size_t)about[i].st_size);
    return same;
}

/** Hello under Bochs, recorded. */
static void recorded(const char *name, uint64_t seed)
{
    struct sim_run *run = new_run(SIM_BOCHS, SIM_BOOT_ROM, name);
    struct sim_error error;

    sim_run_seed(run, seed);
    sim_run_record(run, true, true);
    sim_run_command_line(run, "ringfence.elf");
    if (sim_run_image(run, built("ringfence.elf"), &error) ||
        sim_run_module_file(run, built("guests/hello.elf"), "hello.elf",
                            &error)) {
        result(false, name, "%s", error.text);
        sim_run_free(run);
        return;
    }
    expect(run, name, STATUS(MACHINE_POWEROFF));
}

/** Remove what is large and no longer needed. */
static void remove_recording(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s/%s", folder, name, SIM_FILE_EVENTS);
    unlink(path);
    snprintf(path, sizeof(path), "%s/%s/%s", folder, name, SIM_FILE_MEMORY);
    unlink(path);
}

static void repeated(void)
{
    recorded("repeat-first", 1);
    recorded("repeat-second", 1);
    recorded("repeat-other-seed", 2);
    result(same_files("repeat-first", "repeat-second", SIM_FILE_EVENTS),
           "same-seed-same-events", "two runs left different events");
    result(same_files("repeat-first", "repeat-second", SIM_FILE_MEMORY),
           "same-seed-same-memory", "two runs left different memory");
    result(!same_files("repeat-first", "repeat-other-seed", SIM_FILE_EVENTS),
           "other-seed-other-events", "the seed changed nothing");
    remove_recording("repeat-first");
    remove_recording("repeat-second");
    remove_recording("repeat-other-seed");
}

/* --- Descriptions that cannot be carried out ------------------------------ */

static void bad_name(struct sim_run *run)
{
    sim_mark(run, "two words", 0x1000, 0);
}

static void bad_line(struct sim_run *run)
{
    sim_arg(run, "name", "value\nbudget");
}

static void bad_hash(struct sim_run *run)
{
    sim_text(run, 0x1000, 16, "0123");
}

static void bad_ram(struct sim_run *run)
{
    sim_run_ram(run, 3);
}

static void bad_machine(struct sim_run *run)
{
    sim_run_record(run, true, false);
}

/** What a sentence must name, and who makes the mistake. */
static const struct mistake {
    const char *name;
    enum sim_machine machine;
    void (*make)(struct sim_run *);
    const char *says;
} mistakes[] = {
    { "mistake-name", SIM_BOCHS, bad_name, "two words" },
    { "mistake-line", SIM_BOCHS, bad_line, "value" },
    { "mistake-hash", SIM_BOCHS, bad_hash, "SHA-256" },
    { "mistake-ram", SIM_BOCHS, bad_ram, "3 MB" },
    { "mistake-qemu-events", SIM_QEMU, bad_machine, "only Bochs" },
};

/** Each is refused before a file is written. */
static void all_mistakes(void)
{
    size_t i;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *m = &mistakes[i];
        struct sim_run *run = new_run(m->machine, SIM_BOOT_LOADER, m->name);
        struct sim_error error = { "" };
        char path[512];
        bool refused;

        snprintf(path, sizeof(path), "%s/%s", folder, m->name);
        m->make(run);
        refused = sim_run_image(run, built("boots/tiny.elf"), &error) == 0 &&
                  sim_run_prepare(run, &error) != 0;
        result(refused && strstr(error.text, m->says) && access(path, F_OK),
               m->name, "accepted, or without a sentence that says \"%s\"",
               m->says);
        sim_run_free(run);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: boots BUILD FOLDER\n", stderr);
        return 64;
    }
    build = argv[1];
    folder = argv[2];
    mkdir(folder, 0777);
    all_ends(SIM_BOCHS, SIM_BOOT_ROM, "rom-bochs");
    all_ends(SIM_QEMU, SIM_BOOT_ROM, "rom-qemu");
    all_ends(SIM_QEMU, SIM_BOOT_LOADER, "loader-qemu");
    all_mistakes();
    paths();
    ends();
    small_machines();
    plain_hello(SIM_QEMU, SIM_BOOT_LOADER, "plain-hello-qemu");
    plain_hello(SIM_BOCHS, SIM_BOOT_ROM, "plain-hello-bochs");
    several(SIM_QEMU, SIM_BOOT_LOADER, "several-qemu");
    plain_grub();
    grub_loads_kernel();
    strangers();
    bad_guests();
    repeated();
    return failed ? 2 : 0;
}
