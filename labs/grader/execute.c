/* SPDX-License-Identifier: MIT */
/**
 * @file execute.c
 * Carrying out one run: setup and image become the simulator's files, the
 * simulator runs in a sandbox, its record is opened. Contract in execute.h.
 *
 * - EXECUTE-I1: trusted text and constants of the image are hashed after
 *   linking, input included, and the simulator compares them whenever a mark
 *   is executed and at the end. Code and constants of the submission itself
 *   are among them: nothing may write them either.
 */
#include "labs/grader/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"
#include "sim/run/run.h"

/* The simulator's events: 4 million records without payload. */
#define EVENTS_MAX_BYTES (256ull << 20)
/* It does a hundred times as many on a machine of our days. */
#define INSTRUCTIONS_A_SECOND 5000000u
/* bubblewrap's first process inside, and the simulator. A run with
 * interleavings has one child at a time besides. */
#define SIMULATOR_PROCESSES 2u

/** "name", "name+0x10" or "guest:name" to an address. @retval false no such
 *  name. */
static bool resolve(const struct run *run, const char *symbol,
                    uint32_t *address)
{
    size_t size = strcspn(symbol, "+");
    char *name = must_format("%.*s", (int)size, symbol);
    bool found = run_find_symbol(run, name, address);

    if (found && symbol[size])
        *address += (uint32_t)strtoul(symbol + size + 1, NULL, 0);
    free(name);
    return found;
}

static bool is_register(const char *base)
{
    static const char *const names[] = { "eax", "ecx", "edx", "ebx", "esp",
                                         "ebp", "esi", "edi", "eip" };

    base += *base == '*';
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(names[i], base))
            return true;
    return false;
}

static void describe_marks(struct setup *s, const struct run *run,
                           struct sim_run *sim)
{
    for (unsigned i = 0; i < s->nr_marks; i++) {
        struct setup_mark *mark = &s->mark[i];

        if (mark->symbol[0] && !resolve(run, mark->symbol, &mark->address))
            setup_mistake(s, "the image has no symbol %s", mark->symbol);
        sim_mark(sim, mark->name, mark->address, mark->ring);
        if (mark->ends)
            sim_end(sim, mark->name);
    }
    for (unsigned i = 0; i < s->nr_snaps; i++) {
        const struct setup_snap *snap = &s->snap[i];
        char number[16];
        uint32_t address;

        if (is_register(snap->base)) {
            sim_snap(sim, snap->mark, snap->base, snap->offset, snap->len);
            continue;
        }
        if (snap->base[0] >= '0' && snap->base[0] <= '9')
            address = (uint32_t)strtoul(snap->base, NULL, 0);
        else if (!resolve(run, snap->base, &address))
            setup_mistake(s, "the image has no symbol %s", snap->base);
        snprintf(number, sizeof number, "0x%x", address);
        sim_snap(sim, snap->mark, number, snap->offset, snap->len);
    }
}

static void describe_texts(struct image *image, struct sim_run *sim)
{
    for (unsigned i = 0; i < image->nr_parts; i++) {
        const struct image_part *part = &image->part[i];
        char hex[SHA256_HEX];

        /* What is linked low runs before paging only and may be reused. */
        if (part->writable || !part->file_bytes ||
            part->virtual_start < HYPERVISOR_START)
            continue;
        sha256_hex(image->file.data + part->offset, part->file_bytes, hex);
        sim_text(sim, part->virtual_start, part->file_bytes, hex);
    }
}

static void describe_machine(const struct setup *s, struct sim_run *sim)
{
    sim_run_ram(sim, s->ram_mb);
    sim_run_command_line(sim, s->command_line);
    for (unsigned i = 0; i < s->nr_ranges; i++)
        sim_run_range(sim, &(struct rom_range){ s->range[i].base,
                                                s->range[i].length,
                                                s->range[i].type });
    for (unsigned i = 0; i < s->nr_modules; i++) {
        const struct setup_module *module = &s->module[i];

        sim_run_module(sim, &(struct rom_module){
            .bytes = module->bytes.data,
            .length = module->bytes.size,
            .string = module->string,
            .address = module->at,
            .claim = !module->bytes.data,
            .end = module->end,
        });
    }
}

static void describe_oracles(const struct setup *s, struct sim_run *sim)
{
    const char *const *oracle = s->test->oracles;

    for (; oracle && *oracle; oracle++)
        sim_oracle(sim, *oracle, true);
    for (unsigned i = 0; i < s->nr_allowed; i++)
        sim_allow(sim, s->allowed[i].base,
                  s->allowed[i].base + s->allowed[i].length);
    for (unsigned i = 0; i < s->nr_args; i++) {
        char *value = must_format("0x%llx",
                                  (unsigned long long)s->arg[i].value);

        sim_arg(sim, s->arg[i].name, value);
        free(value);
    }
}

static void describe_forks(const struct setup *s, struct sim_run *sim)
{
    const struct setup_forks *forks = &s->forks;

    if (!forks->most || s->alone)
        return;
    sim_window(sim, forks->from, forks->to, forks->jump, forks->budget);
    if (s->jump_at)
        sim_jump_at(sim, s->jump_at);
    else
        sim_fork(sim, forks->most, false);
}

/** Write the input into the image's bytes, as driver.h declares it. */
static void place_input(struct setup *s, struct image *image)
{
    uint32_t address;
    char *at = image_address(image, "test_input", &address)
                   ? image_at(image, address, 8 + TEST_INPUT_MAX)
                   : NULL;

    if (!at) {
        setup_mistake(s, "the image has no place for its input");
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        at[i] = (char)(s->input.size >> 8 * i);
    if (s->input.size)
        memcpy(at + 8, s->input.data, s->input.size);
}

static uint64_t budget_of(const struct test *test)
{
    return test->budget ? test->budget : TEST_DEFAULT_BUDGET;
}

/** Give the simulator everything it reads. @return NULL, or what is wrong. */
static char *describe(struct setup *s, const struct run *run,
                      const char *folder, uint64_t seed, struct sim_run *sim)
{
    struct image *image = run->image;
    char *path = must_format("%s/image.elf", folder);
    struct sim_error error;
    uint32_t start, end;
    char *problem = NULL;

    place_input(s, image);
    if (!file_write(path, image->file.data, image->file.size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    sim_run_seed(sim, seed);
    sim_run_budget(sim, budget_of(s->test));
    sim_run_record(sim, true, true);
    if (image_address(image, "image_text_start", &start) &&
        image_address(image, "image_text_end", &end))
        sim_kernel(sim, start, end);
    guest_describe(&run->guest, s, sim);
    describe_machine(s, sim);
    describe_marks(s, run, sim);
    describe_texts(image, sim);
    describe_oracles(s, sim);
    describe_forks(s, sim);
    if (sim_run_image(sim, path, &error) || sim_run_prepare(sim, &error))
        problem = must_copy(error.text);
    free(path);
    return problem;
}

/** Run it; what broke, or NULL. */
static char *simulate(const struct grader *g, const struct setup *s,
                      const char *folder, double *seconds)
{
    char *program = must_format("%s/bin/bochs-rf", g->scratch);
    const char *const argv[] = {
        "/usr/bin/env", "RINGFENCE_RUN=" SIM_FILE_RUN, program,
        "-q", "-f", SIM_FILE_RC, NULL,
    };
    uint64_t ram = (uint64_t)s->ram_mb << 20;
    struct sandbox_job job = {
        .folder = folder,
        .argv = argv,
        .lent = { { program, NULL } },
        .cpu_seconds = 10 + (unsigned)(budget_of(s->test) /
                                       INSTRUCTIONS_A_SECOND),
        .memory_bytes = (1ull << 30) + 2 * ram,
        .file_bytes = ram > EVENTS_MAX_BYTES ? ram : EVENTS_MAX_BYTES,
        .processes = SIMULATOR_PROCESSES + (s->forks.most > 0),
    };
    struct sandbox_result result;
    const char *phrase;
    char *why = NULL;

    sandbox_run(g->mode, &job, &result);
    phrase = sandbox_end_phrase(&result);
    if (phrase)
        why = must_copy(phrase);
    *seconds = result.seconds;
    sandbox_result_free(&result);
    free(program);
    return why;
}

bool run_map_memory(struct run *run, const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    void *memory = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > 0)
        memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE,
                      fd, 0);
    if (fd >= 0)
        close(fd);
    if (memory == MAP_FAILED)
        return false;
    run->memory = memory;
    run->memory_bytes = (size_t)status.st_size;
    return true;
}

/** Open what the children recorded, if there were any. */
static char *open_forks(const char *folder, const char *events,
                        struct run *run)
{
    const struct setup *s = run->setup;
    char *path = must_format("%s/" SIM_FILE_FORKS, folder);
    bool wanted = s->forks.most && !s->alone && !s->jump_at;
    struct sim_error error;
    char *why = NULL;

    if (wanted && forks_read(path, events, &run->forks, &error)) {
        run->forks = NULL;
        why = must_copy("left an incomplete record of the interleavings");
    }
    free(path);
    return why;
}

/** Open what the simulator recorded; what is wrong with it, or NULL. */
static char *open_record(const char *folder, struct run *run)
{
    char *events = must_format("%s/" SIM_FILE_EVENTS, folder);
    char *memory = must_format("%s/" SIM_FILE_MEMORY, folder);
    struct sim_error error;
    char *why = NULL;

    if (trace_open(events, false, &run->trace, &error)) {
        run->trace = NULL;
        why = must_copy("left an incomplete record");
    } else if (!run_map_memory(run, memory)) {
        why = must_copy("left no image of the memory");
    } else {
        run->registers = trace_text(trace_end(run->trace))->registers;
        why = open_forks(folder, events, run);
    }
    free(memory);
    free(events);
    return why;
}

enum run_result run_execute(const struct grader *g, struct setup *setup,
                            struct image *image, const char *folder,
                            uint64_t seed, struct run *run, char **why)
{
    struct sim_run *sim = sim_run_new(SIM_BOCHS, folder);

    *run = (struct run){ .setup = setup, .image = image };
    *why = NULL;
    guest_open(g, setup, seed, &run->guest);
    if (!setup->mistake)
        *why = describe(setup, run, folder, seed, sim);
    sim_run_free(sim);
    if (setup->mistake) {
        run_free(run);
        return RUN_MISTAKE;
    }
    if (!*why)
        *why = simulate(g, setup, folder, &run->seconds);
    if (!*why)
        *why = open_record(folder, run);
    if (!*why)
        return RUN_TOOK_PLACE;
    run_free(run);
    return RUN_BROKE;
}

bool run_fork(const struct run *run, size_t index, struct run *to,
              char **why)
{
    struct sim_error error;

    *to = *run;
    to->forks = NULL;
    to->memory = NULL;
    to->memory_bytes = 0;
    if (forks_trace(run->forks, index, &to->trace, &error)) {
        *why = must_format("left an incomplete record of interleaving %zu",
                           index);
        return false;
    }
    to->registers = trace_text(trace_end(to->trace))->registers;
    return true;
}

void run_close_fork(struct run *fork)
{
    trace_close(fork->trace);
    *fork = (struct run){ 0 };
}

void run_free(struct run *run)
{
    forks_free(run->forks);
    if (run->trace)
        trace_close(run->trace);
    if (run->memory)
        munmap(run->memory, run->memory_bytes);
    guest_free(&run->guest);
    *run = (struct run){ 0 };
}
