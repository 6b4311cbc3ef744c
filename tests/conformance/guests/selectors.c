/* SPDX-License-Identifier: MIT */
/**
 * @file selectors.c
 * @page conformance_selectors Conformance: selectors, LDT, failsafe callback
 * Property: loading a selector does what the processor's manual says of the
 * tables that the guest set, and a page of the LDT is taken when it is first
 * needed; a selector that cannot be loaded on the way back to the guest ends
 * in the failsafe callback.
 * Source: the interface; the processor's manual.
 * Method: loads of GS, SS and CS; an LDT in good, bad and unmapped pages.
 */
#include "check.h"

static uint64_t gdt[512] __attribute__((aligned(4096)));
static uint64_t ldt[512] __attribute__((aligned(4096)));

#define FLAT_DPL3 0x00CFF300000067FFull
#define TSS 0x0000890000000067ull

static uint32_t load_gs(uint32_t selector)
{
    TRY_EAX(0, "movw %%ax, %%gs");
    return TRY_EAX(selector, "movw %%ax, %%gs");
}

static uint32_t gs(void)
{
    TRY("movl %%gs, %%eax");
    return tried.eax & 0xFFFF;
}

static void gdt_ready(void)
{
    uint32_t frame = (uint32_t)frame_of(gdt);

    gdt[8] = FLAT_DPL3;
    gdt[10] = FLAT_DPL3 & ~0x0000800000000000ull;
    page_read_only(gdt);
    CHECK("selector.setup", 0, hypercall_2(set_gdt, &frame, 512));
}

static void loads(void)
{
    CHECK("selector.gs.guest_gdt", NO_FAULT, load_gs(0x43));
    CHECK("selector.gs.guest_gdt.value", 0x43, gs());
    CHECK("selector.gs.guest_gdt_empty_entry", FAULT(13, 0x48),
          load_gs(0x4B));
    CHECK("selector.gs.guest_gdt_not_present", FAULT(11, 0x50),
          load_gs(0x53));
    CHECK("selector.gs.guest_gdt_unmapped_page", FAULT(13, 0x2000),
          load_gs(0x2003));
    CHECK("selector.gs.last_before_reserved", FAULT(13, 0xDFF8),
          load_gs(0xDFFB));
    CHECK("selector.gs.flat_ring3", NO_FAULT, load_gs(0xE033));
    CHECK("selector.gs.xen_cs", FAULT(13, 0xE008), load_gs(0xE008));
    CHECK("selector.gs.xen_ds", FAULT(13, 0xE010), load_gs(0xE010));
    CHECK("selector.gs.xen_ds_rpl1", FAULT(13, 0xE010), load_gs(0xE011));
    CHECK("selector.gs.last_of_table", FAULT(13, 0xFFF8), load_gs(0xFFFB));
    CHECK("selector.ss.null", FAULT(13, 0), TRY_EAX(0, "movw %%ax, %%ss"));
    CHECK("selector.ss.flat_ring3", FAULT(13, 0xE030),
          TRY_EAX(0xE033, "movw %%ax, %%ss"));
    CHECK("selector.ljmp.null", FAULT(13, 0), TRY("ljmp $0, $1f"));
    CHECK("selector.ljmp.xen_cs", FAULT(13, 0xE008),
          TRY("ljmp $0xE008, $1f"));
    CHECK("selector.ljmp.empty_entry", FAULT(13, 0x48),
          TRY("ljmp $0x4B, $1f"));
    CHECK("selector.lcall.xen_tss", FAULT(13, 0xE000),
          TRY("lcall $0xE000, $0"));
}

static void limits(void)
{
    tried.eax = 0;
    TRY_EAX(0xE02B, "lsl %%eax, %%edx");
    CHECK("selector.lsl.flat_ring3_cs", 0xF67FFFFF, tried.edx);
    TRY_EAX(0xE033, "lsl %%eax, %%edx");
    CHECK("selector.lsl.flat_ring3_ds", 0xF67FFFFF, tried.edx);
    TRY_EAX(0xE021, "lsl %%eax, %%edx");
    CHECK("selector.lsl.flat_ring1_ds", 0xF67FFFFF, tried.edx);
    CHECK("selector.lar.guest_gdt_unmapped_page", FAULT(13, 0x2000),
          TRY_EAX(0x2003, "lar %%eax, %%edx"));
    TRY_EAX(0xE033, "lar %%eax, %%edx");
    CHECK("selector.lar.flat_ring3_ds", 0xC0F300, tried.edx & 0x00F0FF00);
}

static int32_t set_ldt(uint32_t base, uint32_t entries)
{
    return mmuext(MMUEXT_SET_LDT, base, entries);
}

static void ldt_arguments(void)
{
    uint32_t base = (uint32_t)ldt;

    CHECK("mmuext_op.set_ldt.unaligned", -XEN_EINVAL, set_ldt(base + 8, 1));
    CHECK("mmuext_op.set_ldt.8193", -XEN_EINVAL, set_ldt(base, 8193));
    CHECK("mmuext_op.set_ldt.max", -XEN_EINVAL, set_ldt(base, ~0u));
    CHECK("mmuext_op.set_ldt.base_in_xen_range", -XEN_EINVAL,
          set_ldt(0xFFFF0000, 1));
    CHECK("mmuext_op.set_ldt.base_in_m2p", -XEN_EINVAL, set_ldt(IN_M2P, 1));
    CHECK("mmuext_op.set_ldt.reaches_m2p", -XEN_EINVAL,
          set_ldt(IN_M2P - 4096, 513));
    CHECK("mmuext_op.set_ldt.up_to_m2p", 0, set_ldt(IN_M2P - 4096, 512));
    CHECK("mmuext_op.set_ldt.empty_bad_base", 0, set_ldt(0xFFFF0001, 0));
    CHECK("mmuext_op.set_ldt.unmapped_base", 0, set_ldt(UNMAPPED, 512));
    CHECK("ldt.selector_in_unmapped_ldt", FAULT(14, 0), load_gs(0xF));
    CHECK("ldt.selector_in_unmapped_ldt.cr2", UNMAPPED + 8,
          shared_info->vcpu_info[0].arch.cr2);
}

static void ldt_loads(void)
{
    uint32_t base = (uint32_t)ldt;

    ldt[1] = FLAT_DPL3;
    ldt[2] = FLAT_DPL3 & ~0x0000600000000000ull;
    CHECK("mmuext_op.set_ldt.good", 0, set_ldt(base, 8));
    CHECK("ldt.page_still_writable", FAULT(14, 0), load_gs(0xF));
    page_read_only(ldt);
    CHECK("ldt.selector", NO_FAULT, load_gs(0xF));
    CHECK("ldt.selector_dpl0", NO_FAULT, load_gs(0x14));
    CHECK("ldt.dpl0_in_page", 0xCFB3, ldt[2] >> 40);
    CHECK("ldt.selector_empty_entry", FAULT(13, 0x1C), load_gs(0x1F));
    CHECK("ldt.selector_beyond_entries", FAULT(13, 0x44), load_gs(0x47));
    CHECK("ldt.live_page_map_rw", -XEN_EBUSY, page_writable(ldt));
    CHECK("ldt.update_descriptor", 0,
          hypercall_4(update_descriptor, (uint32_t)maddr_of(ldt) + 24, 0,
                      (uint32_t)FLAT_DPL3, (uint32_t)(FLAT_DPL3 >> 32)));
    CHECK("ldt.updated_entry", NO_FAULT, load_gs(0x1F));
    load_gs(0);
    CHECK("mmuext_op.set_ldt.remove", 0, set_ldt(base, 0));
    CHECK("ldt.selector_after_removal", FAULT(13, 0xC), load_gs(0xF));
    CHECK("ldt.page_map_rw_after_removal", 0, page_writable(ldt));
    ldt[5] = TSS;
    page_read_only(ldt);
    set_ldt(base, 8);
    CHECK("ldt.page_with_tss_descriptor", FAULT(14, 0), load_gs(0xF));
    set_ldt(base, 0);
}

static void failsafe(void)
{
    failsafe_ready(CALLBACKF_mask_events);
    nr_failsafes = 0;
    CHECK("failsafe.gs_loaded", NO_FAULT, load_gs(0x43));
    UPCALL_MASK = 0;
    TRY("movl $2, %%eax; xorl %%ebx, %%ebx; xorl %%ecx, %%ecx; int $0x82");
    CHECK("failsafe.entered", 1, nr_failsafes);
    CHECK("failsafe.gs_in_frame", 0x43, failsafe_frame.gs & 0xFFFF);
    CHECK("failsafe.ds_in_frame", FLAT_KERNEL_DS, failsafe_frame.ds & 0xFFFF);
    CHECK("failsafe.cs_in_frame", FLAT_KERNEL_CS, failsafe_frame.cs & 0xFFFF);
    CHECK("failsafe.saved_mask", 0, failsafe_frame.cs >> 16 & 0xFF);
    CHECK("failsafe.mask_in_handler", 1, failsafe_mask);
    UPCALL_MASK = 1;
    CHECK("selector.gs.after_gdt_removed", FAULT(13, 0x40), load_gs(0x43));
}

void family(void)
{
    traps_ready();
    gdt_ready();
    loads();
    limits();
    ldt_arguments();
    ldt_loads();
    failsafe();
}
