/* SPDX-License-Identifier: MIT */
/**
 * @file ends.c
 * @page conformance_ends Conformance: ways to end
 * Property: a domain ends for the reason that it gave; what cannot be
 * resumed, or whose exception cannot be delivered, ends that domain, and the
 * hypervisor goes on to report it.
 * Source: the interface; the observed ways to be crashed.
 * Method: one boot a way, named on the command line. `end.reached` says that
 * the guest came as far as that; `end.survived` is never made by a right
 * hypervisor. The run's status decides.
 */
#include "check.h"

static uint8_t page[4096] __attribute__((aligned(4096)));

void user_enter(uint32_t eip, uint32_t esp);

USER(user_ud2, "ud2");

static bool same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *b == 0 && (*a == 0 || *a == ' ');
}

/** The way's name: what follows the image's name. */
static const char *way(void)
{
    const char *text = (const char *)start_info->cmd_line;

    return same(text, "guest") ? text + 6 : text;
}

/** The iret hypercall with a frame of ours. */
static void iret_to(uint32_t cs)
{
    TRY_EAX(cs, "pushl $0x202; pushl %%eax; pushl $1f; pushl $0;"
            "movl $23, %%eax; int $0x82");
}

static void iret_cs_rpl0(void)
{
    iret_to(0xE008);
}

static void iret_cs_null(void)
{
    iret_to(0);
}

static void iret_frame_unmapped(void)
{
    __asm__ volatile("movl %0, %%esp; movl $23, %%eax; int $0x82"
                     :
                     : "i"(UNMAPPED));
}

static void iret_bad_cs_no_failsafe(void)
{
    iret_to(0x41);
}

static void no_entry(void)
{
    __asm__ volatile("ud2");
}

static void handler_unmapped(void)
{
    trap_info_t table[2] = {
        { .vector = 6, .cs = FLAT_KERNEL_CS, .address = UNMAPPED },
    };

    hypercall_1(set_trap_table, table);
    __asm__ volatile("ud2");
}

static void handler_in_xen_range(void)
{
    trap_info_t table[2] = {
        { .vector = 6, .cs = FLAT_KERNEL_CS, .address = IN_XEN_RANGE },
    };

    hypercall_1(set_trap_table, table);
    __asm__ volatile("ud2");
}

static void int_n_no_entry(void)
{
    __asm__ volatile("int $0x90");
}

/** An exception on a stack where its frame cannot be written. */
static void ud2_on(uint32_t esp)
{
    trap_ready(6, 0);
    __asm__ volatile("movl %0, %%esp; ud2" : : "r"(esp));
}

static void stack_unmapped(void)
{
    ud2_on(UNMAPPED);
}

static void stack_in_m2p(void)
{
    ud2_on(IN_M2P + 4096);
}

static void stack_in_xen_range(void)
{
    ud2_on(IN_XEN_RANGE);
}

static void stack_read_only(void)
{
    page_read_only(page);
    ud2_on((uint32_t)page + sizeof(page));
}

static void stack_wraps(void)
{
    ud2_on(4);
}

static void kernel_stack_unmapped(void)
{
    trap_ready(6, 0);
    user_open(user_start, user_end);
    hypercall_2(stack_switch, FLAT_KERNEL_DS, UNMAPPED);
    user_enter((uint32_t)user_ud2, (uint32_t)user_end);
}

static void kernel_stack_null_ss(void)
{
    trap_ready(6, 0);
    user_open(user_start, user_end);
    hypercall_2(stack_switch, 0, page + sizeof(page));
    user_enter((uint32_t)user_ud2, (uint32_t)user_end);
}

static void multicall_iret_cs_rpl0(void)
{
    static struct multicall_entry entry = { .op = __HYPERVISOR_iret };

    tried.ebx = (uint32_t)&entry;
    tried.ecx = 1;
    TRY("pushl $0x202; pushl $0xE008; pushl $1f; pushl $0;"
        "movl $13, %%eax; int $0x82");
}

/** An event where no callback is, or no stack for its frame. */
static void let_event_in(uint32_t eip)
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { eip == 0 ? 0 : FLAT_KERNEL_CS, eip },
    };

    hypercall_2(callback_op, CALLBACKOP_register, &callback);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 1;
    shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
}

static void event_no_callback(void)
{
    let_event_in(0);
    hypercall_2(sched_op, SCHEDOP_yield, 0);
}

static void event_callback_in_xen_range(void)
{
    let_event_in(IN_XEN_RANGE);
    hypercall_2(sched_op, SCHEDOP_yield, 0);
}

static void event_stack_unmapped(void)
{
    let_event_in((uint32_t)failsafe_entry);
    __asm__ volatile("movl %0, %%esp; int $0x82"
                     :
                     : "i"(UNMAPPED), "a"(100));
}

/** The same after a call that the hypervisor answers by its shortest way. */
static void event_stack_gone(void)
{
    let_event_in((uint32_t)failsafe_entry);
    __asm__ volatile("movl %0, %%esp; int $0x82"
                     :
                     : "i"(UNMAPPED), "a"(__HYPERVISOR_xen_version),
                       "b"(XENVER_version));
}

static void shut(unsigned reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    hypercall_2(sched_op, SCHEDOP_shutdown, &shutdown);
}

static void poweroff(void)
{
    shut(SHUTDOWN_poweroff);
}

static void reboot(void)
{
    shut(SHUTDOWN_reboot);
}

static void suspend(void)
{
    shut(SHUTDOWN_suspend);
}

static void crash(void)
{
    shut(SHUTDOWN_crash);
}

static void compat_reboot(void)
{
    hypercall_2(sched_op_compat, SCHEDOP_shutdown, SHUTDOWN_reboot);
}

/** A kernel that passes a pointer, say, where the number belongs. */
static void reason_high_bits(void)
{
    shut(0xC0000000 | SHUTDOWN_reboot);
}

static void compat_high_bits(void)
{
    hypercall_2(sched_op_compat, SCHEDOP_shutdown, 0x100 | SHUTDOWN_reboot);
}

static void shutdown_code_sticks(void)
{
    struct sched_shutdown code = { .reason = SHUTDOWN_reboot };

    hypercall_2(sched_op, SCHEDOP_shutdown_code, &code);
    shut(SHUTDOWN_poweroff);
}

/** The first one, of which the lowest byte counts. */
static void shutdown_code_first(void)
{
    struct sched_shutdown code = { .reason = 0x100 | SHUTDOWN_reboot };

    hypercall_2(sched_op, SCHEDOP_shutdown_code, &code);
    code.reason = SHUTDOWN_suspend;
    hypercall_2(sched_op, SCHEDOP_shutdown_code, &code);
    shut(SHUTDOWN_poweroff);
}

/** A watchdog without any patience. */
static void watchdog(void)
{
    struct sched_watchdog op = { .id = 0, .timeout = 0 };

    hypercall_2(sched_op, SCHEDOP_watchdog, &op);
    for (;;)
        hypercall_2(sched_op, SCHEDOP_yield, 0);
}

/** One that runs out while the domain, and so the processor, sleeps. */
static void watchdog_asleep(void)
{
    struct sched_watchdog op = { .id = 0, .timeout = 1 };

    hypercall_2(sched_op, SCHEDOP_watchdog, &op);
    for (;;)
        hypercall_2(sched_op, SCHEDOP_block, 0);
}

static void remote_shutdown(void)
{
    struct sched_remote_shutdown op = { 0, SHUTDOWN_reboot };

    hypercall_2(sched_op, SCHEDOP_remote_shutdown, &op);
}

#define WAY(name) { #name, name }

static const struct {
    const char *name;
    void (*go)(void);
} ways[] = {
    WAY(iret_cs_rpl0), WAY(iret_cs_null), WAY(iret_frame_unmapped),
    WAY(iret_bad_cs_no_failsafe), WAY(no_entry), WAY(handler_unmapped),
    WAY(handler_in_xen_range), WAY(int_n_no_entry), WAY(stack_unmapped),
    WAY(stack_in_m2p), WAY(stack_in_xen_range), WAY(stack_read_only),
    WAY(stack_wraps), WAY(kernel_stack_unmapped), WAY(kernel_stack_null_ss),
    WAY(multicall_iret_cs_rpl0), WAY(event_no_callback),
    WAY(event_callback_in_xen_range), WAY(event_stack_unmapped),
    WAY(event_stack_gone), WAY(poweroff), WAY(reboot), WAY(suspend),
    WAY(crash), WAY(compat_reboot), WAY(shutdown_code_sticks),
    WAY(shutdown_code_first), WAY(reason_high_bits), WAY(compat_high_bits),
    WAY(watchdog), WAY(watchdog_asleep), WAY(remote_shutdown),
};

void family(void)
{
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (!same(way(), ways[i].name))
            continue;
        CHECK("end.reached", 1, 1);
        ways[i].go();
        CHECK("end.survived", 0, 1);
    }
}
