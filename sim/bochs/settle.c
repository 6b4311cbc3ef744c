/* SPDX-License-Identifier: MIT */
/**
 * @file settle.c
 * Looking back at instructions (settle.h), and what is seen at once: control
 * registers and flushes.
 */
#include "sim/bochs/settle.h"

#include "sim/bochs/host.h"
#include "sim/bochs/tables.h"
#include "sim/bochs/texts.h"
#include "sim/bochs/writer.h"

#define CR0_PE 0x1u
#define CR0_WP 0x10000u
#define CR0_PG 0x80000000u
#define CR4_PAE 0x20u
#define CR4_FLUSHING 0xB0u /* PGE, PAE, PSE */

static bool unsettled;
static unsigned unsettled_class;     /**< of CPU_LGDT .. CPU_CR0 */
static struct event unsettled_event; /**< its general fields */

/* Control registers as last told. */
static uint32_t told_cr0, told_cr3, told_cr4;

void settle_start(void)
{
    told_cr4 = cpu_cr4();
}

/* --- Looking back --------------------------------------------------------*/

static void tell_table_write(const struct event *general,
                             const struct table_write *write)
{
    struct event event = *general;

    event.kind = EVENT_PT_WRITE;
    event.a[0] = (uint32_t)write->maddr;
    event.a[1] = (uint32_t)(write->maddr >> 32);
    event.a[2] = (uint32_t)write->new_entry;
    event.a[3] = (uint32_t)(write->new_entry >> 32);
    event.a[4] = (uint32_t)write->old_entry;
    event.a[5] = (uint32_t)(write->old_entry >> 32);
    event.a[6] = write->level;
    event.a[7] = write->by;
    writer_put(event, NULL, 0);
    host_table_write(write);
}

static void tell_table_load(struct event event, enum event_table which)
{
    struct table_register table;
    struct segment_cache segment;

    event.kind = EVENT_TABLE_LOAD;
    event.a[0] = which;
    if (which == TABLE_GDT || which == TABLE_IDT) {
        cpu_table(which, &table);
        event.a[1] = table.base;
        event.a[2] = table.limit;
    } else {
        cpu_segment(which == TABLE_LDT ? SEGMENT_LDTR : SEGMENT_TR, &segment);
        event.a[1] = segment.selector;
        event.a[2] = segment.base;
        event.a[3] = segment.limit;
    }
    writer_put(event, NULL, 0);
    host_table_load(which);
}

static void tell_control(struct event event, unsigned reg, uint32_t new_value,
                         uint32_t old_value)
{
    event.kind = EVENT_CR_WRITE;
    event.a[0] = reg;
    event.a[1] = new_value;
    event.a[2] = old_value;
    writer_put(event, NULL, 0);
    host_control(reg, new_value, old_value);
}

/** What the last instruction loaded, now that it is done. */
static void tell_loads(void)
{
    struct cpu_now now;

    if (unsettled_class & CPU_LGDT)
        tell_table_load(unsettled_event, TABLE_GDT);
    if (unsettled_class & CPU_LIDT)
        tell_table_load(unsettled_event, TABLE_IDT);
    if (unsettled_class & CPU_LLDT)
        tell_table_load(unsettled_event, TABLE_LDT);
    if (unsettled_class & CPU_LTR)
        tell_table_load(unsettled_event, TABLE_TR);
    if (unsettled_class & CPU_CR0) {
        cpu_now(&now);
        tell_control(unsettled_event, 0, now.cr0, told_cr0);
        told_cr0 = now.cr0;
    }
}

void settle(bool faulted)
{
    if (!unsettled)
        return;
    unsettled = false;
    tables_settle(true, tell_table_write);
    if (unsettled_class && !faulted)
        tell_loads();
    unsettled_class = 0;
}

void settle_interrupted(void)
{
    struct cpu_place now;

    cpu_place(&now);
    settle(now.eip == unsettled_event.eip &&
           now.icount == unsettled_event.icount);
}

void settle_prepare(unsigned class_bits)
{
    if (class_bits & (CPU_LGDT | CPU_LIDT | CPU_LLDT | CPU_LTR | CPU_CR0)) {
        unsettled = true;
        unsettled_class = class_bits;
        unsettled_event = writer_event(EVENT_TABLE_LOAD);
    }
}

void settle_store(uint64_t maddr, unsigned bytes, unsigned ring)
{
    struct event event;

    texts_store(maddr);
    if (!tables_in_frame(maddr))
        return;
    tables_settle(false, tell_table_write);
    event = writer_event(EVENT_PT_WRITE);
    tables_store(&event, maddr, bytes, ring ? PT_BY_GUEST : PT_BY_RING0);
    unsettled = true;
}

/* --- Control registers ----------------------------------------------------*/

void run_flush(enum flush_kind kind, uint32_t address)
{
    struct event event = writer_event(EVENT_FLUSH);

    event.a[0] = kind;
    event.a[1] = address;
    writer_put(event, NULL, 0);
    host_flush(kind, address);
}

/** Whether writing this value over that one drops translations. */
static bool flushes(unsigned reg, uint32_t changed)
{
    return reg == 3 || (reg == 0 && (changed & (CR0_PE | CR0_WP | CR0_PG))) ||
           (reg == 4 && (changed & CR4_FLUSHING));
}

void run_cr_write(unsigned reg)
{
    static const enum flush_kind kind[] = { FLUSH_CR0, 0, 0, FLUSH_CR3,
                                            FLUSH_CR4 };
    uint32_t *told = reg == 0 ? &told_cr0 : reg == 3 ? &told_cr3 : &told_cr4;
    uint32_t old_value = *told;
    struct cpu_now now;

    cpu_now(&now);
    *told = reg == 0 ? now.cr0 : reg == 3 ? now.cr3 : cpu_cr4();
    tell_control(writer_event(EVENT_CR_WRITE), reg, *told, old_value);
    if (flushes(reg, *told ^ old_value))
        run_flush(kind[reg], *told);
    if ((now.cr0 & CR0_PG) && (cpu_cr4() & CR4_PAE))
        tables_root(now.cr3);
}
