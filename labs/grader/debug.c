/* SPDX-License-Identifier: MIT */
/**
 * @file debug.c
 * Preparing a graded test for gdb; contract in debug.h.
 */
#include "labs/grader/debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/run.h"
#include "sim/trace/reader.h"

static void write_text(const char *folder, const char *name, const void *data,
                       size_t size)
{
    char *path = must_format("%s/%s", folder, name);

    if (!make_parent(path) || !file_write(path, data, size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    free(path);
}

/** The offending instruction, as a message names it. */
struct place {
    uint64_t icount;
    uint32_t eip; /**< 0: a failure before there was any run, or none */
};

static struct place offending(const struct item *item)
{
    static const char words[] = "\n  at instruction ";
    const char *where = strstr(item->message, words);
    const char *eip = where ? strstr(where, "eip=") : NULL;

    if (!eip)
        return (struct place){ 0 };
    return (struct place){
        .icount = strtoull(where + sizeof words - 1, NULL, 10),
        .eip = (uint32_t)strtoul(eip + 4, NULL, 16),
    };
}

/** How often the offending instruction was executed before it went wrong, if
 *  it is one of the test's own marks: those a test looks at after each step. */
static unsigned times_before(const char *folder, uint32_t eip, uint64_t at)
{
    char *path = must_format("%s/" SIM_FILE_EVENTS, folder);
    const struct event *e = NULL;
    struct sim_error error;
    struct trace *trace;
    unsigned nr = 0;

    if (!trace_open(path, true, &trace, &error)) {
        while ((e = trace_next(trace, e, EVENT_MARK)) && e->icount < at)
            nr += e->eip == eip;
        trace_close(trace);
    }
    free(path);
    return nr;
}

/** Stop at the offending instruction, and before that where the functions
 *  under test start: in the last step, not in all those that went well. */
static void add_stops(struct text *gdb, uint32_t eip, unsigned before)
{
    if (before > 0)
        text_add(gdb, "disable breakpoints\n");
    if (eip)
        text_add(gdb, "echo \\nThe offending instruction:\\n\n"
                 "hbreak *0x%x\n", eip);
    if (before > 0)
        text_add(gdb, "ignore $bpnum %u\ncontinue\n"
                 "echo \\nSo far all was well: the next step is the one that "
                 "failed.\\n\nenable breakpoints\n", before - 1);
    text_add(gdb, "continue\n");
}

void debug_prepare(const struct grading *grading, const struct item *item)
{
    const struct lab *lab = &grading->g->lab;
    const struct exercise *exercise = lab_exercise(lab, item->test->exercise);
    struct place place = offending(item);
    struct text gdb = { 0 };

    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        const struct bytes *source = &grading->submission->part[i].source;
        char *name = must_format("source/%s", lab->exercise[i].file);

        if (source->data)
            write_text(grading->keep, name, source->data, source->size);
        free(name);
    }
    text_add(&gdb, "set pagination off\ndirectory %s/source\n"
             "target remote %s/gdb.sock\n", grading->keep, grading->keep);
    /* In hardware: the boot ROM copies the image over anything else. */
    for (unsigned i = 0; i < exercise->nr_functions; i++)
        text_add(&gdb, "hbreak %s\n", exercise->function[i]);
    add_stops(&gdb, place.eip,
              place.eip ? times_before(grading->keep, place.eip, place.icount)
                        : 0);
    write_text(grading->keep, "gdb.txt", gdb.data, gdb.size);
    text_free(&gdb);
}
