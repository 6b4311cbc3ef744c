/* SPDX-License-Identifier: MIT */
/**
 * @file show.c
 * Showing a graded run; contract in show.h.
 */
#include "labs/grader/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/stage.h"
#include "sim/run/run.h"
#include "sim/trace/reader.h"

/** Events of a failed run that are shown, the offending one last. */
#define SHOWN_EVENTS 60u
#define SHOWN_MAX 0x4000000u

/** Lines of the machine's console that are shown. */
#define CONSOLE_LINES 12u

/** What of a run is shown, in instructions. */
struct window {
    uint64_t from, to;
    bool whole;
};

/** The instruction count that a message names; 0: none. */
static uint64_t offending(const char *message)
{
    static const char words[] = "\n  at instruction ";
    const char *where = strstr(message, words);

    return where ? strtoull(where + sizeof words - 1, NULL, 10) : 0;
}

/** The last events up to the offending instruction; all without one. */
static struct window window_of(const char *events, const char *message)
{
    struct window window = { 0, UINT64_MAX, true };
    uint64_t at = offending(message);
    struct trace *trace;
    struct sim_error error;
    size_t nr = 0;

    if (!at || trace_open(events, true, &trace, &error))
        return window;
    while (nr < trace_nr_events(trace) && trace_event(trace, nr)->icount <= at)
        nr++;
    window.to = at;
    if (nr > SHOWN_EVENTS) {
        window.from = trace_event(trace, nr - SHOWN_EVENTS)->icount;
        window.whole = false;
    }
    trace_close(trace);
    return window;
}

/** Have the viewer write `form` into the folder, cleaned. @retval false it
 *  could not: its names were too much for it. */
static bool draw(const struct grading *grading, const struct item *item,
                 const char *form, const struct window *window,
                 const char *name)
{
    const struct grader *g = grading->g;
    char *folder = job_folder(g), *out = must_format("%s/out", folder);
    char *viewer = must_format("%s/bin/rf-trace", g->scratch);
    char *image = must_format("%s/image.elf", grading->keep);
    char *events = must_format("%s/" SIM_FILE_EVENTS, grading->keep);
    char *guest = item->test->guest ? must_format("%s/guests/%s.elf",
                                                  g->scratch,
                                                  item->test->guest)
                                    : NULL;
    char *from = must_format("%llu", (unsigned long long)window->from);
    char *to = must_format("%llu", (unsigned long long)window->to);
    char *path = must_format("%s/%s", grading->keep, name);
    const char *const argv[] = {
        viewer, form, "--image", "image.elf", "--from", from, "--to", to,
        "--out", "out", "--title", item->id, guest ? "--guest" : "events.bin",
        guest ? "guest.elf" : NULL, "events.bin", NULL,
    };
    struct sandbox_job job = {
        .folder = folder, .argv = argv,
        .lent = { { viewer, NULL }, { image, "image.elf" },
                  { events, "events.bin" }, { guest, "guest.elf" } },
    };
    struct sandbox_result result;
    struct bytes bytes = { 0 };
    bool good;

    sandbox_run(g->mode, &job, &result);
    good = result.end == SANDBOX_EXITED && !result.status &&
           file_read(out, SHOWN_MAX, &bytes);
    if (good) {
        text_clean(bytes.data);
        if (!file_write(path, bytes.data, strlen(bytes.data)))
            grader_fault("%s cannot be written: %s", path, strerror(errno));
    }
    bytes_free(&bytes);
    sandbox_result_free(&result);
    free(path);
    free(to);
    free(from);
    free(guest);
    free(events);
    free(image);
    free(viewer);
    free(out);
    job_folder_remove(folder);
    return good;
}

/** Print a file of the folder. */
static void print_file(const char *folder, const char *name)
{
    char *path = must_format("%s/%s", folder, name);
    struct bytes bytes;

    if (file_read(path, SHOWN_MAX, &bytes)) {
        fputs(bytes.data, stdout);
        bytes_free(&bytes);
    }
    free(path);
}

/** What the machine printed last: no test reads it, but its author does. */
static void print_console(const char *folder)
{
    char *path = must_format("%s/" SIM_FILE_SERIAL, folder), *from;
    struct bytes bytes;
    unsigned lines = 0;

    if (file_read(path, SHOWN_MAX, &bytes)) {
        text_clean(bytes.data);
        from = bytes.data + strlen(bytes.data);
        while (from > bytes.data && (lines += from[-1] == '\n') <= CONSOLE_LINES)
            from--;
        if (*from)
            printf("\nThe last that it printed (%s):\n%s\n", path, from);
        bytes_free(&bytes);
    }
    free(path);
}

void show_run(const struct grading *grading, const struct item *item)
{
    const struct window whole = { 0, UINT64_MAX, true };
    char *viewer = must_format("%s/bin/rf-trace", grading->g->build);
    char *events = must_format("%s/" SIM_FILE_EVENTS, grading->keep);
    struct window window;

    if (!file_exists(events)) {
        printf("\nThere was no run to show: the message above says why.\n");
        free(events);
        free(viewer);
        return;
    }
    stage_file(grading->g, viewer, "bin/rf-trace");
    window = window_of(events, item->message);
    if (!draw(grading, item, "print", &whole, "timeline.txt") ||
        !draw(grading, item, "print", &window, "window.txt") ||
        !draw(grading, item, "svg", &window, "timeline.svg"))
        grader_fault("the timeline cannot be drawn: the viewer gave up on "
                     "this run's record or on the image's names");
    printf("\n");
    if (!window.whole)
        printf("The last events up to the offending instruction; the others "
               "are in %s/timeline.txt.\n", grading->keep);
    print_file(grading->keep, "window.txt");
    if (window.to != UINT64_MAX)
        printf("%12llu  ^  the offending instruction\n",
               (unsigned long long)window.to);
    print_console(grading->keep);
    printf("drawn: %s/timeline.svg\n", grading->keep);
    free(events);
    free(viewer);
}
