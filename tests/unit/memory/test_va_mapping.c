/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_va_mapping Unit test: update_va_mapping
 *
 * Property: it flushes what it is asked to flush, on an error as well, and
 * changes another domain's tables for nobody who may not.
 *
 * Method: calls in lab 3's small world, the processor's flushes counted.
 */
#include "unit.h"

#include "fake_cpu.h"
#include "world.h"
#include "xen_abi.h"

#define NOWHERE 0x30000000u

static void start(void)
{
    world_start(false, 4);
}

static uint64_t page(unsigned i)
{
    return entry_for(world.page[i], PTE_P | PTE_RW);
}

static int32_t va_mapping(uint32_t va, uint64_t entry, uint32_t flags)
{
    return world_call(do_update_va_mapping, va, (uint32_t)entry,
                      (uint32_t)(entry >> 32), flags);
}

START_TEST(test_va_mapping_flushes)
{
    unsigned all = fake_count(FAKE_WRITE_CR3);

    ck_assert_int_eq(va_mapping(0x3000, page(0), UVMF_NONE), 0);
    ck_assert_int_eq(va_mapping(0x3000, page(1), 3), 0);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), all);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 0);
    ck_assert_int_eq(va_mapping(0x3000, page(2), UVMF_INVLPG), 0);
    ck_assert_uint_eq(fake_count(FAKE_FLUSH_PAGE), 1);
    ck_assert_int_eq(va_mapping(0x3000, page(2), UVMF_TLB_FLUSH | UVMF_ALL),
                     0);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), all + 1);
    /* On an error as well. */
    ck_assert_int_eq(va_mapping(0x3000, entry_for(world.foreign, PTE_P),
                                UVMF_TLB_FLUSH), -EBUSY);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_CR3), all + 2);
    /* A set that cannot be read: the entry is changed all the same. */
    ck_assert_int_eq(va_mapping(0x3000, page(3), UVMF_INVLPG | NOWHERE),
                     -EFAULT);
    ck_assert_uint_eq(world_entry(world.l1, 3), page(3));
}
END_TEST

START_TEST(test_va_mapping_of_others)
{
    uint32_t arg[HYPERCALL_ARGS] = { 0x3000, 0, 0, 0, 0 };

    arg[4] = world.d->id;
    ck_assert_int_eq(do_update_va_mapping_otherdomain(arg), -ESRCH);
    arg[4] = world.other->id;
    ck_assert_int_eq(do_update_va_mapping_otherdomain(arg), -EPERM);
    ck_assert_uint_ne(world_entry(world.l1, 3), 0);
}
END_TEST

static Suite *va_mapping_suite(void)
{
    Suite *suite = suite_create("memory/va_mapping");
    TCase *t = tcase_create("va_mapping");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, test_va_mapping_flushes);
    tcase_add_test(t, test_va_mapping_of_others);
    suite_add_tcase(suite, t);
    return suite;
}

UNIT_MAIN(va_mapping_suite())
