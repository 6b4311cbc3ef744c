/* SPDX-License-Identifier: MIT */
/**
 * @file limits.c
 * Trusted guest of the tests about rings and limits: loads and stores through
 * each segment register, from ring 1 and from ring 3, where the test says;
 * and, if it says so, raises every vector by INT n.
 *
 * The input is a list of 32-bit words: 1 if all vectors are to be raised; the
 * number of probes, then for each
 *
 *     segment (0 es 1 cs 2 ss 3 ds 4 fs 5 gs)  ring  address  store
 *
 * After each probe it executes mark_probed(number, faults), which are 0 or
 * 1 + the vector of the one that came; then mark_done.
 */
#include "guest.h"

#include "labs/grader/driver.h"

/* probe.asm */
extern char probe_resume1[], probe_resume3[], user_probe[], user_stack_top[];
extern volatile uint32_t user_segment, user_address;
void probe_in_ring1(uint32_t segment, uint32_t address);
void raise_vectors(void);
extern char user_vectors[];

static uint32_t caught;
static char *resume; /* in ring 1 */

static uint32_t word(uint32_t index)
{
    return ((const volatile uint32_t *)(uintptr_t)test_input.data)[index];
}

static void handler(struct trap *trap)
{
    caught = 1 + trap->vector;
    trap->eip = trap_ring(trap) == 3 ? (uint32_t)probe_resume3
                                     : (uint32_t)resume;
}

/** A vector that cannot be raised: go on behind the two bytes of INT n. */
static void next_vector(struct trap *trap)
{
    trap->eip += 2;
}

static void nothing(struct trap *trap)
{
    (void)trap;
}

static void leave(struct trap *trap)
{
    (void)trap;
    user_leave();
}

MARK(probed)
MARK(done)

static void probe(uint32_t number)
{
    uint32_t at = 2 + 4 * number;
    uint32_t segment = word(at) + (word(at + 3) ? 8 : 0);

    caught = 0;
    if (word(at + 1) == 1) {
        probe_in_ring1(segment, word(at + 2));
    } else {
        user_segment = segment;
        user_address = word(at + 2);
        user_run((void (*)(void))user_probe, user_stack_top);
    }
    mark_probed(number, caught);
}

void guest_main(const start_info_t *start)
{
    (void)start;
    user_open(user_start, user_end);
    resume = probe_resume1;
    for (unsigned vector = 12; vector <= 14; vector++)
        trap_set(vector, handler, 0);
    trap_set(0x80, leave, 3);
    for (uint32_t i = 0; i < word(1); i++)
        probe(i);
    if (word(0)) {
        trap_set(13, next_vector, 0);
        trap_set(3, nothing, 3);
        trap_set(4, nothing, 3);
        raise_vectors();
        user_run((void (*)(void))user_vectors, user_stack_top);
    }
    mark_done(0, 0);
}
