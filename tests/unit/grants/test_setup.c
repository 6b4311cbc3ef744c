/* SPDX-License-Identifier: MIT */
/**
 * @page unit_grants_setup Unit test: the grant table's frames
 *
 * Property: a table grows to what is asked for or not at all, its frames are
 * shared with the domain and named in its list; every wrong argument has its
 * status or errno.
 *
 * Method: hypercall 20 as a guest makes it; the heap hands out pages of the
 * test's and can run dry.
 */
#include "unit.h"

#include <string.h>

#include "boot.h"
#include "fake_guest.h"

#define BUFFER FAKE_GUEST_BASE
#define LIST (FAKE_GUEST_BASE + PAGE_SIZE / 2)
#define OTHER_ID 3
#define NR_PAGES 40u

static struct domain *d;
static struct domain other;
static uint8_t pages[NR_PAGES][PAGE_SIZE];
static unsigned nr_taken, nr_freed, room;
static const struct domain *shared_with[NR_PAGES];

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_grant_table_op] = do_grant_table_op,
};

struct domain *domain_by_id(domid_t id)
{
    return id == OTHER_ID ? &other : NULL;
}

struct domain *domain_living(domid_t id)
{
    return domain_by_id(id);
}

void *heap_alloc_page(void)
{
    return nr_taken < room ? pages[nr_taken++] : NULL;
}

void heap_free(void *piece)
{
    nr_freed++;
    ck_assert_ptr_eq(piece, pages[--nr_taken]);
}

maddr_t heap_maddr(const void *piece)
{
    return maddr(0x5000000u + (uint32_t)((const uint8_t *)piece - pages[0]));
}

void frame_share(struct domain *with, mfn_t m)
{
    ck_assert_uint_lt(m.n - 0x5000, NR_PAGES);
    ck_assert_ptr_null(shared_with[m.n - 0x5000]);
    shared_with[m.n - 0x5000] = with;
}

/* What maps, copies and gives away is no part of this test. */
int16_t grant_map(struct domain *mapper, struct gnttab_map_grant_ref *request)
{
    (void)mapper;
    (void)request;
    abort();
}

void grant_unmap(struct domain *mapper, struct grant_unmap *request)
{
    (void)mapper;
    (void)request;
    abort();
}

void grant_unmapped(struct domain *mapper, const struct grant_unmap *request)
{
    (void)mapper;
    (void)request;
    abort();
}

int16_t grant_copy(struct domain *caller, const struct gnttab_copy *request)
{
    (void)caller;
    (void)request;
    abort();
}

int16_t grant_transfer(struct domain *caller,
                       const struct gnttab_transfer *request)
{
    (void)caller;
    (void)request;
    abort();
}

int16_t grant_swap(struct domain *caller,
                   const struct gnttab_swap_grant_ref *request)
{
    (void)caller;
    (void)request;
    abort();
}

int grant_cache_flush(const struct domain *caller,
                      const struct gnttab_cache_flush *request,
                      uint32_t *from)
{
    (void)caller;
    (void)request;
    (void)from;
    abort();
}

bool grant_domain_in_use(const struct domain *granter)
{
    (void)granter;
    return false;
}

void flush_before_reuse(void)
{
}

unsigned work_done;

bool work_begin(void)
{
    return true;
}

bool work_exhausted(void)
{
    return false;
}

static void start(void)
{
    fake_guest_reset();
    d = &fake_guest.domain;
    memset(&other, 0, sizeof(other));
    other.id = OTHER_ID;
    memset(shared_with, 0, sizeof(shared_with));
    nr_taken = nr_freed = 0;
    room = NR_PAGES;
}

static int32_t op(uint32_t command, uint32_t address, uint32_t count)
{
    const uint32_t arg[HYPERCALL_ARGS] = { command, address, count };

    return do_grant_table_op(arg);
}

/** The status of a set-up whose call itself succeeds. */
static int setup(domid_t dom, uint32_t nr, uint32_t list)
{
    struct gnttab_setup_table *s = fake_at(BUFFER);

    memset(s, 0xEE, sizeof(*s));
    s->dom = dom;
    s->nr_frames = nr;
    s->frame_list.p = (xen_pfn_t *)(uintptr_t)list;
    ck_assert_int_eq(op(GNTTABOP_setup_table, BUFFER, 1), 0);
    return s->status;
}

START_TEST(test_setup)
{
    memset(fake_at(LIST), 0xEE, 16);
    ck_assert_int_eq(setup(DOMID_SELF, 1, LIST), GNTST_okay);
    ck_assert_uint_eq(fake_word(LIST), 0x5000);
    ck_assert_uint_eq(fake_word(LIST + 4), 0xEEEEEEEE);
    ck_assert_int_eq(setup(d->id, 3, LIST), GNTST_okay);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(fake_word(LIST + 4 * i), 0x5000 + i);
        ck_assert_ptr_eq(shared_with[i], d);
    }
    ck_assert_int_eq(setup(d->id, 1, LIST), GNTST_okay); /* never smaller */
    ck_assert_uint_eq(d->grants.nr, 3);
    ck_assert_uint_eq(nr_taken, 3);
}
END_TEST

START_TEST(test_nothing)
{
    ck_assert_int_eq(setup(DOMID_SELF, 0, 0), GNTST_okay);
    ck_assert_int_eq(op(GNTTABOP_setup_table, 0, 0), 0);
    ck_assert_uint_eq(d->grants.nr, 0);
}
END_TEST

START_TEST(test_limit)
{
    ck_assert_int_eq(setup(DOMID_SELF, 33, LIST), GNTST_general_error);
    ck_assert_int_eq(setup(DOMID_SELF, UINT32_MAX, LIST),
                     GNTST_general_error);
    ck_assert_uint_eq(nr_taken, 0);
    ck_assert_int_eq(setup(DOMID_SELF, 32, LIST), GNTST_okay);
    ck_assert_uint_eq(d->grants.nr, 32);
}
END_TEST

/** GNT-I3 */
START_TEST(test_heap_runs_dry)
{
    ck_assert_int_eq(setup(DOMID_SELF, 2, LIST), GNTST_okay);
    room = 5;
    ck_assert_int_eq(setup(DOMID_SELF, 6, LIST), GNTST_general_error);
    ck_assert_uint_eq(d->grants.nr, 2);
    ck_assert_uint_eq(nr_taken, 2);
    ck_assert_uint_eq(nr_freed, 3);
    ck_assert_ptr_null(shared_with[2]);
    ck_assert_int_eq(setup(DOMID_SELF, 5, LIST), GNTST_okay);
}
END_TEST

START_TEST(test_whose)
{
    ck_assert_int_eq(setup(99, 1, LIST), GNTST_bad_domain);
    ck_assert_int_eq(setup(OTHER_ID, 1, LIST), GNTST_permission_denied);
    d->privileged = true;
    ck_assert_int_eq(setup(OTHER_ID, 1, LIST), GNTST_okay);
    ck_assert_ptr_eq(shared_with[0], &other);
    ck_assert_uint_eq(other.grants.nr, 1);
    ck_assert_uint_eq(d->grants.nr, 0);
}
END_TEST

START_TEST(test_bad_addresses)
{
    ck_assert_int_eq(setup(DOMID_SELF, 1, 0), GNTST_bad_virt_addr);
    ck_assert_int_eq(setup(DOMID_SELF, 1, UINT32_MAX), GNTST_bad_virt_addr);
    ck_assert_int_eq(op(GNTTABOP_setup_table, 0, 1), -EFAULT);
    ck_assert_int_eq(op(GNTTABOP_query_size, 0, 1), -EFAULT);
    ck_assert_int_eq(op(GNTTABOP_set_version, 0, 1), -EFAULT);
    ck_assert_int_eq(op(GNTTABOP_setup_table, BUFFER, 2), -EINVAL);
    ck_assert_int_eq(op(GNTTABOP_query_size, BUFFER, UINT32_MAX), -EINVAL);
    ck_assert_int_eq(op(99, 0, 1), -ENOSYS);
    ck_assert_int_eq(op(GNTTABOP_cache_flush, BUFFER, 1u << 31), -EINVAL);
    ck_assert_int_eq(op(GNTTABOP_query_size | 1u << 12, BUFFER, 1), -EINVAL);
}
END_TEST

START_TEST(test_query_size)
{
    struct gnttab_query_size *q = fake_at(BUFFER);

    ck_assert_int_eq(setup(DOMID_SELF, 2, LIST), GNTST_okay);
    q->dom = DOMID_SELF;
    ck_assert_int_eq(op(GNTTABOP_query_size, BUFFER, 1), 0);
    ck_assert_int_eq(q->status, GNTST_okay);
    ck_assert_uint_eq(q->nr_frames, 2);
    ck_assert_uint_eq(q->max_nr_frames, 32);
    q->dom = 99;
    ck_assert_int_eq(op(GNTTABOP_query_size, BUFFER, 1), 0);
    ck_assert_int_eq(q->status, GNTST_bad_domain);
    ck_assert_uint_eq(q->nr_frames, 2);
}
END_TEST

START_TEST(test_status_frames)
{
    struct gnttab_get_status_frames *s = fake_at(BUFFER);

    s->dom = DOMID_SELF;
    s->nr_frames = 0;
    s->status = 99;
    ck_assert_int_eq(op(GNTTABOP_get_status_frames, BUFFER, 1), 0);
    ck_assert_int_eq(s->status, GNTST_okay);
    s->nr_frames = 1;
    ck_assert_int_eq(op(GNTTABOP_get_status_frames, BUFFER, 1), 0);
    ck_assert_int_eq(s->status, GNTST_general_error);
    s->dom = 99;
    ck_assert_int_eq(op(GNTTABOP_get_status_frames, BUFFER, 1), 0);
    ck_assert_int_eq(s->status, GNTST_bad_domain);
    ck_assert_int_eq(op(GNTTABOP_get_status_frames, BUFFER, 2), -EINVAL);
    ck_assert_int_eq(op(GNTTABOP_get_status_frames, BUFFER, 0), -EINVAL);
    ck_assert_int_eq(op(GNTTABOP_get_status_frames, 0, 1), -EFAULT);
}
END_TEST

START_TEST(test_version)
{
    uint32_t *version = fake_at(BUFFER);

    *version = 1;
    ck_assert_int_eq(op(GNTTABOP_set_version, BUFFER, 1), 0);
    ck_assert_uint_eq(*version, 1);
    *version = 2;
    ck_assert_int_eq(op(GNTTABOP_set_version, BUFFER, 1), -ENOSYS);
    *version = 3;
    ck_assert_int_eq(op(GNTTABOP_set_version, BUFFER, 1), -EINVAL);
}
END_TEST

static Suite *setup_suite(void)
{
    Suite *suite = suite_create("grants/setup");
    TCase *t = tcase_create("setup");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_setup);
    tcase_add_test(t, test_nothing);
    tcase_add_test(t, test_limit);
    tcase_add_test(t, test_heap_runs_dry);
    tcase_add_test(t, test_whose);
    tcase_add_test(t, test_bad_addresses);
    tcase_add_test(t, test_query_size);
    tcase_add_test(t, test_status_frames);
    tcase_add_test(t, test_version);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(setup_suite())
