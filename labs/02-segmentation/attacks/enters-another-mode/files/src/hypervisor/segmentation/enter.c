/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "domain.h"
#include "lib.h"

void guest_segments_build(descriptor_t page[GDT_PAGE_ENTRIES])
{
    (void)page;
}

void vcpu_init_traps(struct vcpu *v, uint32_t eip, uint32_t esp, uint32_t esi)
{
    memset(&v->frame, 0, sizeof v->frame);
    v->frame.eip = eip;
    v->frame.esp = esp;
    v->frame.esi = esi;
    v->frame.cs = 0xF000;
    v->frame.ss = 0xFFFF;
    v->frame.eflags = FLAG_ALWAYS | FLAG_IF | FLAG_VM | FLAG_NT;
}

_Noreturn void vcpu_enter(struct vcpu *v)
{
    processor.current = v;
    v->running = true;
    processor.tss.back_link = 0xFFF8;
    vcpu_load_base(v);
    *guest_frame() = v->frame;
    arch_exit_to_guest();
}
