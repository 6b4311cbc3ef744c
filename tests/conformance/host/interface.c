/* SPDX-License-Identifier: MIT */
/**
 * @file interface.c
 * rf-interface: the page about the interface, from the checks themselves.
 *
 *     rf-interface DEVIATIONS ERRORS KILLERS GUEST.elf... > interface.md
 *
 * One row a (call, sub-operation, answer), with the checks that cover it;
 * where we differ from what the real one was seen to do, and why (DEVIATIONS:
 * `check | there | why`, a line each); and what the sources can answer that no
 * check asks for (ERRORS: `source call...`, a line each: which calls a source
 * belongs to; and why an error of a source has no check, see errors.h). KILLERS
 * says under which mistakes each check was seen to fail (killers.h).
 *
 * It ends with 1, and says why, when a deviation names no check, a check is
 * there twice, or an error of the sources has neither a check nor an excuse.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/host/checks.h"
#include "tests/conformance/host/errors.h"
#include "tests/conformance/host/killers.h"

/** One check of any guest, its id taken apart. */
struct row {
    char call[64], sub[64], answer[64];
    const char *rest; /**< the case */
    const struct check_entry *check;
};

static struct row *rows;
static size_t nr_rows;
static int status;

static void complain(const char *what, const char *which)
{
    fprintf(stderr, "rf-interface: %s: %s\n", which, what);
    status = EXIT_FAILURE;
}

/** The answer as the table shows it: an error's name, 0, or what kind of
 *  value it is. */
static void name_answer(const char *expected, char *answer, size_t bytes)
{
    if (strncmp(expected, "-XEN_E", 6) == 0)
        snprintf(answer, bytes, "-%s", expected + 5);
    else if (strcmp(expected, "0") == 0)
        snprintf(answer, bytes, "0");
    else if (strncmp(expected, "FAULT(", 6) == 0)
        snprintf(answer, bytes, "exception");
    else
        snprintf(answer, bytes, "value, state");
}

static void take(const struct check_entry *check)
{
    struct row *row = &rows[nr_rows++];
    const char *dot = strchr(check->id, '.'), *second;

    memset(row, 0, sizeof *row);
    row->check = check;
    row->rest = dot ? dot + 1 : check->id;
    snprintf(row->call, sizeof row->call, "%.*s",
             (int)(row->rest - check->id - (dot ? 1 : 0)), check->id);
    second = strchr(row->rest, '.');
    if (second) {
        snprintf(row->sub, sizeof row->sub, "%.*s",
                 (int)(second - row->rest), row->rest);
        row->rest = second + 1;
    }
    name_answer(check->expected, row->answer, sizeof row->answer);
}

static void take_guest(const char *path)
{
    struct check_list *list = calloc(1, sizeof *list);
    const char *wrong = list ? checks_read(path, list) : "no memory";

    if (wrong) {
        complain(wrong, path);
        return;
    }
    rows = realloc(rows, (nr_rows + list->nr) * sizeof *rows);
    if (!rows)
        abort();
    for (size_t i = 0; i < list->nr; i++)
        take(&list->check[i]);
}

static int compare(const void *one, const void *other)
{
    const struct row *a = one, *b = other;
    int by = strcmp(a->call, b->call);

    by = by ? by : strcmp(a->sub, b->sub);
    by = by ? by : strcmp(a->answer, b->answer);
    return by ? by : strcmp(a->check->id, b->check->id);
}

static bool same_cell(const struct row *a, const struct row *b)
{
    return strcmp(a->call, b->call) == 0 && strcmp(a->sub, b->sub) == 0 &&
           strcmp(a->answer, b->answer) == 0;
}

static void print_table(void)
{
    for (size_t i = 0; i < nr_rows; i++) {
        const struct row *row = &rows[i], *last = i ? &rows[i - 1] : NULL;

        if (last && strcmp(last->check->id, row->check->id) == 0)
            complain("two checks have this id", row->check->id);
        if (!last || strcmp(last->call, row->call) != 0)
            printf("%s\n## %s\n\n| sub-operation | answer | checks |\n"
                   "|---|---|---|", last ? "\n" : "", row->call);
        if (last && same_cell(last, row))
            printf(", `%s`", row->rest);
        else
            printf("%s| %s | %s | `%s`", "\n", row->sub, row->answer,
                   row->rest);
        if (i + 1 == nr_rows || !same_cell(row, &rows[i + 1]))
            printf(" |");
    }
    printf("\n\n");
}

static const struct row *find(const char *id)
{
    for (size_t i = 0; i < nr_rows; i++)
        if (strcmp(rows[i].check->id, id) == 0)
            return &rows[i];
    return NULL;
}

/** How we know that checks can fail. One that nothing has made fail is the
 *  business of rf-kill's test; the page says how many there are. */
static void print_proof(const char *path)
{
    struct killers killers;
    const char *wrong = killers_read(path, &killers);
    size_t nr = 0;

    if (wrong)
        complain(wrong, path);
    for (size_t i = 0; !wrong && i < nr_rows; i++)
        nr += killers_of(&killers, rows[i].check->id) > 0;
    printf("%zu of them have been seen to fail, too, under at least one of "
           "%zu hypervisors with a mistake in them "
           "(`tests/conformance/killers.txt`): a program finds which checks "
           "each mistake breaks, and each test run makes a part of them "
           "again.\n\n", nr, killers.nr);
}

/** Cut the next field off, blanks around it too. */
static char *field(char **rest)
{
    char *text = strsep(rest, "|\n");

    if (!text)
        return "";
    text += strspn(text, " ");
    for (size_t i = strlen(text); i > 0 && text[i - 1] == ' '; i--)
        text[i - 1] = '\0';
    return text;
}

/** Print an expression in a table: a `|` in it is no border. */
static void print_cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_deviations(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];

    printf("## Where we differ, and why\n\nSeen there: Xen 4.17 running a "
           "32-bit guest, which is a 64-bit hypervisor.\n\n"
           "| check | there | here | why |\n|---|---|---|---|\n");
    if (!file)
        complain("it cannot be read", path);
    while (file && fgets(line, sizeof line, file)) {
        char *rest = line, *id = field(&rest), *there = field(&rest);
        const struct row *row = find(id);

        if (*id == '#' || *id == '\0')
            continue;
        if (!row) {
            complain("a deviation of a check that does not exist", id);
            continue;
        }
        printf("| `%s` | %s | ", id, there);
        print_cell(row->check->expected);
        printf(" | %s |\n", field(&rest));
    }
    if (file)
        fclose(file);
    printf("\n");
}

/** Whether a check of one of these calls expects this error. */
static bool covered(const char *const *calls, size_t nr, const char *error)
{
    for (size_t i = 0; i < nr_rows; i++)
        for (size_t j = 0; j < nr; j++)
            if (strcmp(rows[i].call, calls[j]) == 0 &&
                strcmp(rows[i].answer, error) == 0)
                return true;
    return false;
}

/** The excuses of the list, each of which must be needed and be true as far
 *  as this program can tell. */
static struct error_excuse *excuses;
static size_t nr_excuses;
static bool *excuse_used;

static void read_excuses(const char *path)
{
    const char *wrong = errors_excuses(path, &excuses, &nr_excuses);

    if (wrong)
        complain(wrong, path);
    excuse_used = calloc(nr_excuses + 1, sizeof *excuse_used);
    if (!excuse_used)
        abort();
    for (size_t i = 0; i < nr_excuses; i++)
        if (excuses[i].check && !find(excuses[i].check))
            complain("an error is excused by this check, which does not "
                     "exist", excuses[i].check);
}

static const struct error_excuse *excuse_of(const struct source_errors *e)
{
    for (size_t i = 0; i < nr_excuses; i++) {
        if (strcmp(excuses[i].source, e->source) != 0 ||
            strcmp(excuses[i].function, e->function) != 0 ||
            strcmp(excuses[i].error, e->error) != 0)
            continue;
        excuse_used[i] = true;
        return &excuses[i];
    }
    return NULL;
}

/** Errors that no check expects by name: those with an excuse are a table of
 *  the page; one without is an error of this program. */
static void print_uncovered(const char *path)
{
    struct source_errors *list;
    size_t nr;
    const char *wrong = errors_read(path, &list, &nr);

    printf("## Errors that a guest does not see\n\nWhat a `return` in the "
           "sources names, and no check of the calls that lead there "
           "expects.\n\n| source | function | error | instead |\n"
           "|---|---|---|---|\n");
    if (wrong)
        complain(wrong, path);
    for (size_t i = 0; !wrong && i < nr; i++) {
        const struct source_errors *e = &list[i];
        const struct error_excuse *excuse;

        if (covered(e->call, e->nr_calls, e->error))
            continue;
        excuse = excuse_of(e);
        if (!excuse) {
            fprintf(stderr, "rf-interface: %s: %s() can answer %s, and no "
                    "check asks for it\n", e->source, e->function, e->error);
            status = EXIT_FAILURE;
        } else if (excuse->check) {
            printf("| %s | %s | %s | see `%s` |\n", e->source, e->function,
                   e->error, excuse->check);
        } else {
            printf("| %s | %s | %s | %s |\n", e->source, e->function,
                   e->error, excuse->why);
        }
    }
    for (size_t i = 0; i < nr_excuses; i++)
        if (!excuse_used[i])
            complain("an excuse that is not needed", excuses[i].function);
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fputs("usage: rf-interface DEVIATIONS ERRORS KILLERS GUEST.elf...\n",
              stderr);
        return EXIT_FAILURE;
    }
    for (int i = 4; i < argc; i++)
        take_guest(argv[i]);
    qsort(rows, nr_rows, sizeof *rows, compare);
    printf("# The interface, call by call {#page_interface}\n\n"
           "Made from the conformance suite: %zu checks. Each has been made "
           "under Bochs and on QEMU.\n\n", nr_rows);
    print_proof(argv[3]);
    print_table();
    print_deviations(argv[1]);
    read_excuses(argv[2]);
    print_uncovered(argv[2]);
    return status;
}
