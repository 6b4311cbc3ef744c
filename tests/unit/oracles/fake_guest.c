/* SPDX-License-Identifier: MIT */
/**
 * @file fake_guest.c
 * See fake_guest.h.
 */
#include "fake_guest.h"

#include <stdio.h>
#include <string.h>

#define SHARED_MADDR ((FAKE_FIRST_FRAME + SHARED) << 12)

const struct oracle *guest_oracle;
struct event_registers guest;
static unsigned ring; /* the one that was left */

static void set_gdt(unsigned index, uint64_t raw)
{
    fake_poke(GDT_VA + index * 8, &raw, sizeof raw);
}

static void make_gdt(void)
{
    fake.gdt = (struct table_register){ GDT_VA, 15 * 4096 - 1 };
    set_gdt(7171, fake_descriptor(0, 0xF67FF, true, 0x1A, 1, true));
    set_gdt(7172, fake_descriptor(0, 0xF67FF, true, 0x12, 1, true));
    set_gdt(7173, fake_descriptor(0, 0xF67FF, true, 0x1A, 3, true));
    set_gdt(7174, fake_descriptor(0, 0xF67FF, true, 0x12, 3, true));
}

void guest_boot(void)
{
    fake_start(guest_oracle);
    fake_map(CODE_VA, CODE);
    fake_map(DATA_VA, DATA);
    fake_map(STACK_VA, STACK);
    fake_map(START_VA, START);
    fake_map(USER_VA, USER);
    fake_map(GDT_VA + 14 * 4096, RESERVED);
    make_gdt();
    fake_poke(START_VA, "xen-3.0-x86_32p", 16);
    fake_poke32(START_VA + 36, SHARED_MADDR);
    fake_poke32(START_VA + 68, IMAGE_END);
    for (unsigned i = 0; i < 32; i++)
        fake.ram[SHARED][i * 64 + 1] = 1;
    guest = (struct event_registers){
        .esp = STACK_TOP, .esi = START_VA, .eip = CODE_VA, .eflags = 0x202,
        .cs = KERNEL_CS, .ss = KERNEL_DS, .ds = KERNEL_DS, .es = KERNEL_DS,
        .fs = KERNEL_DS, .gs = KERNEL_DS,
    };
    fake.extra.fpu_words[0] = 0x037F; /* as FNINIT leaves it */
    fake.extra.fpu_words[3] = 0x1F80;
    ring = 0;
}

void go_on(void)
{
    struct ring_change change = { .from = 0, .to = guest.cs & 3,
                                  .cause = CAUSE_IRET };

    if (guest.eflags & 0x20000)
        change.to = 3;
    fake.r = guest;
    fake.m.cr3 = guest.cr3;
    fake_at(change.to, guest.cs, guest.eip);
    fake.m.icount++;
    guest_oracle->ring_change(&fake.m, &change);
}

void guest_first(void)
{
    guest_boot();
    go_on();
}

static void leave(enum ring_cause cause, unsigned vector, bool has_error,
                  uint32_t error)
{
    struct ring_change change = {
        .from = guest.eflags & 0x20000 ? 3 : guest.cs & 3,
        .to = 0,
        .cause = cause,
        .vector = vector,
        .has_error = has_error,
        .error = error,
        .left = guest,
    };

    if (guest_oracle->delivery)
        guest_oracle->delivery(&fake.m, cause, vector);
    fake.r.cr2 = guest.cr2;
    fake_at(0, 0xE008, 0xF6801000);
    fake.m.icount++;
    guest_oracle->ring_change(&fake.m, &change);
}

void leave_hypercall(uint32_t number, uint32_t ebx, uint32_t ecx,
                     uint32_t edx, uint32_t esi)
{
    guest.eax = number;
    guest.ebx = ebx;
    guest.ecx = ecx;
    guest.edx = edx;
    guest.esi = esi;
    leave(CAUSE_SOFT_INTERRUPT, 0x82, false, 0);
}

void leave_exception(unsigned vector, bool has_error, uint32_t error)
{
    leave(CAUSE_EXCEPTION, vector, has_error, error);
}

void leave_interrupt(enum ring_cause cause, unsigned vector)
{
    leave(cause, vector, false, 0);
}

static void register_trap(uint32_t *at, unsigned vector, unsigned flags)
{
    fake_poke32(*at, vector | flags << 8 | (uint32_t)KERNEL_CS << 16);
    fake_poke32(*at + 4, HANDLER(vector));
    *at += 8;
}

void guest_ready(void)
{
    uint32_t at = DATA_VA;

    guest_first();
    for (unsigned vector = 0; vector < 32; vector++)
        register_trap(&at, vector, vector == 3 || vector == 4 ? 3 : 0);
    register_trap(&at, 0x80, 3);
    register_trap(&at, 0x90, 1);
    register_trap(&at, 0x91, 3 | 4);
    leave_hypercall(0, DATA_VA, 0, 0, 0);
    guest.eax = 0;
    go_on();
    leave_hypercall(4, KERNEL_CS, EVENT_HANDLER, KERNEL_CS, FAILSAFE_HANDLER);
    guest.eax = 0;
    go_on();
    leave_hypercall(3, KERNEL_DS, STACK_TOP, 0, 0);
    guest.eax = 0;
    go_on();
    guest.eip = CODE_VA + 0x10;
    guest.esp = STACK_TOP - 0x200;
    guest.eax = 1;
    guest.edi = 7;
    guest.ebp = 8;
}

void guest_in_application(void)
{
    guest.cs = USER_CS;
    guest.ss = guest.ds = guest.es = guest.fs = guest.gs = USER_DS;
    guest.esp = USER_VA + 0x800;
}

void store(uint32_t vaddr, unsigned frame, uint32_t offset, uint32_t bytes)
{
    struct access a = {
        .vaddr = vaddr,
        .maddr = ((uint64_t)(FAKE_FIRST_FRAME + frame) << 12) + offset,
        .bytes = bytes,
        .kind = ACCESS_WRITE,
    };

    guest_oracle->access(&fake.m, &a);
}

void push(uint32_t value)
{
    guest.esp -= 4;
    fake_poke32(guest.esp, value);
}

void set_mask(uint8_t mask)
{
    fake.ram[SHARED][1] = mask;
}

void set_pending(uint8_t pending)
{
    fake.ram[SHARED][0] = pending;
}

static void print_reports(void)
{
    for (unsigned i = 0; i < fake.nr_reports; i++)
        printf("  code %u: %s\n", fake.report[i].code,
               fake.report[i].sentence);
}

bool silent(void)
{
    if (fake_reports())
        print_reports();
    return fake_reports() == 0;
}

bool only(unsigned code)
{
    bool good = fake_reports() == 1 && fake_reported(code) == 1;

    if (!good) {
        printf("  code %u alone was expected, there are %u reports\n", code,
               fake_reports());
        print_reports();
    }
    return good;
}
