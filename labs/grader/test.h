/* SPDX-License-Identifier: MIT */
/**
 * @file test.h
 * What a graded test is, and what it may ask.
 *
 * A test has two halves, both of them C that runs on the host, outside every
 * sandbox. `prepare` describes a machine: its memory map, its modules, what
 * the ring-0 driver gets as input, which instructions are marks. Everything
 * in it that a submission could learn by heart is drawn from the test's
 * random numbers. The grader then links the image, runs it, and hands the
 * recorded run to `check`, which asks questions and fills in a verdict.
 *
 *     prepare(setup, rng)  ->  link, ROM, Bochs  ->  check(verdict, run)
 *
 * Invariants:
 *  - TEST-I1: no question looks at printed text: there is no function here
 *    that would give it.
 *  - TEST-I2: the same submission and seed give the same verdict and the
 *    same message: nothing here depends on time, paths or addresses of the
 *    host.
 *  - TEST-I3: the bytes of a run were made by a hostile submission. Every
 *    function below checks its bounds and answers "no" or zeros.
 *
 * A whole test, for orientation:
 *
 *     static void prepare(struct setup *s, struct rng *rng)
 *     {
 *         uint32_t *hole = setup_keep(s, sizeof *hole);
 *         *hole = 0x200000 + 4096 * rng_below(rng, 256);
 *         setup_range(s, 0, 0x9FC00, 1);
 *         setup_range(s, 0x100000, *hole - 0x100000, 1);
 *         setup_range(s, *hole + 8192, 0x2000000, 1);
 *         setup_mark(s, "map", "mark_map", 0);
 *         setup_snap(s, "map", "eax", 0, sizeof(struct memory_map));
 *         setup_end(s, "map");
 *     }
 *
 *     static void check(struct verdict *v, const struct run *run)
 *     {
 *         const uint32_t *hole = run_kept(run);
 *         struct mark mark;
 *
 *         if (!verdict_reached(v, run, "map", &mark))
 *             return;
 *         ... read mark.snap[0], compare, verdict_fail(v, ...) ...
 *     }
 *
 *     const struct test test_hole = {
 *         .id = "1.1/hole", .exercise = "1.1",
 *         .title = "A hole in the memory map stays out of it.",
 *         .section = "exercise-11-the-memory-map",
 *         .driver = "memory_map", .prepare = prepare, .check = check,
 *     };
 */
#ifndef GRADER_TEST_H
#define GRADER_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace/event.h"

struct setup;
struct run;
struct verdict;
struct rng;

/** Instructions that a test's run may take when the test does not say. */
#define TEST_DEFAULT_BUDGET 50000000ull

/** One graded test. Strings are static. */
struct test {
    const char *id;       /**< "1.1/holes": exercise, '/', a short name */
    const char *exercise; /**< "1.1" */
    const char *title;    /**< the property, as one whole sentence */
    const char *section;  /**< anchor in the lab's handout, without '#' */
    const char *driver;   /**< "NAME": labs/NN/guests/NAME.c is linked in and
                               overrides test_driver(); NULL: none */
    const char *guest;    /**< "NAME": labs/NN/guests/NAME/ is the first
                               module, trusted; or NULL */
    uint64_t budget;      /**< instructions; 0: TEST_DEFAULT_BUDGET */
    unsigned weight;      /**< share among the exercise's tests; 0 means 1 */
    bool regression;      /**< the starter passes it, too */
    bool hostile;         /**< its input is meant to do harm */
    const char *const *oracles; /**< NULL-ended: a broken one fails the test;
                                     NULL: those of every lab, as notes */
    void (*prepare)(struct setup *, struct rng *);
    void (*check)(struct verdict *, const struct run *);
};

/** A lab's tests, in the order of the report: labs/NN-name/tests/table.c. */
struct lab_tests {
    unsigned lab;
    const struct test *const *tests; /**< NULL-ended */
};

/* --- Random numbers (rng.c): drawn from the seed and the test's id ------ */

uint64_t rng_u64(struct rng *rng);
/** 0 .. bound-1, each equally likely; 0 when bound is 0. */
uint32_t rng_below(struct rng *rng, uint32_t bound);
/** low .. high, both included. */
uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high);
void rng_bytes(struct rng *rng, void *to, size_t bytes);
/** Any order of `nr` things of `size` bytes each, equally likely. */
void rng_shuffle(struct rng *rng, void *things, size_t nr, size_t size);

/* --- Preparing a run (setup.c) ------------------------------------------ *
 * A value that does not fit is a mistake of the test, so it becomes a
 * harness error that names it; these functions return nothing to check.    */

/** Memory for the test's own drawn values, zeroed; check() gets it back by
 *  run_kept(). One piece a test. */
void *setup_keep(struct setup *s, size_t bytes);

/** RAM of the simulated machine, a power of two from 8 to 2048; 64 if not
 *  said. This is what exists; the memory map is what is *told*. */
void setup_ram(struct setup *s, unsigned megabytes);

/** The hypervisor's command line; "console=com1 loglvl=error" if not said. */
void setup_command_line(struct setup *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * One more entry of the boot loader's memory map, handed over as it is,
 * nonsense included, in the order of the calls. Without any call the map is
 * the honest one of a PC with setup_ram() megabytes.
 */
void setup_range(struct setup *s, uint64_t base, uint64_t length,
                 uint32_t type);

/**
 * One more module.
 *
 * @param s  The setup.
 * @param bytes  Its content; copied.
 * @param nr_bytes  How many.
 * @param string  What the boot loader says of it.
 * @param at machine address of its first byte, 4 KB
 * aligned; 0: the first free one after the image and earlier modules.
 */
void setup_module(struct setup *s, uint32_t at, const void *bytes,
                  size_t nr_bytes, const char *string);

/** The next module's entry in the info says [start, end) whatever is there:
 *  for boot loaders that lie. No bytes are placed. */
void setup_module_claim(struct setup *s, uint32_t start, uint32_t end,
                        const char *string);

/**
 * The driver's and the guest's input: `test_input.bytes` and
 * `test_input.data` (driver.h). It is patched into the linked image, and into
 * the guest's, in read-only trusted data.
 * @param s  The setup.
 * @param bytes  Its content; copied.
 * @param nr_bytes  at most TEST_INPUT_MAX.
 */
void setup_input(struct setup *s, const void *bytes, size_t nr_bytes);
#define TEST_INPUT_MAX 16384u

/**
 * A mark: an event each time the instruction at `symbol` is about to run.
 * @param s  The setup.
 * @param name  Its name in run_mark().
 * @param symbol  "name", or "name+0x10", of the linked image; "guest:name"
 *                of the test's guest.
 * @param ring    at this privilege level only.
 */
void setup_mark(struct setup *s, const char *name, const char *symbol,
                unsigned ring);

/** As setup_mark(), for an address rather than a symbol. */
void setup_mark_at(struct setup *s, const char *name, uint32_t address,
                   unsigned ring);

/**
 * With every event of `mark`, also keep `len` bytes of virtual memory at
 * base + offset.
 * @param s  The setup.
 * @param mark  A mark's name.
 * @param offset  Bytes from the base; may be negative.
 * @param len  How many bytes.
 * @param base  a register ("eax" .. "eip"), a register's target ("*esp":
 *              the word that it points to), "symbol" of the image, or a
 *              number.
 */
void setup_snap(struct setup *s, const char *mark, const char *base,
                int32_t offset, uint32_t len);

/** The run ends when `mark` is executed: memory and registers as of then.
 *  More than one mark may end it. */
void setup_end(struct setup *s, const char *mark);

/**
 * The processor may touch [start, end) of machine memory. Once anything is
 * allowed, the oracle `map` breaks at every other physical access; the boot
 * ROM is always allowed. Add "map" to the test's oracles.
 */
void setup_allow(struct setup *s, uint64_t start, uint64_t end);

/**
 * All interleavings of an event with a stretch of the run: at each boundary
 * between two instructions of the stretch time jumps, so that whatever timer
 * is set comes due exactly there, and from there the run goes on to its end.
 * check() is asked about each of these runs, one after the other, and first
 * about the one in which nothing comes (run_jump() tells which). The first one
 * that fails is run again alone, and that run is the report's.
 *
 * @param s       The setup.
 * @param from    A mark: its instruction is before the first boundary.
 * @param to      A mark: its instruction is behind the last one. "return":
 *                the first instruction after ring 0 was left.
 * @param jump    Ticks: more than the timer has to go, than the window takes.
 * @param budget  Ticks that a run may take after its jump.
 * @param most    Boundaries that differ (sim/bochs/forks.h) at the most; a
 *                submission with more fails.
 */
void setup_interleave(struct setup *s, const char *from, const char *to,
                      uint64_t jump, uint64_t budget, unsigned most);

/** A free parameter for the oracles. */
void setup_arg(struct setup *s, const char *name, uint64_t value);

/* --- What happened (run.c, walk.c) --------------------------------------- */

/** What prepare() kept, or NULL. */
const void *run_kept(const struct run *run);

/** Why the run ended, and the event that says so (its payload is struct
 *  event_text). Never NULL: a run without an end never reaches check(). */
const struct event *run_end(const struct run *run);
enum end_reason run_end_reason(const struct run *run);

/** Events in order; NULL beyond the last. */
const struct event *run_event(const struct run *run, size_t index);
/** The first event of `kind` after `after` (NULL: from the start). */
const struct event *run_next(const struct run *run, const struct event *after,
                             enum event_kind kind);

/** Bytes that a mark's event carries, already bounds-checked. */
struct snap {
    const uint8_t *bytes; /**< `len` of them, zeros where not mapped */
    uint32_t len;
    uint32_t valid;   /**< leading bytes that were mapped */
    uint32_t address; /**< virtual */
};

#define MARK_MAX_SNAPS 8

/** One execution of a mark. */
struct mark {
    const struct event *event;
    struct event_registers r;
    unsigned nr_snaps;
    struct snap snap[MARK_MAX_SNAPS]; /**< in the order of setup_snap() */
};

/** How often a mark was executed. */
size_t run_nr_marks(const struct run *run, const char *name);
/** The `index`-th execution, from 0. @retval false there is none. */
bool run_mark(const struct run *run, const char *name, size_t index,
              struct mark *to);

/** Registers when the run ended. */
const struct event_registers *run_registers(const struct run *run);

/** A symbol's address in the linked image, or, as "guest:name", in the
 *  guest; 0 when it has none. */
uint32_t run_symbol(const struct run *run, const char *name);
/** The image's segments: virtual [start, end) of text ('x'), constants
 *  ('r'), data with .bss ('w'). @retval false no such part. */
bool run_image_part(const struct run *run, char part, uint32_t *start,
                    uint32_t *end);

/** Machine memory when the run ended. @retval false not all of it is RAM;
 *  `to` is then untouched. */
bool run_read_machine(const struct run *run, uint64_t maddr, void *to,
                      size_t bytes);
/** Bytes of RAM that the machine had. */
uint64_t run_ram_bytes(const struct run *run);

/** How a virtual address was mapped when the run ended, by a walk of the
 *  PAE tables in RAM, from CR3. All-zero entries below a missing level. */
struct walk {
    bool present;
    bool writable;   /**< R/W at every level */
    bool executable; /**< NX at no level (EFER.NXE taken as set) */
    bool user;       /**< U/S at every level */
    bool large;      /**< a 2 MB page */
    bool reserved;   /**< a reserved bit is set: using it would fault */
    uint64_t maddr;  /**< of the byte asked for */
    uint64_t l3e, l2e, l1e;
};

/** @retval true present. Paging off: the identity, everything allowed. */
bool run_walk(const struct run *run, uint32_t virtual_address,
              struct walk *to);
/** Virtual memory when the run ended, by run_walk(). @retval false not all
 *  of it is mapped RAM. */
bool run_read_virtual(const struct run *run, uint32_t virtual_address,
                      void *to, size_t bytes);

/** A run of pages: neighbours with the same rights and consecutive frames. */
struct mapping {
    uint32_t start;  /**< virtual address of the first byte */
    uint64_t bytes;
    struct walk walk; /**< of the first byte */
};

/** The first mapping at or above `from`. @retval false no more. */
bool run_next_mapping(const struct run *run, uint32_t from,
                      struct mapping *to);

/**
 * The first record of a broken oracle.
 *
 * @param run  The run.
 * @param name NULL: of any.
 */
const struct event *run_oracle(const struct run *run, const char *name);

/** Where the event of setup_interleave() came: before the instruction at its
 *  eip. NULL: this is the run in which it did not. */
const struct event *run_jump(const struct run *run);

/** Instructions from power-on to the end. */
uint64_t run_instructions(const struct run *run);

/* --- The verdict (verdict.c) --------------------------------------------- *
 * A verdict starts as "pass". The first failure stays; later ones are not
 * recorded, so that a message names the first thing that went wrong.       */

/**
 * The submission broke the property.
 *
 * @param v  The verdict.
 * @param where  the offending moment: the report gives its instruction
 *               count, ring, domain, function, file and line. NULL: the
 *               property is about the whole run, and the end is named.
 * @param fmt    what is wrong, one sentence with the values: "the map gives
 *               frame 0x213 as usable, but it lies in a hole". Numbers that
 *               a student can look up in the trace; no host pointers.
 */
void verdict_fail(struct verdict *v, const struct event *where,
                  const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** One more line of machine state that shows the failure: "got: ...",
 *  "expected: ...", a table entry. Ignored while the verdict is "pass". */
void verdict_state(struct verdict *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The registers of a mark, as machine state. */
void verdict_registers(struct verdict *v, const struct event_registers *r);

/** Also name this function of the image, because it was the one under test
 *  when a failure shows in the driver's or supplied code. May be called at
 *  any time; the first call counts. Where the run stopped, the frames on the
 *  stack come first. */
void verdict_blame(struct verdict *v, const char *symbol);

bool verdict_failed(const struct verdict *v);

/**
 * The mark was executed. Otherwise the verdict fails, saying how far the
 * run came and how it ended (the exception before a triple fault, a panic,
 * the budget).
 * @param v  The verdict.
 * @param run  The run.
 * @param mark  Its name.
 * @param to  the mark's first execution; may be NULL.
 */
bool verdict_reached(struct verdict *v, const struct run *run,
                     const char *mark, struct mark *to);

/** The host or the test itself is at fault; the test stays ungraded. Never
 *  for something that a submission can cause. */
void verdict_harness(struct verdict *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
