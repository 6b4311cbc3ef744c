/* SPDX-License-Identifier: MIT */
/**
 * @file callbacks.c
 * @page conformance_callbacks Conformance: callbacks, console_io, sched_op
 * Property: what exists can be registered again and again; what cannot be
 * unregistered says so; every other number and pointer has its error.
 * Source: the interface; the observed answers.
 * Method: every type and operation, those around them, pointers that cannot
 * be read.
 */
#include "check.h"

#include <xen/nmi.h>
#include <xen/physdev.h>

static int32_t set(uint16_t type, uint16_t flags)
{
    struct callback_register callback = {
        .type = type,
        .flags = flags,
        .address = { FLAT_KERNEL_CS, (unsigned long)failsafe_entry },
    };

    return hypercall_2(callback_op, CALLBACKOP_register, &callback);
}

static int32_t unset(uint16_t type)
{
    struct callback_unregister callback = { .type = type };

    return hypercall_2(callback_op, CALLBACKOP_unregister, &callback);
}

static void callbacks(void)
{
    CHECK("callback.register.event", 0, set(CALLBACKTYPE_event, 0));
    CHECK("callback.register.event_again", 0, set(CALLBACKTYPE_event, 0));
    CHECK("callback.register.event_mask_flag", 0,
          set(CALLBACKTYPE_event, CALLBACKF_mask_events));
    CHECK("callback.register.event_unknown_flags", 0,
          set(CALLBACKTYPE_event, 0xFFFE));
    CHECK("callback.register.failsafe", 0, set(CALLBACKTYPE_failsafe, 0));
    CHECK("callback.register.nmi", 0, set(CALLBACKTYPE_nmi, 0));
    CHECK("callback.register.sysenter", 0, set(CALLBACKTYPE_sysenter, 0));
    CHECK("callback.register.syscall32", 0, set(CALLBACKTYPE_syscall32, 0));
    CHECK("callback.register.syscall", -XEN_ENOSYS,
          set(CALLBACKTYPE_syscall, 0));
    CHECK("callback.register.8", -XEN_ENOSYS, set(8, 0));
    CHECK("callback.register.max", -XEN_ENOSYS, set(0xFFFF, 0));
    CHECK("callback.register.null", -XEN_EFAULT,
          hypercall_2(callback_op, CALLBACKOP_register, 0));
    CHECK("callback.register.xen_range", -XEN_EFAULT,
          hypercall_2(callback_op, CALLBACKOP_register, IN_XEN_RANGE));
    CHECK("callback.unregister.event", -XEN_EINVAL,
          unset(CALLBACKTYPE_event));
    CHECK("callback.unregister.failsafe", -XEN_EINVAL,
          unset(CALLBACKTYPE_failsafe));
    CHECK("callback.unregister.sysenter", -XEN_EINVAL,
          unset(CALLBACKTYPE_sysenter));
    CHECK("callback.unregister.syscall32", -XEN_EINVAL,
          unset(CALLBACKTYPE_syscall32));
    CHECK("callback.unregister.nmi", 0, unset(CALLBACKTYPE_nmi));
    CHECK("callback.unregister.6", -XEN_ENOSYS, unset(6));
    CHECK("callback.unregister.8", -XEN_ENOSYS, unset(8));
    CHECK("callback.unregister.null", -XEN_EFAULT,
          hypercall_2(callback_op, CALLBACKOP_unregister, 0));
    CHECK("callback.op.2", -XEN_EINVAL, hypercall_2(callback_op, 2, 0));
    CHECK("callback.op.max", -XEN_EINVAL, hypercall_2(callback_op, ~0u, 0));
}

static void older_callbacks(void)
{
    uint32_t eip = (uint32_t)failsafe_entry;
    struct xennmi_callback nmi = { .handler_address = eip };

    CHECK("set_callbacks.good", 0,
          hypercall_4(set_callbacks, FLAT_KERNEL_CS, eip, FLAT_KERNEL_CS,
                      eip));
    CHECK("set_callbacks.cs_rpl0", 0,
          hypercall_4(set_callbacks, 0xE018, eip, 0xE018, eip));
    CHECK("set_callbacks.zero", 0, hypercall_4(set_callbacks, 0, 0, 0, 0));
    CHECK("nmi.register", 0,
          hypercall_2(nmi_op, XENNMI_register_callback, &nmi));
    CHECK("nmi.register.null", -XEN_EFAULT,
          hypercall_2(nmi_op, XENNMI_register_callback, 0));
    CHECK("nmi.register.xen_range", -XEN_EFAULT,
          hypercall_2(nmi_op, XENNMI_register_callback, IN_XEN_RANGE));
    CHECK("nmi.unregister", 0,
          hypercall_2(nmi_op, XENNMI_unregister_callback, 0));
    CHECK("nmi.op_2", -XEN_ENOSYS, hypercall_2(nmi_op, 2, &nmi));
}

static void console(void)
{
    static char text[80] = "a text that is longer than one piece of work, "
                           "which is thirty-two bytes\n";

    CHECK("console_io.write", 0,
          hypercall_3(console_io, CONSOLEIO_write, 73, text));
    CHECK("console_io.write.0_bytes", 0,
          hypercall_3(console_io, CONSOLEIO_write, 0, text));
    CHECK("console_io.write.unmapped", -XEN_EFAULT,
          hypercall_3(console_io, CONSOLEIO_write, 8, UNMAPPED));
    CHECK("console_io.write.xen_range", -XEN_EFAULT,
          hypercall_3(console_io, CONSOLEIO_write, 8, IN_XEN_RANGE));
    CHECK("console_io.write.wraps", -XEN_EFAULT,
          hypercall_3(console_io, CONSOLEIO_write, 8, 0xFFFFFFFCu));
    CHECK_CONTROL("console_io.read.nothing_typed", 0,
                  hypercall_3(console_io, CONSOLEIO_read, 8, text));
    CHECK_CONTROL("console_io.cmd.2", -XEN_ENOSYS,
                  hypercall_3(console_io, 2, 0, 0));
    CHECK_CONTROL("console_io.cmd.max", -XEN_ENOSYS,
                  hypercall_3(console_io, ~0u, 0, 0));
}

static void scheduling(void)
{
    CHECK("sched.yield", 0, hypercall_2(sched_op, SCHEDOP_yield, 0));
    CHECK("sched.yield.argument_ignored", 0,
          hypercall_2(sched_op, SCHEDOP_yield, IN_XEN_RANGE));
    CHECK("sched.shutdown.null", -XEN_EFAULT,
          hypercall_2(sched_op, SCHEDOP_shutdown, 0));
    CHECK("sched.shutdown.xen_range", -XEN_EFAULT,
          hypercall_2(sched_op, SCHEDOP_shutdown, IN_XEN_RANGE));
    CHECK("sched.shutdown_code.null", -XEN_EFAULT,
          hypercall_2(sched_op, SCHEDOP_shutdown_code, 0));
    CHECK("sched.unknown.8", -XEN_ENOSYS, hypercall_2(sched_op, 8, 0));
    CHECK("sched.unknown.99", -XEN_ENOSYS, hypercall_2(sched_op, 99, 0));
    CHECK("sched.unknown.max", -XEN_ENOSYS, hypercall_2(sched_op, ~0u, 0));
    CHECK("sched_compat.yield", 0, hypercall_2(sched_op_compat, 0, 0));
    CHECK("sched_compat.unknown_3", -XEN_ENOSYS,
          hypercall_2(sched_op_compat, 3, 0));
}

void family(void)
{
    callbacks();
    older_callbacks();
    console();
    scheduling();
}
