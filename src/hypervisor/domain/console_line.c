/* SPDX-License-Identifier: MIT */
/**
 * @file console_line.c
 * One serial line, several domains that write to it.
 *
 * While a domain is the only one, its text goes out as it is, byte by byte:
 * it may be a prompt, or a cursor's movement. From the second domain on, whole
 * lines go out, and each says whose it is:
 *
 *     (d2) Goodbye.
 *
 * A line that does not end within CONSOLE_LINE_BYTES goes out in pieces.
 */
#include "console_line.h"

#include "console.h"
#include "domain.h"
#include "lib.h"

/** Write out what there is of a line, as a line. */
static void put_line(struct domain *d)
{
    struct console_line *line = &d->console_line;
    char name[16];
    int length = format(name, sizeof(name), "(d%u) ", d->id);

    console_write(name, (size_t)length);
    console_write(line->text, line->used);
    console_write("\n", 1);
    line->used = 0;
}

/**
 * Write a domain's text to the console.
 *
 * @param d      Whose.
 * @param text   Any bytes.
 * @param bytes  How many; what it takes to write them is the caller's to
 *               bound.
 * @context{entry}
 */
void console_line_write(struct domain *d, const char *text, size_t bytes)
{
    struct console_line *line = &d->console_line;

    if (!line->told_apart) {
        console_write(text, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n') {
            put_line(d);
            continue;
        }
        if (line->used == sizeof(line->text))
            put_line(d);
        line->text[line->used++] = text[i];
    }
}

/**
 * Write out a line that the domain will not end any more.
 *
 * @param d  A domain that has ended.
 * @context{exit}
 */
void console_line_end(struct domain *d)
{
    if (d->console_line.used != 0)
        put_line(d);
}
