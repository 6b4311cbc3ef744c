/* SPDX-License-Identifier: MIT */
/**
 * @file io.c
 * Which frames are no RAM: device registers, firmware, holes.
 *
 * They have no owner and no counts. A privileged domain may map them (it
 * drives the machine's devices); nobody else may. Two kinds nobody may: what
 * brings interrupts to the processor, which is the hypervisor's, and addresses
 * that the processor does not have, because an entry with one is an exception
 * wherever it is used. What is RAM is what the boot loader's map said, before
 * the hypervisor took its own part: a frame of the hypervisor's is RAM, has no
 * owner either, and is nobody's to map.
 *
 * Sources: [Multiboot] 0.6.96, 3.3 "Boot information format"; [SDM3A]
 * 253668-032, 4.4 "PAE Paging".
 */
#include "memory.h"

#include "arch_cpu.h"
#include "boot.h"
#include "domain.h"
#include "lib.h"

/** Leaf whose EAX has the width of physical addresses in its lowest byte. */
#define CPUID_WIDTHS 0x80000008u
/** Of processors with PAE that do not have that leaf. */
#define WIDTH_WITHOUT 36u
#define WIDTH_LEAST 32u

/** What brings interrupts: [first, end) in frames. */
static const struct {
    uint32_t first, end;
} interrupts[] = {
    { 0xFEC00, 0xFEC01 }, /* the I/O APIC's usual place */
    { 0xFEE00, 0xFEF00 }, /* the local APIC; messages that are interrupts */
};

static const struct boot_info *machine_map;

/** The first frame behind all that the processor can address. */
static uint64_t first_unreachable = 1ull << (WIDTH_LEAST - PAGE_SHIFT);

/** Clear PAGE_IO on the whole frames of one range of RAM. */
static void unmark(const struct boot_range *range)
{
    uint64_t end = range->base + range->length;
    uint64_t first = (range->base + PAGE_SIZE - 1) >> PAGE_SHIFT;

    if (end < range->base)
        end = UINT64_MAX;
    for (uint64_t n = first; n < end >> PAGE_SHIFT; n++) {
        if (n >= frame_table_size())
            break;
        frame_info(mfn((uint32_t)n))->flags &= ~PAGE_IO;
    }
}

/** In bits; never so little that numbers of frames make no sense. */
static uint32_t address_width(void)
{
    uint32_t width;

    if (arch_cpuid(0x80000000u, 0).eax < CPUID_WIDTHS)
        return WIDTH_WITHOUT;
    width = arch_cpuid(CPUID_WIDTHS, 0).eax & 0xFF;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

/**
 * Mark the frames that are no RAM.
 *
 * @param info  The boot loader's map, as it was handed over; it stays.
 * @context{boot}
 * @pre   Before the first frame has an owner.
 */
void memory_io_init(const struct boot_info *info)
{
    machine_map = info;
    first_unreachable = 1ull << (address_width() - PAGE_SHIFT);
    for (uint32_t n = 0; n < frame_table_size(); n++)
        frame_info(mfn(n))->flags |= PAGE_IO;
    for (unsigned i = 0; i < info->nr_ranges; i++) {
        if (info->range[i].type == 1)
            unmark(&info->range[i]);
    }
}

/**
 * Ask what is behind a frame number: RAM, or something else.
 *
 * @param m  Any number.
 * @context{entry}
 * @return true if it is no RAM, as no frame beyond the table ever is.
 */
bool frame_is_io(mfn_t m)
{
    const struct page_info *info = frame_info(m);

    return !info || (info->flags & PAGE_IO);
}

/**
 * Say whether a domain may map a frame that is no RAM.
 *
 * @param d  Whose table it would be in.
 * @param m  frame_is_io() is true of it.
 * @context{hypercall}
 * @return true if it may, and nothing is to be counted.
 */
bool io_frame_allowed(const struct domain *d, mfn_t m)
{
    for (unsigned i = 0; i < ARRAY_SIZE(interrupts); i++)
        if (m.n >= interrupts[i].first && m.n < interrupts[i].end)
            return false;
    return d->privileged && m.n < first_unreachable;
}

/**
 * Get the machine's memory as the boot loader described it.
 *
 * @context{hypercall}
 * @return what memory_io_init() was given; it stays as it is.
 */
const struct boot_info *memory_machine_map(void)
{
    return machine_map;
}
