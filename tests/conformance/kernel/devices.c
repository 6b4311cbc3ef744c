/* SPDX-License-Identifier: MIT */
/**
 * @file devices.c
 * What is around that kernel: its memory map, console, store, grant table, and
 * the memory that it gives back and takes again.
 */
#include "kernel.h"

#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/physdev.h>
#include <xen/platform.h>

static bool privileged(void)
{
    return start_info->flags & SIF_INITDOMAIN;
}

/** xen_raw_console_write(); what it answers does not matter. */
void console_early(const char *text)
{
    uint32_t n = 0;

    while (text[n] != 0)
        n++;
    (void)hypercall_3(console_io, CONSOLEIO_write, n, text);
}

/** xen_memory_setup(). */
void memory_found(void)
{
    static struct { uint64_t addr, size; uint32_t type; }
        __attribute__((packed)) e820[128];
    struct xen_memory_map map = { .nr_entries = 128 };
    domid_t self = DOMID_SELF;
    int32_t rc;

    map.buffer.p = e820;
    rc = hypercall_2(memory_op, privileged() ? XENMEM_machine_memory_map
                                             : XENMEM_memory_map, &map);
    if (privileged()) {
        CHECK_CONTROL("kernel.memory.machine_map", 0, rc);
        CHECK_CONTROL("kernel.memory.machine_map.first_is_ram", 1,
                      e820[0].type);
        CHECK_CONTROL("kernel.memory.maximum", 1,
                      hypercall_2(memory_op, XENMEM_maximum_reservation,
                                  &self) > 0);
    }
    CHECK("kernel.memory.map_or_none", 1, rc == 0 || rc == -XEN_ENOSYS);
}

/** reserve_initrd(): whoever loaded us may have brought a ramdisk, which is one
 *  line again and again (tests/boots). */
void ramdisk_found(void)
{
    static const char line[] = "ramdisk\n";
    const char *byte = (const char *)start_info->mod_start;

    if (start_info->flags & SIF_MOD_START_PFN)
        byte = page_of(start_info->mod_start);
    for (uint32_t i = 0; i < start_info->mod_len; i++)
        if (byte[i] != line[i % (sizeof(line) - 1)])
            shut_down(SHUTDOWN_crash);
}

/** What only the control domain does at this point. */
void privileged_found(void)
{
    struct xen_platform_op op = { .cmd = XENPF_firmware_info,
                                  .interface_version =
                                      XENPF_INTERFACE_VERSION };

    if (!privileged())
        return;
    op.u.firmware_info.type = XEN_FW_KBD_SHIFT_FLAGS;
    (void)hypercall_1(platform_op, &op); /* it does without */
}

/* --- Console ------------------------------------------------------------- */

static volatile uint32_t nr_console, nr_store;

static void console_event(unsigned cpu)
{
    (void)cpu;
    nr_console++;
}

static void store_event(unsigned cpu)
{
    (void)cpu;
    nr_store++;
}

/** The page of a frame that the builder made. */
static void *page_of_mfn(uint32_t mfn)
{
    return page_of(m2p[mfn]);
}

/** domU_write_console(): until the other side has taken everything. */
static void console_write(const char *text)
{
    struct xencons_interface *ring =
        page_of_mfn(start_info->console.domU.mfn);
    XENCONS_RING_IDX at = ring->out_prod;

    for (; *text != 0; text++)
        ring->out[MASK_XENCONS_IDX(at++, ring->out)] = *text;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ring->out_prod = at;
    port_notify(start_info->console.domU.evtchn);
    while (ring->out_cons != at)
        (void)hypercall_2(sched_op, SCHEDOP_yield, 0);
}

/** xen_hvc_init(). */
void console_start(void)
{
    char typed[16];

    if (privileged()) {
        struct evtchn_bind_virq op = { .virq = VIRQ_CONSOLE, .vcpu = 0 };

        CHECK_CONTROL("kernel.console.virq", 0,
                      hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &op));
        CHECK_CONTROL("kernel.console.read", 0,
                      hypercall_3(console_io, CONSOLEIO_read, sizeof(typed),
                                  typed));
        return;
    }
    port_handler(port_interdomain(start_info->console.domU.evtchn),
                 console_event);
    console_write("Linux-like kernel on a console ring\r\n");
}

/* --- Store --------------------------------------------------------------- */

/** xb_write(): one message, of a header and a string with its NUL. */
static void store_write(struct xenstore_domain_interface *ring,
                        const void *bytes, uint32_t n)
{
    const char *from = bytes;
    XENSTORE_RING_IDX at = ring->req_prod;

    for (uint32_t i = 0; i < n; i++)
        ring->req[MASK_XENSTORE_IDX(at++)] = from[i];
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ring->req_prod = at;
}

/** The answer's header is there, and is ours. */
static bool store_answered(const struct xenstore_domain_interface *ring,
                           XENSTORE_RING_IDX at, uint32_t request)
{
    struct xsd_sockmsg answer;
    uint8_t *to = (uint8_t *)&answer;

    if (ring->rsp_prod - at < sizeof(answer))
        return false;
    for (uint32_t i = 0; i < sizeof(answer); i++)
        to[i] = (uint8_t)ring->rsp[MASK_XENSTORE_IDX(at + i)];
    return answer.req_id == request;
}

/** xenbus_init(): a request is answered, with an event. Whoever is the control
 *  domain has the store itself to provide. Whoever loaded us may have used the
 *  ring before. */
void store_start(void)
{
    struct evtchn_alloc_unbound own = { DOMID_SELF, DOMID_SELF, 0 };
    struct xenstore_domain_interface *ring;
    struct xsd_sockmsg message = { .type = XS_READ, .req_id = 77, .len = 6 };
    XENSTORE_RING_IDX at = 0;
    evtchn_port_t port = start_info->store_evtchn;

    if (privileged()) {
        CHECK_CONTROL("kernel.store.own_port", 0,
                      hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound,
                                  &own));
        port = own.port;
    }
    port_handler(port_interdomain(port), store_event);
    ring = page_of_mfn(start_info->store_mfn);
    if (!privileged()) {
        at = ring->rsp_prod;
        store_write(ring, &message, sizeof(message));
        store_write(ring, "domid", 6);
    }
    CHECK("kernel.event.send", 0, port_notify(port));
    if (privileged())
        return;
    idle_until(&nr_store, 1);
    if (!store_answered(ring, at, message.req_id))
        shut_down(SHUTDOWN_crash);
}

/* --- Grants -------------------------------------------------------------- */

/** gnttab_init(): the frames are mapped beyond all memory. */
void grants_start(void)
{
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_set_version version = { .version = 1 };
    uint32_t frames[4] = { 0, 0, 0, 0 };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 4 };
    volatile grant_entry_v1_t *table;

    setup.frame_list.p = (void *)frames;
    CHECK("kernel.grants.query_size", 0,
          hypercall_3(grant_table_op, GNTTABOP_query_size, &size, 1));
    CHECK("kernel.grants.query_size.status", GNTST_okay, size.status);
    (void)hypercall_3(grant_table_op, GNTTABOP_set_version, &version, 1);
    CHECK("kernel.grants.setup", 0,
          hypercall_3(grant_table_op, GNTTABOP_setup_table, &setup, 1));
    CHECK("kernel.grants.setup.status", GNTST_okay, setup.status);
    for (unsigned i = 0; i < 4; i++)
        (void)fixmap(4 - i, (uint64_t)frames[i] << 12 | PAGE_RW);
    table = (void *)(IN_M2P - PAGE * 5);
    table[2047].flags = GTF_permit_access;
    for (unsigned i = 1; i < 4; i++)
        table[i * 512 - 1].flags = 0; /* other frames */
    CHECK("kernel.grants.last_entry", GTF_permit_access, table[2047].flags);
    table[2047].flags = 0;
}

/* --- Memory that goes and comes ------------------------------------------ */

/** decrease_reservation() and increase_reservation() of the balloon. */
void balloon(void)
{
    struct xen_memory_reservation r = { .nr_extents = 4, .domid = DOMID_SELF };
    xen_pfn_t list[4];
    uint64_t *page[4];
    domid_t self = DOMID_SELF;
    int32_t before = hypercall_2(memory_op, XENMEM_current_reservation, &self);
    uint32_t wrong = 0;

    r.extent_start.p = list;
    for (unsigned i = 0; i < 4; i++) {
        page[i] = page_take();
        page[i][0] = 0xBA1100;
        list[i] = mfn_of(page[i]);
        CHECK("kernel.balloon.unmap", 0,
              hypercall_4(update_va_mapping, page[i], 0, 0, 0));
        p2m_set(pfn_of(page[i]), ~0u);
    }
    CHECK("kernel.balloon.decrease", 4,
          hypercall_2(memory_op, XENMEM_decrease_reservation, &r));
    CHECK("kernel.balloon.less", before - 4,
          hypercall_2(memory_op, XENMEM_current_reservation, &self));
    for (unsigned i = 0; i < 4; i++)
        list[i] = pfn_of(page[i]);
    CHECK("kernel.balloon.populate", 4,
          hypercall_2(memory_op, XENMEM_populate_physmap, &r));
    for (unsigned i = 0; i < 4; i++) {
        p2m_set(pfn_of(page[i]), list[i]);
        CHECK("kernel.balloon.map", 0,
              hypercall_4(update_va_mapping, page[i],
                          (uint32_t)entry_of(page[i], PAGE_RW),
                          (uint32_t)(entry_of(page[i], PAGE_RW) >> 32), 0));
        wrong += m2p[list[i]] != pfn_of(page[i]) || page[i][0] != 0;
        page_give(page[i]);
    }
    CHECK("kernel.balloon.numbered_and_zero", 0, wrong);
}
