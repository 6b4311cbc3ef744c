/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_console_ring Unit test: the hypervisor's end of a console
 *
 * Property: what a guest puts into its ring is written once and in order, a
 * bounded piece at a time, and what is typed comes out of the other one;
 * indices that cannot be are refused and change nothing; the page stays a
 * writable frame whatever the guest does.
 *
 * Method: a domain in a made-up machine, whose console page the test writes
 * as a guest would.
 */
#include "unit.h"

#include <string.h>

#include <xen/io/console.h>

#include "../memory/fake_frames.h"
#include "console.h"
#include "fake_console.h"

#define PORT 7u

static struct domain *d;
static mfn_t page;
static struct xencons_interface *ring;
static unsigned nr_raised;

void event_raise(struct domain *to, uint32_t port)
{
    ck_assert_ptr_eq(to, d);
    ck_assert_uint_eq(port, PORT);
    nr_raised++;
}

_Noreturn void machine_end(enum machine_exit how)
{
    ck_abort_msg("the machine ended with %d", (int)how);
}

void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "eip %x\n", frame->eip);
}

static void start(void)
{
    fake_frames_reset(3);
    fake_console_reset();
    d = domain_create(1, false, 100);
    page = frame_alloc_to(d);
    ring = fake_frame(page);
    nr_raised = 0;
    console_ring_open(d, page, PORT);
}

/** Put text in as a guest does. */
static void say(const char *text)
{
    for (; *text; text++)
        ring->out[ring->out_prod++ % sizeof(ring->out)] = *text;
}

START_TEST(test_no_console)
{
    struct domain *other = domain_create(2, false, 1);

    ck_assert(!console_ring_drain(other));
    console_ring_drain_all(other);
    ck_assert_str_eq(fake_console, "");
}
END_TEST

START_TEST(test_empty)
{
    ck_assert(!console_ring_drain(d));
    ck_assert_str_eq(fake_console, "");
    ck_assert_uint_eq(ring->out_cons, 0);
}
END_TEST

START_TEST(test_text_once)
{
    say("one ");
    ck_assert(!console_ring_drain(d));
    say("two");
    ck_assert(!console_ring_drain(d));
    ck_assert(!console_ring_drain(d));
    ck_assert_str_eq(fake_console, "one two");
    ck_assert_uint_eq(ring->out_cons, 7);
    ck_assert_uint_eq(ring->in_prod, 0);
    ck_assert_uint_eq(fake_windows_held, 0);
}
END_TEST

/** RING-I2: at most 32 bytes at a time, and the caller is told of the rest. */
START_TEST(test_pieces)
{
    say("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    ck_assert(console_ring_drain(d));
    ck_assert_uint_eq(ring->out_cons, 32);
    ck_assert_uint_eq(strlen(fake_console), 32);
    ck_assert(!console_ring_drain(d));
    ck_assert_uint_eq(ring->out_cons, 64);
    ck_assert_str_eq(fake_console, "0123456789abcdef0123456789abcdef"
                                   "0123456789abcdef0123456789abcdef");
}
END_TEST

/** Over the array's end, and over 2^32. */
START_TEST(test_wrap)
{
    ring->out_cons = ring->out_prod = sizeof(ring->out) - 3;
    say("around");
    ck_assert(!console_ring_drain(d));
    ring->out_cons = ring->out_prod = 0xFFFFFFFE;
    say(" again");
    ck_assert(!console_ring_drain(d));
    ck_assert_str_eq(fake_console, "around again");
    ck_assert_uint_eq(ring->out_cons, 4);
}
END_TEST

START_TEST(test_full)
{
    memset(ring->out, 'x', sizeof(ring->out));
    ring->out_cons = 5;
    ring->out_prod = 5 + sizeof(ring->out);
    console_ring_drain_all(d);
    ck_assert_uint_eq(ring->out_cons, ring->out_prod);
    ck_assert_uint_eq(strspn(fake_console, "x"), sizeof(ring->out));
}
END_TEST

/** RING-I2: nothing is taken, and nothing is lost. */
START_TEST(test_no_room)
{
    say("wait");
    fake_console_full = 2;
    ck_assert(console_ring_drain(d));
    ck_assert_uint_eq(ring->out_cons, 0);
    ck_assert_str_eq(fake_console, "");
    console_ring_drain_all(d);
    ck_assert_str_eq(fake_console, "wait");
    ck_assert_uint_eq(ring->out_cons, 4);
}
END_TEST

/** RING-I1: reported once, and not a byte is taken. */
START_TEST(test_indices_that_cannot_be)
{
    static const uint32_t cons[] = { 0, 1, 0, 0x80000000 };
    static const uint32_t prod[] = { 2049, 0, 0xFFFFFFFF, 0 };

    ring->out_cons = cons[_i];
    ring->out_prod = prod[_i];
    ck_assert(!console_ring_drain(d));
    ck_assert_uint_eq(ring->out_cons, cons[_i]);
    ck_assert_msg(strstr(fake_console, "console ring") != NULL, "%s",
                  fake_console);
    fake_console_reset();
    console_ring_drain_all(d);
    ck_assert_str_eq(fake_console, "");
    ck_assert_uint_eq(fake_windows_held, 0);
}
END_TEST

/** RING-I3: the guest gives the page away, and it stays what it is. */
START_TEST(test_page_is_held)
{
    ck_assert_uint_eq(frame_info(page)->count, 2);
    ck_assert_uint_eq(memory_recount(), 0);
    frame_info(page)->flags &= ~PAGE_ALLOCATED;
    frame_info(page)->count--; /* as decrease_reservation does */
    ck_assert_int_eq(frame_info(page)->type, FRAME_WRITABLE);
    ck_assert_uint_eq(frame_info(page)->type_count, 1);
    ck_assert_uint_eq(frame_info(page)->count, 1);
    ck_assert_uint_eq(memory_recount(), 0);
    say("still here");
    ck_assert(!console_ring_drain(d));
    ck_assert_str_eq(fake_console, "still here");
}
END_TEST

/** All of it, in order, with one event a piece; then nothing. */
START_TEST(test_typed)
{
    fake_console_typed = "forty characters, more than one piece..";
    ring->in_cons = ring->in_prod = 0xFFFFFFF0;
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, 0x10);
    ck_assert_uint_eq(nr_raised, 1);
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, 0x10 + 7);
    ck_assert_uint_eq(nr_raised, 2);
    ck_assert_mem_eq(ring->in + 1008, "forty characters", 16);
    ck_assert_mem_eq(ring->in, ", more than one piece..", 23);
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, 0x10 + 7);
    ck_assert_uint_eq(nr_raised, 2);
    ck_assert_uint_eq(fake_windows_held, 0);
}
END_TEST

/** What has no room stays where it is, and nobody is told. */
START_TEST(test_typed_without_room)
{
    fake_console_typed = "abc";
    ring->in_prod = sizeof(ring->in) - 1;
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, sizeof(ring->in));
    ck_assert_str_eq(fake_console_typed, "bc");
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, sizeof(ring->in));
    ck_assert_str_eq(fake_console_typed, "bc");
    ck_assert_uint_eq(nr_raised, 1);
}
END_TEST

START_TEST(test_typed_indices_that_cannot_be)
{
    static const uint32_t cons[] = { 0, 1, 0, 0x80000000 };
    static const uint32_t prod[] = { 1025, 0, 0xFFFFFFFF, 0 };

    fake_console_typed = "abc";
    ring->in_cons = cons[_i];
    ring->in_prod = prod[_i];
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, prod[_i]);
    ck_assert_str_eq(fake_console_typed, "abc");
    ck_assert_uint_eq(nr_raised, 0);
}
END_TEST

START_TEST(test_typed_nowhere)
{
    fake_console_typed = "abc";
    console_ring_type(domain_create(2, false, 1));
    ck_assert_str_eq(fake_console_typed, "abc");
    d->console.port = 0;
    console_ring_type(d);
    ck_assert_uint_eq(ring->in_prod, 3);
    ck_assert_uint_eq(nr_raised, 0);
}
END_TEST

static Suite *console_ring_suite(void)
{
    Suite *suite = suite_create("domain/console_ring");
    TCase *t = tcase_create("console_ring");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_no_console);
    tcase_add_test(t, test_empty);
    tcase_add_test(t, test_text_once);
    tcase_add_test(t, test_pieces);
    tcase_add_test(t, test_wrap);
    tcase_add_test(t, test_full);
    tcase_add_test(t, test_no_room);
    tcase_add_loop_test(t, test_indices_that_cannot_be, 0, 4);
    tcase_add_test(t, test_page_is_held);
    tcase_add_test(t, test_typed);
    tcase_add_test(t, test_typed_without_room);
    tcase_add_loop_test(t, test_typed_indices_that_cannot_be, 0, 4);
    tcase_add_test(t, test_typed_nowhere);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(console_ring_suite())
