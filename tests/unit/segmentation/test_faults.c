/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_faults Unit test: INT n and page faults
 *
 * Property: INT n reaches the guest's handler exactly when the guest's own
 * table allows it to the ring that tried; a page fault carries the address and
 * the user bit that the guest expects; a GDT page that is not there is a
 * general protection fault. The short way of a page fault does the same as the
 * plain one, in every case.
 */
#include <string.h>

#include "fake_cpu.h"
#include "fake_guest.h"
#include "table_store.h"
#include "unit.h"

/** So has the LDT (test_gdt.c). */
bool ldt_fill(struct vcpu *vcpu, uint32_t offset)
{
    (void)vcpu;
    return offset == 0x1008;
}

/** And the big segments (test_big_segments.c). */
bool big_segment_assist(struct vcpu *vcpu, trap_frame_t *f)
{
    (void)vcpu;
    (void)f;
    return false;
}

/** Stores to page tables too (memory/test_writable.c). */
static unsigned nr_table_stores;

bool fast_table_store(struct vcpu *vcpu, trap_frame_t *f, uint32_t address)
{
    (void)vcpu;
    (void)f;
    return ++nr_table_stores && address == 0x00EE0000;
}

/** Emulation has a test of its own (hypercall/test_emulate.c). */
enum emulate_result emulate_privileged(struct vcpu *vcpu, trap_frame_t *f)
{
    (void)vcpu;
    (void)f;
    return EMULATE_REFUSED;
}

#define HANDLER 0x00ABCD00u

static trap_frame_t *frame;
static struct vcpu *v;

static void set_up(void)
{
    fake_guest_reset();
    frame = guest_frame();
    v = &fake_guest.vcpu;
    for (unsigned vector = 0; vector < 256; vector++)
        v->traps.table[vector] = (struct guest_trap){
            .address = HANDLER + vector, .cs = SEL_RING1_CS,
        };
}

static void from_ring(unsigned ring)
{
    set_up();
    frame->cs = ring == 1 ? SEL_RING1_CS : 0xE028 | ring;
    frame->ss = ring == 1 ? SEL_RING1_DS : 0xE030 | ring;
}

START_TEST(test_software_interrupts)
{
    for (unsigned vector = 0; vector < 256; vector++)
        for (unsigned ring = 1; ring <= 3; ring++)
            for (uint8_t dpl = 0; dpl <= 3; dpl++) {
                uint32_t eip;

                from_ring(ring);
                v->traps.table[vector].dpl = dpl;
                frame->error_code = (uint16_t)(vector * 8 + ERROR_IDT);
                eip = frame->eip;
                protection_fault(v, frame);
                if (dpl >= ring) {
                    ck_assert_uint_eq(frame->eip, HANDLER + vector);
                    ck_assert_uint_eq(fake_word(frame->esp), eip + 2);
                } else {
                    ck_assert_uint_eq(frame->eip, HANDLER + 13);
                    ck_assert_uint_eq(fake_word(frame->esp), vector * 8 + 2);
                    ck_assert_uint_eq(fake_word(frame->esp + 4), eip);
                }
            }
}
END_TEST

/** An outside event's fault is nothing that the guest asked for. */
START_TEST(test_external)
{
    v->traps.table[0x80].dpl = 3;
    frame->error_code = 0x80 * 8 + ERROR_IDT + ERROR_EXTERNAL;
    protection_fault(v, frame);
    ck_assert_uint_eq(frame->eip, HANDLER + 13);
    ck_assert_uint_eq(fake_word(frame->esp), 0x403);
}
END_TEST

START_TEST(test_page_fault)
{
    for (unsigned ring = 1; ring <= 3; ring += 2)
        for (uint16_t error = 0; error < 0x20; error++) {
            from_ring(ring);
            frame->error_code = error;
            page_fault(v, frame, 0xDEADBEEF);
            ck_assert_uint_eq(v->info->arch.cr2, 0xDEADBEEF);
            ck_assert_uint_eq(frame->eip, HANDLER + 14);
            ck_assert_uint_eq(fake_word(frame->esp),
                              (error & ~PAGE_FAULT_USER) |
                                  (ring == 3 ? PAGE_FAULT_USER : 0));
        }
}
END_TEST

START_TEST(test_gdt_window)
{
    /* High half of the descriptor of selector 0x2000. */
    page_fault(v, frame, GDT_WINDOW + 0x2004);
    ck_assert_uint_eq(frame->eip, HANDLER + 13);
    ck_assert_uint_eq(fake_word(frame->esp), 0x2000);

    /* Behind the guest's part it is an ordinary address. */
    set_up();
    page_fault(v, frame, GDT_WINDOW + FIRST_RESERVED_GDT_ENTRY * 8);
    ck_assert_uint_eq(frame->eip, HANDLER + 14);
    set_up();
    page_fault(v, frame, GDT_WINDOW - 4);
    ck_assert_uint_eq(frame->eip, HANDLER + 14);
    /* And for an application's own access too. */
    from_ring(3);
    frame->error_code = PAGE_FAULT_USER;
    page_fault(v, frame, GDT_WINDOW + 0x2004);
    ck_assert_uint_eq(frame->eip, HANDLER + 14);
}
END_TEST

START_TEST(test_ldt_window)
{
    trap_frame_t before = *frame;

    v->descriptors.ldt_base = vaddr(0x08000000);
    page_fault(v, frame, LDT_WINDOW + 0x1008);
    ck_assert_mem_eq(frame, &before, sizeof(before)); /* try again */
    page_fault(v, frame, LDT_WINDOW + 0x2008);
    ck_assert_uint_eq(frame->eip, HANDLER + 14);
    ck_assert_uint_eq(v->info->arch.cr2, 0x08002008);
    ck_assert(page_fault_in_ldt(v, LDT_WINDOW + 0x1008));
    ck_assert(!page_fault_in_ldt(v, LDT_WINDOW + 0x2008));
    ck_assert(!page_fault_in_ldt(NULL, LDT_WINDOW + 0x1008));
    ck_assert(!page_fault_in_ldt(v, LDT_WINDOW - 4));
    ck_assert(!page_fault_in_ldt(v, GDT_WINDOW));
}
END_TEST

/** What a page fault leaves: the guest's registers, what it is told, its
 *  stacks, and its end, if it came to one. */
struct outcome {
    trap_frame_t frame;
    struct vcpu_info info;
    uint8_t stacks[PAGE_SIZE];
    unsigned nr_crashes;
};

/** One of many situations, chosen by the bits of a number. */
static uint32_t prepare(unsigned n)
{
    static const uint32_t addresses[] = { 0, 0xDEADBEEF, LDT_WINDOW + 0x1008,
                                          LDT_WINDOW + 0x2008,
                                          GDT_WINDOW + 0x2004, 0x12345678,
                                          HYPERVISOR_START, 0xF57FFFFF };
    static const unsigned rings[] = { 1, 3, 2, 1 };

    from_ring(rings[n >> 13 & 3]);
    frame->error_code = n & 0x1F;
    frame->eflags = FLAG_ALWAYS | FLAG_IF | (n & 0x100 ? FLAG_TF : 0) |
                    (n & 0x200 ? FLAG_DF | FLAG_NT | FLAG_RF : 0);
    v->info->evtchn_upcall_mask = n >> 8 & 1;
    v->traps.table[VECTOR_PAGE_FAULT].mask_events = n >> 9 & 1;
    if (n & 0x400)
        fake_guest.domain.assists = 1u << VMASST_TYPE_architectural_iopl;
    if ((n & 0x1800) == 0x800)
        frame->esp = v->traps.kernel_esp = FAKE_GUEST_BASE + 8;
    if ((n & 0x1800) == 0x1000)
        frame->ss = v->traps.kernel_ss = 0x77;
    if ((n & 0x1800) == 0x1800)
        v->traps.table[VECTOR_PAGE_FAULT].cs = n >> 9 & 3;
    return addresses[n >> 5 & 7];
}

static void take(struct outcome *o)
{
    o->frame = *frame;
    o->info = *v->info;
    memcpy(o->stacks, fake_at(FAKE_GUEST_BASE), PAGE_SIZE);
    o->nr_crashes = fake_guest.nr_crashes;
}

START_TEST(test_short_way)
{
    static struct outcome plain, fast;
    unsigned bounced = 0;

    for (unsigned n = 0; n < 1u << 15; n += 3) {
        uint32_t address = prepare(n);

        page_fault(v, frame, address);
        take(&plain);
        fake_cpu.cr2 = prepare(n);
        fast_page_fault(frame);
        take(&fast);
        if (plain.nr_crashes == 0 || fast.nr_crashes == 0)
            ck_assert_mem_eq(&fast, &plain, sizeof(fast));
        bounced += fast.frame.eip == HANDLER + VECTOR_PAGE_FAULT;
        ck_assert_uint_eq(v->last_fault.address, address);
        ck_assert_uint_eq(v->last_fault.error, n & 0x1F);
    }
    ck_assert_uint_gt(bounced, 1u << 10);
}
END_TEST

/** With the assist, a kernel's store to a present page is looked at first. */
START_TEST(test_short_way_to_tables)
{
    for (unsigned ring = 1; ring <= 3; ring += 2)
        for (uint16_t error = 0; error < 0x20; error++)
            for (unsigned assist = 0; assist < 2; assist++) {
                bool asked = ring == 1 && assist && (error & 0x1B) == 3;

                from_ring(ring);
                fake_guest.domain.assists =
                    assist << VMASST_TYPE_writable_pagetables;
                frame->error_code = error;
                fake_cpu.cr2 = 0x00EE0000;
                nr_table_stores = 0;
                fast_page_fault(frame);
                ck_assert_uint_eq(nr_table_stores, asked);
                ck_assert_uint_eq(frame->eip, asked ? 0x00123456
                                                    : HANDLER + 14);
            }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: faults");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_software_interrupts);
    tcase_add_test(t, test_external);
    tcase_add_test(t, test_page_fault);
    tcase_add_test(t, test_gdt_window);
    tcase_add_test(t, test_ldt_window);
    tcase_add_test(t, test_short_way);
    tcase_add_test(t, test_short_way_to_tables);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
