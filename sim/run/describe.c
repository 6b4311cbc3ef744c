/* SPDX-License-Identifier: MIT */
/**
 * @file describe.c
 * Descriptions of runs: what run.h's functions before sim_run_prepare() do.
 *
 * Running out of the host's memory ends the program: nothing here could go
 * on, and no description is half made.
 */
#include "sim/run/description.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/run/unpack.h"

static void *must(void *allocated)
{
    if (!allocated) {
        fputs("ringfence: the host is out of memory\n", stderr);
        abort();
    }
    return allocated;
}

struct sim_run *sim_run_new(enum sim_machine machine, const char *folder)
{
    struct sim_run *run = must(calloc(1, sizeof(*run)));

    run->machine = machine;
    run->folder = must(strdup(folder));
    run->ram_mb = SIM_DEFAULT_RAM_MB;
    run->lines = must(open_memstream(&run->text, &run->text_length));
    return run;
}

void sim_run_free(struct sim_run *run)
{
    unsigned i;

    if (!run)
        return;
    for (i = 0; i < run->nr_modules; i++) {
        free((void *)run->module[i].bytes);
        free((void *)run->module[i].string);
    }
    if (run->composed)
        rom_free(&run->rom);
    fclose(run->lines);
    free(run->text);
    free(run->module);
    free(run->range);
    free(run->image);
    free(run->iso);
    free(run->command_line);
    free(run->folder);
    free(run);
}

void sim_run_boot(struct sim_run *run, enum sim_boot how)
{
    run->boot = how;
}

void sim_run_ram(struct sim_run *run, unsigned megabytes)
{
    run->ram_mb = megabytes;
}

void sim_run_seed(struct sim_run *run, uint64_t seed)
{
    run->seed = seed;
}

void sim_run_budget(struct sim_run *run, uint64_t instructions)
{
    run->budget = instructions;
}

void sim_run_icount(struct sim_run *run)
{
    run->icount = true;
}

void sim_run_record(struct sim_run *run, bool events, bool memory)
{
    run->events = events;
    run->memory = memory;
}

void sim_run_command_line(struct sim_run *run, const char *text)
{
    free(run->command_line);
    run->command_line = must(strdup(text));
}

/* --- Files ---------------------------------------------------------------- */

/** Read a whole regular file. */
static int read_file(const char *what, const char *path, uint8_t **bytes,
                     size_t *length, struct sim_error *error)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    uint8_t *content;

    if (!file)
        return sim_fail(error, "%s %s cannot be read: %s", what, path,
                        strerror(errno));
    if (fstat(fileno(file), &about) || !S_ISREG(about.st_mode)) {
        fclose(file);
        return sim_fail(error, "%s %s is not a file", what, path);
    }
    content = must(malloc((size_t)about.st_size + 1));
    if (fread(content, 1, (size_t)about.st_size, file) !=
        (size_t)about.st_size) {
        free(content);
        fclose(file);
        return sim_fail(error, "%s %s cannot be read to its end", what, path);
    }
    fclose(file);
    *bytes = content;
    *length = (size_t)about.st_size;
    return 0;
}

int sim_run_image(struct sim_run *run, const char *path,
                  struct sim_error *error)
{
    free(run->image);
    run->image = NULL;
    return read_file("the image", path, &run->image, &run->image_length,
                     error);
}

int sim_run_iso(struct sim_run *run, const char *path,
                struct sim_error *error)
{
    struct stat about;

    free(run->iso);
    run->iso = realpath(path, NULL);
    if (!run->iso || stat(run->iso, &about) || !S_ISREG(about.st_mode))
        return sim_fail(error, "the CD image %s is not a file that can be "
                        "read", path);
    return 0;
}

/** Add a module whose bytes and string already are the run's. */
static void append_module(struct sim_run *run, struct rom_module module)
{
    run->module = must(realloc(run->module, (run->nr_modules + 1) *
                                                sizeof(*run->module)));
    run->module[run->nr_modules++] = module;
}

int sim_run_module_file(struct sim_run *run, const char *path,
                        const char *string, struct sim_error *error)
{
    uint8_t *bytes;
    size_t length;

    if (read_file("the module", path, &bytes, &length, error))
        return -1;
    append_module(run, (struct rom_module){
        .bytes = bytes,
        .length = length,
        .string = must(strdup(string ? string : "")),
    });
    return 0;
}

int sim_run_kernel_file(struct sim_run *run, const char *path,
                        const char *string, struct sim_error *error)
{
    struct rom_module *kernel;
    uint8_t *bytes;
    int result;

    if (sim_run_module_file(run, path, string, error))
        return -1;
    kernel = &run->module[run->nr_modules - 1];
    bytes = (uint8_t *)kernel->bytes;
    result = sim_unpack(path, &bytes, &kernel->length, error);
    kernel->bytes = bytes;
    return result;
}

void sim_run_module(struct sim_run *run, const struct rom_module *module)
{
    struct rom_module copy = *module;
    void *bytes = NULL;

    if (!module->claim) {
        bytes = must(malloc(module->length + 1));
        memcpy(bytes, module->bytes, module->length);
    }
    copy.bytes = bytes;
    copy.string = must(strdup(module->string ? module->string : ""));
    append_module(run, copy);
}

void sim_run_range(struct sim_run *run, const struct rom_range *range)
{
    run->range = must(realloc(run->range,
                              (run->nr_ranges + 1) * sizeof(*run->range)));
    run->range[run->nr_ranges++] = *range;
}

/* --- Lines of the run file ------------------------------------------------ */

/**
 * A word of a line must stay one word: a space or a line's end in it would
 * become a directive that nobody meant.
 */
static const char *word(struct sim_run *run, const char *name)
{
    static const char may[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-*/";
    size_t length = strlen(name);

    if ((length == 0 || length >= SIM_NAME_BYTES ||
         strspn(name, may) != length) && run->mistake.text[0] == '\0')
        sim_fail(&run->mistake, "\"%.60s\" cannot be a name in a run file: "
                 "1 to %d letters, digits and _.+-*/ can", name,
                 SIM_NAME_BYTES - 1);
    return name;
}

void sim_kernel(struct sim_run *run, uint32_t start, uint32_t end)
{
    fprintf(run->lines, "kernel 0x%08x 0x%08x\n", start, end);
}

void sim_mark(struct sim_run *run, const char *name, uint32_t vaddr,
              unsigned ring)
{
    fprintf(run->lines, "mark %s 0x%08x %u\n", word(run, name), vaddr, ring);
}

void sim_snap(struct sim_run *run, const char *mark, const char *base,
              int32_t offset, uint32_t length)
{
    fprintf(run->lines, "snap %s %s %" PRId32 " %" PRIu32 "\n",
            word(run, mark), word(run, base), offset, length);
}

void sim_end(struct sim_run *run, const char *mark)
{
    fprintf(run->lines, "end %s\n", word(run, mark));
}

void sim_guest(struct sim_run *run, const char *name, uint32_t code_start,
               uint32_t code_end)
{
    fprintf(run->lines, "guest %s 0x%08x 0x%08x\n", word(run, name),
            code_start, code_end);
}

/** A SHA-256 in hexadecimal is longer than a name may be. */
void sim_text(struct sim_run *run, uint32_t start, uint32_t length,
              const char *sha256)
{
    if (strlen(sha256) != 64 ||
        strspn(sha256, "0123456789abcdef") != 64) {
        if (run->mistake.text[0] == '\0')
            sim_fail(&run->mistake, "\"%.80s\" is no SHA-256 in lower-case "
                     "hexadecimal", sha256);
        return;
    }
    fprintf(run->lines, "text 0x%08x %" PRIu32 " %s\n", start, length,
            sha256);
}

void sim_allow(struct sim_run *run, uint64_t start, uint64_t end)
{
    fprintf(run->lines, "allow 0x%" PRIx64 " 0x%" PRIx64 "\n", start, end);
}

void sim_oracle(struct sim_run *run, const char *name, bool on)
{
    fprintf(run->lines, "oracle %s %s\n", word(run, name), on ? "on" : "off");
}

void sim_oracle_stop(struct sim_run *run)
{
    fputs("oracle-stop on\n", run->lines);
}

void sim_arg(struct sim_run *run, const char *name, const char *value)
{
    fprintf(run->lines, "arg %s %s\n", word(run, name), word(run, value));
}

void sim_window(struct sim_run *run, const char *from, const char *to,
                uint64_t jump, uint64_t budget)
{
    fprintf(run->lines, "window %s %s\n", word(run, from), word(run, to));
    fprintf(run->lines, "jump %" PRIu64 " %" PRIu64 "\n", jump, budget);
}

void sim_fork(struct sim_run *run, unsigned most, bool every)
{
    fprintf(run->lines, "fork " SIM_FILE_FORKS " %u\n", most);
    if (every)
        fputs("fork-every on\n", run->lines);
}

void sim_jump_at(struct sim_run *run, uint64_t icount)
{
    fprintf(run->lines, "jump-at %" PRIu64 "\n", icount);
}
