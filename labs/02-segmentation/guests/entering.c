/* SPDX-License-Identifier: MIT */
/**
 * @file entering.c
 * Driver of the tests 2.2/state and 2.2/processor: has a vCPU that is full of
 * garbage brought to the start of day, and shows what of it is what then; and
 * enters one for which all of the processor's registers and tables must
 * change. It executes `mark_state`, then `mark_enter`, and does not come back
 * from there: vcpu_enter() ends in the exit path.
 */
#include "labs/02-segmentation/guests/base.h"
#include "labs/02-segmentation/guests/entering.h"
#include "labs/grader/driver.h"

#include "arch_segmentation.h"
#include "domain.h"
#include "lib.h"

#define MAPPED 0x10000000u /* nothing is there that anybody looks at */

struct entering_report driver_report;
struct entering_given driver_given;

static const struct entering_input *input(void)
{
    return (const struct entering_input *)(uintptr_t)test_input.data;
}

/** How many of some bytes are not what they should be. */
static uint32_t count_others(const void *from, size_t bytes, uint8_t expected)
{
    const uint8_t *byte = from;
    uint32_t nr = 0;

    for (size_t i = 0; i < bytes; i++)
        nr += byte[i] != expected;
    return nr;
}

/** Everything between the parts that vcpu_init_traps() is to write. */
static uint32_t count_untouched(const struct vcpu *v)
{
    const uint8_t *all = (const uint8_t *)v;
    const struct {
        size_t from, to;
    } part[] = {
        { 0, offsetof(struct vcpu, frame) },
        { offsetof(struct vcpu, info), offsetof(struct vcpu, traps) },
        { offsetof(struct vcpu, events),
          offsetof(struct vcpu, debug_register) },
        { offsetof(struct vcpu, control4), sizeof(struct vcpu) },
    };
    uint32_t nr = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(part); i++)
        nr += count_others(all + part[i].from, part[i].to - part[i].from,
                           (uint8_t)input()->garbage);
    return nr;
}

DRIVER_FUNCTION void show_state(struct vcpu *v)
{
    struct entering_report *r = &driver_report;

    memcpy(r->frame, &v->frame, sizeof r->frame);
    r->kernel_ss = v->traps.kernel_ss;
    r->kernel_esp = v->traps.kernel_esp;
    v->traps.kernel_ss = 0;
    v->traps.kernel_esp = 0;
    r->nr_trap_bytes = count_others(&v->traps, sizeof v->traps, 0);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        r->gdt[i] = v->descriptors.gdt[i].n;
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        r->ldt[i] = v->descriptors.ldt[i].n;
    r->gdt_entries = v->descriptors.gdt_entries;
    r->ldt_base = v->descriptors.ldt_base.a;
    r->ldt_entries = v->descriptors.ldt_entries;
    r->nr_held = v->descriptors.nr_held;
    memcpy(r->debug_register, v->debug_register, sizeof r->debug_register);
    r->nr_others = count_untouched(v);
    DRIVER_MARK(state, 0, 0, 0);
}

/** Nothing of what the processor has is the vCPU's before it is entered. */
DRIVER_FUNCTION void enter(struct vcpu *v, mfn_t descriptors)
{
    struct guest_trap *trap = &v->traps.table[VECTOR_DIRECT_TRAP];

    v->traps.kernel_ss = (uint16_t)input()->kernel_ss;
    v->traps.kernel_esp = input()->kernel_esp;
    *trap = (struct guest_trap){ .address = input()->trap_address,
                                 .cs = (uint16_t)input()->trap_cs,
                                 .dpl = (uint8_t)input()->trap_dpl };
    v->descriptors.gdt[0] = descriptors;
    v->descriptors.gdt_entries = 512;
    v->running = false;
    v->task_switched = true;
    v->control4 = CR4_TSD;
    processor.current = NULL;
    processor.info = NULL;
    memcpy(driver_given.frame, &v->frame, sizeof driver_given.frame);
    driver_given.vcpu = (uint32_t)v;
    driver_given.running = (uint32_t)&v->running;
    driver_given.info = (uint32_t)v->info;
    driver_given.pdpt = (uint32_t)heap_maddr(v->pdpt).a;
    driver_given.gdt_frame = descriptors.n;
    DRIVER_MARK(enter, 0, 0, 0);
    vcpu_enter(v);
}

void test_driver(const struct boot_info *info)
{
    static struct vcpu garbage;
    struct vcpu *v = domain_add_vcpu(domain_create(5, false, 64), 0);

    (void)info;
    memset(&garbage, (int)input()->garbage, sizeof garbage);
    vcpu_init_traps(&garbage, input()->eip, input()->esp, input()->esi);
    show_state(&garbage);
    vcpu_init_traps(v, input()->eip, input()->esp, input()->esi);
    enter(v, mfn(base_make(v, MAPPED)));
}
