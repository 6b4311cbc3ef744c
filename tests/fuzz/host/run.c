/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A run of the host's fuzzer that is the same every time: inputs drawn from a
 * seed, some of them out of files that were kept, one after the other until so
 * many calls were made.
 *
 *     run SEED CALLS STATE [FILE...]   go on, or begin; STATE says how far
 *     replay FILE...                   one input each
 *
 * Input n of a seed does not depend on those before it. STATE is written now
 * and then, so that a run of hours can be stopped and gone on with. What breaks
 * is written to STATE.broken before the process ends.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/coverage_interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_BYTES 6000u
#define MOST_FILES 4096u
#define NOTE_EVERY 500u /* inputs */
#define MOST_SECONDS 900u /* that one input may take, on any machine */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
extern uint64_t machine_calls;

static uint8_t input[MOST_BYTES];
static size_t input_size;
static const char *state_path;
static struct {
    uint8_t *bytes;
    size_t size;
} kept[MOST_FILES];
static unsigned nr_kept;
static uint64_t seed, next_input, calls_before, nr_seconds_before;

/* --- Coverage ------------------------------------------------------------ */

static uint8_t *counters, *reached; /* in this input; in any */
static size_t nr_counters;
static const uintptr_t *places; /* of each counter: its address, and flags */

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
    counters = start;
    nr_counters = (size_t)(stop - start);
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
    (void)stop;
    places = start;
}

/** Counters wrap around at 256: note after each input which are not 0. */
static void note_coverage(void)
{
    static uint8_t all[1u << 16];

    if (nr_counters > sizeof(all))
        abort();
    if (!reached)
        reached = all;
    for (size_t i = 0; i < nr_counters; i++)
        reached[i] |= counters[i];
    memset(counters, 0, nr_counters);
}

/** Which places were reached, one a line: address, 1 or 0. */
static void write_coverage(void)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s.places", state_path);
    f = fopen(path, "w");
    if (!f || !reached)
        return;
    for (size_t i = 0; i < nr_counters; i++)
        fprintf(f, "0x%" PRIxPTR " %d\n", places[2 * i] + 1, reached[i] != 0);
    fclose(f);
}

/* --- The state ----------------------------------------------------------- */

static void read_state(void)
{
    FILE *f = fopen(state_path, "r");
    uint64_t of;

    if (!f)
        return;
    if (fscanf(f, "seed %" SCNu64 " inputs %" SCNu64 " calls %" SCNu64
                  " seconds %" SCNu64, &of, &next_input, &calls_before,
               &nr_seconds_before) != 4 || of != seed)
        next_input = calls_before = nr_seconds_before = 0;
    fclose(f);
}

static void write_state(time_t began)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s.new", state_path);
    f = fopen(path, "w");
    if (!f)
        return;
    fprintf(f, "seed %" PRIu64 " inputs %" PRIu64 " calls %" PRIu64
               " seconds %" PRIu64 "\n", seed, next_input,
            calls_before + machine_calls,
            nr_seconds_before + (uint64_t)(time(NULL) - began));
    fclose(f);
    rename(path, state_path);
}

/* Called by a signal: open(), write() and nothing else. */
static void write_broken(void)
{
    static char path[4096];
    int fd;

    if (!state_path)
        return;
    strncpy(path, state_path, sizeof(path) - 8);
    strcat(path, ".broken");
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (fd < 0 || write(fd, input, input_size) != (ssize_t)input_size)
        _exit(3);
    close(fd);
}

static void on_signal(int number)
{
    write_broken();
    _exit(number == SIGALRM ? 4 : 1);
}

/* --- Inputs -------------------------------------------------------------- */

static uint64_t random_state;

/* splitmix64: public domain, by S. Vigna. */
static uint64_t draw(void)
{
    uint64_t z = random_state += 0x9E3779B97F4A7C15ull;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

static void draw_bytes(uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)draw();
}

/** A kept input with some bytes changed, and perhaps another one's end. */
static void draw_from_kept(void)
{
    unsigned which = (unsigned)(draw() % nr_kept);
    unsigned changes = 1 + (unsigned)(draw() % 24);

    input_size = kept[which].size;
    memcpy(input, kept[which].bytes, input_size);
    if (draw() % 3 == 0) {
        unsigned other = (unsigned)(draw() % nr_kept);
        size_t from = draw() % (kept[other].size + 1);
        size_t to = draw() % (input_size + 1), most = MOST_BYTES - to;
        size_t bytes = kept[other].size - from;

        if (bytes > most)
            bytes = most;
        memcpy(input + to, kept[other].bytes + from, bytes);
        input_size = to + bytes;
    }
    while (changes-- > 0 && input_size > 0)
        input[draw() % input_size] = (uint8_t)draw();
    if (draw() % 4 == 0) {
        draw_bytes(input + input_size, MOST_BYTES - input_size);
        input_size = MOST_BYTES;
    }
}

static void draw_input(uint64_t n)
{
    random_state = seed * 0xD1342543DE82EF95ull + n;
    if (nr_kept > 0 && draw() % 2 == 0) {
        draw_from_kept();
        return;
    }
    input_size = 64 + draw() % (MOST_BYTES - 64);
    draw_bytes(input, input_size);
}

static void keep(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t bytes[MOST_BYTES];
    size_t size;

    if (!f || nr_kept == MOST_FILES) {
        fprintf(stderr, "%s cannot be read, or is one too many\n", path);
        exit(2);
    }
    size = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    kept[nr_kept].bytes = malloc(size + 1);
    memcpy(kept[nr_kept].bytes, bytes, size);
    kept[nr_kept++].size = size;
}

/* --- The run ------------------------------------------------------------- */

static void run(uint64_t calls)
{
    time_t began = time(NULL);

    read_state();
    while (calls_before + machine_calls < calls) {
        draw_input(next_input);
        alarm(MOST_SECONDS);
        LLVMFuzzerTestOneInput(input, input_size);
        note_coverage();
        if (++next_input % NOTE_EVERY == 0)
            write_state(began);
    }
    write_state(began);
    write_coverage();
}

static void replay(char **path)
{
    for (; *path; path++) {
        nr_kept = 0;
        keep(*path);
        input_size = kept[0].size;
        memcpy(input, kept[0].bytes, input_size);
        alarm(MOST_SECONDS);
        LLVMFuzzerTestOneInput(input, input_size);
    }
}

/** A number of the command line; ends the program if it is none. */
static uint64_t number(const char *name, const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 0);

    if (end == text || *end != 0 || *text == '-') {
        fprintf(stderr, "fuzz: %s=%s is no number\n", name, text);
        exit(64);
    }
    return value;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "replay") == 0) {
        replay(argv + 2);
        return 0;
    }
    if (argc < 5 || strcmp(argv[1], "run") != 0) {
        fprintf(stderr, "run SEED CALLS STATE [FILE...] | replay FILE...\n");
        return 2;
    }
    seed = number("SEED", argv[2]);
    state_path = argv[4];
    for (int i = 5; i < argc; i++)
        keep(argv[i]);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    __asan_set_death_callback(write_broken);
    run(number("CALLS", argv[3]));
    return 0;
}
