/* SPDX-License-Identifier: MIT */
/**
 * @file main.c
 * rf-trace: traces for people. `make trace` calls it.
 *
 *     rf-trace print [option]... EVENTS      the timeline as text
 *     rf-trace svg [option]... EVENTS        the same as a picture
 *     rf-trace diff EVENTS EVENTS            the first difference
 *
 * Exit status: 0; for diff 1 when the traces differ; 64 after a mistake on
 * the command line, 66 when a file cannot be read.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace/describe.h"
#include "sim/trace/svg.h"
#include "sim/trace/timeline.h"

#define STATUS_DIFFERENT 1
#define STATUS_USAGE 64
#define STATUS_FILE 66

#define RING0 1u
#define OUTER_RINGS 0xEu

static const char usage[] =
    "usage: rf-trace print|svg [option]... EVENTS\n"
    "       rf-trace diff [--image FILE] [--guest FILE] EVENTS EVENTS\n"
    "  --image FILE   names of ring 0: the hypervisor's image\n"
    "  --guest FILE   names of rings 1 and 3: a guest's image\n"
    "  --kind LIST    only these kinds of events: ring,exception,...\n"
    "  --ring LIST    only events in these rings: 0,1,3\n"
    "  --from N       from this instruction count on\n"
    "  --to N         up to this one\n"
    "  --title TEXT   above the picture\n"
    "  --out FILE     write there\n"
    "kinds:";

static _Noreturn void explain(void)
{
    unsigned kind;

    fputs(usage, stderr);
    for (kind = 1; event_kind_name(kind); kind++)
        fprintf(stderr, " %s", event_kind_name(kind));
    fputc('\n', stderr);
    exit(STATUS_USAGE);
}

static _Noreturn void mistake(const char *what, const char *value)
{
    fprintf(stderr, "rf-trace: %s \"%s\"\n", what, value);
    exit(STATUS_USAGE);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] == '-')
        mistake("not a number:", text);
    return value;
}

/** A list of kinds, or of rings, as bits. */
static uint32_t bits_of_list(const char *list, bool kinds)
{
    char *copy = strdup(list), *rest = copy, *word;
    uint32_t bits = 0;

    while (copy && (word = strsep(&rest, ", "))) {
        uint64_t value = !*word  ? 0
                         : kinds ? event_kind_of_name(word)
                                 : number(word);

        if (*word && ((kinds && !value) || value > (kinds ? 31 : 3)))
            mistake(kinds ? "no such kind of event:" : "no such ring:", word);
        if (*word)
            bits |= 1u << value;
    }
    free(copy);
    return bits;
}

/** Symbols of a file; a guest without any is not a mistake. */
static void add_symbols(struct timeline_options *options, const char *path,
                        unsigned rings)
{
    struct symbols *symbols;
    struct sim_error error;

    if (options->nr_symbols == TIMELINE_MAX_SYMBOLS)
        mistake("too many files with symbols:", path);
    if (symbols_open(path, &symbols, &error)) {
        fprintf(stderr, "rf-trace: %s; its addresses stay numbers\n",
                error.text);
        return;
    }
    options->symbols[options->nr_symbols++] =
        (struct timeline_symbols){ symbols, rings };
}

/** What is printed goes into a file. */
static void write_to(const char *path)
{
    if (!freopen(path, "w", stdout)) {
        fprintf(stderr, "rf-trace: %s cannot be written: %s\n", path,
                strerror(errno));
        exit(STATUS_FILE);
    }
}

/** Read the options that come before the files. */
static void take_options(int argc, char **argv,
                         struct timeline_options *options, const char **title)
{
    static const struct option table[] = {
        { "image", required_argument, NULL, 'i' },
        { "guest", required_argument, NULL, 'g' },
        { "kind", required_argument, NULL, 'k' },
        { "ring", required_argument, NULL, 'r' },
        { "from", required_argument, NULL, 'f' },
        { "to", required_argument, NULL, 't' },
        { "title", required_argument, NULL, 'n' },
        { "out", required_argument, NULL, 'o' },
        { NULL, 0, NULL, 0 },
    };
    int id;

    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        switch (id) {
        case 'i':
            add_symbols(options, optarg, RING0);
            break;
        case 'g':
            add_symbols(options, optarg, OUTER_RINGS);
            break;
        case 'k':
            options->kinds = bits_of_list(optarg, true);
            break;
        case 'r':
            options->rings = bits_of_list(optarg, false);
            break;
        case 'f':
            options->from = number(optarg);
            break;
        case 't':
            options->to = number(optarg);
            break;
        case 'n':
            *title = optarg;
            break;
        case 'o':
            write_to(optarg);
            break;
        default:
            explain();
        }
    }
}

static struct trace *open_or_exit(const char *path)
{
    struct trace *trace;
    struct sim_error error;

    if (trace_open(path, true, &trace, &error)) {
        fprintf(stderr, "rf-trace: %s\n", error.text);
        exit(STATUS_FILE);
    }
    return trace;
}

/* --- print ---------------------------------------------------------------- */

static void print_row(const struct trace *trace,
                      const struct timeline_options *options,
                      const struct timeline_row *row)
{
    char what[400], where[200];

    timeline_what(trace, row, what, sizeof(what));
    timeline_where(options, row->first, where, sizeof(where));
    printf("%12" PRIu64 "  %u  %-52s  %s\n", row->first->icount,
           row->first->ring & 3u, what, where);
}

static void print_timeline(const struct trace *trace,
                           const struct timeline_options *options)
{
    struct timeline timeline;
    size_t i, cycle_end = 0;

    timeline_make(trace, options, &timeline);
    puts("instructions  ring  what, where");
    for (i = 0; i < timeline.nr_rows; i++) {
        const struct timeline_row *row = &timeline.row[i];

        if (row->cycle) {
            cycle_end = i + row->cycle;
            printf("%12s  |  the next %s, %u times, up to %" PRIu64 ":\n", "",
                   row->cycle == 1 ? "line" : "lines", row->times,
                   row->cycle_end);
        }
        print_row(trace, options, row);
        if (cycle_end == i + 1)
            printf("%12s  |\n", "");
    }
    if (!trace_end(trace))
        puts("(the trace breaks off here: the simulator was stopped)");
    timeline_free(&timeline);
}

/* --- diff ----------------------------------------------------------------- */

static bool same_event(const struct event *a, const struct event *b)
{
    return a && b && memcmp(a, b, sizeof(*a)) == 0 &&
           memcmp(trace_payload(a), trace_payload(b), a->payload_len) == 0;
}

static void print_side(const struct timeline_options *options,
                       const char *side, const struct event *event)
{
    char what[400] = "(no more events)", where[200] = "";

    if (event) {
        event_describe(event, what, sizeof(what));
        timeline_where(options, event, where, sizeof(where));
        printf("%-7s%12" PRIu64 "  %u  %-52s  %s\n", side, event->icount,
               event->ring & 3u, what, where);
    } else {
        printf("%-7s%s\n", side, what);
    }
}

static void print_field(const char *name, uint64_t left, uint64_t right)
{
    if (left != right)
        printf("       %s: 0x%" PRIx64 ", 0x%" PRIx64 "\n", name, left, right);
}

/** What of two records differs: the words above need not show it. */
static void print_fields(const struct event *left, const struct event *right)
{
    const uint8_t *a = trace_payload(left), *b = trace_payload(right);
    uint32_t length = left->payload_len < right->payload_len
                          ? left->payload_len
                          : right->payload_len;
    uint32_t i;
    char name[40];

    print_field("icount", left->icount, right->icount);
    print_field("kind", left->kind, right->kind);
    print_field("ring", left->ring, right->ring);
    print_field("flags", left->flags, right->flags);
    print_field("cs", left->cs, right->cs);
    print_field("ss", left->ss, right->ss);
    print_field("eip", left->eip, right->eip);
    print_field("esp", left->esp, right->esp);
    print_field("cr3", left->cr3, right->cr3);
    for (i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "a%u", i);
        print_field(name, left->a[i], right->a[i]);
    }
    print_field("bytes of payload", left->payload_len, right->payload_len);
    for (i = 0; i < length && a[i] == b[i]; i++)
        ;
    snprintf(name, sizeof(name), "byte %u of the payload", i);
    if (i < length)
        print_field(name, a[i], b[i]);
}

/** Compare record by record; the first difference with what led to it. */
static int diff(const struct trace *left, const struct trace *right,
                const struct timeline_options *options)
{
    size_t context = 5, nr = trace_nr_events(left), i = 0, j;

    while (i < nr && same_event(trace_event(left, i), trace_event(right, i)))
        i++;
    if (i == nr && nr == trace_nr_events(right)) {
        printf("identical: %zu events\n", nr);
        return 0;
    }
    printf("the first %zu events are the same; then:\n", i);
    for (j = i > context ? i - context : 0; j < i; j++)
        print_side(options, "both", trace_event(left, j));
    print_side(options, "first", trace_event(left, i));
    print_side(options, "second", trace_event(right, i));
    if (i < nr && i < trace_nr_events(right))
        print_fields(trace_event(left, i), trace_event(right, i));
    return STATUS_DIFFERENT;
}

int main(int argc, char **argv)
{
    struct timeline_options options = { .to = UINT64_MAX };
    const char *title = "Rings over time";
    const char *command = argc > 1 ? argv[1] : "";
    struct trace *trace, *other;
    struct timeline timeline;
    unsigned i;
    int status = 0;

    if (argc < 2)
        explain();
    take_options(argc - 1, argv + 1, &options, &title);
    argv += optind + 1;
    argc -= optind + 1;
    if (argc != (strcmp(command, "diff") == 0 ? 2 : 1))
        explain();
    trace = open_or_exit(argv[0]);
    if (strcmp(command, "print") == 0) {
        print_timeline(trace, &options);
    } else if (strcmp(command, "svg") == 0) {
        timeline_make(trace, &options, &timeline);
        svg_draw(stdout, title, trace, &options, &timeline);
        timeline_free(&timeline);
    } else if (strcmp(command, "diff") == 0) {
        other = open_or_exit(argv[1]);
        status = diff(trace, other, &options);
        trace_close(other);
    } else {
        explain();
    }
    trace_close(trace);
    for (i = 0; i < options.nr_symbols; i++)
        symbols_close((struct symbols *)options.symbols[i].symbols);
    return status;
}
