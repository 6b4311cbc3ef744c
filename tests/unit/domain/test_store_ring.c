/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_store_ring Unit test: the store of a plain domain
 *
 * Property: each request, whole or in pieces, has one answer: the error ENOENT
 * with the request's numbers, or the domain's number to who reads `domid`; the
 * guest is told of each step; without room there is no answer and nothing is
 * read; what breaks the protocol is refused, once, for good.
 *
 * Method: a domain in a made-up machine, whose store page the test writes and
 * reads as a guest would.
 */
#include "unit.h"

#include <string.h>

#include <xen/io/xs_wire.h>

#include "../memory/fake_frames.h"
#include "console.h"
#include "fake_console.h"

#define ANSWER_BYTES 23u

#define PORT 5u

static struct domain *d;
static unsigned nr_raised;
static struct xenstore_domain_interface *ring;

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
    mfn_t page;

    fake_frames_reset(4);
    fake_console_reset();
    d = domain_create(1, false, 100);
    page = frame_alloc_to(d);
    ring = fake_frame(page);
    nr_raised = 0;
    store_ring_open(d, page, PORT);
    ck_assert_uint_eq(frame_info(page)->type_count, 1);
    ck_assert_uint_eq(memory_recount(), 0);
}

static void put(const void *from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        ring->req[ring->req_prod++ % sizeof(ring->req)] =
            ((const char *)from)[i];
}

static void ask(uint32_t id, uint32_t bytes)
{
    const struct xsd_sockmsg header = { XS_READ, id, id + 1, bytes };

    put(&header, sizeof(header));
    for (uint32_t i = 0; i < bytes; i++)
        put("x", 1);
}

/** Take one answer, as a guest does. */
static void check_answer(uint32_t id)
{
    char bytes[ANSWER_BYTES];
    struct xsd_sockmsg header;

    ck_assert_uint_ge(ring->rsp_prod - ring->rsp_cons, ANSWER_BYTES);
    for (uint32_t i = 0; i < ANSWER_BYTES; i++)
        bytes[i] = ring->rsp[ring->rsp_cons++ % sizeof(ring->rsp)];
    memcpy(&header, bytes, sizeof(header));
    ck_assert_uint_eq(header.type, XS_ERROR);
    ck_assert_uint_eq(header.req_id, id);
    ck_assert_uint_eq(header.tx_id, id + 1);
    ck_assert_uint_eq(header.len, 7);
    ck_assert_mem_eq(bytes + sizeof(header), "ENOENT", 7);
}

static void check_no_more(void)
{
    ck_assert_uint_eq(ring->rsp_prod, ring->rsp_cons);
    ck_assert_uint_eq(fake_windows_held, 0);
}

START_TEST(test_nothing)
{
    struct domain *other = domain_create(2, false, 1);

    store_ring_answer(other);
    store_ring_answer(d);
    check_no_more();
    ck_assert_uint_eq(ring->rsp_prod, 0);
    ck_assert_uint_eq(nr_raised, 0);
}
END_TEST

/** The only thing that is there; what begins or ends like it is not. */
START_TEST(test_domid)
{
    static const struct {
        domid_t id;
        uint32_t type;
        const char *path;
        const char *answer;
    } c[] = {
        { 1, XS_READ, "domid", "1" }, { 10, XS_READ, "domid", "10" },
        { 999, XS_READ, "domid", "999" }, { 1000, XS_READ, "domid", "1000" },
        { 32751, XS_READ, "domid", "32751" }, { 1, XS_READ, "domi", NULL },
        { 1, XS_READ, "domidx", NULL }, { 1, XS_READ, "/domid", NULL },
        { 1, XS_DIRECTORY, "domid", NULL }, { 1, XS_READ, "domie", NULL },
    };
    const char *path = c[_i].path, *answer = c[_i].answer;
    const struct xsd_sockmsg header = { c[_i].type, 3, 4,
                                        (uint32_t)strlen(path) + 1 };
    struct xsd_sockmsg seen;

    d->id = c[_i].id;
    put(&header, sizeof(header));
    put(path, header.len);
    store_ring_answer(d);
    ck_assert_uint_eq(nr_raised, 1);
    if (answer) {
        memcpy(&seen, ring->rsp, sizeof(seen));
        ck_assert_uint_eq(seen.type, XS_READ);
        ck_assert_uint_eq(seen.req_id, 3);
        ck_assert_uint_eq(seen.tx_id, 4);
        ck_assert_uint_eq(seen.len, strlen(answer));
        ck_assert_mem_eq(ring->rsp + sizeof(seen), answer, seen.len);
        ring->rsp_cons += (uint32_t)sizeof(seen) + seen.len;
    } else
        check_answer(3);
    check_no_more();
}
END_TEST

START_TEST(test_requests)
{
    ask(7, 11);
    ask(100, 0);
    store_ring_answer(d);
    check_answer(7);
    check_answer(100);
    check_no_more();
    ck_assert_uint_eq(ring->req_cons, ring->req_prod);
    ck_assert_uint_eq(nr_raised, 1);
    store_ring_answer(d);
    check_no_more();
    ck_assert_uint_eq(nr_raised, 1);
}
END_TEST

/** Cut anywhere: in the header, between, in the payload. */
START_TEST(test_pieces)
{
    uint32_t whole;

    ask(9, 20);
    whole = ring->req_prod;
    ring->req_prod = (uint32_t)_i;
    store_ring_answer(d);
    check_no_more();
    ring->req_prod = whole;
    store_ring_answer(d);
    check_answer(9);
    check_no_more();
}
END_TEST

/** A request longer than the ring, and indices over 2^32. */
START_TEST(test_long)
{
    const struct xsd_sockmsg header = { XS_WRITE, 5, 6, 4096 };
    char kilobyte[1024] = { 0 };

    ring->req_cons = ring->req_prod = 0xFFFFFE00;
    ring->rsp_cons = ring->rsp_prod = 0xFFFFFFF8;
    put(&header, sizeof(header));
    store_ring_answer(d);
    for (unsigned i = 0; i < 4; i++) {
        check_no_more();
        put(kilobyte, sizeof(kilobyte));
        store_ring_answer(d);
    }
    ck_assert_uint_eq(nr_raised, 5); /* each time there is room again */
    check_answer(5);
    check_no_more();
}
END_TEST

/** STORE-I2 */
START_TEST(test_no_room)
{
    ring->rsp_prod = sizeof(ring->rsp) - ANSWER_BYTES + 1;
    ask(1, 0);
    ask(2, 0);
    store_ring_answer(d);
    ck_assert_uint_eq(ring->req_cons, 16); /* the first, and no more */
    ck_assert_uint_eq(ring->rsp_prod, sizeof(ring->rsp) - ANSWER_BYTES + 1);
    ring->rsp_cons = ring->rsp_prod;
    store_ring_answer(d);
    check_answer(1);
    check_answer(2);
    check_no_more();
}
END_TEST

static void check_given_up(void)
{
    uint32_t rsp_prod = ring->rsp_prod;

    store_ring_answer(d);
    ck_assert_msg(strstr(fake_console, "store ring") != NULL, "%s",
                  fake_console);
    fake_console_reset();
    ring->req_prod = ring->req_cons;
    ring->rsp_cons = ring->rsp_prod;
    ask(1, 0);
    store_ring_answer(d);
    ck_assert_uint_eq(ring->rsp_prod, rsp_prod);
    ck_assert_str_eq(fake_console, "");
    ck_assert_uint_eq(fake_windows_held, 0);
}

START_TEST(test_bad_request_index)
{
    ring->req_prod = 1025;
    check_given_up();
}
END_TEST

START_TEST(test_bad_answer_index)
{
    ask(1, 0);
    ring->rsp_cons = 1;
    check_given_up();
}
END_TEST

START_TEST(test_too_long)
{
    const struct xsd_sockmsg header = { XS_WRITE, 5, 6, 4097 };

    put(&header, sizeof(header));
    check_given_up();
}
END_TEST

/** STORE-I3: the guest gives the page away, and it stays what it is. */
START_TEST(test_page_is_held)
{
    mfn_t page = d->store.page;

    frame_info(page)->flags &= ~PAGE_ALLOCATED;
    frame_info(page)->count--; /* as decrease_reservation does */
    ck_assert_int_eq(frame_info(page)->type, FRAME_WRITABLE);
    ck_assert_uint_eq(frame_info(page)->type_count, 1);
    ck_assert_uint_eq(frame_info(page)->count, 1);
    ck_assert_uint_eq(memory_recount(), 0);
    ask(7, 1);
    store_ring_answer(d);
    check_answer(7);
}
END_TEST

static Suite *store_ring_suite(void)
{
    Suite *suite = suite_create("domain/store_ring");
    TCase *t = tcase_create("store_ring");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_nothing);
    tcase_add_loop_test(t, test_domid, 0, 10);
    tcase_add_test(t, test_requests);
    tcase_add_loop_test(t, test_pieces, 0, 36);
    tcase_add_test(t, test_long);
    tcase_add_test(t, test_no_room);
    tcase_add_test(t, test_bad_request_index);
    tcase_add_test(t, test_bad_answer_index);
    tcase_add_test(t, test_too_long);
    tcase_add_test(t, test_page_is_held);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(store_ring_suite())
