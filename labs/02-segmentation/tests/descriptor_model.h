/* SPDX-License-Identifier: MIT */
/**
 * @file descriptor_model.h
 * A descriptor taken apart, and what it reaches.
 */
#ifndef LAB2_DESCRIPTOR_MODEL_H
#define LAB2_DESCRIPTOR_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/** First address that is the hypervisor's (layout.h). */
#define HYPERVISOR 0xF6800000u

/** A descriptor, field by field. */
struct fields {
    uint32_t base, raw_limit;
    unsigned type; /**< 4 bits */
    bool s, present, avl, l, d, g;
    unsigned dpl;
};

static inline struct fields fields_of(uint32_t lo, uint32_t hi)
{
    return (struct fields){
        .base = lo >> 16 | (hi & 0xFF) << 16 | (hi & 0xFF000000u),
        .raw_limit = (lo & 0xFFFF) | (hi & 0xF0000),
        .type = hi >> 8 & 15,
        .s = hi >> 12 & 1,
        .dpl = hi >> 13 & 3,
        .present = hi >> 15 & 1,
        .avl = hi >> 20 & 1,
        .l = hi >> 21 & 1,
        .d = hi >> 22 & 1,
        .g = hi >> 23 & 1,
    };
}

static inline void fields_write(const struct fields *f, uint32_t *lo,
                                uint32_t *hi)
{
    *lo = f->base << 16 | (f->raw_limit & 0xFFFF);
    *hi = (f->base & 0xFF000000u) | (f->base >> 16 & 0xFF) |
          (f->raw_limit & 0xF0000) | (uint32_t)f->type << 8 |
          (uint32_t)f->s << 12 | (uint32_t)f->dpl << 13 |
          (uint32_t)f->present << 15 | (uint32_t)f->avl << 20 |
          (uint32_t)f->l << 21 | (uint32_t)f->d << 22 | (uint32_t)f->g << 23;
}

/** The limit in bytes. */
static inline uint32_t limit_of(const struct fields *f)
{
    return f->g ? f->raw_limit << 12 | 0xFFF : f->raw_limit;
}

/** Data that grows downwards: offsets *above* the limit are inside. */
static inline bool expands_down(const struct fields *f)
{
    return f->s && !(f->type & 8) && (f->type & 4);
}

/** What a segment reaches: offsets 0 to limit, or limit + 1 to 4 GB - 1.
 *  Addresses are not cut to 32 bits; nothing is reached if first > last. */
static inline void reach_of(const struct fields *f, uint64_t *first,
                            uint64_t *last)
{
    bool down = expands_down(f);

    *first = (uint64_t)f->base + (down ? (uint64_t)limit_of(f) + 1 : 0);
    *last = (uint64_t)f->base + (down ? 0xFFFFFFFFu : limit_of(f));
}

/** True if no address that the segment reaches is the hypervisor's. */
static inline bool is_safe(const struct fields *f)
{
    uint64_t first, last;

    reach_of(f, &first, &last);
    if (first > last)
        return true; /* nothing is inside */
    /* In [first, last] are the hypervisor's addresses, or those of the next
       turn, which are the same. */
    for (uint64_t turn = 0; turn <= 1; turn++) {
        uint64_t start = HYPERVISOR + (turn << 32), end = (turn + 1) << 32;

        if (first < end && last >= start)
            return false;
    }
    return true;
}

#endif
