/* SPDX-License-Identifier: MIT */
/**
 * @file
 * All other calls: traps and segments, events, scheduling, time, the control
 * calls, and several in one.
 */
#include "world.h"

#include <string.h>

#include "arch_bits.h"
#include "lib.h"
#include "time.h"

#undef __STRICT_ANSI__
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

#define MOST_ENTRIES 5u

static void set(struct call *c, uint32_t number, uint32_t a, uint32_t b,
                uint32_t d, uint32_t e)
{
    *c = (struct call){ .number = number, .arg = { a, b, d, e } };
}

/* --- Traps and segments -------------------------------------------------- */

void build_trap_table(struct call *c)
{
    trap_info_t table[6];
    unsigned nr = take8() % 5u;

    memset(table, 0, sizeof(table));
    for (unsigned i = 0; i < nr; i++) {
        table[i].vector = take8();
        table[i].flags = take8() & 7;
        table[i].cs = take_selector();
        table[i].address = take_va();
    }
    set(c, __HYPERVISOR_set_trap_table, address_of(put(table, sizeof(table))),
        0, 0, 0);
}

void build_set_gdt(struct call *c)
{
    uint32_t frame[16];
    uint32_t entries = take8() * (take8() & 32 ? 29u : 1u);

    for (unsigned i = 0; i < 16; i++)
        frame[i] = i * 512 < entries ? take_frame().n : 0;
    set(c, __HYPERVISOR_set_gdt, address_of(put(frame, sizeof(frame))),
        entries, 0, 0);
}

/** A descriptor that is mostly acceptable. */
static descriptor_t take_descriptor(void)
{
    uint8_t which = take8();
    descriptor_t d = { .lo = take32(), .hi = take32() };

    if (which < 32)
        return (descriptor_t){ 0, 0 };
    if (which < 200) {
        d.hi |= DESC_P | DESC_S;
        d.hi &= ~DESC_L;
    }
    if (which < 120)
        d.hi &= 0x00FFFFFFu | (uint32_t)which << 25;
    if (which < 90)
        d.hi |= DESC_G | DESC_D | 3u << DESC_DPL_SHIFT;
    return d;
}

void build_update_descriptor(struct call *c)
{
    descriptor_t d = take_descriptor();
    uint64_t at = take_entry_address();

    set(c, __HYPERVISOR_update_descriptor, (uint32_t)at,
        (uint32_t)(at >> 32), d.lo, d.hi);
}

void build_stack_switch(struct call *c)
{
    uint32_t ss = take_selector();

    set(c, __HYPERVISOR_stack_switch, take8() & 3 ? SEL_RING1_DS : ss,
        take_va() + (take8() & 3 ? 0 : take8()), 0, 0);
}

void build_set_callbacks(struct call *c)
{
    uint32_t cs = take_selector(), failsafe_cs = take_selector();

    set(c, __HYPERVISOR_set_callbacks, take8() & 7 ? SEL_RING1_CS : cs,
        take_va(), take8() & 7 ? SEL_RING1_CS : failsafe_cs, take_va());
}

void build_callback_op(struct call *c)
{
    struct callback_register r = {
        .type = take8() & 7, .flags = take8() & 3,
        .address = { take8() & 3 ? SEL_RING1_CS : take_selector(),
                     take_va() },
    };

    set(c, __HYPERVISOR_callback_op, take8() % 3u,
        address_of(put(&r, sizeof(r))), 0, 0);
}

void build_nmi_op(struct call *c)
{
    struct xennmi_callback r = { .handler_address = take_va() };

    set(c, __HYPERVISOR_nmi_op, take8() % 3u, address_of(put(&r, sizeof(r))),
        0, 0);
}

void build_debugreg(struct call *c)
{
    bool write = take8() & 1;

    set(c, write ? __HYPERVISOR_set_debugreg : __HYPERVISOR_get_debugreg,
        take8() % 9u, take8() & 1 ? take_va() : take32(), 0, 0);
}

void build_fpu(struct call *c)
{
    set(c, __HYPERVISOR_fpu_taskswitch, take8() & 1, 0, 0, 0);
}

/** What an iret would pop: to the kernel, to an application, or anywhere. */
void build_iret(struct call *c)
{
    uint8_t which = take8();
    bool user = which & 1;
    uint32_t frame[6] = {
        take8(), take_va(), user ? SEL_RING3_CS : SEL_RING1_CS,
        0x202, take_va(), user ? SEL_RING3_DS : SEL_RING1_DS,
    };

    if (which >= 160)
        frame[2] = take_selector();
    if (which >= 200)
        frame[5] = take_selector();
    if (which & 2)
        frame[3] = take32();
    guest_frame()->esp = address_of(put(frame, sizeof(frame)));
    set(c, __HYPERVISOR_iret, 0, 0, 0, 0);
}

/* --- Events -------------------------------------------------------------- */

/** The operation's structure: what its first words say depends on it. */
static uint32_t put_event(uint32_t cmd)
{
    uint32_t words[6];

    for (unsigned i = 0; i < 6; i++)
        words[i] = take8() & 15 ? take8() % 16u : take8() * 5u;
    switch (cmd) {
    case EVTCHNOP_alloc_unbound: /* dom, remote_dom */
        words[0] = (take8() & 3 ? DOMID_SELF : take_domain()) |
                   (uint32_t)take_other() << 16;
        break;
    case EVTCHNOP_bind_interdomain: /* remote_dom; remote_port */
        words[0] = take8() & 7 ? take_other() : take_domain();
        break;
    case EVTCHNOP_bind_virq: /* virq, vcpu */
        words[0] = take8() % 26u;
        words[1] = take8() & 3;
        break;
    case EVTCHNOP_status: /* dom; port */
        words[0] = take_domain();
        break;
    default: /* a vCPU or a port, and a vCPU */
        words[1] = take8() & 3;
        break;
    }
    return put(words, sizeof(words));
}

void build_event_channel_op(struct call *c)
{
    uint8_t which = take8();
    uint32_t cmd = which < 80 ? EVTCHNOP_bind_interdomain
                   : which < 140 ? EVTCHNOP_send : which % 14u;

    /* All of a domain's ports closed are rarely of use. */
    if (cmd == EVTCHNOP_reset && (take8() & 7))
        cmd = EVTCHNOP_unmask;
    set(c, __HYPERVISOR_event_channel_op, cmd, address_of(put_event(cmd)), 0,
        0);
}

void build_event_compat(struct call *c)
{
    uint32_t words[8];

    words[0] = take8() % 12u;
    for (unsigned i = 1; i < 8; i++)
        words[i] = take8() % 70u;
    if (take8() & 1)
        words[1] = take_domain() | (uint32_t)take_domain() << 16;
    set(c, __HYPERVISOR_event_channel_op_compat,
        address_of(put(words, sizeof(words))), 0, 0, 0);
}

/* --- Scheduling and time ------------------------------------------------- */

/** The operation's structure: of each as much as there is. */
static uint32_t put_sched(uint32_t cmd)
{
    uint32_t words[4] = { take8() & 7, take8() & 3, 0, 0 };
    uint32_t ports[4] = { take8() % 40u, take8() % 40u, take8() % 40u,
                          take32() % 1200u };
    struct sched_poll poll = { .nr_ports = take8() & 15 ? take8() & 3
                                                        : take32(),
                               .timeout = take_time() };

    if (cmd == SCHEDOP_poll) {
        set_xen_guest_handle(poll.ports,
                             (void *)address_of(put(ports, sizeof(ports))));
        return put(&poll, sizeof(poll));
    }
    if (cmd == SCHEDOP_remote_shutdown)
        words[0] = take_domain();
    return put(words, sizeof(words));
}

/** Ends of domains are rare, or nothing else would be seen. */
void build_sched_op(struct call *c)
{
    static const uint8_t likely[] = {
        SCHEDOP_yield, SCHEDOP_block, SCHEDOP_poll, SCHEDOP_yield,
        SCHEDOP_watchdog, SCHEDOP_pin_override, SCHEDOP_block,
        SCHEDOP_shutdown_code,
    };
    uint8_t which = take8();
    uint32_t cmd = likely[which & 7];

    if (which >= 252)
        cmd = take8();
    else if (which >= 240)
        cmd = SCHEDOP_remote_shutdown;
    set(c, __HYPERVISOR_sched_op, cmd, address_of(put_sched(cmd)), 0, 0);
}

void build_sched_compat(struct call *c)
{
    uint8_t which = take8();

    set(c, __HYPERVISOR_sched_op_compat,
        which < 250 ? which & 1 : which & 3, take8(), 0, 0);
}

/** Another vCPU's start: one's own context, and a little of it wrong. */
static uint32_t put_context(void)
{
    static struct vcpu_guest_context context;
    mfn_t l3 = take8() & 15 ? world_frame[caller()->id][0] : take_frame();

    memset(&context, 0, sizeof(context));
    context.user_regs.cs = take8() & 7 ? SEL_RING1_CS : take_selector();
    context.user_regs.ss = take8() & 7 ? SEL_RING1_DS : take_selector();
    context.user_regs.ds = take_selector();
    context.user_regs.eip = CODE_VA;
    context.user_regs.esp = STACK_VA;
    context.user_regs.eflags = take32();
    context.kernel_ss = SEL_RING1_DS;
    context.kernel_sp = STACK_VA;
    context.flags = take8();
    context.ctrlreg[3] = xen_pfn_to_cr3(l3.n);
    context.ctrlreg[4] = take8();
    context.gdt_ents = take8() & 3 ? 0 : take8() * 32u;
    context.gdt_frames[0] = take_frame().n;
    context.gdt_frames[1] = take_frame().n;
    context.ldt_ents = take8() & 3 ? 0 : take8();
    context.ldt_base = take_va();
    for (unsigned i = 0; i < 8; i++)
        context.debugreg[i] = take8() & 3 ? 0 : take32();
    for (unsigned i = 0; i < 256; i++) {
        context.trap_ctxt[i].cs = SEL_RING1_CS;
        context.trap_ctxt[i].address = CODE_VA;
    }
    context.event_callback_cs = context.failsafe_callback_cs = SEL_RING1_CS;
    context.event_callback_eip = context.failsafe_callback_eip = CODE_VA;
    return put(&context, sizeof(context));
}

void build_vcpu_op(struct call *c)
{
    uint32_t cmd = take8() % 16u, vcpu = take8() & 7 ? take8() & 3 : take32();
    uint64_t area = take_va();
    struct vcpu_set_singleshot_timer timer = { take_time(), take8() & 1 };
    struct vcpu_register_vcpu_info info = { take_frame().n,
                                            take8() * 16u & 0xFFC, 0 };
    uint32_t at;

    if (cmd == VCPUOP_initialise)
        at = put_context();
    else if (cmd == VCPUOP_register_vcpu_info)
        at = put(&info, sizeof(info));
    else if (cmd == VCPUOP_set_singleshot_timer ||
             cmd == VCPUOP_set_periodic_timer)
        at = put(&timer, sizeof(timer));
    else
        at = put(&area, sizeof(area));
    set(c, __HYPERVISOR_vcpu_op, cmd, vcpu, address_of(at), 0);
}

void build_set_timer(struct call *c)
{
    uint64_t at = take_time();

    set(c, __HYPERVISOR_set_timer_op, (uint32_t)at, (uint32_t)(at >> 32), 0,
        0);
}

void build_alarm(struct call *c)
{
    uint64_t at = take_time();

    set(c, __HYPERVISOR_arch_0, (uint32_t)at, (uint32_t)(at >> 32), 0, 0);
}

/* --- The rest ------------------------------------------------------------ */

void build_version(struct call *c)
{
    uint8_t room[1100] = { 0 };

    set(c, __HYPERVISOR_xen_version, take8() % 14u,
        address_of(put(room, sizeof(room))), 0, 0);
}

void build_console_io(struct call *c)
{
    uint8_t text[64];

    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = i < 8 ? take8() : '.';
    set(c, __HYPERVISOR_console_io, take8() % 3u,
        take8() & 15 ? take8() : take32(),
        address_of(put(text, sizeof(text))), 0);
}

void build_physdev_op(struct call *c)
{
    uint32_t words[4] = { take8() & 7, take_va(), take32() % 70000u, 0 };
    uint8_t which = take8();
    uint32_t cmd = which < 90 ? PHYSDEVOP_set_iopl
                   : which < 180 ? PHYSDEVOP_set_iobitmap : which;

    if (cmd == PHYSDEVOP_set_iobitmap) {
        words[0] = address_of(put(words, sizeof(words)));
        words[1] = take32() % 70000u;
    }
    set(c, __HYPERVISOR_physdev_op, cmd,
        address_of(put(words, sizeof(words))), 0, 0);
}

void build_physdev_compat(struct call *c)
{
    uint32_t words[4] = { take8() % 12u, take8(), take_va(), take32() };

    set(c, __HYPERVISOR_physdev_op_compat,
        address_of(put(words, sizeof(words))), 0, 0, 0);
}

void build_vm_assist(struct call *c)
{
    uint8_t which = take8();

    set(c, __HYPERVISOR_vm_assist, which & 1, which >= 250 ? take32()
                                                           : take8() % 8u,
        0, 0);
}

/** Three calls with a head of one form. */
void build_control(struct call *c)
{
    static const struct {
        uint32_t number, version;
    } kind[] = {
        { __HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION },
        { __HYPERVISOR_sysctl, XEN_SYSCTL_INTERFACE_VERSION },
        { __HYPERVISOR_domctl, XEN_DOMCTL_INTERFACE_VERSION },
    };
    unsigned which = take8() % 3u;
    uint32_t words[32];

    for (unsigned i = 0; i < 32; i++)
        words[i] = i < 10 ? take8() : 0;
    if (take8() & 1) /* a time that can be */
        memset(words + 3, 0, sizeof(words) - 12);
    words[0] = take8() & 1 ? XENPF_settime64 : take8();
    words[1] = take8() & 15 ? kind[which].version : take32();
    words[2] = take8() & 1 ? take_domain() : take32();
    set(c, kind[which].number, address_of(put(words, sizeof(words))), 0, 0, 0);
}

void build_unknown(struct call *c)
{
    set(c, take8() & 1 ? take8() : take32(), take_va(), take32(), take_va(),
        take8());
    if (c->number == __HYPERVISOR_iret)
        c->number = 0;
}

static call_builder *const builders[] = {
    build_mmu_update, build_mmuext_op, build_va_mapping, build_memory_op,
    build_event_channel_op, build_grant_table_op, build_set_gdt,
    build_update_descriptor, build_mmu_update, build_mmuext_op,
    build_va_mapping, build_memory_op, build_event_channel_op,
    build_grant_table_op, build_grant_table_op, build_vcpu_op,
    build_va_mapping_other, build_event_compat, build_trap_table,
    build_stack_switch, build_set_callbacks, build_callback_op,
    build_debugreg, build_sched_op, build_sched_compat, build_set_timer,
    build_alarm, build_version, build_console_io, build_physdev_op,
    build_physdev_compat, build_vm_assist, build_iret, build_nmi_op,
    build_fpu, build_control, build_unknown,
};

/** Several calls in one, each with arguments of its own. */
static void build_multicall(struct call *c)
{
    struct multicall_entry entry[MOST_ENTRIES];
    uint32_t nr = take8() % (MOST_ENTRIES + 1);
    struct call inner;

    memset(entry, 0, sizeof(entry));
    for (uint32_t i = 0; i < nr; i++) {
        uint8_t which = take8();

        builders[which % ARRAY_SIZE(builders)](&inner);
        entry[i].op = which >= 252 ? __HYPERVISOR_multicall : inner.number;
        for (unsigned k = 0; k < HYPERCALL_ARGS; k++)
            entry[i].args[k] = inner.arg[k];
    }
    set(c, __HYPERVISOR_multicall, address_of(put(entry, sizeof(entry))),
        take8() & 63 ? nr : take32(), 0, 0);
}

void build_call(struct call *c)
{
    uint8_t which = take8();

    arguments_restart();
    if (which >= 240)
        build_multicall(c);
    else
        builders[which % ARRAY_SIZE(builders)](c);
}
