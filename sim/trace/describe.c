/* SPDX-License-Identifier: MIT */
/**
 * @file describe.c
 * See describe.h.
 */
#include "sim/trace/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Without it the header gives the numbers that calls had before 2006. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>

#include "sim/trace/reader.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kind_names[] = {
    [EVENT_START] = "start",
    [EVENT_RING] = "ring",
    [EVENT_EXCEPTION] = "exception",
    [EVENT_INTERRUPT] = "interrupt",
    [EVENT_SOFT_INTERRUPT] = "int",
    [EVENT_CR_WRITE] = "cr",
    [EVENT_MSR_WRITE] = "msr",
    [EVENT_TABLE_LOAD] = "table",
    [EVENT_FLUSH] = "flush",
    [EVENT_PORT_OUT] = "out",
    [EVENT_PORT_IN] = "in",
    [EVENT_HYPERCALL] = "hypercall",
    [EVENT_HYPERCALL_RETURN] = "return",
    [EVENT_MARK] = "mark",
    [EVENT_PT_WRITE] = "pt",
    [EVENT_ORACLE] = "oracle",
    [EVENT_HALT] = "halt",
    [EVENT_END] = "end",
    [EVENT_TEXT_CHANGED] = "text",
    [EVENT_JUMP] = "jump",
};

const char *event_kind_name(unsigned kind)
{
    return kind < NR(kind_names) ? kind_names[kind] : NULL;
}

unsigned event_kind_of_name(const char *name)
{
    unsigned i;

    for (i = 1; i < NR(kind_names); i++)
        if (strcmp(kind_names[i], name) == 0)
            return i;
    return 0;
}

const char *exception_name(unsigned vector, char *text, size_t size)
{
    static const char *const names[] = {
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", NULL,
        "#TS", "#NP", "#SS", "#GP", "#PF", NULL, "#MF", "#AC", "#MC", "#XM",
    };

    if (vector < NR(names) && names[vector])
        return names[vector];
    snprintf(text, size, "exception %u", vector);
    return text;
}

const char *hypercall_name(uint32_t number)
{
    static const char *const names[] = {
        [__HYPERVISOR_set_trap_table] = "set_trap_table",
        [__HYPERVISOR_mmu_update] = "mmu_update",
        [__HYPERVISOR_set_gdt] = "set_gdt",
        [__HYPERVISOR_stack_switch] = "stack_switch",
        [__HYPERVISOR_set_callbacks] = "set_callbacks",
        [__HYPERVISOR_fpu_taskswitch] = "fpu_taskswitch",
        [__HYPERVISOR_sched_op_compat] = "sched_op_compat",
        [__HYPERVISOR_platform_op] = "platform_op",
        [__HYPERVISOR_set_debugreg] = "set_debugreg",
        [__HYPERVISOR_get_debugreg] = "get_debugreg",
        [__HYPERVISOR_update_descriptor] = "update_descriptor",
        [__HYPERVISOR_memory_op] = "memory_op",
        [__HYPERVISOR_multicall] = "multicall",
        [__HYPERVISOR_update_va_mapping] = "update_va_mapping",
        [__HYPERVISOR_set_timer_op] = "set_timer_op",
        [__HYPERVISOR_event_channel_op_compat] = "event_channel_op_compat",
        [__HYPERVISOR_xen_version] = "xen_version",
        [__HYPERVISOR_console_io] = "console_io",
        [__HYPERVISOR_physdev_op_compat] = "physdev_op_compat",
        [__HYPERVISOR_grant_table_op] = "grant_table_op",
        [__HYPERVISOR_vm_assist] = "vm_assist",
        [__HYPERVISOR_update_va_mapping_otherdomain] =
            "update_va_mapping_otherdomain",
        [__HYPERVISOR_iret] = "iret",
        [__HYPERVISOR_vcpu_op] = "vcpu_op",
        [__HYPERVISOR_mmuext_op] = "mmuext_op",
        [__HYPERVISOR_nmi_op] = "nmi_op",
        [__HYPERVISOR_sched_op] = "sched_op",
        [__HYPERVISOR_callback_op] = "callback_op",
        [__HYPERVISOR_event_channel_op] = "event_channel_op",
        [__HYPERVISOR_physdev_op] = "physdev_op",
        [__HYPERVISOR_sysctl] = "sysctl",
        [__HYPERVISOR_domctl] = "domctl",
    };

    return number < NR(names) ? names[number] : NULL;
}

/** A text in the making: appending never overruns it. */
struct text {
    char *text;
    size_t size;
    size_t used;
};

static void append(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct text *t, const char *format, ...)
{
    va_list args;
    int more;

    va_start(args, format);
    more = vsnprintf(t->text + t->used, t->size - t->used, format, args);
    va_end(args);
    if (more > 0)
        t->used += (size_t)more < t->size - t->used ? (size_t)more
                                                    : t->size - t->used - 1;
}

/** A bit of a register that has a name. */
struct bit {
    uint32_t mask;
    const char *name;
};

/** " +PG -WP" for the named bits that changed. */
static void append_changes(struct text *t, const struct bit *bits,
                           uint32_t new_value, uint32_t old_value)
{
    for (; bits->name; bits++)
        if ((new_value ^ old_value) & bits->mask)
            append(t, " %c%s", new_value & bits->mask ? '+' : '-',
                   bits->name);
}

static void describe_control(struct text *t, const uint32_t *a)
{
    static const struct bit cr0[] = {
        { 1u << 0, "PE" },  { 1u << 1, "MP" },  { 1u << 2, "EM" },
        { 1u << 3, "TS" },  { 1u << 5, "NE" },  { 1u << 16, "WP" },
        { 1u << 18, "AM" }, { 1u << 29, "NW" }, { 1u << 30, "CD" },
        { 1u << 31, "PG" }, { 0, NULL },
    };
    static const struct bit cr4[] = {
        { 1u << 0, "VME" }, { 1u << 1, "PVI" },  { 1u << 2, "TSD" },
        { 1u << 3, "DE" },  { 1u << 4, "PSE" },  { 1u << 5, "PAE" },
        { 1u << 6, "MCE" }, { 1u << 7, "PGE" },  { 1u << 8, "PCE" },
        { 1u << 9, "OSFXSR" }, { 0, NULL },
    };

    append(t, "CR%u = 0x%08x", a[0], a[1]);
    if (a[0] == 0)
        append_changes(t, cr0, a[1], a[2]);
    else if (a[0] == 4)
        append_changes(t, cr4, a[1], a[2]);
    else
        append(t, " (was 0x%08x)", a[2]);
}

static void describe_ring(struct text *t, const uint32_t *a)
{
    char name[32];

    append(t, "ring %u -> %u by ", a[0], a[1]);
    switch ((enum ring_cause)a[2]) {
    case CAUSE_EXCEPTION:
        append(t, "%s", exception_name(a[3], name, sizeof(name)));
        return;
    case CAUSE_INTERRUPT:
        append(t, "interrupt 0x%02x", a[3]);
        return;
    case CAUSE_SOFT_INTERRUPT:
        append(t, "int 0x%02x", a[3]);
        return;
    case CAUSE_IRET:
        append(t, "iret");
        return;
    case CAUSE_FAR_BRANCH:
        append(t, "a far branch");
        return;
    case CAUSE_SYSENTER:
        append(t, "sysenter");
        return;
    case CAUSE_SYSEXIT:
        append(t, "sysexit");
        return;
    }
    append(t, "cause %u", a[2]);
}

static void describe_table(struct text *t, const uint32_t *a)
{
    switch ((enum event_table)a[0]) {
    case TABLE_GDT:
    case TABLE_IDT:
        append(t, "%s: base 0x%08x, limit 0x%x",
               a[0] == TABLE_GDT ? "GDT" : "IDT", a[1], a[2]);
        return;
    case TABLE_LDT:
    case TABLE_TR:
        append(t, "%s: selector 0x%04x", a[0] == TABLE_LDT ? "LDT" : "TSS",
               a[1]);
        if (a[1])
            append(t, ", base 0x%08x, limit 0x%x", a[2], a[3]);
        return;
    }
    append(t, "table %u", a[0]);
}

static void describe_flush(struct text *t, const uint32_t *a)
{
    switch ((enum flush_kind)a[0]) {
    case FLUSH_CR0:
    case FLUSH_CR3:
    case FLUSH_CR4:
        append(t, "TLB flushed by CR%u",
               a[0] == FLUSH_CR0 ? 0 : a[0] == FLUSH_CR3 ? 3 : 4);
        return;
    case FLUSH_INVLPG:
        append(t, "TLB: page 0x%08x flushed", a[1]);
        return;
    case FLUSH_TASK:
        append(t, "TLB flushed by a task switch");
        return;
    }
    append(t, "flush %u", a[0]);
}

static void append_hypercall(struct text *t, uint32_t number)
{
    const char *name = hypercall_name(number);

    if (name)
        append(t, "hypercall %s", name);
    else
        append(t, "hypercall %u", number);
}

/** " returns -22" rather than 4294967274: results near the top are error
 *  numbers. */
static void append_result(struct text *t, const uint32_t *a)
{
    if (a[2])
        append(t, " is to be repeated");
    else if (a[1] >= 0xFFFFF000u)
        append(t, " returns %" PRId32, (int32_t)a[1]);
    else
        append(t, " returns 0x%x", a[1]);
}

static void describe_pt_write(struct text *t, const uint32_t *a)
{
    append(t, "L%u entry at 0x%" PRIx64 " = 0x%016" PRIx64, a[6],
           (uint64_t)a[1] << 32 | a[0], (uint64_t)a[3] << 32 | a[2]);
    if (a[4] | a[5])
        append(t, " (was 0x%016" PRIx64 ")", (uint64_t)a[5] << 32 | a[4]);
    if (a[7] == PT_BY_GUEST)
        append(t, " by the guest itself");
}

static void describe_exception(struct text *t, const struct event *event)
{
    char name[32];

    append(t, "%s", exception_name(event->a[0], name, sizeof(name)));
    if (event->flags & EVENT_HAS_ERROR)
        append(t, " error 0x%x", event->a[1]);
    if (event->a[0] == 14)
        append(t, " at 0x%08x", event->a[2]);
}

/** Kinds that carry a sentence or a name. */
static void describe_payload(struct text *t, const struct event *event)
{
    const struct event_mark *mark = trace_mark(event);
    const struct event_text *text = trace_text(event);

    if (mark)
        append(t, "mark %s", mark->name);
    else if (event->kind == EVENT_ORACLE)
        append(t, "ORACLE %s broken: %s", text->name, text->text);
    else if (event->kind == EVENT_TEXT_CHANGED)
        append(t, "TRUSTED TEXT %s changed: %s", text->name, text->text);
    else
        append(t, "end, status %u: %s", event->a[1], text->text);
}

/** Kinds about devices and instructions of no other kind. */
static void describe_rest(struct text *t, const struct event *event)
{
    const uint32_t *a = event->a;

    switch (event->kind) {
    case EVENT_START:
        append(t, "start, seed %" PRIu64, (uint64_t)a[1] << 32 | a[0]);
        break;
    case EVENT_INTERRUPT:
        append(t, "interrupt 0x%02x", a[0]);
        break;
    case EVENT_SOFT_INTERRUPT:
        append(t, "int 0x%02x", a[0]);
        break;
    case EVENT_MSR_WRITE:
        append(t, "MSR 0x%x = 0x%" PRIx64, a[0],
               (uint64_t)a[2] << 32 | a[1]);
        break;
    case EVENT_PORT_OUT:
        append(t, "port 0x%x <- 0x%x", a[0], a[2]);
        break;
    case EVENT_PORT_IN:
        append(t, "port 0x%x -> 0x%x", a[0], a[2]);
        break;
    case EVENT_HALT:
        append(t, "HLT, interrupts %s", a[0] ? "on" : "off");
        break;
    case EVENT_JUMP:
        append(t, "TIME JUMPS by %" PRIu64 " ticks",
               (uint64_t)a[1] << 32 | a[0]);
        break;
    default:
        append(t, "event of kind %u", event->kind);
        break;
    }
}

void event_describe(const struct event *event, char *text, size_t size)
{
    struct text t = { text, size, 0 };
    const uint32_t *a = event->a;

    text[0] = '\0';
    switch (event->kind) {
    case EVENT_RING:
        describe_ring(&t, a);
        break;
    case EVENT_EXCEPTION:
        describe_exception(&t, event);
        break;
    case EVENT_CR_WRITE:
        describe_control(&t, a);
        break;
    case EVENT_TABLE_LOAD:
        describe_table(&t, a);
        break;
    case EVENT_FLUSH:
        describe_flush(&t, a);
        break;
    case EVENT_HYPERCALL:
        append_hypercall(&t, a[0]);
        append(&t, "(0x%x, 0x%x, 0x%x)", a[1], a[2], a[3]);
        break;
    case EVENT_HYPERCALL_RETURN:
        append_hypercall(&t, a[0]);
        append_result(&t, a);
        break;
    case EVENT_PT_WRITE:
        describe_pt_write(&t, a);
        break;
    case EVENT_MARK:
    case EVENT_ORACLE:
    case EVENT_END:
    case EVENT_TEXT_CHANGED:
        describe_payload(&t, event);
        break;
    default:
        describe_rest(&t, event);
        break;
    }
}
