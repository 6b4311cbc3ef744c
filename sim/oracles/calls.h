/* SPDX-License-Identifier: MIT */
/**
 * @file calls.h
 * A guest's hypercalls, as oracles read them: from the guest's registers and
 * memory, at the INT 0x82. A multicall is its entries, each a call with a
 * result of its own. And start_info, all that a guest is told at its start.
 */
#ifndef SIM_ORACLE_CALLS_H
#define SIM_ORACLE_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "oracle.h"

/** Guest addresses end here: hypercalls read nothing from beyond. */
#define GUEST_END 0xF5800000u

/** Entries of one multicall that are looked at. */
#define MAX_CALLS 1024

/** Entries of one list of operations that are looked at. */
#define MAX_OPERATIONS 4096

struct guest_call {
    uint32_t number;
    uint32_t arg[6];
    uint32_t result_at; /**< of a multicall's entry; 0: the result is eax */
};

/** What one INT 0x82 asked for. */
struct guest_calls {
    unsigned nr;
    struct guest_call call[MAX_CALLS];
};

/** Entries of the list of mmu_update or mmuext_op: bit 31 of the count says
 *  that this is the rest of a call. */
static inline uint32_t operations_of(const struct guest_call *call)
{
    uint32_t count = call->arg[1] & 0x7FFFFFFFu;

    return count < MAX_OPERATIONS ? count : MAX_OPERATIONS;
}

/** Whether a ring change is a hypercall. */
bool is_hypercall(const struct ring_change *change);

/**
 * Read what a hypercall asks for.
 *
 * @param m  The machine.
 * @param to  Filled in.
 * @param left  The registers at its INT.
 */
void calls_read(const struct machine *m, const struct event_registers *left,
                struct guest_calls *to);

/**
 * A call's result, when the guest goes on.
 *
 * @param m     The machine.
 * @param call  The call.
 * @param eax   The result of the whole hypercall.
 * @return The call's own.
 */
uint32_t call_result(const struct machine *m, const struct guest_call *call,
                     uint32_t eax);

/** Read a guest's argument. @return false when it is not all mapped, or not
 *  all below GUEST_END. */
bool guest_read(const struct machine *m, uint32_t address, void *to,
                uint32_t bytes);

/** Whether a MOV to CR3 is at this address: the hypervisor may carry it out,
 *  and then there is another base. */
bool moves_to_cr3(const struct machine *m, uint32_t eip);

/** The first fields of struct start_info, as 32-bit guests see it. */
struct start_info_32 {
    char magic[32];
    uint32_t nr_pages;
    uint32_t shared_info; /* machine address */
    uint32_t flags;       /* SIF_* */
    uint32_t store_mfn, store_port;
    uint32_t console[2];
    uint32_t pt_base, nr_pt_frames;
    uint32_t mfn_list;            /* virtual */
    uint32_t mod_start, mod_len;  /* virtual, unless SIF_MOD_START_PFN */
};

_Static_assert(sizeof(struct start_info_32) == 80, "as the interface has it");

/** Read start_info, where a guest's first esi points. @return false when
 *  there is none. */
bool start_read(const struct machine *m, uint32_t at,
                struct start_info_32 *to);

#endif
