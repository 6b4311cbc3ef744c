/* SPDX-License-Identifier: MIT */
/**
 * @file host.c
 * The oracles' host (host.h): the list of those that are on, their view of
 * the machine, and their reports.
 */
#include "sim/bochs/host.h"

#include <stdlib.h>
#include <string.h>

#include "sim/bochs/memory.h"
#include "sim/bochs/writer.h"

#define MAX_ORACLES 32

unsigned host_before_rings;
unsigned host_access_filter;

/** One oracle that is on. */
struct seat {
    const struct oracle *oracle;
    unsigned index;   /**< into oracle_table */
    unsigned reports;
};

static struct seat seats[MAX_ORACLES];
static unsigned nr_seats;
static bool guest_ran; /* an instruction at CPL > 0 */
static struct seat *running; /**< whose callback is being called */

/* The two callbacks of the hot path: those that want it, by ring and, of
   accesses, by kind; each list ends with NULL. */
static struct seat *before_seats[4][MAX_ORACLES + 1];
static struct seat *access_seats[4][ACCESS_MODIFY + 1][MAX_ORACLES + 1];
static unsigned nr_reports;
static void (*after_report)(void);

/* --- The oracles' view of the machine ------------------------------------- */

static void query_registers(const struct machine *m,
                            struct event_registers *to)
{
    (void)m;
    cpu_registers(to);
}

static void query_segment(const struct machine *m, enum machine_segment which,
                          struct segment_cache *to)
{
    (void)m;
    cpu_segment(which, to);
}

static void query_extra(const struct machine *m, struct machine_extra *to)
{
    (void)m;
    cpu_extra(to);
}

static void query_table(const struct machine *m, enum event_table which,
                        struct table_register *to)
{
    (void)m;
    cpu_table(which, to);
}

static bool query_translate(const struct machine *m, uint32_t vaddr,
                            struct translation *to)
{
    (void)m;
    return memory_translate(vaddr, to);
}

static bool query_fetch(const struct machine *m, uint32_t *vaddr,
                        uint64_t *maddr)
{
    (void)m;
    return cpu_fetch(vaddr, maddr);
}

static size_t query_read_physical(const struct machine *m, uint64_t maddr,
                                  void *to, size_t bytes)
{
    (void)m;
    return memory_read(maddr, to, bytes);
}

static void query_broken(const struct machine *m, unsigned code,
                         const uint32_t a[6], const char *sentence)
{
    struct event event = writer_event(EVENT_ORACLE);

    (void)m;
    if (running->reports++ >= ORACLE_MAX_REPORTS)
        return;
    nr_reports++;
    event.a[0] = running->index;
    event.a[1] = code;
    if (a)
        memcpy(event.a + 2, a, 6 * sizeof(a[0]));
    writer_put_text(event, running->oracle->name, sentence);
    after_report();
}

static const struct machine_queries queries = {
    .registers = query_registers,
    .segment = query_segment,
    .extra = query_extra,
    .table = query_table,
    .translate = query_translate,
    .fetch = query_fetch,
    .read_physical = query_read_physical,
    .broken = query_broken,
};

static struct machine machine = { .queries = &queries };

/** Bring the machine's "now" up to date. */
static void look(void)
{
    struct cpu_place now;

    cpu_place(&now);
    machine.icount = now.icount;
    machine.ring = now.ring;
    machine.cs = now.cs;
    machine.eip = now.eip;
    machine.cr3 = now.cr3;
    machine.interrupt_pending = now.interrupt_pending;
}

/* --- Who is on ------------------------------------------------------------ */

static bool is_on(const struct run_file *file, unsigned index)
{
    bool on = !oracle_table[index]->off_by_default;
    size_t i;

    for (i = 0; i < file->nr_switches; i++) {
        if (file->switches[i].index == index)
            on = file->switches[i].on;
    }
    return on;
}

static void bind_run_file(const struct run_file *file)
{
    struct machine_text *texts = calloc(file->nr_texts + 1, sizeof(*texts));
    size_t i;

    if (!texts)
        abort(); /* a few bytes: the host cannot go on */
    machine.kernel_start = file->kernel_start;
    machine.kernel_end = file->kernel_end;
    machine.guests = file->guests;
    machine.nr_guests = file->nr_guests;
    machine.args = file->args;
    machine.nr_args = file->nr_args;
    machine.allowed = file->allowed;
    machine.nr_allowed = file->nr_allowed;
    for (i = 0; i < file->nr_texts; i++)
        texts[i] = file->texts[i].range;
    machine.texts = texts;
    machine.nr_texts = file->nr_texts;
}

/** Add a seat to a list that ends with NULL. */
static void join(struct seat **list, struct seat *seat)
{
    while (*list)
        list++;
    *list = seat;
}

/** Put an oracle into the lists of the hot path. */
static void subscribe(struct seat *seat)
{
    static const enum access_kind kinds[] = { ACCESS_READ, ACCESS_WRITE,
                                              ACCESS_MODIFY };
    const struct oracle *oracle = seat->oracle;
    unsigned ring, i;

    for (ring = 0; ring < 4; ring++) {
        if (oracle->before && (oracle->before_rings >> ring & 1)) {
            join(before_seats[ring], seat);
            host_before_rings |= 1u << ring;
        }
        for (i = 0; oracle->access && i < 3; i++) {
            if (!(oracle->access_filter & ACCESS_AT(ring, kinds[i])))
                continue;
            join(access_seats[ring][kinds[i]], seat);
            host_access_filter |= ACCESS_AT(ring, kinds[i]);
        }
    }
}

/** An oracle that has no business with boot is left alone until a guest
 *  runs: most instructions of most runs come before. */
static bool sleeps(const struct oracle *oracle)
{
    return oracle->sleeps && oracle->sleeps(&machine);
}

/** The first instruction of a guest. */
static void wake_all(void)
{
    unsigned i;

    guest_ran = true;
    for (i = 0; i < nr_seats; i++) {
        if (sleeps(seats[i].oracle))
            subscribe(&seats[i]);
    }
}

void host_start(const struct run_file *file, void (*broken)(void))
{
    const struct oracle *oracle;
    unsigned i;

    bind_run_file(file);
    after_report = broken;
    look();
    for (i = 0; oracle_table[i] && nr_seats < MAX_ORACLES; i++) {
        oracle = oracle_table[i];
        if (!is_on(file, i) || (oracle->wanted && !oracle->wanted(&machine)))
            continue;
        seats[nr_seats] = (struct seat){ oracle, i, 0 };
        nr_seats++;
        if (!sleeps(oracle))
            subscribe(&seats[nr_seats - 1]);
    }
    for (running = seats; running < seats + nr_seats; running++) {
        if (running->oracle->start)
            running->oracle->start(&machine);
    }
}

unsigned host_nr_reports(void)
{
    return nr_reports;
}

/* --- Callbacks ------------------------------------------------------------ */

/* Call one callback of each oracle that has it. */
#define TELL(callback, ...)                                               \
    do {                                                                  \
        look();                                                           \
        for (running = seats; running < seats + nr_seats; running++) {    \
            if (running->oracle->callback)                                \
                running->oracle->callback(&machine, __VA_ARGS__);         \
        }                                                                 \
    } while (0)

void host_before(unsigned ring)
{
    struct seat **seat;

    look();
    for (seat = before_seats[ring]; *seat; seat++) {
        running = *seat;
        running->oracle->before(&machine);
    }
}

void host_segments(void)
{
    look();
    for (running = seats; running < seats + nr_seats; running++) {
        if (running->oracle->segments)
            running->oracle->segments(&machine);
    }
}

void host_access(const struct access *access)
{
    struct seat **seat;

    look();
    for (seat = access_seats[access->ring][access->kind]; *seat; seat++) {
        running = *seat;
        running->oracle->access(&machine, access);
    }
}

void host_ring_change(const struct ring_change *change)
{
    if (change->to != 0 && !guest_ran)
        wake_all();
    TELL(ring_change, change);
}

void host_physical(const struct physical_access *access)
{
    TELL(physical, access);
}

void host_exception(unsigned vector, bool has_error, uint32_t error)
{
    TELL(exception, vector, has_error, error);
}

void host_halt(bool interrupts_on)
{
    TELL(halt, interrupts_on);
}

void host_delivery(enum ring_cause cause, unsigned vector)
{
    TELL(delivery, cause, vector);
}

void host_table_load(enum event_table which)
{
    TELL(table_load, which);
}

void host_control(unsigned reg, uint32_t new_value, uint32_t old_value)
{
    TELL(control, reg, new_value, old_value);
}

void host_flush(enum flush_kind kind, uint32_t address)
{
    TELL(flush, kind, address);
}

void host_port_out(unsigned port, unsigned bytes, uint32_t value)
{
    TELL(port_out, port, bytes, value);
}

void host_hypercall(const struct hypercall *call)
{
    TELL(hypercall, call);
}

void host_hypercall_return(const struct hypercall *call, bool repeated)
{
    TELL(hypercall_return, call, repeated);
}

void host_table_write(const struct table_write *write)
{
    TELL(table_write, write);
}

void host_mark(unsigned index, const char *name)
{
    TELL(mark, index, name);
}

void host_end(enum end_reason reason)
{
    TELL(end, reason);
}
