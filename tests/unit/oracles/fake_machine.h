/* SPDX-License-Identifier: MIT */
/**
 * @file fake_machine.h
 * A made-up machine for the oracles' unit tests: registers, segments, tables
 * and a few frames of memory, all set by hand; and a list of what the oracle
 * reported.
 */
#ifndef TESTS_FAKE_MACHINE_H
#define TESTS_FAKE_MACHINE_H

#include "../../../sim/oracles/codes.h"
#include "../../../sim/oracles/oracle.h"

#define FAKE_FRAMES 64u
#define FAKE_FIRST_FRAME 0x100u /* the number of its first frame */
#define FAKE_PAGES 128u
#define FAKE_REPORTS 32u

struct fake_report {
    unsigned code;
    uint32_t a[6];
    char sentence[512];
};

struct fake_machine {
    struct machine m;
    struct event_registers r;
    struct segment_cache segment[NR_SEGMENTS];
    struct machine_extra extra;
    struct table_register gdt, idt;
    uint8_t ram[FAKE_FRAMES][4096];
    struct {
        uint32_t vaddr, frame;
        bool read_only;
    } page[FAKE_PAGES];
    unsigned nr_pages;
    uint64_t fetch_maddr; /**< of the instruction; 0: not known */
    struct machine_arg arg[4];
    struct fake_report report[FAKE_REPORTS];
    unsigned nr_reports;
};

/** The one there is. */
extern struct fake_machine fake;

/** All zero, nothing mapped, no reports; the oracle's start() is called. */
void fake_start(const struct oracle *oracle);

/** Name an argument of the run file; before fake_start()'s oracle reads it,
 *  so call oracle->start() again. */
void fake_arg(const char *name, const char *value);

/** Map a page to frame number FAKE_FIRST_FRAME + `frame`. */
void fake_map(uint32_t vaddr, unsigned frame);
void fake_map_read_only(uint32_t vaddr, unsigned frame);
void fake_unmap(uint32_t vaddr);

/** Write and read virtual memory, which must be mapped. */
void fake_poke(uint32_t vaddr, const void *bytes, size_t length);
void fake_poke32(uint32_t vaddr, uint32_t value);

/** A descriptor's eight bytes. @param type  with S in bit 4. */
uint64_t fake_descriptor(uint32_t base, uint32_t limit20, bool pages,
                         unsigned type, unsigned dpl, bool big);

/** Set ring, cs, eip in machine and registers alike. */
void fake_at(unsigned ring, uint16_t cs, uint32_t eip);

/** How often a code was reported. */
unsigned fake_reported(unsigned code);

/** Reports of any code; prints them when there are any unexpected. */
unsigned fake_reports(void);

#endif
