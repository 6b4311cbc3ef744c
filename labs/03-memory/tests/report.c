/* SPDX-License-Identifier: MIT */
/**
 * @file report.c
 * What the driver's reports say, compared with the model and put into words;
 * see script.h.
 */
#include "labs/03-memory/tests/script.h"

#include <stdio.h>

/* Flags of frames, as in memory.h. */
#define PINNED 0x01u
#define VALIDATED 0x02u
#define ALLOCATED 0x04u
#define UNFINISHED 0x48u /* PAGE_PARTIAL, PAGE_LEAVING */

/* A message says what came before: so many steps, so long a line each. */
#define NR_BEFORE 5u
#define STEP_BYTES 200

/* --- Calls in words ------------------------------------------------------- */

/** How a step's arguments are written: f frame, o owner, t type, n number,
 *  x hexadecimal, e entry (three of them). */
static const struct {
    const char *name, *arguments;
} calls[] = {
    [OP_POKE] = { "a store into a table, behind the hypervisor's back, ",
                  "fne" },
    [OP_AMID] = { "while tables are leaving", "" },
    [OP_WORK] = { "a share of work for the next call", "n" },
    [OP_LIMIT] = { "references up to FRAME_COUNT_MAX, but for so many, for the "
                   "next call, ", "fn" },
    [OP_LIMIT_TYPE] = { "uses of a type up to the limit, but for so many, for "
                        "the next call, ", "fn" },
    [OP_GET] = { "frame_get", "fo" },
    [OP_PUT] = { "frame_put", "f" },
    [OP_GET_TYPE] = { "frame_get_type", "ft" },
    [OP_PUT_TYPE] = { "frame_put_type", "f" },
    [OP_GET_BOTH] = { "frame_get_and_type", "fot" },
    [OP_PUT_BOTH] = { "frame_put_and_type", "f" },
    [OP_ADOPT] = { "memory_adopt", "ft" },
    [OP_DISOWN] = { "frame_put, the owner's own reference, ", "f" },
    [OP_CHECK_FLAGS] = { "entry_check_flags", "ote" },
    [OP_ENTRY_GET] = { "l1_entry_get", "ooe" },
    [OP_DEMOTE] = { "table_demote", "f" },
    [OP_NX] = { "a processor that has NX, or (0) has none, ", "n" },
    [OP_TRY_EACH] = { "frame_get_type", "ft" },
    [OP_UPDATE] = { "entry_update", "fneo" },
    [OP_PIN] = { "table_pin", "oft" },
    [OP_UNPIN] = { "table_unpin", "of" },
    [OP_BASE] = { "base_switch", "f" },
    [OP_RUN] = { "vcpu_load_base", "" },
    [OP_LDT] = { "a load from the LDT, found in ", "f" },
    [OP_NOTE] = { "flush_note", "" },
    [OP_BEFORE_REUSE] = { "flush_before_reuse", "" },
    [OP_FLUSH_ALL] = { "flush_all", "" },
    [OP_FLUSH_PAGE] = { "flush_page", "x" },
    [OP_LOAD] = { "a load", "x" },
    [OP_STORE] = { "a store", "x" },
    [OP_ASSIST] = { "the assist", "n" },
    [OP_BYTES] = { "code for", "f" },
    [OP_FAULT] = { "writable_fault, code and address ", "xx" },
};

static void write_name(uint32_t name, char *text, size_t bytes)
{
    uint32_t index = NAME_INDEX(name);

    switch (NAME_KIND(name)) {
    case NAME_A:
    case NAME_B:
        snprintf(text, bytes, "%c%u", NAME_KIND(name) == NAME_A ? 'A' : 'B',
                 index);
        break;
    case NAME_SHARED:
        snprintf(text, bytes, "the shared page");
        break;
    case NAME_IMAGE:
        snprintf(text, bytes, "a page of the hypervisor's");
        break;
    default:
        snprintf(text, bytes, "frame 0x%x",
                 index == 0xFFFFFF ? 0xFFFFFFFFu : index);
    }
}

/** One argument. @return how many words it took. */
static unsigned write_argument(const uint32_t *arg, char kind, char *text,
                               size_t bytes)
{
    static const char *const owners[] = { "A", "B", "nobody" };
    char name[40];

    switch (kind) {
    case 'f':
        write_name(*arg, text, bytes);
        return 1;
    case 'o':
        snprintf(text, bytes, "%s", owners[*arg < 3 ? *arg : 2]);
        return 1;
    case 't':
        snprintf(text, bytes, "%s", type_name(*arg));
        return 1;
    case 'e':
        write_name(arg[0], name, sizeof name);
        if (arg[2])
            snprintf(text, bytes, "%s | 0x%x | 0x%x << 32", name, arg[1],
                     arg[2]);
        else
            snprintf(text, bytes, "%s | 0x%x", name, arg[1]);
        return 3;
    default:
        snprintf(text, bytes, kind == 'x' ? "0x%x" : "%u", *arg);
        return 1;
    }
}

void script_describe(const struct script_step *step, char *text, size_t bytes)
{
    const char *kind = calls[step->op].arguments;
    const uint32_t *arg = step->arg;
    size_t used = (size_t)snprintf(text, bytes, "%s(", calls[step->op].name);

    for (; *kind && used + 1 < bytes; kind++) {
        char one[80];

        arg += write_argument(arg, *kind, one, sizeof one);
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", one,
                                 kind[1] ? ", " : "");
    }
    if (used + 1 < bytes)
        snprintf(text + used, bytes - used, ")");
}

/** The frames that a step names. @return how many. */
static unsigned frames_of(const struct script_step *step, uint32_t name[2])
{
    const char *kind = calls[step->op].arguments;
    const uint32_t *arg = step->arg;
    unsigned nr = 0;

    for (; *kind && nr < 2; kind++) {
        if (*kind == 'f' || *kind == 'e')
            name[nr++] = *arg;
        arg += *kind == 'e' ? 3 : 1;
    }
    return nr;
}

/** Whether a step says something about how another one's frames came to be
 *  what they are. */
static bool is_about_same(const struct script_step *before,
                          const struct script_step *step)
{
    uint32_t name[2], other[2];
    unsigned nr = frames_of(step, name), others = frames_of(before, other);

    for (unsigned i = 0; i < nr; i++)
        for (unsigned j = 0; j < others; j++)
            if (name[i] == other[j])
                return true;
    return nr == 0 || (before->op == OP_WORK && before + 1 == step);
}

void script_steps_before(struct verdict *v, const struct script *script,
                         unsigned step)
{
    const struct script_step *failed = &script->step[step];
    unsigned first = step, nr = 0;
    char text[STEP_BYTES];

    while (first > 0 && nr < NR_BEFORE)
        nr += is_about_same(&script->step[--first], failed);
    if (nr > 0)
        verdict_state(v, "what the test did before that, with the same "
                      "frames:");
    for (; first < step; first++) {
        if (!is_about_same(&script->step[first], failed))
            continue;
        script_describe(&script->step[first], text, sizeof text);
        verdict_state(v, "  step %u: %s", first, text);
    }
}

/** Which call should have dropped what an access still uses: the last one, if
 *  that is what it is for; else whoever gave the frame another use. */
static const char *flushing_call(const struct script *script,
                                 const struct script_step *step)
{
    while (step > script->step &&
           (step->op == OP_LOAD || step->op == OP_STORE ||
            step->op == OP_POKE))
        step--;
    return step->op == OP_FLUSH_PAGE || step->op == OP_FLUSH_ALL ||
                   step->op == OP_BASE
               ? calls[step->op].name : "flush_before_reuse";
}

const char *script_symbol(const struct script *script,
                          const struct script_step *step)
{
    if (script->subject && step->op <= OP_DISOWN)
        return step->op == OP_PUT_TYPE || step->op == OP_PUT_BOTH
                   ? "table_demote" : script->subject;
    switch (step->op) {
    case OP_DISOWN:
        return "frame_put";
    case OP_FAULT:
        return "writable_fault";
    case OP_LOAD:
    case OP_STORE:
        return flushing_call(script, step);
    default:
        return calls[step->op].name;
    }
}

void script_result(const struct script_step *step, int32_t result, char *text,
                   size_t bytes)
{
    static const struct {
        int32_t number;
        const char *name;
    } names[] = { { E_PERM, "-EPERM" }, { E_BUSY, "-EBUSY" },
                  { E_INVAL, "-EINVAL" }, { -38, "-ENOSYS" },
                  { E_RESTART, "-ERESTART" } };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == result) {
            snprintf(text, bytes, "%s (%d)", names[i].name, result);
            return;
        }
    if ((step->op == OP_GET || step->op == OP_FAULT) && result >> 1 != 0)
        snprintf(text, bytes, "%d, which is neither true nor false (is a "
                 "return missing?)", result);
    else if (step->op == OP_GET || step->op == OP_FAULT)
        snprintf(text, bytes, "%s", result ? "true" : "false");
    else
        snprintf(text, bytes, "%d", result);
}

/* --- Who holds a frame ---------------------------------------------------- */

/** Tables as the recount sees them: from the model, or half made. */
static unsigned entries_that_hold(const struct model *m,
                                  const struct report *r, unsigned i)
{
    const struct frame_state *f = &m->frame[i];

    if (r && (r->frame[i].flags & UNFINISHED))
        return r->frame[i].partial;
    return f->type_count > 0 && model_is_table(f->type)
               ? model_entries(f->type) : 0;
}

static enum type table_type(const struct model *m, const struct report *r,
                            unsigned i)
{
    return r && (r->frame[i].flags & UNFINISHED) ? (enum type)r->frame[i].type
                                           : m->frame[i].type;
}

/** Lines that say who holds a frame, and how many references those are. */
static void describe_holders(struct verdict *v, const struct model *m,
                             unsigned i)
{
    const struct frame_state *f = &m->frame[i];
    uint32_t known = f->allocated + f->pinned + (m->base == (int)i);
    unsigned lines = 0;

    if (f->allocated)
        verdict_state(v, "held by its owner");
    if (f->pinned)
        verdict_state(v, "held by a pin: one reference of each kind");
    if (m->base == (int)i)
        verdict_state(v, "held as the vCPU's base: one of each kind");
    for (unsigned t = 0; t < NR_FRAMES; t++)
        for (unsigned e = 0; e < entries_that_hold(m, NULL, t); e++) {
            uint64_t entry = m->content[t][e];

            if (!(entry & P) || model_target(m, entry) != (int)i)
                continue;
            known++;
            if (lines++ < 6)
                verdict_state(v, "held by entry %u of %s (%s): 0x%016llx", e,
                              frame_name((int)t),
                              type_name(m->frame[t].type),
                              (unsigned long long)entry);
        }
    if (f->count > known)
        verdict_state(v, "and by the test itself: %u", f->count - known);
}

/** One number of one frame that is not as it must be. */
static void fail_frame(struct verdict *v, const struct event *at,
                       const struct model *m, const char *after, unsigned i,
                       const char *what, uint32_t got, uint32_t expected)
{
    verdict_fail(v, at, "after %s: the %s of %s is %u, and should be %u",
                 after, what, frame_name((int)i), got, expected);
    describe_holders(v, m, i);
}

static const char *owner_name(uint32_t owner)
{
    return owner == OWNER_A ? "A" : owner == OWNER_B ? "B" : "nobody";
}

static void compare_frame(struct verdict *v, const struct event *at,
                          const struct model *m, const struct report *r,
                          const char *after, unsigned i)
{
    const struct frame_report *got = &r->frame[i];
    const struct frame_state *f = &m->frame[i];

    if (got->owner != f->owner)
        verdict_fail(v, at, "after %s: %s belongs to %s, and should to %s",
                     after, frame_name((int)i), owner_name(got->owner),
                     owner_name(f->owner));
    else if (got->count != f->count)
        fail_frame(v, at, m, after, i, "count", got->count, f->count);
    else if (got->type_count != f->type_count)
        fail_frame(v, at, m, after, i, "type count", got->type_count,
                   f->type_count);
    else if (f->type_count > 0 && got->type != f->type)
        verdict_fail(v, at, "after %s: the type of %s is %s, and should be "
                     "%s", after, frame_name((int)i), type_name(got->type),
                     type_name(f->type));
    else if (f->type != T_NONE && got->type != f->type)
        verdict_fail(v, at, "after %s: the type of %s is %s, and should still "
                     "be %s: while it is in no use the last one is "
                     "remembered, so that going back to it needs no flush",
                     after, frame_name((int)i), type_name(got->type),
                     type_name(f->type));
    else if (((got->flags & PINNED) != 0) != f->pinned)
        verdict_fail(v, at, "after %s: PAGE_PINNED of %s is %s", after,
                     frame_name((int)i), f->pinned ? "clear" : "set");
    else if (f->type_count > 0 && !(got->flags & VALIDATED))
        verdict_fail(v, at, "after %s: PAGE_VALIDATED of %s is clear, and its "
                     "type is in use", after, frame_name((int)i));
    else if (f->type_count == 0 && (got->flags & VALIDATED))
        verdict_fail(v, at, "after %s: PAGE_VALIDATED of %s is set, and its "
                     "type is not in use", after, frame_name((int)i));
    else if (f->type_count == 0 && got->partial != 0)
        verdict_fail(v, at, "after %s: `partial` of %s is %u, and its type is "
                     "not in use: the next table made of it would begin there",
                     after, frame_name((int)i), got->partial);
    else if (((got->flags & ALLOCATED) != 0) != f->allocated)
        verdict_fail(v, at, "after %s: PAGE_ALLOCATED of %s is %s: its owner's "
                     "own reference is nobody else's to change", after,
                     frame_name((int)i), f->allocated ? "clear" : "set");
    else if (got->flags & UNFINISHED)
        verdict_fail(v, at, "after %s: %s is still PAGE_PARTIAL or "
                     "PAGE_LEAVING", after, frame_name((int)i));
}

void script_compare(struct verdict *v, const struct event *at,
                  const struct model *m, const struct report *r,
                  const char *after, const struct script_step *step)
{
    uint32_t name[2];
    unsigned nr = frames_of(step, name);

    /* The frames of the call tell more than those below them. */
    for (unsigned i = 0; i < nr && !verdict_failed(v); i++)
        if (model_frame(m, name[i]) >= 0)
            compare_frame(v, at, m, r, after,
                          (unsigned)model_frame(m, name[i]));
    for (unsigned i = 0; i < NR_FRAMES && !verdict_failed(v); i++)
        compare_frame(v, at, m, r, after, i);
}

void script_recount(struct verdict *v, const struct event *at,
                  const struct model *m, const struct report *r,
                  const char *after)
{
    uint32_t count[NR_FRAMES], types[NR_FRAMES];

    for (unsigned i = 0; i < NR_FRAMES; i++) {
        bool held_by_itself = r->frame[i].flags & UNFINISHED;

        count[i] = m->frame[i].count + held_by_itself;
        types[i] = m->frame[i].type_count + held_by_itself;
    }
    for (unsigned t = 0; t < NR_FRAMES; t++) {
        enum type type = table_type(m, r, t);
        bool now = entries_that_hold(m, NULL, t) > 0;
        bool validated = r->frame[t].flags & VALIDATED;
        unsigned nr = entries_that_hold(m, r, t);

        /* A table below the one that is being made. */
        if (!now && nr == 0 && validated &&
            model_is_table((enum type)r->frame[t].type)) {
            type = (enum type)r->frame[t].type;
            nr = model_entries(type);
        } else if (now) {
            continue; /* the model counts it already */
        }
        for (unsigned e = 0; e < nr; e++) {
            int below = model_target(m, m->content[t][e]);

            if (!(m->content[t][e] & P) || below < 0)
                continue;
            count[below]++;
            types[below] += type != T_L1 || (m->content[t][e] & RW);
        }
    }
    for (unsigned i = 0; i < NR_FRAMES && !verdict_failed(v); i++) {
        if (r->frame[i].count != count[i])
            fail_frame(v, at, m, after, i, "count", r->frame[i].count,
                       count[i]);
        else if (r->frame[i].type_count != types[i])
            fail_frame(v, at, m, after, i, "type count",
                       r->frame[i].type_count, types[i]);
    }
}
