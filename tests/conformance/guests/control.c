/* SPDX-License-Identifier: MIT */
/**
 * @file control.c
 * @page conformance_control Conformance: domctl, sysctl, platform_op
 * Property: the interface's version is looked at first, then the caller, then
 * the operation.
 * Source: the interface; the observed answers.
 * Method: structures of another version, null, out of reach; operations that
 * do not exist; the machine's one processor, and one that it does not have.
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
    GET_CPUINFO = 55,
    CPU_ONLINE = 1,
    CPU_INVALID = 2,
};

static int32_t make(uint32_t number, uint32_t version)
{
    op.command = NO_SUCH_COMMAND;
    op.version = version;
    op.domain = DOM_UNKNOWN;
    return hypercall(number, (uint32_t)&op, 0, 0, 0, 0);
}

/** What platform_op begins with, and its operation get_cpuinfo. */
struct cpuinfo {
    uint32_t command, version;
    uint32_t number, last, flags, apic_id, acpi_id;
};

static int32_t cpuinfo(struct cpuinfo *info, uint32_t number)
{
    *info = (struct cpuinfo){ GET_CPUINFO, PLATFORM_VERSION, number,
                              0xAA, 0xAA, 0xAA, 0xAA };
    return hypercall_1(platform_op, info);
}

/** A kernel asks for the APIC's number of the processor that it starts on. */
static void processors(void)
{
    static uint8_t page[4096] __attribute__((aligned(4096)));
    struct cpuinfo info;
    uint32_t eax = 1, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    CHECK_CONTROL("platform_op.get_cpuinfo", 0, cpuinfo(&info, 0));
    CHECK_CONTROL("platform_op.get_cpuinfo.last", 0, info.last);
    CHECK_CONTROL("platform_op.get_cpuinfo.flags", CPU_ONLINE, info.flags);
    CHECK_CONTROL("platform_op.get_cpuinfo.apic_id", ebx >> 24, info.apic_id);
    CHECK_CONTROL("platform_op.get_cpuinfo.acpi_id", 0, info.acpi_id);
    CHECK_CONTROL("platform_op.get_cpuinfo.missing", 0, cpuinfo(&info, 1));
    CHECK_CONTROL("platform_op.get_cpuinfo.missing.last", 0, info.last);
    CHECK_CONTROL("platform_op.get_cpuinfo.missing.flags", CPU_INVALID,
                  info.flags);
    CHECK_CONTROL("platform_op.get_cpuinfo.max", 0, cpuinfo(&info, ~0u));
    CHECK_CONTROL("platform_op.get_cpuinfo.max.flags", CPU_INVALID,
                  info.flags);
    ((struct cpuinfo *)page)->command = GET_CPUINFO;
    ((struct cpuinfo *)page)->version = PLATFORM_VERSION;
    page_read_only(page);
    CHECK_CONTROL("platform_op.get_cpuinfo.read_only", -XEN_EFAULT,
                  hypercall_1(platform_op, page));
    page_writable(page);
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
    processors();
}
