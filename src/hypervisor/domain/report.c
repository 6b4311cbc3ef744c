/* SPDX-License-Identifier: MIT */
/**
 * @file report.c
 * What a person wants to know when a guest has crashed: where it was, what
 * it did last, what its page tables say, what is on its stack.
 *
 * Everything is read without trusting it: guest memory through the tables
 * with memory_peek(), which never faults.
 */
#include "domain.h"

#include "boot.h"
#include "console.h"
#include "lib.h"

#define STACK_WORDS 16u
#define CODE_BYTES 16u

static const char *const exception_names[] = {
    "#DE divide error", "#DB debug", "NMI", "#BP breakpoint", "#OF overflow",
    "#BR bound", "#UD invalid opcode", "#NM no FPU", "#DF double fault",
    "(9)", "#TS invalid TSS", "#NP segment not present", "#SS stack fault",
    "#GP general protection", "#PF page fault", "(15)", "#MF FPU error",
    "#AC alignment", "#MC machine check", "#XM SIMD error",
};

/** An address with the symbol that it belongs to; nothing if there is none. */
static void print_name(const struct domain *d, uint32_t address)
{
    uint32_t offset;
    char name[64];

    if (domain_symbol(d, address, name, sizeof(name), &offset))
        printk(LOG_ERROR, "  0x%08x = %s+0x%x\n", address, name, offset);
}

/** The letters of an entry's flags: "P RW US A D". */
static void format_flags(uint64_t entry, char *text, size_t bytes)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } flags[] = {
        { PTE_P, "P" }, { PTE_RW, "RW" }, { PTE_US, "US" },
        { PTE_PWT, "PWT" }, { PTE_PCD, "PCD" }, { PTE_A, "A" },
        { PTE_D, "D" }, { PTE_PSE, "PSE" }, { PTE_GLOBAL, "G" },
        { PTE_NX, "NX" },
    };
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < ARRAY_SIZE(flags) && at < bytes; i++) {
        if (entry & flags[i].bit)
            at += (size_t)format(text + at, bytes - at, "%s%s",
                                 at == 0 ? "" : " ", flags[i].name);
    }
}

static const char *type_name(mfn_t m)
{
    static const char *const names[] = { "no type", "L1", "L2", "L3",
                                         "descriptors", "writable",
                                         "L2 of slot 3" };
    struct page_info *info = frame_info(m);

    if (!info || !info->owner)
        return "nobody's frame";
    return info->type < ARRAY_SIZE(names) ? names[info->type] : "?";
}

/**
 * Print a walk of a vCPU's page tables.
 *
 * @param v   Its base is the root.
 * @param va  The address of interest.
 * @context{entry}
 */
void report_walk(const struct vcpu *v, uint32_t va)
{
    unsigned index[3] = { l3_index(va), l2_index(va), l1_index(va) };
    struct table_walk walk;
    char flags[40];

    memory_walk(v, va, &walk);
    printk(LOG_ERROR, "  page tables for 0x%08x, from L3 in frame 0x%x:\n",
           va, v->base.n);
    for (unsigned i = 0; i < walk.levels; i++) {
        mfn_t below = maddr_to_mfn(maddr(walk.entry[i] & PTE_FRAME));

        format_flags(walk.entry[i], flags, sizeof(flags));
        printk(LOG_ERROR, "    L%u[%u] = 0x%016llx  %s%s%s\n", 3 - i,
               index[i], (unsigned long long)walk.entry[i],
               walk.entry[i] & PTE_P ? flags : "not present",
               walk.entry[i] & PTE_P ? ", frame is " : "",
               walk.entry[i] & PTE_P ? type_name(below) : "");
    }
}

static void print_last_fault(const struct vcpu *v)
{
    const struct last_fault *fault = &v->last_fault;

    if (!fault->any)
        return;
    printk(LOG_ERROR, "  last exception: vector %u%s%s, error code 0x%x",
           fault->vector,
           fault->vector < ARRAY_SIZE(exception_names) ? " " : "",
           fault->vector < ARRAY_SIZE(exception_names)
               ? exception_names[fault->vector] : "",
           fault->error);
    if (fault->vector == VECTOR_PAGE_FAULT)
        printk(LOG_ERROR, ", address 0x%08x", fault->address);
    printk(LOG_ERROR, "\n");
}

static void print_last_hypercall(const struct vcpu *v)
{
    const struct last_hypercall *call = &v->last_hypercall;

    if (!call->any) {
        printk(LOG_ERROR, "  it made no hypercall\n");
        return;
    }
    printk(LOG_ERROR, "  last hypercall: %u (0x%x, 0x%x, 0x%x, 0x%x, 0x%x, "
                      "0x%x)\n",
           call->number, call->args[0], call->args[1], call->args[2],
           call->args[3], call->args[4], call->args[5]);
    printk(LOG_ERROR, "    made before 0x%08x\n", call->eip);
}

/** The bytes at eip and the words on the stack, as far as they are mapped.
 *  Flat segments are assumed, as every kernel here has them. */
static void print_memory(const struct vcpu *v, const trap_frame_t *frame)
{
    uint8_t code[CODE_BYTES];
    uint32_t word[STACK_WORDS];
    char line[8 * 9 + 1];
    size_t got = memory_peek(v, frame->eip, code, sizeof(code)), at = 0;

    for (size_t i = 0; i < got; i++)
        at += (size_t)format(line + at, sizeof(line) - at, " %02x", code[i]);
    printk(LOG_ERROR, "  code at eip:%s\n", got ? line : " not mapped");
    got = memory_peek(v, frame->esp, word, sizeof(word)) / sizeof(word[0]);
    if (got == 0)
        printk(LOG_ERROR, "  stack at 0x%08x: not mapped\n", frame->esp);
    for (size_t i = 0; i < got; i += 8) {
        at = 0;
        for (size_t j = i; j < got && j < i + 8; j++)
            at += (size_t)format(line + at, sizeof(line) - at, " %08x",
                                 word[j]);
        printk(LOG_ERROR, "  stack 0x%08x:%s\n",
               (uint32_t)(frame->esp + i * sizeof(word[0])), line);
    }
}

/**
 * Print all that is known about a vCPU, but for names (report_names()).
 *
 * @param v      The vCPU; its base may be unset.
 * @param frame  Its registers.
 * @context{entry}
 */
void report_vcpu(struct vcpu *v, const trap_frame_t *frame)
{
    printk(LOG_ERROR, "  domain %u, vCPU %u, in ring %u\n", v->domain->id,
           v->id, frame_ring(frame));
    print_registers(LOG_ERROR, frame);
    v->domain->reported = v;
    v->domain->reported_eip = frame->eip;
    print_last_fault(v);
    print_last_hypercall(v);
    if (!mfn_valid_number(v->base))
        return;
    report_walk(v, frame->eip);
    if (v->last_fault.any && v->last_fault.vector == VECTOR_PAGE_FAULT &&
        v->last_fault.address != frame->eip)
        report_walk(v, v->last_fault.address);
    print_memory(v, frame);
}

/**
 * Print what the addresses in a domain's report are called.
 *
 * Not with the report: an image may have more symbols than can be looked at
 * before an interrupt must be answered.
 *
 * @param d  Any domain; without a report nothing is printed.
 * @context{exit}
 * @note  Reads the image's symbol table once or twice, and rests in between.
 */
void report_names(const struct domain *d)
{
    const struct vcpu *v = d->reported;

    if (!v)
        return;
    print_name(d, d->reported_eip);
    if (v->last_hypercall.any && v->last_hypercall.eip != d->reported_eip)
        print_name(d, v->last_hypercall.eip);
}
