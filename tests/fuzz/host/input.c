/* SPDX-License-Identifier: MIT */
/**
 * @page fuzz_host Fuzzer: hypercalls on the host
 *
 * Property: whatever domains ask for, in whatever order, and whatever they
 * write where they may write: no count of a frame is wrong, nothing that the
 * processor remembers may reach what it must not, no selector reaches the
 * hypervisor, no sanitizer complains, no bug check of the hypervisor's own
 * fails, no guest is entered in a state that it must not have; and when all
 * have been destroyed, every frame and every page of the heap has come back.
 *
 * Method: the hypervisor's code, all but boot/ and arch/, compiled for the host
 * with sanitizers, on a processor that is made up (machine.h). An input is a
 * list of bytes, from which everything is drawn: the domains' start, and what
 * they do, step by step. After every step the tables that were touched are
 * recounted (touched.c), after every RECOUNT_EVERY calls everything is, by the
 * hypervisor's own check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch_segmentation.h"
#include "console.h"
#include "world.h"

#define RECOUNT_EVERY 1000u
#define MOST_STEPS 400u
#define OWNERS_EVERY 32u /* steps */

static const uint8_t *input;
static size_t left;
bool machine_shows;

uint8_t take8(void)
{
    if (left == 0)
        return 0;
    left--;
    return *input++;
}

uint32_t take32(void)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        value = value << 8 | take8();
    return value;
}

bool input_left(void)
{
    return left > 0;
}

/* --- What people see ----------------------------------------------------- */

_Noreturn void broken(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("BROKEN: ", stderr);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

void show(const char *fmt, ...)
{
    va_list args;

    if (!machine_shows)
        return;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
}

void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (!machine_shows && (level != LOG_ERROR || strncmp(fmt, "recount", 7)))
        return;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
}

void printk_guest(enum log_level level, const char *fmt, ...)
{
    (void)level;
    show("(guest) %s", fmt);
}

_Noreturn void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("PANIC: ", stderr);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

_Noreturn void panic_frame(const trap_frame_t *frame, const char *fmt, ...)
{
    panic("%s at %x", fmt, frame->eip);
}

void print_registers(enum log_level level, const trap_frame_t *frame)
{
    (void)level;
    show("  eip %x esp %x\n", frame->eip, frame->esp);
}

void console_write(const char *text, size_t bytes)
{
    show("%.*s", (int)bytes, text);
}

int console_read(void)
{
    return input_left() && (take8() & 1) ? take8() : -1;
}

bool console_has_input(void)
{
    return input_left() && (take8() & 1);
}

bool console_queue_empty(void)
{
    return true;
}

/** Now and then the queue is full. */
bool console_has_room(void)
{
    return (input_left() ? take8() : 0) < 224;
}

void console_wait_for_room(void)
{
}

void console_queue_wait(void)
{
}

void console_rest(void)
{
}

const char *command_line_arguments(const char *line)
{
    return line;
}

/* --- One input ----------------------------------------------------------- */

/* The hypervisor's variables, in sections of their own (fuzz.mk): an input
 * ends anywhere, and the next one finds them as at power on. */
extern uint8_t __start_hv_data[], __stop_hv_data[];
extern uint8_t __start_hv_bss[], __stop_hv_bss[];

__attribute__((no_sanitize("address"))) static void copy(uint8_t *to,
                                                         const uint8_t *from,
                                                         size_t bytes)
{
    __asm__ volatile("rep movsb"
                     : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static void power_on(void)
{
    size_t data = (size_t)(__stop_hv_data - __start_hv_data);
    size_t bss = (size_t)(__stop_hv_bss - __start_hv_bss);
    static uint8_t *kept;

    if (!kept) {
        kept = malloc(data + bss);
        copy(kept, __start_hv_data, data);
        copy(kept + data, __start_hv_bss, bss);
        machine_shows = getenv("FUZZ_SHOW") != NULL;
    }
    copy(__start_hv_data, kept, data);
    copy(__start_hv_bss, kept + data, bss);
    frames_reset();
    processor_reset();
    passage_reset();
    touched_reset();
}

static void live(void)
{
    static uint64_t recounted_at;
    uint8_t how = take8();
    struct world_options o = {
        .control = how & 1, .fast = how & 2, .sched = how >> 2 & 3,
        .nr = (how >> 4) % 3 + 1, .assists = take8(),
    };

    world_start(&o);
    for (unsigned i = 0; i < MOST_STEPS && input_left(); i++) {
        world_step();
        touched_check("after a step");
        processor_check();
        if (machine_calls - recounted_at >= RECOUNT_EVERY) {
            recounted_at = machine_calls;
            recount_check("once in a while");
        }
        if (i % OWNERS_EVERY == 0)
            owners_check("after some steps");
    }
    owners_check("at the end");
}

/** The end, unless the machine has ended already. */
static void finish(void)
{
    if (setjmp(world_over) == 0)
        world_end();
    if (domain_first())
        broken("domain %u is never gone: it has %u frames", domain_first()->id,
               domain_first()->nr_frames);
    touched_check("after the end");
    if (windows_kept != 0)
        broken("%u windows are still kept after the end", windows_kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input = bytes;
    left = size;
    power_on();
    machine_ended = MACHINE_HARNESS;
    if (setjmp(world_over) == 0)
        live();
    if (machine_ended == MACHINE_HARNESS && processor.current)
        finish();
    return 0;
}
