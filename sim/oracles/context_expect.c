/* SPDX-License-Identifier: MIT */
/**
 * @file context_expect.c
 * States in which a guest may go on, the frames of the ABI, and how far the
 * machine agrees with them.
 *
 * The frame of a bounce, from high addresses to low; [ ] only then:
 *
 *     [gs fs ds es]       from VM86
 *     [ss esp]            from rings 2 and 3, and VM86: on the kernel stack
 *     eflags              IF = the guest's event mask, inverted; IOPL 0
 *     mask << 16 | cs     the event mask as it was
 *     eip
 *     [error code]
 *     [gs fs es ds]       failsafe
 *     <- esp of the handler
 *
 * The handler starts with TF, RF, NT and VM clear, IF set, every other flag,
 * every general register and DS to GS as they were.
 *
 * Source: the ABI's frames are in the page "Segmentation and rings";
 * [Xen2003] 3.1 "Control Transfer".
 */
#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** The general registers of a state, by their number in the encoding. */
static uint32_t gpr(const struct event_registers *state, unsigned number)
{
    const uint32_t by_number[8] = { state->eax, state->ecx, state->edx,
                                    state->ebx, state->esp, state->ebp,
                                    state->esi, state->edi };

    return by_number[number];
}

void expect_state(struct expectation *e, const char *what,
                  const struct event_registers *state, uint8_t mask)
{
    memset(e, 0, sizeof *e);
    e->what = what;
    e->state = *state;
    e->flags_care = FLAGS_COMPARED;
    e->mask = mask;
    e->segments = SEGMENTS_KEPT;
    /* A running guest's interrupts are on and its IOPL is 0, always. */
    e->state.eflags = (state->eflags & ~FLAG_IOPL) | FLAG_IF | FLAG_FIXED;
}

/** One word. When a handler's code segment, refused on the way to it, has the
 *  RPL of an application, the failsafe callback's frame begins at the top of
 *  the kernel's stack again: it overwrites the handler's. */
static void push(struct expectation *e, const char *name, uint32_t value,
                 uint32_t care)
{
    unsigned i = 0;

    e->state.esp -= 4;
    while (i < e->nr_words && e->word[i].esp != e->state.esp)
        i++;
    if (i == MAX_WORDS)
        return;
    e->word[i] = (struct stack_word){ name, e->state.esp, value, care };
    if (i == e->nr_words)
        e->nr_words++;
}

/** Four selectors, two of them in an order of their own. */
static void push_selectors(struct expectation *e, const uint16_t selector[4],
                           const char *const name[4])
{
    for (int i = 0; i < 4; i++)
        push(e, name[i], selector[i], 0xFFFF);
}

/** From an application: the kernel's stack, and where the old one was. */
static void push_outer(struct expectation *e, const struct guest_view *view)
{
    static const char *const names[4] = { "GS", "FS", "DS", "ES" };
    const struct event_registers was = e->state;
    const uint16_t selectors[4] = { was.gs, was.fs, was.ds, was.es };

    e->state.ss = view->kernel_ss;
    e->state.esp = view->kernel_esp;
    if (was.eflags & FLAG_VM)
        push_selectors(e, selectors, names);
    push(e, "SS", was.ss, 0xFFFF);
    push(e, "ESP", was.esp, e->any & GPR_ESP ? 0 : 0xFFFFFFFFu);
    e->any &= ~GPR_ESP;
}

static void push_flags(struct expectation *e, const struct guest_view *view)
{
    uint32_t care = e->flags_care;
    uint32_t flags = e->state.eflags & ~(FLAG_IF | FLAG_IOPL);

    if (view->architectural_iopl)
        care &= ~FLAG_IOPL;
    if (e->info_any)
        care &= ~FLAG_IF;
    push(e, "EFLAGS", flags | (e->mask ? 0 : FLAG_IF), care);
}

void expect_bounce(struct expectation *e, const struct guest_view *view,
                   const struct handler *to, const struct bounce *with)
{
    static const char *const names[4] = { "GS", "FS", "ES", "DS" };
    const struct event_registers was = e->state;
    const uint16_t selectors[4] = { was.gs, was.fs, was.es, was.ds };
    bool vm86 = was.eflags & FLAG_VM;

    if ((was.cs & 3) >= 2 || vm86)
        push_outer(e, view);
    push_flags(e, view);
    /* A mask byte that the guest set to something else than 0 or 1 may be
     * saved as it is, or as 1. */
    push(e, "CS and saved mask", (uint32_t)e->mask << 16 | was.cs,
         e->mask <= 1 && !e->info_any ? 0xFFFFFFFFu : 0xFF00FFFFu);
    push(e, "EIP", was.eip, 0xFFFFFFFFu);
    if (with->has_error)
        push(e, "error code", with->error, 0xFFFFFFFFu);
    if (with->failsafe)
        push_selectors(e, selectors, names);
    e->state.cs = to->cs;
    e->state.eip = to->eip;
    e->state.eflags &= ~(FLAG_TF | FLAG_RF | FLAG_NT | FLAG_VM);
    if (to->masks)
        e->mask = 1;
    if (vm86)
        e->segments = SEGMENTS_NULL;
    else if (with->failsafe)
        e->segments = SEGMENTS_KEPT_OR_NULL;
}

static void differs(struct difference *to, enum agreement reached,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void differs(struct difference *to, enum agreement reached,
                    const char *format, ...)
{
    va_list arguments;

    to->reached = reached;
    va_start(arguments, format);
    vsnprintf(to->text, sizeof to->text, format, arguments);
    va_end(arguments);
}

static bool words_agree(const struct machine *m, const struct expectation *e,
                        struct difference *to)
{
    uint32_t base = machine_segment(m, SEGMENT_SS).base;

    for (unsigned i = 0; i < e->nr_words; i++) {
        const struct stack_word *word = &e->word[i];
        uint32_t found;

        if (machine_read_virtual(m, base + word->esp, &found, 4) != 4) {
            differs(to, AGREES_STACK,
                    "the %s word of its frame, at 0x%08x, is not mapped",
                    word->name, base + word->esp);
            return false;
        }
        if ((found ^ word->value) & word->care) {
            differs(to, AGREES_STACK,
                    "the %s word of its frame, at 0x%08x, is 0x%08x instead "
                    "of 0x%08x", word->name, base + word->esp, found,
                    word->value);
            return false;
        }
    }
    return true;
}

static bool registers_agree(const struct event_registers *now,
                            const struct expectation *e,
                            struct difference *to)
{
    static const char names[8][4] = { "eax", "ecx", "edx", "ebx",
                                      "esp", "ebp", "esi", "edi" };

    for (unsigned i = 0; i < 8; i++) {
        if ((e->any >> i & 1) || gpr(now, i) == gpr(&e->state, i))
            continue;
        differs(to, AGREES_MASK, "%s is 0x%08x instead of 0x%08x", names[i],
                gpr(now, i), gpr(&e->state, i));
        return false;
    }
    return true;
}

/** The processor itself nulls a segment register on the way to an outer
 *  ring, when the new ring may not use what is in it. */
static bool nulled_by_processor(const struct event_registers *now,
                                uint16_t was)
{
    return (now->cs & 3) > (was & 3);
}

static bool segments_agree(const struct event_registers *now,
                           const struct expectation *e,
                           struct difference *to)
{
    static const char names[4][3] = { "DS", "ES", "FS", "GS" };
    const uint16_t is[4] = { now->ds, now->es, now->fs, now->gs };
    const uint16_t was[4] = { e->state.ds, e->state.es, e->state.fs,
                              e->state.gs };

    for (unsigned i = 0; i < 4; i++) {
        bool is_null = is[i] <= 3;
        bool may_be_null = e->segments != SEGMENTS_KEPT ||
                           nulled_by_processor(now, was[i]);

        if (is_null && (may_be_null || was[i] <= 3))
            continue;
        if (is[i] == was[i] && e->segments != SEGMENTS_NULL)
            continue;
        differs(to, AGREES_REGISTERS, "%s is 0x%04x instead of 0x%04x",
                names[i], is[i],
                e->segments == SEGMENTS_NULL ? 0 : was[i]);
        return false;
    }
    return true;
}

static bool cr2_agrees(const struct machine *m, const struct guest_view *view,
                       const struct expectation *e, struct difference *to)
{
    uint32_t found = e->cr2;

    if (e->cr2_care != 0 && view->has_info && !e->info_any)
        machine_read_physical(m, view->info + INFO_CR2, &found, 4);
    if (((found ^ e->cr2) & e->cr2_care) == 0)
        return true;
    differs(to, AGREES_SEGMENTS,
            "the fault's address in vcpu_info is 0x%08x instead of 0x%08x",
            found, e->cr2);
    return false;
}

void expect_compare(const struct machine *m, const struct guest_view *view,
                    const struct event_registers *now,
                    const struct expectation *e, struct difference *to)
{
    *to = (struct difference){ .reached = AGREES };
    if (now->cs != e->state.cs || now->eip != e->state.eip) {
        differs(to, AGREES_NOT, "it goes on at 0x%04x:0x%08x", now->cs,
                now->eip);
        return;
    }
    if (now->ss != e->state.ss ||
        (now->esp != e->state.esp && !(e->any & GPR_ESP))) {
        differs(to, AGREES_PLACE,
                "ss:esp is 0x%04x:0x%08x instead of 0x%04x:0x%08x", now->ss,
                now->esp, e->state.ss, e->state.esp);
        return;
    }
    if (!words_agree(m, e, to))
        return;
    if ((now->eflags ^ e->state.eflags) & e->flags_care) {
        differs(to, AGREES_FRAME, "EFLAGS is 0x%08x instead of 0x%08x",
                now->eflags, e->state.eflags);
        return;
    }
    if (guest_mask(view, m) != e->mask && !e->info_any) {
        differs(to, AGREES_FLAGS,
                "the event mask is %u instead of %u", guest_mask(view, m),
                e->mask);
        return;
    }
    if (registers_agree(now, e, to) && segments_agree(now, e, to))
        cr2_agrees(m, view, e, to);
}
