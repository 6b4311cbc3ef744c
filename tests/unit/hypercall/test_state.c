/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_state Unit test: debug registers, version, assists,
 *       console, FPU, shutdown
 *
 * Property: results and errors are those observed on the interface's other
 * implementation (or, for watchpoints on the hypervisor, the native one's);
 * texts are written as whole arrays, zeros behind the end.
 */
#include <string.h>

#include "fake_console.h"
#include "fake_cpu.h"
#include "fake_guest.h"
#include "unit.h"

#include "boot.h"

#define BUFFER (FAKE_GUEST_BASE + 0x200u)

static struct vcpu *v;
static struct domain *d;

struct boot_info boot_information = { .command_line = "the options" };

const char *command_line_arguments(const char *line)
{
    return line;
}

int console_read(void)
{
    static unsigned left = 3;

    return left > 0 ? (int)('a' + --left) : -1;
}

void domain_set_shutdown_code(struct domain *domain, unsigned reason)
{
    domain->has_shutdown_code = true;
    domain->shutdown_code = reason;
}

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_console_io] = do_console_io,
};

static void set_up(void)
{
    fake_guest_reset();
    fake_console_reset();
    v = &fake_guest.vcpu;
    d = &fake_guest.domain;
    v->debug_register[6] = DR6_DEFAULT;
    v->debug_register[7] = DR7_DEFAULT;
    memset(fake_guest.memory, 0xA5, sizeof(fake_guest.memory));
}

static int32_t call(hypercall_fn *fn, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t arg[HYPERCALL_ARGS] = { a, b, c };

    return fn(arg);
}

static void expect_dr(uint32_t n, uint32_t value, int32_t result,
                      uint32_t read)
{
    ck_assert_int_eq(call(do_set_debugreg, n, value, 0), result);
    ck_assert_uint_eq((uint32_t)call(do_get_debugreg, n, 0, 0), read);
}

START_TEST(test_debug_registers)
{
    expect_dr(3, 0x2000, 0, 0x2000);
    expect_dr(0, M2P_START - 4, 0, M2P_START - 4);
    expect_dr(0, M2P_START - 3, -EPERM, M2P_START - 4);
    expect_dr(0, 0xFFFFF000, -EPERM, M2P_START - 4);
    expect_dr(6, 0, 0, 0xFFFF0FF0);
    expect_dr(6, 0xFFFFFFFF, 0, 0xFFFFEFFF);
    expect_dr(4, 0, 0, 0xFFFF0FF0);
    expect_dr(7, 0, 0, 0x400);
    expect_dr(7, 0xD800, 0, 0x400);
    expect_dr(7, 0x100, 0, 0x500);
    expect_dr(7, 0x2000, -EPERM, 0x500);     /* general detect */
    expect_dr(7, 0x20001, -EPERM, 0x500);    /* a port, without CR4.DE */
    expect_dr(7, 0x20000, 0, 0x20400);       /* but none is enabled */
    expect_dr(7, 0xFFFFFFFF, -EPERM, 0x20400);
    expect_dr(7, 0xD0401, 0, 0xD0401);
    expect_dr(5, 0, 0, 0x400);
    expect_dr(8, 0, -ENODEV, (uint32_t)-ENODEV);
    expect_dr(0xFFFFFFFF, 0, -ENODEV, (uint32_t)-ENODEV);
    v->control4 = CR4_DE;
    expect_dr(7, 0x20001, 0, 0x20401);
}
END_TEST

START_TEST(test_watchpoints_are_loaded)
{
    call(do_set_debugreg, 0, 0x1234, 0);
    call(do_set_debugreg, 7, 0xD0001, 0);
    ck_assert_uint_eq(fake_processor.debug[0], 0x1234);
    ck_assert_uint_eq(fake_processor.debug[7], 0xD0401);
    call(do_set_debugreg, 0, 0x5678, 0);
    ck_assert_uint_eq(fake_processor.debug[0], 0x5678);
    /* Ports are watched by nobody: the real register must not try. */
    v->control4 = CR4_DE;
    call(do_set_debugreg, 7, 0x20005, 0);
    ck_assert_uint_eq(fake_processor.debug[7], 0x20404);
}
END_TEST

START_TEST(test_assists)
{
    for (uint32_t type = 0; type <= 5; type++) {
        ck_assert_int_eq(call(do_vm_assist, VMASST_CMD_enable, type, 0), 0);
        ck_assert_uint_eq(d->assists, 1u << type);
        ck_assert_int_eq(call(do_vm_assist, 2, type, 0), -ENOSYS);
        ck_assert_int_eq(call(do_vm_assist, VMASST_CMD_disable, type, 0), 0);
        ck_assert_uint_eq(d->assists, 0);
    }
    ck_assert_int_eq(call(do_vm_assist, VMASST_CMD_enable, 6, 0), -EINVAL);
    ck_assert_int_eq(call(do_vm_assist, VMASST_CMD_enable, 32, 0), -EINVAL);
    ck_assert_int_eq(call(do_vm_assist, 9, 0xFFFFFFFF, 0), -EINVAL);
}
END_TEST

/** The text, zeros to the array's end, and nothing behind it. */
static void expect_text(uint32_t op, const char *text, unsigned bytes)
{
    const char *at = fake_at(BUFFER);

    ck_assert_int_eq(call(do_xen_version, op, BUFFER, 0), 0);
    ck_assert_str_eq(at, text);
    for (unsigned i = (unsigned)strlen(text); i < bytes; i++)
        ck_assert_int_eq(at[i], 0);
    ck_assert_uint_eq((uint8_t)at[bytes], 0xA5);
}

START_TEST(test_version)
{
    ck_assert_int_eq(call(do_xen_version, XENVER_version, 0, 0), 0x40011);
    expect_text(XENVER_capabilities, "xen-3.0-x86_32p", 1024);
    set_up();
    expect_text(XENVER_extraversion, ".0-ringfence", 16);
    set_up();
    expect_text(XENVER_changeset, "ringfence", 64);
    set_up();
    expect_text(XENVER_guest_handle, "", 16);
    set_up();
    ck_assert_int_eq(call(do_xen_version, XENVER_compile_info, BUFFER, 0), 0);
    ck_assert_uint_eq(*(uint8_t *)fake_at(BUFFER + 143), 0);
    ck_assert_uint_eq(*(uint8_t *)fake_at(BUFFER + 144), 0xA5);

    ck_assert_int_eq(call(do_xen_version, XENVER_platform_parameters, BUFFER,
                          0), 0);
    ck_assert_uint_eq(fake_word(BUFFER), 0xF5800000);
    ck_assert_int_eq(call(do_xen_version, XENVER_pagesize, 0, 0), 4096);
    ck_assert_int_eq(call(do_xen_version, XENVER_pagesize, 1, 0), -EINVAL);
    ck_assert_int_eq(call(do_xen_version, 11, BUFFER, 0), -ENOSYS);
    ck_assert_int_eq(call(do_xen_version, 0xFFFFFFFF, 0, 0), -ENOSYS);
    for (uint32_t op = 1; op <= 6; op++) {
        ck_assert_int_eq(call(do_xen_version, op, 0, 0), -EFAULT);
        ck_assert_int_eq(call(do_xen_version, op, 0xFFFF0000, 0), -EFAULT);
    }
}
END_TEST

START_TEST(test_features)
{
    *(uint32_t *)fake_at(BUFFER) = 0;
    ck_assert_int_eq(call(do_xen_version, XENVER_get_features, BUFFER, 0), 0);
    ck_assert_uint_eq(fake_word(BUFFER + 4), 1u << 5 | 1u << 6 | 1u << 7);
    d->privileged = true;
    d->assists = 1u << VMASST_TYPE_pae_extended_cr3;
    ck_assert_int_eq(call(do_xen_version, XENVER_get_features, BUFFER, 0), 0);
    ck_assert_uint_eq(fake_word(BUFFER + 4),
                      1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 11);
    *(uint32_t *)fake_at(BUFFER) = 1;
    ck_assert_int_eq(call(do_xen_version, XENVER_get_features, BUFFER, 0),
                     -EINVAL);
}
END_TEST

START_TEST(test_command_line)
{
    ck_assert_int_eq(call(do_xen_version, XENVER_commandline, BUFFER, 0), 0);
    ck_assert_str_eq(fake_at(BUFFER), "<denied>");
    ck_assert_uint_eq(*(uint8_t *)fake_at(BUFFER + 9), 0xA5);
    ck_assert_int_eq(call(do_xen_version, XENVER_build_id, 0, 0), -EPERM);
    d->privileged = true;
    expect_text(XENVER_commandline, "the options", 1024);
}
END_TEST

/** Written as often as the hypervisor asks for. */
static int32_t write_console(uint32_t bytes, uint32_t from)
{
    trap_frame_t *frame = guest_frame();

    frame->eax = __HYPERVISOR_console_io;
    frame->ebx = CONSOLEIO_write;
    frame->ecx = bytes;
    frame->edx = from;
    do {
        frame->eip = 0x00123458;
        hypercall_dispatch(frame);
    } while (frame->eip != 0x00123458);
    return (int32_t)frame->eax;
}

START_TEST(test_console)
{
    char *text = fake_at(BUFFER);

    for (unsigned bytes = 0; bytes <= 200; bytes++) {
        for (unsigned i = 0; i < bytes; i++)
            text[i] = (char)('!' + (i * 7 + bytes) % 90);
        fake_console_reset();
        ck_assert_int_eq(write_console(bytes, BUFFER), 0);
        ck_assert_uint_eq(fake_console_length, bytes);
        ck_assert_mem_eq(fake_console, text, bytes);
    }
    fake_console_reset();
    fake_console_full = 3; /* the call comes back until there is room */
    ck_assert_int_eq(write_console(200, BUFFER), 0);
    ck_assert_uint_eq(fake_console_full, 0);
    ck_assert_mem_eq(fake_console, text, 200);
    ck_assert_int_eq(write_console(4, 0x30000000), -EFAULT);
    ck_assert_int_eq(write_console(0xFFFFFFFF, M2P_START - 1), -EFAULT);
    ck_assert_int_eq(call(do_console_io, CONSOLEIO_read, 8, BUFFER), -EPERM);
    ck_assert_int_eq(call(do_console_io, 2, 0, 0), -EPERM);
    d->privileged = true;
    ck_assert_int_eq(call(do_console_io, 2, 0, 0), -ENOSYS);
    ck_assert_int_eq(call(do_console_io, CONSOLEIO_read, 8, BUFFER), 3);
    ck_assert_mem_eq(text, "cba", 3);
    ck_assert_int_eq(call(do_console_io, CONSOLEIO_read, 8, BUFFER), 0);
}
END_TEST

START_TEST(test_task_switched)
{
    v->traps.table[7] = (struct guest_trap){ .address = 0x700,
                                             .cs = SEL_RING1_CS };
    ck_assert_int_eq(call(do_fpu_taskswitch, 2, 0, 0), 0);
    ck_assert(v->task_switched);
    ck_assert_uint_eq(fake_cpu.cr0 & CR0_TS, CR0_TS);
    fpu_not_available(v, guest_frame());
    ck_assert(!v->task_switched);
    ck_assert_uint_eq(fake_cpu.cr0 & CR0_TS, 0);
    ck_assert_uint_eq(guest_frame()->eip, 0x700);
    ck_assert_int_eq(call(do_fpu_taskswitch, 1, 0, 0), 0);
    ck_assert_int_eq(call(do_fpu_taskswitch, 0, 0, 0), 0);
    ck_assert_uint_eq(fake_cpu.cr0 & CR0_TS, 0);
}
END_TEST

START_TEST(test_shutdown)
{
    *(uint32_t *)fake_at(BUFFER) = SHUTDOWN_reboot;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_yield, 0, 0), 0);
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_shutdown, 0, 0), -EFAULT);
    ck_assert(!fake_guest.shut_down);
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_shutdown_code, BUFFER, 0), 0);
    ck_assert(d->has_shutdown_code);
    ck_assert_uint_eq(d->shutdown_code, SHUTDOWN_reboot);
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_shutdown, BUFFER, 0), 0);
    ck_assert(fake_guest.shut_down);
    ck_assert_uint_eq(fake_guest.shutdown_reason, SHUTDOWN_reboot);
    ck_assert_int_eq(call(do_sched_op, 99, 0, 0), -ENOSYS);
    ck_assert_int_eq(call(do_sched_op_compat, SCHEDOP_shutdown, 2, 0), 0);
    ck_assert_uint_eq(fake_guest.shutdown_reason, SHUTDOWN_suspend);
    ck_assert_int_eq(call(do_sched_op_compat, 0, 0, 0), 0);
    ck_assert_int_eq(call(do_sched_op_compat, 3, 0, 0), -ENOSYS);
}
END_TEST

/** Every way of waiting comes back at once, and drains the console. */
START_TEST(test_waiting)
{
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_yield, 0, 0), 0);
    ck_assert_uint_eq(fake_guest.nr_drains, 1);
    v->info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_block, 0, 0), 0);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
    v->info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(call(do_sched_op_compat, SCHEDOP_block, 0, 0), 0);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
    ck_assert_int_eq(call(do_sched_op_compat, SCHEDOP_yield, 0, 0), 0);
    ck_assert_uint_eq(fake_guest.nr_drains, 4);
    ck_assert_uint_eq(fake_guest.nr_answers, 4);
}
END_TEST

START_TEST(test_poll)
{
    struct sched_poll *poll = fake_at(BUFFER);
    evtchn_port_t *ports = fake_at(BUFFER + 64);

    d->events.nr_known = 6;
    poll->ports.p = (evtchn_port_t *)(uintptr_t)(BUFFER + 64);
    poll->nr_ports = 2;
    ports[0] = 5;
    ports[1] = 1;
    v->info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), 0);
    ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(fake_guest.nr_drains, 1);
    ck_assert_int_eq(v->scheduling.wish, VCPU_POLLING);
    ck_assert_uint_eq(v->scheduling.poll[0], 1u << 5 | 1u << 1);
    v->scheduling.wish = VCPU_READY;
    ports[1] = 6;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), -EINVAL);
    ck_assert_int_eq(v->scheduling.wish, VCPU_READY);
    ports[1] = 1;
    poll->nr_ports = 129;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), -EINVAL);
    poll->nr_ports = 0;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), 0);
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, 0, 0), -EFAULT);
    poll->nr_ports = 1;
    poll->ports.p = NULL;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), -EFAULT);
    ck_assert_uint_eq(fake_guest.nr_drains, 2);
}
END_TEST

/** A port that is pending ends the poll, and the rest is not looked at. */
START_TEST(test_poll_pending)
{
    struct sched_poll *poll = fake_at(BUFFER);
    evtchn_port_t *ports = fake_at(BUFFER + 64);

    d->events.nr_known = 6;
    d->shared->evtchn_pending[0] = 1u << 5;
    poll->ports.p = (evtchn_port_t *)(uintptr_t)(BUFFER + 64);
    poll->nr_ports = 2;
    ports[0] = 5;
    ports[1] = 4000;
    v->scheduling.wish = VCPU_READY;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), 0);
    ck_assert_int_eq(v->scheduling.wish, VCPU_READY);
    ports[0] = 4;
    ports[1] = 3;
    poll->timeout = 1234567;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), 0);
    ck_assert_int_eq(v->scheduling.wish, VCPU_POLLING);
    ck_assert_uint_eq(v->scheduling.poll_ends.at, 1234567);
    fake_guest.console_pieces = 2; /* work first: it asks again */
    v->scheduling.wish = VCPU_READY;
    ck_assert_int_eq(call(do_sched_op, SCHEDOP_poll, BUFFER, 0), 0);
    ck_assert_int_eq(v->scheduling.wish, VCPU_READY);
}
END_TEST

START_TEST(test_io_privilege)
{
    uint32_t *op = fake_at(BUFFER);

    for (uint32_t iopl = 0; iopl <= 3; iopl++) {
        op[0] = iopl;
        ck_assert_int_eq(call(do_physdev_op, PHYSDEVOP_set_iopl, BUFFER, 0),
                         0);
        ck_assert_uint_eq(v->io_privilege, iopl);
    }
    op[0] = 4;
    ck_assert_int_eq(call(do_physdev_op, PHYSDEVOP_set_iopl, BUFFER, 0),
                     -EINVAL);
    op[0] = 0xFFFFFFFF;
    ck_assert_int_eq(call(do_physdev_op, PHYSDEVOP_set_iopl, BUFFER, 0),
                     -EINVAL);
    ck_assert_uint_eq(v->io_privilege, 3);
    ck_assert_int_eq(call(do_physdev_op, PHYSDEVOP_set_iopl, 0, 0), -EFAULT);
    /* The old call: the operation in front of its arguments. */
    op[0] = PHYSDEVOP_set_iopl;
    op[1] = 1;
    ck_assert_int_eq(call(do_physdev_op_compat, BUFFER, 0, 0), 0);
    ck_assert_uint_eq(v->io_privilege, 1);
    ck_assert_int_eq(call(do_physdev_op_compat, 0, 0, 0), -EFAULT);
}
END_TEST

START_TEST(test_io_bitmap)
{
    uint32_t *op = fake_at(BUFFER);

    op[0] = 0x12345678;
    op[1] = 65536;
    ck_assert_int_eq(call(do_physdev_op, PHYSDEVOP_set_iobitmap, BUFFER, 0),
                     0);
    ck_assert_uint_eq(v->io_bitmap.a, 0x12345678);
    ck_assert_uint_eq(v->nr_io_ports, 65536);
    op[1] = 65537;
    ck_assert_int_eq(call(do_physdev_op, PHYSDEVOP_set_iobitmap, BUFFER, 0),
                     -EINVAL);
    ck_assert_uint_eq(v->nr_io_ports, 65536);
    ck_assert_int_eq(call(do_physdev_op, 99, BUFFER, 0), -ENOSYS);
}
END_TEST

struct domain *domain_by_id(domid_t id)
{
    return id == 7 ? &fake_guest.domain : NULL;
}

/** A structure's head: command, version, domain. */
static int32_t control(hypercall_fn *fn, uint32_t command, uint32_t version,
                       uint16_t id)
{
    const uint32_t head[] = { command, version, id };

    memcpy(fake_at(BUFFER), head, sizeof(head));
    return call(fn, BUFFER, 0, 0);
}

START_TEST(test_control)
{
    static const struct {
        hypercall_fn *fn;
        uint32_t version;
    } calls[] = { { do_platform_op, 0x03000001 }, { do_sysctl, 0x15 },
                  { do_domctl, 0x15 } };

    for (unsigned i = 0; i < 3; i++) {
        hypercall_fn *fn = calls[i].fn;
        uint32_t version = calls[i].version;

        d->privileged = false;
        ck_assert_int_eq(call(fn, 0, 0, 0), -EFAULT);
        ck_assert_int_eq(control(fn, 99, version - 1, 7), -EACCES);
        ck_assert_int_eq(control(fn, 99, 0, 7), -EACCES);
        ck_assert_int_eq(control(fn, 99, version, 7), -EPERM);
        d->privileged = true;
        ck_assert_int_eq(control(fn, 99, 0, 7), -EACCES);
        ck_assert_int_eq(control(fn, 99, version, 7), -ENOSYS);
    }
    ck_assert_int_eq(control(do_domctl, 99, 0x15, 0x7EE0), -ESRCH);
    ck_assert_int_eq(control(do_domctl, 1, 0x15, 0x7EE0), -ENOSYS);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: state");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_debug_registers);
    tcase_add_test(t, test_watchpoints_are_loaded);
    tcase_add_test(t, test_assists);
    tcase_add_test(t, test_version);
    tcase_add_test(t, test_features);
    tcase_add_test(t, test_command_line);
    tcase_add_test(t, test_console);
    tcase_add_test(t, test_task_switched);
    tcase_add_test(t, test_shutdown);
    tcase_add_test(t, test_io_privilege);
    tcase_add_test(t, test_waiting);
    tcase_add_test(t, test_poll);
    tcase_add_test(t, test_poll_pending);
    tcase_add_test(t, test_io_bitmap);
    tcase_add_test(t, test_control);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
