/* SPDX-License-Identifier: MIT */
/**
 * @file script.c
 * Scripts and their steps; see script.h.
 */
#include "labs/03-memory/tests/script.h"

#include <string.h>

struct script *script_new(struct setup *s, struct rng *rng, bool privileged)
{
    struct script *script = setup_keep(s, sizeof *script);

    script->privileged = privileged;
    for (unsigned i = 0; i < NR_A; i++)
        script->a[i] = (uint8_t)i;
    for (unsigned i = 0; i < NR_B; i++)
        script->b[i] = (uint8_t)i;
    rng_shuffle(rng, script->a, NR_A, 1);
    rng_shuffle(rng, script->b, NR_B, 1);
    return script;
}

uint32_t script_a(const struct script *script, unsigned i)
{
    return NAME(NAME_A, script->a[i % NR_A]);
}

uint32_t script_b(const struct script *script, unsigned i)
{
    return NAME(NAME_B, script->b[i % NR_B]);
}

void script_step(struct script *script, const char *about, enum operation op,
               unsigned nr, ...)
{
    struct script_step *step = &script->step[script->nr_steps];
    va_list list;

    if (script->nr_steps == SCRIPT_MAX_STEPS || nr > SCRIPT_MAX_ARGS)
        return;
    script->nr_steps++;
    *step = (struct script_step){ .op = (uint8_t)op, .nr_args = (uint8_t)nr,
                                .about = about };
    va_start(list, nr);
    for (unsigned i = 0; i < nr; i++)
        step->arg[i] = va_arg(list, uint32_t);
    va_end(list);
}

void script_poke(struct script *script, uint32_t table, unsigned index,
               uint32_t page, uint32_t low, uint32_t high)
{
    script_step(script, "", OP_POKE, 5, table, index, page, low, high);
}

void script_update(struct script *script, const char *about, uint32_t table,
                 unsigned index, uint32_t page, uint32_t low, uint32_t high)
{
    script_step(script, about, OP_UPDATE, 7, table, index, page, low, high,
              (uint32_t)OWNER_A, 0u);
}

void script_l3(struct script *script, uint32_t l3, uint32_t xen_l2)
{
    script_poke(script, l3, 3, xen_l2, P, 0);
}

static void put(uint32_t *words, size_t *nr, uint32_t word)
{
    if (*nr < TEST_INPUT_MAX / 4)
        words[*nr] = word;
    (*nr)++;
}

void script_prepare(struct setup *s, const struct script *script)
{
    uint32_t words[TEST_INPUT_MAX / 4];
    size_t nr = 0;

    put(words, &nr, script->privileged);
    put(words, &nr, script->nr_steps);
    for (unsigned i = 0; i < script->nr_steps; i++) {
        const struct script_step *step = &script->step[i];

        put(words, &nr, step->op | (uint32_t)step->nr_args << 8);
        for (unsigned a = 0; a < step->nr_args; a++)
            put(words, &nr, step->arg[a]);
    }
    /* More than fits is a mistake of the test's, and said by this call. */
    setup_input(s, words, 4 * nr);
    setup_mark(s, "step", "mark_step", 0);
    setup_snap(s, "step", "driver_report", 0, sizeof(struct report));
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

void script_prepare_about(struct setup *s, struct script *script,
                          const char *subject)
{
    script->subject = subject;
    script_prepare(s, script);
}
