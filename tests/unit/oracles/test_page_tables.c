/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_page_tables The oracles *page tables* and *stale
 * translations*, and the owner model, on a made-up machine
 *
 * Property: a write of a guest's to any of its tables, and an entry for a
 * frame that it may not have, is reported, by whichever of the ABI's calls
 * the table or the frame came and went; and nothing else is.
 *
 * Source: doc/pages/simulator.md, "The oracles".
 *
 * Method: tables are made in the made-up machine's memory, the guest's calls
 * are made as the simulator would tell them.
 */
#include <check.h>
#include <stdlib.h>

#include "fake_guest.h"

extern const struct oracle oracle_page_tables;
extern const struct oracle oracle_stale_translations;

/* Frames behind those of fake_guest.h. */
enum {
    ROOT = 20, /* what CR3 points to: the hypervisor's copy */
    L3,        /* the guest's own */
    L2,
    L1,
    LIST, /* its page list */
    PINNED,
    FREE,    /* the guest's, of no use yet */
    FOREIGN, /* not the guest's */
    M2P_L1,
};

#define LIST_VA 0xC0103000u
#define MFN(n) (FAKE_FIRST_FRAME + (unsigned)(n))
#define ENTRY(n, flags) (((uint64_t)MFN(n) << 12) | (flags))
#define P 1u
#define RW 2u
#define US 4u
#define PSE 0x80u
#define M2P_SLOT 0x1ACu

static void set_entry(unsigned table, unsigned index, uint64_t entry)
{
    for (unsigned i = 0; i < 8; i++)
        fake.ram[table][index * 8 + i] = (uint8_t)(entry >> 8 * i);
}

/** Ring 0 writes an entry. */
static void write_entry(unsigned table, unsigned index, uint64_t entry)
{
    store(0xF6C00000, table, index * 8, 8);
    set_entry(table, index, entry);
}

static void own(unsigned *nr, unsigned frame)
{
    fake_poke32(LIST_VA + 4 * (*nr)++, MFN(frame));
}

/** A guest about to start: one L1 maps its image. */
static void boot(void)
{
    static const unsigned owned[] = { CODE, DATA, STACK, START, USER, L3,
                                      L2,   L1,   LIST,  PINNED, FREE };
    unsigned nr = 0;

    guest_boot();
    fake_map(LIST_VA, LIST);
    for (unsigned i = 0; i < sizeof owned / sizeof owned[0]; i++)
        own(&nr, owned[i]);
    fake_poke32(START_VA + 32, nr);
    fake_poke32(START_VA + 60, 0xC0105000); /* pt_base */
    fake_poke32(START_VA + 68, LIST_VA);
    fake_map(0xC0105000, L3);
    guest.cr3 = MFN(ROOT) << 12;
    set_entry(ROOT, 3, ENTRY(L2, P));
    set_entry(L3, 3, ENTRY(L2, P));
    set_entry(L2, 0, ENTRY(L1, P | RW | US));
    set_entry(L2, M2P_SLOT, ENTRY(M2P_L1, P | RW | US));
    set_entry(L2, M2P_SLOT + 60, ENTRY(ROOT, P | RW)); /* not for guests */
    set_entry(M2P_L1, 0, ENTRY(FOREIGN, P));
    for (unsigned i = 0; i <= STACK; i++)
        set_entry(L1, 0x100 + i, ENTRY(i, P | RW));
    set_entry(L1, 0x110, ENTRY(SHARED, P | RW));
}

static void start(void)
{
    boot();
    go_on();
}

/** Some hypercall, in which `what` is done. */
#define DURING(what)                                                         \
    do {                                                                     \
        leave_hypercall(17, 0, 0, 0, 0);                                     \
        what;                                                                \
        go_on();                                                             \
    } while (0)

static void guest_writes(unsigned frame)
{
    struct access a = {
        .vaddr = 0xC0700000,
        .maddr = (uint64_t)MFN(frame) << 12,
        .bytes = 4,
        .kind = ACCESS_WRITE,
        .ring = 1,
    };

    fake_unmap(0xC0700000);
    fake_map(0xC0700000, frame);
    guest_oracle->access(&fake.m, &a);
}

START_TEST(a_good_start)
{
    start();
    guest_writes(DATA);
    DURING(write_entry(L1, 0x120, ENTRY(FREE, P | RW | US)));
    guest_writes(FREE);
    ck_assert(silent());
}
END_TEST

START_TEST(start_maps_what_it_must_not)
{
    boot();
    set_entry(L1, 5, ENTRY(FOREIGN, P));
    go_on();
    ck_assert(only(PAGE_TABLES_FOREIGN));
}
END_TEST

/** The hypervisor's own frames, even when the page list has them. */
START_TEST(maps_the_hypervisors)
{
    unsigned nr = 11;

    boot();
    own(&nr, ROOT);
    fake_poke32(START_VA + 32, nr);
    set_entry(L1, 5, ENTRY(ROOT, P));
    go_on();
    ck_assert(only(PAGE_TABLES_FOREIGN));
}
END_TEST

START_TEST(maps_later)
{
    start();
    DURING(write_entry(L1, 7, ENTRY(FOREIGN, P | RW)));
    ck_assert(only(PAGE_TABLES_FOREIGN));
}
END_TEST

START_TEST(not_present_maps_nothing)
{
    start();
    DURING(write_entry(L1, 7, ENTRY(FOREIGN, RW)));
    ck_assert(silent());
}
END_TEST

START_TEST(a_new_l1)
{
    start();
    set_entry(PINNED, 0, ENTRY(FOREIGN, P));
    DURING((void)0);
    ck_assert(silent()); /* it is no table yet */
    DURING(write_entry(L2, 1, ENTRY(PINNED, P | RW)));
    ck_assert(only(PAGE_TABLES_FOREIGN));
}
END_TEST

START_TEST(a_large_page)
{
    start();
    DURING(write_entry(L2, 1, P | RW | PSE | 0x200000));
    ck_assert(only(PAGE_TABLES_LARGE));
}
END_TEST

START_TEST(m2p_writable)
{
    start();
    DURING(set_entry(M2P_L1, 1, ENTRY(FOREIGN, P | (_i ? US : RW)));
           store(0xF6C00000, L2, M2P_SLOT * 8, 8));
    ck_assert(only(PAGE_TABLES_M2P));
}
END_TEST

/** Every table in use: the root's, the base, and what they lead to. */
START_TEST(guest_writes_to_a_table)
{
    static const unsigned tables[] = { L3, L2, L1 };

    start();
    guest_writes(tables[_i]);
    guest_writes(tables[_i]);
    ck_assert(only(PAGE_TABLES_WRITE));
}
END_TEST

/** mmuext_op with one operation. */
static void mmuext(uint32_t command, unsigned frame, uint32_t result)
{
    fake_poke32(DATA_VA, command);
    fake_poke32(DATA_VA + 4, MFN(frame));
    fake_poke32(DATA_VA + 8, 0);
    leave_hypercall(26, DATA_VA, 1, 0, 0x7FF0);
    guest.eax = result;
    go_on();
}

START_TEST(a_pinned_table)
{
    start();
    guest_writes(PINNED);
    mmuext((unsigned)_i, PINNED, 0);
    ck_assert(silent());
    guest_writes(PINNED);
    ck_assert(only(PAGE_TABLES_WRITE));
}
END_TEST

START_TEST(what_a_pinned_table_leads_to)
{
    start();
    set_entry(PINNED, 3, ENTRY(FREE, P | RW));
    mmuext(1, PINNED, 0); /* an L2: its entry 3 is an L1 */
    guest_writes(FREE);
    ck_assert(only(PAGE_TABLES_WRITE));
}
END_TEST

/** The page that an operation clears may be where the list of operations is:
 *  what then stands there was never asked for. Nor is it known any more what
 *  was pinned. */
START_TEST(list_that_clears_itself)
{
    uint32_t clear_page = 16, pin = 0;

    start();
    fake_poke32(DATA_VA, _i ? pin : clear_page);
    fake_poke32(DATA_VA + 4, MFN(PINNED));
    leave_hypercall(26, DATA_VA, 1, 0, 0x7FF0);
    fake_poke32(DATA_VA, pin);
    fake_poke32(DATA_VA + 4, MFN(_i ? FREE : PINNED));
    guest.eax = 0;
    go_on();
    guest_writes(PINNED);
    guest_writes(FREE);
    ck_assert(silent());
}
END_TEST

/** An unpin of which the list does not tell afterwards was one. */
START_TEST(unpinned_by_a_list_that_changed)
{
    start();
    mmuext(0, PINNED, 0);
    fake_poke32(DATA_VA, 4);
    fake_poke32(DATA_VA + 4, MFN(PINNED));
    leave_hypercall(26, DATA_VA, 1, 0, 0x7FF0);
    fake_poke32(DATA_VA + 4, MFN(FREE));
    guest.eax = 0;
    go_on();
    guest_writes(PINNED);
    ck_assert(silent());
}
END_TEST

START_TEST(refused_pin)
{
    start();
    mmuext(0, PINNED, (uint32_t)-22);
    guest_writes(PINNED);
    ck_assert(silent());
}
END_TEST

START_TEST(unpinned)
{
    start();
    mmuext(0, PINNED, 0);
    mmuext(4, PINNED, 0);
    guest_writes(PINNED);
    ck_assert(silent());
}
END_TEST

START_TEST(another_base)
{
    start();
    mmuext(4, L3, 0); /* the builder's pin */
    mmuext(5, PINNED, 0);
    guest_writes(L3);
    ck_assert(silent());
    guest_writes(PINNED);
    ck_assert(only(PAGE_TABLES_WRITE));
}
END_TEST

/** memory_op with a list of one frame. */
static void memory_op(uint32_t command, unsigned frame, uint32_t result)
{
    fake_poke32(DATA_VA, DATA_VA + 0x100);
    fake_poke32(DATA_VA + 4, 1);
    fake_poke32(DATA_VA + 8, 0);
    fake_poke32(DATA_VA + 12, 0);
    fake_poke32(DATA_VA + 16, 0x7FF0);
    fake_poke32(DATA_VA + 0x100, MFN(frame));
    leave_hypercall(12, command, DATA_VA, 0, 0);
    guest.eax = result;
    go_on();
}

/** A guest may give back what it maps: the frame is not free before that
 *  mapping ends. */
START_TEST(taken_away_but_mapped)
{
    start();
    DURING(write_entry(L1, 0x120, ENTRY(FREE, P | RW)));
    memory_op(1, FREE, 1);
    DURING(write_entry(L1, 0x121, ENTRY(FREE, P | RW)));
    ck_assert(silent());
}
END_TEST

START_TEST(mapped_after_it_was_taken)
{
    start();
    memory_op(1, FREE, 1);
    DURING(write_entry(L1, 0x120, ENTRY(FREE, P | RW)));
    ck_assert(only(PAGE_TABLES_FOREIGN));
}
END_TEST

START_TEST(refused_decrease)
{
    start();
    DURING(write_entry(L1, 0x120, ENTRY(FREE, P | RW)));
    memory_op(1, FREE, 0);
    ck_assert(silent());
}
END_TEST

START_TEST(given)
{
    start();
    memory_op(6, FOREIGN, 1);
    DURING(write_entry(L1, 0x120, ENTRY(FOREIGN, P | RW)));
    ck_assert(silent());
}
END_TEST

/** mmu_update with a foreign owner: right for a privileged guest only. */
START_TEST(foreign_map)
{
    boot();
    fake_poke32(START_VA + 40, _i);
    go_on();
    fake_poke32(DATA_VA + 8, MFN(FOREIGN) << 12 | P | RW);
    fake_poke32(DATA_VA + 12, 0);
    leave_hypercall(1, DATA_VA, 1, 0, 5);
    write_entry(L1, 0x120, ENTRY(FOREIGN, P | RW));
    guest.eax = 0;
    go_on();
    ck_assert(_i ? silent() : only(PAGE_TABLES_FOREIGN));
}
END_TEST

START_TEST(pinned_by_a_multicall)
{
    start();
    fake_poke32(DATA_VA, 0);
    fake_poke32(DATA_VA + 4, MFN(PINNED));
    fake_poke32(DATA_VA + 0x200, 26);
    fake_poke32(DATA_VA + 0x208, DATA_VA);
    fake_poke32(DATA_VA + 0x20C, 1);
    fake_poke32(DATA_VA + 0x210, 0);
    fake_poke32(DATA_VA + 0x214, 0x7FF0);
    leave_hypercall(13, DATA_VA + 0x200, 1, 0, 0);
    fake_poke32(DATA_VA + 0x204, _i ? (uint32_t)-22 : 0);
    guest.eax = 0;
    go_on();
    guest_writes(PINNED);
    ck_assert(_i ? silent() : only(PAGE_TABLES_WRITE));
}
END_TEST

/* --- Stale translations --------------------------------------------------- */

static void uses(unsigned ring, unsigned kind, uint32_t vaddr, unsigned frame)
{
    struct access a = {
        .vaddr = vaddr,
        .maddr = (uint64_t)MFN(frame) << 12 | (vaddr & 0xFFF),
        .bytes = 4,
        .kind = (uint8_t)kind,
        .ring = (uint8_t)ring,
    };

    guest_oracle->access(&fake.m, &a);
}

static void start_stale(void)
{
    guest_oracle = &oracle_stale_translations;
    start();
}

START_TEST(stale_after_it_was_taken)
{
    start_stale();
    memory_op(1, FREE, 1);
    uses((unsigned)_i, ACCESS_READ, 0xC0800000, FREE);
    uses((unsigned)_i, ACCESS_READ, 0xC0800000, FREE);
    ck_assert(only(STALE_CHANGED));
}
END_TEST

START_TEST(stale_but_the_guests_own_affair)
{
    start_stale();
    uses(1, ACCESS_WRITE, 0xC0800000, FREE);
    ck_assert(silent());
}
END_TEST

START_TEST(fresh_after_it_was_given)
{
    start_stale();
    memory_op(6, FOREIGN, 1);
    fake_map(0xC0800000, FOREIGN);
    uses(1, ACCESS_WRITE, 0xC0800000, FOREIGN);
    ck_assert(silent());
}
END_TEST

START_TEST(stale_leads_elsewhere)
{
    start_stale();
    memory_op(6, FOREIGN, 1);
    fake_map(0xC0800000, FREE);
    uses(1, ACCESS_READ, 0xC0800000, FOREIGN);
    ck_assert(only(STALE_CHANGED));
}
END_TEST

/** A page that became a table is read-only now: reading it is all right. */
START_TEST(stale_right_to_write)
{
    start_stale();
    mmuext(0, PINNED, 0);
    fake_map_read_only(0xC0800000, PINNED);
    uses(1, ACCESS_READ, 0xC0800000, PINNED);
    ck_assert(silent());
    uses(1, _i ? ACCESS_MODIFY : ACCESS_WRITE, 0xC0800000, PINNED);
    ck_assert(only(STALE_TABLE));
}
END_TEST

/** Execute an instruction that is fetched from a frame. */
static void executes(unsigned ring, uint32_t vaddr, unsigned frame)
{
    fake_at(ring, ring == 3 ? 0xE02B : 0xE019, vaddr);
    fake.fetch_maddr = (uint64_t)MFN(frame) << 12 | (vaddr & 0xFFF);
    guest_oracle->before(&fake.m);
}

START_TEST(stale_code)
{
    start_stale();
    memory_op(1, FREE, 1);
    executes(_i ? 3 : 1, 0xC0800004, FREE);
    executes(_i ? 3 : 1, 0xC0800008, FREE);
    ck_assert(only(STALE_FETCH));
}
END_TEST

START_TEST(code_that_is_still_mapped)
{
    start_stale();
    executes(1, 0xC0800004, FREE); /* the guest's own affair */
    memory_op(6, FOREIGN, 1);
    fake_map(0xC0900000, FOREIGN);
    executes(1, 0xC0900000, FOREIGN);
    ck_assert(silent());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/page_tables");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    guest_oracle = &oracle_page_tables;
    tcase_add_test(all, a_good_start);
    tcase_add_test(all, start_maps_what_it_must_not);
    tcase_add_test(all, maps_the_hypervisors);
    tcase_add_test(all, maps_later);
    tcase_add_test(all, not_present_maps_nothing);
    tcase_add_test(all, a_new_l1);
    tcase_add_test(all, a_large_page);
    tcase_add_loop_test(all, m2p_writable, 0, 2);
    tcase_add_loop_test(all, guest_writes_to_a_table, 0, 3);
    tcase_add_loop_test(all, a_pinned_table, 0, 3);
    tcase_add_test(all, what_a_pinned_table_leads_to);
    tcase_add_loop_test(all, list_that_clears_itself, 0, 2);
    tcase_add_test(all, unpinned_by_a_list_that_changed);
    tcase_add_test(all, refused_pin);
    tcase_add_test(all, unpinned);
    tcase_add_test(all, another_base);
    tcase_add_test(all, taken_away_but_mapped);
    tcase_add_test(all, mapped_after_it_was_taken);
    tcase_add_test(all, refused_decrease);
    tcase_add_test(all, given);
    tcase_add_loop_test(all, foreign_map, 0, 2);
    tcase_add_loop_test(all, pinned_by_a_multicall, 0, 2);
    tcase_add_loop_test(all, stale_after_it_was_taken, 0, 2);
    tcase_add_test(all, stale_but_the_guests_own_affair);
    tcase_add_test(all, fresh_after_it_was_given);
    tcase_add_test(all, stale_leads_elsewhere);
    tcase_add_loop_test(all, stale_right_to_write, 0, 2);
    tcase_add_loop_test(all, stale_code, 0, 2);
    tcase_add_test(all, code_that_is_still_mapped);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
