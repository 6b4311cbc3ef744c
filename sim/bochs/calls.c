/* SPDX-License-Identifier: MIT */
/**
 * @file calls.c
 * Hypercalls on their way (calls.h).
 *
 * A call is open until its address space comes back, at the same stack, to
 * the instruction after the INT, or to the INT itself: then the hypervisor
 * has asked for a repetition. A new call from the same address space and
 * stack closes one that never came back (the iret hypercall).
 */
#include "sim/bochs/calls.h"

#include "sim/bochs/host.h"
#include "sim/bochs/writer.h"
#include "src/include/layout.h"

#define INT_BYTES 2u

/** An open call. */
struct call {
    struct hypercall call;
    uint32_t cr3, esp;
    bool open;
};

/* More are open only when as many processors sleep in one; then the oldest
   is forgotten. */
#define MAX_CALLS 64
static struct call calls[MAX_CALLS];
static unsigned next_call;

/** The slot of this address space and stack, or the next one to be used. */
static struct call *slot_of(const struct event_registers *left)
{
    unsigned i;

    for (i = 0; i < MAX_CALLS; i++) {
        if (calls[i].open && calls[i].cr3 == left->cr3 &&
            calls[i].esp == left->esp)
            return &calls[i];
    }
    return &calls[next_call++ % MAX_CALLS];
}

void calls_interrupt(unsigned vector, unsigned ring,
                     const struct event_registers *left)
{
    struct event event = writer_event(EVENT_HYPERCALL);
    struct call *slot;
    unsigned i;

    if (vector != HYPERCALL_VECTOR || ring != 1)
        return;
    slot = slot_of(left);
    *slot = (struct call){
        .call = { .number = left->eax,
                  .arg = { left->ebx, left->ecx, left->edx, left->esi,
                           left->edi, left->ebp },
                  .return_eip = left->eip,
                  .icount = event.icount },
        .cr3 = left->cr3, .esp = left->esp, .open = true,
    };
    event.a[0] = slot->call.number;
    for (i = 0; i < 6; i++)
        event.a[1 + i] = slot->call.arg[i];
    event.a[7] = slot->call.return_eip;
    writer_put(event, NULL, 0);
    host_hypercall(&slot->call);
}

static void tell_return(struct call *slot, uint32_t result, bool repeated)
{
    struct event event = writer_event(EVENT_HYPERCALL_RETURN);

    slot->open = false;
    event.a[0] = slot->call.number;
    event.a[1] = result;
    event.a[2] = repeated;
    event.a[3] = (uint32_t)slot->call.icount;
    event.a[4] = (uint32_t)(slot->call.icount >> 32);
    writer_put(event, NULL, 0);
    host_hypercall_return(&slot->call, repeated);
}

void calls_return(void)
{
    struct event_registers now;
    unsigned i;

    cpu_registers(&now);
    for (i = 0; i < MAX_CALLS; i++) {
        uint32_t after = calls[i].call.return_eip;
        bool repeated = now.eip == after - INT_BYTES;

        if (calls[i].open && calls[i].cr3 == now.cr3 &&
            calls[i].esp == now.esp && (now.eip == after || repeated)) {
            tell_return(&calls[i], now.eax, repeated);
            return;
        }
    }
}
