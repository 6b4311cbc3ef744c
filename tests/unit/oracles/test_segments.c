/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_segments The oracle *segments*, on a made-up machine
 *
 * Property: every descriptor that a guest could load and that reaches the
 * hypervisor or has DPL 0 is reported before the guest's next instruction,
 * whoever put it there and by whichever address; nothing else is.
 *
 * Source: doc/pages/simulator.md, "The oracles"; [SDM3A] "Limit Checking".
 *
 * Method: descriptors at each edge of the range, in each kind of segment; and
 * each event after which the tables have to be read again.
 */
#include <check.h>
#include <stdlib.h>

#include "../../../sim/oracles/descriptor.h"
#include "fake_machine.h"

extern const struct oracle oracle_segments;

#define GDT_VA 0xF6FF0000u
#define LDT_VA 0xF6FE0000u
#define DATA 0x12u       /* S, writable data */
#define DOWN 0x16u       /* S, expand-down data */
#define CODE 0x1Au       /* S, readable code */
#define CONFORMING 0x1Eu /* S, conforming code */
#define FLAT_PAGES 0xF67FFu

/* Frames of the fake machine: what is in which. */
enum { GUEST_GDT, RESERVED_GDT, LOCAL, OTHER };

static void set_gdt(unsigned index, uint64_t raw)
{
    fake_poke(GDT_VA + index * 8, &raw, sizeof raw);
}

/** A processor with the hypervisor's page of the GDT and one of a guest's. */
static void start(void)
{
    fake_start(&oracle_segments);
    fake_map(GDT_VA, GUEST_GDT);
    fake_map(GDT_VA + 14 * 4096, RESERVED_GDT);
    fake.gdt = (struct table_register){ GDT_VA, 15 * 4096 - 1 };
    set_gdt(7168, fake_descriptor(0xF6900000, 0x67, false, 0x9, 0, false));
    set_gdt(7169, fake_descriptor(0, 0xFFFFF, true, CODE, 0, true));
    set_gdt(7170, fake_descriptor(0, 0xFFFFF, true, DATA, 0, true));
    set_gdt(7171, fake_descriptor(0, FLAT_PAGES, true, CODE, 1, true));
    set_gdt(7172, fake_descriptor(0, FLAT_PAGES, true, DATA, 1, true));
    fake_at(1, 0xE019, 0xC0100000);
}

/** The guest's next instruction. */
static void step(void)
{
    oracle_segments.before(&fake.m);
}

static void write_to(unsigned ring, unsigned frame, unsigned index,
                     uint64_t raw)
{
    struct access a = {
        .vaddr = 0xC0400000,
        .maddr = ((uint64_t)(FAKE_FIRST_FRAME + frame) << 12) + index * 8,
        .bytes = 8,
        .kind = ACCESS_WRITE,
        .ring = (uint8_t)ring,
    };

    oracle_segments.access(&fake.m, &a);
    for (unsigned i = 0; i < 8; i++)
        fake.ram[frame][index * 8 % 4096 + i] = (uint8_t)(raw >> 8 * i);
}

/** A guest's descriptor, and what is reported for it (0: nothing). */
struct edge {
    const char *what;
    uint64_t raw;
    unsigned code;
};

static struct edge edges[24];
static unsigned nr_edges;

static void edge(const char *what, uint64_t raw, unsigned code)
{
    edges[nr_edges++] = (struct edge){ what, raw, code };
}

static void make_edges(void)
{
    nr_edges = 0;
    edge("flat", fake_descriptor(0, FLAT_PAGES, true, DATA, 1, true), 0);
    edge("one page more", fake_descriptor(0, 0xF6800, true, DATA, 1, true),
         SEGMENTS_TABLE_RANGE);
    edge("4 GB", fake_descriptor(0, 0xFFFFF, true, DATA, 3, true),
         SEGMENTS_TABLE_RANGE);
    edge("last byte below", fake_descriptor(0xF6700001, 0xFFFFE, false, DATA,
                                            1, true), 0);
    edge("one byte more", fake_descriptor(0xF6700001, 0xFFFFF, false, DATA, 1,
                                          true), SEGMENTS_TABLE_RANGE);
    edge("wraps", fake_descriptor(0xF0000000, 0xFFFFF, true, DATA, 1, true),
         SEGMENTS_TABLE_RANGE);
    edge("begins above", fake_descriptor(0xFFFFF000, 0xFFF, false, DATA, 1,
                                         true), SEGMENTS_TABLE_RANGE);
    edge("small code", fake_descriptor(0x1000, 0xFFFF, false, CODE, 1, false),
         0);
    edge("flat code", fake_descriptor(0, 0xFFFFF, true, CODE, 1, true),
         SEGMENTS_TABLE_RANGE);
    edge("DPL 0", fake_descriptor(0, 0xFFF, false, DATA, 0, true),
         SEGMENTS_TABLE_DPL);
    edge("not present", fake_descriptor(0, 0xFFFFF, true, DATA, 0, true) &
                            ~(UINT64_C(1) << 47), 0);
    edge("down from base 0", fake_descriptor(0, 0x1000, true, DOWN, 1, true),
         SEGMENTS_TABLE_RANGE);
    edge("down, nothing", fake_descriptor(0, 0xFFFFF, true, DOWN, 1, true),
         0);
    /* Offsets from 4 GB - base on: they wrap to [0, base). */
    edge("down, below its base", fake_descriptor(0xC0000000, 0x3FFFF, true,
                                                 DOWN, 1, true), 0);
    edge("down, one page more", fake_descriptor(0xC0000000, 0x3FFFE, true,
                                                DOWN, 1, true),
         SEGMENTS_TABLE_RANGE);
    edge("down, base too high", fake_descriptor(0xF6801000, 0xFFFFE, true,
                                                DOWN, 1, true),
         SEGMENTS_TABLE_RANGE);
    edge("down, 16 bits", fake_descriptor(0xF6700000, 0x0FFF, false, DOWN, 1,
                                          false), 0);
    edge("down, 16 bits, too high",
         fake_descriptor(0xF67F1000, 0x0FFF, false, DOWN, 1, false),
         SEGMENTS_TABLE_RANGE);
    edge("gate to the guest", UINT64_C(0x0000EC00E0190000) | 0x1234, 0);
    edge("gate to ring 0", UINT64_C(0x0000EC00E0080000),
         SEGMENTS_TABLE_SYSTEM);
    edge("TSS", fake_descriptor(0xC0100000, 0x67, false, 0x9, 1, false),
         SEGMENTS_TABLE_SYSTEM);
    edge("LDT", fake_descriptor(0xC0100000, 0x67, false, 0x2, 1, false),
         SEGMENTS_TABLE_SYSTEM);
    edge("empty system type", fake_descriptor(0, 0, false, 0, 3, false), 0);
}

START_TEST(edges_in_the_gdt)
{
    make_edges();
    for (unsigned i = 0; i < nr_edges; i++) {
        start();
        set_gdt(i % 2 ? 511 : 1, edges[i].raw);
        step();
        ck_assert_msg(fake_reports() == (edges[i].code ? 1 : 0) &&
                          (!edges[i].code || fake_reported(edges[i].code)),
                      "%s: %u reports, the first of code %u", edges[i].what,
                      fake_reports(), fake.report[0].code);
    }
}
END_TEST

START_TEST(edges_in_the_ldt)
{
    make_edges();
    for (unsigned i = 0; i < nr_edges; i++) {
        start();
        fake_map(LDT_VA, LOCAL);
        fake.segment[SEGMENT_LDTR] = (struct segment_cache){
            .selector = 0xE040, .valid = true, .present = true,
            .base = LDT_VA, .limit = 2 * 8 - 1,
        };
        fake_poke(LDT_VA + 8, &edges[i].raw, 8);
        step();
        ck_assert_msg(fake_reports() == (edges[i].code ? 1 : 0),
                      "%s: %u reports", edges[i].what, fake_reports());
    }
}
END_TEST

START_TEST(hypervisors_flat_descriptor)
{
    start();
    set_gdt(7172, fake_descriptor(0, 0xFFFFF, true, DATA, 1, true));
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_RESERVED), 1);
    ck_assert_uint_eq(fake_reports(), 1);
}
END_TEST

START_TEST(hypervisors_conforming_code)
{
    start();
    set_gdt(7169, fake_descriptor(0, 0xFFFFF, true, CONFORMING, 0, true));
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_RESERVED), 1);
}
END_TEST

START_TEST(told_once_for_each_value)
{
    start();
    set_gdt(5, fake_descriptor(0, 0xFFFFF, true, DATA, 1, true));
    step();
    step();
    oracle_segments.flush(&fake.m, FLUSH_CR3, 0);
    step();
    write_to(0, GUEST_GDT, 6, 0);
    step();
    ck_assert_uint_eq(fake_reports(), 1);
    write_to(0, GUEST_GDT, 5,
             fake_descriptor(0, 0xFFFFE, true, DATA, 1, true));
    step();
    ck_assert_uint_eq(fake_reports(), 2);
}
END_TEST

/** Who wrote the descriptor, at which ring, does not matter. */
START_TEST(written_after_the_first_look)
{
    start();
    step();
    ck_assert_uint_eq(fake_reports(), 0);
    write_to((unsigned)_i, GUEST_GDT, 3,
             fake_descriptor(0, 0xFFF, false, DATA, 0, true));
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_TABLE_DPL), 1);
}
END_TEST

START_TEST(written_elsewhere)
{
    start();
    step();
    write_to(0, OTHER, 3, fake_descriptor(0, 0xFFF, false, DATA, 0, true));
    step();
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

/** A bad page is put under the GDT: by a page-table write, or before a flush,
 *  or by loading a GDTR or LDTR that points elsewhere. */
static void move_page(void)
{
    uint64_t raw = fake_descriptor(0, 0xFFF, false, DATA, 0, true);

    start();
    step();
    fake_map(0xC0500000, OTHER);
    fake_poke(0xC0500000 + 24, &raw, 8);
    ck_assert_uint_eq(fake_reports(), 0);
}

START_TEST(moved_by_a_table_write)
{
    struct table_write write = { .level = 1 };

    move_page();
    fake_map(GDT_VA + 4096, OTHER);
    oracle_segments.table_write(&fake.m, &write);
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_TABLE_DPL), 1);
    ck_assert_uint_eq(fake.report[0].a[0], 512 + 3);
}
END_TEST

START_TEST(moved_before_a_flush)
{
    move_page();
    fake_unmap(GDT_VA);
    fake_map(GDT_VA, OTHER);
    oracle_segments.flush(&fake.m, FLUSH_INVLPG, GDT_VA);
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_TABLE_DPL), 1);
}
END_TEST

START_TEST(moved_by_lgdt)
{
    move_page();
    fake.gdt = (struct table_register){ 0xC0500000, 31 };
    oracle_segments.table_load(&fake.m, TABLE_GDT);
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_TABLE_DPL), 1);
}
END_TEST

START_TEST(beyond_the_limit_is_no_descriptor)
{
    move_page();
    fake.gdt = (struct table_register){ 0xC0500000, 30 };
    oracle_segments.table_load(&fake.m, TABLE_GDT);
    step();
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

/** A table that begins at an odd address: a descriptor in two pages. */
START_TEST(descriptor_in_two_pages)
{
    uint64_t raw = fake_descriptor(0, 0xFFF, false, DATA, 0, true);

    start();
    fake_map(0xC0600000, LOCAL);
    fake_map(0xC0601000, OTHER);
    fake.gdt = (struct table_register){ 0xC0600FF4, 31 };
    step();
    fake_poke(0xC0600FF4 + 8, &raw, 8);
    write_to(0, OTHER, 1, 0);
    step();
    ck_assert_uint_eq(fake_reported(SEGMENTS_TABLE_DPL), 1);
    ck_assert_uint_eq(fake.report[0].a[0], 1);
}
END_TEST

static struct segment_cache loaded(uint16_t selector, uint32_t limit,
                                   unsigned dpl)
{
    return (struct segment_cache){ .selector = selector, .valid = true,
                                   .present = true, .dpl = (uint8_t)dpl,
                                   .type = 3, .big = true, .limit = limit };
}

START_TEST(loaded_range)
{
    start();
    fake.segment[_i] = loaded(0xE021, 0xF67FFFFF, 1);
    oracle_segments.segments(&fake.m);
    ck_assert_uint_eq(fake_reports(), 0);
    fake.segment[_i] = loaded(0xE021, 0xFFFFFFFF, 1);
    oracle_segments.segments(&fake.m);
    oracle_segments.segments(&fake.m);
    ck_assert_uint_eq(fake_reported(SEGMENTS_LOADED_RANGE), 1);
    ck_assert_uint_eq(fake_reports(), 1);
    ck_assert_uint_eq(fake.report[0].a[0], (unsigned)_i);
}
END_TEST

START_TEST(loaded_dpl_0)
{
    start();
    fake.segment[SEGMENT_FS] = loaded(0xE010, 0xFFF, 0);
    oracle_segments.segments(&fake.m);
    ck_assert_uint_eq(fake_reported(SEGMENTS_LOADED_DPL), 1);
}
END_TEST

START_TEST(loaded_null)
{
    start();
    fake.segment[SEGMENT_GS] = (struct segment_cache){ .limit = 0xFFFFFFFF };
    oracle_segments.segments(&fake.m);
    ck_assert_uint_eq(fake_reports(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/segments");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, edges_in_the_gdt);
    tcase_add_test(all, edges_in_the_ldt);
    tcase_add_test(all, hypervisors_flat_descriptor);
    tcase_add_test(all, hypervisors_conforming_code);
    tcase_add_test(all, told_once_for_each_value);
    tcase_add_loop_test(all, written_after_the_first_look, 0, 4);
    tcase_add_test(all, written_elsewhere);
    tcase_add_test(all, moved_by_a_table_write);
    tcase_add_test(all, moved_before_a_flush);
    tcase_add_test(all, moved_by_lgdt);
    tcase_add_test(all, beyond_the_limit_is_no_descriptor);
    tcase_add_test(all, descriptor_in_two_pages);
    tcase_add_loop_test(all, loaded_range, SEGMENT_ES, SEGMENT_LDTR);
    tcase_add_test(all, loaded_dpl_0);
    tcase_add_test(all, loaded_null);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
