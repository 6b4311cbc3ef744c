/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_tables Unit test: GDT, IDT, TSS
 *
 * Property: each descriptor has the bits that the manual and layout.h give it
 * (written out here as the numbers they are), and nothing else is there.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

const uint32_t trap_entry_address[NR_TRAP_ENTRIES] = {
    [0] = 0xF6801230, [3] = 0xF6801233, [47] = 0xF680FFFF,
};

static descriptor_t page[GDT_PAGE_ENTRIES];
static descriptor_t idt[IDT_ENTRIES];
static struct tss tss, double_fault_tss;

/* Never called here: what enter.c needs of other files. */
void hypercall_entry(void)
{
    abort();
}

void arch_exit_to_guest(void)
{
    abort();
}

void vcpu_load_base(struct vcpu *v)
{
    (void)v;
}

void vcpu_load_tables(struct vcpu *v)
{
    (void)v;
}

void vcpu_load_state(const struct vcpu *v)
{
    (void)v;
}

void direct_gate_load(const struct vcpu *v)
{
    (void)v;
}

void direct_stack_load(const struct vcpu *v)
{
    (void)v;
}

static void set_up(void)
{
    fake_guest_reset();
    memset(page, 0, sizeof(page));
    memset(idt, 0, sizeof(idt));
}

static void expect(const descriptor_t *d, uint32_t lo, uint32_t hi)
{
    ck_assert_uint_eq(d->lo, lo);
    ck_assert_uint_eq(d->hi, hi);
}

START_TEST(test_gdt)
{
    uint32_t base = (uint32_t)(uintptr_t)&tss;
    uint32_t df = (uint32_t)(uintptr_t)&double_fault_tss;

    gdt_build(page, &tss, &double_fault_tss);
    expect(&page[1], 0x0000FFFF, 0x00CF9B00);
    expect(&page[2], 0x0000FFFF, 0x00CF9300);
    expect(&page[7], base << 16 | 0x67,
           (base & 0xFF000000) | 0x8900 | (base >> 16 & 0xFF));
    expect(&page[0], df << 16 | 0x67,
           (df & 0xFF000000) | 0x8900 | (df >> 16 & 0xFF));
    for (unsigned i = 0; i < GDT_PAGE_ENTRIES; i++)
        if (i > 2 && i != 7)
            expect(&page[i], 0, 0);
}
END_TEST

START_TEST(test_guest_segments)
{
    guest_segments_build(page);
    expect(&page[3], 0x000067FF, 0x00CFBB00);
    expect(&page[4], 0x000067FF, 0x00CFB300);
    expect(&page[5], 0x000067FF, 0x00CFFB00);
    expect(&page[6], 0x000067FF, 0x00CFF300);
    for (unsigned i = 0; i < GDT_PAGE_ENTRIES; i++)
        if (i < 3 || i > 6)
            expect(&page[i], 0, 0);
}
END_TEST

START_TEST(test_idt)
{
    uint32_t call = (uint32_t)(uintptr_t)hypercall_entry;

    idt_build(idt);
    expect(&idt[0], 0xE0081230, 0xF6808E00);
    expect(&idt[3], 0xE0081233, 0xF680EE00);
    expect(&idt[47], 0xE008FFFF, 0xF6808E00);
    expect(&idt[8], 0xE0000000, 0x00008500);
    expect(&idt[HYPERCALL_VECTOR], 0xE0080000 | (call & 0xFFFF),
           (call & 0xFFFF0000) | 0xAE00);
    for (unsigned i = 0; i < IDT_ENTRIES; i++) {
        unsigned dpl = (idt[i].hi >> 13) & 3;

        if (i >= NR_TRAP_ENTRIES && i != HYPERCALL_VECTOR)
            expect(&idt[i], 0, 0);
        else
            ck_assert_uint_eq(dpl, i == 3 || i == 4 ? 3
                                   : i == HYPERCALL_VECTOR ? 1 : 0);
    }
}
END_TEST

START_TEST(test_tss)
{
    struct tss expected;

    memset(&tss, 0, sizeof(tss));
    memset(&expected, 0, sizeof(expected));
    tss_build(&tss);
    expected.ss0 = SEL_HYPERVISOR_DS;
    expected.esp0 = (uint32_t)(uintptr_t)(processor_stack +
                                          PROCESSOR_STACK_BYTES - 16);
    expected.io_map_base = 104;
    ck_assert_mem_eq(&tss, &expected, sizeof(tss));
}
END_TEST

START_TEST(test_start_of_day)
{
    struct vcpu *v = &fake_guest.vcpu;
    trap_frame_t expected;

    memset(&v->frame, 0xA5, sizeof(v->frame));
    memset(&v->traps, 0xA5, sizeof(v->traps));
    vcpu_init_traps(v, 0x100000, 0x200000, 0x300000);

    memset(&expected, 0, sizeof(expected));
    expected.eip = 0x100000;
    expected.esp = 0x200000;
    expected.esi = 0x300000;
    expected.eflags = 0x202;
    expected.cs = 0xE019;
    expected.ss = expected.ds = expected.es = expected.fs = expected.gs =
        0xE021;
    ck_assert_mem_eq(&v->frame, &expected, sizeof(expected));
    ck_assert_uint_eq(v->traps.kernel_ss, 0xE021);
    ck_assert_uint_eq(v->traps.kernel_esp, 0x200000);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(v->traps.table[i].cs | v->traps.table[i].address,
                          0);
    ck_assert_uint_eq(v->traps.event.cs | v->traps.failsafe.cs, 0);
    ck_assert_uint_eq(v->debug_register[6], 0xFFFF0FF0);
    ck_assert_uint_eq(v->debug_register[7], 0x400);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        ck_assert(!mfn_valid_number(v->descriptors.gdt[i]));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: tables");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_gdt);
    tcase_add_test(t, test_guest_segments);
    tcase_add_test(t, test_idt);
    tcase_add_test(t, test_tss);
    tcase_add_test(t, test_start_of_day);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
