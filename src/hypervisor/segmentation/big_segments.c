/* SPDX-License-Identifier: MIT */
/**
 * @file big_segments.c
 * @ingroup segmentation
 * The assist 4gb_segments: applications that count on segments of 4 GB.
 *
 * Thread-local storage of 32-bit applications lies below the base of a GS
 * segment and is reached by negative offsets: 0xFFFFFFF8 with base B is
 * address B - 8. A limit of 4 GB allows that, a limit that keeps the guest
 * from the hypervisor does not. But both can be had, only not at once:
 *
 *                       0            base        HYPERVISOR_START     4 GB
 *     expand-up         .             [=============]
 *     expand-down       [=============]
 *
 *     offsets 0 .. HYPERVISOR_START - base:  expand-up, cut
 *     offsets -base .. -1:                   expand-down
 *
 * Applications use one kind at a time, in runs. So when one raises \#GP(0)
 * because its segment is of the wrong kind for the access, we turn the
 * descriptor into the other kind, and it tries again.
 *
 *  - SEG-I13  A descriptor is turned only if that makes the very access
 *    possible; and what it becomes has passed descriptor_check().
 *
 * Source: the interface's 4 GB-segments assist; [SDM3A] 3.4.5.1 "Code- and
 * Data-Segment Descriptor Types".
 */
#include "segmentation.h"

#include "domain.h"
#include "hypercall.h"

/** The vector by which a guest is told of each turn, if it wants to know. */
#define VECTOR_TURNED 15

/** A limit field that descriptor_check() will cut to the most there is. */
#define RAW_LIMIT_MOST 0x000FFFFFu

static bool contains(descriptor_t d, uint32_t offset)
{
    bool above = offset > descriptor_limit(d);

    return d.hi & DESC_EXPAND_DOWN ? above : !above;
}

/** An application's data segment of 32 bits whose limit counts pages. */
static bool is_big_data(descriptor_t d)
{
    const uint32_t mask = DESC_P | DESC_S | DESC_CODE | DESC_DPL | DESC_D |
                          DESC_G;
    const uint32_t data = DESC_P | DESC_S | DESC_DPL | DESC_D | DESC_G;

    return (d.hi & mask) == data;
}

/** The largest segment of a kind that a base allows; false: none. */
static bool largest(descriptor_t d, bool expand_down, descriptor_t *most)
{
    uint32_t raw = expand_down ? 0 : RAW_LIMIT_MOST;

    most->lo = (d.lo & 0xFFFF0000u) | (raw & 0xFFFF);
    most->hi = (d.hi & ~(0x000F0000u | DESC_EXPAND_DOWN)) |
               (raw & 0x000F0000u) | (expand_down ? DESC_EXPAND_DOWN : 0);
    return descriptor_check(most) == 0;
}

/**
 * Turn a descriptor, if it is one of the two forms of a 4 GB segment and the
 * other one contains the offset.
 *
 * @param d       The descriptor; changed only if true is returned.
 * @param offset  Of the access that was refused.
 * @context{exception}
 * @return true if it was turned.
 */
bool big_segment_turn(descriptor_t *d, uint32_t offset)
{
    bool down = (d->hi & DESC_EXPAND_DOWN) != 0;
    descriptor_t whole, other;

    if (!is_big_data(*d) || contains(*d, offset) ||
        !largest(*d, down, &whole) || !largest(*d, !down, &other) ||
        descriptor_raw_limit(*d) != descriptor_raw_limit(whole) ||
        !contains(other, offset))
        return false;
    *d = other;
    return true;
}

/** Tell a guest that asked for it; the error code is the length of the
 *  instruction that will be tried again. */
static void notify(struct vcpu *v, trap_frame_t *frame, unsigned length)
{
    const struct guest_trap *trap = &v->traps.table[VECTOR_TURNED];
    const struct bounce b = {
        .cs = trap->cs,
        .eip = trap->address,
        .mask_events = trap->mask_events,
        .has_error = true,
        .error = length,
    };

    if (bounce_frame(v, frame, &b) != 0)
        domain_crash(v->domain, "it cannot be told of a 4 GB segment "
                     "(vector %u)", VECTOR_TURNED);
}

/**
 * Look whether a \#GP(0) comes from a 4 GB segment that was cut, and mend it.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 * @context{exception}
 * @return true: the guest tries the instruction again, or is in the handler
 *         that it wanted to be told by. false: it was something else.
 */
bool big_segment_assist(struct vcpu *v, trap_frame_t *frame)
{
    uint32_t assists = v->domain->assists;
    struct memory_operand m;
    descriptor_t d;

    if (!(assists & 1u << VMASST_TYPE_4gb_segments) ||
        frame_ring(frame) != 3 || decode_memory(frame, &m) != 0 ||
        !m.override || m.segment != SEGMENT_GS ||
        descriptor_read(frame->gs, &d) != 0 ||
        !big_segment_turn(&d, m.offset) ||
        descriptor_write(frame->gs, d) != 0)
        return false;
    if (assists & 1u << VMASST_TYPE_4gb_segments_notify)
        notify(v, frame, m.length);
    return true;
}
