/* SPDX-License-Identifier: MIT */
/**
 * @file port_io.c
 *
 * Source: [SDM2] "IN", "INS", "OUT", "OUTS".
 * @ingroup hypercall
 * Port input and output by guests, whose permission has been checked: no
 * domain has been given a port, so reads give all ones, as from a bus with
 * nobody on it, and writes go nowhere.
 */
#include "hypercall.h"

#include "domain.h"

/** Elements of a repeated INS or OUTS that are done before the guest gets a
 *  chance to take an event: the processor allows that between any two. */
#define REPEAT_BATCH 128

/** Highest port number, and how many there are. */
#define NR_PORTS 65536u

/**
 * Does the guest's own I/O bitmap allow a port access?
 *
 * The bitmap is guest memory, one bit a port, 0 allows. It serves ring 3 only
 * on the machine that the guest believes in, but the interface makes no
 * difference.
 *
 * @param v      The current vCPU.
 * @param frame  Its registers; DX counts if the instruction says so.
 * @param p      The instruction, decoded: 1, 2 or 4 ports from the first on.
 * @context{exception}
 * @return true if every port of the access is below the bitmap's size and its
 *         bit is readable and 0.
 */
bool port_in_bitmap(const struct vcpu *v, const trap_frame_t *frame,
                    const struct privileged *p)
{
    uint32_t port = p->op == OP_IN_STRING || p->op == OP_OUT_STRING ||
                            p->port_is_dx
                        ? frame->edx & 0xFFFF
                        : p->port;

    for (uint32_t n = port; n < port + p->bytes; n++) {
        uint8_t byte;

        if (n >= v->nr_io_ports ||
            copy_from_guest(&byte, vaddr(v->io_bitmap.a + n / 8), 1) != 0 ||
            (byte & 1u << n % 8))
            return false;
    }
    return true;
}

/** What a port that nobody answers on gives, into AL, AX or EAX. */
static void read_nothing(trap_frame_t *frame, unsigned bytes)
{
    uint32_t ones = bytes == 4 ? 0xFFFFFFFFu : (1u << 8 * bytes) - 1;

    frame->eax |= ones;
}

/** Add to the low bits of a register, leaving those outside the mask. */
static void advance(uint32_t *reg, uint32_t mask, uint32_t by)
{
    *reg = (*reg & ~mask) | ((*reg + by) & mask);
}

/** The selector that a string's address is relative to. */
static uint16_t selector_of(const trap_frame_t *frame,
                            const struct privileged *p)
{
    /* INS writes to ES, whatever the prefixes say. */
    return segment_selector(frame, p->op == OP_IN_STRING ? SEGMENT_ES
                                                         : p->segment);
}

/** The linear address of one element, if it is inside the segment. */
static bool element_address(const trap_frame_t *frame,
                            const struct privileged *p, uint32_t offset,
                            uint32_t *address)
{
    uint32_t limit, last = offset + p->bytes - 1;
    descriptor_t d;

    if (descriptor_read(selector_of(frame, p), &d) != 0 ||
        !(d.hi & DESC_P) || !(d.hi & DESC_S) || last < offset)
        return false;
    limit = descriptor_limit(d);
    if (!(d.hi & DESC_CODE) && (d.hi & DESC_EXPAND_DOWN)) {
        if (offset <= limit)
            return false;
    } else if (last > limit) {
        return false;
    }
    *address = descriptor_base(d) + offset;
    return true;
}

/** Could the guest make this access itself? */
static bool reachable(const struct vcpu *v, const trap_frame_t *frame,
                      uint32_t address, bool write)
{
    uint64_t need = (write ? PTE_RW : 0) |
                    (frame_ring(frame) == 3 ? PTE_US : 0);
    struct table_walk walk;
    uint64_t have = need;

    memory_walk(v, address, &walk);
    /* Entries of an L3 have neither bit. */
    for (unsigned level = 1; level < walk.levels; level++)
        have &= walk.entry[level];
    return walk.present && have == need;
}

/** Give the guest the page fault of an element that could not be copied: for
 *  its first byte that is out of reach, which may be in its second page. It
 *  does not say whether a page is there: the interface's does not either. */
static void string_fault(struct vcpu *v, trap_frame_t *frame,
                         uint32_t address, bool write)
{
    if (reachable(v, frame, address, write))
        address = (address | (PAGE_SIZE - 1)) + 1;
    inject_page_fault(v, frame, address, write ? PAGE_FAULT_WRITE : 0);
}

/** One INS or OUTS. */
static enum emulate_result string_element(struct vcpu *v, trap_frame_t *frame,
                                          const struct privileged *p)
{
    bool in = p->op == OP_IN_STRING;
    uint32_t *reg = in ? &frame->edi : &frame->esi;
    uint32_t ones = 0xFFFFFFFFu, address;
    int error;

    if (!element_address(frame, p, *reg & p->address_mask, &address))
        return EMULATE_REFUSED;
    error = in ? copy_to_guest(vaddr(address), &ones, p->bytes)
               : copy_from_guest(&ones, vaddr(address), p->bytes);
    if (error != 0) {
        string_fault(v, frame, address, in);
        return EMULATE_FAULTED;
    }
    advance(reg, p->address_mask,
            frame->eflags & FLAG_DF ? -p->bytes : p->bytes);
    return EMULATE_DONE;
}

static enum emulate_result string_io(struct vcpu *v, trap_frame_t *frame,
                                     const struct privileged *p)
{
    enum emulate_result result;

    if (!p->repeat)
        return string_element(v, frame, p);
    for (unsigned n = 0; n < REPEAT_BATCH; n++) {
        if ((frame->ecx & p->address_mask) == 0)
            return EMULATE_DONE;
        result = string_element(v, frame, p);
        if (result != EMULATE_DONE)
            return result;
        advance(&frame->ecx, p->address_mask, -1u);
    }
    return EMULATE_AGAIN;
}

/**
 * Do a port access that is allowed.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers; eip stays, emulate_privileged() moves it.
 * @param p      OP_IN, OP_OUT, OP_IN_STRING or OP_OUT_STRING.
 * @context{exception}
 * @return as emulate_privileged(). A string that is refused in the middle has
 *         done the elements before, as on the processor.
 */
enum emulate_result emulate_port_io(struct vcpu *v, trap_frame_t *frame,
                                    const struct privileged *p)
{
    switch (p->op) {
    case OP_IN:
        read_nothing(frame, p->bytes);
        return EMULATE_DONE;
    case OP_OUT:
        return EMULATE_DONE;
    default:
        return string_io(v, frame, p);
    }
}
