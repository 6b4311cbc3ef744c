/* SPDX-License-Identifier: MIT */
/**
 * @file calls.c
 * A guest's hypercalls: see calls.h.
 */
#include "calls.h"

#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

/** struct multicall_entry, as 32-bit guests have it. */
struct entry {
    uint32_t number, result, arg[6];
};

bool guest_read(const struct machine *m, uint32_t address, void *to,
                uint32_t bytes)
{
    return (uint64_t)address + bytes <= GUEST_END &&
           machine_read_virtual(m, address, to, bytes) == bytes;
}

bool is_hypercall(const struct ring_change *change)
{
    return change->cause == CAUSE_SOFT_INTERRUPT &&
           change->vector == HYPERCALL_VECTOR;
}

static void read_multicall(const struct machine *m, uint32_t list,
                           uint32_t count, struct guest_calls *to)
{
    struct entry entry;

    for (uint32_t i = 0; i < count && i < MAX_CALLS; i++) {
        struct guest_call *call = &to->call[to->nr];
        uint32_t at = list + i * (uint32_t)sizeof entry;

        if (!guest_read(m, at, &entry, sizeof entry))
            return;
        call->number = entry.number;
        for (unsigned n = 0; n < 6; n++)
            call->arg[n] = entry.arg[n];
        call->result_at = at + offsetof(struct entry, result);
        to->nr++;
        if (entry.number == __HYPERVISOR_iret)
            return; /* the rest is not made */
    }
}

void calls_read(const struct machine *m, const struct event_registers *left,
                struct guest_calls *to)
{
    to->nr = 0;
    if (left->eax == __HYPERVISOR_multicall) {
        read_multicall(m, left->ebx, left->ecx, to);
        return;
    }
    to->call[to->nr++] = (struct guest_call){
        .number = left->eax,
        .arg = { left->ebx, left->ecx, left->edx, left->esi, left->edi,
                 left->ebp },
    };
}

uint32_t call_result(const struct machine *m, const struct guest_call *call,
                     uint32_t eax)
{
    uint32_t result = eax;

    if (call->result_at)
        guest_read(m, call->result_at, &result, sizeof result);
    return result;
}

bool moves_to_cr3(const struct machine *m, uint32_t eip)
{
    uint8_t byte[3];

    return guest_read(m, eip, byte, sizeof byte) && byte[0] == 0x0F &&
           byte[1] == 0x22 && (byte[2] & 0x38) == 0x18;
}

bool start_read(const struct machine *m, uint32_t at,
                struct start_info_32 *to)
{
    static const char magic[] = "xen-3.0-x86_32p";

    return machine_read_virtual(m, at, to, sizeof *to) == sizeof *to &&
           memcmp(to->magic, magic, sizeof magic) == 0;
}
