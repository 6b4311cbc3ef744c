/* SPDX-License-Identifier: MIT */
/**
 * @file decode.c
 * @ingroup hypercall
 * Which privileged instruction did the guest try? Supplied for exercise 4.4.
 *
 * Only the instructions of this table are known; their operands are registers,
 * constants and the string instructions' fixed addresses, so there is no
 * addressing form to decode.
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

/** The second byte of a register move: which registers. */
static void take_move(struct instruction *f, struct privileged *p,
                      enum privileged_op op)
{
    uint8_t modrm = fetch_byte(f);

    p->op = op;
    p->number = (modrm >> 3) & 7;
    p->reg = modrm & 7;
}

/** Instructions that begin with 0F. */
static void take_two_byte(struct instruction *f, struct privileged *p)
{
    switch (fetch_byte(f)) {
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
static void take_port_io(struct instruction *f, struct privileged *p,
                         uint8_t opcode)
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
        p->port = fetch_byte(f);
}

/**
 * Read the privileged instruction that a guest stands at.
 *
 * @param frame   The guest's registers.
 * @param[out] p  What it is; only if 0 is returned.
 * @context{exception}
 * @retval 0        one of the table.
 * @retval -EFAULT  its bytes cannot be read.
 * @retval -EINVAL  another instruction.
 */
int decode_privileged(const trap_frame_t *frame, struct privileged *p)
{
    struct instruction f;
    uint8_t opcode;

    if (!fetch_begin(&f, frame))
        return -EFAULT;
    opcode = fetch_opcode(&f);
    *p = (struct privileged){
        .op = OP_NONE,
        .bytes = f.operand_16 ? 2 : 4,
        .address_mask = f.address_16 ? 0xFFFF : 0xFFFFFFFFu,
        .repeat = f.repeat,
        .segment = f.override == SEGMENT_NONE ? SEGMENT_DS : f.override,
    };
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
