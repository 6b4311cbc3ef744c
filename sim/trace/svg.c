/* SPDX-License-Identifier: MIT */
/**
 * @file svg.c
 * See svg.h. First every row gets a place (a line of the picture and a
 * distance from its left), then the picture is written from back to front:
 * lanes, cycles, the stepped line, marks, labels.
 */
#include "sim/trace/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/trace/describe.h"

/* In pixels. */
#define WIDTH 1600.0
#define LEFT 70.0
#define RIGHT 110.0 /* the last labels lean out of the line */
#define TOP 92.0    /* title and legend */
#define LABELS 215.0
#define LANE 30.0
#define AXIS 40.0
#define MIN_STEP 19.0
#define LOG_STEP 9.0
#define TICK_DISTANCE 84.0

#define LABEL_CHARACTERS 40
#define NR_RINGS 4u

/** Where a row is drawn. */
struct spot {
    unsigned line;
    double x;
};

/** A picture in the making. */
struct drawing {
    FILE *out;
    const struct trace *trace;
    const struct timeline_options *options;
    const struct timeline_row *row;
    size_t nr_rows;
    struct spot *spot;
    unsigned nr_lines;
    unsigned nr_lanes;
    unsigned lane[NR_RINGS]; /**< of each ring, counted from the top */
    bool used[NR_RINGS];
};

/** How a kind of event is drawn. */
struct style {
    const char *name; /**< in the legend */
    const char *colour;
    double radius;
};

enum style_index {
    STYLE_EXCEPTION,
    STYLE_INTERRUPT,
    STYLE_HYPERCALL,
    STYLE_RING,
    STYLE_CONTROL,
    STYLE_PAGING,
    STYLE_DEVICE,
    STYLE_MARK,
    STYLE_BROKEN,
    STYLE_END,
    NR_STYLES,
};

static const struct style styles[NR_STYLES] = {
    [STYLE_EXCEPTION] = { "exception", "#c62828", 4.5 },
    [STYLE_INTERRUPT] = { "interrupt", "#ef6c00", 4.5 },
    [STYLE_HYPERCALL] = { "hypercall, return", "#1565c0", 4.5 },
    [STYLE_RING] = { "change of ring", "#37474f", 2.5 },
    [STYLE_CONTROL] = { "control registers, tables", "#6a1b9a", 4.5 },
    [STYLE_PAGING] = { "page tables, TLB", "#b8860b", 4.0 },
    [STYLE_DEVICE] = { "ports, halt", "#795548", 3.5 },
    [STYLE_MARK] = { "mark of a trusted guest", "#2e7d32", 5.0 },
    [STYLE_BROKEN] = { "oracle broken", "#ff1744", 8.0 },
    [STYLE_END] = { "start, end", "#000000", 5.0 },
};

static enum style_index style_of(const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_EXCEPTION:
        return STYLE_EXCEPTION;
    case EVENT_INTERRUPT:
    case EVENT_SOFT_INTERRUPT:
        return STYLE_INTERRUPT;
    case EVENT_HYPERCALL:
    case EVENT_HYPERCALL_RETURN:
        return STYLE_HYPERCALL;
    case EVENT_RING:
        return STYLE_RING;
    case EVENT_CR_WRITE:
    case EVENT_MSR_WRITE:
    case EVENT_TABLE_LOAD:
        return STYLE_CONTROL;
    case EVENT_FLUSH:
    case EVENT_PT_WRITE:
        return STYLE_PAGING;
    case EVENT_PORT_OUT:
    case EVENT_PORT_IN:
    case EVENT_HALT:
        return STYLE_DEVICE;
    case EVENT_MARK:
        return STYLE_MARK;
    case EVENT_ORACLE:
    case EVENT_TEXT_CHANGED:
        return STYLE_BROKEN;
    case EVENT_START:
    case EVENT_END:
    case EVENT_JUMP:
        return STYLE_END;
    }
    return STYLE_DEVICE;
}

/* --- Places --------------------------------------------------------------- */

static unsigned ring_of(const struct timeline_row *row)
{
    return row->last->ring & 3u;
}

/** Give every row a place, and every ring that occurs a lane. */
static void place_rows(struct drawing *d)
{
    double x = LEFT + MIN_STEP;
    uint64_t last = 0;
    unsigned line = 0, ring;
    size_t i;

    for (i = 0; i < d->nr_rows; i++) {
        const struct timeline_row *row = &d->row[i];
        double step = LOG_STEP * log2(1.0 + (double)(row->first->icount -
                                                     last));

        if (i)
            x += step > MIN_STEP ? step : MIN_STEP;
        if (x > WIDTH - RIGHT) {
            line++;
            x = LEFT + MIN_STEP;
        }
        d->spot[i] = (struct spot){ line, x };
        d->used[ring_of(row)] = true;
        last = row->first->icount;
    }
    d->nr_lines = d->nr_rows ? line + 1 : 0;
    d->used[0] = true;
    for (ring = NR_RINGS; ring-- > 0;)
        if (d->used[ring])
            d->lane[ring] = d->nr_lanes++;
}

static double line_height(const struct drawing *d)
{
    return LABELS + d->nr_lanes * LANE + AXIS;
}

/** The top of a line's lanes. */
static double lanes_top(const struct drawing *d, unsigned line)
{
    return TOP + line * line_height(d) + LABELS;
}

static double lane_y(const struct drawing *d, unsigned line, unsigned ring)
{
    return lanes_top(d, line) + (d->lane[ring] + 0.5) * LANE;
}

/* --- Writing -------------------------------------------------------------- */

/** Text as XML wants it; longer than `limit` characters is cut. */
static void write_text(FILE *out, const char *text, size_t limit)
{
    size_t i;

    for (i = 0; text[i] && i < limit; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else
            fputc(c < ' ' || c > '~' ? '?' : c, out);
    }
    if (text[i])
        fputs("...", out);
}

/** 1,234,567 */
static void write_count(FILE *out, uint64_t count)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count), i;

    for (i = 0; i < length; i++) {
        fputc(digits[i], out);
        if ((length - i) % 3 == 1 && i + 1 < length)
            fputc(',', out);
    }
}

static void write_head(const struct drawing *d, const char *title,
                       size_t left_out)
{
    double height = TOP + d->nr_lines * line_height(d) + 10;
    double x = LEFT;
    unsigned i;

    fprintf(d->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
            "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
            "font-family=\"DejaVu Sans, Helvetica, sans-serif\" "
            "font-size=\"11\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
            "<text x=\"%.0f\" y=\"26\" font-size=\"17\" "
            "font-weight=\"bold\">",
            WIDTH, height, WIDTH, height, LEFT);
    write_text(d->out, title, 160);
    fprintf(d->out, "</text>\n<text x=\"%.0f\" y=\"46\" fill=\"#555\">"
            "Left to right: instructions executed, logarithmic between "
            "events. Point at a mark for all of its text.", LEFT);
    if (left_out)
        fprintf(d->out, " %zu more rows are not drawn: choose by FROM=, "
                "TO=, KIND=, RING=.", left_out);
    fputs("</text>\n", d->out);
    for (i = 0; i < NR_STYLES; i++) {
        fprintf(d->out, "<circle cx=\"%.1f\" cy=\"66\" r=\"%.1f\" "
                "fill=\"%s\"/><text x=\"%.1f\" y=\"70\">%s</text>\n", x,
                styles[i].radius, styles[i].colour, x + 11, styles[i].name);
        x += 32 + 6.4 * (double)strlen(styles[i].name);
    }
}

/** Lanes with the names of the rings. */
static void write_lanes(const struct drawing *d, unsigned line)
{
    unsigned ring;

    for (ring = 0; ring < NR_RINGS; ring++) {
        if (!d->used[ring])
            continue;
        fprintf(d->out,
                "<rect x=\"%.0f\" y=\"%.1f\" width=\"%.0f\" "
                "height=\"%.0f\" fill=\"%s\"/>"
                "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\" "
                "font-weight=\"bold\">ring %u</text>\n",
                LEFT, lane_y(d, line, ring) - LANE / 2, WIDTH - LEFT - 20,
                LANE, d->lane[ring] % 2 ? "#f4f6f8" : "#e8edf1", LEFT - 8,
                lane_y(d, line, ring) + 4, ring);
    }
}

/** A band behind the rows of a cycle, and how often it comes. */
static void write_cycle(const struct drawing *d, size_t first)
{
    const struct timeline_row *row = &d->row[first];
    size_t last = first + row->cycle - 1, i = first;

    if (last >= d->nr_rows)
        last = d->nr_rows - 1;
    while (i <= last) {
        unsigned line = d->spot[i].line;
        double from = d->spot[i].x - 8, to;

        while (i < last && d->spot[i + 1].line == line)
            i++;
        to = d->spot[i].x + 8;
        fprintf(d->out,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"%.1f\" fill=\"#ffd54f\" fill-opacity=\"0.45\">"
                "<title>%u times, to instruction ",
                from, lanes_top(d, line), to - from, d->nr_lanes * LANE,
                row->times);
        write_count(d->out, row->cycle_end);
        fprintf(d->out, "</title></rect><text x=\"%.1f\" y=\"%.1f\" "
                "fill=\"#8d6e00\" font-weight=\"bold\">\303\227%u</text>\n",
                from + 2, lanes_top(d, line) + d->nr_lanes * LANE - 3,
                row->times);
        i++;
    }
}

/** The stepped line through one line of the picture. */
static void write_steps(const struct drawing *d, unsigned line)
{
    bool begun = false;
    unsigned ring = 0;
    size_t i;

    for (i = 0; i < d->nr_rows; i++) {
        if (i)
            ring = ring_of(&d->row[i - 1]);
        if (d->spot[i].line != line)
            continue;
        if (!begun)
            fprintf(d->out, "<path fill=\"none\" stroke=\"#37474f\" "
                    "stroke-width=\"2\" d=\"M%.0f %.1f", LEFT,
                    lane_y(d, line, ring));
        begun = true;
        fprintf(d->out, "H%.1fV%.1f", d->spot[i].x,
                lane_y(d, line, ring_of(&d->row[i])));
        if (i + 1 < d->nr_rows && d->spot[i + 1].line != line)
            fprintf(d->out, "H%.0f", WIDTH - 20);
    }
    if (begun)
        fputs("\"/>\n", d->out);
}

/** A change of ring needs no label when the event before it is its cause. */
static bool has_label(const struct drawing *d, size_t i)
{
    const struct event *before = i ? d->row[i - 1].last : NULL;

    if (d->row[i].first->kind != EVENT_RING || !before)
        return true;
    return before->kind != EVENT_EXCEPTION &&
           before->kind != EVENT_INTERRUPT &&
           before->kind != EVENT_SOFT_INTERRUPT &&
           before->kind != EVENT_HYPERCALL;
}

/** One event: its mark, its label and all that there is to say. */
static void write_event(const struct drawing *d, size_t i)
{
    const struct timeline_row *row = &d->row[i];
    const struct style *style = &styles[style_of(row->first)];
    double x = d->spot[i].x;
    double y = lane_y(d, d->spot[i].line, ring_of(row));
    double top = lanes_top(d, d->spot[i].line);
    char what[160], where[160];

    timeline_what(d->trace, row, what, sizeof(what));
    timeline_where(d->options, row->first, where, sizeof(where));
    fputs("<g><title>instruction ", d->out);
    write_count(d->out, row->first->icount);
    fputs(": ", d->out);
    write_text(d->out, what, sizeof(what));
    fputs(", in ", d->out);
    write_text(d->out, where, sizeof(where));
    fputs("</title>", d->out);
    if (has_label(d, i)) {
        fprintf(d->out,
                "<path stroke=\"%s\" stroke-opacity=\"0.35\" "
                "d=\"M%.1f %.1fV%.1f\"/>"
                "<text transform=\"translate(%.1f %.1f) rotate(-52)\" "
                "fill=\"%s\">",
                style->colour, x, y, top - 2, x + 3, top - 4, style->colour);
        write_text(d->out, what, LABEL_CHARACTERS);
        fputs("</text>", d->out);
    }
    fprintf(d->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" "
            "fill=\"%s\"/></g>\n", x, y, style->radius, style->colour);
}

/** Instruction counts, wherever there is room for one. */
static void write_axis(const struct drawing *d, unsigned line)
{
    double next = 0, y = lanes_top(d, line) + d->nr_lanes * LANE;
    size_t i;

    for (i = 0; i < d->nr_rows; i++) {
        if (d->spot[i].line != line || d->spot[i].x < next)
            continue;
        fprintf(d->out, "<path stroke=\"#888\" d=\"M%.1f %.1fv6\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" "
                "fill=\"#555\">", d->spot[i].x, y, d->spot[i].x, y + 18);
        write_count(d->out, d->row[i].first->icount);
        fputs("</text>\n", d->out);
        next = d->spot[i].x + TICK_DISTANCE;
    }
}

void svg_draw(FILE *out, const char *title, const struct trace *trace,
              const struct timeline_options *options,
              const struct timeline *timeline)
{
    struct drawing d = {
        .out = out,
        .trace = trace,
        .options = options,
        .row = timeline->row,
        .nr_rows = timeline->nr_rows < SVG_MAX_ROWS ? timeline->nr_rows
                                                    : SVG_MAX_ROWS,
    };
    unsigned line;
    size_t i;

    d.spot = calloc(d.nr_rows + 1, sizeof(*d.spot));
    if (!d.spot)
        abort();
    place_rows(&d);
    write_head(&d, title, timeline->nr_rows - d.nr_rows);
    for (line = 0; line < d.nr_lines; line++)
        write_lanes(&d, line);
    for (i = 0; i < d.nr_rows; i++)
        if (d.row[i].cycle)
            write_cycle(&d, i);
    for (line = 0; line < d.nr_lines; line++) {
        write_steps(&d, line);
        write_axis(&d, line);
    }
    for (i = 0; i < d.nr_rows; i++)
        write_event(&d, i);
    fputs("</svg>\n", out);
    free(d.spot);
}
