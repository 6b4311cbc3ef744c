/* SPDX-License-Identifier: MIT */
/**
 * @file message.c
 * From a verdict to what a student reads: where it went wrong, in words.
 *
 * The place is the offending instruction. When that one lies in supplied
 * code (a copy routine that got a bad pointer, say) and the machine stopped
 * there, the frames on the stack lead to the student's own line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/verdict.h"
#include "layout.h"

#define BACKTRACE_MAX 12

/* arch/boot_panic.asm: its size at most, and where eip is in a frame. */
#define PANIC_BYTES 128u
#define TRAP_FRAME_EIP 32u

/** One address, and what image_where() says of it. */
struct place {
    uint32_t address;
    int owner;                   /**< as image_owner() */
    const char *function, *line; /**< NULL: unknown */
};

static bool is_linked(const struct run *run, uint32_t address)
{
    for (unsigned i = 0; i < run->image->nr_parts; i++) {
        const struct image_part *part = &run->image->part[i];

        if (address - part->virtual_start < part->bytes)
            return true;
    }
    return false;
}

/** Before paging, code that is linked high may be executing low. */
static uint32_t linked_address(const struct run *run, uint32_t eip)
{
    return !is_linked(run, eip) && is_linked(run, eip + IMAGE_OFFSET)
               ? eip + IMAGE_OFFSET
               : eip;
}

/** Whoever called panic() is in no frame of the chain: it stands in the trap
 *  frame that panic() made for panic_from(), whose frame is at `ebp`. */
static uint32_t panic_caller(const struct run *run, uint32_t ebp,
                             uint32_t back)
{
    uint32_t panic = run_symbol(run, "panic"), made, eip;

    if (panic == 0 || back - panic >= PANIC_BYTES ||
        !run_read_virtual(run, ebp + 8, &made, sizeof made) ||
        !run_read_virtual(run, made + TRAP_FRAME_EIP, &eip, sizeof eip))
        return back;
    return eip;
}

/** Return addresses on the stack, as the frame pointers chain them. */
static unsigned add_frames(const struct run *run, struct place *place)
{
    uint32_t ebp = run->registers.ebp;
    unsigned nr = 0;

    while (nr < BACKTRACE_MAX) {
        uint32_t frame[2];

        if (!run_read_virtual(run, ebp, frame, sizeof frame) ||
            frame[0] <= ebp)
            break;
        /* The call, not what follows it. */
        place[nr++].address =
            panic_caller(run, ebp, linked_address(run, frame[1])) - 1;
        ebp = frame[0];
    }
    return nr;
}

/** gcc's names for parts of a function: table_pin.cold is table_pin. */
static void cut_name(char *name)
{
    static const char *const parts[] = { ".cold", ".part.", ".isra.",
                                         ".constprop." };

    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *part = strstr(name, parts[i]);

        if (part && part > name)
            *part = 0;
    }
}

/** Take the lines of image_where() apart. */
static void name_places(struct place *place, unsigned nr, char *lines)
{
    char *line;

    for (unsigned i = 0; i < nr && (line = strsep(&lines, "\n")); i++) {
        char *space = strchr(line, ' ');

        if (!space)
            continue;
        *space = 0;
        cut_name(line);
        if (strcmp(line, "?"))
            place[i].function = line;
        if (strcmp(space + 1, "?"))
            place[i].line = space + 1;
    }
}

static bool is_in(const char *line, const char *file)
{
    size_t size = strlen(file);

    return !strncmp(line, file, size) && line[size] == ':';
}

static bool is_of_exercise(const struct place *place)
{
    return place->owner >= 0 && place->owner != IMAGE_OF_DRIVER;
}

/** Is it the submission's own code, of those exercises that this image is made
 *  with? An exercise alone has the reference's code for all others. */
static bool is_own(exercise_set set, const struct place *place)
{
    return is_of_exercise(place) && (set & 1u << place->owner);
}

/** Whose code it is says the linker (owners.h); a line that says otherwise was
 *  written by a submission. */
static void check_line(const struct lab *lab, struct place *place)
{
    if (is_of_exercise(place)) {
        const char *file = lab->exercise[place->owner].file;

        if (!place->line || !is_in(place->line, file))
            place->line = file;
        return;
    }
    for (unsigned i = 0; place->line && i < lab->nr_exercises; i++)
        if (is_in(place->line, lab->exercise[i].file))
            place->line = NULL;
    if (place->owner < 0 && place->line && !strncmp(place->line, "labs/", 5))
        place->line = NULL;
}

static bool is_of_test(const struct place *place)
{
    return place->owner == IMAGE_OF_DRIVER;
}

static const char *domain_of(unsigned ring, const struct place *place)
{
    if (ring)
        return place->line && !strncmp(place->line, "labs/", 5)
                   ? "the test's guest"
                   : "domain 0";
    return is_of_test(place) ? "the test's driver" : "hypervisor";
}

static void add_name(struct text *to, const struct place *place)
{
    text_add(to, "%s (%s)", place->function ? place->function : "unknown code",
             place->line ? place->line : "no source line");
}

/** An address of the trusted guest's. @return "file:line", or NULL. */
static const char *name_in_guest(const struct run *run, uint32_t address,
                                 const char **function, char *text,
                                 size_t size)
{
    struct source_line line;

    *function = symbols_name(run->guest.symbols, address, NULL);
    if (!symbols_line(run->guest.symbols, address, &line))
        return NULL;
    snprintf(text, size, "%s:%u", line.file, line.line);
    return text;
}

/** Supplied functions between the student's own line and the end: which of
 *  them gave up says more than where all of them end. */
static void add_way(struct text *to, const struct place *place, unsigned nr)
{
    for (unsigned i = nr; i-- > 0;)
        if (place[i].function)
            text_add(to, "%s%s()", i + 1 == nr ? "\n  by way of " : ", ",
                     place[i].function);
}

/** The test called the student's function, and the stack has it no more. */
static void add_lost_caller(struct text *to, const struct place *place,
                            unsigned nr)
{
    unsigned test = 0;

    while (test < nr && !is_of_test(&place[test]))
        test++;
    if (test == nr || test == 0)
        return;
    add_way(to, place, test);
    text_add(to, "\n  called from a function that is not on the stack any "
             "more: one whose last act is a call leaves its place to the one "
             "that it calls");
}

/** Where the event of setup_interleave() came. */
static void add_jump(const struct run *run, const struct event *jump,
                     struct place *place, struct text *to)
{
    char line[200];

    if (jump->ring && run->guest.symbols)
        place->line = name_in_guest(run, jump->eip, &place->function, line,
                                    sizeof line);
    text_add(to, "\n  the interrupt came before instruction %llu, ring %u, "
             "%s, eip=%08x, ", (unsigned long long)jump->icount, jump->ring,
             domain_of(jump->ring, place), jump->eip);
    add_name(to, place);
    if (run->setup->jump_where)
        text_add(to, ":\n  %s", run->setup->jump_where);
}

/**
 * The student's lines on the way to place[0], which is none; or the function
 * under test.
 *
 * @param blamed  The last place is that function, and no frame.
 */
static void add_own(const struct run *run, const struct place *place,
                    unsigned nr, bool blamed, struct text *to)
{
    exercise_set set = run->image->own;
    unsigned own = 1, nr_frames = nr - blamed;

    while (own < nr_frames && !is_own(set, &place[own]))
        own++;
    if (own < nr_frames)
        add_way(to, place + 1, own - 1);
    else if (!blamed)
        add_lost_caller(to, place + 1, nr - 1);
    /* A helper in the student's file was called by a function of it. */
    for (; own < nr_frames && is_own(set, &place[own]); own++) {
        text_add(to, "\n  called from ");
        add_name(to, &place[own]);
        blamed = false;
    }
    if (blamed && is_own(set, &place[nr - 1])) {
        text_add(to, "\n  the function under test: ");
        add_name(to, &place[nr - 1]);
    }
}

/** "at instruction 1234, ring 0, hypervisor, f (file:line)". */
static void add_where(const struct grader *g, const struct verdict *v,
                      const struct run *run, struct text *to)
{
    const struct event *where = v->has_where ? &v->where : run_end(run);
    const struct event *jump = run_jump(run);
    struct place place[BACKTRACE_MAX + 3] = {
        { .address = linked_address(run, where->eip) }
    };
    uint32_t address[BACKTRACE_MAX + 3];
    /* At a panic anything may have been under way. */
    bool blamed = v->blame && !v->at_end;
    unsigned nr = 1, nr_all;
    char *lines, line[200];

    if (v->at_end)
        nr += add_frames(run, place + 1);
    if (blamed)
        place[nr++].address = run_symbol(run, v->blame);
    nr_all = nr + (jump != NULL);
    if (jump)
        place[nr].address = jump->eip;
    for (unsigned i = 0; i < nr_all; i++) {
        address[i] = place[i].address;
        place[i].owner = image_owner(run->image, address[i]);
    }
    lines = image_where(g, run->image, address, nr_all);
    if (lines)
        name_places(place, nr_all, lines);
    for (unsigned i = 0; i < nr_all; i++)
        check_line(&g->lab, &place[i]);
    if (where->ring && run->guest.symbols)
        place[0].line = name_in_guest(run, where->eip, &place[0].function,
                                      line, sizeof line);
    text_add(to, "\n  at instruction %llu, ring %u, %s, eip=%08x, ",
             (unsigned long long)where->icount, where->ring,
             domain_of(where->ring, &place[0]), where->eip);
    add_name(to, &place[0]);
    if (!where->ring && blamed && is_of_test(&place[0]))
        text_add(to, ": here the test looks");
    if (!is_own(run->image->own, &place[0]))
        add_own(run, place, nr, blamed, to);
    if (jump)
        add_jump(run, jump, &place[nr], to);
    free(lines);
}

char *verdict_message(const struct grader *g, const struct verdict *v,
                      const struct run *run)
{
    struct text text = { 0 };

    text_add(&text, "%s", v->what);
    if (v->kind == VERDICT_HARNESS)
        return text.data;
    add_where(g, v, run, &text);
    if (v->state.data)
        text_add(&text, "%s", v->state.data);
    text_add(&text, "\n  see %s#%s", g->lab.handout,
             run->setup->test->section);
    text_clean(text.data);
    return text.data;
}
