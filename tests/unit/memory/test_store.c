/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_store Unit test: instructions that store to page tables
 *
 * Property: what store.c says an instruction does to its operand, to the
 * registers and to the flags is what a processor does.
 *
 * Method: random instructions of every kind that is known, with random
 * registers, flags and operands, are executed on the host's own processor and
 * by store.c, and everything is compared. Flags that the manual leaves
 * undefined are not.
 */
#include "unit.h"

#include <string.h>
#include <sys/mman.h>

#include "fake_cpu.h"
#include "hypercall.h"
#include "table_store.h"
#include "xen_abi.h"

#define FLAG_CF 0x001u
#define FLAG_ZF 0x040u
#define FLAGS_ALL 0x8D5u /* CF PF AF ZF SF OF */
#define FLAGS_NO_AF (FLAGS_ALL & ~0x10u)

/* --- For the decoder: flat segments, host memory ----------------------- */

int descriptor_read(uint16_t selector, descriptor_t *d)
{
    (void)selector;
    *d = (descriptor_t){ .lo = 0xFFFF,
                         .hi = 0x00C00000 | 0xF0000 | DESC_P | DESC_S |
                               DESC_CODE | DESC_WRITABLE };
    return 0;
}

int copy_from_guest(void *to, vaddr_t from, size_t bytes)
{
    memcpy(to, (const void *)(uintptr_t)from.a, bytes);
    return 0;
}

/* --- The host's own processor ---------------------------------------- */

/** Registers in the order in which the frame around an instruction loads and
 *  stores them. */
struct registers {
    uint32_t eax, ecx, edx, ebx, esi, edi, eflags;
};

/* pusha; mov ebp, [esp+36]; load eax..edi from [ebp]; push [ebp+24]; popf */
static const uint8_t before[] = {
    0x60, 0x8B, 0x6C, 0x24, 0x24, 0x8B, 0x45, 0x00, 0x8B, 0x4D, 0x04,
    0x8B, 0x55, 0x08, 0x8B, 0x5D, 0x0C, 0x8B, 0x75, 0x10, 0x8B, 0x7D,
    0x14, 0xFF, 0x75, 0x18, 0x9D,
};
/* pushf; pop [ebp+24]; store eax..edi to [ebp]; popa; ret */
static const uint8_t after[] = {
    0x9C, 0x8F, 0x45, 0x18, 0x89, 0x45, 0x00, 0x89, 0x4D, 0x04, 0x89,
    0x55, 0x08, 0x89, 0x5D, 0x0C, 0x89, 0x75, 0x10, 0x89, 0x7D, 0x14,
    0x61, 0xC3,
};

static uint8_t *code;

static void run_native(const uint8_t *instruction, size_t length,
                       struct registers *r)
{
    void (*function)(struct registers *);

    memcpy(code, before, sizeof(before));
    memcpy(code + sizeof(before), instruction, length);
    memcpy(code + sizeof(before) + length, after, sizeof(after));
    memcpy(&function, &code, sizeof(function));
    function(r);
}

/* --- Random instructions --------------------------------------------- */

static uint32_t state = 1;
static uint8_t memory[128] __attribute__((aligned(64)));

/** An instruction with its operand at [edi + displacement]. */
struct sample {
    uint8_t bytes[16];
    size_t length;
    uint8_t displacement;
    uint32_t flags; /**< which flags are compared */
};

static void add(struct sample *s, uint8_t byte)
{
    s->bytes[s->length++] = byte;
}

static void add_operand(struct sample *s, unsigned reg)
{
    s->displacement = (uint8_t)(unit_random(&state) % 16);
    add(s, (uint8_t)(0x47 | reg << 3)); /* mod 1, rm 7 */
    add(s, s->displacement);
}

static unsigned random_register(bool byte)
{
    static const uint8_t word[] = { 0, 1, 2, 3, 6 };

    return byte ? unit_random(&state) % 8 : word[unit_random(&state) % 5];
}

static void add_immediate(struct sample *s, unsigned bytes)
{
    while (bytes-- > 0)
        add(s, (uint8_t)unit_random(&state));
}

/** A prefix or none; `locked`: LOCK is allowed. */
static bool add_prefix(struct sample *s, bool locked, bool wide)
{
    bool operand_16 = wide && unit_random(&state) % 4 == 0;

    if (locked && unit_random(&state) % 2)
        add(s, 0xF0);
    if (operand_16)
        add(s, 0x66);
    return operand_16;
}

static void make_move(struct sample *s)
{
    bool wide = unit_random(&state) % 2, immediate = unit_random(&state) % 2;
    bool operand_16 = add_prefix(s, false, wide);

    add(s, (uint8_t)((immediate ? 0xC6 : 0x88) | wide));
    add_operand(s, immediate ? 0 : random_register(!wide));
    if (immediate)
        add_immediate(s, !wide ? 1 : operand_16 ? 2 : 4);
}

static void make_exchange(struct sample *s)
{
    bool wide = unit_random(&state) % 2;

    add_prefix(s, true, wide);
    add(s, (uint8_t)(0x86 | wide));
    add_operand(s, random_register(!wide));
}

/** AND, OR and XOR leave AF undefined. */
static uint32_t arithmetic_flags(unsigned kind)
{
    return kind == 1 || kind == 4 || kind == 6 ? FLAGS_NO_AF : FLAGS_ALL;
}

static void make_arithmetic(struct sample *s)
{
    unsigned kind = unit_random(&state) % 7;
    bool wide = unit_random(&state) % 2;

    add_prefix(s, true, wide);
    add(s, (uint8_t)(kind << 3 | wide));
    add_operand(s, random_register(!wide));
    s->flags = arithmetic_flags(kind);
}

static void make_immediate_arithmetic(struct sample *s)
{
    static const uint8_t opcodes[] = { 0x80, 0x81, 0x83 };
    unsigned kind = unit_random(&state) % 7;
    uint8_t opcode = opcodes[unit_random(&state) % 3];
    bool operand_16 = add_prefix(s, true, opcode != 0x80);

    add(s, opcode);
    add_operand(s, kind);
    add_immediate(s, opcode != 0x81 ? 1 : operand_16 ? 2 : 4);
    s->flags = arithmetic_flags(kind);
}

static void make_increment(struct sample *s)
{
    bool wide = unit_random(&state) % 2;

    add_prefix(s, true, wide);
    add(s, (uint8_t)(0xFE | wide));
    add_operand(s, unit_random(&state) % 2);
}

static void make_exchange_add(struct sample *s)
{
    bool wide = unit_random(&state) % 2;

    add_prefix(s, true, wide);
    add(s, 0x0F);
    add(s, (uint8_t)(0xC0 | wide));
    add_operand(s, random_register(!wide));
}

static void make_bit(struct sample *s)
{
    static const uint8_t opcodes[] = { 0xAB, 0xB3, 0xBB };

    add_prefix(s, true, true);
    add(s, 0x0F);
    add(s, opcodes[unit_random(&state) % 3]);
    add_operand(s, 1); /* ecx: small, see test_instructions */
    s->flags = FLAG_CF | FLAG_ZF;
}

static void make_immediate_bit(struct sample *s)
{
    add_prefix(s, true, true);
    add(s, 0x0F);
    add(s, 0xBA);
    add_operand(s, 5 + unit_random(&state) % 3);
    add_immediate(s, 1);
    s->flags = FLAG_CF | FLAG_ZF;
}

static void make_compare_exchange(struct sample *s)
{
    bool wide = unit_random(&state) % 2;

    add_prefix(s, true, wide);
    add(s, 0x0F);
    add(s, (uint8_t)(0xB0 | wide));
    add_operand(s, random_register(!wide));
}

static void make_compare_exchange_8(struct sample *s)
{
    add_prefix(s, true, false);
    add(s, 0x0F);
    add(s, 0xC7);
    add_operand(s, 1);
}

static void (*const makers[])(struct sample *) = {
    make_move, make_exchange, make_arithmetic, make_immediate_arithmetic,
    make_increment, make_exchange_add, make_bit, make_immediate_bit,
    make_compare_exchange, make_compare_exchange_8,
};

#define NR_MAKERS (sizeof(makers) / sizeof(makers[0]))

/* --- Comparing ------------------------------------------------------- */

static void load_frame(trap_frame_t *frame, const struct registers *r)
{
    memset(frame, 0, sizeof(*frame));
    frame->eax = r->eax;
    frame->ecx = r->ecx;
    frame->edx = r->edx;
    frame->ebx = r->ebx;
    frame->esi = r->esi;
    frame->edi = r->edi;
    frame->eflags = r->eflags;
}

/** Registers at random, small where an address depends on them; often with
 *  the comparison of a CMPXCHG about to succeed. */
static void random_registers(struct registers *r)
{
    uint32_t *word = &r->eax;

    for (unsigned i = 0; i < 5; i++)
        word[i] = unit_random(&state);
    r->ecx = (uint32_t)((int32_t)(unit_random(&state) % 256) - 128);
    r->edi = (uint32_t)(uintptr_t)memory + 48;
    r->eflags = 0x202 | (unit_random(&state) & FLAGS_ALL);
    for (unsigned i = 0; i < sizeof(memory); i++)
        memory[i] = (uint8_t)unit_random(&state);
}

/** The accumulator says what the operand is, so that CMPXCHG succeeds. */
static void agree(const struct sample *s, struct registers *r)
{
    const uint8_t *operand = memory + 48 + s->displacement;

    memcpy(&r->eax, operand, 4);
    memcpy(&r->edx, operand + 4, 4);
}

static void check_sample(const struct sample *s, struct registers *r)
{
    uint8_t ours[sizeof(memory)];
    struct table_store store;
    trap_frame_t frame;
    uint64_t old = 0;

    load_frame(&frame, r);
    frame.eip = (uint32_t)(uintptr_t)s->bytes;
    ck_assert_int_eq(store_decode(&frame, &store), 0);
    memcpy(ours, memory, sizeof(memory));
    ck_assert_uint_ge(store.address, (uint32_t)(uintptr_t)memory);
    memcpy(&old, (void *)(uintptr_t)store.address, store.bytes);
    store_perform(&frame, &store, old);
    if (store.writes)
        memcpy(ours + (store.address - (uint32_t)(uintptr_t)memory),
               &store.value, store.bytes);
    store_finish(&frame, &store);

    run_native(s->bytes, s->length, r);
    ck_assert_mem_eq(ours, memory, sizeof(memory));
    ck_assert_uint_eq(frame.eip - (uint32_t)(uintptr_t)s->bytes, s->length);
    ck_assert(frame.eax == r->eax && frame.ecx == r->ecx &&
              frame.edx == r->edx && frame.ebx == r->ebx &&
              frame.esi == r->esi && frame.edi == r->edi);
    ck_assert_uint_eq(frame.eflags & s->flags, r->eflags & s->flags);
}

START_TEST(test_instructions)
{
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(code != MAP_FAILED);
    for (unsigned i = 0; i < 2000; i++) {
        struct sample sample = { .flags = FLAGS_ALL };
        struct registers r;

        makers[_i](&sample);
        random_registers(&r);
        if (i % 2)
            agree(&sample, &r);
        check_sample(&sample, &r);
    }
}
END_TEST

/* MOV between the accumulator and a constant address. */
START_TEST(test_accumulator)
{
    uint8_t bytes[16] = { 0xA3 };
    trap_frame_t frame = { .eax = 0x12345678 };
    struct table_store s;
    uint32_t where = 0x1234F000;

    memcpy(bytes + 1, &where, 4);
    frame.eip = (uint32_t)(uintptr_t)bytes;
    ck_assert_int_eq(store_decode(&frame, &s), 0);
    ck_assert_uint_eq(s.address, where);
    ck_assert_uint_eq(s.bytes, 4);
    store_perform(&frame, &s, 0);
    ck_assert_uint_eq(s.value, 0x12345678);
}
END_TEST

/* Not stores to one operand that we know: left to the guest. */
START_TEST(test_others)
{
    static const uint8_t others[][4] = {
        { 0x8B, 0x07 },             /* MOV eax, [edi]: a load */
        { 0x39, 0x07 },             /* CMP [edi], eax: stores nothing */
        { 0x83, 0x3F, 0x01 },       /* CMP [edi], 1 */
        { 0xC6, 0x4F, 0x00, 0x00 }, /* no MOV: C6 /1 */
        { 0xFF, 0x37 },             /* PUSH [edi] */
        { 0xFF, 0x17 },             /* CALL [edi] */
        { 0xA1, 0x00 },             /* MOV eax, moffs: a load */
        { 0xAB },                   /* STOS */
        { 0x0F, 0xBA, 0x27, 0x01 }, /* BT [edi], 1 */
        { 0x0F, 0xA3, 0x07 },       /* BT [edi], eax */
        { 0x0F, 0xC7, 0x37 },       /* VMPTRLD */
        { 0x0F, 0xB2, 0x07 },       /* LSS */
        { 0x01, 0xC0 },             /* ADD eax, eax: no memory */
        { 0x03, 0x07 },             /* ADD eax, [edi]: a load */
    };
    trap_frame_t frame = { .edi = 0x1000 };
    struct table_store s;

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        uint8_t bytes[16] = { 0 };

        memcpy(bytes, others[i], 4);
        frame.eip = (uint32_t)(uintptr_t)bytes;
        ck_assert_msg(store_decode(&frame, &s) != 0,
                      "instruction %u is taken for a store", i);
    }
}
END_TEST

static Suite *store_suite(void)
{
    Suite *suite = suite_create("memory/store");
    TCase *tcase = tcase_create("instructions");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_instructions, 0, (int)NR_MAKERS);
    tcase_add_test(tcase, test_accumulator);
    tcase_add_test(tcase, test_others);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(store_suite())
