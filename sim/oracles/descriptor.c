/* SPDX-License-Identifier: MIT */
/**
 * @file descriptor.c
 * Segment descriptors, read the processor's way: see descriptor.h.
 */
#include "descriptor.h"

/**
 * Take a descriptor apart.
 *
 * @param raw  Its eight bytes, as they stand in the table.
 * @return     What they say. For gates only `present`, `dpl`, `system` and
 *             `type` mean anything.
 */
struct descriptor descriptor_decode(uint64_t raw)
{
    uint32_t low = (uint32_t)raw, high = (uint32_t)(raw >> 32);
    struct descriptor d = {
        .present = high >> 15 & 1,
        .system = !(high >> 12 & 1),
        .dpl = high >> 13 & 3,
        .type = high >> 8 & 0xF,
        .big = high >> 22 & 1,
        .base = low >> 16 | (high & 0xFF) << 16 | (high & 0xFF000000u),
        .limit = (low & 0xFFFF) | (high & 0xF0000),
    };

    if (high >> 23 & 1)
        d.limit = d.limit << 12 | 0xFFF;
    return d;
}

bool descriptor_reach(uint32_t base, uint32_t limit, uint8_t type, bool big,
                      uint64_t *first, uint64_t *last)
{
    uint32_t top = big ? 0xFFFFFFFFu : 0xFFFFu;

    if ((type & TYPE_CODE) || !(type & TYPE_EXPAND_DOWN)) {
        *first = base;
        *last = (uint64_t)base + limit;
        return true;
    }
    if (limit >= top)
        return false;
    *first = (uint64_t)base + limit + 1;
    *last = (uint64_t)base + top;
    return true;
}

bool descriptor_reaches(uint32_t base, uint32_t limit, uint8_t type, bool big,
                        uint32_t from)
{
    const uint64_t turn = UINT64_C(1) << 32;
    uint64_t first, last;

    if (!descriptor_reach(base, limit, type, big, &first, &last))
        return false;
    /* The addresses as written, or, beyond the top, one turn further. */
    return (first < turn && last >= from) || last >= turn + from;
}

bool descriptor_of(const struct machine *m, uint16_t selector,
                   struct descriptor *to)
{
    uint32_t offset = selector & 0xFFF8u, base, limit;
    uint64_t raw;

    if (selector & 4) {
        struct segment_cache ldt = machine_segment(m, SEGMENT_LDTR);

        if (!ldt.valid || !ldt.present)
            return false;
        base = ldt.base;
        limit = ldt.limit;
    } else {
        struct table_register gdt = machine_table(m, TABLE_GDT);

        if (offset == 0)
            return false;
        base = gdt.base;
        limit = gdt.limit;
    }
    if (offset + 7 > limit ||
        machine_read_virtual(m, base + offset, &raw, sizeof raw) != sizeof raw)
        return false;
    *to = descriptor_decode(raw);
    return true;
}

bool descriptor_data_loadable(const struct machine *m, uint16_t selector)
{
    struct descriptor d;

    if (selector <= 3)
        return true;
    if (!descriptor_of(m, selector, &d) || !d.present || d.system)
        return false;
    if ((d.type & TYPE_CODE) && !(d.type & TYPE_READABLE))
        return false;
    if ((d.type & TYPE_CODE) && (d.type & TYPE_CONFORMING))
        return true;
    return d.dpl >= (selector & 3);
}

bool descriptor_returnable(const struct machine *m, uint16_t cs, uint32_t eip,
                           uint16_t ss)
{
    struct descriptor code, stack;
    unsigned ring = cs & 3;

    if (!descriptor_of(m, cs, &code) || !code.present || code.system ||
        !(code.type & TYPE_CODE) || eip > code.limit)
        return false;
    if (code.type & TYPE_CONFORMING ? code.dpl > ring : code.dpl != ring)
        return false;
    return descriptor_of(m, ss, &stack) && stack.present && !stack.system &&
           !(stack.type & TYPE_CODE) && (stack.type & TYPE_WRITABLE) &&
           stack.dpl == ring && (ss & 3) == ring;
}
