/* SPDX-License-Identifier: MIT */
/**
 * @file fetch.c
 * @ingroup hypercall
 * The bytes of a guest's instruction, as the processor would read them:
 * through the code segment's base and limit, at most 15. What the decoders
 * have in common.
 *
 * Source: [SDM2] "Instruction Format".
 */
#include "hypercall.h"

/** The guest's code segment, if it is one. */
static bool code_segment(const trap_frame_t *frame, descriptor_t *d)
{
    const uint32_t code = DESC_P | DESC_S | DESC_CODE;

    return descriptor_read(frame->cs, d) == 0 && (d->hi & code) == code;
}

/**
 * The linear address of the bytes at cs:eip.
 *
 * @param frame         The guest's registers.
 * @param bytes         How many there must be inside the segment, at least 1.
 * @param[out] address  Only if true is returned.
 * @context{exception}
 * @return false: CS is not a code segment, or they are not inside.
 */
bool code_address(const trap_frame_t *frame, uint32_t bytes,
                  uint32_t *address)
{
    uint32_t last = frame->eip + bytes - 1;
    descriptor_t d;

    if (!code_segment(frame, &d) || last < frame->eip ||
        last > descriptor_limit(d))
        return false;
    *address = descriptor_base(d) + frame->eip;
    return true;
}

/** Copy the bytes at an address: all, or those up to the end of the page. */
static unsigned fetch_bytes(uint8_t *to, uint32_t address, unsigned bytes)
{
    unsigned in_page = PAGE_SIZE - address % PAGE_SIZE;

    if (copy_from_guest(to, vaddr(address), bytes) == 0)
        return bytes;
    if (in_page < bytes && copy_from_guest(to, vaddr(address), in_page) == 0)
        return in_page;
    return 0;
}

/**
 * Begin at cs:eip: as many bytes as an instruction can have are copied, once.
 *
 * @param[out] i  Nothing taken yet.
 * @param frame   The guest's registers; not changed.
 * @context{exception}
 * @return false: CS is not a code segment.
 */
bool fetch_begin(struct instruction *i, const trap_frame_t *frame)
{
    unsigned bytes = MAX_INSTRUCTION_BYTES;
    uint32_t limit;
    descriptor_t d;

    if (!code_segment(frame, &d))
        return false;
    *i = (struct instruction){ .override = SEGMENT_NONE };
    limit = descriptor_limit(d);
    if (frame->eip > limit)
        return true;
    if (limit - frame->eip < bytes - 1)
        bytes = limit - frame->eip + 1;
    i->nr = fetch_bytes(i->byte, descriptor_base(d) + frame->eip, bytes);
    return true;
}

/**
 * Take the next byte.
 *
 * @param i  From fetch_begin().
 * @context{exception}
 * @return the byte; 0 if there is none, and `failed` is set from then on.
 */
uint8_t fetch_byte(struct instruction *i)
{
    if (i->taken == i->nr) {
        i->failed = true;
        return 0;
    }
    return i->byte[i->taken++];
}

/**
 * Take the prefixes and the first byte of the opcode.
 *
 * @param i  From fetch_begin(), nothing taken yet; takes the prefixes' marks.
 * @context{exception}
 * @return that byte; 0 if there is none.
 */
uint8_t fetch_opcode(struct instruction *i)
{
    for (;;) {
        uint8_t byte = fetch_byte(i);

        switch (byte) {
        case 0x66:
            i->operand_16 = true;
            break;
        case 0x67:
            i->address_16 = true;
            break;
        case 0xF0:
            i->lock = true;
            break;
        case 0xF2:
        case 0xF3:
            i->repeat = true;
            break;
        case 0x26:
        case 0x2E:
        case 0x36:
        case 0x3E: /* 001 es 110, 001 cs 110, ... */
            i->override = (byte >> 3) & 3;
            break;
        case 0x64:
        case 0x65:
            i->override = byte == 0x64 ? SEGMENT_FS : SEGMENT_GS;
            break;
        default:
            return byte;
        }
    }
}

/**
 * Where the frame keeps the register of a number, as instructions count.
 *
 * @param frame   The guest's registers; the place returned is in it.
 * @param number  0 to 7: eax ecx edx ebx esp ebp esi edi.
 * @context{exception}
 * @return where the register is kept.
 */
uint32_t *general_register(trap_frame_t *frame, unsigned number)
{
    uint32_t *const reg[8] = {
        &frame->eax, &frame->ecx, &frame->edx, &frame->ebx,
        &frame->esp, &frame->ebp, &frame->esi, &frame->edi,
    };

    return reg[number];
}

/**
 * The selector in a segment register.
 *
 * @param frame    The guest's registers, complete.
 * @param segment  Which; SEGMENT_NONE is DS.
 * @context{exception}
 * @return the selector, as the guest loaded it.
 */
uint16_t segment_selector(const trap_frame_t *frame,
                          enum segment_register segment)
{
    switch (segment) {
    case SEGMENT_ES:
        return frame->es;
    case SEGMENT_CS:
        return frame->cs;
    case SEGMENT_SS:
        return frame->ss;
    case SEGMENT_FS:
        return frame->fs;
    case SEGMENT_GS:
        return frame->gs;
    default:
        return frame->ds;
    }
}
