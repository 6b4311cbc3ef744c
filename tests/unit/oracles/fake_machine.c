/* SPDX-License-Identifier: MIT */
/**
 * @file fake_machine.c
 * See fake_machine.h.
 */
#include "fake_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_machine fake;

static void fake_registers(const struct machine *m, struct event_registers *to)
{
    (void)m;
    *to = fake.r;
}

static void fake_segment(const struct machine *m, enum machine_segment which,
                         struct segment_cache *to)
{
    (void)m;
    *to = fake.segment[which];
}

static void fake_extra(const struct machine *m, struct machine_extra *to)
{
    (void)m;
    *to = fake.extra;
}

static void fake_table(const struct machine *m, enum event_table which,
                       struct table_register *to)
{
    (void)m;
    *to = which == TABLE_GDT ? fake.gdt : fake.idt;
}

static bool fake_translate(const struct machine *m, uint32_t vaddr,
                           struct translation *to)
{
    (void)m;
    for (unsigned i = 0; i < fake.nr_pages; i++) {
        if (fake.page[i].vaddr != (vaddr & ~0xFFFu))
            continue;
        *to = (struct translation){
            .maddr = ((uint64_t)(FAKE_FIRST_FRAME + fake.page[i].frame) << 12)
                     | (vaddr & 0xFFF),
            .user = true,
            .writable = !fake.page[i].read_only,
            .execute = true,
        };
        return true;
    }
    return false;
}

static bool fake_fetch(const struct machine *m, uint32_t *vaddr,
                       uint64_t *maddr)
{
    *vaddr = m->eip;
    *maddr = fake.fetch_maddr;
    return fake.fetch_maddr != 0;
}

static uint8_t *ram_at(uint64_t maddr)
{
    uint64_t frame = maddr >> 12;

    if (frame < FAKE_FIRST_FRAME || frame >= FAKE_FIRST_FRAME + FAKE_FRAMES)
        return NULL;
    return &fake.ram[frame - FAKE_FIRST_FRAME][maddr & 0xFFF];
}

static size_t fake_read_physical(const struct machine *m, uint64_t maddr,
                                 void *to, size_t bytes)
{
    size_t n;

    (void)m;
    for (n = 0; n < bytes && ram_at(maddr + n); n++)
        ((uint8_t *)to)[n] = *ram_at(maddr + n);
    return n;
}

static void fake_broken(const struct machine *m, unsigned code,
                        const uint32_t a[6], const char *sentence)
{
    struct fake_report *report;

    (void)m;
    if (fake.nr_reports == FAKE_REPORTS)
        return;
    report = &fake.report[fake.nr_reports++];
    report->code = code;
    if (a)
        memcpy(report->a, a, sizeof report->a);
    snprintf(report->sentence, sizeof report->sentence, "%s", sentence);
}

static const struct machine_queries queries = {
    .registers = fake_registers,
    .segment = fake_segment,
    .extra = fake_extra,
    .table = fake_table,
    .translate = fake_translate,
    .fetch = fake_fetch,
    .read_physical = fake_read_physical,
    .broken = fake_broken,
};

void fake_start(const struct oracle *oracle)
{
    memset(&fake, 0, sizeof fake);
    fake.m.queries = &queries;
    fake.m.args = fake.arg;
    if (oracle->start)
        oracle->start(&fake.m);
}

void fake_arg(const char *name, const char *value)
{
    struct machine_arg *arg = &fake.arg[fake.m.nr_args++];

    snprintf(arg->name, sizeof arg->name, "%s", name);
    snprintf(arg->value, sizeof arg->value, "%s", value);
}

static void map(uint32_t vaddr, unsigned frame, bool read_only)
{
    fake.page[fake.nr_pages].read_only = read_only;
    fake.page[fake.nr_pages].vaddr = vaddr & ~0xFFFu;
    fake.page[fake.nr_pages++].frame = frame;
}

void fake_map(uint32_t vaddr, unsigned frame)
{
    map(vaddr, frame, false);
}

void fake_map_read_only(uint32_t vaddr, unsigned frame)
{
    map(vaddr, frame, true);
}

void fake_unmap(uint32_t vaddr)
{
    for (unsigned i = 0; i < fake.nr_pages; i++)
        if (fake.page[i].vaddr == (vaddr & ~0xFFFu))
            fake.page[i] = fake.page[--fake.nr_pages];
}

void fake_poke(uint32_t vaddr, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        struct translation to;

        if (!fake_translate(&fake.m, vaddr + (uint32_t)i, &to)) {
            fprintf(stderr, "the test pokes 0x%08x, which is not mapped\n",
                    vaddr);
            abort();
        }
        *ram_at(to.maddr) = ((const uint8_t *)bytes)[i];
    }
}

void fake_poke32(uint32_t vaddr, uint32_t value)
{
    fake_poke(vaddr, &value, sizeof value);
}

uint64_t fake_descriptor(uint32_t base, uint32_t limit20, bool pages,
                         unsigned type, unsigned dpl, bool big)
{
    uint32_t low = base << 16 | (limit20 & 0xFFFF);
    uint32_t high = (base & 0xFF000000u) | (base >> 16 & 0xFF) |
                    (limit20 & 0xF0000) | type << 8 | dpl << 13 | 1u << 15 |
                    (uint32_t)big << 22 | (uint32_t)pages << 23;

    return (uint64_t)high << 32 | low;
}

void fake_at(unsigned ring, uint16_t cs, uint32_t eip)
{
    fake.m.ring = (uint8_t)ring;
    fake.m.cs = fake.r.cs = cs;
    fake.m.eip = fake.r.eip = eip;
}

unsigned fake_reported(unsigned code)
{
    unsigned n = 0;

    for (unsigned i = 0; i < fake.nr_reports; i++)
        n += fake.report[i].code == code;
    return n;
}

unsigned fake_reports(void)
{
    return fake.nr_reports;
}
