/* SPDX-License-Identifier: MIT */
#include "fake_guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch_guest.h"
#include "arch_hypercall.h"
#include "fake_cpu.h"
#include "table_store.h"

#define WEAK __attribute__((weak))

struct fake_guest fake_guest;
struct processor processor;
uint8_t processor_stack[PROCESSOR_STACK_BYTES] __attribute__((aligned(16)));

void fake_guest_reset(void)
{
    struct vcpu *v = &fake_guest.vcpu;
    trap_frame_t *frame = guest_frame();

    fake_cpu_reset();
    memset(&fake_guest, 0, sizeof(fake_guest));
    memset(&fake_processor, 0, sizeof(fake_processor));
    memset(&processor, 0, sizeof(processor));
    memset(processor_stack, 0xA5, sizeof(processor_stack));

    fake_guest.domain.id = 7;
    fake_guest.domain.nr_vcpus = 1;
    fake_guest.domain.vcpu[0] = v;
    fake_guest.domain.shared = &fake_guest.shared;
    for (unsigned i = 0; i < EVENT_BUCKETS; i++)
        fake_guest.domain.events.bucket[i] =
            &fake_guest.ports[i * EVENT_BUCKET_PORTS];
    fake_guest.domain.events.nr_known = 1;
    v->domain = &fake_guest.domain;
    v->info = &fake_guest.shared.vcpu_info[0];
    v->running = true;
    processor.current = v;

    fake_guest.segment[0] =
        (struct fake_segment){ SEL_RING1_DS, 0, HYPERVISOR_START - 1 };
    fake_guest.segment[1] =
        (struct fake_segment){ SEL_RING3_DS, 0, HYPERVISOR_START - 1 };
    fake_map(0, true);

    memset(frame, 0, sizeof(*frame));
    frame->cs = SEL_RING1_CS;
    frame->ss = frame->ds = frame->es = frame->fs = frame->gs = SEL_RING1_DS;
    frame->eflags = FLAG_ALWAYS | FLAG_IF;
    frame->eip = 0x00123456;
    frame->esp = FAKE_GUEST_BASE + PAGE_SIZE;
    v->traps.kernel_ss = SEL_RING1_DS;
    v->traps.kernel_esp = FAKE_GUEST_BASE + PAGE_SIZE / 2;
}

void fake_map(unsigned n, bool writable)
{
    fake_guest.mapped[n] = true;
    fake_guest.writable[n] = writable;
}

void *fake_at(uint32_t address)
{
    uint32_t offset = address - FAKE_GUEST_BASE;

    if (offset >= sizeof(fake_guest.memory))
        abort();
    return fake_guest.memory + offset;
}

uint32_t fake_word(uint32_t address)
{
    uint32_t word;

    memcpy(&word, fake_at(address), sizeof(word));
    return word;
}

unsigned fake_reads(uint32_t address, uint32_t bytes)
{
    unsigned most = 0;

    for (uint32_t i = 0; i < bytes; i++)
        if (fake_guest.reads[address + i - FAKE_GUEST_BASE] > most)
            most = fake_guest.reads[address + i - FAKE_GUEST_BASE];
    return most;
}

/** One byte of guest memory, or NULL for a fault. */
static uint8_t *guest_byte(uint32_t address, bool write)
{
    uint32_t offset = address - FAKE_GUEST_BASE;
    unsigned page = offset / PAGE_SIZE;

    if (page >= FAKE_GUEST_PAGES || !fake_guest.mapped[page] ||
        (write && !fake_guest.writable[page]))
        return NULL;
    return fake_guest.memory + offset;
}

/** Host objects are not in the guest's range, nor near its ends. */
static bool is_guest_address(const void *p)
{
    uintptr_t host = (uintptr_t)p;

    return (host >= FAKE_GUEST_BASE - 0x100000 &&
            host < FAKE_GUEST_BASE + 0x100000) ||
           host < 0x100000;
}

/** The flat segments, as enter.c makes them; from selector 0xE018 on. */
static const descriptor_t flat[4] = {
    { 0x000067FF, 0x00CFBB00 }, { 0x000067FF, 0x00CFB300 },
    { 0x000067FF, 0x00CFFB00 }, { 0x000067FF, 0x00CFF300 },
};

/** One descriptor through the GDT's window. */
static int copy_descriptor(void *to, uint32_t offset, size_t bytes)
{
    uint32_t index = offset / sizeof(descriptor_t);

    memset(to, 0, bytes);
    if (index < FIRST_RESERVED_GDT_ENTRY && !fake_guest.gdt_mapped)
        return -EFAULT;
    if (index < 16)
        memcpy(to, &fake_guest.gdt[index], sizeof(descriptor_t));
    if (index >= SEL_RING1_CS >> 3 && index < (SEL_RING1_CS >> 3) + 4)
        memcpy(to, &flat[index - (SEL_RING1_CS >> 3)], sizeof(descriptor_t));
    return 0;
}

int arch_copy_may_fault(void *to, const void *from, size_t bytes)
{
    bool out = is_guest_address(to);

    if ((uintptr_t)to - GDT_WINDOW < sizeof(fake_guest.gdt)) {
        if (!fake_guest.gdt_mapped)
            return -EFAULT;
        memcpy((uint8_t *)fake_guest.gdt + ((uintptr_t)to - GDT_WINDOW), from,
               bytes);
        return 0;
    }
    if ((uintptr_t)from - GDT_WINDOW < 0x10000)
        return copy_descriptor(to, (uintptr_t)from - GDT_WINDOW, bytes);
    for (size_t i = 0; i < bytes; i++) {
        uint32_t address = (uint32_t)(uintptr_t)(out ? to : from) + i;
        uint8_t *guest = guest_byte(address, out);

        if (guest == NULL)
            return -EFAULT;
        if (out) {
            *guest = ((const uint8_t *)from)[i];
        } else {
            ((uint8_t *)to)[i] = *guest;
            fake_guest.reads[address - FAKE_GUEST_BASE]++;
        }
    }
    return 0;
}

int arch_clear_may_fault(void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        uint8_t *guest = guest_byte((uint32_t)(uintptr_t)to + i, true);

        if (guest == NULL)
            return -EFAULT;
        *guest = 0;
    }
    return 0;
}

/** As the hardware: the segment exists, and each word is in its limit. */
int arch_write_guest_stack(uint16_t ss, uint32_t esp, const uint32_t *words,
                           unsigned n)
{
    const struct fake_segment *s = fake_guest.segment;

    while (s < fake_guest.segment + 4 && s->selector != ss)
        s++;
    if (s == fake_guest.segment + 4 || ss == 0)
        return -EFAULT;
    while (n-- > 0) {
        uint32_t offset = esp + 4 * n;

        if (offset > s->limit || s->limit - offset < 3 ||
            guest_byte(s->base + offset, true) == NULL ||
            guest_byte(s->base + offset + 3, true) == NULL)
            return -EFAULT;
        memcpy(fake_at(s->base + offset), &words[n], 4);
    }
    return 0;
}

static uint16_t stack_segment;

bool arch_guest_stack(uint16_t ss)
{
    stack_segment = ss;
    return arch_write_guest_stack(ss, 0, NULL, 0) == 0;
}

bool arch_guest_push(uint32_t esp, unsigned index, uint32_t word)
{
    return arch_write_guest_stack(stack_segment, esp + 4 * index, &word, 1) ==
           0;
}

/* --- What other modules would do. ---------------------------------------- */

WEAK void domain_crash(struct domain *d, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(fake_guest.crash, sizeof(fake_guest.crash), fmt, args);
    va_end(args);
    fake_guest.nr_crashes++;
    d->dying = true;
}

WEAK bool domain_may_run(const struct domain *d)
{
    return !d->dying && !d->is_shut_down;
}

WEAK void domain_end_all(void)
{
    fake_guest.nr_looks_for_ends++;
}

WEAK void domain_shutdown(struct domain *d, unsigned reason)
{
    d->is_shut_down = true;
    fake_guest.shut_down = true;
    fake_guest.shutdown_reason = reason;
}

WEAK bool writable_fault(struct vcpu *v, trap_frame_t *frame,
                         uint32_t address, uint32_t error)
{
    (void)v;
    (void)frame;
    (void)address;
    (void)error;
    return false;
}

WEAK bool console_ring_drain(struct domain *d)
{
    (void)d;
    fake_guest.nr_drains++;
    if (fake_guest.console_pieces > 0)
        fake_guest.console_pieces--;
    return fake_guest.console_pieces > 0;
}

WEAK void store_ring_answer(struct domain *d)
{
    (void)d;
    fake_guest.nr_answers++;
}

WEAK void idt_set(unsigned vector, descriptor_t gate)
{
    (void)vector;
    (void)gate;
}

WEAK void exit_request(uint32_t work)
{
    processor.exit_work |= work;
}
