/* SPDX-License-Identifier: MIT */
/**
 * @file map.c
 * The oracle *map*: the machine touches only the physical memory that the
 * run file allows.
 *
 * The run's `allow` lines are what the boot loader's memory map called
 * usable, and what the ROM was told to fill. Everything else may be a device
 * or a hole on a real machine. It watches all there is: instructions'
 * accesses, the processor's own (descriptors, page walks), and fetches.
 *
 * - MAP-I1: without an `allow` line everything is allowed, and it is off.
 * - MAP-I2: the last 4 MB below 4 GB are always allowed: the boot ROM.
 */
#include "sim/oracles/oracle.h"

#include "sim/oracles/codes.h"

#define ROM_START 0xFFC00000ull
#define ROM_END 0x100000000ull
#define PAGE 4096u

/* Where the last access was found allowed: [last_start, last_end). */
static uint64_t last_start, last_end;

/* The page that was fetched from last, and its address space. */
static bool fetched;
static uint32_t fetched_page, fetched_cr3;

static bool wanted(const struct machine *m)
{
    return m->nr_allowed != 0;
}

static void start(const struct machine *m)
{
    (void)m;
    last_start = last_end = 0;
    fetched = false;
}

/** True when all of [maddr, maddr + bytes) may be touched. */
static bool is_allowed(const struct machine *m, uint64_t maddr,
                       uint64_t bytes)
{
    size_t i;

    if (maddr >= last_start && maddr + bytes <= last_end)
        return true;
    if (maddr >= ROM_START && maddr + bytes <= ROM_END)
        return true;
    for (i = 0; i < m->nr_allowed; i++) {
        if (maddr >= m->allowed[i].start &&
            maddr + bytes <= m->allowed[i].end) {
            last_start = m->allowed[i].start;
            last_end = m->allowed[i].end;
            return true;
        }
    }
    return false;
}

static void report(const struct machine *m, enum map_code code,
                   const char *what, uint64_t maddr, uint32_t bytes,
                   uint32_t vaddr)
{
    uint32_t a[6] = { (uint32_t)maddr, (uint32_t)(maddr >> 32), bytes,
                      vaddr };

    machine_broken(m, code, a,
                   "%s of %u bytes at physical 0x%llX (linear 0x%08X), "
                   "which is not memory that this machine may use",
                   what, bytes, (unsigned long long)maddr, vaddr);
}

static void access(const struct machine *m, const struct access *access)
{
    bool reads = access->kind == ACCESS_READ;

    if (!is_allowed(m, access->maddr, access->bytes))
        report(m, reads ? MAP_READ : MAP_WRITE,
               reads ? "a read" : "a write", access->maddr, access->bytes,
               access->vaddr);
}

static void physical(const struct machine *m,
                     const struct physical_access *access)
{
    if (!is_allowed(m, access->maddr, access->bytes))
        report(m, MAP_WALK, "a page walk's access", access->maddr,
               access->bytes, 0);
}

/** A fetch from another page than the last: where is it? */
static void before(const struct machine *m)
{
    struct translation where;

    if (fetched && fetched_page == m->eip / PAGE && fetched_cr3 == m->cr3)
        return;
    fetched = true;
    fetched_page = m->eip / PAGE;
    fetched_cr3 = m->cr3;
    if (machine_translate(m, m->eip, &where) &&
        !is_allowed(m, where.maddr, 1))
        report(m, MAP_FETCH, "a fetch", where.maddr, 1, m->eip);
}

const struct oracle oracle_map = {
    .name = "map",
    .demands = "only memory that the boot loader's map calls usable is read, "
               "written or executed",
    .wanted = wanted,
    .before_rings = 0xF,
    .access_filter = 0x7777,
    .start = start,
    .before = before,
    .access = access,
    .physical = physical,
};
