/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Numbers by chance, most of which mean something.
 */
#include "fuzz.h"

static uint8_t *next_room[2] = { arguments, arguments };
uint64_t pool_mfn[POOL_PAGES];

/* splitmix64: public domain, by S. Vigna. */
uint32_t draw32(void)
{
    uint64_t z = self()->random += 0x9E3779B97F4A7C15ull;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return (uint32_t)(z >> 32);
}

uint32_t draw(uint32_t below)
{
    return draw32() % below;
}

bool one_in(uint32_t n)
{
    return draw(n) == 0;
}

uint64_t pool_frame(unsigned n)
{
    return pool_mfn[n % POOL_PAGES];
}

/** The frame of one of the tables that the guest was started with. */
static uint64_t table_frame(void)
{
    const uint8_t *tables = (const uint8_t *)start_info->pt_base;

    return frame_of(tables + draw(start_info->nr_pt_frames) * 4096);
}

/** The machine address of the L1 entry that maps a page of the pool. An image
 *  in the last gigabyte has one L3, one L2, and L1s from its start on. */
static uint64_t pool_entry_address(void)
{
    uint32_t page = (uint32_t)pool[draw(POOL_PAGES)];
    uint32_t l1 = 2 + (page >> 21) - ((uint32_t)image_start >> 21);

    return frame_of((const uint8_t *)start_info->pt_base + l1 * 4096) << 12 |
           (page >> 12 & 511) * 8;
}

uint64_t draw_frame(void)
{
    uint32_t which = draw(64);

    if (which < 48)
        return pool_frame(draw(POOL_PAGES));
    if (which < 54)
        return table_frame();
    if (which == 54)
        return start_info->shared_info >> 12;
    if (which == 55) /* a call may write over what a list asks for after it */
        return steady ? pool_frame(draw(POOL_PAGES)) : frame_of(arguments);
    if (which < 60)
        return draw(start_info->nr_pages * 4);
    return draw32() >> draw(32);
}

uint64_t draw_entry(void)
{
    static const uint16_t flags[] = {
        0, 1, 3, 7, 0x21, 0x63, 0x67, 0x61, 0x81, 0x101, 0x1B, 0x3,
    };
    uint64_t entry = draw_frame() << 12 | flags[draw(12)];

    if (one_in(32))
        entry ^= 1ull << draw(64);
    return entry;
}

uint32_t draw_va(void)
{
    uint32_t which = draw(64);

    if (which < 52)
        return (uint32_t)pool[draw(POOL_PAGES)];
    if (which < 56)
        return (uint32_t)pool[draw(POOL_PAGES)] + draw(4096);
    if (which == 56)
        return 0xF5800000u - draw(64);
    if (which == 57)
        return 0xF6800000u - draw(64);
    if (which == 58)
        return start_info->pt_base + draw(start_info->nr_pt_frames * 4096);
    return draw32();
}

uint32_t draw_stack(void)
{
    uint32_t at = draw_va() + 4096 - draw(8) * 4;

    if (!exact && at >= 0xF5000000u)
        at &= 0x7FFFFFFCu;
    return at;
}

uint16_t draw_selector(void)
{
    static const uint16_t likely[] = {
        FLAT_KERNEL_CS, FLAT_KERNEL_DS, FLAT_USER_CS, FLAT_USER_DS, 0, 3,
        0xE008, 0xE010, 0xE038, 0xE040, 0xE000, 9, 0x11, 0x1B, 5, 0xF, 0xD,
        0x17, 0xE048, 0xFFFC, 0xE018, 0xE020,
    };

    return one_in(8) ? (uint16_t)draw32() : likely[draw(22)];
}

domid_t draw_domain(void)
{
    uint32_t which = draw(16);

    if (which < 7)
        return DOMID_SELF;
    if (which < 12)
        return (domid_t)(1 + draw(nr_domains));
    return which == 12 ? DOMID_IO : which == 13 ? DOMID_XEN
           : which == 14 ? own_id : (domid_t)draw32();
}

/** Entries of live tables other than the pool's are left alone, mostly: they
 *  are what the guest stands on. */
uint64_t draw_entry_address(void)
{
    uint64_t frame = one_in(64) ? draw_frame() : pool_frame(draw(POOL_PAGES));

    if (one_in(3))
        return pool_entry_address();
    return frame << 12 | (one_in(8) ? draw(4096) : draw(64) * 8);
}

uint64_t draw_time(void)
{
    uint64_t now = system_time();
    uint32_t which = draw(8);

    if (which < 5)
        return now + draw(2000000);
    return which == 5 ? 0 : which == 6 ? now - draw(1000)
                                       : (uint64_t)draw32() << draw(33);
}

/** Where oracles read what was asked for, each vCPU has a half of its own: the
 *  other one may run before the answer. */
void *room(uint32_t bytes)
{
    uint32_t own = steady ? ARGUMENT_BYTES / 2 : ARGUMENT_BYTES;
    unsigned who = steady && self() == &players[1];
    uint8_t *start = arguments + who * own, *at = next_room[who];

    if (bytes > own)
        give_up();
    if (at < start || at + bytes > start + own)
        at = start;
    next_room[who] = at + ((bytes + 7) & ~7u);
    for (uint32_t i = 0; i < bytes; i++)
        at[i] = 0;
    return at;
}

/** An address as the page tables have it now: oracles read what is there in the
 *  tables, the hypervisor by what the processor remembers. */
static uint32_t fresh(uint32_t va)
{
    struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL,
                            .arg1.linear_addr = va };

    if (steady)
        hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF);
    return va;
}

uint32_t passed(const void *argument)
{
    uint32_t which = draw(32);

    if (which != 0)
        return (uint32_t)argument;
    which = draw(4);
    return which == 0 ? fresh(draw_va()) : which == 1 ? 0xF5800000u - draw(32)
           : which == 2 ? 0 : (uint32_t)arguments + ARGUMENT_BYTES - draw(16);
}
