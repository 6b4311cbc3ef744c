/* SPDX-License-Identifier: MIT */
/**
 * @file qemu.c
 * See qemu.h. Sources: [QEMU] "Invocation" (options) and "QEMU QMP Reference
 * Manual" (the control channel: one JSON object a line).
 */
#include "sim/qemu/qemu.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"

#define FILE_IMAGE "image.elf"
#define FOLDER_MODULE "module"
#define FILE_MODULE_BYTES 512

#define PAGE 4096u
#define LOW_BYTES (1u << 20) /* where an image starts */

/**
 * The file of a module, as QEMU hands its name over: the first word of the
 * module's string, in a folder of its own.
 */
static void module_file(const struct sim_run *run, unsigned index, char *name,
                        size_t size)
{
    const char *word = run->module[index].string;
    int length = (int)strcspn(word, " ,/");

    snprintf(name, size, FOLDER_MODULE "%u/%.*s", index,
             length ? length : (int)strlen("module"),
             length ? word : "module");
}

/** Write a module into its folder. */
static int write_module(const struct sim_run *run, unsigned index,
                        struct sim_error *error)
{
    char name[FILE_MODULE_BYTES];
    char *folder;
    int made;

    snprintf(name, sizeof(name), FOLDER_MODULE "%u", index);
    folder = sim_path(run, name);
    made = mkdir(folder, 0777) == 0 || errno == EEXIST
               ? 0
               : sim_fail(error, "the folder %s cannot be made: %s", folder,
                          strerror(errno));
    free(folder);
    module_file(run, index, name, sizeof(name));
    return made || sim_write(run, name, run->module[index].bytes,
                             run->module[index].length, error)
               ? -1
               : 0;
}

/** Does it all fit? QEMU's loader puts modules behind each other from the
 *  image's end on, and does not look whether there is RAM. */
static int check_room(const struct sim_run *run, struct sim_error *error)
{
    uint64_t needed = LOW_BYTES + run->image_length;
    unsigned i;

    for (i = 0; i < run->nr_modules; i++)
        needed += (run->module[i].length + PAGE - 1) / PAGE * PAGE;
    if (needed <= (uint64_t)run->ram_mb << 20)
        return 0;
    return sim_fail(error, "the hypervisor and the %u modules take more than "
                    "%llu MB, and the machine has %u: give it more memory",
                    run->nr_modules, (unsigned long long)needed >> 20,
                    run->ram_mb);
}

int sim_qemu_prepare(const struct sim_run *run, struct sim_error *error)
{
    unsigned i;

    if (run->boot == SIM_BOOT_ISO)
        return 0;
    if (run->boot == SIM_BOOT_LOADER &&
        sim_write(run, FILE_IMAGE, run->image, run->image_length, error))
        return -1;
    if (run->boot == SIM_BOOT_LOADER && run->nr_ranges)
        return sim_fail(error, "QEMU's loader makes its own memory map");
    if (run->boot == SIM_BOOT_LOADER && check_room(run, error))
        return -1;
    for (i = 0; i < run->nr_modules; i++) {
        const struct rom_module *module = &run->module[i];

        if (run->boot == SIM_BOOT_LOADER &&
            (module->claim || module->address))
            return sim_fail(error, "QEMU's loader places module %u itself",
                            i);
        if (!module->claim && write_module(run, i, error))
            return -1;
    }
    return 0;
}

/** Text in an option of QEMU's: a comma is written twice. */
static char *escape_commas(const char *text)
{
    char *escaped = malloc(2 * strlen(text) + 1);
    char *to = escaped;

    if (!escaped)
        abort();
    for (; *text; text++) {
        *to++ = *text;
        if (*text == ',')
            *to++ = ',';
    }
    *to = '\0';
    return escaped;
}

/** What follows the first word, its space included; "" when nothing. */
static const char *after_first_word(const char *text)
{
    const char *space = text ? strchr(text, ' ') : NULL;

    return space ? space : "";
}

/**
 * QEMU's loader hands a file's name over as the first word, so ours, which
 * is only a name as well, is left out.
 */
static void loader_words(const struct sim_run *run, struct sim_words *words)
{
    const char *arguments = after_first_word(run->command_line);
    char *list = NULL;
    size_t length = 0;
    FILE *text;
    unsigned i;

    sim_word(words, "-kernel");
    sim_word(words, "%s", FILE_IMAGE);
    if (*arguments) {
        sim_word(words, "-append");
        sim_word(words, "%s", arguments + 1);
    }
    if (run->nr_modules == 0)
        return;
    text = open_memstream(&list, &length);
    if (!text)
        abort();
    for (i = 0; i < run->nr_modules; i++) {
        char name[FILE_MODULE_BYTES];
        char *escaped =
            escape_commas(after_first_word(run->module[i].string));

        module_file(run, i, name, sizeof(name));
        fprintf(text, "%s%s%s", i ? "," : "", name, escaped);
        free(escaped);
    }
    fclose(text);
    sim_word(words, "-initrd");
    sim_word(words, "%s", list);
    free(list);
}

/** The boot ROM; what does not fit into it is put into RAM by QEMU. */
static void rom_words(const struct sim_run *run, struct sim_words *words)
{
    char name[FILE_MODULE_BYTES];
    unsigned i, m;

    sim_word(words, "-bios");
    sim_word(words, "%s", SIM_FILE_ROM);
    for (i = 0; i < run->rom.nr_preloads; i++) {
        for (m = 0; run->module[m].bytes != run->rom.preload[i].bytes; m++)
            ;
        sim_word(words, "-device");
        module_file(run, m, name, sizeof(name));
        sim_word(words, "loader,file=%s,addr=0x%x,force-raw=on", name,
                 run->rom.preload[i].address);
    }
}

static void boot_words(const struct sim_run *run, struct sim_words *words)
{
    char *escaped;

    switch (run->boot) {
    case SIM_BOOT_LOADER:
        loader_words(run, words);
        break;
    case SIM_BOOT_ROM:
        rom_words(run, words);
        break;
    case SIM_BOOT_ISO:
        escaped = escape_commas(run->iso);
        sim_word(words, "-drive");
        sim_word(words, "if=ide,media=cdrom,format=raw,readonly=on,file=%s",
                 escaped);
        sim_word(words, "-boot");
        sim_word(words, "d");
        free(escaped);
        break;
    }
}

/** COM1 to a file, or to the terminal with a copy in the file. */
static void serial_words(const struct sim_options *options,
                         struct sim_words *words)
{
    sim_word(words, "-chardev");
    if (options->interactive)
        sim_word(words, "stdio,id=com1,signal=on,logfile=%s",
                 SIM_FILE_SERIAL);
    else
        sim_word(words, "file,id=com1,path=%s", SIM_FILE_SERIAL);
    sim_word(words, "-serial");
    sim_word(words, "chardev:com1");
}

/** Words that take no argument of ours. */
static void fixed_words(struct sim_words *words)
{
    static const char *const fixed[] = {
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-machine", "pc", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
    };
    size_t i;

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        sim_word(words, "%s", fixed[i]);
}

void sim_qemu_command(const struct sim_run *run,
                      const struct sim_options *options, int channel,
                      struct sim_words *words)
{
    sim_word(words, "%s", options->program ? options->program
                                           : "qemu-system-i386");
    fixed_words(words);
    sim_word(words, "-cpu");
    /* Without firmware nobody sets up the local APIC, and interrupts of the
       8259 would not pass it. */
    sim_word(words, "qemu32,+nx%s",
             run->boot == SIM_BOOT_ROM ? ",-apic" : "");
    sim_word(words, "-m");
    sim_word(words, "%u", run->ram_mb);
    if (run->icount) {
        sim_word(words, "-icount");
        sim_word(words, "shift=0,sleep=off");
    }
    serial_words(options, words);
    boot_words(run, words);
    if (channel >= 0) {
        sim_word(words, "-chardev");
        sim_word(words, "socket,id=control,fd=%d", channel);
        sim_word(words, "-mon");
        sim_word(words, "chardev=control,mode=control");
        sim_word(words, "-S");
    }
    if (options->gdb) {
        sim_word(words, "-gdb");
        sim_word(words, "tcp:127.0.0.1:1234");
        sim_word(words, "-S");
    }
}

/* --- The control channel -------------------------------------------------- */

/* Answers carry the id of their question. */
#define ID_READY "ready"
#define ID_REGISTERS "registers"

/** A question is far shorter than a socket's buffer: write() takes all of
 *  it, and fails only when QEMU is gone, which its end tells better. */
static void ask(struct qemu_channel *channel, const char *text)
{
    if (channel->fd >= 0 &&
        send(channel->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return;
}

void qemu_start(struct qemu_channel *channel)
{
    ask(channel, "{\"execute\":\"qmp_capabilities\",\"id\":\"" ID_READY
                 "\"}\n");
}

void qemu_ask_asleep(struct qemu_channel *channel)
{
    ask(channel, "{\"execute\":\"human-monitor-command\",\"arguments\":"
                 "{\"command-line\":\"info registers\"},"
                 "\"id\":\"" ID_REGISTERS "\"}\n");
}

/** HLT=1 with EFLAGS.IF clear, in the text of `info registers`. */
static bool says_asleep(const char *registers)
{
    const char *eflags = strstr(registers, "EFL=");

    return eflags && strstr(registers, "HLT=1") &&
           !(strtoul(eflags + 4, NULL, 16) & 0x200);
}

/** Take note of one line: an answer, or an event. */
static void take_line(struct qemu_channel *channel, const char *line)
{
    json_t *object = json_loads(line, 0, NULL);
    const char *id = json_string_value(json_object_get(object, "id"));
    const char *event = json_string_value(json_object_get(object, "event"));
    json_t *answer = json_object_get(object, "return");
    const char *reason = json_string_value(
        json_object_get(json_object_get(object, "data"), "reason"));

    /* Its answer to the next line may never come: the machine may end first. */
    if (id && answer && strcmp(id, ID_READY) == 0) {
        channel->started = true;
        ask(channel, "{\"execute\":\"cont\"}\n");
    }
    if (id && json_is_string(answer) && strcmp(id, ID_REGISTERS) == 0)
        channel->asleep = says_asleep(json_string_value(answer));
    if (event && reason && strcmp(event, "SHUTDOWN") == 0) {
        channel->reset = strcmp(reason, "guest-reset") == 0;
        channel->off = strcmp(reason, "guest-shutdown") == 0;
    }
    json_decref(object);
}

bool qemu_receive(struct qemu_channel *channel)
{
    for (;;) {
        size_t room = sizeof(channel->line) - 1 - channel->used;
        ssize_t got = read(channel->fd, channel->line + channel->used, room);
        char *end;

        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        channel->used += (size_t)got;
        channel->line[channel->used] = '\0';
        while ((end = strchr(channel->line, '\n'))) {
            *end = '\0';
            take_line(channel, channel->line);
            channel->used -= (size_t)(end + 1 - channel->line);
            memmove(channel->line, end + 1, channel->used + 1);
        }
        if (channel->used == sizeof(channel->line) - 1)
            channel->used = 0; /* no line of interest is that long */
    }
}

int qemu_status(const struct qemu_channel *channel, int exit_status)
{
    if (channel->fd >= 0 && !channel->started)
        return MACHINE_HARNESS;
    /* isa-debug-exit makes v into 2v + 1; only QEMU itself exits with an
       even number, 0. */
    if (exit_status % 2 == 1) {
        int value = exit_status / 2;

        /* What the hypervisor may not say is its own fault. */
        return value < MACHINE_BUDGET ? value : MACHINE_PANIC;
    }
    if (channel->reset)
        return MACHINE_TRIPLE_FAULT;
    return channel->off && exit_status == 0 ? MACHINE_POWEROFF
                                            : MACHINE_HARNESS;
}
