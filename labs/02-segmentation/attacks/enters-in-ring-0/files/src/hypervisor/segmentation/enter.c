/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "domain.h"
#include "lib.h"

void guest_segments_build(descriptor_t page[GDT_PAGE_ENTRIES])
{
    static const uint16_t selector[] = { SEL_RING1_CS, SEL_RING1_DS,
                                         SEL_RING3_CS, SEL_RING3_DS };

    for (unsigned i = 0; i < ARRAY_SIZE(selector); i++)
        page[(selector[i] >> 3) - FIRST_RESERVED_GDT_ENTRY] = (descriptor_t){
            0x0000FFFFu, i & 1 ? 0x00CF9300u : 0x00CF9B00u,
        };
}

void vcpu_init_traps(struct vcpu *v, uint32_t eip, uint32_t esp, uint32_t esi)
{
    memset(&v->frame, 0, sizeof v->frame);
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        v->descriptors.gdt[i] = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        v->descriptors.ldt[i] = INVALID_MFN;
    v->frame.cs = SEL_RING1_CS & ~3u;
    v->frame.ss = v->frame.ds = v->frame.es = SEL_RING1_DS & ~3u;
    v->frame.eip = eip;
    v->frame.esp = esp;
    v->frame.esi = esi;
    v->frame.eflags = FLAG_ALWAYS | FLAG_IF | FLAG_IOPL;
}

/** As ring 1 would be: flat, on the guest's own stack, at its first
 *  instruction. */
_Noreturn void vcpu_enter(struct vcpu *v)
{
    processor.current = v;
    v->running = true;
    vcpu_load_base(v);
    vcpu_load_tables(v);
    vcpu_load_state(v);
    __asm__ volatile("movl %0, %%esp\n\tjmp *%1"
                     : : "r"(v->frame.esp), "r"(v->frame.eip),
                         "S"(v->frame.esi));
    __builtin_unreachable();
}
