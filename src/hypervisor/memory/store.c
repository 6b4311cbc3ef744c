/* SPDX-License-Identifier: MIT */
/**
 * @file store.c
 * The instructions by which kernels change page-table entries, one by one:
 * where they store, what, and what else they do. Supplied for exercise 3.5,
 * whose subject is what must be checked, not how x86 encodes things.
 *
 *     88 89 A2 A3 C6 C7   MOV               86 87      XCHG
 *     00..31, 80 81 83    ADD OR ADC SBB AND SUB XOR
 *     FE FF               INC DEC           0F C0 C1   XADD
 *     0F AB B3 BB BA      BTS BTR BTC       0F B0 B1   CMPXCHG
 *     0F C7 /1            CMPXCHG8B
 *
 * With or without LOCK: there is one processor. In three steps: decode, which
 * changes nothing; perform, on the operand's old value; finish, which writes
 * registers, flags and eip, once the store was found good.
 *
 * Source: [SDM2] "Instruction Set Reference".
 */
#include "table_store.h"

#include "hypercall.h"

#define FLAG_CF 0x001u
#define FLAG_PF 0x004u
#define FLAG_AF 0x010u
#define FLAG_ZF 0x040u
#define FLAG_SF 0x080u
#define FLAG_OF 0x800u
#define FLAGS_ALL (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/** The eight of opcodes 00-3F and of group 1, in their order; the eighth,
 *  CMP, stores nothing. */
static const enum store_kind arithmetic[7] = {
    STORE_ADD, STORE_OR, STORE_ADD_CARRY, STORE_SUB_BORROW, STORE_AND,
    STORE_SUB, STORE_XOR,
};

static uint64_t value_mask(unsigned bytes)
{
    return bytes == 8 ? ~0ull : (1ull << bytes * 8) - 1;
}

/** A register operand: of one byte, 4 to 7 are AH, CH, DH, BH. */
static uint32_t register_value(trap_frame_t *frame, unsigned reg,
                               unsigned bytes)
{
    if (bytes == 1 && reg >= 4)
        return (*general_register(frame, reg - 4) >> 8) & 0xFF;
    return *general_register(frame, reg) & (uint32_t)value_mask(bytes);
}

static void set_register(trap_frame_t *frame, unsigned reg, unsigned bytes,
                         uint32_t value)
{
    bool high = bytes == 1 && reg >= 4;
    uint32_t *word = general_register(frame, high ? reg - 4 : reg);
    uint32_t mask = (uint32_t)value_mask(bytes);

    if (high)
        *word = (*word & ~0xFF00u) | (value & 0xFF) << 8;
    else
        *word = (*word & ~mask) | (value & mask);
}

/** One-byte opcodes. */
static int classify_one(const struct memory_operand *m,
                        struct table_store *s, bool *immediate)
{
    uint8_t even = m->opcode & 0xFE;

    *immediate = even == 0x80 || even == 0xC6 || m->opcode == 0x83;
    if (even == 0x88 || even == 0xA2 || (even == 0xC6 && m->reg == 0))
        s->kind = STORE_MOVE;
    else if (even == 0x86)
        s->kind = STORE_EXCHANGE;
    else if (even == 0xFE && m->reg <= 1)
        s->kind = m->reg == 0 ? STORE_INCREMENT : STORE_DECREMENT;
    else if ((m->opcode & 0xC6) == 0x00 && m->opcode < 0x38)
        s->kind = arithmetic[m->opcode >> 3];
    else if ((even == 0x80 || m->opcode == 0x83) && m->reg < 7)
        s->kind = arithmetic[m->reg];
    else
        return -EINVAL;
    if (even == 0xA2)
        s->reg = 0; /* the accumulator */
    return 0;
}

/** Opcodes behind 0F. */
static int classify_two(const struct memory_operand *m,
                        struct table_store *s, bool *immediate)
{
    *immediate = m->opcode == 0xBA;
    switch (m->opcode) {
    case 0xAB:
        s->kind = STORE_BIT_SET;
        return 0;
    case 0xB3:
        s->kind = STORE_BIT_RESET;
        return 0;
    case 0xBB:
        s->kind = STORE_BIT_COMPLEMENT;
        return 0;
    case 0xBA:
        if (m->reg < 5)
            return -EINVAL;
        s->kind = STORE_BIT_SET + (m->reg - 5);
        return 0;
    case 0xB0:
    case 0xB1:
        s->kind = STORE_COMPARE_EXCHANGE;
        return 0;
    case 0xC0:
    case 0xC1:
        s->kind = STORE_EXCHANGE_ADD;
        return 0;
    case 0xC7:
        if (m->reg != 1)
            return -EINVAL;
        s->kind = STORE_COMPARE_EXCHANGE_8;
        s->bytes = 8;
        return 0;
    default:
        return -EINVAL;
    }
}

/** Bits are counted from the operand's address, and a register may count far
 *  beyond it: the operand is then the one that has the bit. */
static void place_bit(struct table_store *s, bool immediate)
{
    int32_t bit = (int32_t)s->source;
    int32_t bits = (int32_t)s->bytes * 8;

    if (s->kind < STORE_BIT_SET || s->kind > STORE_BIT_COMPLEMENT)
        return;
    if (s->bytes == 2)
        bit = (int16_t)bit;
    s->bit = (unsigned)bit & (unsigned)(bits - 1);
    if (!immediate)
        s->address += (uint32_t)((bit - (int32_t)s->bit) / 8);
}

/**
 * Read the instruction that a guest stands at.
 *
 * @param frame   The guest's registers; not changed.
 * @param[out] s  Its first part; only if 0 is returned. Neither the address
 *                nor its alignment is checked.
 * @context{exception}
 * @retval 0        one of the instructions above.
 * @retval -EFAULT  its bytes, or the segment's descriptor, cannot be read.
 * @retval -EINVAL  another instruction.
 */
int store_decode(trap_frame_t *frame, struct table_store *s)
{
    struct memory_operand m;
    bool immediate;
    descriptor_t d;
    int error = decode_memory(frame, &m);

    if (error)
        return error;
    *s = (struct table_store){ .bytes = m.bytes, .reg = m.reg,
                               .length = m.length };
    error = m.two_byte ? classify_two(&m, s, &immediate)
                       : classify_one(&m, s, &immediate);
    if (error)
        return error;
    if (descriptor_read(segment_selector(frame, m.segment), &d) != 0)
        return -EFAULT;
    s->address = descriptor_base(d) + m.offset;
    s->conditional = s->kind == STORE_COMPARE_EXCHANGE ||
                     s->kind == STORE_COMPARE_EXCHANGE_8;
    if (s->kind == STORE_COMPARE_EXCHANGE_8)
        s->source = (uint64_t)frame->ecx << 32 | frame->ebx;
    else if (immediate)
        s->source = m.immediate & value_mask(s->bytes);
    else
        s->source = register_value(frame, s->reg, s->bytes);
    place_bit(s, immediate);
    return 0;
}

/** ZF, SF and PF of a result. */
static uint32_t result_flags(uint64_t value, unsigned bytes)
{
    uint32_t flags = 0;
    uint8_t low = (uint8_t)value;

    if ((value & value_mask(bytes)) == 0)
        flags |= FLAG_ZF;
    if (value & (1ull << (bytes * 8 - 1)))
        flags |= FLAG_SF;
    low ^= low >> 4;
    low ^= low >> 2;
    low ^= low >> 1;
    return low & 1 ? flags : flags | FLAG_PF;
}

/** a + b + carry, or a - b - carry, with all six flags. */
static uint64_t add_or_sub(uint64_t a, uint64_t b, unsigned carry, bool sub,
                           unsigned bytes, uint32_t *flags)
{
    uint64_t mask = value_mask(bytes), sign = 1ull << (bytes * 8 - 1);
    uint64_t r = sub ? a - b - carry : a + b + carry;
    uint64_t overflow = sub ? (a ^ b) & (a ^ r) : ~(a ^ b) & (a ^ r);

    *flags = result_flags(r, bytes);
    if (r & ~mask)
        *flags |= FLAG_CF;
    if ((a ^ b ^ r) & 0x10)
        *flags |= FLAG_AF;
    if (overflow & sign)
        *flags |= FLAG_OF;
    return r & mask;
}

static uint64_t logic(enum store_kind kind, uint64_t a, uint64_t b)
{
    if (kind == STORE_OR)
        return a | b;
    return kind == STORE_AND ? a & b : a ^ b;
}

/** The arithmetic instructions; flags that stay are in *flags already. */
static uint64_t arithmetic_result(const struct table_store *s, uint64_t old,
                                  uint32_t *flags)
{
    uint32_t before = *flags;
    unsigned carry = before & FLAG_CF ? 1 : 0;
    uint64_t value;

    switch (s->kind) {
    case STORE_ADD:
    case STORE_EXCHANGE_ADD:
        return add_or_sub(old, s->source, 0, false, s->bytes, flags);
    case STORE_ADD_CARRY:
        return add_or_sub(old, s->source, carry, false, s->bytes, flags);
    case STORE_SUB:
        return add_or_sub(old, s->source, 0, true, s->bytes, flags);
    case STORE_SUB_BORROW:
        return add_or_sub(old, s->source, carry, true, s->bytes, flags);
    case STORE_INCREMENT:
    case STORE_DECREMENT:
        value = add_or_sub(old, 1, 0, s->kind == STORE_DECREMENT, s->bytes,
                           flags);
        *flags = (*flags & ~FLAG_CF) | (before & FLAG_CF);
        return value;
    default:
        value = logic(s->kind, old, s->source);
        *flags = result_flags(value, s->bytes);
        return value;
    }
}

/** BTS, BTR, BTC: the old bit goes to CF, other flags stay. */
static uint64_t bit_result(const struct table_store *s, uint64_t old,
                           uint32_t *flags)
{
    uint64_t bit = 1ull << s->bit;

    *flags = (*flags & ~FLAG_CF) | (old & bit ? FLAG_CF : 0);
    if (s->kind == STORE_BIT_SET)
        return old | bit;
    return s->kind == STORE_BIT_RESET ? old & ~bit : old ^ bit;
}

/** CMPXCHG and CMPXCHG8B: does memory hold what the accumulator says? */
static bool compare(const trap_frame_t *frame, const struct table_store *s,
                    uint64_t old, uint32_t *flags)
{
    uint64_t expected = frame->eax & value_mask(s->bytes);

    if (s->kind == STORE_COMPARE_EXCHANGE_8) {
        expected = (uint64_t)frame->edx << 32 | frame->eax;
        *flags = (*flags & ~FLAG_ZF) | (old == expected ? FLAG_ZF : 0);
    } else {
        (void)add_or_sub(expected, old, 0, true, s->bytes, flags);
    }
    return old == expected;
}

/**
 * Compute what the instruction stores.
 *
 * @param frame  The guest's registers; not changed.
 * @param s      From store_decode(); its second part is filled in.
 * @param old    What its operand in memory is, s->bytes of it.
 * @context{exception}
 */
void store_perform(const trap_frame_t *frame, struct table_store *s,
                   uint64_t old)
{
    uint32_t flags = frame->eflags & FLAGS_ALL;

    s->old = old;
    s->writes = true;
    s->value = s->source;
    if (s->conditional)
        s->writes = compare(frame, s, old, &flags);
    else if (s->kind >= STORE_BIT_SET && s->kind <= STORE_BIT_COMPLEMENT)
        s->value = bit_result(s, old, &flags);
    else if (s->kind != STORE_MOVE && s->kind != STORE_EXCHANGE)
        s->value = arithmetic_result(s, old, &flags);
    s->eflags = (frame->eflags & ~FLAGS_ALL) | flags;
}

/**
 * Do the rest of the instruction: registers, flags, eip.
 *
 * @param frame  The guest's registers; changed.
 * @param s  After store_perform(), and after its value was stored, if it
 *           writes at all.
 * @context{exception}
 */
void store_finish(trap_frame_t *frame, const struct table_store *s)
{
    frame->eip += s->length;
    frame->eflags = s->eflags;
    if (s->kind == STORE_EXCHANGE || s->kind == STORE_EXCHANGE_ADD)
        set_register(frame, s->reg, s->bytes, (uint32_t)s->old);
    if (!s->conditional || s->writes)
        return;
    if (s->kind == STORE_COMPARE_EXCHANGE_8) {
        frame->eax = (uint32_t)s->old;
        frame->edx = (uint32_t)(s->old >> 32);
    } else {
        set_register(frame, 0, s->bytes, (uint32_t)s->old);
    }
}
