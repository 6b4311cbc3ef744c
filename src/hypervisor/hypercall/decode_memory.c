/* SPDX-License-Identifier: MIT */
/**
 * @file decode_memory.c
 * @ingroup hypercall
 * Instructions with an operand in memory: where is it, and what kind of access
 * is it? For the assist that lets applications have 4 GB segments, and for
 * stores to page tables.
 *
 * An address is base + index * scale + displacement, as the ModRM byte and the
 * SIB byte behind it say:
 *
 *     ModRM   mod:2 reg:3 rm:3      SIB   scale:2 index:3 base:3
 *
 *     mod 0   no displacement; rm 5: no base, 32 bits of displacement
 *     mod 1   8 bits of displacement
 *     mod 2   32 bits
 *     mod 3   rm is a register, not memory
 *     rm 4    a SIB byte follows; index 4: none; base 5 with mod 0: none
 *
 * 16-bit addresses (prefix 67) are refused: no 32-bit program has them.
 *
 * Source: [SDM2] 2.1.5 "Addressing-Mode Encoding", "Opcode Map".
 */
#include "hypercall.h"

/** A bit for each of 256 opcodes. */
struct opcode_set {
    uint32_t word[8];
};

static bool in_set(const struct opcode_set *set, uint8_t opcode)
{
    return (set->word[opcode / 32] >> (opcode % 32)) & 1;
}

/* One-byte opcodes with a ModRM byte: the arithmetic ones (x0-x3, x8-xB up to
 * 3B), 62 63 69 6B, 80-8F, C0 C1 C4-C7, D0-D3 D8-DF, F6 F7 FE FF. */
static const struct opcode_set has_modrm = { {
    0x0F0F0F0F, 0x0F0F0F0F, 0x00000000, 0x00000A0C,
    0x0000FFFF, 0x00000000, 0xFF0F00F3, 0xC0C00000,
} };

/* Two-byte opcodes without one: 05-0B 30-37 77 80-8F A0-A2 A8-AA C8-CF; and
 * 38-3F, which begin longer opcodes. */
static const struct opcode_set two_byte_no_modrm = { {
    0x00000FE0, 0xFFFF0000, 0x00000000, 0x00800000,
    0x0000FFFF, 0x00000707, 0x0000FF00, 0x00000000,
} };

/* Opcodes with one byte behind the address: 6B 80 82 83 C0 C1 C6; and with
 * two bytes 70-73 A4 AC BA C2 C4-C6. */
static const struct opcode_set has_imm8 = { {
    0, 0, 0, 0x00000800, 0x0000000D, 0, 0x00000043, 0,
} };
static const struct opcode_set two_byte_has_imm8 = { {
    0, 0, 0, 0x000F0000, 0, 0x04001010, 0x00000074, 0,
} };

static uint32_t fetch_signed_byte(struct instruction *i)
{
    return (uint32_t)(int8_t)fetch_byte(i);
}

static uint32_t fetch_word(struct instruction *i)
{
    uint32_t value = fetch_byte(i);

    value |= (uint32_t)fetch_byte(i) << 8;
    value |= (uint32_t)fetch_byte(i) << 16;
    return value | (uint32_t)fetch_byte(i) << 24;
}

/** A constant as wide as the operand. */
static uint32_t fetch_immediate(struct instruction *i)
{
    uint32_t low;

    if (!i->operand_16)
        return fetch_word(i);
    low = fetch_byte(i);
    return (uint32_t)(int16_t)(low | (uint32_t)fetch_byte(i) << 8);
}

/** SP and BP are relative to the stack segment. */
static uint32_t base_register(trap_frame_t *frame, struct memory_operand *m,
                              unsigned number)
{
    if ((number == 4 || number == 5) && !m->override)
        m->segment = SEGMENT_SS;
    return *general_register(frame, number);
}

/** Base and index of a SIB byte. */
static uint32_t take_sib(struct instruction *i, trap_frame_t *frame,
                         struct memory_operand *m, unsigned mod)
{
    uint8_t sib = fetch_byte(i);
    unsigned base = sib & 7, index = (sib >> 3) & 7;
    uint32_t offset = 0;

    if (index != 4)
        offset = *general_register(frame, index) << (sib >> 6);
    if (base == 5 && mod == 0)
        return offset + fetch_word(i);
    return offset + base_register(frame, m, base);
}

/** The address that a ModRM byte describes; false: it is a register. */
static bool take_address(struct instruction *i, trap_frame_t *frame,
                         struct memory_operand *m)
{
    uint8_t modrm = fetch_byte(i);
    unsigned mod = modrm >> 6, rm = modrm & 7;

    m->reg = (modrm >> 3) & 7;
    if (mod == 3 || i->address_16)
        return false;
    if (rm == 4)
        m->offset = take_sib(i, frame, m, mod);
    else if (rm == 5 && mod == 0)
        m->offset = fetch_word(i);
    else
        m->offset = base_register(frame, m, rm);
    if (mod == 1)
        m->offset += fetch_signed_byte(i);
    else if (mod == 2)
        m->offset += fetch_word(i);
    return true;
}

/** The constant behind the address, of the opcodes that have one. */
static void take_immediate(struct instruction *i, struct memory_operand *m)
{
    bool group3_test = !m->two_byte && (m->opcode & 0xFE) == 0xF6 &&
                       m->reg <= 1;

    if (in_set(m->two_byte ? &two_byte_has_imm8 : &has_imm8, m->opcode) ||
        (group3_test && m->opcode == 0xF6))
        m->immediate = fetch_signed_byte(i);
    else if (!m->two_byte && (m->opcode == 0x69 || m->opcode == 0x81 ||
                              m->opcode == 0xC7 || group3_test))
        m->immediate = fetch_immediate(i);
}

/** Of the one-byte opcodes, most with bit 0 clear have operands of one byte;
 *  of the others CMPXCHG, XADD, MOVZX and MOVSX in one form, and SETcc. */
static unsigned operand_bytes(const struct instruction *i,
                              const struct memory_operand *m)
{
    bool bytes = !(m->opcode & 1);

    if (m->two_byte)
        bytes = m->opcode == 0xB0 || m->opcode == 0xC0 ||
                m->opcode == 0xB6 || m->opcode == 0xBE ||
                (m->opcode & 0xF0) == 0x90;

    return bytes ? 1 : i->operand_16 ? 2 : 4;
}

/**
 * Read the instruction that a guest stands at, if it has one operand in
 * memory.
 *
 * @param frame   The guest's registers; not changed.
 * @param[out] m  What it is; only if 0 is returned. Nothing about the address
 *                is checked.
 * @context{exception}
 * @note  Known are all opcodes with a ModRM byte, and MOV between the
 *        accumulator and a constant address (A0-A3); string instructions, PUSH
 *        and POP of other forms are not.
 * @retval 0        decoded.
 * @retval -EFAULT  its bytes cannot be read.
 * @retval -EINVAL  it has no such operand.
 */
int decode_memory(trap_frame_t *frame, struct memory_operand *m)
{
    struct instruction i;
    bool found = false;

    if (!fetch_begin(&i, frame))
        return -EFAULT;
    *m = (struct memory_operand){ .opcode = fetch_opcode(&i) };
    if (m->opcode == 0x0F) {
        m->two_byte = true;
        m->opcode = fetch_byte(&i);
    }
    m->lock = i.lock;
    m->override = i.override != SEGMENT_NONE;
    m->segment = m->override ? i.override : SEGMENT_DS;
    if (!m->two_byte && (m->opcode & 0xFC) == 0xA0 && !i.address_16) {
        m->offset = fetch_word(&i);
        found = true;
    } else if (m->two_byte ? !in_set(&two_byte_no_modrm, m->opcode)
                           : in_set(&has_modrm, m->opcode)) {
        found = take_address(&i, frame, m);
        take_immediate(&i, m);
    }
    m->bytes = operand_bytes(&i, m);
    m->length = i.taken;
    if (i.failed)
        return -EFAULT;
    return found ? 0 : -EINVAL;
}
