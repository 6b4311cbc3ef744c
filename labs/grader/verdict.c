/* SPDX-License-Identifier: MIT */
/**
 * @file verdict.c
 * How a check fills in a verdict; contracts in test.h and verdict.h.
 */
#include "labs/grader/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"

const char *verdict_word(enum verdict_kind kind)
{
    static const char *const words[] = { "pass", "fail", "harness-error" };

    return words[kind];
}

void verdict_free(struct verdict *v)
{
    free(v->what);
    free(v->blame);
    text_free(&v->state);
    *v = (struct verdict){ 0 };
}

static void set(struct verdict *v, enum verdict_kind kind, const char *fmt,
                va_list list)
{
    struct text text = { 0 };

    text_add_list(&text, fmt, list);
    text_clean(text.data);
    free(v->what);
    v->what = text.data;
    v->kind = kind;
}

void verdict_fail(struct verdict *v, const struct event *where,
                  const char *fmt, ...)
{
    va_list list;

    if (v->kind != VERDICT_PASS)
        return;
    va_start(list, fmt);
    set(v, VERDICT_FAIL, fmt, list);
    va_end(list);
    v->has_where = where != NULL;
    if (where)
        v->where = *where;
}

void verdict_harness(struct verdict *v, const char *fmt, ...)
{
    va_list list;

    if (v->kind == VERDICT_HARNESS)
        return;
    va_start(list, fmt);
    set(v, VERDICT_HARNESS, fmt, list);
    va_end(list);
}

void verdict_state(struct verdict *v, const char *fmt, ...)
{
    struct text line = { 0 };
    va_list list;

    if (v->kind == VERDICT_PASS)
        return;
    va_start(list, fmt);
    text_add_list(&line, fmt, list);
    va_end(list);
    text_clean(line.data);
    text_add(&v->state, "\n  %s", line.data);
    text_free(&line);
}

void verdict_registers(struct verdict *v, const struct event_registers *r)
{
    verdict_state(v, "eax=%08x ebx=%08x ecx=%08x edx=%08x esi=%08x edi=%08x",
                  r->eax, r->ebx, r->ecx, r->edx, r->esi, r->edi);
    verdict_state(v, "eip=%08x esp=%08x ebp=%08x eflags=%08x cs=%04x ss=%04x",
                  r->eip, r->esp, r->ebp, r->eflags, r->cs, r->ss);
    verdict_state(v, "cr0=%08x cr2=%08x cr3=%08x cr4=%08x efer=%08x", r->cr0,
                  r->cr2, r->cr3, r->cr4, r->efer);
}

void verdict_blame(struct verdict *v, const char *symbol)
{
    if (v->kind != VERDICT_PASS && v->blame)
        return;
    free(v->blame);
    v->blame = must_copy(symbol);
}

bool verdict_failed(const struct verdict *v)
{
    return v->kind != VERDICT_PASS;
}

/** The exception that the run ended with: a triple fault is a cascade of
 *  them at one instruction, and the first is the cause. NULL: none. */
static const struct event *last_cause(const struct run *run)
{
    const struct event *end = run_end(run);
    const struct event *cause = trace_previous(run->trace, end,
                                               EVENT_EXCEPTION);
    const struct event *earlier = cause;

    while (earlier && (earlier = trace_previous(run->trace, earlier,
                                                EVENT_EXCEPTION)) &&
           earlier->icount == cause->icount)
        cause = earlier;
    return cause;
}

static bool pushes_error_code(uint32_t vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

/** What an address that faulted often means. */
static const char *meaning(const struct run *run, uint32_t address)
{
    uint32_t stack = run_symbol(run, "processor_stack");

    if (address < 4096)
        return " (a pointer that was NULL?)";
    if (stack != 0 && stack - address - 1 < 4096)
        return " (the page below the stack: too much is on it, or a function "
               "that calls itself for ever)";
    return "";
}

static void describe_exception(struct verdict *v, const struct run *run,
                               const struct event *event)
{
    static const char *const names[] = {
        "divide error", "debug", "NMI", "breakpoint", "overflow", "bounds",
        "invalid opcode", "no coprocessor", "double fault",
        "coprocessor overrun", "invalid TSS", "segment not present",
        "stack fault", "general protection", "page fault",
    };
    const char *name = event->a[0] < 15 ? names[event->a[0]] : "exception";

    if (event->a[0] == 14)
        verdict_state(v, "last exception: %s (%u), error code 0x%x, address "
                      "0x%08x%s, at eip=%08x", name, event->a[0], event->a[1],
                      event->a[2], meaning(run, event->a[2]), event->eip);
    else if (pushes_error_code(event->a[0]))
        verdict_state(v, "last exception: %s (%u), error code 0x%x, at "
                      "eip=%08x", name, event->a[0], event->a[1], event->eip);
    else
        verdict_state(v, "last exception: %s (%u), at eip=%08x", name,
                      event->a[0], event->eip);
}

/** What the hypervisor said of an end, for people: an image without the
 *  supplied file that says it, or one that wrote over it, only misleads its
 *  owner. */
static void add_reason(struct text *to, const struct run *run,
                       const char *symbol)
{
    char reason[256];
    uint32_t at = run_symbol(run, symbol);

    if (at == 0 || !run_read_virtual(run, at, reason, sizeof reason))
        return;
    reason[sizeof reason - 1] = 0;
    for (char *c = reason; *c; c++)
        if (*c < ' ')
            *c = ' '; /* one line of the message, whatever is in it */
    if (reason[0])
        text_add(to, ": %s", reason);
}

/** The number of an end says little; its sentence is domain_crash()'s. */
static void add_crash(struct text *to, const struct run *run)
{
    text_add(to, ", which says that its guest crashed");
    add_reason(to, run, "domain_crash_reason");
}

/** The registers where it panicked: those of the end are of the function that
 *  ends the machine. A trap frame's words, as in the hypervisor's headers. */
static bool panic_state(struct verdict *v, const struct run *run)
{
    enum { EBX, ECX, EDX, ESI, EDI, EBP, EAX, VECTOR, EIP, CS, EFLAGS, WORDS };
    uint32_t at = run_symbol(run, "panic_registers"), w[WORDS];

    if (at == 0 || !run_read_virtual(run, at, w, sizeof w) || w[EIP] == 0)
        return false;
    verdict_state(v, "when it panicked:");
    verdict_state(v, "eax=%08x ebx=%08x ecx=%08x edx=%08x esi=%08x edi=%08x",
                  w[EAX], w[EBX], w[ECX], w[EDX], w[ESI], w[EDI]);
    verdict_state(v, "ebp=%08x eip=%08x eflags=%08x cs=%04x", w[EBP], w[EIP],
                  w[EFLAGS], w[CS] & 0xFFFF);
    return true;
}

/** Fail because of how the run ended. */
static void fail_by_end(struct verdict *v, const struct run *run,
                        const char *instead)
{
    const struct event *end = run_end(run);
    const struct event *cause = last_cause(run);
    bool panicked = run_end_reason(run) == END_EXIT_PORT &&
                    end->a[1] == MACHINE_PANIC;
    bool caused = cause && (panicked ||
                            run_end_reason(run) == END_TRIPLE_FAULT);
    struct text how = { 0 };

    if (verdict_failed(v))
        return; /* what went wrong first says more */
    text_add(&how, "%s", panicked ? "the hypervisor panicked"
                                  : trace_text(end)->text);
    if (panicked)
        add_reason(&how, run, "panic_reason");
    else if (run_end_reason(run) == END_BUDGET)
        text_add(&how, ": an endless loop, or many times the steps that it "
                 "takes");
    else if (run_end_reason(run) == END_EXIT_PORT &&
             end->a[1] == MACHINE_GUEST_CRASHED)
        add_crash(&how, run);
    verdict_fail(v, caused ? cause : end, "%s: %s", instead, how.data);
    text_free(&how);
    v->at_end = true;
    if (cause)
        describe_exception(v, run, cause);
    if (panicked && panic_state(v, run))
        return;
    verdict_state(v, "when the run ended:");
    verdict_registers(v, &run->registers);
}

bool verdict_reached(struct verdict *v, const struct run *run,
                     const char *mark, struct mark *to)
{
    struct mark first;
    char *instead;

    if (run_mark(run, mark, 0, to ? to : &first))
        return true;
    instead = must_format("the run never came to the point \"%s\"", mark);
    fail_by_end(v, run, instead);
    free(instead);
    return false;
}

void verdict_common(struct verdict *v, const struct run *run)
{
    const char *const *name = run->setup->test->oracles;

    if (run_end_reason(run) == END_TEXT_CHANGED) {
        verdict_fail(v, run_end(run), "the test's trusted code or constants "
                     "were overwritten: %s", trace_text(run_end(run))->text);
        v->at_end |= v->kind == VERDICT_FAIL;
    }
    for (; name && *name; name++) {
        const struct event *broken = run_oracle(run, *name);

        if (broken && !verdict_failed(v)) {
            verdict_fail(v, broken, "the oracle \"%s\" objects: %s", *name,
                         trace_text(broken)->text);
            verdict_registers(v, &trace_text(broken)->registers);
        }
    }
    if (run_end_reason(run) != END_MARK && !verdict_failed(v))
        fail_by_end(v, run, "the run did not end where the test ends it");
}
