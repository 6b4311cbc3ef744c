/* SPDX-License-Identifier: MIT */
/**
 * @file rng.c
 * Random numbers of a graded test: see rng.h for where they start.
 *
 * - RNG-I1: the numbers depend on the seed and the test's id alone, and are
 *   the same on every machine (no float, no word size).
 */
#include "labs/grader/rng.h"

#include <stdlib.h>
#include <string.h>

#include "labs/grader/util.h"

void rng_start(struct rng *rng, uint64_t seed, const char *test_id)
{
    static const char domain[] = "ringfence/1"; /* with its NUL */
    struct text text = { 0 };
    uint8_t digest[SHA256_BYTES];

    text_add_bytes(&text, domain, sizeof domain);
    for (unsigned i = 0; i < 8; i++)
        text_add_bytes(&text, &(uint8_t){ (uint8_t)(seed >> 8 * i) }, 1);
    text_add(&text, "%s", test_id);
    sha256(text.data, text.size, digest);
    text_free(&text);
    for (unsigned i = 0; i < 4; i++) {
        rng->state[i] = 0;
        for (unsigned j = 0; j < 8; j++)
            rng->state[i] |= (uint64_t)digest[8 * i + j] << 8 * j;
    }
    /* The one state that the generator never leaves. */
    if (!(rng->state[0] | rng->state[1] | rng->state[2] | rng->state[3]))
        rng->state[0] = 1;
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    /* Numbers above the largest multiple of the bound are thrown away, or
     * the low ones would come more often. */
    uint32_t skip = bound ? (0u - bound) % bound : 0;
    uint32_t drawn;

    if (!bound)
        return 0;
    do {
        drawn = (uint32_t)(rng_u64(rng) >> 32);
    } while (drawn < skip);
    return drawn % bound;
}

uint32_t rng_between(struct rng *rng, uint32_t low, uint32_t high)
{
    uint32_t span = high - low + 1;

    if (high < low)
        return low;
    return span ? low + rng_below(rng, span)
                : (uint32_t)(rng_u64(rng) >> 32);
}

void rng_bytes(struct rng *rng, void *to, size_t bytes)
{
    uint8_t *byte = to;

    for (size_t i = 0; i < bytes; i++)
        byte[i] = (uint8_t)(rng_u64(rng) >> 56);
}

void rng_shuffle(struct rng *rng, void *things, size_t nr, size_t size)
{
    uint8_t *thing = things;
    uint8_t *spare = must_alloc(1, size);

    for (size_t i = nr; i > 1; i--) {
        size_t j = rng_below(rng, (uint32_t)i);

        memcpy(spare, thing + (i - 1) * size, size);
        memmove(thing + (i - 1) * size, thing + j * size, size);
        memcpy(thing + j * size, spare, size);
    }
    free(spare);
}
