/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Where a number drawn by chance would hardly ever mean something, the input
 * chooses from those that do, and now and then from all.
 */
#include "world.h"

#include <string.h>

#include "arch_bits.h"

static uint32_t argument_next;

struct domain *caller(void)
{
    return current_vcpu()->domain;
}

/** Which domain's frames: mostly one's own. */
static unsigned take_owner(void)
{
    uint8_t which = take8();

    return which < 200 ? caller()->id : which % WORLD_DOMAINS;
}

mfn_t take_frame(void)
{
    uint8_t which = take8();
    struct domain *d = caller();
    const mfn_t *own = world_frame[take_owner()];

    if (which < 160)
        return own[which % WORLD_FRAMES];
    if (which < 200)
        return own[which % WORLD_TABLES];
    if (which < 232)
        return mfn(take32() % MACHINE_FRAMES);
    switch (which & 7) {
    case 0:
        return d->shared_mfn;
    case 1:
        return mfn(MACHINE_DEVICE_FRAME);
    case 2:
        return mfn(MACHINE_M2P_FRAME);
    case 3:
        return maddr_to_mfn(heap_maddr(d->grants.page[0]));
    case 4:
        return current_vcpu()->base;
    default:
        return mfn(take32() >> (which & 31));
    }
}

uint64_t take_entry(void)
{
    static const uint64_t flags[] = {
        0, PTE_P, PTE_P | PTE_RW, PTE_P | PTE_RW | PTE_US,
        PTE_P | PTE_A | PTE_D, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D,
        PTE_P | PTE_PSE, PTE_P | PTE_GLOBAL, PTE_P | PTE_NX,
        PTE_P | PTE_PWT | PTE_PCD | PTE_RW,
    };
    mfn_t m = take_frame();
    uint8_t which = take8();
    uint64_t entry = mfn_to_maddr(m).a | flags[which % 10];

    if (which >= 250)
        entry ^= 1ull << (take8() & 63);
    return entry;
}

domid_t take_domain(void)
{
    static const domid_t likely[] = {
        DOMID_SELF, 0, 1, 2, 3, DOMID_IO, DOMID_XEN, DOMID_SELF,
        DOMID_SELF, 1, 2, 3, DOMID_SELF, DOMID_INVALID, 77, DOMID_SELF,
    };

    return likely[take8() & 15];
}

domid_t take_other(void)
{
    uint8_t which = take8();

    return which < 230 ? which % WORLD_DOMAINS : take_domain();
}

uint32_t take_va(void)
{
    uint8_t which = take8();

    if (which < 160)
        return (which % 24u) << PAGE_SHIFT;
    if (which < 200)
        return 0x200000u + ((which & 15u) << PAGE_SHIFT);
    if (which < 216)
        return (take8() << PAGE_SHIFT) + (take8() & 7) * 0x200000u;
    if (which < 232)
        return M2P_START - 0x2000 + (take32() & 0x3FFF);
    if (which < 240)
        return HYPERVISOR_START - 8 + (take8() & 15);
    return take32();
}

uint16_t take_selector(void)
{
    static const uint16_t likely[] = {
        SEL_RING1_CS, SEL_RING1_DS, SEL_RING3_CS, SEL_RING3_DS, 0, 3,
        SEL_HYPERVISOR_CS, SEL_HYPERVISOR_DS, SEL_TSS, SEL_LDT,
        SEL_DOUBLE_FAULT_TSS, 8 | 1, 16 | 1, 24 | 3, 4 | 1, 12 | 3,
        4 | 8 | 1, 4 | 16 | 3, 0xE048, 0xFFFC,
    };
    uint8_t which = take8();

    if (which < 200)
        return likely[which % 20];
    if (which < 230)
        return (uint16_t)(which << 3 | (take8() & 7));
    return (uint16_t)take32();
}

/** Of an entry of a table: a machine address. */
uint64_t take_entry_address(void)
{
    uint8_t which = take8();
    uint32_t index = which < 160 ? which & 31
                     : which < 200 ? 0x1A8u + (which & 7)
                                   : 504u + (which & 7);

    if (which >= 250)
        index = (take32() & 0xFFF) / 8;
    return mfn_to_maddr(take_frame()).a + index * 8;
}

/** A time: soon, past, never, or any. */
uint64_t take_time(void)
{
    uint8_t which = take8();

    if (which < 128)
        return time_now() + which * 100000u;
    if (which < 160)
        return time_now() - which;
    if (which < 200)
        return 0;
    return (uint64_t)take32() << (which & 31) << (which & 7);
}

/* --- Arguments ----------------------------------------------------------- */

void arguments_restart(void)
{
    argument_next = 0;
}

uint32_t put(const void *from, size_t bytes)
{
    uint32_t at = argument_next;

    if (bytes > ARGUMENT_BYTES)
        broken("an argument of %u bytes", (unsigned)bytes);
    if (bytes > ARGUMENT_BYTES - at)
        at = 0;
    memcpy(arguments + at, from, bytes);
    argument_next = (at + (uint32_t)bytes + 7) & ~7u;
    return ARGUMENTS + at;
}

uint32_t address_of(uint32_t argument)
{
    uint8_t which = take8();

    if (which < 236)
        return argument;
    if (which < 244)
        return take_va();
    return which < 250 ? M2P_START - (which & 7) * 4 : 0;
}
