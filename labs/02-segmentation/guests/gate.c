/* SPDX-License-Identifier: MIT */
/**
 * @file gate.c
 * Driver of the test 2.5/gate: has gates made of entries of a trap table, and
 * what a vCPU needs loaded that is about to run, while another one is current.
 *
 * The input is a list of 32-bit words: how many entries; then, for each, the
 * handler's address, its CS, its DPL, and whether it masks events. For each
 * the driver executes `mark_gate` with eax and edx = the gate's two words, ecx
 * = the entry's number. The words behind are a vCPU's: its entry for the
 * direct trap, and its kernel stack's segment and address. `mark_loaded` has
 * the gate that is in the IDT then, `mark_stack` ss1 and esp1 of the task
 * state; at the end is `mark_done`.
 */
#include "labs/grader/driver.h"

#include "domain.h"
#include "segmentation.h"

#define ENTRY_WORDS 4u

static struct guest_trap trap_of(const uint32_t *word)
{
    return (struct guest_trap){ .address = word[0],
                                .cs = (uint16_t)word[1],
                                .dpl = (uint8_t)word[2],
                                .mask_events = word[3] != 0 };
}

DRIVER_FUNCTION void one_gate(const uint32_t *word, uint32_t number)
{
    const struct guest_trap trap = trap_of(word);
    descriptor_t gate = direct_trap_gate(&trap);

    DRIVER_MARK(gate, gate.lo, gate.hi, number);
}

/** The gate of the direct trap that the processor would take now. */
static descriptor_t gate_in_force(void)
{
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) idtr;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    return ((const descriptor_t *)idtr.base)[VECTOR_DIRECT_TRAP];
}

DRIVER_FUNCTION void load(struct vcpu *v, const uint32_t *word)
{
    descriptor_t gate;

    v->traps.table[VECTOR_DIRECT_TRAP] = trap_of(word);
    v->traps.kernel_ss = (uint16_t)word[ENTRY_WORDS];
    v->traps.kernel_esp = word[ENTRY_WORDS + 1];
    direct_gate_load(v);
    direct_stack_load(v);
    gate = gate_in_force();
    DRIVER_MARK(loaded, gate.lo, gate.hi, 0);
    DRIVER_MARK(stack, processor.tss.ss1, processor.tss.esp1, 0);
}

void test_driver(const struct boot_info *info)
{
    const uint32_t *word = (const uint32_t *)(uintptr_t)test_input.data;
    struct domain *d = domain_create(5, false, 64);
    struct vcpu *v = domain_add_vcpu(d, 0), *other = domain_add_vcpu(d, 1);

    (void)info;
    for (uint32_t i = 0; i < word[0]; i++)
        one_gate(word + 1 + ENTRY_WORDS * i, i);
    processor.current = other;
    load(v, word + 1 + ENTRY_WORDS * word[0]);
    DRIVER_MARK(done, 0, 0, 0);
}
