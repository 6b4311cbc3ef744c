/* SPDX-License-Identifier: MIT */
/**
 * @file test_bochs.c
 * @page test-bochs The instrumented Bochs
 *
 * Property: what a machine does is in the event file, at the right
 * instruction and with the right numbers; every way in which a run can end
 * has its reason and its exit status; two runs give the same bytes.
 *
 * Source: sim/trace/event.h, sim/bochs/runfile.h.
 *
 * Method: the machine of machine.asm does each thing once, at addresses that
 * its header tells. The test runs it once for each ending, and looks for the
 * records. There is no hypervisor in it.
 *
 *     test_bochs BOCHS MACHINE FOLDER
 *
 * writes one result line a check (see the top Makefile).
 */
#include <gcrypt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracles/codes.h"
#include "src/include/machine.h"
#include "tests/sim/bochs/machine.h"

/* --- Records -------------------------------------------------------------- */

/** Compare a record's place and some of a[], ended by NO_MORE. */
#define NO_MORE 0xFFFFFFFEu
static void check_event(const char *name, const struct event *event,
                        unsigned ring, uint32_t eip, ...)
{
    uint32_t wanted;
    unsigned i;
    va_list list;

    if (!event) {
        check(false, name, "there is no such record");
        return;
    }
    va_start(list, eip);
    for (i = 0; i < 8; i++) {
        wanted = va_arg(list, uint32_t);
        if (wanted == NO_MORE || event->a[i] != wanted)
            break;
    }
    va_end(list);
    check(event->ring == ring && event->eip == eip &&
              (i == 8 || wanted == NO_MORE),
          name, "ring %u, eip 0x%X, a%u 0x%X", event->ring, event->eip, i,
          event->a[i < 8 ? i : 7]);
}

/* --- What happens in the machine ------------------------------------------ */

static void test_boot(const struct bytes *file)
{
    const struct event *cr4 = find(file, EVENT_CR_WRITE, 4, 0);
    const struct event *cr3 = find(file, EVENT_CR_WRITE, 3, 0);
    const struct event *msr = find(file, EVENT_MSR_WRITE, 0xC0000080, 0);
    const struct event *paging = find(file, EVENT_CR_WRITE, 0, 1);
    const struct event *tr = find(file, EVENT_TABLE_LOAD, TABLE_TR, 0);
    const struct event *clts = find(file, EVENT_CR_WRITE, 0, 2);

    check(cr4 && cr4->a[1] == 0x20, "boot/cr4", "PAE is not seen");
    check(cr3 && cr3->a[1] == 0x20000, "boot/cr3", "the root is not seen");
    check(msr && msr->a[1] == 0x800, "boot/msr", "EFER.NXE is not seen");
    check(paging && paging->a[1] >> 31 && !(paging->a[2] >> 31) &&
              (paging->flags & EVENT_PAGING),
          "boot/cr0", "paging is not seen");
    check(cr4 && cr3 && msr && paging && cr4->icount < cr3->icount &&
              cr3->icount < msr->icount && msr->icount < paging->icount,
          "boot/order", "the writes are not in their order");
    check(tr && tr->a[1] == 0x28 && tr->a[3] == 103, "boot/tr",
          "LTR is not seen");
    check(find(file, EVENT_TABLE_LOAD, TABLE_IDT, 0) != NULL, "boot/idt",
          "LIDT is not seen");
    check(clts != NULL, "boot/clts", "CLTS is not seen");
}

static void test_rings(const struct bytes *file)
{
    check_event("rings/first", find(file, EVENT_RING, 0, 0), 1,
                label[LABEL_RING1_CODE], 0, 1, CAUSE_IRET, 0, 8, NO_MORE);
    check_event("rings/call", find(file, EVENT_RING, 1, 0), 0,
                find(file, EVENT_RING, 1, 0)->eip, 1, 0, CAUSE_SOFT_INTERRUPT,
                0x82, 0x19, label[LABEL_MARK_CALLED], 0x8000, NO_MORE);
    check_event("rings/fault", find(file, EVENT_RING, 1, 1), 0,
                find(file, EVENT_RING, 1, 1)->eip, 1, 0, CAUSE_EXCEPTION, 14,
                0x19, label[LABEL_FAULT_INSTRUCTION], NO_MORE);
    check_event("rings/timer", find(file, EVENT_RING, 1, 3), 0,
                find(file, EVENT_RING, 1, 3)->eip, 1, 0, CAUSE_INTERRUPT,
                0x20, 0x19, NO_MORE);
    check_event("rings/to-application", find(file, EVENT_RING, 1, 4), 3,
                label[LABEL_APP], 1, 3, CAUSE_IRET, NO_MORE);
    check_event("rings/direct-trap", find(file, EVENT_RING, 3, 0), 1,
                label[LABEL_MARK_TRAPPED], 3, 1, CAUSE_SOFT_INTERRUPT, 0x80,
                0x33, label[LABEL_APP] + 3, 0x7000, NO_MORE);
}

static void test_guest(const struct bytes *file)
{
    const struct event *page =
        find(file, EVENT_PT_WRITE, 0x22000 + 511 * 8, 0);

    check_event("guest/hypercall", find(file, EVENT_HYPERCALL, 17, 0), 1,
                label[LABEL_MARK_CALL], 17, 1, 2, 3, 4, 5, 6,
                label[LABEL_MARK_CALLED]);
    check_event("guest/hypercall-return",
                find(file, EVENT_HYPERCALL_RETURN, 17, 0), 1,
                label[LABEL_MARK_CALLED], 17, 42, 0, NO_MORE);
    check_event("guest/page-fault", find(file, EVENT_EXCEPTION, 14, 0), 1,
                label[LABEL_FAULT_INSTRUCTION], 14, 2, 0x1FF010, NO_MORE);
    check_event("guest/page-table-write", page, 0,
                label[LABEL_PAGE_FAULT_STORE], 0x22FF8, 0, 0x1FF007, 0, 0, 0,
                1, PT_BY_RING0);
    check(count(file, EVENT_PT_WRITE) == 1, "guest/one-table-write",
          "%u table writes", count(file, EVENT_PT_WRITE));
    check(find(file, EVENT_FLUSH, FLUSH_INVLPG, 0) &&
              find(file, EVENT_FLUSH, FLUSH_INVLPG, 0)->a[1] == 0x1FF000,
          "guest/invlpg", "INVLPG is not seen");
    check(find(file, EVENT_INTERRUPT, 0x20, 0) &&
              (find(file, EVENT_INTERRUPT, 0x20, 0)->flags &
               EVENT_INTERRUPTS),
          "guest/interrupt", "the timer's interrupt is not seen");
    check(count(file, EVENT_INTERRUPT) == 1, "guest/one-interrupt",
          "%u interrupts", count(file, EVENT_INTERRUPT));
}

/** Waiting for the PIT's status to change: one record a change. */
static void test_polling(const struct bytes *file)
{
    const struct event *event, *last = NULL;
    bool repeated = false;

    for (event = next_event(file, NULL); event;
         event = next_event(file, event)) {
        if (event->kind != EVENT_PORT_IN || event->a[0] != 0x61)
            continue;
        repeated |= last && last->eip == event->eip &&
                    last->a[2] == event->a[2];
        last = event;
    }
    check(last && !repeated, "guest/polling",
          last ? "a repeated read is recorded" : "no read is recorded");
}

static void test_end(const struct bytes *file)
{
    const struct event *end = find(file, EVENT_END, END_EXIT_PORT, 0);

    check(end && end->a[1] == 12 && end->a[2] == 12 &&
              !next_event(file, end),
          "end/record", "the last record is not the end that it should be");
    check(find(file, EVENT_PORT_OUT, 0xF4, 0) != NULL, "end/port",
          "the write to the exit port is not seen");
    check(find(file, EVENT_START, 7, 0) == next_event(file, NULL),
          "start/record", "the first record is not the start");
}

/** EVENT-I1 and the file's size. */
static void test_file(const struct bytes *file)
{
    const struct event *event, *last = NULL;
    bool ordered = true;

    for (event = next_event(file, NULL); event;
         event = next_event(file, event)) {
        ordered &= !last || last->icount <= event->icount;
        last = event;
    }
    check(ordered, "file/order", "an icount falls");
    check(last && (const uint8_t *)(last + 1) +
                          event_padded(last->payload_len) ==
                      file->at + file->nr,
          "file/whole", "there are bytes behind the last record");
}

static void test_events(void)
{
    struct bytes first, second;
    int status = run_usual(ENDING_EXIT, "kernel 0x%X 0x%X\n",
                           label[LABEL_RING0_CODE],
                           label[LABEL_RING0_CODE_END]);

    first = read_file("events.bin");
    check_number("end/exit-status", (uint64_t)status, 12);
    if (!check(first.nr > sizeof(struct event_file) &&
                   !memcmp(first.at, EVENT_MAGIC, sizeof(EVENT_MAGIC)),
               "file/head", "no event file was written"))
        return;
    test_file(&first);
    test_boot(&first);
    test_rings(&first);
    test_guest(&first);
    test_polling(&first);
    test_end(&first);
    run_bochs();
    second = read_file("events.bin");
    check(first.nr == second.nr && !memcmp(first.at, second.at, first.nr),
          "file/identical", "a second run gave other bytes");
}

/* --- Marks, snaps, memory ------------------------------------------------- */

static const struct event_snap *first_snap(const struct event *event)
{
    return (const void *)((const struct event_mark *)(event + 1) + 1);
}

static void test_marks(void)
{
    const struct event_mark *mark;
    const struct event_snap *snap;
    const struct event *event;
    struct bytes file, memory;
    int status = run_usual(
        ENDING_EXIT,
        "memory memory.bin\n"
        "mark wrong-ring 0x%X 0\n"
        "mark fault 0x%X 1\n"
        "snap fault ebx 0 8\n"
        "snap fault 0x1FEFFC 0 8\n"
        "mark trapped 0x%X 1\n"
        "snap trapped *esp 3 4\n"
        "end trapped\n",
        label[LABEL_MARK_CALL], label[LABEL_MARK_FAULT],
        label[LABEL_MARK_TRAPPED]);

    check_number("marks/end-status", (uint64_t)status, MACHINE_POWEROFF);
    file = read_file("events.bin");
    check(!find(&file, EVENT_MARK, 0, 0), "marks/other-ring",
          "a mark was seen at the wrong ring");
    check(find(&file, EVENT_END, END_MARK, 0) != NULL, "marks/end",
          "the run did not end at its mark");
    event = find(&file, EVENT_MARK, 1, 0);
    if (!check(event && event->eip == label[LABEL_MARK_FAULT], "marks/mark",
               "no mark at its place"))
        return;
    mark = (const void *)(event + 1);
    check(!strcmp(mark->name, "fault") &&
              mark->registers.ebx == label[LABEL_DATA] &&
              mark->registers.eax == 42 && mark->registers.cs == 0x19,
          "marks/registers", "they are not the guest's");
    snap = first_snap(event);
    check(snap->valid == 8 && !memcmp(snap + 1, "snap me!", 8),
          "marks/snap", "the bytes at ebx are others");
    snap = (const void *)((const char *)(snap + 1) + 8);
    check_number("marks/snap-at-a-hole", snap->valid, 4);
    event = find(&file, EVENT_MARK, 2, 0);
    check(event && first_snap(event)->address == label[LABEL_APP] + 6,
          "marks/snap-of-a-pointer", "*esp was not followed");
    memory = read_file("memory.bin");
    check(memory.nr == 16u << 20 &&
              !memcmp(memory.at + label[LABEL_DATA], "snap me!", 8),
          "memory/dump", "RAM was not written");
    check(memory.nr > 0x1FF010 && memory.at[0x1FF010] == 0xFE,
          "memory/last-store", "the guest's store is not in it");
}

/* --- The ends ------------------------------------------------------------- */

static const struct {
    const char *name;
    enum ending ending;
    enum end_reason reason;
    int status;
} ends[] = {
    { "forged-status", ENDING_FORGED, END_EXIT_PORT, MACHINE_PANIC },
    { "triple-fault", ENDING_TRIPLE, END_TRIPLE_FAULT, MACHINE_TRIPLE_FAULT },
    { "halt", ENDING_HALT, END_HUNG, MACHINE_HUNG },
    { "spin", ENDING_SPIN, END_BUDGET, MACHINE_BUDGET },
    { "sleep", ENDING_SLEEP, END_BUDGET, MACHINE_BUDGET },
    { "reset", ENDING_RESET, END_RESET, MACHINE_TRIPLE_FAULT },
    { "device", ENDING_DEVICE, END_DEVICE, MACHINE_HUNG },
    { "bochs-port", ENDING_POWER, END_DEVICE, MACHINE_HUNG },
};

static void test_ends(void)
{
    char name[64];
    struct bytes file;
    size_t i;
    int status;

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        status = run_usual(ends[i].ending, "memory memory.bin\n");
        file = read_file("events.bin");
        snprintf(name, sizeof(name), "ends/%s", ends[i].name);
        check(status == ends[i].status &&
                  find(&file, EVENT_END, ends[i].reason, 0),
              name, "status %d", status);
        free(file.at);
    }
    run_usual(ENDING_SPIN, "budget 123456\n");
    file = read_file("events.bin");
    check_number("ends/budget-to-the-instruction",
                 find(&file, EVENT_END, END_BUDGET, 0)->icount, 123456);
}

/* --- Trusted text --------------------------------------------------------- */

static void hex_sha256(uint32_t start, uint32_t end, char hex[65])
{
    uint8_t hash[32];
    unsigned i;

    gcry_md_hash_buffer(GCRY_MD_SHA256, hash, rom + (start - COPY),
                        end - start);
    for (i = 0; i < 32; i++)
        sprintf(hex + 2 * i, "%02x", hash[i]);
}

static int run_text(enum ending ending, bool right)
{
    uint32_t start = label[LABEL_RING1_CODE], end = label[LABEL_RING1_CODE_END];
    char hex[65];

    hex_sha256(start, end, hex);
    if (!right)
        hex[0] = hex[0] == '0' ? '1' : '0';
    return run_usual(ending,
                     "mark fault 0x%X 1\n"
                     "mark trapped 0x%X 1\n"
                     "mark last 0x%X 1\n"
                     "text 0x%X 0x%X %s\n",
                     label[LABEL_MARK_FAULT], label[LABEL_MARK_TRAPPED],
                     label[LABEL_MARK_LAST], start, end - start, hex);
}

static void test_text(void)
{
    const struct event *changed;
    struct bytes file;

    check_number("text/intact", (uint64_t)run_text(ENDING_EXIT, true), 12);
    check_number("text/wrong-hash", (uint64_t)run_text(ENDING_EXIT, false),
                 MACHINE_ORACLE);
    /* ring 0 patches the text and goes back to just before a mark in it */
    check_number("text/patched", (uint64_t)run_text(ENDING_TEXT, true),
                 MACHINE_ORACLE);
    file = read_file("events.bin");
    changed = find(&file, EVENT_TEXT_CHANGED, 0, 0);
    check(changed && changed->ring == 1 &&
              find(&file, EVENT_END, END_TEXT_CHANGED, 0),
          "text/record", "the change is not recorded");
    check(count(&file, EVENT_MARK) == 3, "text/no-mark-of-changed-text",
          "%u marks were recorded, not the 3 before the change",
          count(&file, EVENT_MARK));
    free(file.at);
}

/** Ring 1 executes a copy, and the bytes of the text are all in their place. */
static void test_text_copies(void)
{
    struct bytes file;

    /* no mark is executed from it */
    check_number("text/copy", (uint64_t)run_text(ENDING_COPY, true),
                 MACHINE_ORACLE);
    check_number("text/stale", (uint64_t)run_text(ENDING_STALE, true),
                 MACHINE_ORACLE);
    run_text(ENDING_BASE, true);
    file = read_file("events.bin");
    check(count(&file, EVENT_MARK) == 3, "text/base",
          "%u marks were recorded, not the 3 at the text's own addresses",
          count(&file, EVENT_MARK));
    free(file.at);
}

/* --- Oracles, tables ------------------------------------------------------ */

static void test_map(void)
{
    const struct event *report;
    struct bytes file;

    run_usual(ENDING_HOLE, "allow 0 0xA0000\nallow 0x100000 0x1000000\n");
    file = read_file("events.bin");
    report = find(&file, EVENT_ORACLE, 0, 0);
    check(report && report->a[1] == MAP_READ && report->a[2] == 0xA0000,
          "map/read", "the read of a hole is not reported");
    report = find(&file, EVENT_ORACLE, 0, 1);
    check(report && report->a[1] == MAP_WRITE && report->a[2] == 0xA1000,
          "map/write", "the write to a hole is not reported");
    check(!find(&file, EVENT_ORACLE, 0, 2), "map/nothing-else",
          "there is a third report");
    check(find(&file, EVENT_END, END_EXIT_PORT, 0) != NULL, "map/goes-on",
          "the run did not go on after a report");

    check_number("map/stop",
                 (uint64_t)run_usual(ENDING_HOLE,
                                     "allow 0 0xA0000\noracle-stop on\n"),
                 MACHINE_ORACLE);
    run_usual(ENDING_HOLE, "allow 0x100000 0x1000000\noracle map off\n");
    file = read_file("events.bin");
    check(!find(&file, EVENT_ORACLE, 0, 0), "map/off",
          "an oracle that is off has reported");
    run_usual(ENDING_EXIT, "allow 0x30000 0x200000\nallow 0 0x20000\n");
    file = read_file("events.bin");
    report = find(&file, EVENT_ORACLE, 0, 0);
    check(report && report->a[1] == MAP_WRITE && report->a[2] == 0x20000,
          "map/tables", "the table's first store is not reported");
}

/** Every store of a long string instruction into a table is told. */
static void test_table_stores(void)
{
    const struct event *event;
    struct bytes file;
    unsigned nr = 0;

    run_usual(ENDING_REMAP, "memory memory.bin\n");
    file = read_file("events.bin");
    for (event = next_event(&file, NULL); event;
         event = next_event(&file, event)) {
        if (event->kind == EVENT_PT_WRITE && event->a[0] < 0x22FF8 &&
            !event->a[2] && event->a[4] == ((event->a[0] & 0xFFF) << 9 | 7))
            nr++;
    }
    /* 255 of the upper half's 256 entries were present; the last, made
       present by the fault, is told apart by its accessed and dirty bits. */
    check_number("tables/every-store", nr, 255);
}

/* --- Run files ------------------------------------------------------------ */

static const struct {
    const char *name, *lines, *message;
} mistakes[] = {
    { "directive", "seed 1\nbudgett 5\n", "run.txt:2:" },
    { "words", "seed\n", "run.txt:1:" },
    { "number", "budget 12x\n", "'12x' is not a number" },
    { "negative", "budget -1\n", "'-1' is not a number" },
    { "zero-budget", "budget 0\n", "run.txt:1:" },
    { "wide-number", "mark a 0x100000000 1\n", "does not fit in 32 bits" },
    { "ring", "mark a 0x1000 4\n", "there is no ring 4" },
    { "mark-twice", "mark a 1 1\n\nmark a 2 1\n", "run.txt:3:" },
    { "no-such-mark", "end a\n", "defines the mark 'a'" },
    { "snap-base", "mark a 1 1\nsnap a foo 0 4\n", "'foo' is neither" },
    { "snap-bytes", "mark a 1 1\nsnap a eax 0 0\n", "a snap of 0 bytes" },
    { "sha256", "text 0x1000 16 abc\n", "is not a SHA-256" },
    { "range", "kernel 0x2000 0x1000\n", "is empty" },
    { "oracle", "oracle delphi on\n", "no oracle 'delphi'" },
    { "on-off", "oracle map maybe\n", "neither on nor off" },
    { "events", "events no/such/folder\n", "no/such/folder" },
    { "window", "mark a 1 1\nwindow a b\n", "defines the mark 'b'" },
    { "two-windows", "mark a 1 1\nwindow a return\nwindow a a\n",
      "was given above" },
    { "jump", "jump 0 5\n", "a jump of 0 ticks" },
    { "fork-alone", "events e\nfork forks.bin 5\n", "need a 'window'" },
    { "fork-and-at", "fork forks.bin 5\njump-at 5\n", "either a 'fork'" },
    { "fork-without-events",
      "mark a 1 1\nwindow a return\njump 5 5\nfork forks.bin 5\n",
      "needs a file of 'events'" },
    { "forks-file",
      "events e\nmark a 1 1\nwindow a return\njump 5 5\n"
      "fork no/such/folder 5\n", "no/such/folder" },
};

static void test_run_files(void)
{
    char name[64];
    struct bytes log;
    size_t i;
    int status;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        status = run_with(ENDING_EXIT, mistakes[i].lines);
        log = read_file("log.txt");
        log.at[log.nr] = '\0';
        snprintf(name, sizeof(name), "run-file/%s", mistakes[i].name);
        check(status == MACHINE_HARNESS &&
                  strstr((char *)log.at, mistakes[i].message),
              name, "status %d and no message with \"%s\"", status,
              mistakes[i].message);
        free(log.at);
    }
}

int main(int argc, char **argv)
{
    machine_start(argc, argv);
    test_events();
    test_marks();
    test_ends();
    test_text();
    test_text_copies();
    test_map();
    test_table_stores();
    test_run_files();
    return checked();
}
