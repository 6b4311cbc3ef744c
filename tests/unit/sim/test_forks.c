/* SPDX-License-Identifier: MIT */
/**
 * @page unit_sim_forks Unit test: reading what a run's children did
 *
 * Property: each child is read as a trace that begins like the run and goes on
 * as the child did; a file that is damaged in any way is refused with a
 * sentence, and whatever the bytes, nothing outside them is read.
 *
 * Method: two files made in host memory; damage in one place at a time; then
 * thousands of random mutations under AddressSanitizer.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event_maker.h"
#include "sim/trace/forks.h"

static struct event_maker events; /* the run's own */
static struct event_maker file;   /* its children's */
static size_t prefix;             /* of both children */

static struct forks *forks;
static struct trace *trace;
static struct sim_error error;
static char events_path[] = "/tmp/unit-forks-events.XXXXXX";
static char forks_path[] = "/tmp/unit-forks.XXXXXX";

/** One child: a jump, and an end that is its number of records later. */
static void add_child(uint64_t icount, unsigned nr_records)
{
    struct forks_child child = { .icount = icount, .nr_boundaries = 7,
                                 .prefix = prefix };
    static struct event_maker own;

    maker_begin(&own);
    maker_record(&own, icount, EVENT_JUMP, 0, NULL, NULL, 0);
    for (unsigned i = 0; i < nr_records; i++)
        maker_record(&own, icount + 1 + i, EVENT_INTERRUPT, 0, NULL, NULL, 0);
    maker_text(&own, icount + 100, EVENT_END, "the end");
    child.bytes = own.length - sizeof(struct event_file);
    maker_append(&file, &child, sizeof(child));
    maker_append(&file, own.bytes + sizeof(struct event_file), child.bytes);
}

static void setup(void)
{
    struct forks_file head = { .magic = FORKS_MAGIC, .version = FORKS_VERSION,
                               .header_bytes = sizeof(struct forks_child),
                               .nr_boundaries = 14, .nr_children = 2,
                               .end = FORKS_ALL };

    maker_begin(&events);
    maker_record(&events, 0, EVENT_START, 0, NULL, NULL, 0);
    maker_record(&events, 50, EVENT_CR_WRITE, 0, NULL, NULL, 0);
    prefix = events.length;
    maker_record(&events, 60, EVENT_CR_WRITE, 0, NULL, NULL, 0);
    maker_text(&events, 90, EVENT_END, "the run's own end");
    file.length = 0;
    maker_append(&file, &head, sizeof(head));
    add_child(55, 1);
    add_child(57, 3);
}

static void write_whole(const char *path, const struct event_maker *maker)
{
    FILE *to = fopen(path, "wb");

    ck_assert(to && fwrite(maker->bytes, 1, maker->length, to) ==
                        maker->length && fclose(to) == 0);
}

static int read_both(void)
{
    write_whole(events_path, &events);
    write_whole(forks_path, &file);
    return forks_read(forks_path, events_path, &forks, &error);
}

static struct forks_file *head_of(void)
{
    return (struct forks_file *)file.bytes;
}

static struct forks_child *first_of(void)
{
    return (struct forks_child *)(file.bytes + sizeof(struct forks_file));
}

START_TEST(children_are_whole_traces)
{
    ck_assert_int_eq(read_both(), 0);
    ck_assert_uint_eq(forks_about(forks)->nr_boundaries, 14);
    ck_assert_ptr_null(forks_nth(forks, 2));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(forks_nth(forks, i)->icount, i ? 57 : 55);
        ck_assert_int_eq(forks_trace(forks, i, &trace, &error), 0);
        /* start, the first write, jump, interrupts, end */
        ck_assert_uint_eq(trace_nr_events(trace), i ? 7 : 5);
        ck_assert_uint_eq(trace_next(trace, NULL, EVENT_JUMP)->icount,
                          i ? 57 : 55);
        ck_assert_str_eq(trace_text(trace_end(trace))->text, "the end");
        trace_close(trace);
    }
    forks_free(forks);
}
END_TEST

static void magic(void) { head_of()->magic[2] ^= 1; }
static void version(void) { head_of()->version++; }
static void header(void) { head_of()->header_bytes--; }
static void no_end(void) { head_of()->end = 0; }
static void many(void) { head_of()->nr_children = 1u << 31; }
static void one_more(void) { head_of()->nr_children++; }
static void one_less(void) { head_of()->nr_children--; }
static void long_child(void) { first_of()->bytes = UINT64_MAX - 7; }
static void odd_child(void) { first_of()->bytes--; }
static void long_prefix(void) { first_of()->prefix = events.length + 8; }
static void odd_prefix(void) { first_of()->prefix -= 4; }
static void short_file(void) { file.length = 20; }
static void cut_file(void) { file.length -= 8; }

/** Damage, and a piece of the sentence that says so. */
static const struct {
    void (*damage)(void);
    const char *says;
} damages[] = {
    { magic, "not a children's file" }, { version, "not a children's file" },
    { header, "not a children's file" }, { no_end, "it has no end" },
    { many, "do not fit" }, { one_more, "child 2 does not fit" },
    { one_less, "more than its children" },
    { long_child, "child 0 does not fit" },
    { odd_child, "child 0 does not fit" },
    { long_prefix, "child 0 does not fit" },
    { odd_prefix, "child 0 does not fit" },
    { short_file, "not a children's file" },
    { cut_file, "child 1 does not fit" },
};

START_TEST(damage_is_refused)
{
    damages[_i].damage();
    ck_assert_int_eq(read_both(), -1);
    ck_assert_ptr_nonnull(strstr(error.text, damages[_i].says));
}
END_TEST

/** The file is good, and a child's history is none. */
START_TEST(a_bad_history_is_refused)
{
    first_of()->prefix -= sizeof(struct event) - 8;
    ck_assert_int_eq(read_both(), 0);
    ck_assert_int_eq(forks_trace(forks, 0, &trace, &error), -1);
    ck_assert_int_eq(forks_trace(forks, 1, &trace, &error), 0);
    trace_close(trace);
    forks_free(forks);
}
END_TEST

START_TEST(no_bytes_do_harm)
{
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        setup();
        for (unsigned i = 0; i < 1 + round % 4; i++)
            file.bytes[(size_t)rand() % file.length] ^= 1u << rand() % 8;
        if (read_both())
            continue;
        for (unsigned i = 0; i < forks_about(forks)->nr_children; i++)
            if (forks_trace(forks, i, &trace, &error) == 0)
                trace_close(trace);
        forks_free(forks);
    }
}
END_TEST

static void make_files(void)
{
    ck_assert_int_ge(mkstemp(events_path), 0);
    ck_assert_int_ge(mkstemp(forks_path), 0);
}

static void remove_files(void)
{
    unlink(events_path);
    unlink(forks_path);
}

static Suite *suite(void)
{
    Suite *s = suite_create("sim/forks");
    TCase *c = tcase_create("forks");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 120);
    tcase_add_unchecked_fixture(c, make_files, remove_files);
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, children_are_whole_traces);
    tcase_add_loop_test(c, damage_is_refused, 0,
                        sizeof(damages) / sizeof(damages[0]));
    tcase_add_test(c, a_bad_history_is_refused);
    tcase_add_test(c, no_bytes_do_harm);
    return s;
}

UNIT_MAIN(suite())
