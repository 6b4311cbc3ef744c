/* SPDX-License-Identifier: MIT */
/**
 * @page unit_sim_reader Unit test: reading an event file
 *
 * Property: a well-formed file is read as it was written; a file that is
 * damaged in any way is refused with a sentence (or, where only its end is
 * missing and the caller agrees, read up to there); whatever the bytes, no
 * question reads outside the file.
 *
 * Method: files made in host memory, damaged in one place at a time; then
 * thousands of random mutations under AddressSanitizer, with every question
 * asked of those that are accepted.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "event_maker.h"

static struct event_maker maker;

static struct trace *trace;
static struct sim_error error;

/** A mark with two snaps, of 5 bytes and of none. */
static void mark(uint64_t icount, const char *name)
{
    struct {
        struct event_mark mark;
        struct event_snap first;
        uint8_t bytes[8];
        struct event_snap second;
    } payload = {
        .first = { .index = 0, .address = 0x1000, .len = 5, .valid = 3 },
        .bytes = { 1, 2, 3 },
        .second = { .index = 1, .address = 0x2000 },
    };
    const uint32_t a[8] = { 0, 1, 2 };

    snprintf(payload.mark.name, sizeof(payload.mark.name), "%s", name);
    payload.mark.registers.eax = 0xEA000000u + (uint32_t)icount;
    maker_record(&maker, icount, EVENT_MARK, 1, a, &payload, sizeof(payload));
}

/** A whole file, used by most tests. */
static void setup(void)
{
    const uint32_t to1[8] = { 0, 1, CAUSE_IRET };
    const uint32_t to0[8] = { 1, 0, CAUSE_EXCEPTION, 14 };

    maker_begin(&maker);
    maker_record(&maker, 0, EVENT_START, 0, NULL, NULL, 0);
    maker_record(&maker, 100, EVENT_CR_WRITE, 0, NULL, NULL, 0);
    maker_record(&maker, 200, EVENT_RING, 1, to1, NULL, 0);
    mark(210, "here");
    maker_record(&maker, 220, EVENT_EXCEPTION, 1, NULL, NULL, 0);
    maker_record(&maker, 221, EVENT_RING, 0, to0, NULL, 0);
    mark(250, "there");
    mark(250, "here");
    maker_text(&maker, 260, EVENT_ORACLE, "something is broken");
    maker_text(&maker, 300, EVENT_END, "done");
}

static int open_bytes(bool partial)
{
    return maker_open(&maker, partial, &trace, &error);
}

static void must_open(void)
{
    ck_assert_msg(open_bytes(false) == 0, "%s", error.text);
}

/** The sentence must say this. */
static void expect_refusal(bool partial, const char *what)
{
    ck_assert_int_eq(open_bytes(partial), -1);
    ck_assert_msg(strstr(error.text, what), "\"%s\" does not say \"%s\"",
                  error.text, what);
}

static struct event *record_at(size_t at)
{
    return (struct event *)(maker.bytes + at);
}

/* --- Questions ------------------------------------------------------------ */

START_TEST(test_reads_in_order)
{
    must_open();
    ck_assert_uint_eq(trace_nr_events(trace), 10);
    ck_assert_uint_eq(trace_event(trace, 0)->kind, EVENT_START);
    ck_assert_uint_eq(trace_event(trace, 4)->kind, EVENT_EXCEPTION);
    ck_assert_ptr_null(trace_event(trace, 10));
    ck_assert_uint_eq(trace_index(trace, trace_event(trace, 7)), 7);
    ck_assert_ptr_eq(trace_end(trace), trace_event(trace, 9));
    trace_close(trace);
}
END_TEST

START_TEST(test_by_kind_and_ring)
{
    const struct event *ring;

    must_open();
    ring = trace_next(trace, NULL, EVENT_RING);
    ck_assert_uint_eq(ring->icount, 200);
    ring = trace_next(trace, ring, EVENT_RING);
    ck_assert_uint_eq(ring->icount, 221);
    ck_assert_ptr_null(trace_next(trace, ring, EVENT_RING));
    ck_assert_uint_eq(trace_previous(trace, ring, EVENT_RING)->icount, 200);
    ck_assert_uint_eq(trace_previous(trace, NULL, EVENT_RING)->icount, 221);
    ck_assert_ptr_null(trace_previous(trace, ring, EVENT_END));
    ck_assert_uint_eq(trace_next_in_ring(trace, NULL, 1)->icount, 200);
    ck_assert_uint_eq(trace_next_in_ring(trace, ring, 1)->icount, 250);
    ck_assert_ptr_null(trace_next_in_ring(trace, NULL, 3));
    trace_close(trace);
}
END_TEST

START_TEST(test_by_instruction_count)
{
    must_open();
    ck_assert_uint_eq(trace_at(trace, 101)->icount, 200);
    ck_assert_uint_eq(trace_at(trace, 250)->kind, EVENT_MARK);
    ck_assert_ptr_null(trace_at(trace, 301));
    ck_assert_ptr_null(trace_last_ring_change(trace, 199));
    ck_assert_uint_eq(trace_last_ring_change(trace, 200)->icount, 200);
    ck_assert_uint_eq(trace_last_ring_change(trace, 220)->icount, 200);
    ck_assert_uint_eq(trace_last_ring_change(trace, UINT64_MAX)->icount, 221);
    trace_close(trace);
}
END_TEST

START_TEST(test_marks_and_snaps)
{
    const struct event *event;
    const struct event_snap *snap;
    const uint8_t *snapped;

    must_open();
    ck_assert_uint_eq(trace_nr_marks(trace, "here"), 2);
    ck_assert_uint_eq(trace_nr_marks(trace, "nowhere"), 0);
    event = trace_find_mark(trace, "here", 1);
    ck_assert_uint_eq(event->icount, 250);
    ck_assert_uint_eq(trace_mark(event)->registers.eax, 0xEA000000u + 250);
    ck_assert_ptr_null(trace_find_mark(trace, "here", 2));
    snap = trace_snap(event, 0, &snapped);
    ck_assert_uint_eq(snap->valid, 3);
    ck_assert_mem_eq(snapped, "\1\2\3\0\0", 5);
    snap = trace_snap(event, 1, &snapped);
    ck_assert_uint_eq(snap->address, 0x2000);
    ck_assert_ptr_null(trace_snap(event, 2, &snapped));
    ck_assert_ptr_null(trace_mark(trace_event(trace, 0)));
    ck_assert_str_eq(trace_text(trace_event(trace, 8))->text,
                     "something is broken");
    ck_assert_ptr_null(trace_text(event));
    trace_close(trace);
}
END_TEST

/* --- Damage --------------------------------------------------------------- */

START_TEST(test_damaged_file_header)
{
    maker.bytes[0] ^= 1;
    expect_refusal(true, "not an event file");
    setup();
    maker.bytes[8]++;
    expect_refusal(true, "version");
    setup();
    maker.bytes[12]++;
    expect_refusal(true, "headers");
    maker.length = 15;
    expect_refusal(true, "too few");
    maker.length = 16;
    setup();
    maker.length = 16;
    expect_refusal(true, "no record");
    maker.length = 0;
    expect_refusal(true, "empty");
}
END_TEST

START_TEST(test_cut_short)
{
    size_t whole = maker.length, cut;

    for (cut = 1; cut <= whole - maker.last; cut++) {
        maker.length = whole - cut;
        expect_refusal(false, cut == whole - maker.last ? "no end record"
                                                  : "cut short");
        ck_assert_int_eq(open_bytes(true), 0);
        ck_assert_uint_eq(trace_nr_events(trace), 9);
        ck_assert_ptr_null(trace_end(trace));
        trace_close(trace);
    }
}
END_TEST

START_TEST(test_damaged_order)
{
    record_at(16)->kind = EVENT_HALT;
    expect_refusal(true, "not a start record");
    setup();
    record_at(16 + 64)->kind = EVENT_START;
    expect_refusal(true, "second start");
    setup();
    record_at(16 + 128)->icount = 99;
    expect_refusal(true, "falls");
    setup();
    maker_record(&maker, 400, EVENT_HALT, 0, NULL, NULL, 0);
    expect_refusal(true, "after the end");
}
END_TEST

START_TEST(test_damaged_payloads)
{
    struct event *event = record_at(16 + 3 * 64); /* the first mark */
    struct event_mark *name = (struct event_mark *)(event + 1);
    struct event_snap *snap = (struct event_snap *)(name + 1);

    ck_assert_uint_eq(event->kind, EVENT_MARK);
    event->payload_len = 0xFFFFFFFF; /* its padding would wrap */
    expect_refusal(false, "cut short");
    setup();
    memset(name->name, 'x', sizeof(name->name));
    expect_refusal(true, "payload");
    setup();
    event->a[2] = 3; /* one snap more than there is */
    expect_refusal(true, "payload");
    setup();
    snap->len = 0xFFFFFFF9; /* its padding would wrap */
    expect_refusal(true, "payload");
    setup();
    snap->valid = 6;
    expect_refusal(true, "payload");
    setup();
    record_at(maker.last)->payload_len--; /* the sentence's zero */
    expect_refusal(true, "payload");
}
END_TEST

/** Ask everything, and touch every byte that an answer offers. */
static unsigned ask_everything(void)
{
    unsigned sum = 0;
    size_t i, j;

    for (i = 0; i < trace_nr_events(trace); i++) {
        const struct event *event = trace_event(trace, i);
        const struct event_text *text = trace_text(event);
        const struct event_mark *marked = trace_mark(event);
        const struct event_snap *snap;
        const uint8_t *snapped;

        for (j = 0; j < event->payload_len; j++)
            sum += ((const uint8_t *)trace_payload(event))[j];
        if (text)
            sum += (unsigned)(strlen(text->text) + strlen(text->name));
        for (j = 0; marked && (snap = trace_snap(event, j, &snapped)); j++)
            sum += snap->len ? snapped[snap->len - 1] : 1;
        if (marked)
            sum += (unsigned)trace_nr_marks(trace, marked->name);
        sum += trace_next(trace, event, EVENT_RING) != NULL;
        sum += trace_last_ring_change(trace, event->icount) != NULL;
    }
    return sum;
}

START_TEST(test_mutations)
{
    uint32_t state = 0xACE;
    unsigned round, accepted = 0, sum = 0, i;

    for (round = 0; round < 20000; round++) {
        setup();
        for (i = 0; i < 1 + round % 4; i++)
            maker.bytes[unit_random(&state) % maker.length] =
                (uint8_t)unit_random(&state);
        if (round % 5 == 0)
            maker.length = unit_random(&state) % maker.length;
        if (open_bytes(round % 2) == 0) {
            accepted++;
            sum += ask_everything();
            trace_close(trace);
        } else {
            ck_assert_uint_gt(strlen(error.text), 10);
        }
    }
    ck_assert_uint_gt(accepted, 1000);
    ck_assert_uint_gt(sum, 0);
}
END_TEST

START_TEST(test_no_file)
{
    ck_assert_int_eq(trace_open("/nowhere", true, &trace, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "/nowhere"));
    ck_assert_int_eq(trace_open("/proc/self", true, &trace, &error), -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim/reader");
    TCase *c = tcase_create("reader");

    tcase_add_checked_fixture(c, setup, NULL);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_reads_in_order);
    tcase_add_test(c, test_by_kind_and_ring);
    tcase_add_test(c, test_by_instruction_count);
    tcase_add_test(c, test_marks_and_snaps);
    tcase_add_test(c, test_damaged_file_header);
    tcase_add_test(c, test_cut_short);
    tcase_add_test(c, test_damaged_order);
    tcase_add_test(c, test_damaged_payloads);
    tcase_add_test(c, test_mutations);
    tcase_add_test(c, test_no_file);
    suite_add_tcase(s, c);
    return s;
}

UNIT_MAIN(suite())
