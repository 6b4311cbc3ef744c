/* SPDX-License-Identifier: MIT */
/**
 * @file mutate/main.c
 * rf-mutate: the mutations of one file, for rf-grade and for people.
 *
 *     rf-mutate [--all] FILE OUT FLAG...
 *
 * writes to OUT, or with "-" to its standard output, a JSON array of
 *
 *     { "key": "nth_run: [delete: end = limit;]", "kind": "delete",
 *       "function": "nth_run", "line": 34, "start": 1201, "end": 1212,
 *       "with": "" }
 *
 * With --all, of every function, not only of those that students write.
 *
 * A program of its own, because libclang is large and only this needs it.
 * Exit status: enum grader_exit.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/mutate/mutate.h"

#define SOURCE_MAX 0x40000u

static json_t *as_json(const struct mutations *list)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < list->nr; i++) {
        const struct mutation *m = &list->mutation[i];

        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
                             "key", m->key, "kind", mutation_word(m->kind),
                             "function", m->function,
                             "line", (json_int_t)m->line,
                             "start", (json_int_t)m->start,
                             "end", (json_int_t)m->end, "with", m->with));
    }
    return array;
}

int main(int argc, char **argv)
{
    struct mutations list;
    struct bytes source;
    json_t *array;
    char *problem;
    bool written;
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;

    if (all) {
        argc--;
        argv++;
    }
    if (argc < 3)
        grader_usage("what to mutate? rf-mutate [--all] FILE OUT FLAG...");
    if (!file_read(argv[1], SOURCE_MAX, &source))
        grader_usage("%s cannot be read: %s", argv[1], strerror(errno));
    if (!mutations_find(argv[1], all, source.data,
                        (const char *const *)argv + 3, (unsigned)argc - 3,
                        &list, &problem))
        grader_usage("%s", problem);
    array = as_json(&list);
    written = strcmp(argv[2], "-")
                  ? !json_dump_file(array, argv[2], JSON_INDENT(1))
                  : !json_dumpf(array, stdout, JSON_INDENT(1));
    if (!written)
        grader_fault("%s cannot be written: %s", argv[2], strerror(errno));
    json_decref(array);
    mutations_free(&list);
    bytes_free(&source);
    return GRADER_DONE;
}
