/* SPDX-License-Identifier: MIT */
/**
 * @file memory_op.c
 * Hypercall 12: questions about memory, and the way to the calls that change
 * how much of it a domain has (reservation.c, exchange.c).
 *
 * Source: [XenABI] xen/memory.h.
 */
#include "memory_op.h"

#include "boot.h"
#include "domain.h"
#include "lib.h"
#include "memory.h"

/** One entry of a memory map as the firmware's call 0xE820 gives it. */
struct map_entry {
    uint64_t base;
    uint64_t length;
    uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct map_entry) == 20, "the firmware's own size");

/** The machine-to-physical table is told in pieces of so much. */
#define M2P_CHUNK_BYTES 0x200000u

/**
 * The domain whose memory a call is about.
 *
 * @param id  Any number, as a guest gave it.
 * @context{hypercall}
 * @return NULL: there is none of that number, or the caller may not ask. Its
 *         own number is as good as DOMID_SELF.
 */
struct domain *domain_for_memory(domid_t id)
{
    struct domain *caller = current_vcpu()->domain;
    struct domain *d = id == DOMID_SELF ? caller : domain_living(id);

    return d == caller || caller->privileged ? d : NULL;
}

/**
 * Have the call made again, to go on after `done` extents.
 *
 * @param cmd   The command's number, below 2^MEMORY_OP_COMMAND_BITS.
 * @param done  Extents that are done, below MEMORY_OP_MAX_EXTENTS.
 * @param arg   The call's arguments; [0] is written anew.
 * @context{hypercall}
 * @return for the caller to return, as hypercall_continue() says.
 */
int32_t memory_op_continue(unsigned cmd, uint32_t done,
                           const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t rest[HYPERCALL_ARGS];

    memcpy(rest, arg, sizeof(rest));
    rest[0] = cmd | done << MEMORY_OP_COMMAND_BITS;
    return hypercall_continue(__HYPERVISOR_memory_op, rest);
}

/** Operations 3, 4 and 14: numbers about a domain. */
static int32_t domain_number(unsigned cmd, vaddr_t where)
{
    struct domain *d;
    domid_t id;

    if (copy_from_guest(&id, where, sizeof(id)) != 0)
        return -EFAULT;
    if (id != DOMID_SELF && !domain_living(id))
        return -ESRCH;
    d = domain_for_memory(id);
    if (!d)
        return -EPERM;
    if (cmd == XENMEM_current_reservation)
        return (int32_t)d->nr_frames;
    if (cmd == XENMEM_maximum_reservation)
        return (int32_t)d->max_frames;
    return (int32_t)d->shared->arch.max_pfn;
}

/** Operation 12: where the machine-to-physical table is. */
static int32_t m2p_place(vaddr_t where)
{
    struct xen_machphys_mapping place = {
        .v_start = M2P_START,
        .v_end = HYPERVISOR_START,
        .max_mfn = m2p_bytes() / sizeof(uint32_t) - 1,
    };

    return copy_to_guest(where, &place, sizeof(place));
}

/** Operation 5: the machine-to-physical table's own frames, every 2 MB. */
static int32_t m2p_frames(vaddr_t where)
{
    struct xen_machphys_mfn_list list;
    uint32_t to, chunks = (m2p_bytes() + M2P_CHUNK_BYTES - 1) /
                          M2P_CHUNK_BYTES;

    if (copy_from_guest(&list, where, sizeof(list)) != 0)
        return -EFAULT;
    to = (uint32_t)(uintptr_t)list.extent_start.p;
    for (list.nr_extents = 0;
         list.nr_extents < chunks && list.nr_extents < list.max_extents;
         list.nr_extents++) {
        uint32_t n = m2p_first_frame().n +
                     list.nr_extents * (M2P_CHUNK_BYTES / PAGE_SIZE);

        if (copy_to_guest(vaddr(to + list.nr_extents * sizeof(n)), &n,
                          sizeof(n)) != 0)
            return -EFAULT;
    }
    return copy_to_guest(where, &list, sizeof(list));
}

/** Write a map of `nr` entries to where the guest's request says; without a
 *  buffer, only how many there are. */
static int32_t write_map(vaddr_t where, const struct map_entry *entry,
                         unsigned nr)
{
    struct xen_memory_map map;

    if (copy_from_guest(&map, where, sizeof(map)) != 0)
        return -EFAULT;
    if (map.buffer.p && map.nr_entries < nr)
        return -EINVAL;
    map.nr_entries = nr;
    if (map.buffer.p &&
        copy_to_guest(vaddr((uint32_t)(uintptr_t)map.buffer.p), entry,
                      nr * sizeof(*entry)) != 0)
        return -EFAULT;
    return copy_to_guest(where, &map, sizeof(map));
}

/** Operation 9: a plain domain's memory is one range. The control domain is
 *  told nothing, and makes its map of the machine's. */
static int32_t own_map(vaddr_t where)
{
    const struct domain *d = current_vcpu()->domain;
    struct map_entry entry = { .type = 1 };
    struct xen_memory_map map;

    if (d->privileged)
        return copy_from_guest(&map, where, sizeof(map)) != 0 ? -EFAULT
                                                              : -ENOSYS;
    entry.length = (uint64_t)d->max_frames * PAGE_SIZE;
    return write_map(where, &entry, 1);
}

/** Operation 10: the machine's own map. */
static int32_t machine_map(vaddr_t where)
{
    const struct boot_info *info = memory_machine_map();
    struct map_entry entry[BOOT_MAX_RANGES];

    if (!current_vcpu()->domain->privileged)
        return -EPERM;
    for (unsigned i = 0; i < info->nr_ranges; i++)
        entry[i] = (struct map_entry){ .base = info->range[i].base,
                                       .length = info->range[i].length,
                                       .type = info->range[i].type };
    return write_map(where, entry, info->nr_ranges);
}

/** Operations 7 and 15 are for guests whose pfns we translate. Both requests
 *  begin with the domain's number. */
static int32_t not_translated(vaddr_t where, size_t bytes)
{
    uint8_t request[sizeof(struct xen_add_to_physmap)];
    domid_t id;

    if (copy_from_guest(request, where, bytes) != 0)
        return -EFAULT;
    memcpy(&id, request, sizeof(id));
    return id != DOMID_SELF && !domain_living(id) ? -ESRCH : -EACCES;
}

_Static_assert(offsetof(struct xen_add_to_physmap, domid) == 0 &&
                   offsetof(struct xen_remove_from_physmap, domid) == 0,
               "not_translated() reads it there");

/**
 * Hypercall 12: memory.
 *
 * @param arg  [0] the operation, and above MEMORY_OP_COMMAND_BITS how many
 *             extents earlier parts of the call did; [1] address of its
 *             request.
 * @context{hypercall}
 * @note  Long ones continue themselves.
 * @return For 0, 1 and 6: extents done. For 2, 3, 4 and 14: a number.
 * @retval 0        done.
 * @retval -EFAULT  the request, or something that it names, is not readable
 *                  or writable.
 * @retval -ESRCH, -EPERM  no such domain; not for this caller.
 * @retval -EINVAL  a buffer too short; an exchange that does not add up.
 * @retval -ENOMEM  an exchange for which there are no frames.
 * @retval -EACCES  for guests with translated frame numbers.
 * @retval -ENOSYS  no such operation; or 9, for a control domain.
 */
int32_t do_memory_op(const uint32_t arg[HYPERCALL_ARGS])
{
    unsigned cmd = arg[0] & ((1u << MEMORY_OP_COMMAND_BITS) - 1);
    uint32_t done = arg[0] >> MEMORY_OP_COMMAND_BITS;
    vaddr_t where = vaddr(arg[1]);

    if (!work_begin())
        return hypercall_continue(__HYPERVISOR_memory_op, arg);
    switch (cmd) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return memory_reservation(cmd, done, arg);
    case XENMEM_exchange:
        return memory_exchange(arg);
    case XENMEM_maximum_ram_page:
        return (int32_t)frame_table_size() - 1;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return domain_number(cmd, where);
    case XENMEM_machphys_mapping:
        return m2p_place(where);
    case XENMEM_machphys_mfn_list:
        return m2p_frames(where);
    case XENMEM_memory_map:
        return own_map(where);
    case XENMEM_machine_memory_map:
        return machine_map(where);
    case XENMEM_add_to_physmap:
        return not_translated(where, sizeof(struct xen_add_to_physmap));
    case XENMEM_remove_from_physmap:
        return not_translated(where, sizeof(struct xen_remove_from_physmap));
    default:
        return -ENOSYS;
    }
}
