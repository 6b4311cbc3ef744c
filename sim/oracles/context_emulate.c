/* SPDX-License-Identifier: MIT */
/**
 * @file context_emulate.c
 * Instructions that the hypervisor carries out for the guest, and what each
 * of them may change.
 *
 * A general-protection fault with error code 0 may be a privileged
 * instruction of the ABI's list; an undefined opcode may be the forced CPUID;
 * a kernel's write fault to a present page may be a store into a page table.
 * Such a fault may be bounced as well (the hypervisor does not carry out
 * everything), so this is one expectation among several.
 *
 * Only what may change is decoded here, never what it changes to: that is the
 * business of the tests of each instruction.
 *
 * Source: [SDM2] "Instruction Format", "Opcode Map"; the ABI's list is in the
 * page "Hypercalls".
 */
#include "context.h"

#define MAX_INSTRUCTION 15

/** The bytes of an instruction, and how far they have been read. */
struct reader {
    uint8_t byte[MAX_INSTRUCTION];
    unsigned bytes, at;
    bool operand16, address16, repeats;
    uint8_t modrm;
};

static uint8_t next(struct reader *r)
{
    return r->at < r->bytes ? r->byte[r->at++] : 0;
}

static void skip_prefixes(struct reader *r)
{
    for (; r->at < r->bytes; r->at++) {
        switch (r->byte[r->at]) {
        case 0x66:
            r->operand16 = true;
            break;
        case 0x67:
            r->address16 = true;
            break;
        case 0xF2:
        case 0xF3:
            r->repeats = true;
            break;
        case 0x26: case 0x2E: case 0x36: case 0x3E: case 0x64: case 0x65:
        case 0xF0:
            break;
        default:
            return;
        }
    }
}

/** Read ModRM, SIB and displacement. */
static void read_modrm(struct reader *r)
{
    unsigned mod, rm;

    r->modrm = next(r);
    mod = r->modrm >> 6;
    rm = r->modrm & 7;
    if (mod == 3)
        return;
    if (r->address16) {
        r->at += mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
        return;
    }
    if (rm == 4 && (next(r) & 7) == 5 && mod == 0)
        r->at += 4;
    r->at += mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
}

static uint32_t modrm_register(const struct reader *r)
{
    return 1u << (r->modrm >> 3 & 7);
}

static uint32_t modrm_memory_register(const struct reader *r)
{
    return 1u << (r->modrm & 7);
}

/** The privileged instructions of two bytes: after 0F. */
static bool privileged_two(struct reader *r, struct emulation *to)
{
    switch (next(r)) {
    case 0x06: /* CLTS */
    case 0x08: /* INVD */
    case 0x09: /* WBINVD */
    case 0x30: /* WRMSR */
        return true;
    case 0x20: /* MOV from CR */
    case 0x21: /* MOV from DR */
        r->modrm = next(r);
        to->changes = modrm_memory_register(r);
        return true;
    case 0x22: /* MOV to CR */
    case 0x23: /* MOV to DR */
        r->modrm = next(r);
        return true;
    case 0x31: /* RDTSC */
    case 0x32: /* RDMSR */
        to->changes = GPR_EAX | GPR_EDX;
        return true;
    case 0xA2: /* CPUID */
        to->changes = GPR_EAX | GPR_ECX | GPR_EDX | GPR_EBX;
        return true;
    }
    return false;
}

static bool privileged(struct reader *r, struct emulation *to)
{
    skip_prefixes(r);
    switch (next(r)) {
    case 0x0F:
        return privileged_two(r, to);
    case 0x6C: case 0x6D: /* INS */
        to->changes = GPR_EDI | (r->repeats ? GPR_ECX : 0);
        to->repeats = r->repeats;
        return true;
    case 0x6E: case 0x6F: /* OUTS */
        to->changes = GPR_ESI | (r->repeats ? GPR_ECX : 0);
        to->repeats = r->repeats;
        return true;
    case 0xE4: case 0xE5: /* IN by number */
        next(r);
        to->changes = GPR_EAX;
        return true;
    case 0xE6: case 0xE7: /* OUT by number */
        next(r);
        return true;
    case 0xEC: case 0xED: /* IN by DX */
        to->changes = GPR_EAX;
        return true;
    case 0xEE: case 0xEF: /* OUT by DX */
    case 0xFA: case 0xFB: /* CLI, STI */
        return true;
    }
    return false;
}

/** Stores into page tables: after 0F. */
static bool store_two(struct reader *r, struct emulation *to)
{
    uint8_t opcode = next(r);

    read_modrm(r);
    to->flags = true;
    switch (opcode) {
    case 0xAB: case 0xB3: case 0xBB: /* BTS, BTR, BTC */
        return true;
    case 0xBA:
        r->at++;
        return true;
    case 0xB0: case 0xB1: /* CMPXCHG */
        to->changes = GPR_EAX;
        return true;
    case 0xC0: case 0xC1: /* XADD */
        to->changes = modrm_register(r);
        return true;
    case 0xC7: /* CMPXCHG8B */
        to->changes = GPR_EAX | GPR_EDX;
        return true;
    }
    return false;
}

/** ADD, OR, ADC, SBB, AND, SUB, XOR with a register or, from 0x80 on, a
 *  constant; INC, DEC. @return whether it is one of them. */
static bool store_arithmetic(struct reader *r, uint8_t opcode)
{
    switch (opcode) {
    case 0x00: case 0x08: case 0x10: case 0x18: case 0x20: case 0x28:
    case 0x30: case 0x01: case 0x09: case 0x11: case 0x19: case 0x21:
    case 0x29: case 0x31: case 0xFE: case 0xFF:
        return true;
    case 0x80: case 0x83:
        r->at += 1;
        return true;
    case 0x81:
        r->at += r->operand16 ? 2 : 4;
        return true;
    }
    return false;
}

static bool store(struct reader *r, struct emulation *to)
{
    uint8_t opcode;

    skip_prefixes(r);
    opcode = next(r);
    if (opcode == 0x0F)
        return store_two(r, to);
    if (opcode == 0xA2 || opcode == 0xA3) { /* MOV to an address in the code */
        r->at += r->address16 ? 2 : 4;
        return true;
    }
    read_modrm(r);
    switch (opcode) {
    case 0x88: case 0x89: /* MOV from a register */
        return true;
    case 0xC6: /* MOV of a constant */
        r->at += 1;
        return true;
    case 0xC7:
        r->at += r->operand16 ? 2 : 4;
        return true;
    case 0x86: case 0x87: /* XCHG */
        to->changes = modrm_register(r);
        return true;
    }
    to->flags = store_arithmetic(r, opcode);
    return to->flags;
}

/** ud2a, "xen", cpuid: CPUID that always comes to the hypervisor. */
static bool forced_cpuid(struct reader *r, struct emulation *to)
{
    static const uint8_t prefix[] = { 0x0F, 0x0B, 'x', 'e', 'n', 0x0F, 0xA2 };

    if (r->bytes < sizeof prefix)
        return false;
    for (unsigned i = 0; i < sizeof prefix; i++)
        if (next(r) != prefix[i])
            return false;
    to->changes = GPR_EAX | GPR_ECX | GPR_EDX | GPR_EBX;
    return true;
}

bool emulation_of(const struct machine *m, const struct ring_change *left,
                  uint32_t base, struct emulation *to)
{
    const uint32_t write = PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE;
    struct reader r = { 0 };
    bool may = false;

    *to = (struct emulation){ 0 };
    r.bytes = (unsigned)machine_read_virtual(m, base + left->left.eip, r.byte,
                                             sizeof r.byte);
    if (left->vector == VECTOR_PROTECTION && left->error == 0)
        may = privileged(&r, to);
    else if (left->vector == VECTOR_INVALID_OPCODE)
        may = forced_cpuid(&r, to);
    else if (left->vector == VECTOR_PAGE_FAULT && left->from == 1 &&
             left->error == write)
        may = store(&r, to);
    to->length = r.at;
    return may && r.at <= r.bytes;
}
