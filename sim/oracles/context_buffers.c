/* SPDX-License-Identifier: MIT */
/**
 * @file context_buffers.c
 * The output buffers of hypercalls: which bytes a call may write at the
 * addresses that it was given.
 *
 * Addresses and counts are the guest's, and are read from its memory when a
 * store has to be judged. The sizes are those of 32-bit guests. A call that
 * is not in the table has no output buffer: whoever implements one with
 * output adds it here.
 */
#include "context.h"

#include "../../src/include/xen_abi.h"

#include <stddef.h>

#include <xen/foreign/x86_32.h>
#include <xen/grant_table.h>

/* L2 slots that a slot-3 L2 table gets from the hypervisor, in bytes. */
#define RESERVED_SLOTS_START (0x1AC * 8u)
#define PAGE_BYTES 4096u
#define CONTEXT_GDT_FRAMES \
    (uint32_t)offsetof(struct vcpu_guest_context_x86_32, gdt_frames)
#define CONTEXT_GDT_ENTRIES \
    (uint32_t)offsetof(struct vcpu_guest_context_x86_32, gdt_ents)
#define MAX_ENTRIES 4096u /* of one list that is looked at */

/** A store being judged, against one call. */
struct judged {
    const struct machine *m;
    const struct access *a;
    uint32_t number;
    uint32_t arg[6];
};

static bool is_call(const struct judged *j);

static bool in_buffer(const struct judged *j, uint32_t start, uint64_t bytes)
{
    return start != 0 &&
           store_hits(j->m, j->a, start,
                      bytes < GUEST_END ? (uint32_t)bytes : GUEST_END);
}

/** Machine memory, [start, start + bytes). */
static bool in_machine(const struct judged *j, uint64_t start, uint64_t bytes)
{
    return j->a->maddr >= start &&
           j->a->maddr + j->a->bytes <= start + bytes;
}

static bool read_words(const struct judged *j, uint32_t at, uint32_t *to,
                       unsigned words)
{
    return machine_read_virtual(j->m, at, to, words * 4) == words * 4;
}

/** An L3 table's own entries, and the slots in its fourth L2 that the
 *  hypervisor fills. */
static bool in_l3(const struct judged *j, uint64_t frame)
{
    uint64_t entry;

    if (in_machine(j, frame << 12, 32))
        return true;
    return machine_read_physical(j->m, (frame << 12) + 24, &entry, 8) == 8 &&
           in_machine(j, (entry & UINT64_C(0xFFFFFFFFFF000)) +
                             RESERVED_SLOTS_START,
                      PAGE_BYTES - RESERVED_SLOTS_START);
}

/** Entries of a list, without the bit that says "the rest of a call". */
static uint32_t operations(const struct judged *j)
{
    uint32_t count = j->arg[1] & 0x7FFFFFFFu;

    return count < MAX_ENTRIES ? count : MAX_ENTRIES;
}

/** mmu_update(requests, count, done, domain). */
static bool is_mmu_update(const struct judged *j)
{
    uint32_t request[4];

    if (in_buffer(j, j->arg[2], 4))
        return true;
    for (uint32_t i = 0; i < operations(j); i++) {
        uint64_t at;

        if (!read_words(j, j->arg[0] + i * 16, request, 4))
            return false;
        at = (uint64_t)request[1] << 32 | (request[0] & ~7u);
        if (in_machine(j, at, 8))
            return true;
        /* A fourth L2 table, put into an L3. */
        if (in_machine(j, ((uint64_t)(request[3] & 0xFFFFF) << 32 |
                           (request[2] & ~0xFFFu)) + RESERVED_SLOTS_START,
                       PAGE_BYTES - RESERVED_SLOTS_START))
            return true;
    }
    return false;
}

/** mmuext_op(operations, count, done, domain). What it fills may be the list
 *  itself, which is remembered therefore: context_guest.c. */
static bool is_mmuext_op(const struct judged *j)
{
    uint32_t op[3];

    if (in_buffer(j, j->arg[2], 4))
        return true;
    for (uint32_t i = 0; i < operations(j); i++) {
        if (!read_words(j, j->arg[0] + i * 12, op, 3))
            return false;
        if ((op[0] == MMUEXT_PIN_L3_TABLE || op[0] == MMUEXT_NEW_BASEPTR) &&
            in_l3(j, op[1]))
            return true;
    }
    return false;
}

/** Frames that become a GDT: descriptors are changed in place. */
static bool in_gdt(const struct judged *j, uint32_t frames, uint32_t entries)
{
    uint32_t frame;

    for (uint32_t i = 0; i < (entries + 511) / 512 && i < 14; i++)
        if (read_words(j, frames + i * 4, &frame, 1) &&
            in_machine(j, (uint64_t)frame << 12, PAGE_BYTES))
            return true;
    return false;
}

/** set_gdt(frames, entries). */
static bool is_set_gdt(const struct judged *j)
{
    return in_gdt(j, j->arg[0], j->arg[1]);
}

/** A reservation's list of frames, which comes back changed. */
static bool in_extents(const struct judged *j, uint32_t at)
{
    uint32_t r[2]; /* list, count */

    return read_words(j, at, r, 2) && in_buffer(j, r[0], (uint64_t)r[1] * 4);
}

/** memory_op(command, argument). */
static bool is_memory_op(const struct judged *j)
{
    uint32_t at = j->arg[1], words[3];

    switch (j->arg[0] & 0x3F) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return in_buffer(j, at, 20) || in_extents(j, at);
    case XENMEM_exchange:
        return in_buffer(j, at, 44) || in_extents(j, at) ||
               in_extents(j, at + 20);
    case XENMEM_machphys_mfn_list: /* max, list, count */
        return in_buffer(j, at, 12) ||
               (read_words(j, at, words, 2) &&
                in_buffer(j, words[1], (uint64_t)words[0] * 4));
    case XENMEM_memory_map: /* count, buffer */
    case XENMEM_machine_memory_map:
        return in_buffer(j, at, 8) ||
               (read_words(j, at, words, 2) &&
                in_buffer(j, words[1], (uint64_t)words[0] * 20));
    case XENMEM_machphys_mapping:
        return in_buffer(j, at, 12);
    case XENMEM_maximum_ram_page:
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
        return false;
    }
    return in_buffer(j, at, 64);
}

/** xen_version(command, buffer). */
static bool is_xen_version(const struct judged *j)
{
    static const uint16_t bytes[] = {
        [XENVER_extraversion] = 16,      [XENVER_compile_info] = 144,
        [XENVER_capabilities] = 1024,    [XENVER_changeset] = 64,
        [XENVER_platform_parameters] = 4, [XENVER_get_features] = 8,
        [XENVER_guest_handle] = 16,      [XENVER_commandline] = 1024,
        [XENVER_build_id] = 64,
    };

    return j->arg[0] < sizeof bytes / sizeof bytes[0] &&
           in_buffer(j, j->arg[1], bytes[j->arg[0]]);
}

/** A command of event_channel_op writes this much of its structure. */
static bool is_event_op(const struct judged *j, uint32_t command, uint32_t at)
{
    static const uint8_t bytes[] = {
        [EVTCHNOP_bind_interdomain] = 12, [EVTCHNOP_bind_virq] = 12,
        [EVTCHNOP_bind_pirq] = 12,        [EVTCHNOP_status] = 24,
        [EVTCHNOP_alloc_unbound] = 8,     [EVTCHNOP_bind_ipi] = 8,
        [EVTCHNOP_init_control] = 24,
    };

    return command < sizeof bytes && in_buffer(j, at, bytes[command]);
}

/** The bytes that a grant copy writes. Which frame a granted destination is,
 *  its granter's table says, which is not known here: then any frame's bytes
 *  at that place count. */
static bool in_copy(const struct judged *j, const uint32_t copy[6])
{
    uint64_t start = (uint64_t)copy[2] << 12 | (copy[3] >> 16 & 0xFFF);
    uint32_t bytes = copy[4] & 0xFFFF;

    if (copy[4] >> 16 & GNTCOPY_dest_gref)
        start = (j->a->maddr & ~(uint64_t)(PAGE_BYTES - 1)) |
                (start & (PAGE_BYTES - 1));
    return in_machine(j, start, bytes);
}

/** The page-table entries of a mapping that is made or ends. */
static bool in_grant_entry(const struct judged *j, const uint32_t op[4])
{
    uint64_t at = (uint64_t)op[1] << 32 | op[0];

    return in_machine(j, at, 8) || store_hits_entry(j->m, j->a, op[0]) ||
           (j->arg[0] == GNTTABOP_unmap_and_replace &&
            store_hits_entry(j->m, j->a, op[2]));
}

/** An element of an array of grant operations. */
static bool in_grant_element(const struct judged *j, uint32_t index)
{
    static const uint8_t bytes[] = {
        [GNTTABOP_map_grant_ref] = 32, [GNTTABOP_unmap_grant_ref] = 24,
        [GNTTABOP_copy] = 24, [GNTTABOP_unmap_and_replace] = 24,
    };
    uint32_t words[6];

    if (j->arg[0] >= sizeof bytes || bytes[j->arg[0]] == 0 ||
        !read_words(j, j->arg[1] + index * bytes[j->arg[0]], words, 6))
        return false;
    return j->arg[0] == GNTTABOP_copy ? in_copy(j, words)
                                      : in_grant_entry(j, words);
}

/** grant_table_op(command, operations, count). */
static bool is_grant_op(const struct judged *j)
{
    uint32_t setup[4]; /* domain, frames wanted, status, list */

    if (in_buffer(j, j->arg[1], (uint64_t)j->arg[2] * 40))
        return true;
    if (j->arg[0] == GNTTABOP_setup_table)
        return read_words(j, j->arg[1], setup, 4) &&
               in_buffer(j, setup[3], (uint64_t)setup[1] * 4);
    for (uint32_t i = 0; i < j->arg[2] && i < MAX_ENTRIES; i++)
        if (in_grant_element(j, i))
            return true;
    return false;
}

/** vcpu_op(command, vcpu, argument). What it registers is written at any time:
 *  context_stores.c. */
static bool is_vcpu_op(const struct judged *j)
{
    uint32_t gdt_entries;

    if (j->arg[0] == VCPUOP_initialise)
        return read_words(j, j->arg[2] + CONTEXT_GDT_ENTRIES, &gdt_entries,
                          1) &&
               in_gdt(j, j->arg[2] + CONTEXT_GDT_FRAMES, gdt_entries);
    return j->arg[0] == VCPUOP_get_runstate_info &&
           in_buffer(j, j->arg[2], 44);
}

/** multicall(list, count): results, and what each call may write. */
static bool is_multicall(const struct judged *j)
{
    uint32_t entry[8]; /* number, result, arguments */

    for (uint32_t i = 0; i < j->arg[1] && i < MAX_ENTRIES; i++) {
        uint32_t at = j->arg[0] + i * 32;
        struct judged inner = *j;

        if (!read_words(j, at, entry, 8))
            return false;
        if (in_buffer(j, at, 32))
            return true; /* the result; a repeated call's arguments */
        inner.number = entry[0];
        for (unsigned n = 0; n < 6; n++)
            inner.arg[n] = entry[2 + n];
        if (inner.number != __HYPERVISOR_multicall && is_call(&inner))
            return true;
    }
    return false;
}

/** Calls with one structure, or with addresses in the machine. */
static bool is_simple_call(const struct judged *j)
{
    uint32_t command;

    switch (j->number) {
    case __HYPERVISOR_update_descriptor:
        return in_machine(j, (uint64_t)j->arg[1] << 32 | j->arg[0], 8);
    case __HYPERVISOR_update_va_mapping:
    case __HYPERVISOR_update_va_mapping_otherdomain:
        return store_hits_entry(j->m, j->a, j->arg[0]);
    case __HYPERVISOR_console_io: /* command, bytes, buffer */
        return j->arg[0] == CONSOLEIO_read &&
               in_buffer(j, j->arg[2], j->arg[1]);
    case __HYPERVISOR_event_channel_op_compat:
        return read_words(j, j->arg[0], &command, 1) &&
               is_event_op(j, command, j->arg[0] + 4);
    case __HYPERVISOR_event_channel_op:
        return is_event_op(j, j->arg[0], j->arg[1]);
    case __HYPERVISOR_physdev_op_compat:
        return in_buffer(j, j->arg[0], 36);
    case __HYPERVISOR_physdev_op:
        return in_buffer(j, j->arg[1], 32);
    case __HYPERVISOR_platform_op:
    case __HYPERVISOR_sysctl:
    case __HYPERVISOR_domctl:
        return in_buffer(j, j->arg[0], 136);
    }
    return false;
}

static bool is_call(const struct judged *j)
{
    switch (j->number) {
    case __HYPERVISOR_mmu_update:
        return is_mmu_update(j);
    case __HYPERVISOR_mmuext_op:
        return is_mmuext_op(j);
    case __HYPERVISOR_set_gdt:
        return is_set_gdt(j);
    case __HYPERVISOR_memory_op:
        return is_memory_op(j);
    case __HYPERVISOR_xen_version:
        return is_xen_version(j);
    case __HYPERVISOR_grant_table_op:
        return is_grant_op(j);
    case __HYPERVISOR_vcpu_op:
        return is_vcpu_op(j);
    case __HYPERVISOR_multicall:
        return is_multicall(j);
    }
    return is_simple_call(j);
}

bool store_hits_buffer(const struct machine *m, const struct access *a,
                       const struct event_registers *call)
{
    const struct judged j = {
        .m = m,
        .a = a,
        .number = call->eax,
        .arg = { call->ebx, call->ecx, call->edx, call->esi, call->edi,
                 call->ebp },
    };

    return is_call(&j);
}
