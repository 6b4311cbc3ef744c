/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Calls that are right, or almost.
 */
#include "fuzz.h"

typedef void drawer(struct asked *c);

static void set(struct asked *c, uint32_t number, uint32_t a, uint32_t b,
                uint32_t d, uint32_t e)
{
    *c = (struct asked){ .number = number, .arg = { a, b, d, e } };
}

/** A list that oracles have to understand: it is where it seems to be, or
 *  cannot be read at all. */
static uint32_t listed(const void *list)
{
    if (!steady)
        return passed(list);
    return one_in(64) ? 0xF5800000u - draw(2) * 4 : (uint32_t)list;
}

static uint32_t two_domains(void)
{
    return draw_domain() | (uint32_t)draw_domain() << 16;
}

/* --- Memory -------------------------------------------------------------- */

static void draw_mmu_update(struct asked *c)
{
    uint32_t nr = draw(5), *done = room(4);
    struct mmu_update *u = room(5 * sizeof(*u));

    for (uint32_t i = 0; i < nr; i++) {
        u[i].ptr = draw_entry_address() | (one_in(4) ? draw(4) : 0);
        u[i].val = draw_entry();
    }
    set(c, __HYPERVISOR_mmu_update, passed(u), one_in(64) ? draw32() : nr,
        passed(done), one_in(4) ? two_domains() : DOMID_SELF);
}

static void draw_mmuext_op(struct asked *c)
{
    uint32_t nr = 1 + draw(3), *mask = room(4);
    struct mmuext_op *op = room(3 * sizeof(*op));

    *mask = draw(4);
    for (uint32_t i = 0; i < nr; i++) {
        op[i].cmd = draw(22);
        if (op[i].cmd == MMUEXT_NEW_BASEPTR && !one_in(64))
            op[i].cmd = MMUEXT_PIN_L1_TABLE + draw(3);
        op[i].arg1.mfn = draw_frame();
        op[i].arg2.src_mfn = draw_frame();
        if (op[i].cmd == MMUEXT_SET_LDT) {
            op[i].arg1.linear_addr = draw_va() & ~(one_in(8) ? 0u : 4095u);
            op[i].arg2.nr_ents = one_in(8) ? draw32() : draw(1024);
        } else if (op[i].cmd >= MMUEXT_TLB_FLUSH_LOCAL &&
                   op[i].cmd <= MMUEXT_INVLPG_ALL) {
            op[i].arg1.linear_addr = draw_va();
            set_xen_guest_handle(op[i].arg2.vcpumask, (void *)passed(mask));
        }
    }
    /* Of a list that fails nobody knows whether an LDT was set before. */
    for (uint32_t i = 1; steady && i < nr; i++)
        if (op[i].cmd == MMUEXT_SET_LDT || op[0].cmd == MMUEXT_SET_LDT)
            op[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
    set(c, __HYPERVISOR_mmuext_op, passed(op),
        steady && op[0].cmd == MMUEXT_SET_LDT ? 1 : nr, 0, draw_domain());
}

static void draw_va_mapping(struct asked *c)
{
    uint64_t entry = draw_entry();

    set(c, __HYPERVISOR_update_va_mapping, draw_va(), (uint32_t)entry,
        (uint32_t)(entry >> 32), one_in(16) ? draw32() : draw(8));
    if (one_in(8)) {
        c->number = __HYPERVISOR_update_va_mapping_otherdomain;
        c->arg[4] = draw_domain();
    }
}

static void draw_reservation(struct xen_memory_reservation *r)
{
    uint32_t *frames = room(8 * 4);

    r->nr_extents = one_in(64) ? draw32() : draw(6);
    r->extent_order = one_in(16) ? draw(32) : one_in(3);
    r->domid = one_in(4) ? draw_domain() : DOMID_SELF;
    r->mem_flags = one_in(8) ? draw32() : 0;
    for (unsigned i = 0; i < 8; i++)
        frames[i] = (uint32_t)draw_frame();
    set_xen_guest_handle(r->extent_start, (void *)passed(frames));
}

static void draw_memory_op(struct asked *c)
{
    static const uint8_t likely[] = {
        XENMEM_increase_reservation, XENMEM_decrease_reservation,
        XENMEM_populate_physmap, XENMEM_exchange, XENMEM_maximum_ram_page,
        XENMEM_current_reservation, XENMEM_maximum_reservation,
        XENMEM_machphys_mfn_list, XENMEM_machphys_mapping,
        XENMEM_add_to_physmap, XENMEM_memory_map, XENMEM_exchange,
    };
    uint32_t cmd = one_in(16) ? draw32() >> draw(32) : likely[draw(12)];
    struct xen_memory_exchange *e = room(sizeof(*e));

    draw_reservation(&e->in);
    if (cmd == XENMEM_exchange) {
        draw_reservation(&e->out);
        e->nr_exchanged = one_in(8) ? draw(8) : 0;
        if (!one_in(4)) {
            e->out.nr_extents = e->in.nr_extents;
            e->out.extent_order = e->in.extent_order;
        }
    }
    if (steady && ((cmd & 63) <= XENMEM_decrease_reservation ||
                   (cmd & 63) == XENMEM_populate_physmap ||
                   (cmd & 63) == XENMEM_exchange))
        cmd = XENMEM_current_reservation;
    set(c, __HYPERVISOR_memory_op, cmd, passed(e), 0, 0);
}

/* --- Grants and events --------------------------------------------------- */

static void draw_map(struct gnttab_map_grant_ref *op)
{
    op->flags = draw(64) | (one_in(4) ? 0 : GNTMAP_host_map);
    op->host_addr = op->flags & GNTMAP_contains_pte ? draw_entry_address()
                                                    : draw_va();
    op->ref = one_in(16) ? draw32() : draw(16);
    op->dom = draw_domain();
}

static void draw_grant_table_op(struct asked *c)
{
    uint32_t cmd = draw(14), nr = one_in(32) ? draw32() : 1 + draw(3);
    uint32_t *words = room(256);

    for (unsigned i = 0; i < 32; i++)
        words[i] = draw(16);
    if (cmd == GNTTABOP_map_grant_ref) {
        for (unsigned i = 0; i < 3; i++)
            draw_map((struct gnttab_map_grant_ref *)words + i);
    } else if (cmd == GNTTABOP_unmap_grant_ref ||
               cmd == GNTTABOP_unmap_and_replace) {
        for (unsigned i = 0; i < 15; i += 5)
            words[i] = one_in(8) ? (uint32_t)draw_entry_address() : draw_va();
    } else if (cmd == GNTTABOP_copy || cmd == GNTTABOP_transfer) {
        for (unsigned i = 0; i < 30; i += 3) {
            words[i] = (uint32_t)draw_frame();
            words[i + 1] = draw_domain();
        }
    } else {
        words[0] = draw_domain();
        words[1] = draw(6);
        words[3] = passed(words + 16);
        nr = one_in(4) ? nr : 1;
    }
    if (steady && cmd != GNTTABOP_setup_table)
        cmd = GNTTABOP_query_size; /* grants let others' frames come */
    set(c, __HYPERVISOR_grant_table_op, cmd, passed(words), nr, 0);
}

static void draw_event_channel_op(struct asked *c)
{
    uint32_t *words = room(24), cmd = draw(14);

    for (unsigned i = 0; i < 6; i++)
        words[i] = one_in(16) ? draw32() >> draw(32) : draw(24);
    if (cmd == EVTCHNOP_alloc_unbound || cmd == EVTCHNOP_bind_interdomain ||
        cmd == EVTCHNOP_status)
        words[0] = two_domains();
    if (cmd == EVTCHNOP_reset && !one_in(16))
        cmd = EVTCHNOP_send;
    set(c, __HYPERVISOR_event_channel_op, cmd, passed(words), 0, 0);
    if (one_in(16)) {
        words[1] = words[0];
        words[0] = cmd;
        set(c, __HYPERVISOR_event_channel_op_compat, passed(words), 0, 0, 0);
    }
}

/* --- Traps, segments, modes ---------------------------------------------- */

/** Vectors by which this guest survives stay as they are, mostly. */
static void draw_trap_table(struct asked *c)
{
    trap_info_t *t = room(5 * sizeof(*t));
    uint32_t nr = draw(4);

    for (uint32_t i = 0; i < nr; i++) {
        t[i].vector = (uint8_t)(one_in(128) ? draw(256) : 0x20 + draw(0x60));
        t[i].flags = (uint8_t)draw(8);
        t[i].cs = one_in(32) ? draw_selector() : FLAT_KERNEL_CS;
        t[i].address = one_in(32) ? draw_va() : trap_entry[0x80];
    }
    set(c, __HYPERVISOR_set_trap_table, one_in(8) ? listed(t) : (uint32_t)t, 0,
        0, 0);
}

static void draw_set_gdt(struct asked *c)
{
    uint32_t *frames = room(16 * 4);

    for (unsigned i = 0; i < 16; i++)
        frames[i] = (uint32_t)draw_frame();
    set(c, __HYPERVISOR_set_gdt, passed(frames),
        one_in(16) ? draw32() : draw(1024), 0, 0);
}

static void draw_update_descriptor(struct asked *c)
{
    uint64_t at = draw_entry_address();
    uint32_t high = draw32();

    if (!one_in(3))
        high = 0x00C0F200u | (high & 0x00001A00u);
    set(c, __HYPERVISOR_update_descriptor, (uint32_t)at,
        (uint32_t)(at >> 32), one_in(2) ? 0xFFFF : draw32(), high);
}

static void draw_modes(struct asked *c)
{
    struct callback_register *r = room(sizeof(*r));

    switch (draw(8)) {
    case 0:
        set(c, __HYPERVISOR_fpu_taskswitch, draw(2), 0, 0, 0);
        break;
    case 1:
        set(c, __HYPERVISOR_set_debugreg, draw(9),
            one_in(2) ? draw_va() : draw32(), 0, 0);
        break;
    case 2:
        set(c, __HYPERVISOR_get_debugreg, draw(9), 0, 0, 0);
        break;
    case 3:
        set(c, __HYPERVISOR_vm_assist, draw(3), draw(8), 0, 0);
        break;
    case 4:
        set(c, __HYPERVISOR_stack_switch,
            exact ? draw_selector() : FLAT_KERNEL_DS, draw_stack(), 0, 0);
        break;
    case 5: /* sysenter, syscall, NMI: not the ones it lives by */
        r->type = (uint16_t)(one_in(64) ? draw(8) : CALLBACKTYPE_nmi +
                                                        draw(4) * 2);
        r->flags = (uint16_t)draw(4);
        r->address.cs = FLAT_KERNEL_CS;
        r->address.eip = (unsigned long)fuzz_upcall;
        set(c, __HYPERVISOR_callback_op, draw(3), passed(r), 0, 0);
        break;
    case 6:
        *(uint32_t *)r = (uint32_t)fuzz_upcall;
        set(c, __HYPERVISOR_nmi_op, draw(3), passed(r), 0, 0);
        break;
    default:
        *(uint32_t *)r = draw(5);
        set(c, __HYPERVISOR_physdev_op,
            one_in(4) ? draw(40) : PHYSDEVOP_set_iopl + draw(2), passed(r), 0,
            0);
    }
}

/* --- Time and vCPUs ------------------------------------------------------ */

/** Where vCPU 1 may have its vcpu_info. */
static uint8_t infos[4096] __attribute__((aligned(4096)));

/** Before it may sleep there is something to wake it. */
static void alarm_soon(void)
{
    uint64_t at = system_time() + 20000 + draw(200000);
    struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER };

    hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &timer);
    for (unsigned i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = 0;
    hypercall_2(set_timer_op, (uint32_t)at, (uint32_t)(at >> 32));
}

static void draw_sched_op(struct asked *c)
{
    static const uint8_t likely[] = {
        SCHEDOP_yield, SCHEDOP_block, SCHEDOP_poll, SCHEDOP_yield,
        SCHEDOP_pin_override, SCHEDOP_shutdown_code, SCHEDOP_remote_shutdown,
        SCHEDOP_yield,
    };
    uint32_t cmd = one_in(16) ? 9 + draw32() % 1000 : likely[draw(8)];
    struct sched_poll *poll = room(sizeof(*poll));
    uint32_t *ports = room(16);

    for (unsigned i = 0; i < 4; i++)
        ports[i] = one_in(8) ? draw32() : draw(40);
    if (cmd == SCHEDOP_poll) {
        poll->nr_ports = one_in(8) ? draw32() : draw(4);
        poll->timeout = system_time() + draw(300000);
        set_xen_guest_handle(poll->ports, (void *)passed(ports));
    } else {
        /* Domains without privilege are refused, so that any may be named. */
        ((uint32_t *)poll)[0] = draw_domain();
        ((uint32_t *)poll)[1] = draw(6);
    }
    alarm_soon();
    set(c, __HYPERVISOR_sched_op, cmd, passed(poll), 0, 0);
    if (one_in(8))
        set(c, __HYPERVISOR_sched_op_compat, draw(2), draw(3), 0, 0);
}

/** The second vCPU's start, and a little of it wrong. */
static void *draw_context(void)
{
    vcpu_guest_context_t *c = room(sizeof(*c));
    uint32_t base;

    __asm__ volatile("mov %%cr3, %0" : "=r"(base));
    c->user_regs.cs = one_in(8) ? draw_selector() : FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_DS;
    c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
    c->user_regs.gs = one_in(8) ? draw_selector() : 0;
    c->user_regs.eip = (uint32_t)fuzz_second;
    c->user_regs.esp = (uint32_t)players[1].stack + sizeof(players[1].stack);
    c->user_regs.eflags = draw32() & ~0x100u;
    c->kernel_ss = FLAT_KERNEL_DS;
    c->kernel_sp = (uint32_t)players[1].kernel_stack +
                   sizeof(players[1].kernel_stack);
    c->ctrlreg[3] = one_in(8) ? draw32() : base;
    c->gdt_ents = one_in(8) ? draw(1024) : 0;
    c->gdt_frames[0] = draw_frame();
    for (unsigned i = 0; i < 32; i++) {
        c->trap_ctxt[i].vector = (uint8_t)i;
        c->trap_ctxt[i].cs = FLAT_KERNEL_CS;
        c->trap_ctxt[i].address = trap_entry[i];
    }
    c->event_callback_cs = c->failsafe_callback_cs = FLAT_KERNEL_CS;
    c->event_callback_eip = (unsigned long)fuzz_upcall;
    c->failsafe_callback_eip = (unsigned long)fuzz_failsafe;
    c->flags = draw(8);
    return c;
}

static void draw_vcpu_op(struct asked *c)
{
    uint32_t cmd = draw(16), vcpu = one_in(8) ? draw32() : draw(3);
    uint64_t *words = room(64);

    if (cmd == VCPUOP_initialise) {
        words = draw_context();
        vcpu = one_in(8) ? vcpu : 1;
    } else if (cmd == VCPUOP_register_vcpu_info) {
        /* One's own is where upcalls are looked for. Where oracles watch no
         * call of chance writes to it. */
        words[0] = steady ? frame_of(infos) : draw_frame();
        words[1] = one_in(8) ? draw32() : draw(4096) & ~3u;
        vcpu = 1;
    } else if (cmd == VCPUOP_down) {
        vcpu = 1;
    } else {
        words[0] = one_in(2) ? draw_time() : draw_va();
        words[1] = draw(2);
    }
    set(c, __HYPERVISOR_vcpu_op, cmd, vcpu, passed(words), 0);
}

#define CALL(name) (1ull << __HYPERVISOR_##name)

/** With arguments of chance these would end the guest's life or sleep. */
static const uint64_t deadly = CALL(iret) | CALL(sched_op) |
                               CALL(sched_op_compat) | CALL(stack_switch) |
                               CALL(set_callbacks);

/** Oracles read what these ask for. They find it in the page tables: a pointer
 *  of chance may be to a page that the processor remembers another way. */
static const uint64_t understood =
    CALL(memory_op) | CALL(grant_table_op) | CALL(set_trap_table) |
    CALL(callback_op) | CALL(nmi_op) | CALL(set_gdt) | CALL(vcpu_op) |
    CALL(mmuext_op) | CALL(multicall);

static void draw_rest(struct asked *c)
{
    uint64_t at = draw_time();
    uint32_t *words = room(64);

    switch (draw(5)) {
    case 0:
        set(c, __HYPERVISOR_set_timer_op, (uint32_t)at, (uint32_t)(at >> 32),
            0, 0);
        break;
    case 1:
        set(c, __HYPERVISOR_xen_version, draw(14), passed(room(1100)), 0, 0);
        break;
    case 2:
        set(c, __HYPERVISOR_console_io, draw(4), one_in(4) ? draw32() : 0,
            passed(words), 0);
        if (c->arg[0] == 0 && c->arg[1] > 2)
            c->arg[2] = draw32() | 0xF5800000u; /* no text, or much of it */
        break;
    case 3:
        words[0] = draw(80);
        words[1] = draw32();
        words[2] = draw32();
        set(c, one_in(2) ? __HYPERVISOR_platform_op
            : one_in(2) ? __HYPERVISOR_sysctl : __HYPERVISOR_domctl,
            passed(words), 0, 0, 0);
        break;
    default:
        set(c, one_in(2) ? draw(64) : draw32(), draw_va(), draw(16),
            draw_va(), draw32());
        if (c->number < 64 &&
            ((deadly | (steady ? understood : 0)) >> c->number & 1))
            c->number = 63;
    }
}

static drawer *const drawers[] = {
    draw_mmu_update, draw_mmuext_op, draw_va_mapping, draw_memory_op,
    draw_grant_table_op, draw_event_channel_op, draw_mmu_update,
    draw_mmuext_op, draw_va_mapping, draw_grant_table_op, draw_trap_table,
    draw_set_gdt, draw_update_descriptor, draw_modes, draw_sched_op,
    draw_vcpu_op, draw_rest,
};
#define NR_DRAWERS (sizeof(drawers) / sizeof(drawers[0]))

static void draw_multicall(struct asked *c)
{
    uint32_t nr = draw(6);
    struct multicall_entry *entry = room(6 * sizeof(*entry));
    struct asked inner;

    for (uint32_t i = 0; i < nr; i++) {
        drawers[draw(NR_DRAWERS)](&inner);
        if (inner.number == __HYPERVISOR_sched_op ||
            inner.number == __HYPERVISOR_sched_op_compat)
            inner.arg[0] = SCHEDOP_yield; /* the alarm may be off again */
        entry[i].op = one_in(64) ? __HYPERVISOR_multicall : inner.number;
        for (unsigned k = 0; k < 5; k++)
            entry[i].args[k] = inner.arg[k];
    }
    set(c, __HYPERVISOR_multicall, listed(entry),
        !steady && one_in(4096) ? draw32() : nr, 0, 0);
}

void draw_call(struct asked *c)
{
    if (one_in(12))
        draw_multicall(c);
    else
        drawers[draw(NR_DRAWERS)](c);
}

/** Not through the page of stubs: numbers beyond it are asked for as well. */
void make_call(const struct asked *c)
{
    uint32_t a = c->arg[0], b = c->arg[1], d = c->arg[2], e = c->arg[3],
             f = c->arg[4];
    int32_t result;

    self()->calls++;
    __asm__ volatile("int $0x82"
                     : "=a"(result), "+b"(a), "+c"(b), "+d"(d), "+S"(e),
                       "+D"(f)
                     : "0"(c->number)
                     : "memory", "cc");
}
