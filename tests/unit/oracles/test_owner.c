/* SPDX-License-Identifier: MIT */
/**
 * @page unit_oracles_owner The owner model with two domains, on a made-up
 * machine
 *
 * Property: a domain maps its own frames and what another granted it, as wide
 * and as long as granted; a frame is never two domains', and comes to its next
 * owner empty; whatever else is mapped is reported.
 *
 * Source: doc/pages/simulator.md, "The oracles"; [XenABI] xen/grant_table.h.
 *
 * Method: the oracle *page tables* on two made-up domains, whose calls and
 * tables are made here as the simulator would tell them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "fake_guest.h"
#include "machine.h"

extern const struct oracle oracle_page_tables;

/* Frames of domain 0, and those of domain 1 by SECOND more. */
enum { D_START = 12, D_LIST, D_DATA, D_L3, D_L2, D_L1, D_FREE, D_SHARED,
       D_GRANTS, D_ROOT, SECOND = 12 };
enum { NOBODYS = 40, NR_OWNED = 7 };

enum { MEMORY_OP = 12, GRANT_OP = 20, SCHED_OP = 29 };
enum { GNT_MAP = 0, GNT_UNMAP = 1, GNT_SETUP = 2, GNT_TRANSFER = 4 };
#define PERMIT 1u
#define ACCEPT 2u
#define READONLY 4u
#define COMPLETED 8u
#define HOST_MAP 2u
#define MAP_READONLY 4u

#define MFN(n) (FAKE_FIRST_FRAME + (unsigned)(n))
#define ENTRY(n, flags) (((uint64_t)MFN(n) << 12) | (flags))
#define P 1u
#define RW 2u

static unsigned now;                    /* the domain that runs */
static struct event_registers saved[2]; /* of both */

static unsigned frame(unsigned n)
{
    return n + now * SECOND;
}

/** Where the running domain has its pages. */
static uint32_t va(unsigned page)
{
    return 0xD0000000u + now * 0x01000000u + page * 0x1000;
}

static void set_entry(unsigned table, unsigned index, uint64_t entry)
{
    memcpy(&fake.ram[table][index * 8], &entry, 8);
}

/** Ring 0 writes an entry of the running domain's L1. */
static void map_frame(unsigned index, unsigned n, unsigned flags)
{
    store(0xF6C00000, frame(D_L1), index * 8, 8);
    set_entry(frame(D_L1), index, ENTRY(n, flags));
}

/** A domain about to start. */
static void make(unsigned domain)
{
    static const unsigned owned[NR_OWNED] = { D_START, D_LIST, D_DATA, D_L3,
                                              D_L2, D_L1, D_FREE };

    now = domain;
    fake_map(va(0), frame(D_START));
    fake_map(va(1), frame(D_LIST));
    fake_map(va(2), frame(D_DATA));
    fake_map(va(3), frame(D_L3));
    for (unsigned i = 0; i < NR_OWNED; i++)
        fake_poke32(va(1) + 4 * i, MFN(frame(owned[i])));
    fake_poke(va(0), "xen-3.0-x86_32p", 16);
    fake_poke32(va(0) + 32, NR_OWNED);
    fake_poke32(va(0) + 36, MFN(frame(D_SHARED)) << 12);
    fake_poke32(va(0) + 60, va(3));
    fake_poke32(va(0) + 68, va(1));
    set_entry(frame(D_ROOT), 3, ENTRY(frame(D_L2), P));
    set_entry(frame(D_L3), 3, ENTRY(frame(D_L2), P));
    set_entry(frame(D_L2), 0, ENTRY(frame(D_L1), P | RW | 4));
    set_entry(frame(D_L1), 0, ENTRY(frame(D_DATA), P | RW));
    guest = (struct event_registers){
        .esi = va(0), .eip = 0xD0000000u, .esp = va(3), .cs = KERNEL_CS,
        .ss = KERNEL_DS, .eflags = 0x202,
        .cr3 = MFN(frame(D_ROOT)) << 12,
    };
}

/** The other one runs. */
static void change_over(void)
{
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    saved[now] = guest;
    now = !now;
    guest = saved[now];
    go_on();
}

/** Both have started; the second runs. */
static void start(void)
{
    guest_oracle = &oracle_page_tables;
    guest_boot();
    make(0);
    go_on();
    leave_interrupt(CAUSE_INTERRUPT, 0x20);
    saved[0] = guest;
    make(1);
    go_on();
}

static void call(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
    leave_hypercall(number, a, b, c, 0x7FF0);
    guest.eax = 0;
}

static void pass(void)
{
    call(SCHED_OP, 0, 0, 0);
    go_on();
}

/** Words at the running domain's data. */
static void words(const uint32_t *word, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++)
        fake_poke32(va(2) + 4 * i, word[i]);
}

static void open_grants(void)
{
    const uint32_t setup[4] = { 0x7FF0, 1, 0, va(2) + 0x100 };

    words(setup, 4);
    fake_poke32(va(2) + 0x100, MFN(frame(D_GRANTS)));
    call(GRANT_OP, GNT_SETUP, va(2), 1);
    go_on();
}

/** An entry of the running domain's table. */
static void grant(uint32_t ref, uint16_t flags, uint16_t to, unsigned n)
{
    uint32_t mfn = MFN(n);
    uint8_t *entry = &fake.ram[frame(D_GRANTS)][ref * 8];

    memcpy(entry, &flags, 2);
    memcpy(entry + 2, &to, 2);
    memcpy(entry + 4, &mfn, 4);
}

/** The second maps what the first granted, and the hypervisor does it. */
static void map_grant(uint32_t ref, unsigned n, uint32_t flags,
                      unsigned entry_flags)
{
    const uint32_t op[8] = { 0, 0, flags, ref, 7, 0x33, MFN(n) << 12, 0 };

    words(op, 8);
    call(GRANT_OP, GNT_MAP, va(2), 1);
    map_frame(9, n, P | entry_flags);
    go_on();
}

/** The first grants its DATA to the second, which runs again. */
static void granted(uint16_t flags, uint16_t to)
{
    start();
    change_over();
    open_grants();
    grant(5, PERMIT, 8, frame(D_START)); /* numbers are learned from it */
    grant(6, flags, to, frame(D_DATA));
    change_over();
    map_grant(5, D_START, HOST_MAP, RW);
    ck_assert(silent());
}

START_TEST(two_start)
{
    start();
    map_frame(1, frame(D_FREE), P | RW);
    pass();
    change_over();
    map_frame(1, frame(D_FREE), P | RW);
    pass();
    ck_assert(silent());
}
END_TEST

START_TEST(the_others_frame)
{
    start();
    map_frame(1, _i ? NOBODYS : D_FREE, P);
    pass();
    ck_assert(only(PAGE_TABLES_FOREIGN));
}
END_TEST

START_TEST(the_others_table)
{
    start();
    store(0xF6C00000, frame(D_L2), 8, 8);
    set_entry(frame(D_L2), 1, ENTRY(D_FREE, P | RW | 4));
    pass();
    ck_assert(only(PAGE_TABLES_TABLE));
}
END_TEST

START_TEST(writes_to_the_others_table)
{
    struct access a = { .maddr = (uint64_t)MFN(D_L1) << 12, .bytes = 4,
                        .kind = ACCESS_WRITE, .ring = 1 };

    start();
    guest_oracle->access(&fake.m, &a);
    ck_assert(only(PAGE_TABLES_WRITE));
}
END_TEST

START_TEST(by_a_grant)
{
    granted(PERMIT, 8);
    map_grant(6, D_DATA, HOST_MAP, RW);
    ck_assert(silent());
}
END_TEST

START_TEST(by_no_grant)
{
    granted(_i == 0 ? 0 : _i == 1 ? PERMIT | READONLY : PERMIT,
            _i == 2 ? 7 : 8);
    map_grant(6, _i == 3 ? D_FREE : D_DATA, HOST_MAP, RW);
    ck_assert(only(PAGE_TABLES_GRANT));
}
END_TEST

START_TEST(wider_than_the_grant)
{
    granted(PERMIT | READONLY, 8);
    map_grant(6, D_DATA, HOST_MAP | MAP_READONLY, _i ? RW : 0);
    ck_assert(_i ? only(PAGE_TABLES_READ_ONLY) : silent());
}
END_TEST

START_TEST(longer_than_the_grant)
{
    uint32_t op[6] = { va(9), 0, 0, 0, 0x33, 0 };

    granted(PERMIT, 8);
    map_grant(6, D_DATA, HOST_MAP, RW);
    words(op, 6);
    call(GRANT_OP, GNT_UNMAP, va(2), 1);
    if (_i == 0)
        map_frame(9, frame(D_DATA), P);
    go_on();
    ck_assert(_i ? fake_reports() > 0 &&
                       fake_reported(PAGE_TABLES_FOREIGN) == fake_reports()
                 : silent());
}
END_TEST

/** The second accepts a frame of the first's. */
START_TEST(transferred)
{
    const uint32_t op[4] = { MFN(D_FREE), 8, 3, 0 };

    start();
    open_grants();
    grant(3, ACCEPT, 7, 0);
    change_over();
    words(op, 4);
    call(GRANT_OP, GNT_TRANSFER, va(2), 1);
    now = 1;
    if (_i)
        grant(3, ACCEPT | COMPLETED, 7, D_FREE);
    now = 0;
    go_on();
    change_over();
    map_frame(1, D_FREE, P | RW);
    pass();
    ck_assert(_i ? silent() : only(PAGE_TABLES_FOREIGN));
}
END_TEST

/** memory_op gives the running domain a frame. */
static void given(unsigned n)
{
    const uint32_t op[5] = { va(2) + 0x100, 1, 0, 0, 0x7FF0 };

    words(op, 5);
    leave_hypercall(MEMORY_OP, 6, va(2), 0, 0);
    fake_poke32(va(2) + 0x100, MFN(n));
    guest.eax = 1;
    go_on();
}

START_TEST(given_empty)
{
    start();
    fake.ram[NOBODYS][4095] = (uint8_t)_i;
    given(NOBODYS);
    map_frame(1, NOBODYS, P | RW);
    pass();
    ck_assert(_i ? only(PAGE_TABLES_SCRUB) : silent());
}
END_TEST

/** A frame of the first's comes to the second: the first must be over. */
START_TEST(given_although_owned)
{
    start();
    given(D_FREE);
    ck_assert(silent());
    if (_i)
        change_over();
    ck_assert(_i ? only(PAGE_TABLES_GIVEN) : silent());
}
END_TEST

START_TEST(given_what_it_has)
{
    start();
    given(frame(D_FREE));
    ck_assert(only(PAGE_TABLES_GIVEN));
}
END_TEST

/** Given back by the first, whose call is answered later. */
START_TEST(given_on_the_way)
{
    const uint32_t op[5] = { va(2) + 0x100, 1, 0, 0, 0x7FF0 };

    start();
    change_over();
    words(op, 5);
    fake_poke32(va(2) + 0x100, MFN(D_FREE));
    leave_hypercall(MEMORY_OP, 1, va(2), 0, 0);
    guest.eax = 1;
    saved[0] = guest;
    now = 1;
    guest = saved[1];
    go_on();
    given(D_FREE);
    map_frame(1, D_FREE, P | RW);
    pass();
    change_over();
    ck_assert(silent());
}
END_TEST

/** The machine ends when both are gone, and all is empty, or not. */
START_TEST(at_the_end)
{
    start();
    for (unsigned n = 0; n < FAKE_FRAMES; n++)
        memset(fake.ram[n], 0, sizeof fake.ram[n]);
    fake.ram[D_FREE][77] = (uint8_t)_i;
    guest_oracle->port_out(&fake.m, 0xF4, 4,
                           _i == 2 ? MACHINE_PANIC : MACHINE_POWEROFF);
    guest_oracle->end(&fake.m, END_EXIT_PORT);
    ck_assert(_i == 1 ? only(PAGE_TABLES_SCRUB) : silent());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracles/owner");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, two_start);
    tcase_add_loop_test(all, the_others_frame, 0, 2);
    tcase_add_test(all, the_others_table);
    tcase_add_test(all, writes_to_the_others_table);
    tcase_add_test(all, by_a_grant);
    tcase_add_loop_test(all, by_no_grant, 0, 4);
    tcase_add_loop_test(all, wider_than_the_grant, 0, 2);
    tcase_add_loop_test(all, longer_than_the_grant, 0, 2);
    tcase_add_loop_test(all, transferred, 0, 2);
    tcase_add_loop_test(all, given_empty, 0, 2);
    tcase_add_loop_test(all, given_although_owned, 0, 2);
    tcase_add_test(all, given_what_it_has);
    tcase_add_test(all, given_on_the_way);
    tcase_add_loop_test(all, at_the_end, 0, 3);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
