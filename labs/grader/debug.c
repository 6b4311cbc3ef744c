/* SPDX-License-Identifier: MIT */
/**
 * @file debug.c
 * Preparing a graded test for gdb; contract in debug.h.
 */
#include "labs/grader/debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void write_text(const char *folder, const char *name, const void *data,
                       size_t size)
{
    char *path = must_format("%s/%s", folder, name);

    if (!make_parent(path) || !file_write(path, data, size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    free(path);
}

/** The offending instruction's address, as the message names it. @retval 0 a
 *  failure before there was any run, or none. */
static uint32_t offending(const struct item *item)
{
    const char *where = strstr(item->message, "\n  at instruction ");
    const char *eip = where ? strstr(where, "eip=") : NULL;

    return eip ? (uint32_t)strtoul(eip + 4, NULL, 16) : 0;
}

void debug_prepare(const struct grading *grading, const struct item *item)
{
    const struct lab *lab = &grading->g->lab;
    const struct exercise *exercise = lab_exercise(lab, item->test->exercise);
    uint32_t eip = offending(item);
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
    if (eip)
        text_add(&gdb, "echo \\nThe offending instruction:\\n\n"
                 "hbreak *0x%x\n", eip);
    text_add(&gdb, "continue\n");
    write_text(grading->keep, "gdb.txt", gdb.data, gdb.size);
    text_free(&gdb);
}
