/* SPDX-License-Identifier: MIT */
/**
 * @page unit_sim_timeline Unit test: timelines
 *
 * Property: what repeats is folded and what does not is kept; filters leave
 * out what they say; the picture is well formed whatever the texts are.
 *
 * Method: traces made in host memory; symbols made up here instead of those
 * that elfutils reads.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "event_maker.h"
#include "sim/trace/describe.h"
#include "sim/trace/svg.h"
#include "sim/trace/timeline.h"

static struct event_maker maker;
static struct trace *trace;
static struct timeline timeline;
static struct timeline_options options;
static struct sim_error error;

/* --- Symbols: one function, in a file whose name XML would not like ------- */

const char *symbols_name(const struct symbols *symbols, uint32_t address,
                         uint32_t *offset)
{
    (void)symbols;
    if (offset)
        *offset = address - 0x1000;
    return address >= 0x1000 && address < 0x2000 ? "function" : NULL;
}

void symbols_describe(const struct symbols *symbols, uint32_t address,
                      char *text, size_t size)
{
    (void)symbols;
    snprintf(text, size, "function+0x%x (a<b>&c.c:1)", address - 0x1000);
}

/* --- Traces --------------------------------------------------------------- */

static void setup(void)
{
    maker_begin(&maker);
    maker_record(&maker, 0, EVENT_START, 0, NULL, NULL, 0);
    memset(&options, 0, sizeof(options));
    options.to = UINT64_MAX;
}

/** End the file, read it and fold it. */
static void fold(uint64_t icount)
{
    maker_text(&maker, icount, EVENT_END, "done");
    ck_assert_msg(maker_open(&maker, false, &trace, &error) == 0, "%s",
                  error.text);
    timeline_make(trace, &options, &timeline);
}

static void release(void)
{
    timeline_free(&timeline);
    trace_close(trace);
}

static void port(uint64_t icount, unsigned kind, uint32_t number,
                 uint32_t value)
{
    const uint32_t a[8] = { number, 1, value };

    maker_record(&maker, icount, kind, 0, a, NULL, 0);
}

static const char *what(size_t row)
{
    static char text[200];

    ck_assert_uint_lt(row, timeline.nr_rows);
    timeline_what(trace, &timeline.row[row], text, sizeof(text));
    return text;
}

/* --- Folding -------------------------------------------------------------- */

START_TEST(test_com1_is_one_row)
{
    const char *c;

    for (c = "hi\n"; *c; c++) {
        port(10, EVENT_PORT_IN, 0x3FD, 0);
        port(10, EVENT_PORT_IN, 0x3FD, 0x20);
        port(10, EVENT_PORT_OUT, 0x3F8, (uint8_t)*c);
    }
    port(20, EVENT_PORT_OUT, 0x20, 0x20);
    fold(30);
    ck_assert_uint_eq(timeline.nr_rows, 4);
    ck_assert_str_eq(what(1), "COM1 \"hi\\n\"");
    ck_assert_uint_eq(timeline.row[1].count, 9);
    ck_assert_str_eq(what(2), "port 0x20 <- 0x20");
    release();
}
END_TEST

START_TEST(test_page_tables_are_one_row)
{
    const uint32_t l1[8] = { 0x5000, 0, 0x1067, 0, 0, 0, 1, PT_BY_RING0 };
    const uint32_t l2[8] = { 0x6000, 0, 0x1067, 0, 0, 0, 2, PT_BY_RING0 };
    const uint32_t page[8] = { FLUSH_INVLPG, 0xC0000000 };
    unsigned i;

    for (i = 0; i < 40; i++) {
        maker_record(&maker, i, EVENT_PT_WRITE, 0, l1, NULL, 0);
        maker_record(&maker, i, EVENT_FLUSH, 0, page, NULL, 0);
    }
    maker_record(&maker, i, EVENT_PT_WRITE, 0, l2, NULL, 0);
    fold(50);
    ck_assert_uint_eq(timeline.nr_rows, 3);
    ck_assert_str_eq(what(1),
                     "1 write to L2, 40 writes to L1, 40 pages flushed");
    release();
}
END_TEST

START_TEST(test_what_is_said_twice)
{
    const uint32_t vector[8] = { 0x82 };
    const uint32_t call[8] = { 18, 0, 5, 0xC0000000 };
    const uint32_t cr3[8] = { 3, 0x1000, 0x2000 };
    const uint32_t flush[8] = { FLUSH_CR3, 0x1000 };

    maker_record(&maker, 1, EVENT_SOFT_INTERRUPT, 1, vector, NULL, 0);
    maker_record(&maker, 1, EVENT_HYPERCALL, 1, call, NULL, 0);
    maker_record(&maker, 2, EVENT_CR_WRITE, 0, cr3, NULL, 0);
    maker_record(&maker, 2, EVENT_FLUSH, 0, flush, NULL, 0);
    fold(3);
    ck_assert_uint_eq(timeline.nr_rows, 4);
    ck_assert_str_eq(what(1), "hypercall console_io(0x0, 0x5, 0xc0000000)");
    ck_assert_str_eq(what(2), "CR3 = 0x00001000 (was 0x00002000)");
    release();
}
END_TEST

/** A loop of three events at three places, `times` times. */
static void loop(unsigned times)
{
    unsigned i, j;

    for (i = 0; i < times; i++) {
        for (j = 0; j < 3; j++) {
            const uint32_t a[8] = { j == 1, j != 1, CAUSE_IRET, 0, i };

            maker_record(&maker, 100 + 10 * i + j, EVENT_RING, j == 1, a,
                         NULL, 0)->eip = 0x1000 + 16 * j;
        }
    }
}

START_TEST(test_cycles)
{
    loop(7);
    fold(500);
    ck_assert_uint_eq(timeline.nr_rows, 5);
    ck_assert_uint_eq(timeline.row[1].cycle, 3);
    ck_assert_uint_eq(timeline.row[1].times, 7);
    ck_assert_uint_eq(timeline.row[1].cycle_end, 162);
    ck_assert_uint_eq(timeline.row[4].first->kind, EVENT_END);
    release();
}
END_TEST

START_TEST(test_twice_is_no_cycle)
{
    loop(2);
    fold(500);
    ck_assert_uint_eq(timeline.nr_rows, 8);
    ck_assert_uint_eq(timeline.row[1].cycle, 0);
    release();
}
END_TEST

/** A call that returns the same each time is folded; one that once returns
 *  something else has a row for that. */
START_TEST(test_results_are_not_folded)
{
    for (unsigned i = 0; i < 9; i++) {
        const uint32_t a[8] = { 29, _i && i == 4 ? (uint32_t)-22 : 0 };

        maker_record(&maker, 100 + i, EVENT_HYPERCALL_RETURN, 1, a, NULL,
                     0)->eip = 0x1000;
    }
    fold(500);
    ck_assert_uint_eq(timeline.nr_rows, _i ? 5 : 3);
    release();
}
END_TEST

/* --- Filters, places ------------------------------------------------------ */

START_TEST(test_filters)
{
    loop(2);
    port(200, EVENT_PORT_OUT, 0x20, 0x20);
    options.kinds = 1u << EVENT_PORT_OUT | 1u << EVENT_END;
    fold(500);
    ck_assert_uint_eq(timeline.nr_rows, 2);
    timeline_free(&timeline);
    options.kinds = 0;
    options.rings = 1u << 1;
    timeline_make(trace, &options, &timeline);
    ck_assert_uint_eq(timeline.nr_rows, 2);
    timeline_free(&timeline);
    options.rings = 0;
    options.from = 110;
    options.to = 200;
    timeline_make(trace, &options, &timeline);
    ck_assert_uint_eq(timeline.nr_rows, 4);
    release();
}
END_TEST

START_TEST(test_where)
{
    struct event event = { .eip = 0x1010, .ring = 1 };
    char where[64];

    options.nr_symbols = 1;
    options.symbols[0].rings = 1u << 0;
    timeline_where(&options, &event, where, sizeof(where));
    ck_assert_str_eq(where, "0x00001010");
    event.ring = 0;
    timeline_where(&options, &event, where, sizeof(where));
    ck_assert_str_eq(where, "function+0x10 (a<b>&c.c:1)");
}
END_TEST

START_TEST(test_kind_names)
{
    unsigned kind;

    for (kind = EVENT_START; kind <= EVENT_JUMP; kind++)
        ck_assert_uint_eq(event_kind_of_name(event_kind_name(kind)), kind);
    ck_assert_uint_eq(event_kind_of_name("nothing"), 0);
    ck_assert_ptr_null(event_kind_name(EVENT_JUMP + 1));
}
END_TEST

/* --- Pictures ------------------------------------------------------------- */

/** Every tag that is opened is closed, and no text has a bare '<' or '&'. */
static void check_svg(const char *svg)
{
    int depth = 0;

    for (; *svg; svg++) {
        if (*svg == '&')
            ck_assert_msg(!strncmp(svg, "&lt;", 4) ||
                              !strncmp(svg, "&gt;", 4) ||
                              !strncmp(svg, "&amp;", 5) ||
                              !strncmp(svg, "&quot;", 6),
                          "a bare ampersand: %.20s", svg);
        if (*svg != '<')
            continue;
        depth += svg[1] == '/' ? -1 : 1;
        ck_assert_int_ge(depth, 0);
        for (svg++; *svg != '>'; svg++)
            ck_assert_msg(*svg && *svg != '<', "a bare <: %.20s", svg);
        if (svg[-1] == '/')
            depth--;
    }
    ck_assert_int_eq(depth, 0);
}

START_TEST(test_picture)
{
    char *svg = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&svg, &size);

    loop(5);
    maker_text(&maker, 300, EVENT_ORACLE, "1 < 2 & \"3\" > 2\n\x01");
    options.nr_symbols = 1;
    options.symbols[0].rings = 0xF;
    fold(500);
    ck_assert_ptr_nonnull(out);
    svg_draw(out, "<title> & more", trace, &options, &timeline);
    fclose(out);
    check_svg(svg);
    ck_assert_ptr_nonnull(strstr(svg, "ring 1"));
    ck_assert_ptr_null(strstr(svg, ">ring 3<"));
    ck_assert_ptr_nonnull(strstr(svg, "\303\2275"));
    ck_assert_ptr_nonnull(strstr(svg, "1 &lt; 2 &amp; &quot;3&quot;"));
    free(svg);
    release();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim/timeline");
    TCase *c = tcase_create("timeline");

    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, test_com1_is_one_row);
    tcase_add_test(c, test_page_tables_are_one_row);
    tcase_add_test(c, test_what_is_said_twice);
    tcase_add_test(c, test_cycles);
    tcase_add_test(c, test_twice_is_no_cycle);
    tcase_add_loop_test(c, test_results_are_not_folded, 0, 2);
    tcase_add_test(c, test_filters);
    tcase_add_test(c, test_where);
    tcase_add_test(c, test_kind_names);
    tcase_add_test(c, test_picture);
    suite_add_tcase(s, c);
    return s;
}

UNIT_MAIN(suite())
