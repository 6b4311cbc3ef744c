/* SPDX-License-Identifier: MIT */
/**
 * @file run.c
 * One run, as it happens: from the simulator's callbacks to event records
 * and oracles.
 *
 * A ring change has no callback of its own. The way out of a ring is
 * announced (a delivery, a far branch), the arrival is not. So the
 * announcement is kept, and when the processor is next seen, before an
 * instruction or before another delivery, at another ring than the last one
 * told, it has come by that way.
 *
 * - RUN-I1: what the last instruction did (settle.h) is told before anything
 *   else is recorded, so records are in the order of their icount
 *   (EVENT-I1).
 * - RUN-I2: `told_ring` is the ring of the last EVENT_RING; every callback
 *   that can come first in a new ring goes through arrive().
 */
#include "sim/bochs/cpu.h"
#include "sim/bochs/disturb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bochs/calls.h"
#include "sim/bochs/forks.h"
#include "sim/bochs/host.h"
#include "sim/bochs/marks.h"
#include "sim/bochs/memory.h"
#include "sim/bochs/poison.h"
#include "sim/bochs/runfile.h"
#include "sim/bochs/settle.h"
#include "sim/bochs/tables.h"
#include "sim/bochs/texts.h"
#include "sim/bochs/writer.h"
#include "src/include/machine.h"

/* Exit-port values that the machine itself may choose; see machine.h. */
#define FIRST_OF_THE_SIMULATOR MACHINE_BUDGET

static struct run_file file;
static bool started, ending;

/* Ring changes. */
static unsigned told_ring;
static struct ring_change leaving; /**< the last way announced */
static struct event_registers before_far; /**< before a far branch */
static uint64_t before_far_icount;

/* The delivery that was announced: 0 for an INT instruction's. */
static enum ring_cause announced;
static bool announced_error;
static uint32_t announced_code;
static bool delivering;

static bool segments_dirty; /**< ask the oracles at the next instruction */

/* --- The end -------------------------------------------------------------- */

static void harness_failed(const char *what, const char *path)
{
    fprintf(stderr, "ringfence: %s %s: %s\n", what, path, strerror(errno));
    cpu_exit(MACHINE_HARNESS);
}

/** Note a text that is wrong. @param index  Which, or -1: none.
 *  @return true when there is one. */
static bool text_is_wrong(int index)
{
    struct event event;
    char sentence[160];

    if (index < 0)
        return false;
    event = writer_event(EVENT_TEXT_CHANGED);
    event.a[0] = (uint32_t)index;
    event.a[1] = file.texts[index].range.start;
    snprintf(sentence, sizeof(sentence),
             "the %u bytes of trusted text from 0x%08X on are not there "
             "or not the ones that were given", file.texts[index].range.bytes,
             file.texts[index].range.start);
    writer_put_text(event, "text", sentence);
    return true;
}

/** Write what there is beside the records. */
static void finish(void)
{
    if (!writer_close())
        harness_failed("cannot write the events to", file.events);
    if (forks_child)
        return; /* the files are the parent's */
    if (!poison_end())
        harness_failed("cannot write what is visible to", VISIBLE_FILE);
    if (!forks_end())
        harness_failed("cannot write the children to", file.forks);
    if (file.memory && !memory_dump(file.memory))
        harness_failed("cannot write the memory to", file.memory);
}

/**
 * End the run: last words of the oracles, the last record, the memory.
 *
 * @param detail  a2 of EVENT_END.
 * @param format  The sentence of EVENT_END.
 */
__attribute__((format(printf, 4, 5), noreturn)) static void
end(enum end_reason reason, int status, uint32_t detail, const char *format,
    ...)
{
    char sentence[256];
    struct event event;
    va_list list;

    va_start(list, format);
    vsnprintf(sentence, sizeof(sentence), format, list);
    va_end(list);
    ending = true;
    settle(false);
    host_end(reason);
    if (reason != END_TEXT_CHANGED && text_is_wrong(texts_check(false, 0))) {
        reason = END_TEXT_CHANGED;
        status = MACHINE_ORACLE;
    }
    event = writer_event(EVENT_END);
    event.a[0] = reason;
    event.a[1] = (uint32_t)status;
    event.a[2] = detail;
    event.a[3] = host_nr_reports();
    writer_put_text(event, "end", sentence);
    forks_tail();
    finish();
    cpu_exit(status);
}

/** An oracle was broken. */
static void oracle_broken(void)
{
    if (file.oracle_stop && !ending)
        end(END_ORACLE, MACHINE_ORACLE, 0,
            "an oracle saw a rule broken, and the run was to stop at the "
            "first");
}

/* --- Ring changes --------------------------------------------------------- */

static void poison_ring_change(const struct ring_change *change)
{
    if (change->to == 0)
        poison_enter();
    else if (change->from == 0)
        poison_leave();
}

/** The processor may be at another ring than the one last told. */
static void arrive(unsigned ring)
{
    struct event event;

    if (ring == told_ring)
        return;
    leaving.from = told_ring;
    leaving.to = ring;
    told_ring = ring;
    segments_dirty = true;
    event = writer_event(EVENT_RING);
    event.a[0] = leaving.from;
    event.a[1] = ring;
    event.a[2] = leaving.cause;
    event.a[3] = leaving.vector;
    event.a[4] = leaving.left.cs;
    event.a[5] = leaving.left.eip;
    event.a[6] = leaving.left.esp;
    event.a[7] = (uint32_t)leaving.left_icount;
    writer_put(event, NULL, 0);
    if (disturb_active && leaving.to != 0)
        disturb_end();
    if (poison_active)
        poison_ring_change(&leaving);
    host_ring_change(&leaving);
    if (ring == 1 && leaving.cause == CAUSE_IRET)
        calls_return();
    if (forks_open && ring != 0)
        forks_left_ring0();
}

/* --- Callbacks: the run --------------------------------------------------- */

void run_init(void)
{
    const char *path = getenv("RINGFENCE_RUN");
    char message[256];

    if (!path) {
        fputs("ringfence: RINGFENCE_RUN does not name a run file (see "
              "sim/bochs/runfile.h)\n", stderr);
        cpu_exit(MACHINE_HARNESS);
    }
    if (!run_file_read(path, &file, message)) {
        fprintf(stderr, "ringfence: %s\n", message);
        cpu_exit(MACHINE_HARNESS);
    }
}

static void start(void)
{
    struct event event;
    const char *forks;

    started = true;
    if (file.events && !writer_open(file.events))
        harness_failed("cannot write the events to", file.events);
    forks = forks_start(&file);
    if (forks)
        harness_failed("cannot write the children to", forks);
    writer_kernel(file.kernel_start, file.kernel_end);
    tables_start(cpu_ram_bytes());
    texts_start(&file, cpu_ram_bytes());
    marks_start(&file);
    cpu_set_budget(file.budget);
    settle_start();
    event = writer_event(EVENT_START);
    event.a[0] = (uint32_t)file.seed;
    event.a[1] = (uint32_t)(file.seed >> 32);
    event.a[2] = (uint32_t)file.budget;
    event.a[3] = (uint32_t)(file.budget >> 32);
    writer_put(event, NULL, 0);
    host_start(&file, oracle_broken);
    disturb_start(&file);
    poison_start(&file);
}

void run_reset(void)
{
    struct cpu_place now;

    cpu_place(&now);
    if (!started)
        start();
    else if (now.icount)
        end(END_RESET, MACHINE_TRIPLE_FAULT, 0,
            "one of the machine's devices reset it");
}

void run_budget(void)
{
    end(END_BUDGET, MACHINE_BUDGET, 0,
        "the budget of %llu instructions was used up",
        (unsigned long long)(forks_jumped ? file.jump_budget : file.budget));
}

void run_device_failed(const char *why)
{
    if (started && !ending)
        end(END_DEVICE, MACHINE_HUNG, 0,
            "a simulated device cannot do what the machine asked of it: "
            "%.150s", why);
}

/* --- Callbacks: instructions ---------------------------------------------- */

/** Every mark at this address and ring. */
static void pass_marks(uint32_t eip, unsigned ring)
{
    int mark = marks_next(0, eip, ring);

    if (mark < 0 || !texts_is_flat(eip))
        return;
    if (text_is_wrong(texts_check(true, eip)))
        end(END_TEXT_CHANGED, MACHINE_ORACLE, (uint32_t)mark,
            "trusted text was changed, or runs from elsewhere");
    for (; mark >= 0; mark = marks_next((unsigned)mark + 1, eip, ring)) {
        marks_record((unsigned)mark);
        host_mark((unsigned)mark, file.marks[mark].name);
        forks_mark((unsigned)mark);
        if (file.marks[mark].ends)
            end(END_MARK, MACHINE_POWEROFF, (uint32_t)mark,
                "the mark %s was reached", file.marks[mark].name);
    }
}

/** Keep what is needed to look back at an instruction. */
static void prepare(unsigned class_bits)
{
    if (class_bits & CPU_FAR) {
        cpu_registers(&before_far);
        before_far_icount = writer_event(EVENT_RING).icount;
    }
    settle_prepare(class_bits);
    if (class_bits & CPU_TIME)
        forks_sees();
    if (class_bits & (CPU_SEGMENT | CPU_LLDT | CPU_LTR))
        segments_dirty = true;
}

void run_before(uint32_t eip, unsigned ring, unsigned class_bits)
{
    delivering = false;
    if (forks_asleep)
        forks_wake();
    settle(false);
    arrive(ring);
    if (segments_dirty && ring) {
        segments_dirty = false;
        host_segments();
    }
    if (ring && text_is_wrong(texts_fetch()))
        end(END_TEXT_CHANGED, MACHINE_ORACLE, 0,
            "trusted text was changed, or runs from elsewhere");
    if (marks_maybe(eip))
        pass_marks(eip, ring);
    if (host_before_rings >> ring & 1)
        host_before(ring);
    if (class_bits)
        prepare(class_bits);
}

void run_halt(bool interrupts_on)
{
    struct event event;

    settle(false);
    host_halt(interrupts_on);
    event = writer_event(EVENT_HALT);
    event.a[0] = interrupts_on;
    writer_put(event, NULL, 0);
    if (!interrupts_on)
        end(END_HUNG, MACHINE_HUNG, 0,
            "the processor halted with interrupts off: nothing wakes it");
    forks_halt();
}

/* --- Callbacks: deliveries and far branches ------------------------------- */

void run_exception(unsigned vector, bool has_error, uint32_t error,
                   bool unresolvable)
{
    struct event_registers registers;
    struct event event;

    settle_interrupted();
    event = writer_event(EVENT_EXCEPTION);
    arrive(event.ring);
    cpu_registers(&registers);
    if (has_error)
        event.flags |= EVENT_HAS_ERROR;
    event.a[0] = vector;
    event.a[1] = has_error ? error : 0;
    event.a[2] = vector == 14 ? registers.cr2 : 0;
    writer_put(event, NULL, 0);
    host_exception(vector, has_error, has_error ? error : 0);
    if (unresolvable)
        end(END_TRIPLE_FAULT, MACHINE_TRIPLE_FAULT, vector,
            "exception %u while a double fault was delivered: a triple fault",
            vector);
    announced = CAUSE_EXCEPTION;
    announced_error = has_error;
    announced_code = has_error ? error : 0;
}

void run_external(unsigned vector)
{
    (void)vector; /* run_delivery() follows at once, with the same */
    announced = CAUSE_INTERRUPT;
    announced_error = false;
    announced_code = 0;
}

/** Record a delivery that is not an exception. */
static void tell_interrupt(struct event event, unsigned vector)
{
    event.kind = leaving.cause == CAUSE_INTERRUPT ? EVENT_INTERRUPT :
                                                    EVENT_SOFT_INTERRUPT;
    event.a[0] = vector;
    if (leaving.cause == CAUSE_SOFT_INTERRUPT)
        event.a[1] = leaving.left.eax;
    writer_put(event, NULL, 0);
}

void run_delivery(unsigned vector)
{
    struct event event;

    settle(false);
    event = writer_event(EVENT_INTERRUPT);
    arrive(event.ring);
    leaving = (struct ring_change){
        .cause = announced ? announced : CAUSE_SOFT_INTERRUPT,
        .vector = vector,
        .has_error = announced && announced_error,
        .error = announced ? announced_code : 0,
        .left_icount = event.icount,
    };
    announced = 0;
    cpu_registers(&leaving.left);
    if (leaving.cause != CAUSE_EXCEPTION)
        tell_interrupt(event, vector);
    host_delivery(leaving.cause, vector);
    if (leaving.cause == CAUSE_SOFT_INTERRUPT)
        calls_interrupt(vector, event.ring, &leaving.left);
    delivering = true;
}

void run_far_branch(enum ring_cause cause)
{
    leaving = (struct ring_change){ .cause = cause,
                                    .left_icount = before_far_icount,
                                    .left = before_far };
}

/* --- Callbacks: ports, registers and memory ------------------------------- */

void run_msr_write(uint32_t reg, uint64_t value)
{
    struct event event = writer_event(EVENT_MSR_WRITE);

    event.a[0] = reg;
    event.a[1] = (uint32_t)value;
    event.a[2] = (uint32_t)(value >> 32);
    writer_put(event, NULL, 0);
}

/** A read like the last one: by the same instruction, with its result. */
static bool is_polling(const struct event *event)
{
    static struct event last;
    bool same = event->eip == last.eip && event->cr3 == last.cr3 &&
                !memcmp(event->a, last.a, sizeof(last.a));

    last = *event;
    return same;
}

static void port_in(unsigned port, unsigned bytes, uint32_t value)
{
    struct event event = writer_event(EVENT_PORT_IN);

    event.a[0] = port;
    event.a[1] = bytes;
    event.a[2] = value;
    if (!is_polling(&event))
        writer_put(event, NULL, 0);
}

static void port_out(unsigned port, unsigned bytes, uint32_t value)
{
    struct event event = writer_event(EVENT_PORT_OUT);

    event.a[0] = port;
    event.a[1] = bytes;
    event.a[2] = value;
    writer_put(event, NULL, 0);
    host_port_out(port, bytes, value);
    if (port == file.exit_port)
        end(END_EXIT_PORT,
            value < FIRST_OF_THE_SIMULATOR ? (int)value : MACHINE_PANIC,
            value, "the machine ended itself with %u", value);
}

void run_port(bool out, unsigned port, unsigned bytes, uint32_t value)
{
    forks_sees();
    if (out)
        port_out(port, bytes, value);
    else
        port_in(port, bytes, value);
}

void run_linear(uint32_t vaddr, uint64_t maddr, unsigned bytes,
                enum access_kind kind, unsigned ring)
{
    struct access access;

    if (kind != ACCESS_READ)
        settle_store(maddr, bytes, ring);
    if (forks_open && !cpu_memory(maddr))
        forks_sees(); /* a device's register */
    if (!disturb_active && !poison_active &&
        !(host_access_filter & ACCESS_AT(ring, kind)))
        return;
    access = (struct access){ vaddr, maddr, bytes, (uint8_t)kind,
                              (uint8_t)ring, delivering };
    if (host_access_filter & ACCESS_AT(ring, kind))
        host_access(&access);
    if (disturb_active)
        disturb_access(&access);
    if (poison_active)
        poison_store(&access);
}

void run_physical(uint64_t maddr, unsigned bytes, bool write)
{
    struct physical_access access = { maddr, bytes, write };

    /* The walker's own: accessed and dirty bits. */
    if (write)
        texts_store(maddr);
    host_physical(&access);
}
