/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What guests do: calls, but also stores wherever they can write, instructions
 * that only ring 0 may execute, exceptions, and whatever a kernel can do to its
 * own registers; and what happens meanwhile.
 */
#include "world.h"

#include <string.h>

#include "arch_bits.h"
#include "lib.h"
#include "time.h"

/** Instructions that fault in ring 1, or are emulated. */
static const uint8_t instructions[][4] = {
    { 0xEC }, { 0xEE }, { 0xE4, 0x80 }, { 0xE6, 0x80 }, { 0x6C }, { 0x6E },
    { 0xF3, 0x6C }, { 0xF3, 0x6E }, { 0xF3, 0x66, 0x6D }, { 0xFA }, { 0xFB },
    { 0x0F, 0x20, 0xC0 }, { 0x0F, 0x22, 0xC0 }, { 0x0F, 0x20, 0xD8 },
    { 0x0F, 0x22, 0xD8 }, { 0x0F, 0x20, 0xE0 }, { 0x0F, 0x22, 0xE0 },
    { 0x0F, 0x20, 0xD0 }, { 0x0F, 0x22, 0xD0 }, { 0x0F, 0x21, 0xF8 },
    { 0x0F, 0x23, 0xF8 }, { 0x0F, 0x06 }, { 0x0F, 0x09 }, { 0x0F, 0x32 },
    { 0x0F, 0x30 }, { 0x0F, 0x31 }, { 0xF4 }, { 0x0F, 0x01, 0x10 },
    { 0x0F, 0x0B, 0x78, 0x65 }, { 0x65, 0x8B, 0x03 }, { 0x65, 0x89, 0x03 },
};

/** Opcodes that store to their operand; those from STORE_TWO on behind a 0F. */
static const uint8_t stores[] = {
    0x89, 0x88, 0xC7, 0xC6, 0x87, 0x31, 0x01, 0x29, 0x11, 0x19, 0x21, 0x09,
    0x80, 0x81, 0x83, 0xFF, 0xFE, 0xF7, 0xB1, 0xC7, 0xBA, 0xAB, 0xB3, 0xBB,
    0xC1, 0xB0, 0xC0, 0xA3,
};
#define STORE_TWO 18u

/** The kernel's registers as they would be if nothing had gone wrong: it may
 *  load them at any time. */
static void flat(trap_frame_t *frame)
{
    frame->cs = SEL_RING1_CS;
    frame->ss = frame->ds = frame->es = frame->fs = frame->gs = SEL_RING1_DS;
    frame->esp = STACK_VA - (take8() & 0x7C);
}

/** An application's. */
static void flat_user(trap_frame_t *frame)
{
    frame->cs = SEL_RING3_CS;
    frame->ss = frame->ds = frame->es = frame->fs = SEL_RING3_DS;
    frame->gs = take8() & 1 ? SEL_RING3_DS : 4 | 8 | 3;
    frame->esp = 0x205000u;
}

static void registers(trap_frame_t *frame)
{
    frame->eax = take32();
    frame->ecx = take8();
    frame->edx = take_va();
    frame->ebx = take_va() + (take8() & 0x1F) * 8;
    frame->esi = take_va();
    frame->edi = take_va();
}

/** A store through the guest's own tables; a fault is its own. */
static void store(uint32_t address, const void *from, uint32_t bytes)
{
    bool user = frame_ring(guest_frame()) == 3;
    uint32_t error;

    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t *at = address + i < M2P_START
                          ? processor_reach(address + i, true, user, &error)
                          : NULL;

        if (!at) {
            passage_trap(VECTOR_PAGE_FAULT, error, address + i);
            return;
        }
        *at = ((const uint8_t *)from)[i];
    }
}

/* --- One thing each ------------------------------------------------------ */

static void make_call(void)
{
    trap_frame_t *frame = guest_frame();
    struct call c;

    if (frame_ring(frame) == 3 || take8() < 200)
        flat(frame);
    build_call(&c);
    frame->eip = CALL_EIP + INT_BYTES;
    machine_calls++;
    show("domain %u: call %u (%x, %x, %x, %x, %x)\n", caller()->id, c.number,
         c.arg[0], c.arg[1], c.arg[2], c.arg[3], c.arg[4]);
    passage_call(c.number, c.arg);
}

static void write_entry(void)
{
    uint32_t address = take_va() + (take8() & 31) * 8;
    uint64_t entry = take_entry();

    show("domain %u: writes %llx at %x\n", caller()->id,
         (unsigned long long)entry, address);
    store(address, &entry, sizeof(entry));
}

static void write_anything(void)
{
    uint32_t address = take_va() + take8() * 16u, value = take32();

    show("domain %u: writes %x at %x\n", caller()->id, value, address);
    store(address, &value, sizeof(value));
}

/** The pages that it shares with the hypervisor. */
static void write_shared(void)
{
    struct domain *d = caller();
    uint8_t *page = (uint8_t *)d->shared;
    uint32_t offset = take8() & 1 ? take32() % PAGE_SIZE : take8();

    if (take8() & 1)
        page[offset] = take8();
    else
        ((uint8_t *)current_vcpu()->info)[take8() % sizeof(struct vcpu_info)] =
            take8();
}

static void write_ring(void)
{
    struct domain *d = caller();
    bool store_ring = take8() & 1;
    uint32_t word = take8() & 3 ? take8() : take32();
    const mfn_t *page = store_ring ? &d->store.page : &d->console.page;

    if (!(store_ring ? d->store.open : d->console.open))
        return;
    /* The indices are behind the two buffers in both. */
    memcpy((uint8_t *)frame_bytes(*page) +
               (store_ring ? 2048 : 3072) + (take8() & 12), &word, 4);
    memset((uint8_t *)frame_bytes(*page) + (take8() * 8u), take8() & 31, 4);
}

static void write_grant(void)
{
    struct grant_entry_v1 *entry = caller()->grants.page[0];

    entry += take8() & 15;
    entry->domid = take8() & 3 ? take8() & 3 : take_domain();
    entry->frame = take_frame().n;
    entry->flags = take8() & 7 ? (take8() & 1 ? 1 : 2) | (take8() & 4)
                               : take8();
}

/** An instruction that ring 1 may not execute, or not as it stands. */
static void privileged(void)
{
    trap_frame_t *frame = guest_frame();
    const uint8_t *bytes = instructions[take8() % ARRAY_SIZE(instructions)];
    bool forced = bytes[0] == 0x0F && bytes[1] == 0x0B;
    static const uint8_t cpuid[] = { 0x0F, 0x0B, 'x', 'e', 'n', 0x0F, 0xA2 };

    if (take8() & 7)
        flat(frame);
    else
        flat_user(frame);
    registers(frame);
    if (forced)
        frame->eax = (uint32_t)(take8() & 0xC1) << 24 | (take8() & 15);
    frame->eip = ARGUMENTS + ARGUMENT_BYTES - 0x100;
    if (take8() < 16)
        frame->eip = take_va();
    memcpy(arguments + ARGUMENT_BYTES - 0x100,
           forced ? cpuid : bytes, forced ? sizeof(cpuid) : 4);
    arguments[ARGUMENT_BYTES - 0x100 + 8] = take8();
    passage_trap(forced ? VECTOR_INVALID_OPCODE : VECTOR_PROTECTION, 0, 0);
}

/** One of the instructions that store; its operand is [ebx], or near it. */
static void take_store(uint8_t *to)
{
    static const uint8_t mode[] = { 0x03, 0x43, 0x83, 0x03 };
    uint8_t which = take8() % ARRAY_SIZE(stores), prefix = take8();

    if (prefix < 24)
        *to++ = 0x66;
    if (prefix & 1)
        *to++ = 0xF0;
    if (which >= STORE_TWO)
        *to++ = 0x0F;
    *to++ = stores[which];
    *to++ = (uint8_t)(mode[take8() & 3] | (take8() & 7) << 3);
    for (unsigned i = 0; i < 8; i++) /* displacement, immediate */
        *to++ = take8() & 1 ? 0 : take8();
}

/** A store that faults, perhaps because there is a page table. */
static void table_store(void)
{
    trap_frame_t *frame = guest_frame();
    uint32_t table = take8() & 7 ? 3 + (take8() & 1) : take8() % WORLD_TABLES;

    if (take8() & 15)
        flat(frame);
    registers(frame);
    frame->eax = (uint32_t)take_entry();
    frame->ebx = frame->edi = TABLES_VA + (table << PAGE_SHIFT) +
                              (take8() & 63) * 4;
    take_store(arguments + ARGUMENT_BYTES - 0x100);
    frame->eip = ARGUMENTS + ARGUMENT_BYTES - 0x100;
    passage_trap(VECTOR_PAGE_FAULT,
                 PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE | (take8() & 4),
                 frame->ebx);
}

static void int_n(void)
{
    uint32_t vector = take8();

    if (vector == HYPERCALL_VECTOR)
        return;
    guest_frame()->eip = CODE_VA + take8();
    passage_trap(VECTOR_PROTECTION, vector * 8 + ERROR_IDT, 0);
}

static void exception(void)
{
    static const uint8_t vector[] = { 0, 1, 3, 4, 5, 6, 7, 10, 11, 12, 13,
                                      14, 16, 17, 19, 2 };
    uint8_t which = vector[take8() & 15];
    uint32_t error = take8() & 3 ? 0 : take_selector() & ~1u;

    if (which == VECTOR_PAGE_FAULT)
        error = take8() & 0x17;
    else if (!(VECTORS_WITH_ERROR >> which & 1))
        error = 0;
    passage_trap(which, error, take8() & 7 ? take_va()
                                           : LDT_WINDOW + take8() * 8u);
}

/** Registers that a kernel loads itself, selectors among them: those that
 *  cannot be loaded fault before ring 0 sees them. */
static void reload(void)
{
    trap_frame_t *frame = guest_frame(), was = *frame;
    unsigned ring = frame_ring(frame);

    frame->ds = take_selector();
    frame->es = take_selector();
    frame->gs = take_selector();
    frame->esp = take_va();
    frame->eflags = (take32() & ~(FLAG_IOPL | FLAG_VM)) | FLAG_IF |
                    FLAG_ALWAYS;
    if (take8() & 1)
        frame->ss = take_selector();
    if (!processor_loads(frame->ds, ring) || !processor_returns_to(frame) ||
        !processor_loads(frame->es, ring) || !processor_loads(frame->gs, ring))
        *frame = was;
}

static void time_passes(void)
{
    passage_time((uint64_t)take8() << (take8() & 23));
}

/** Other scheduling parameters. */
static void adjust(struct domain *d)
{
    const struct sched_params p = {
        .weight = take8() & 7 ? 1 + take8() : take32(),
        .cap = take8() & 127, .warp_us = take32() >> (take8() & 31),
        .warp_limit_us = take8() * 100u, .unwarp_us = take8() * 100u,
    };

    (void)sched_domain_adjust(d, &p);
}

/** As a control domain will: one is ended, whatever it does, or made. */
static void lives(void)
{
    struct domain *d = domain_living(take8() % WORLD_DOMAINS);
    domid_t id = take8() % WORLD_DOMAINS;
    uint8_t which = take8();

    if (which < 40 && d && d != caller() && !d->privileged)
        domain_destroy(d);
    else if (which < 120 && id != 0 && !domain_by_id(id))
        (void)world_birth(id, false, take8());
    else if (which < 160 && d && d != caller())
        domain_pause(d);
    else if (which < 200 && d)
        adjust(d);
    else if (d && d->nr_pauses != 0)
        domain_unpause(d);
    passage_back();
}

/** The next allocations of ours fail. */
static void shortage(void)
{
    frames_shortage(take8() & 7);
}

static void (*const steps[])(void) = {
    make_call,    make_call,   make_call,   make_call,   make_call,
    make_call,    make_call,   make_call,   make_call,   make_call,
    make_call,    make_call,   make_call,   make_call,   make_call,
    make_call,    make_call,   make_call,   write_entry, write_anything,
    write_shared, write_ring,  write_grant, write_grant, privileged,
    table_store,  int_n,       exception,   reload,      time_passes,
    lives,        shortage,
};

/** A guest looks at its pages all the time, and so the processor remembers
 *  where they are: what changes must make it forget in time. */
static void use_pages(void)
{
    static unsigned next;
    uint32_t error;

    for (unsigned i = 0; i < 6; i++, next++)
        (void)processor_reach(next % 24 << PAGE_SHIFT, true, false, &error);
}

void world_step(void)
{
    trap_frame_t *frame = guest_frame();

    use_pages();

    /* A call that was interrupted is made again by itself, unless its guest
     * has something else in mind. */
    if (frame->eip == CALL_EIP && frame_ring(frame) != 3 &&
        (take8() & 15) != 15) {
        frame->eip += INT_BYTES;
        passage_call(frame->eax, (const uint32_t *)frame);
        return;
    }
    steps[take8() & 31]();
}
