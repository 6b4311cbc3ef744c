/* SPDX-License-Identifier: MIT */
/**
 * @file plain.c
 * @page conformance_plain Conformance: a plain domain
 * Property: a domain without privilege is told so, and is refused what only
 * the control domain may do, with the interface's error.
 * Source: the interface; the observed answers of a plain domain.
 * Method: this family alone is started as a plain domain; each call that looks
 * at the caller's privilege.
 */
#include "check.h"

#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>

enum { VGA_FRAME = 0xB8 };

static uint64_t table[512] __attribute__((aligned(4096)));
static uint8_t page[4096] __attribute__((aligned(4096)));

static void start_of_day(void)
{
    xen_feature_info_t info = { .submap_idx = 0 };

    CHECK("plain.start.flags", 0, start_info->flags);
    CHECK("plain.start.store_mfn_set", 1, start_info->store_mfn != 0);
    CHECK("plain.start.console_mfn_set", 1,
          start_info->console.domU.mfn != 0);
    hypercall_2(xen_version, XENVER_get_features, &info);
    CHECK("plain.xen_version.feature_dom0", 0,
          info.submap >> XENFEAT_dom0 & 1);
}

static void texts(void)
{
    for (unsigned i = 0; i < sizeof(page); i++)
        page[i] = 0xA5;
    CHECK("xen_version.commandline.of_plain_domain", 0,
          hypercall_2(xen_version, XENVER_commandline, page));
    CHECK("xen_version.commandline.denied", '<', page[0]);
    CHECK("xen_version.commandline.rest_kept", 0xA5, page[9]);
    CHECK("xen_version.build_id.of_plain_domain", -XEN_EPERM,
          hypercall_2(xen_version, XENVER_build_id, 0));
    CHECK("console_io.write.of_plain_domain", 0,
          hypercall_3(console_io, CONSOLEIO_write, 1, "\n"));
    CHECK("console_io.read.of_plain_domain", -XEN_EPERM,
          hypercall_3(console_io, CONSOLEIO_read, 8, page));
    CHECK("console_io.cmd.2_of_plain_domain", -XEN_EPERM,
          hypercall_3(console_io, 2, 0, 0));
}

/** What domctl, sysctl and platform_op begin with. */
static int32_t control(uint32_t number, uint32_t version)
{
    uint32_t op[128] = { 0xFFFF, version };

    return hypercall(number, (uint32_t)op, 0, 0, 0, 0);
}

static void control_calls(void)
{
    CHECK("domctl.of_plain_domain", -XEN_EPERM,
          control(__HYPERVISOR_domctl, 0x15));
    CHECK("sysctl.of_plain_domain", -XEN_EPERM,
          control(__HYPERVISOR_sysctl, 0x15));
    CHECK("platform_op.of_plain_domain", -XEN_EPERM,
          control(__HYPERVISOR_platform_op, 0x03000001));
    CHECK("platform_op.of_plain_domain.version_0", -XEN_EACCES,
          control(__HYPERVISOR_platform_op, 0));
}

static int32_t update_for(uint64_t where, uint64_t entry, uint32_t domain)
{
    struct mmu_update request = { .ptr = where, .val = entry };

    return hypercall_4(mmu_update, &request, 1, 0, domain);
}

static void tables(void)
{
    uint64_t slot = maddr_of(table), own = maddr_of(page);

    page_read_only(table);
    CHECK("mmuext_op.pin_l1.of_plain_domain", 0,
          mmuext(MMUEXT_PIN_L1_TABLE, (uint32_t)frame_of(table), 0));
    CHECK("mmu_update.l1.pcd_of_plain_domain", -XEN_EINVAL,
          update_entry(slot, own | 0x11));
    CHECK("mmu_update.l1.pwt_of_plain_domain", -XEN_EINVAL,
          update_entry(slot, own | 0x09));
    CHECK("mmu_update.l1.frame_beyond_memory_of_plain_domain", -XEN_EPERM,
          update_entry(slot, (uint64_t)FRAME_BEYOND_MEMORY << 12 | 1));
    CHECK("mmu_update.l1.vga_frame_of_plain_domain", -XEN_EPERM,
          update_entry(slot, (uint64_t)VGA_FRAME << 12 | 1));
    CHECK("mmu_update.dom.xen_of_plain_domain", -XEN_EPERM,
          update_for(slot, own | 1, DOMID_XEN));
    CHECK("mmu_update.dom.io_of_plain_domain", -XEN_EPERM,
          update_for(slot, (uint64_t)VGA_FRAME << 12 | 1, DOMID_IO));
    CHECK("mmu_update.entry_kept", 0, table[0]);
    CHECK("update_va_mapping_otherdomain.of_plain_domain", -XEN_EPERM,
          hypercall(__HYPERVISOR_update_va_mapping_otherdomain,
                    (uint32_t)page, (uint32_t)own | 1, 0, 0, DOMID_XEN));
    CHECK("mmuext_op.flush_cache.of_plain_domain", -XEN_EACCES,
          mmuext(MMUEXT_FLUSH_CACHE, 0, 0));
    CHECK("mmuext_op.flush_cache_global.of_plain_domain", -XEN_EINVAL,
          mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0));
}

static void memory(void)
{
    struct xen_memory_map map = { .nr_entries = 1 };
    domid_t other = 0;

    set_xen_guest_handle_raw(map.buffer, page);
    CHECK("memory_op.machine_memory_map.of_plain_domain", -XEN_EPERM,
          hypercall_2(memory_op, XENMEM_machine_memory_map, &map));
    CHECK("memory_op.current_reservation.of_self", start_info->nr_pages,
          hypercall_2(memory_op, XENMEM_current_reservation,
                      &(domid_t){ DOMID_SELF }));
    CHECK("memory_op.current_reservation.of_no_domain_0", 1,
          hypercall_2(memory_op, XENMEM_current_reservation, &other) < 0);
}

static void scheduling(void)
{
    struct sched_remote_shutdown own = { 1, SHUTDOWN_crash };
    struct sched_pin_override pin = { -1 };

    CHECK("sched.remote_shutdown.own_number_of_plain_domain", -XEN_EPERM,
          hypercall_2(sched_op, SCHEDOP_remote_shutdown, &own));
    CHECK("sched.pin_override.of_plain_domain", -XEN_EPERM,
          hypercall_2(sched_op, SCHEDOP_pin_override, &pin));
    CHECK("sched.pin_override.null_of_plain_domain", -XEN_EPERM,
          hypercall_2(sched_op, SCHEDOP_pin_override, 0));
}

/* --- The store, by a kernel that knows no events yet ------------------------ */

typedef struct xenstore_domain_interface store_t;

/** A page of a ring, where it is mapped since the start of day. */
static void *page_of_frame(uint64_t frame)
{
    uint32_t pfn = ((const uint32_t *)IN_M2P)[frame];

    return image_start + (pfn << 12);
}

static void store_put(store_t *ring, const void *bytes, uint32_t nr)
{
    for (uint32_t i = 0; i < nr; i++, ring->req_prod++)
        ring->req[MASK_XENSTORE_IDX(ring->req_prod)] =
            ((const char *)bytes)[i];
}

/** Sleep until so many bytes of an answer are there. */
static void store_wait(volatile store_t *ring, uint32_t nr)
{
    evtchn_port_t port = start_info->store_evtchn;
    struct sched_poll poll = { .nr_ports = 1 };

    set_xen_guest_handle_raw(poll.ports, &port);
    for (unsigned i = 0; i < 16 && ring->rsp_prod - ring->rsp_cons < nr; i++) {
        (void)hypercall_2(sched_op, SCHEDOP_poll, &poll);
        __atomic_fetch_and(&shared_info->evtchn_pending[port / 32],
                           ~(1u << port % 32), __ATOMIC_SEQ_CST);
    }
}

static void store(void)
{
    struct evtchn_status status = { .dom = DOMID_SELF,
                                    .port = start_info->store_evtchn };
    struct evtchn_send send = { start_info->store_evtchn };
    struct evtchn_alloc_unbound own = { DOMID_SELF, DOMID_SELF, 0 };
    struct xsd_sockmsg message = { .type = XS_READ, .req_id = 7, .len = 6 };
    store_t *ring = page_of_frame(start_info->store_mfn);

    CHECK("plain.store.status", 0,
          hypercall_2(event_channel_op, EVTCHNOP_status, &status));
    CHECK("plain.store.status.interdomain", EVTCHNSTAT_interdomain,
          status.status);
    store_put(ring, &message, sizeof(message));
    store_put(ring, "domid", 6);
    CHECK("plain.store.send", 0,
          hypercall_2(event_channel_op, EVTCHNOP_send, &send));
    store_wait(ring, sizeof(message) + 1);
    message = *(const struct xsd_sockmsg *)ring->rsp;
    CHECK("plain.store.answer", XS_READ, message.type);
    CHECK("plain.store.answer.request", 7, message.req_id);
    CHECK("plain.store.answer.bytes", 1, message.len);
    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &own);
    status.port = own.port;
    hypercall_2(event_channel_op, EVTCHNOP_status, &status);
    CHECK("plain.store.answer.own_number", '0' + status.u.unbound.dom,
          ring->rsp[sizeof(message)]);
}

void family(void)
{
    scheduling();
    start_of_day();
    texts();
    control_calls();
    tables();
    memory();
    store(); /* there is none for the control domain: last */
}
