/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_decode_memory Unit test: operands in memory
 *
 * Property: the address, the kind of access and the length of an instruction
 * are what the processor makes of its bytes.
 *
 * Method: instructions as an assembler writes them, and every ModRM and SIB
 * byte against the manual's formula, computed the other way round.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

#define CODE (FAKE_GUEST_BASE + 0x100u)

static trap_frame_t *frame;
static struct memory_operand m;

static void set_up(void)
{
    fake_guest_reset();
    frame = guest_frame();
    frame->eip = CODE;
    frame->eax = 0x00000001;
    frame->ecx = 0x00000020;
    frame->edx = 0x00000300;
    frame->ebx = 0x00004000;
    frame->esp = 0x00050000;
    frame->ebp = 0x00600000;
    frame->esi = 0x07000000;
    frame->edi = 0x80000000;
}

static int decode(unsigned n, const uint8_t *bytes)
{
    memset(fake_at(CODE), 0xCC, 16);
    memcpy(fake_at(CODE), bytes, n);
    return decode_memory(frame, &m);
}
#define DECODE(...)                                                          \
    decode(sizeof((uint8_t[]){ __VA_ARGS__ }), (uint8_t[]){ __VA_ARGS__ })

static void expect(enum segment_register segment, uint32_t offset,
                   unsigned length)
{
    ck_assert_uint_eq(m.segment, segment);
    ck_assert_uint_eq(m.offset, offset);
    ck_assert_uint_eq(m.length, length);
}

START_TEST(test_thread_local)
{
    /* mov eax, gs:0x14 / mov eax, gs:[0xfffffff8] / mov ecx, gs:[eax-4] */
    ck_assert_int_eq(DECODE(0x65, 0xA1, 0x14, 0, 0, 0), 0);
    expect(SEGMENT_GS, 0x14, 6);
    ck_assert(m.override);
    ck_assert_int_eq(DECODE(0x65, 0x8B, 0x0D, 0xF8, 0xFF, 0xFF, 0xFF), 0);
    expect(SEGMENT_GS, 0xFFFFFFF8, 7);
    ck_assert_int_eq(DECODE(0x65, 0x8B, 0x48, 0xFC), 0);
    expect(SEGMENT_GS, 0xFFFFFFFD, 4);
    /* addl $0x12345678, gs:[edi*8+0x10] */
    ck_assert_int_eq(DECODE(0x65, 0x81, 0x04, 0xFD, 0x10, 0, 0, 0, 0x78, 0x56,
                            0x34, 0x12), 0);
    expect(SEGMENT_GS, 0x10, 12);
    ck_assert_uint_eq(m.immediate, 0x12345678);
    ck_assert_uint_eq(m.reg, 0);
}
END_TEST

START_TEST(test_table_stores)
{
    /* movl $-2, (esi) / movw $-2, (esi) / movb $-2, (esi) */
    ck_assert_int_eq(DECODE(0xC7, 0x06, 0xFE, 0xFF, 0xFF, 0xFF), 0);
    expect(SEGMENT_DS, 0x07000000, 6);
    ck_assert_uint_eq(m.immediate, 0xFFFFFFFE);
    ck_assert_uint_eq(m.bytes, 4);
    ck_assert_int_eq(DECODE(0x66, 0xC7, 0x06, 0xFE, 0xFF), 0);
    ck_assert_uint_eq(m.length, 5);
    ck_assert_uint_eq(m.immediate, 0xFFFFFFFE);
    ck_assert_uint_eq(m.bytes, 2);
    ck_assert_int_eq(DECODE(0xC6, 0x06, 0xFE), 0);
    ck_assert_uint_eq(m.length, 3);
    ck_assert_uint_eq(m.bytes, 1);
    /* lock btr $1, (eax) / lock cmpxchg8b (ebp) / xchg edx, (ecx) */
    ck_assert_int_eq(DECODE(0xF0, 0x0F, 0xBA, 0x30, 0x01), 0);
    expect(SEGMENT_DS, 1, 5);
    ck_assert(m.lock && m.two_byte);
    ck_assert_uint_eq(m.reg, 6);
    ck_assert_uint_eq(m.immediate, 1);
    ck_assert_int_eq(DECODE(0xF0, 0x0F, 0xC7, 0x4D, 0x00), 0);
    expect(SEGMENT_SS, 0x00600000, 5);
    ck_assert_uint_eq(m.reg, 1);
    ck_assert_int_eq(DECODE(0x87, 0x11), 0);
    expect(SEGMENT_DS, 0x20, 2);
    ck_assert_uint_eq(m.reg, 2);
    /* testl $1, (eax) has a constant, notl (eax) has none */
    ck_assert_int_eq(DECODE(0xF7, 0x00, 1, 0, 0, 0), 0);
    ck_assert_uint_eq(m.length, 6);
    ck_assert_int_eq(DECODE(0xF7, 0x10), 0);
    ck_assert_uint_eq(m.length, 2);
}
END_TEST

static uint32_t reg(unsigned n)
{
    return *general_register(frame, n);
}

/** The address of a ModRM and SIB byte, and how many bytes they are. */
static uint32_t model(uint8_t modrm, uint8_t sib, uint32_t disp,
                      unsigned *bytes, bool *stack)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;
    uint32_t address = 0;
    bool no_base = false;

    *bytes = 1;
    *stack = false;
    if (rm == 4) {
        *bytes = 2;
        if (((sib >> 3) & 7) != 4)
            address += reg((sib >> 3) & 7) * (1u << (sib >> 6));
        rm = sib & 7;
    }
    if (rm == 5 && mod == 0)
        no_base = true;
    else
        address += reg(rm);
    *stack = !no_base && (rm == 4 || rm == 5);
    if (mod == 1) {
        *bytes += 1;
        return address + (uint32_t)(int8_t)disp;
    }
    if (mod == 2 || no_base) {
        *bytes += 4;
        return address + disp;
    }
    return address;
}

START_TEST(test_all_addresses)
{
    for (unsigned modrm = 0; modrm < 0xC0; modrm++)
        for (unsigned sib = 0; sib < 256; sib++) {
            const bool has_sib = (modrm & 7) == 4;
            uint8_t code[7] = { 0x8B, (uint8_t)modrm };
            unsigned bytes, at = 2;
            uint32_t address;
            bool stack, same;

            if (has_sib)
                code[at++] = (uint8_t)sib;
            else if (sib > 0)
                break;
            memcpy(code + at, (uint8_t[]){ 0x84, 0x93, 0xA2, 0xB1 }, 4);
            address = model((uint8_t)modrm, (uint8_t)sib, 0xB1A29384, &bytes,
                            &stack);
            same = decode(sizeof(code), code) == 0 && m.offset == address &&
                   m.length == 1 + bytes && m.reg == ((modrm >> 3) & 7) &&
                   m.segment == (stack ? SEGMENT_SS : SEGMENT_DS);
            if (!same)
                ck_abort_msg("modrm %02x sib %02x: %08x, not %08x", modrm,
                             sib, m.offset, address);
        }
}
END_TEST

START_TEST(test_no_memory)
{
    for (unsigned modrm = 0xC0; modrm < 0x100; modrm++)
        if (DECODE(0x8B, (uint8_t)modrm) != -EINVAL)
            ck_abort_msg("modrm %02x", modrm);
    ck_assert_int_eq(DECODE(0x90), -EINVAL);
    ck_assert_int_eq(DECODE(0x65, 0xA5), -EINVAL);       /* movsd */
    ck_assert_int_eq(DECODE(0x67, 0x8B, 0x00), -EINVAL); /* 16-bit address */
    ck_assert_int_eq(DECODE(0x0F, 0x38, 0x00), -EINVAL);
    ck_assert_int_eq(DECODE(0x0F, 0x0B), -EINVAL);
    ck_assert_int_eq(DECODE(0x0F, 0x84, 0, 0, 0, 0), -EINVAL);
}
END_TEST

START_TEST(test_cut_off)
{
    const uint32_t end = FAKE_GUEST_BASE + PAGE_SIZE;
    const uint8_t code[] = { 0x8B, 0x84, 0x24, 1, 2, 3, 4 };

    for (unsigned n = 1; n < sizeof(code); n++) {
        memcpy(fake_at(end - n), code, n);
        frame->eip = end - n;
        ck_assert_int_eq(decode_memory(frame, &m), -EFAULT);
    }
    frame->eip = HYPERVISOR_START - 3; /* the segment's end */
    ck_assert_int_eq(decode_memory(frame, &m), -EFAULT);
    frame->cs = SEL_RING1_DS;
    ck_assert_int_eq(decode_memory(frame, &m), -EFAULT);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: decode_memory");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_thread_local);
    tcase_add_test(t, test_table_stores);
    tcase_add_test(t, test_all_addresses);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_cut_off);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
