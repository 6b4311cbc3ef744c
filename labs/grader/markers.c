/* SPDX-License-Identifier: MIT */
/**
 * @file markers.c
 * Reading solution markers and cutting starters; the form is in markers.h.
 */
#include "labs/grader/markers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_BODY "//@solution "
#define OPEN_HELPER "//@solution-helper "
#define CLOSE "//@end"
#define ANY "//@"

/** Where the reading of one file is. */
struct cutter {
    const char *path;
    struct markers *found;
    struct text out;
    char **problem;
    unsigned line;
    bool inside;
    bool in_comment;         /**< within the marked body, for counting */
    struct marked now;
    struct text replacement; /**< lines of the starter's body */
    const char *first, *last; /**< first and last line inside, for the body's
                                   braces */
    size_t first_size, last_size;
};

static bool wrong(struct cutter *c, unsigned line, const char *what)
{
    *c->problem = must_format("%s:%u: %s", c->path, line, what);
    return false;
}

/** The text after `prefix` when the line, indentation apart, starts so. */
static const char *after(const char *line, size_t size, const char *prefix)
{
    while (size && (*line == ' ' || *line == '\t'))
        line++, size--;
    return size >= strlen(prefix) && !strncmp(line, prefix, strlen(prefix))
               ? line + strlen(prefix)
               : NULL;
}

/** One statement a line, indented. */
static void add_statements(struct text *to, const char *from, const char *end)
{
    int depth = 0;
    char quote = 0;
    const char *start = from;

    for (const char *at = from; at <= end; at++) {
        char now = at < end ? *at : ';';

        if (quote) {
            quote = now == quote && at[-1] != '\\' ? 0 : quote;
        } else if (now == '"' || now == '\'') {
            quote = now;
        } else if (now == '(' || now == '{') {
            depth++;
        } else if (now == ')' || now == '}') {
            depth--;
        }
        if (at < end && (now != ';' || depth || quote))
            continue;
        while (start < at && isspace((unsigned char)*start))
            start++;
        if (start < at)
            text_add(to, "    %.*s%s\n", (int)(at - start), start,
                     at < end ? ";" : "");
        start = at + 1;
    }
}

/** `1.1 -- return 0;` or `1.1`: the exercise, then the starter's body. */
static bool open_marker(struct cutter *c, const char *rest, const char *end,
                        bool helper)
{
    const char *id = rest;
    size_t size = 0;

    if (c->inside)
        return wrong(c, c->line, "a marker opens inside another one");
    while (id + size < end && (isdigit((unsigned char)id[size]) ||
                               id[size] == '.'))
        size++;
    if (!size || size >= sizeof c->now.exercise)
        return wrong(c, c->line, "the marker names no exercise");
    c->now = (struct marked){ .helper = helper, .line = c->line };
    memcpy(c->now.exercise, id, size);
    rest += size;
    while (rest < end && isspace((unsigned char)*rest))
        rest++;
    text_free(&c->replacement);
    if (helper && rest < end)
        return wrong(c, c->line, "a helper has nothing to replace it");
    if (!helper && (end - rest < 2 || strncmp(rest, "--", 2)))
        return wrong(c, c->line,
                     "the marker lacks \"--\" and the starter's body");
    if (!helper)
        add_statements(&c->replacement, rest + 2, end);
    c->inside = true;
    c->in_comment = false;
    c->first = c->last = NULL;
    return true;
}

/** Take the comment that ends the output, and blank lines before it, away:
 *  it describes a helper that is gone. */
static void drop_comment(struct text *out)
{
    char *open;

    if (out->size < 3 || strcmp(out->data + out->size - 3, "*/\n"))
        return;
    for (open = out->data + out->size - 3; open > out->data; open--)
        if (open[0] == '/' && open[1] == '*' && open[-1] == '\n')
            break;
    out->size = (size_t)(open - out->data);
    while (out->size >= 2 && out->data[out->size - 1] == '\n' &&
           out->data[out->size - 2] == '\n')
        out->size--;
    out->data[out->size] = 0;
}

static bool is_line(const char *line, size_t size, char brace)
{
    return line && size == 1 && *line == brace;
}

static bool close_marker(struct cutter *c)
{
    if (!c->inside)
        return wrong(c, c->line, "//@end closes nothing");
    c->inside = false;
    c->now.last_line = c->line;
    if (!c->now.helper && (!is_line(c->first, c->first_size, '{') ||
                           !is_line(c->last, c->last_size, '}')))
        return wrong(c, c->now.line,
                     "a marked body begins with the line \"{\" and ends with "
                     "the line \"}\": whole functions only");
    if (c->found) {
        if (c->found->nr == MARKERS_MAX)
            return wrong(c, c->line, "more markers than the grader takes");
        c->found->marked[c->found->nr++] = c->now;
    }
    if (c->now.helper)
        drop_comment(&c->out);
    else
        text_add(&c->out, "{\n    /* Exercise %s: your code. */\n%s}\n",
                 c->now.exercise,
                 c->replacement.data ? c->replacement.data : "");
    return true;
}

/** Has the line anything but blanks, comments and a lone outermost brace? */
static bool is_code(struct cutter *c, const char *line, size_t size)
{
    bool code = false;

    for (size_t i = 0; i < size; i++) {
        bool pair = i + 1 < size;

        if (c->in_comment) {
            if (pair && line[i] == '*' && line[i + 1] == '/') {
                c->in_comment = false;
                i++;
            }
        } else if (pair && line[i] == '/' && line[i + 1] == '*') {
            c->in_comment = true;
            i++;
        } else if (pair && line[i] == '/' && line[i + 1] == '/') {
            break;
        } else if (!isspace((unsigned char)line[i])) {
            code = true;
        }
    }
    return code && !is_line(line, size, '{') && !is_line(line, size, '}');
}

static bool take_line(struct cutter *c, const char *line, size_t size)
{
    const char *rest;

    c->line++;
    if ((rest = after(line, size, OPEN_BODY)))
        return open_marker(c, rest, line + size, false);
    if ((rest = after(line, size, OPEN_HELPER)))
        return open_marker(c, rest, line + size, true);
    if (after(line, size, ANY)) {
        rest = after(line, size, CLOSE);
        if (!rest || rest != line + size)
            return wrong(c, c->line, "this is no marker that there is");
        return close_marker(c);
    }
    if (!c->inside) {
        text_add_bytes(&c->out, line, size);
        text_add(&c->out, "\n");
        return true;
    }
    if (!c->first) {
        c->first = line;
        c->first_size = size;
    }
    c->last = line;
    c->last_size = size;
    c->now.code_lines += is_code(c, line, size);
    return true;
}

static bool take_lines(struct cutter *c, const char *source)
{
    while (*source) {
        size_t size = strcspn(source, "\n");

        if (!take_line(c, source, size))
            return false;
        source += size + (source[size] == '\n');
    }
    if (c->inside)
        return wrong(c, c->now.line, "this marker is never closed");
    return true;
}

bool markers_read(const char *path, const char *source,
                  struct markers *found, struct text *starter, char **problem)
{
    struct cutter c = { .path = path, .found = found, .problem = problem };
    bool good;

    if (found)
        found->nr = 0;
    *problem = NULL;
    good = take_lines(&c, source);
    if (good && starter && c.out.size)
        text_add_bytes(starter, c.out.data, c.out.size);
    text_free(&c.out);
    text_free(&c.replacement);
    return good;
}
