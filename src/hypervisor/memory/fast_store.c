/* SPDX-License-Identifier: MIT */
/**
 * @file fast_store.c
 * A guest's store to a page table by one of the two instructions that
 * compilers make of `*entry = value`: MOV to memory from a register (89) or of
 * a constant (C7), four bytes.
 *
 * writable_fault() (exercise 3.5) decodes any instruction and finds out where
 * it stores. Here that is known: the processor has been through the segment
 * and the address, and CR2 is the result. So only the instruction's length is
 * needed, and the value:
 *
 *     opcode   mod reg rm   [SIB]   [displacement]   [constant]
 *
 *  - FAST-I9: the operand lies in one entry (CR2 is aligned), which is changed
 *    by fast_entry() like any other; the upper half of a present entry, which
 *    may have to be made not present for a moment, is the exercise's.
 *
 * Used with the hypervisor's option `fast` (segmentation/fast_fault.c).
 *
 * Sources: [SDM2] "MOV"; [XenABI] xen/xen.h, VMASST_TYPE_writable_pagetables.
 */
#include "table_store.h"

#include "arch_guest.h"
#include "fast_entry.h"
#include "hypercall.h"

#define OPCODE_STORE 0x89u
#define OPCODE_STORE_CONSTANT 0xC7u

/** Bytes of an instruction up to its displacement's end; its first four are
 *  given. 0: its operand is no memory. */
static inline uint32_t address_bytes(uint32_t code)
{
    uint32_t mod = code >> 14 & 3, rm = code >> 8 & 7;
    bool sib = rm == 4;
    uint32_t base = sib ? code >> 16 & 7 : rm;

    if (mod == 3)
        return 0;
    if (mod == 0)
        return 2u + sib + (base == 5 ? 4 : 0);
    return 2u + sib + (mod == 1 ? 1 : 4);
}

/** The instruction at cs:eip in the flat kernel segment, if it is one of the
 *  two: how long it is, and what it stores. */
static inline bool decode(trap_frame_t *frame, uint32_t *length,
                          uint32_t *value)
{
    uint32_t eip = frame->eip, code, bytes;

    if (frame->cs != SEL_RING1_CS || eip > M2P_START - MAX_INSTRUCTION_BYTES ||
        !arch_guest_read(eip, &code))
        return false;
    bytes = address_bytes(code);
    *length = bytes;
    if (bytes == 0)
        return false;
    if ((code & 0xFF) == OPCODE_STORE) {
        *value = *general_register(frame, code >> 11 & 7);
        return true;
    }
    *length = bytes + sizeof(*value);
    return (code & 0x38FF) == OPCODE_STORE_CONSTANT &&
           arch_guest_read(eip + bytes, value);
}

/** The L1 of the domain's own that an address shows, read-only; or NULL. */
static inline uint8_t *shown_table(const struct vcpu *v, uint32_t address)
{
    volatile uint32_t *entry = fast_l1_slot(v, address);
    const struct page_info *info;
    mfn_t m;

    if (!entry || (entry[0] & (PTE_P | PTE_RW)) != PTE_P)
        return NULL;
    m = fast_frame(entry[0], entry[1]);
    info = frame_info(m);
    if (!info || info->owner != v->domain || info->type != FRAME_L1 ||
        !(info->flags & PAGE_VALIDATED))
        return NULL;
    return window_glance(m);
}

/**
 * Make a store to a page table that has faulted, if it is a common one.
 *
 * @param v        The running vCPU; its domain has the assist.
 * @param frame    Its registers.
 * @param address  CR2 of a fault by a write to a page that is present.
 * @context{exception}
 * @return true: the guest goes on behind the instruction. false: nothing has
 *         changed; writable_fault() is to look.
 * @ingroup memory
 */
bool fast_table_store(struct vcpu *v, trap_frame_t *frame, uint32_t address)
{
    uint32_t length, value, low, high;
    enum fast_result result;
    uint32_t *slot;
    uint8_t *table;

    if (address % sizeof(value) != 0 || tables_leaving != 0 ||
        !decode(frame, &length, &value))
        return false;
    table = shown_table(v, address);
    if (!table)
        return false;
    slot = (uint32_t *)(table + (address % PAGE_SIZE & ~7u));
    low = slot[0];
    high = slot[1];
    if (!(address & 4))
        low = value;
    else if (low & PTE_P)
        return false;
    else
        high = value;
    result = fast_entry(v->domain, slot, low, high);
    fast_note(result);
    if (result == FAST_NO)
        return false;
    frame->eip += length;
    return true;
}
