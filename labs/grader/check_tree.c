/* SPDX-License-Identifier: MIT */
/**
 * @file check_tree.c
 * Checks of a lab's files, and of the tree that a student gets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/checks.h"
#include "labs/grader/markers.h"
#include "labs/grader/starter.h"

/* What the design allows a student to have to write. */
#define MAX_LINES_EXERCISE 60u
#define MAX_LINES 300u

/* --- The exported tree ------------------------------------------------ */

/** Run a command in a folder, quietly. @return its exit status, or -1. */
static int run_in(const char *folder, const char *const *argv)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        grader_fault("no process for %s: %s", argv[0], strerror(errno));
    if (pid == 0) {
        /* make hands its own job server and options down; this one is
         * another tree's. */
        unsetenv("MAKEFLAGS");
        unsetenv("MFLAGS");
        unsetenv("MAKELEVEL");
        if (chdir(folder) || !freopen("starter.log", "w", stdout) ||
            dup2(1, 2) < 0)
            _exit(127);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/** Score of a report; -1 when there is none. */
static double report_score(const char *path)
{
    json_t *report = json_load_file(path, 0, NULL);
    json_t *score = json_object_get(report, "score");
    double value = json_is_number(score) ? json_number_value(score) : -1;

    json_decref(report);
    return value;
}

/** Export the starter; in it, build the image and the grader, and grade. */
void check_tree(const struct check *check, const char *name,
                       struct text *out)
{
    const struct lab *lab = &check->g.lab;
    char *tree = must_format("%s/starter-tree", check->g.scratch);
    char *build = realpath(check->g.build, NULL);
    char *grader = must_format("%s/bin/rf-grade", build);
    char *options[] = {
        must_format("--lab=%u", lab->number),
        must_format("--build=%s", build),
        must_format("--cflags=%s", check->g.cflags),
    };
    const char *const make[] = { "make", "-s", "build/ringfence.elf",
                                 "build/bin/rf-grade", NULL };
    const char *const grade_it[] = { grader, "grade", "--report=report.json",
                                     options[0], options[1], options[2],
                                     NULL };
    char *report = must_format("%s/report.json", tree);
    double score;
    bool graded;

    (void)name;
    starter_export(lab, check->g.build, tree);
    check_result(check, out, run_in(tree, make) == 0,
                 "starter-tree-builds", NULL,
                 "make fails in an exported starter");
    graded = run_in(tree, grade_it) == GRADER_DONE;
    score = report_score(report);
    check_result(check, out, graded && score == lab->starter_score,
                 "starter-tree-grades", NULL,
                 "it is given %g points in an exported starter, not %u",
                 score, lab->starter_score);
    free(report);
    for (unsigned i = 0; i < 3; i++)
        free(options[i]);
    free(grader);
    free(build);
    free(tree);
}

/* --- What is counted -------------------------------------------------- */

void check_lines(const struct check *check, const char *name,
                        struct text *out)
{
    const struct lab *lab = &check->g.lab;
    unsigned all = 0;

    (void)name;
    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        const struct exercise *exercise = &lab->exercise[i];
        struct markers found = { 0 };
        struct bytes source;
        unsigned lines = 0;
        char *problem = NULL;

        if (!file_read(exercise->file, SIZE_MAX / 4, &source))
            grader_fault("%s cannot be read: %s", exercise->file,
                         strerror(errno));
        markers_read(exercise->file, source.data, &found, NULL, &problem);
        for (unsigned j = 0; j < found.nr; j++)
            lines += found.marked[j].code_lines;
        all += lines;
        check_result(check, out,
                     !problem && lines && lines <= MAX_LINES_EXERCISE,
                     "lines", exercise->id,
                     "%s: %u lines are marked, %u are the most",
                     problem ? problem : exercise->file, lines,
                     MAX_LINES_EXERCISE);
        free(problem);
        bytes_free(&source);
    }
    check_result(check, out, all <= MAX_LINES, "lines", "all",
                 "%u lines are marked", all);
}

/** A heading of the handout as its anchor: lower case, blanks to '-', nothing
 *  but letters, digits, '-' and '_' kept. */
static char *anchor_of(const char *heading, size_t size)
{
    struct text text = { 0 };

    text_add(&text, "%s", "");
    for (size_t i = 0; i < size; i++) {
        char c = heading[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 'a' - 'A');
        if (c == ' ')
            c = '-';
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
            c == '_')
            text_add(&text, "%c", c);
    }
    return text.data;
}

static bool has_section(const char *handout, const char *section)
{
    while (*handout) {
        size_t size = strcspn(handout, "\n");
        size_t marks = strspn(handout, "#");

        if (marks && handout[marks] == ' ') {
            char *anchor = anchor_of(handout + marks + 1, size - marks - 1);
            bool same = !strcmp(anchor, section);

            free(anchor);
            if (same)
                return true;
        }
        handout += size + (handout[size] == '\n');
    }
    return false;
}

void check_handout(const struct check *check, const char *name,
                          struct text *out)
{
    const struct lab *lab = &check->g.lab;
    struct bytes handout;
    const char *missing = NULL;

    (void)name;
    if (!file_read(lab->handout, SIZE_MAX / 4, &handout)) {
        check_result(check, out, false, "handout", NULL, "%s cannot be read",
                     lab->handout);
        return;
    }
    for (unsigned i = 0; lab->tests[i]; i++)
        if (!has_section(handout.data, lab->tests[i]->section))
            missing = lab->tests[i]->section;
    check_result(check, out, !missing, "handout", NULL, "%s has no section %s",
                 lab->handout, missing ? missing : "");
    bytes_free(&handout);
}
