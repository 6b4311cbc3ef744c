/* SPDX-License-Identifier: MIT */
/**
 * @file script.h
 * Writing the driver's list of steps, and judging what became of each.
 *
 *     struct script *script = script_new(s, rng, false);
 *     uint32_t l1 = script_a(script, 0), page = script_a(script, 1);
 *
 *     script_poke(script, l1, 7, page, P | RW, 0);
 *     script_step(script, "an L1 with one page", OP_GET_TYPE, 2, l1, T_L1);
 *     script_prepare(s, script);
 *
 * script_check() follows with the model: the result of every call, and after
 * every call the owner, type and counts of *every* frame. So a step needs no
 * expectation of its own, only, for messages, what it is about.
 */
#ifndef LAB3_SCRIPT_H
#define LAB3_SCRIPT_H

#include "labs/03-memory/tests/model.h"

#define SCRIPT_MAX_STEPS 640u
#define SCRIPT_MAX_ARGS 16u

/** Whether an address can be used: the last argument of OP_LOAD, OP_STORE. */
enum access { MAY_DO_EITHER, MUST_FAULT, MUST_WORK };

struct script_step {
    uint8_t op; /**< enum operation */
    uint8_t nr_args;
    uint32_t arg[SCRIPT_MAX_ARGS];
    const char *about; /**< static; for messages */
};

struct script {
    bool privileged;
    const char *subject; /**< of 3.1's calls, what the test is about, or NULL */
    unsigned nr_steps;
    struct script_step step[SCRIPT_MAX_STEPS];
    uint8_t a[NR_A], b[NR_B]; /**< in a drawn order */
};

/** A type as an argument of a step. */
static inline uint32_t type(enum type t)
{
    return (uint32_t)t;
}

/** A script without steps, kept for check(). */
struct script *script_new(struct setup *s, struct rng *rng, bool privileged);

/** The `i`-th frame of A's or B's, in the drawn order. */
uint32_t script_a(const struct script *script, unsigned i);
uint32_t script_b(const struct script *script, unsigned i);

/** One more step; its arguments are uint32_t, `nr` of them. */
void script_step(struct script *script, const char *about, enum operation op,
               unsigned nr, ...);

/** OP_POKE of an entry. */
void script_poke(struct script *script, uint32_t table, unsigned index,
               uint32_t page, uint32_t low, uint32_t high);

/** OP_UPDATE, by the owner A, of an entry. */
void script_update(struct script *script, const char *about, uint32_t table,
                 unsigned index, uint32_t page, uint32_t low, uint32_t high);

/** An L3 whose slot 3 leads to an L2 without entries of the guest's: what
 *  every L3 needs. */
void script_l3(struct script *script, uint32_t l3, uint32_t xen_l2);

/** Give the driver its input and name the marks. */
void script_prepare(struct setup *s, const struct script *script);

/** The same, when 3.1's calls are only the way to what the test is about. */
void script_prepare_about(struct setup *s, struct script *script,
                          const char *subject);

/** Judge every step of a run, and the tables' content at its end. */
void script_check(struct verdict *v, const struct run *run);

/** Carry a step out on the model. @return what the call must return. */
int32_t script_expect(struct model *m, const struct script_step *step);
/** An entry as three arguments say it. */
uint64_t script_entry(const struct model *m, const uint32_t *arg);

/** Compare what is in the frames at the end with the model's, and the slots of
 *  the hypervisor's with its own. */
void script_content(struct verdict *v, const struct run *run,
                    const struct model *m, const struct report *r);

/* report.c: what a step showed, in words. */

/** A call as its source would have it: "frame_get(A3, A)". */
void script_describe(const struct script_step *step, char *text, size_t bytes);
/** The steps before this one, some of them, as lines of the verdict. */
void script_steps_before(struct verdict *v, const struct script *script,
                         unsigned step);
/** The function under test, for verdict_blame(). */
const char *script_symbol(const struct script *script,
                          const struct script_step *step);
/** What a call returned: "-EINVAL (-22)". */
void script_result(const struct script_step *step, int32_t result, char *text,
                   size_t bytes);

/** Compare all frames with the model's, those that the step names before the
 *  others; the verdict names the first one that is wrong and who holds it. */
void script_compare(struct verdict *v, const struct event *at,
                  const struct model *m, const struct report *r,
                  const char *after, const struct script_step *step);

/** The same while a promotion is interrupted: what half-made tables hold is
 *  counted from how far the report says that they came. */
void script_recount(struct verdict *v, const struct event *at,
                  const struct model *m, const struct report *r,
                  const char *after);

#endif
