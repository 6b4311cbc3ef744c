/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_traps Unit test: trap table, kernel stack, callbacks
 *
 * Property: what the guest says is stored, selectors out of ring 0, and the
 * processor learns what it must; every error of the interface is returned, and
 * entries before a fault stay.
 */
#include <string.h>

#include "fake_guest.h"
#include "unit.h"

#define LIST (FAKE_GUEST_BASE + 0x100u)

static struct vcpu *v;

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_set_trap_table] = do_set_trap_table,
};

static void set_up(void)
{
    fake_guest_reset();
    v = &fake_guest.vcpu;
}

static void put(unsigned n, uint8_t vector, uint8_t flags, uint16_t cs,
                uint32_t address)
{
    struct trap_info info = { vector, flags, cs, address };

    memcpy(fake_at(LIST + n * sizeof(info)), &info, sizeof(info));
}

static int32_t call(hypercall_fn *fn, uint32_t a, uint32_t b, uint32_t c,
                    uint32_t d)
{
    const uint32_t arg[HYPERCALL_ARGS] = { a, b, c, d };

    return fn(arg);
}

START_TEST(test_table)
{
    put(0, 3, 0x03, SEL_RING1_CS, 0x1000);
    put(1, 255, 0xFF, 0x0008, 0x2000);
    put(2, 0x80, 0x04, 0x0009, HYPERVISOR_START);
    put(3, 4, 0, SEL_RING1_CS, 0);
    put(4, 5, 0, SEL_RING1_CS, 0x3000);
    ck_assert_int_eq(call(do_set_trap_table, LIST, 0, 0, 0), 0);
    ck_assert_uint_eq(v->traps.table[3].address, 0x1000);
    ck_assert_uint_eq(v->traps.table[3].dpl, 3);
    ck_assert(!v->traps.table[3].mask_events);
    ck_assert_uint_eq(v->traps.table[255].cs, 0x0009);
    ck_assert_uint_eq(v->traps.table[255].dpl, 3);
    ck_assert(v->traps.table[255].mask_events);
    ck_assert_uint_eq(v->traps.table[0x80].dpl, 0);
    ck_assert_uint_eq(v->traps.table[0x80].address, HYPERVISOR_START);
    ck_assert_uint_eq(v->traps.table[5].address, 0);
    ck_assert_uint_eq(fake_reads(LIST, 40), 1);

    ck_assert_int_eq(call(do_set_trap_table, 0, 0, 0, 0), 0);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(v->traps.table[i].address | v->traps.table[i].cs |
                              v->traps.table[i].dpl, 0);
}
END_TEST

START_TEST(test_table_faults)
{
    const uint32_t last = FAKE_GUEST_BASE + PAGE_SIZE - 8;
    struct trap_info info = { 9, 0, SEL_RING1_CS, 0x1000 };

    memcpy(fake_at(last), &info, sizeof(info));
    ck_assert_int_eq(call(do_set_trap_table, last, 0, 0, 0), -EFAULT);
    ck_assert_uint_eq(v->traps.table[9].address, 0x1000);
    ck_assert_int_eq(call(do_set_trap_table, M2P_START, 0, 0, 0), -EFAULT);
    ck_assert_int_eq(call(do_set_trap_table, 0xFFFF0000, 0, 0, 0), -EFAULT);
}
END_TEST

/** A list longer than a batch is taken in pieces. */
START_TEST(test_long_table)
{
    trap_frame_t *frame = guest_frame();
    unsigned n;

    for (n = 0; n < 300; n++)
        put(n, (uint8_t)n, 0, SEL_RING1_CS, 0x1000 + n);
    put(n, 0, 0, 0, 0);
    frame->eax = __HYPERVISOR_set_trap_table;
    frame->ebx = LIST;
    for (n = 0; n < 3; n++) {
        frame->eip = 0x00123458;
        hypercall_dispatch(frame);
        if (frame->eip == 0x00123458)
            break;
    }
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(frame->eax, 0);
    ck_assert_uint_eq(v->traps.table[255].address, 0x1000 + 255);
    ck_assert_uint_eq(v->traps.table[299 - 256].address, 0x1000 + 299);
}
END_TEST

START_TEST(test_stack)
{
    ck_assert_int_eq(call(do_stack_switch, 0x0010, 0xC0DE, 0, 0), 0);
    ck_assert_uint_eq(v->traps.kernel_ss, 0x0011);
    ck_assert_uint_eq(v->traps.kernel_esp, 0xC0DE);
    ck_assert_uint_eq(processor.tss.ss1, 0x0011);
    ck_assert_uint_eq(processor.tss.esp1, 0xC0DE);
    ck_assert_int_eq(call(do_stack_switch, 0, 0, 0, 0), 0);
}
END_TEST

START_TEST(test_set_callbacks)
{
    ck_assert_int_eq(call(do_set_callbacks, 0x0008, 0x111, SEL_RING1_CS,
                          0x222), 0);
    ck_assert_uint_eq(v->traps.event.cs, 0x0009);
    ck_assert_uint_eq(v->traps.event.eip, 0x111);
    ck_assert(v->traps.event.mask_events);
    ck_assert_uint_eq(v->traps.failsafe.eip, 0x222);
    ck_assert(!v->traps.failsafe.mask_events);
}
END_TEST

static int32_t callback(uint32_t op, uint16_t type, uint16_t flags)
{
    struct callback_register r = {
        .type = type, .flags = flags,
        .address = { .cs = SEL_RING1_CS, .eip = 0x4000u + type },
    };

    memcpy(fake_at(LIST), &r, sizeof(r));
    return call(do_callback_op, op, LIST, 0, 0);
}

START_TEST(test_callbacks)
{
    ck_assert_int_eq(callback(0, CALLBACKTYPE_event, 0), 0);
    ck_assert(v->traps.event.mask_events);
    ck_assert_uint_eq(v->traps.event.eip, 0x4000);
    ck_assert_int_eq(callback(0, CALLBACKTYPE_failsafe, 1), 0);
    ck_assert(v->traps.failsafe.mask_events);
    ck_assert_int_eq(callback(0, CALLBACKTYPE_failsafe, 0xFFFE), 0);
    ck_assert(!v->traps.failsafe.mask_events);
    ck_assert_int_eq(callback(0, CALLBACKTYPE_sysenter, 0), 0);
    ck_assert_uint_eq(v->traps.sysenter.eip, 0x4005);
    ck_assert_int_eq(callback(0, CALLBACKTYPE_syscall32, 0), 0);
    ck_assert_uint_eq(v->traps.syscall32.eip, 0x4007);
    ck_assert_int_eq(callback(0, CALLBACKTYPE_nmi, 0), 0);
    ck_assert_uint_eq(v->traps.table[2].address, 0x4004);
    ck_assert(v->traps.table[2].mask_events);

    ck_assert_int_eq(callback(0, CALLBACKTYPE_syscall, 0), -ENOSYS);
    ck_assert_int_eq(callback(0, CALLBACKTYPE_sysenter_deprecated, 0),
                     -ENOSYS);
    ck_assert_int_eq(callback(0, 8, 0), -ENOSYS);
    ck_assert_int_eq(callback(1, CALLBACKTYPE_event, 0), -EINVAL);
    ck_assert_int_eq(callback(1, CALLBACKTYPE_failsafe, 0), -EINVAL);
    ck_assert_int_eq(callback(1, CALLBACKTYPE_sysenter, 0), -EINVAL);
    ck_assert_int_eq(callback(1, CALLBACKTYPE_syscall32, 0), -EINVAL);
    ck_assert_int_eq(callback(1, 8, 0), -ENOSYS);
    ck_assert_int_eq(callback(1, CALLBACKTYPE_nmi, 0), 0);
    ck_assert_uint_eq(v->traps.table[2].address, 0);
    ck_assert_int_eq(callback(2, 0, 0), -EINVAL);
    ck_assert_int_eq(call(do_callback_op, 0, 0, 0, 0), -EFAULT);
    ck_assert_int_eq(call(do_callback_op, 1, 0xFFFF0000, 0, 0), -EFAULT);
}
END_TEST

START_TEST(test_nmi)
{
    *(uint32_t *)fake_at(LIST) = 0x5000;
    ck_assert_int_eq(call(do_nmi_op, XENNMI_register_callback, LIST, 0, 0),
                     0);
    ck_assert_uint_eq(v->traps.table[2].address, 0x5000);
    ck_assert_uint_eq(v->traps.table[2].cs, SEL_RING1_CS);
    ck_assert_int_eq(call(do_nmi_op, XENNMI_unregister_callback, 0, 0, 0), 0);
    ck_assert_uint_eq(v->traps.table[2].address, 0);
    ck_assert_int_eq(call(do_nmi_op, XENNMI_register_callback, 0, 0, 0),
                     -EFAULT);
    ck_assert_int_eq(call(do_nmi_op, 2, 0, 0, 0), -ENOSYS);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: traps");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_table);
    tcase_add_test(t, test_table_faults);
    tcase_add_test(t, test_long_table);
    tcase_add_test(t, test_stack);
    tcase_add_test(t, test_set_callbacks);
    tcase_add_test(t, test_callbacks);
    tcase_add_test(t, test_nmi);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
