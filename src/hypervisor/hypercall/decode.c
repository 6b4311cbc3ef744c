/* SPDX-License-Identifier: MIT */
/**
 * @file decode.c
 * @ingroup hypercall
 * Which privileged instruction did the guest try? Supplied for exercise 4.4.
 *
 * Reads the instruction at cs:eip as the processor would: through the code
 * segment's base and limit, up to 15 bytes. Only the instructions of this
 * table are known; their operands are registers, constants and the string
 * instructions' fixed addresses, so there is no addressing form to decode.
 *
 * | bytes                | instruction              | fields used           |
 * |----------------------|--------------------------|-----------------------|
 * | E4 E5 E6 E7 ib       | IN, OUT with a constant  | bytes, port           |
 * | EC ED EE EF          | IN, OUT with DX          | bytes                 |
 * | 6C 6D 6E 6F          | INS, OUTS                | bytes, repeat, ...    |
 * | FA, FB               | CLI, STI                 |                       |
 * | 0F 06, 0F 08, 0F 09  | CLTS, INVD, WBINVD       |                       |
 * | 0F 20, 0F 22 /r      | MOV from, to CRn         | number, reg           |
 * | 0F 21, 0F 23 /r      | MOV from, to DRn         | number, reg           |
 * | 0F 30, 0F 32         | WRMSR, RDMSR             |                       |
 * | 0F 31                | RDTSC                    |                       |
 *
 * Source: [SDM2] "Instruction Format", "Opcode Map".
 */
#include "hypercall.h"

#include "segmentation.h"

/** The processor's own limit for an instruction. */
#define MAX_INSTRUCTION_BYTES 15

/** Bytes of a code segment, taken one by one. */
struct fetch {
    uint32_t base, limit; /**< of the code segment */
    uint32_t eip;         /**< of the next byte */
    unsigned taken;
    bool failed;          /**< a byte is outside the segment or not there */
};

static uint8_t next_byte(struct fetch *f)
{
    uint8_t byte = 0;

    if (f->taken == MAX_INSTRUCTION_BYTES || f->eip > f->limit ||
        copy_from_guest(&byte, vaddr(f->base + f->eip), 1) != 0) {
        f->failed = true;
        return 0;
    }
    f->eip++;
    f->taken++;
    return byte;
}

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

/** Begin at cs:eip, if CS is a code segment that is there. */
static bool fetch_begin(struct fetch *f, const trap_frame_t *frame)
{
    descriptor_t d;

    if (!code_segment(frame, &d))
        return false;
    *f = (struct fetch){
        .base = descriptor_base(d),
        .limit = descriptor_limit(d),
        .eip = frame->eip,
    };
    return true;
}

/** Take prefixes; returns the byte behind them. */
static uint8_t take_prefixes(struct fetch *f, struct privileged *p)
{
    for (;;) {
        uint8_t byte = next_byte(f);

        switch (byte) {
        case 0x66:
            p->bytes = 2;
            break;
        case 0x67:
            p->address_mask = 0xFFFF;
            break;
        case 0xF2:
        case 0xF3:
            p->repeat = true;
            break;
        case 0x26:
            p->segment = SEGMENT_ES;
            break;
        case 0x2E:
            p->segment = SEGMENT_CS;
            break;
        case 0x36:
            p->segment = SEGMENT_SS;
            break;
        case 0x3E:
            p->segment = SEGMENT_DS;
            break;
        case 0x64:
            p->segment = SEGMENT_FS;
            break;
        case 0x65:
            p->segment = SEGMENT_GS;
            break;
        default:
            return byte;
        }
    }
}

/** The second byte of a register move: which registers. */
static void take_move(struct fetch *f, struct privileged *p,
                      enum privileged_op op)
{
    uint8_t modrm = next_byte(f);

    p->op = op;
    p->number = (modrm >> 3) & 7;
    p->reg = modrm & 7;
}

/** Instructions that begin with 0F. */
static void take_two_byte(struct fetch *f, struct privileged *p)
{
    switch (next_byte(f)) {
    case 0x06:
        p->op = OP_CLTS;
        break;
    case 0x08:
    case 0x09:
        p->op = OP_INVALIDATE_CACHES;
        break;
    case 0x20:
        take_move(f, p, OP_READ_CONTROL);
        break;
    case 0x21:
        take_move(f, p, OP_READ_DEBUG);
        break;
    case 0x22:
        take_move(f, p, OP_WRITE_CONTROL);
        break;
    case 0x23:
        take_move(f, p, OP_WRITE_DEBUG);
        break;
    case 0x30:
        p->op = OP_WRITE_MSR;
        break;
    case 0x31:
        p->op = OP_READ_TSC;
        break;
    case 0x32:
        p->op = OP_READ_MSR;
        break;
    }
}

/** Input and output: bit 0 of the opcode tells bytes from wider operands. */
static void take_port_io(struct fetch *f, struct privileged *p, uint8_t opcode)
{
    if (!(opcode & 1))
        p->bytes = 1;
    if ((opcode & 0xFC) == 0x6C) {
        p->op = opcode & 2 ? OP_OUT_STRING : OP_IN_STRING;
        return;
    }
    p->op = opcode & 2 ? OP_OUT : OP_IN;
    p->port_is_dx = (opcode & 0xFC) == 0xEC;
    if (!p->port_is_dx)
        p->port = next_byte(f);
}

/**
 * Read the privileged instruction that a guest stands at.
 *
 * @param frame   The guest's registers.
 * @param[out] p  What it is; only if 0 is returned.
 * @retval 0        one of the table.
 * @retval -EFAULT  its bytes cannot be read.
 * @retval -EINVAL  another instruction.
 */
int decode_privileged(const trap_frame_t *frame, struct privileged *p)
{
    struct fetch f;
    uint8_t opcode;

    *p = (struct privileged){
        .op = OP_NONE, .bytes = 4, .address_mask = 0xFFFFFFFFu,
        .segment = SEGMENT_DS,
    };
    if (!fetch_begin(&f, frame))
        return -EFAULT;
    opcode = take_prefixes(&f, p);
    switch (opcode) {
    case 0x0F:
        take_two_byte(&f, p);
        break;
    case 0xFA:
        p->op = OP_CLI;
        break;
    case 0xFB:
        p->op = OP_STI;
        break;
    case 0x6C: case 0x6D: case 0x6E: case 0x6F:
    case 0xE4: case 0xE5: case 0xE6: case 0xE7:
    case 0xEC: case 0xED: case 0xEE: case 0xEF:
        take_port_io(&f, p, opcode);
        break;
    }
    if (f.failed)
        return -EFAULT;
    p->length = f.taken;
    return p->op == OP_NONE ? -EINVAL : 0;
}
