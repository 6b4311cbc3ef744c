/* SPDX-License-Identifier: MIT */
/**
 * @file runfile.c
 * Reading the run file; the format is described in runfile.h.
 *
 * A line is cut into words, the first word chooses a row of the table of
 * directives, and the row's function fills in the structure. Every mistake
 * ends the reading: a run with half of its marks would give wrong verdicts.
 */
#include "sim/bochs/runfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 6

/** What is being read, and where. */
struct reader {
    struct run_file *file;
    char *word[MAX_WORDS];
    unsigned nr_words;
    char why[160];
};

/** Note what is wrong with the line; always false. */
static bool wrong(struct reader *r, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(r->why, sizeof(r->why), format, list);
    va_end(list);
    return false;
}

/** A number below 2^bits. */
static bool number(struct reader *r, unsigned word, unsigned bits,
                   uint64_t *to)
{
    const char *text = r->word[word];
    char *end;

    errno = 0;
    *to = strtoull(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || *text == '+')
        return wrong(r, "'%.40s' is not a number", text);
    if (bits < 64 && *to >> bits)
        return wrong(r, "%.40s does not fit in %u bits", text, bits);
    return true;
}

static bool number32(struct reader *r, unsigned word, uint32_t *to)
{
    uint64_t value;

    if (!number(r, word, 32, &value))
        return false;
    *to = (uint32_t)value;
    return true;
}

/** An offset: a number that may be negative, as 32 bits with wrap. */
static bool offset32(struct reader *r, unsigned word, uint32_t *to)
{
    bool negative = r->word[word][0] == '-';

    if (negative)
        r->word[word]++;
    if (!number32(r, word, to))
        return false;
    if (negative)
        *to = 0u - *to;
    return true;
}

static bool name(struct reader *r, unsigned word, char to[EVENT_NAME_BYTES])
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-*/";
    const char *text = r->word[word];

    if (strlen(text) >= EVENT_NAME_BYTES)
        return wrong(r, "the name '%.60s' is longer than %u characters", text,
                     EVENT_NAME_BYTES - 1);
    if (text[strspn(text, allowed)])
        return wrong(r, "the name '%.60s' has a character that is not one "
                        "of A-Z a-z 0-9 _ . + - * /", text);
    memset(to, 0, EVENT_NAME_BYTES);
    strcpy(to, text);
    return true;
}

static bool on_off(struct reader *r, unsigned word, bool *to)
{
    *to = !strcmp(r->word[word], "on");
    if (!*to && strcmp(r->word[word], "off"))
        return wrong(r, "'%.40s' is neither on nor off", r->word[word]);
    return true;
}

/** An array with one more element at its end, a copy of `element`. */
static void *grown(void *array, size_t *nr, const void *element, size_t bytes)
{
    char *larger = realloc(array, (*nr + 1) * bytes);

    if (!larger)
        abort(); /* a few kilobytes: the host cannot run anything */
    memcpy(larger + (*nr)++ * bytes, element, bytes);
    return larger;
}

#define APPEND(array, nr, element) \
    ((array) = grown(array, &(nr), &(element), sizeof(element)))

/** The index of an earlier mark. */
static bool find_mark(struct reader *r, unsigned word, unsigned *index)
{
    for (*index = 0; *index < r->file->nr_marks; ++*index) {
        if (!strcmp(r->file->marks[*index].name, r->word[word]))
            return true;
    }
    return wrong(r, "no line above defines the mark '%.60s'", r->word[word]);
}

/* --- The directives ------------------------------------------------------- */

static bool read_seed(struct reader *r)
{
    return number(r, 1, 64, &r->file->seed);
}

static bool read_budget(struct reader *r)
{
    if (!number(r, 1, 63, &r->file->budget))
        return false;
    if (!r->file->budget)
        return wrong(r, "a budget of 0 instructions runs nothing");
    return true;
}

static bool read_file_name(struct reader *r, char **to)
{
    if (*to)
        return wrong(r, "'%s' was given above", r->word[0]);
    *to = strdup(r->word[1]);
    return true;
}

static bool read_events(struct reader *r)
{
    return read_file_name(r, &r->file->events);
}

static bool read_memory(struct reader *r)
{
    return read_file_name(r, &r->file->memory);
}

static bool read_serial(struct reader *r)
{
    (void)r; /* the simulator's configuration names it */
    return true;
}

static bool read_exit_port(struct reader *r)
{
    uint64_t port;

    if (!number(r, 1, 16, &port))
        return false;
    r->file->exit_port = (uint32_t)port;
    return true;
}

/** [START, END) of virtual addresses. */
static bool range32(struct reader *r, unsigned word, uint32_t *start,
                    uint32_t *end)
{
    if (!number32(r, word, start) || !number32(r, word + 1, end))
        return false;
    if (*end <= *start)
        return wrong(r, "the range %.40s to %.40s is empty", r->word[word],
                     r->word[word + 1]);
    return true;
}

static bool read_kernel(struct reader *r)
{
    return range32(r, 1, &r->file->kernel_start, &r->file->kernel_end);
}

static bool read_mark(struct reader *r)
{
    struct run_mark mark = { 0 };
    unsigned there;

    if (find_mark(r, 1, &there))
        return wrong(r, "the mark '%.60s' was defined above", r->word[1]);
    if (!name(r, 1, mark.name) || !number32(r, 2, &mark.vaddr) ||
        !number32(r, 3, &mark.ring))
        return false;
    if (mark.ring > 3)
        return wrong(r, "there is no ring %u", mark.ring);
    APPEND(r->file->marks, r->file->nr_marks, mark);
    return true;
}

/** Index of a register in struct event_registers, or 9. */
static unsigned register_index(const char *text)
{
    static const char *const registers[] = { "eax", "ecx", "edx", "ebx", "esp",
                                             "ebp", "esi", "edi", "eip" };
    unsigned i;

    for (i = 0; i < 9; i++) {
        if (!strcmp(registers[i], text))
            break;
    }
    return i;
}

static bool read_snap(struct reader *r)
{
    struct run_snap snap = { 0 };
    uint32_t number_base = 0;
    bool pointer = r->word[2][0] == '*';

    if (!find_mark(r, 1, &snap.mark))
        return false;
    snap.reg = register_index(r->word[2] + pointer);
    if (snap.reg < 9)
        snap.base = pointer ? SNAP_POINTER : SNAP_REGISTER;
    else if (pointer || !number32(r, 2, &number_base))
        return wrong(r, "'%.40s' is neither a register, *register nor a "
                        "number", r->word[2]);
    if (!offset32(r, 3, &snap.offset) || !number32(r, 4, &snap.bytes))
        return false;
    if (!snap.bytes || snap.bytes > 1u << 20)
        return wrong(r, "a snap of %u bytes: 1 to 1048576 are possible",
                     snap.bytes);
    snap.offset += number_base;
    APPEND(r->file->snaps, r->file->nr_snaps, snap);
    return true;
}

static bool read_end(struct reader *r)
{
    unsigned mark;

    if (!find_mark(r, 1, &mark))
        return false;
    r->file->marks[mark].ends = true;
    return true;
}

static bool read_guest(struct reader *r)
{
    struct machine_guest guest = { 0 };

    if (!name(r, 1, guest.name) ||
        !range32(r, 2, &guest.code_start, &guest.code_end))
        return false;
    APPEND(r->file->guests, r->file->nr_guests, guest);
    return true;
}

/** 64 hexadecimal digits. */
static bool read_sha256(struct reader *r, unsigned word, uint8_t to[32])
{
    const char *text = r->word[word];
    char digits[3] = "";
    unsigned i;

    if (strlen(text) != 64 ||
        text[strspn(text, "0123456789abcdefABCDEF")])
        return wrong(r, "'%.70s' is not a SHA-256 in 64 hexadecimal digits",
                     text);
    for (i = 0; i < 32; i++) {
        memcpy(digits, text + 2 * i, 2);
        to[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return true;
}

static bool read_text(struct reader *r)
{
    struct run_text text = { 0 };

    if (!number32(r, 1, &text.range.start) ||
        !number32(r, 2, &text.range.bytes) || !read_sha256(r, 3, text.sha256))
        return false;
    if (!text.range.bytes ||
        text.range.start + text.range.bytes - 1 < text.range.start)
        return wrong(r, "%u bytes from %.40s on are none, or do not fit into "
                        "4 GB", text.range.bytes, r->word[1]);
    APPEND(r->file->texts, r->file->nr_texts, text);
    return true;
}

static bool read_allow(struct reader *r)
{
    struct machine_range range;

    if (!number(r, 1, 52, &range.start) || !number(r, 2, 52, &range.end))
        return false;
    if (range.end <= range.start)
        return wrong(r, "the range %.40s to %.40s is empty", r->word[1],
                     r->word[2]);
    APPEND(r->file->allowed, r->file->nr_allowed, range);
    return true;
}

static bool read_oracle(struct reader *r)
{
    struct run_oracle_switch change = { 0 };

    while (oracle_table[change.index] &&
           strcmp(oracle_table[change.index]->name, r->word[1]))
        change.index++;
    if (!oracle_table[change.index])
        return wrong(r, "there is no oracle '%.60s'", r->word[1]);
    if (!on_off(r, 2, &change.on))
        return false;
    APPEND(r->file->switches, r->file->nr_switches, change);
    return true;
}

static bool read_oracle_stop(struct reader *r)
{
    return on_off(r, 1, &r->file->oracle_stop);
}

static bool read_arg(struct reader *r)
{
    struct machine_arg arg = { 0 };

    if (!name(r, 1, arg.name))
        return false;
    if (strlen(r->word[2]) >= sizeof(arg.value))
        return wrong(r, "the value is longer than %zu characters",
                     sizeof(arg.value) - 1);
    strcpy(arg.value, r->word[2]);
    APPEND(r->file->args, r->file->nr_args, arg);
    return true;
}

static bool read_window(struct reader *r)
{
    if (r->file->has_window)
        return wrong(r, "'window' was given above");
    r->file->has_window = true;
    r->file->window_returns = !strcmp(r->word[2], "return");
    return find_mark(r, 1, &r->file->window_from) &&
           (r->file->window_returns ||
            find_mark(r, 2, &r->file->window_to));
}

static bool read_jump(struct reader *r)
{
    if (!number(r, 1, 48, &r->file->jump) ||
        !number(r, 2, 62, &r->file->jump_budget))
        return false;
    return (r->file->jump && r->file->jump_budget) ||
           wrong(r, "a jump of 0 ticks is none, and a budget of 0 runs "
                    "nothing");
}

static bool read_fork(struct reader *r)
{
    return read_file_name(r, &r->file->forks) &&
           number32(r, 2, &r->file->fork_most);
}

static bool read_fork_every(struct reader *r)
{
    return on_off(r, 1, &r->file->fork_every);
}

static bool read_jump_at(struct reader *r)
{
    return number(r, 1, 63, &r->file->jump_at);
}

static const struct directive {
    const char *name;
    unsigned nr_words; /**< after the name */
    bool (*read)(struct reader *);
} directives[] = {
    { "seed", 1, read_seed },
    { "budget", 1, read_budget },
    { "events", 1, read_events },
    { "memory", 1, read_memory },
    { "serial", 1, read_serial },
    { "exit-port", 1, read_exit_port },
    { "kernel", 2, read_kernel },
    { "mark", 3, read_mark },
    { "snap", 4, read_snap },
    { "end", 1, read_end },
    { "guest", 3, read_guest },
    { "text", 3, read_text },
    { "allow", 2, read_allow },
    { "oracle", 2, read_oracle },
    { "oracle-stop", 1, read_oracle_stop },
    { "arg", 2, read_arg },
    { "window", 2, read_window },
    { "jump", 2, read_jump },
    { "fork", 2, read_fork },
    { "fork-every", 1, read_fork_every },
    { "jump-at", 1, read_jump_at },
};

/* --- Lines ---------------------------------------------------------------- */

static bool read_line(struct reader *r, char *line)
{
    char *rest = NULL, *word;
    size_t i;

    line[strcspn(line, "#\n")] = '\0';
    r->nr_words = 0;
    for (word = strtok_r(line, " \t\r", &rest); word;
         word = strtok_r(NULL, " \t\r", &rest)) {
        if (r->nr_words == MAX_WORDS)
            return wrong(r, "too many words");
        r->word[r->nr_words++] = word;
    }
    if (!r->nr_words)
        return true;
    for (i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (strcmp(directives[i].name, r->word[0]))
            continue;
        if (r->nr_words - 1 != directives[i].nr_words)
            return wrong(r, "'%s' takes %u words, and here are %u",
                         directives[i].name, directives[i].nr_words,
                         r->nr_words - 1);
        return directives[i].read(r);
    }
    return wrong(r, "'%.40s' is no directive", r->word[0]);
}

/** What lines say only together. */
static bool check_forks(struct reader *r)
{
    const struct run_file *file = r->file;

    if (file->forks && file->jump_at)
        return wrong(r, "either a 'fork' or a 'jump-at' can be");
    if ((file->forks || file->jump_at) && !(file->has_window && file->jump))
        return wrong(r, "'fork' and 'jump-at' need a 'window' and a 'jump'");
    if (file->forks && !file->events)
        return wrong(r, "'fork' needs a file of 'events'");
    return true;
}

bool run_file_read(const char *path, struct run_file *file, char message[256])
{
    struct reader r = { .file = file };
    FILE *stream = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    unsigned nr_line = 0;
    bool good = true;

    *file = (struct run_file){ .budget = RUN_DEFAULT_BUDGET,
                               .exit_port = RUN_DEFAULT_EXIT_PORT };
    if (!stream) {
        snprintf(message, 256, "%s: cannot be read: %s", path,
                 strerror(errno));
        return false;
    }
    while (good && getline(&line, &size, stream) >= 0) {
        nr_line++;
        good = read_line(&r, line);
    }
    good = good && check_forks(&r);
    free(line);
    fclose(stream);
    if (!good)
        snprintf(message, 256, "%.80s:%u: %s", path, nr_line, r.why);
    return good;
}

void run_file_free(struct run_file *file)
{
    free(file->events);
    free(file->memory);
    free(file->forks);
    free(file->marks);
    free(file->snaps);
    free(file->guests);
    free(file->texts);
    free(file->allowed);
    free(file->args);
    free(file->switches);
    *file = (struct run_file){ 0 };
}
