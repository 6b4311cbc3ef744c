/* SPDX-License-Identifier: MIT */
/**
 * @file control.c
 * @page conformance_control Conformance: domctl, sysctl, platform_op
 * Property: the interface's version is looked at first, then the caller, then
 * the operation.
 * Source: the interface; the observed answers.
 * Method: structures of another version, null, out of reach; operations that
 * do not exist.
 */
#include "check.h"

/** What the structures of all three begin with; they are no longer than the
 *  rest. (Their headers refuse strict C.) */
static struct {
    uint32_t command, version;
    uint16_t domain; /**< domctl */
    uint8_t rest[512];
} op;

enum {
    NO_SUCH_COMMAND = 0xFFFF,
    DOMCTL_VERSION = 0x15,
    SYSCTL_VERSION = 0x15,
    PLATFORM_VERSION = 0x03000001,
};

static int32_t make(uint32_t number, uint32_t version)
{
    op.command = NO_SUCH_COMMAND;
    op.version = version;
    op.domain = DOM_UNKNOWN;
    return hypercall(number, (uint32_t)&op, 0, 0, 0, 0);
}

void family(void)
{
    CHECK("domctl.version_0", -XEN_EACCES, make(__HYPERVISOR_domctl, 0));
    CHECK("domctl.null", -XEN_EFAULT, hypercall_1(domctl, 0));
    CHECK("domctl.xen_range", -XEN_EFAULT, hypercall_1(domctl, IN_XEN_RANGE));
    CHECK_CONTROL("domctl.unknown_domain", -XEN_ESRCH,
                  make(__HYPERVISOR_domctl, DOMCTL_VERSION));
    CHECK("sysctl.version_0", -XEN_EACCES, make(__HYPERVISOR_sysctl, 0));
    CHECK("sysctl.null", -XEN_EFAULT, hypercall_1(sysctl, 0));
    CHECK_CONTROL("sysctl.unknown_command", -XEN_ENOSYS,
                  make(__HYPERVISOR_sysctl, SYSCTL_VERSION));
    CHECK("platform_op.version_0", -XEN_EACCES,
          make(__HYPERVISOR_platform_op, 0));
    CHECK("platform_op.null", -XEN_EFAULT, hypercall_1(platform_op, 0));
    CHECK_CONTROL("platform_op.unknown_command", -XEN_ENOSYS,
                  make(__HYPERVISOR_platform_op, PLATFORM_VERSION));
}
