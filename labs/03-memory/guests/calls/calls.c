/* SPDX-License-Identifier: MIT */
/**
 * @file calls.c
 * Trusted guest of the tests that go the whole way: its own page tables,
 * changed by hypercalls and by stores, from ring 1, as the test's list of
 * steps says (calls.h).
 *
 * The input is the number of steps, and the steps. After each the guest
 * executes mark_did(number, result), after the last mark_done.
 */
#include "guest.h"

#include <xen/memory.h>
#include <xen/vcpu.h>

#include "labs/03-memory/guests/calls/calls.h"
#include "labs/grader/driver.h"

/* Longer than a tick. */
#define LAST_TICK_LOOPS 150000u

static uint8_t pages[NR_PAGES][4096] __attribute__((aligned(4096)));
static uint64_t frames[NR_PAGES];
static bool faulted;

/* Where a fault goes on; set right before each access. */
static uint32_t resume_at;

#define ACCESS(instruction, ...)                                             \
    __asm__ volatile("movl $1f, %[resume]\n\t" instruction "\n1:"            \
                     : [resume] "=m"(resume_at)                              \
                     : __VA_ARGS__                                           \
                     : "memory")

static void on_fault(struct trap *trap)
{
    faulted = true;
    trap->eip = resume_at;
}

MARK(did)
MARK(done)

static int change(uint32_t page, uint64_t entry, bool flush)
{
    return hypercall_4(update_va_mapping, pages[page], (uint32_t)entry,
                       (uint32_t)(entry >> 32),
                       flush ? UVMF_INVLPG | UVMF_LOCAL : 0);
}

static uint64_t entry_for(uint32_t page, uint32_t flags)
{
    return flags == 0 ? 0 : frames[page] << 12 | flags;
}

static int pin(uint32_t page, uint32_t level)
{
    static const unsigned commands[] = {
        MMUEXT_UNPIN_TABLE, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
        MMUEXT_PIN_L3_TABLE,
    };
    struct mmuext_op op = { .cmd = commands[level & 3],
                            .arg1.mfn = (unsigned long)frames[page] };

    return hypercall_4(mmuext_op, &op, 1, 0, DOMID_SELF);
}

static int set_entry(uint32_t page, uint32_t index, uint64_t entry)
{
    struct mmu_update request = {
        .ptr = (frames[page] << 12) + 8 * index, .val = entry,
    };

    return hypercall_4(mmu_update, &request, 1, 0, DOMID_SELF);
}

static int give(uint32_t page)
{
    xen_pfn_t frame = (xen_pfn_t)frames[page];
    struct xen_memory_reservation r = { .nr_extents = 1,
                                        .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &frame);
    return hypercall_2(memory_op, XENMEM_decrease_reservation, &r);
}

static int store(volatile uint32_t *where, uint32_t value)
{
    faulted = false;
    ACCESS("movl %[value], %[where]", [value] "r"(value),
           [where] "m"(*where));
    return faulted;
}

static int load(volatile uint32_t *where)
{
    uint32_t value;

    faulted = false;
    __asm__ volatile("movl $1f, %[resume]\n\tmovl %[where], %[value]\n1:"
                     : [resume] "=m"(resume_at), [value] "=r"(value)
                     : [where] "m"(*where)
                     : "memory");
    return faulted;
}

/** As kernels do: not present first, the upper half, then the lower one. */
static int write_entry(uint32_t page, uint32_t index, uint64_t entry)
{
    volatile uint32_t *half = (volatile uint32_t *)pages[page] + 2 * index;

    return store(half, 0) || store(half + 1, (uint32_t)(entry >> 32)) ||
           store(half, (uint32_t)entry);
}

static int perform(const struct call_step *s)
{
    switch (s->call) {
    case CALL_MAP:
        return change(s->a, entry_for(s->a, s->b), s->c);
    case CALL_MAP_AS:
        return change(s->a, entry_for(s->b, s->c), s->d);
    case CALL_PIN:
        return pin(s->a, s->b);
    case CALL_ENTRY:
        return set_entry(s->a, s->b, entry_for(s->c, s->d));
    case CALL_GIVE:
        return give(s->a);
    case CALL_STORE:
        return store((volatile uint32_t *)(pages[s->a] + s->b), s->b);
    case CALL_LOAD:
        return load((volatile uint32_t *)(pages[s->a] + s->b));
    case CALL_WRITE_ENTRY:
        return write_entry(s->a, s->b, entry_for(s->c, s->d));
    case CALL_ASSIST:
        return hypercall_2(vm_assist, s->a ? VMASST_CMD_enable
                                           : VMASST_CMD_disable,
                           VMASST_TYPE_writable_pagetables);
    default:
        return change(s->a, (uint64_t)s->b << 12 | s->c, s->d);
    }
}

void guest_main(const start_info_t *start)
{
    const volatile uint32_t *nr =
        (const volatile uint32_t *)(uintptr_t)test_input.data;
    const struct call_step *step = (const struct call_step *)(nr + 1);

    (void)start;
    for (unsigned i = 0; i < NR_PAGES; i++)
        frames[i] = frame_of(pages[i]);
    trap_set(14, on_fault, 0);
    /* Counting everything anew takes long: no timer is to wait for it. The
       one that is running already comes while we wait. */
    hypercall_3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    for (volatile uint32_t i = 0; i < LAST_TICK_LOOPS; i++)
        ;
    for (uint32_t i = 0; i < *nr; i++)
        mark_did(i, (uint32_t)perform(&step[i]));
    mark_done(0, 0);
}
