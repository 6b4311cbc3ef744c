/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_faults Unit test: INT n and page faults
 *
 * Property: INT n reaches the guest's handler exactly when the guest's own
 * table allows it to the ring that tried; a page fault carries the address and
 * the user bit that the guest expects; a GDT page that is not there is a
 * general protection fault.
 */
#include "fake_guest.h"
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

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: faults");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_software_interrupts);
    tcase_add_test(t, test_external);
    tcase_add_test(t, test_page_fault);
    tcase_add_test(t, test_gdt_window);
    tcase_add_test(t, test_ldt_window);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
