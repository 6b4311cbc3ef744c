/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_writable Unit test: writable page tables by emulation
 *
 * Property: a kernel's store to its own L1 table is made if the entry that
 * comes of it is allowed, and is the guest's page fault, with nothing
 * changed, in every other case.
 *
 * Method: the live L1 table is mapped read-only at 0x7000; instructions lie
 * in the window of guest memory, and are given to writable_fault() with the
 * fault that the processor would report. Everything is done twice: the second
 * time fast_table_store() is asked first, as by the short way of a page fault.
 */
#include "unit.h"

#include <string.h>

#include "hypercall.h"
#include "table_store.h"
#include "world.h"
#include "xen_abi.h"

#define TABLE_VA 0x7000u /* where the live L1 shows itself */
#define SLOT 100u        /* the entry that is written */
#define SLOT_VA (TABLE_VA + SLOT * 8)
#define STORE_FAULT (PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE)

static trap_frame_t frame;
static bool short_way;
static unsigned nr_short; /* stores that the short way made */

static void start(void)
{
    world_start(false, 5);
    world.d->assists = 1u << VMASST_TYPE_writable_pagetables;
    ck_assert_int_eq(va_mapping_update(world.v, TABLE_VA,
                                       entry_for(world.l1, PTE_P), world.d),
                     0);
    memset(&frame, 0, sizeof(frame));
    frame.cs = SEL_RING1_CS;
    frame.ds = frame.es = frame.ss = SEL_RING1_DS;
    frame.eflags = 0x202;
    frame.edi = SLOT_VA;
    short_way = false;
    nr_short = 0;
}

static void start_short(void)
{
    start();
    short_way = world_short_ways;
}

/** Who is asked about a fault, in which order. */
static bool handle(uint32_t address, uint32_t error)
{
    if (short_way && error == STORE_FAULT && frame_ring(&frame) == 1 &&
        world.d->assists != 0 &&
        fast_table_store(world.v, &frame, address)) {
        nr_short++;
        return true;
    }
    return writable_fault(world.v, &frame, address, error);
}

/** Meet a store: the bytes of an instruction, the address that faults. */
static bool store_at(const char *bytes, size_t length, uint32_t address,
                     uint32_t error)
{
    bool handled;

    memset(world_arguments, 0, 16);
    memcpy(world_arguments, bytes, length);
    frame.eip = WORLD_ARGUMENTS;
    handled = handle(address, error);
    world_check("after a store");
    ck_assert_uint_eq(frame.eip - WORLD_ARGUMENTS, handled ? length : 0);
    return handled;
}

#define STORE(bytes, address)                                                \
    store_at(bytes, sizeof(bytes) - 1, address, STORE_FAULT)

static uint64_t entry(void)
{
    return world_entry(world.l1, SLOT);
}

static void set_entry(uint64_t value)
{
    struct entry_update u = { .owner = world.d, .page_owner = world.d,
                              .table = world.l1, .index = SLOT,
                              .entry = value };

    ck_assert_int_eq(entry_update(&u), 0);
}

static uint64_t page(unsigned i)
{
    return entry_for(world.page[i], PTE_P | PTE_RW);
}

START_TEST(test_low_word)
{
    frame.eax = (uint32_t)page(1);
    ck_assert(STORE("\x89\x07", SLOT_VA)); /* MOV [edi], eax */
    ck_assert_uint_eq(entry(), page(1));
    ck_assert_uint_eq(frame_info(world.page[1])->type_count, 2);
    frame.eax = 0;
    ck_assert(STORE("\x89\x07", SLOT_VA));
    ck_assert_uint_eq(entry(), 0);
    ck_assert_uint_eq(frame_info(world.page[1])->type_count, 1);
    ck_assert_uint_eq(nr_short, short_way ? 2 : 0);
}
END_TEST

START_TEST(test_refused_entry)
{
    frame.eax = (uint32_t)entry_for(world.foreign, PTE_P);
    ck_assert(!STORE("\x89\x07", SLOT_VA));
    ck_assert_uint_eq(entry(), 0);
    frame.eax = (uint32_t)entry_for(world.l1, PTE_P | PTE_RW);
    ck_assert(!STORE("\x89\x07", SLOT_VA));
    frame.eax = (uint32_t)(page(0) | PTE_PCD);
    ck_assert(!STORE("\x89\x07", SLOT_VA));
    ck_assert_uint_eq(entry(), 0);
}
END_TEST

/* The upper half of a present entry, with something that is refused: the
 * present bit goes, the half is stored. By a compare-and-exchange: refused. */
START_TEST(test_high_word)
{
    frame.edi = SLOT_VA + 4;
    set_entry(page(2));
    frame.eax = 0;
    ck_assert(STORE("\x89\x07", SLOT_VA + 4)); /* the same again */
    ck_assert_uint_eq(entry(), page(2));
    frame.eax = 0x7FF;
    ck_assert(STORE("\x89\x07", SLOT_VA + 4));
    ck_assert_uint_eq(entry(), 0x7FF00000000ull | (page(2) & ~1ull));
    set_entry(page(2));
    frame.eax = 0;
    frame.ecx = 0x7FF;
    ck_assert(!STORE("\xF0\x0F\xB1\x0F", SLOT_VA + 4)); /* CMPXCHG */
    ck_assert_uint_eq(entry(), page(2));
    frame.eax = 0x7FF; /* with one byte, too */
    frame.edi = SLOT_VA + 5;
    ck_assert(!STORE("\x88\x07", SLOT_VA + 5));
    ck_assert_uint_eq(entry(), page(2));
}
END_TEST

START_TEST(test_other_instructions)
{
    set_entry(page(3));
    ck_assert(STORE("\xF0\x0F\xBA\x37\x01", SLOT_VA)); /* LOCK BTR [edi], 1 */
    ck_assert_uint_eq(entry(), entry_for(world.page[3], PTE_P));
    ck_assert(frame.eflags & 1);
    ck_assert(STORE("\xF0\x83\x0F\x42", SLOT_VA)); /* LOCK OR [edi], D|RW */
    ck_assert_uint_eq(entry(), page(3) | PTE_D);
    ck_assert(STORE("\xC6\x07\x01", SLOT_VA)); /* MOV byte [edi], P */
    ck_assert_uint_eq(entry(), entry_for(world.page[3], PTE_P));
    frame.eax = 0;
    ck_assert(STORE("\x87\x07", SLOT_VA)); /* XCHG [edi], eax */
    ck_assert_uint_eq(entry(), 0);
    ck_assert_uint_eq(frame.eax, entry_for(world.page[3], PTE_P));
}
END_TEST

START_TEST(test_compare_exchange)
{
    set_entry(page(3));
    frame.eax = (uint32_t)page(3);
    frame.edx = 0;
    frame.ebx = (uint32_t)(page(4) | PTE_US);
    frame.ecx = 0x80000000;
    ck_assert(STORE("\xF0\x0F\xC7\x0F", SLOT_VA)); /* CMPXCHG8B [edi] */
    ck_assert_uint_eq(entry(), page(4) | PTE_US | PTE_NX);
    ck_assert(frame.eflags & 0x40);
    ck_assert(STORE("\xF0\x0F\xC7\x0F", SLOT_VA)); /* now it differs */
    ck_assert_uint_eq(entry(), page(4) | PTE_US | PTE_NX);
    ck_assert(!(frame.eflags & 0x40));
    ck_assert_uint_eq(frame.eax, (uint32_t)(page(4) | PTE_US));
    ck_assert_uint_eq(frame.edx, 0x80000000);
}
END_TEST

START_TEST(test_what_is_not_a_kernels_store)
{
    frame.eax = (uint32_t)page(1);
    world.d->assists = 0;
    ck_assert(!STORE("\x89\x07", SLOT_VA));
    world.d->assists = 1u << VMASST_TYPE_writable_pagetables;
    frame.cs = SEL_RING3_CS;
    ck_assert(!STORE("\x89\x07", SLOT_VA));
    frame.cs = SEL_RING1_CS;
    ck_assert(!store_at("\x89\x07", 2, SLOT_VA, PAGE_FAULT_WRITE));
    ck_assert(!store_at("\x89\x07", 2, SLOT_VA, PAGE_FAULT_PRESENT));
    ck_assert(!store_at("\x89\x07", 2, SLOT_VA,
                        STORE_FAULT | PAGE_FAULT_RESERVED));
    ck_assert(!store_at("\x89\x07", 2, SLOT_VA,
                        STORE_FAULT | PAGE_FAULT_FETCH));
    ck_assert(!STORE("\x8B\x07", SLOT_VA)); /* a load cannot be it */
    ck_assert(STORE("\x89\x07", SLOT_VA));
}
END_TEST

/* Tables of other levels, plain pages, others' tables, and nothing at all. */
START_TEST(test_other_targets)
{
    frame.eax = 0;
    ck_assert_int_eq(va_mapping_update(world.v, 0x6000,
                                       entry_for(world.l2, PTE_P), world.d),
                     0);
    frame.edi = 0x6010;
    ck_assert(!STORE("\x89\x07", 0x6010));
    ck_assert_int_eq(va_mapping_update(world.v, 0x6000,
                                       entry_for(world.page[0], PTE_P),
                                       world.d), 0);
    ck_assert(!STORE("\x89\x07", 0x6010));
    /* A frame that was a table, with its type remembered, is none now. */
    ck_assert_int_eq(table_pin(world.d, world.spare[0], FRAME_L1), 0);
    ck_assert_int_eq(table_unpin(world.d, world.spare[0]), 0);
    ck_assert_int_eq(va_mapping_update(world.v, 0x6000,
                                       entry_for(world.spare[0], PTE_P),
                                       world.d), 0);
    ck_assert(!STORE("\x89\x07", 0x6010));
    ck_assert_int_eq(frame_get_and_type(world.foreign, world.other,
                                        FRAME_L1), 0);
    frame_info(world.foreign)->flags |= PAGE_PINNED;
    ck_assert_int_eq(va_mapping_update(world.v, 0x6000,
                                       entry_for(world.foreign, PTE_P),
                                       world.other), 0);
    ck_assert(!STORE("\x89\x07", 0x6010));
    frame.edi = 0x200010;
    ck_assert(!STORE("\x89\x07", 0x200010));
    frame.edi = M2P_START;
    ck_assert(!STORE("\x89\x07", M2P_START));
}
END_TEST

/* The instruction must store where the fault was, and not across entries. */
START_TEST(test_places)
{
    frame.eax = 0;
    set_entry(page(1));
    ck_assert(!STORE("\x89\x07", TABLE_VA + PAGE_SIZE)); /* another page */
    frame.edi = SLOT_VA + 2;
    ck_assert(!STORE("\x89\x07", SLOT_VA + 2)); /* not aligned */
    frame.edi = SLOT_VA + 4;
    ck_assert(!STORE("\x0F\xC7\x0F", SLOT_VA + 4));
    ck_assert_uint_eq(entry(), page(1));
    frame.edi = SLOT_VA + 2;
    frame.eax = (uint32_t)page(1) >> 16;
    ck_assert(STORE("\x66\x89\x07", SLOT_VA + 2)); /* two bytes: aligned */
}
END_TEST

/* Tables that are still leaving are finished first; the guest tries again. */
START_TEST(test_waits_for_tables_that_leave)
{
    frame_info(world.spare[0])->type = FRAME_L2;
    frame_info(world.spare[0])->type_count = 1;
    frame_info(world.spare[0])->count++;
    frame_info(world.spare[0])->flags |= PAGE_PINNED;
    ck_assert_int_eq(frame_info(world.spare[0])->partial, 0);
    world.d->max_frames = 1000;
    frame_info(world.spare[0])->flags |= PAGE_VALIDATED;
    for (unsigned i = 0; i < 12; i++) {
        struct entry_update u = { .owner = world.d, .page_owner = world.d,
                                  .table = world.spare[0], .index = i };

        u.entry = entry_for(frame_alloc_to(world.d), PTE_P);
        ck_assert_int_eq(entry_update(&u), 0);
    }
    ck_assert_int_eq(table_unpin(world.d, world.spare[0]), 0);
    frame.eax = (uint32_t)page(1);
    memcpy(world_arguments, "\x89\x07", 2);
    for (unsigned tries = 0; tries < 10 && entry() == 0; tries++) {
        frame.eip = WORLD_ARGUMENTS;
        ck_assert(handle(SLOT_VA, STORE_FAULT));
        world_check("a try");
        if (entry() == 0)
            ck_assert_uint_eq(frame.eip, WORLD_ARGUMENTS);
    }
    ck_assert_uint_eq(entry(), page(1));
    ck_assert_uint_eq(frame_info(world.spare[0])->type_count, 0);
}
END_TEST

/* The forms of the two instructions that the short way knows, and their
 * lengths: MOV [edi+0x10], eax and so on. */
START_TEST(test_short_forms)
{
    static const struct {
        const char *bytes;
        size_t length;
    } form[] = {
        { "\x89\x07", 2 },                 /* [edi], eax */
        { "\x89\x1F", 2 },                 /* [edi], ebx */
        { "\x89\x47\x10", 3 },             /* [edi+8 bits] */
        { "\x89\x87\x00\x01\x00\x00", 6 }, /* [edi+32 bits] */
        { "\x89\x05\x00\x70\x00\x00", 6 }, /* [32 bits] */
        { "\x89\x04\x37", 3 },             /* [edi+esi] */
        { "\x89\x04\x35\x00\x70\x00\x00", 7 }, /* [esi+32 bits] */
        { "\x89\x44\x37\x08", 4 },         /* [edi+esi+8 bits] */
        { "\x89\x84\x37\x00\x01\x00\x00", 7 }, /* [edi+esi+32 bits] */
        { "\xC7\x07\x00\x00\x00\x00", 6 }, /* [edi], 0 */
        { "\xC7\x47\x10\x00\x00\x00\x00", 7 },
        { "\xC7\x04\x37\x00\x00\x00\x00", 7 },
    };

    for (unsigned i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
        memset(world_arguments, 0, 16);
        memcpy(world_arguments, form[i].bytes, form[i].length);
        frame.eip = WORLD_ARGUMENTS;
        frame.eax = frame.ebx = (uint32_t)page(1);
        ck_assert(fast_table_store(world.v, &frame, SLOT_VA));
        ck_assert_uint_eq(frame.eip - WORLD_ARGUMENTS, form[i].length);
        ck_assert_uint_eq(entry(), form[i].bytes[0] == '\x89' ? page(1) : 0);
        world_check("a form");
        set_entry(0);
    }
}
END_TEST

/* What is none of them, or not in the flat segment, is somebody else's. */
START_TEST(test_not_short)
{
    static const char *const other[] = {
        "\x88\x07", "\x66\x89\x07", "\x89\xC7", "\xC7\x0F", "\x87\x07",
        "\x64\x89\x07", "\xF0\x89\x07", "\x8B\x07", "\xC6\x07",
    };

    frame.eax = (uint32_t)page(1);
    for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        memset(world_arguments, 0, 16);
        memcpy(world_arguments, other[i], strlen(other[i]));
        frame.eip = WORLD_ARGUMENTS;
        ck_assert(!fast_table_store(world.v, &frame, SLOT_VA));
    }
    memcpy(world_arguments, "\x89\x07", 2);
    ck_assert(!fast_table_store(world.v, &frame, SLOT_VA + 2));
    ck_assert(!fast_table_store(world.v, &frame, M2P_START + SLOT_VA));
    frame.cs = 0x19;
    ck_assert(!fast_table_store(world.v, &frame, SLOT_VA));
    frame.cs = SEL_RING1_CS;
    frame.eip = M2P_START - 2;
    ck_assert(!fast_table_store(world.v, &frame, SLOT_VA));
    ck_assert_uint_eq(entry(), 0);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, test_low_word);
    tcase_add_test(tcase, test_refused_entry);
    tcase_add_test(tcase, test_high_word);
    tcase_add_test(tcase, test_other_instructions);
    tcase_add_test(tcase, test_compare_exchange);
    tcase_add_test(tcase, test_what_is_not_a_kernels_store);
    tcase_add_test(tcase, test_other_targets);
    tcase_add_test(tcase, test_places);
    tcase_add_test(tcase, test_waits_for_tables_that_leave);
}

static Suite *writable_suite(void)
{
    Suite *suite = suite_create("memory/writable");
    TCase *plain = tcase_create("plain"), *fast = tcase_create("short");

    tcase_add_checked_fixture(plain, start, NULL);
    add_tests(plain);
    suite_add_tcase(suite, plain);
    tcase_add_checked_fixture(fast, start_short, NULL);
    add_tests(fast);
    if (world_short_ways) {
        tcase_add_test(fast, test_short_forms);
        tcase_add_test(fast, test_not_short);
    }
    suite_add_tcase(suite, fast);
    return suite;
}

UNIT_MAIN(writable_suite())
