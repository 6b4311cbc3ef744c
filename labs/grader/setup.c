/* SPDX-License-Identifier: MIT */
/**
 * @file setup.c
 * Describing a run; contracts in test.h.
 */
#include "labs/grader/setup.h"

#include <stdlib.h>
#include <string.h>

/* Nobody judges what is printed, and a serial line is slow: a boot with all
 * messages takes three times as many instructions. What the labs are about is
 * the plain ways: with the short ones, a good part of a submission's code
 * would not run at all. */
#define DEFAULT_COMMAND_LINE "console=com1 loglvl=error fast=0"
#define DEFAULT_RAM_MB 64

/** The next free element of an array, or NULL with a mistake noted. */
#define NEXT(s, what, max)                                                 \
    ((s)->nr_##what##s < (max)                                             \
         ? &(s)->what[(s)->nr_##what##s++]                                 \
         : (setup_mistake(s, "it has more than %u %ss", (unsigned)(max),   \
                          #what),                                          \
            NULL))

void setup_start(struct setup *s, const struct test *test)
{
    *s = (struct setup){ .test = test, .ram_mb = DEFAULT_RAM_MB };
    s->command_line = must_copy(DEFAULT_COMMAND_LINE);
}

void setup_free(struct setup *s)
{
    for (unsigned i = 0; i < s->nr_modules; i++) {
        bytes_free(&s->module[i].bytes);
        free(s->module[i].string);
    }
    bytes_free(&s->input);
    free(s->kept);
    free(s->command_line);
    free(s->mistake);
    free(s->jump_where);
    *s = (struct setup){ 0 };
}

void setup_mistake(struct setup *s, const char *fmt, ...)
{
    struct text text = { 0 };
    va_list list;

    if (s->mistake)
        return;
    va_start(list, fmt);
    text_add_list(&text, fmt, list);
    va_end(list);
    s->mistake = text.data;
}

/** Copy a name that fits. */
static void set_name(struct setup *s, char *to, size_t size, const char *name)
{
    if (strlen(name) >= size)
        setup_mistake(s, "the name %s is longer than %zu", name, size - 1);
    else
        strcpy(to, name);
}

void *setup_keep(struct setup *s, size_t bytes)
{
    if (s->kept)
        setup_mistake(s, "it keeps two pieces of memory");
    free(s->kept);
    s->kept = must_alloc(bytes, 1);
    return s->kept;
}

void setup_ram(struct setup *s, unsigned megabytes)
{
    if (megabytes < 8 || megabytes > 2048 || megabytes & (megabytes - 1))
        setup_mistake(s, "%u MB of RAM are not a power of two from 8 to 2048",
                      megabytes);
    else
        s->ram_mb = megabytes;
}

void setup_command_line(struct setup *s, const char *fmt, ...)
{
    struct text text = { 0 };
    va_list list;

    va_start(list, fmt);
    text_add_list(&text, fmt, list);
    va_end(list);
    free(s->command_line);
    s->command_line = text.data;
}

void setup_range(struct setup *s, uint64_t base, uint64_t length,
                 uint32_t type)
{
    struct setup_range *range = NEXT(s, range, SETUP_MAX_RANGES);

    if (range)
        *range = (struct setup_range){ base, length, type };
}

void setup_module(struct setup *s, uint32_t at, const void *bytes,
                  size_t nr_bytes, const char *string)
{
    struct setup_module *module = NEXT(s, module, SETUP_MAX_MODULES);

    if (!module)
        return;
    if (at & 0xFFF)
        setup_mistake(s, "a module at 0x%x does not start a page", at);
    *module = (struct setup_module){ .at = at, .string = must_copy(string) };
    module->bytes.data = must_alloc(nr_bytes + 1, 1);
    module->bytes.size = nr_bytes;
    memcpy(module->bytes.data, bytes, nr_bytes);
}

void setup_module_claim(struct setup *s, uint32_t start, uint32_t end,
                        const char *string)
{
    struct setup_module *module = NEXT(s, module, SETUP_MAX_MODULES);

    if (module)
        *module = (struct setup_module){ .at = start, .end = end,
                                         .string = must_copy(string) };
}

void setup_input(struct setup *s, const void *bytes, size_t nr_bytes)
{
    if (nr_bytes > TEST_INPUT_MAX) {
        setup_mistake(s, "an input of %zu bytes is larger than %u", nr_bytes,
                      TEST_INPUT_MAX);
        return;
    }
    bytes_free(&s->input);
    s->input.data = must_alloc(nr_bytes + 1, 1);
    s->input.size = nr_bytes;
    memcpy(s->input.data, bytes, nr_bytes);
}

static struct setup_mark *new_mark(struct setup *s, const char *name,
                                   unsigned ring)
{
    struct setup_mark *mark;

    for (unsigned i = 0; i < s->nr_marks; i++)
        if (!strcmp(s->mark[i].name, name))
            setup_mistake(s, "two marks are named %s", name);
    mark = NEXT(s, mark, SETUP_MAX_MARKS);
    if (!mark)
        return NULL;
    *mark = (struct setup_mark){ .ring = ring };
    set_name(s, mark->name, sizeof mark->name, name);
    if (ring > 3)
        setup_mistake(s, "mark %s is of ring %u", name, ring);
    return mark;
}

void setup_mark(struct setup *s, const char *name, const char *symbol,
                unsigned ring)
{
    struct setup_mark *mark = new_mark(s, name, ring);

    if (mark)
        set_name(s, mark->symbol, sizeof mark->symbol, symbol);
}

void setup_mark_at(struct setup *s, const char *name, uint32_t address,
                   unsigned ring)
{
    struct setup_mark *mark = new_mark(s, name, ring);

    if (mark)
        mark->address = address;
}

static struct setup_mark *find_mark(struct setup *s, const char *name)
{
    for (unsigned i = 0; i < s->nr_marks; i++)
        if (!strcmp(s->mark[i].name, name))
            return &s->mark[i];
    setup_mistake(s, "there is no mark %s", name);
    return NULL;
}

void setup_snap(struct setup *s, const char *mark, const char *base,
                int32_t offset, uint32_t len)
{
    struct setup_snap *snap;
    unsigned same = 0;

    if (!find_mark(s, mark))
        return;
    for (unsigned i = 0; i < s->nr_snaps; i++)
        same += !strcmp(s->snap[i].mark, mark);
    if (same >= MARK_MAX_SNAPS)
        setup_mistake(s, "mark %s has more than %d snaps", mark,
                      MARK_MAX_SNAPS);
    snap = NEXT(s, snap, SETUP_MAX_SNAPS);
    if (!snap)
        return;
    *snap = (struct setup_snap){ .offset = offset, .len = len };
    set_name(s, snap->mark, sizeof snap->mark, mark);
    set_name(s, snap->base, sizeof snap->base, base);
}

void setup_end(struct setup *s, const char *mark)
{
    struct setup_mark *found = find_mark(s, mark);

    if (found)
        found->ends = true;
}

void setup_allow(struct setup *s, uint64_t start, uint64_t end)
{
    struct setup_range *range;

    if (end <= start) {
        setup_mistake(s, "it allows memory that ends before it starts");
        return;
    }
    range = s->nr_allowed < SETUP_MAX_ALLOWED ? &s->allowed[s->nr_allowed++]
                                              : NULL;
    if (range)
        *range = (struct setup_range){ .base = start, .length = end - start };
    else
        setup_mistake(s, "it allows more than %d ranges", SETUP_MAX_ALLOWED);
}

void setup_interleave(struct setup *s, const char *from, const char *to,
                      uint64_t jump, uint64_t budget, unsigned most)
{
    if (!find_mark(s, from) || (strcmp(to, "return") && !find_mark(s, to)))
        return;
    if (s->forks.most || !most || !jump || !budget)
        setup_mistake(s, "its window is the second one, or empty");
    s->forks = (struct setup_forks){ .jump = jump, .budget = budget,
                                     .most = most };
    set_name(s, s->forks.from, sizeof s->forks.from, from);
    set_name(s, s->forks.to, sizeof s->forks.to, to);
}

void setup_arg(struct setup *s, const char *name, uint64_t value)
{
    struct setup_arg *arg = NEXT(s, arg, SETUP_MAX_ARGS);

    if (!arg)
        return;
    *arg = (struct setup_arg){ .value = value };
    set_name(s, arg->name, sizeof arg->name, name);
}
