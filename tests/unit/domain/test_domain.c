/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_domain Unit test: the life and the end of a domain
 *
 * Property: a domain has one end, the first; the machine's exit code says
 * which; and a crash report has the registers, the last fault and call, the
 * page walks and the stack, even when nothing is mapped.
 *
 * Method: a domain with one vCPU and tables of a few entries, in a made-up
 * machine; the console's text is looked at only for the report's content.
 */
#include "unit.h"

#include <setjmp.h>
#include <string.h>

#include "../memory/fake_frames.h"
#include "console.h"
#include "fake_console.h"
#include "xen_abi.h"

static struct domain *d;
static struct vcpu *v;
static jmp_buf left;
static int ended;
static struct domain *destroyed;

_Noreturn void machine_end(enum machine_exit how)
{
    ended = (int)how;
    longjmp(left, 1);
}

_Noreturn void panic(const char *fmt, ...)
{
    ended = MACHINE_PANIC;
    printk(LOG_ERROR, "%s", fmt);
    longjmp(left, 1);
}

void domain_destroy(struct domain *which)
{
    destroyed = which;
}

void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "(registers of %x)\n", frame->eip);
}

/** A vCPU that runs, with one page mapped at 0x400000. */
static void start(void)
{
    mfn_t l3, l2, l1, page;

    fake_frames_reset(1);
    fake_console_reset();
    d = domain_create(5, false, 100);
    v = domain_add_vcpu(d, 0);
    l3 = frame_alloc_to(d);
    l2 = frame_alloc_to(d);
    l1 = frame_alloc_to(d);
    page = frame_alloc_to(d);
    *(uint64_t *)fake_frame(l3) = mfn_to_maddr(l2).a | PTE_P;
    ((uint64_t *)fake_frame(l2))[2] = mfn_to_maddr(l1).a | PTE_P | PTE_RW;
    *(uint64_t *)fake_frame(l1) = mfn_to_maddr(page).a | PTE_P | PTE_RW;
    memset(fake_frame(page), 0x5A, PAGE_SIZE);
    v->base = l3;
    v->frame.eip = 0x400010;
    v->frame.esp = 0x400FF0;
    v->frame.cs = SEL_RING1_CS;
    fake_run(v);
    ended = -1;
}

static int end_all(void)
{
    if (setjmp(left) == 0)
        domain_end_all();
    return ended;
}

static int gone(struct domain *domain)
{
    domain_gone(domain);
    if (setjmp(left) == 0 && !domain_first())
        domain_all_gone();
    return ended;
}

/** It has ended, and others go on. */
#define GOES_ON (-1)

START_TEST(test_find)
{
    ck_assert_ptr_eq(domain_by_id(5), d);
    ck_assert_ptr_null(domain_by_id(6));
    ck_assert_ptr_null(domain_by_id(DOMID_SELF));
}
END_TEST

START_TEST(test_runs_until_it_ends)
{
    ck_assert(domain_may_run(d));
    domain_shutdown(d, SHUTDOWN_poweroff);
    ck_assert(!domain_may_run(d));
    ck_assert_uint_eq(fake_exit_work, EXIT_STOP);
}
END_TEST

/* Whoever ends, it is the exit path that sees to it. */
START_TEST(test_another_domain_ends)
{
    struct domain *other = domain_create(6, false, 1);

    domain_shutdown(other, SHUTDOWN_poweroff);
    ck_assert_uint_eq(fake_exit_work, EXIT_STOP);
    ck_assert(domain_may_run(d));
    ck_assert_int_eq(end_all(), GOES_ON);
    ck_assert(other->end_told && !d->end_told);
}
END_TEST

START_TEST(test_exit_codes)
{
    static const struct {
        unsigned reason;
        enum machine_exit how;
    } cases[] = {
        { SHUTDOWN_poweroff, MACHINE_POWEROFF },
        { SHUTDOWN_reboot, MACHINE_REBOOT },
        { SHUTDOWN_suspend, MACHINE_SUSPEND },
        { SHUTDOWN_crash, MACHINE_GUEST_CRASHED },
        { SHUTDOWN_watchdog, MACHINE_GUEST_CRASHED },
        { 77, MACHINE_GUEST_CRASHED },
    };

    domain_shutdown(d, cases[_i].reason);
    ck_assert_int_eq(end_all(), (int)cases[_i].how);
}
END_TEST

START_TEST(test_first_reason_stays)
{
    domain_shutdown(d, SHUTDOWN_reboot);
    domain_shutdown(d, SHUTDOWN_poweroff);
    domain_crash(d, "too late");
    ck_assert_uint_eq(d->shutdown_reason, SHUTDOWN_reboot);
    ck_assert(strstr(fake_console, "too late") == NULL);
}
END_TEST

START_TEST(test_fixed_code_wins)
{
    domain_set_shutdown_code(d, SHUTDOWN_reboot);
    ck_assert(domain_may_run(d));
    domain_shutdown(d, SHUTDOWN_poweroff);
    ck_assert_int_eq(end_all(), MACHINE_REBOOT);
}
END_TEST

/* Without a control domain, who ended is destroyed; the machine ends with the
 * last that is gone, and does not forget a crash. */
START_TEST(test_last_of_several)
{
    struct domain *second = domain_create(6, false, 1);

    domain_note_memory();
    domain_shutdown(second, _i == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
    ck_assert_int_eq(end_all(), GOES_ON);
    ck_assert_ptr_eq(destroyed, second);
    domain_shutdown(d, SHUTDOWN_reboot);
    ck_assert_int_eq(end_all(), GOES_ON);
    ck_assert_ptr_eq(destroyed, d);
    ck_assert_int_eq(gone(second), GOES_ON);
    ck_assert_int_eq(gone(d), _i == 0 ? MACHINE_REBOOT
                                      : MACHINE_GUEST_CRASHED);
}
END_TEST

/* Frames that were free before the first domain are missing after the last. */
START_TEST(test_lost_memory)
{
    (void)domain_create(6, false, 1);
    domain_note_memory();
    (void)frame_alloc(0);
    domain_gone(domain_by_id(6));
    ck_assert_int_eq(gone(d), MACHINE_PANIC);
}
END_TEST

START_TEST(test_pauses_count)
{
    struct vcpu *late;

    domain_pause(d);
    domain_pause(d);
    ck_assert_uint_eq(v->scheduling.nr_pauses, 2);
    late = domain_add_vcpu(d, 3);
    ck_assert_uint_eq(late->scheduling.nr_pauses, 2);
    domain_unpause(d);
    ck_assert_uint_eq(v->scheduling.nr_pauses, 1);
    domain_unpause(d);
    ck_assert_uint_eq(late->scheduling.nr_pauses, 0);
}
END_TEST

START_TEST(test_dying_is_not_found)
{
    d->dying = true;
    ck_assert_ptr_eq(domain_by_id(5), d);
    ck_assert_ptr_null(domain_living(5));
    ck_assert(!domain_may_run(d));
}
END_TEST

START_TEST(test_control_domain_ends_all)
{
    struct domain *control = domain_create(0, true, 1);

    domain_crash(d, "a crash of no importance");
    ck_assert_int_eq(end_all(), GOES_ON);
    ck_assert_ptr_null(destroyed);
    (void)domain_create(8, false, 1);
    domain_shutdown(control, SHUTDOWN_poweroff);
    ck_assert_int_eq(end_all(), MACHINE_POWEROFF);
}
END_TEST

static void check_said(const char *text)
{
    ck_assert_msg(strstr(fake_console, text) != NULL, "\"%s\" lacks \"%s\"",
                  fake_console, text);
}

START_TEST(test_crash_report)
{
    v->last_fault = (struct last_fault){ .any = true, .vector = 14,
                                         .error = 3, .address = 0x80001234 };
    v->last_hypercall = (struct last_hypercall){
        .any = true, .number = 29, .args = { 2, 0x1111 }, .eip = 0x400800 };
    domain_crash(d, "its %s", "test");
    check_said("domain 5 crashed: its test");
    check_said("(registers of 400010)");
    check_said("#PF page fault, error code 0x3, address 0x80001234");
    check_said("last hypercall: 29 (0x2, 0x1111, ");
    check_said("L2[2] = ");
    check_said("L1[0] = ");
    check_said("L3[2] = 0x0000000000000000  not present");
    check_said("code at eip: 5a 5a");
    /* Only 16 bytes of stack are left on the page. */
    check_said("stack 0x00400ff0: 5a5a5a5a 5a5a5a5a 5a5a5a5a 5a5a5a5a\n");
    ck_assert_uint_eq(fake_windows_held, 0);
    ck_assert_int_eq(end_all(), MACHINE_GUEST_CRASHED);
}
END_TEST

START_TEST(test_crash_reported_once)
{
    size_t length;

    domain_crash(d, "first");
    length = fake_console_length;
    domain_crash(d, "second");
    ck_assert_uint_eq(fake_console_length, length);
}
END_TEST

/* A report about nothing that makes sense: no tables, wild registers. */
START_TEST(test_report_of_ruins)
{
    v->base = mfn(0xFFFFFF);
    guest_frame()->eip = 0xFFFFFFFF;
    guest_frame()->esp = 0xFFFFFFFE;
    v->last_fault = (struct last_fault){ .any = true, .vector = 200 };
    domain_crash(d, "ruins");
    check_said("it made no hypercall");
    check_said("not mapped");
    ck_assert_uint_eq(fake_windows_held, 0);
}
END_TEST

START_TEST(test_walk_of_hostile_entry)
{
    /* An entry that names a frame the machine does not have. */
    *(uint64_t *)fake_frame(v->base) = PTE_FRAME | PTE_P;
    domain_crash(d, "hostile");
    check_said("nobody's frame");
}
END_TEST

static Suite *domain_suite(void)
{
    Suite *suite = suite_create("domain/domain");
    TCase *tcase = tcase_create("life");

    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, test_find);
    tcase_add_test(tcase, test_runs_until_it_ends);
    tcase_add_test(tcase, test_another_domain_ends);
    tcase_add_loop_test(tcase, test_exit_codes, 0, 6);
    tcase_add_test(tcase, test_first_reason_stays);
    tcase_add_test(tcase, test_fixed_code_wins);
    tcase_add_loop_test(tcase, test_last_of_several, 0, 2);
    tcase_add_test(tcase, test_lost_memory);
    tcase_add_test(tcase, test_pauses_count);
    tcase_add_test(tcase, test_dying_is_not_found);
    tcase_add_test(tcase, test_control_domain_ends_all);
    tcase_add_test(tcase, test_crash_report);
    tcase_add_test(tcase, test_crash_reported_once);
    tcase_add_test(tcase, test_report_of_ruins);
    tcase_add_test(tcase, test_walk_of_hostile_entry);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(domain_suite())
