/* SPDX-License-Identifier: MIT */
/**
 * @file gdt.c
 * @page conformance_gdt Conformance: set_gdt, update_descriptor
 * Property: a frame of descriptors holds only those that a guest may load,
 * mended where that suffices; no segment reaches the hypervisor; a refused
 * call leaves everything, counts included.
 * Source: the interface for a native 32-bit hypervisor; the processor's
 * manual, "Segment Descriptors".
 * Method: one descriptor at a time, in a page that becomes a GDT and by
 * update_descriptor; frames of every other kind.
 */
#include "check.h"

static uint64_t gdt[512] __attribute__((aligned(4096)));
static uint64_t other[512] __attribute__((aligned(4096)));

enum { ENTRY = 8, VGA_FRAME = 0xB8 };

static int32_t set_gdt_frames(const uint32_t *frames, uint32_t entries)
{
    return hypercall_2(set_gdt, frames, entries);
}

static int32_t set_gdt_frame(uint32_t frame)
{
    return set_gdt_frames(&frame, 512);
}

/** Have `gdt` as the GDT. */
static int32_t set_gdt_ours(void)
{
    page_read_only(gdt);
    return set_gdt_frame((uint32_t)frame_of(gdt));
}

static int32_t update(uint64_t maddr, uint32_t high, uint32_t low)
{
    return hypercall_4(update_descriptor, (uint32_t)maddr,
                       (uint32_t)(maddr >> 32), low, high);
}

static int32_t update_entry_8(uint32_t high, uint32_t low)
{
    return update(maddr_of(gdt) + ENTRY * 8, high, low);
}

#define HIGH ((uint32_t)(gdt[ENTRY] >> 32))
#define LOW ((uint32_t)gdt[ENTRY])

/** A descriptor that is taken, and what is stored then. */
#define TAKEN(name, high, low, stored_high, stored_low)                      \
    CHECK("update_descriptor." name, 0, update_entry_8(high, low));          \
    CHECK("update_descriptor." name ".high", stored_high, HIGH);             \
    CHECK("update_descriptor." name ".low", stored_low, LOW)

/** One that is refused, so that the entry stays. */
#define REFUSED(name, high, low)                                             \
    update_entry_8(0xCFF200, 0x1234);                                        \
    CHECK("update_descriptor." name, -XEN_EINVAL, update_entry_8(high, low));\
    CHECK("update_descriptor." name ".entry_kept", 0x1234, LOW)

static void frames(void)
{
    uint32_t list[14], frame = (uint32_t)frame_of(gdt);

    for (unsigned i = 0; i < 14; i++)
        list[i] = frame;
    page_read_only(gdt);
    CHECK("set_gdt.null_0", 0, set_gdt_frames(NULL, 0));
    CHECK("set_gdt.bad_pointer_0", 0, set_gdt_frames((void *)IN_XEN_RANGE, 0));
    CHECK("set_gdt.good", 0, set_gdt_frame(frame));
    CHECK("set_gdt.live_page_map_rw", -XEN_EBUSY, page_writable(gdt));
    CHECK("set_gdt.live_page_mmu_update", -XEN_EINVAL,
          update_entry(maddr_of(gdt), 0));
    CHECK("set_gdt.live_page_as_l1", -XEN_EINVAL,
          mmuext(MMUEXT_PIN_L1_TABLE, frame, 0));
    CHECK("set_gdt.7168_same_frame", 0, set_gdt_frames(list, 7168));
    CHECK("set_gdt.7169", -XEN_EINVAL, set_gdt_frames(list, 7169));
    CHECK("set_gdt.8192", -XEN_EINVAL, set_gdt_frames(list, 8192));
    CHECK("set_gdt.max", -XEN_EINVAL, set_gdt_frames(list, ~0u));
    CHECK("set_gdt.bad_pointer", -XEN_EFAULT,
          set_gdt_frames((void *)IN_XEN_RANGE, 512));
    CHECK("set_gdt.unmapped_pointer", -XEN_EFAULT,
          set_gdt_frames((void *)UNMAPPED, 1));
    list[1] = FRAME_BEYOND_MEMORY;
    CHECK("set_gdt.512_ignores_second", 0, set_gdt_frames(list, 512));
    CHECK("set_gdt.513_second_bad", -XEN_EINVAL, set_gdt_frames(list, 513));
    CHECK("set_gdt.remove", 0, set_gdt_frames(list, 0));
    CHECK("set_gdt.page_map_rw_after_removal", 0, page_writable(gdt));
    CHECK("set_gdt.writable_mapped", -XEN_EINVAL, set_gdt_frame(frame));
}

static void other_frames(void)
{
    CHECK("set_gdt.frame_beyond_memory", -XEN_EINVAL,
          set_gdt_frame(FRAME_BEYOND_MEMORY));
    CHECK("set_gdt.frame_max", -XEN_EINVAL, set_gdt_frame(~0u));
    CHECK("set_gdt.vga_frame", -XEN_EINVAL, set_gdt_frame(VGA_FRAME));
    CHECK("set_gdt.l3_table", -XEN_EINVAL,
          set_gdt_frame((uint32_t)frame_of((void *)start_info->pt_base)));
    CHECK("set_gdt.shared_info", -XEN_EINVAL,
          set_gdt_frame(start_info->shared_info >> 12));
}

/** A page with one descriptor, offered as a GDT. */
static int32_t page_with(uint32_t high, uint32_t low)
{
    page_writable(gdt);
    for (unsigned i = 0; i < 512; i++)
        gdt[i] = 0;
    gdt[ENTRY] = (uint64_t)high << 32 | low;
    return set_gdt_ours();
}

static void pages(void)
{
    CHECK("set_gdt.page.not_present_garbage", 0,
          page_with(0x12345678 & ~0x8000u, 0xFFFFFFFF));
    CHECK("set_gdt.page.not_present_garbage.kept", 0x12345678 & ~0x8000, HIGH);
    set_gdt_frames(NULL, 0);
    CHECK("set_gdt.page.flat_dpl3", 0, page_with(0xCFF200, 0x67FF));
    CHECK("set_gdt.page.flat_dpl3.kept", 0xCFF200, HIGH);
    set_gdt_frames(NULL, 0);
    CHECK("set_gdt.page.code_dpl0", 0, page_with(0xCF9A00, 0x67FF));
    CHECK("set_gdt.page.code_dpl0.rewritten", 0xCFBA00, HIGH);
    set_gdt_frames(NULL, 0);
    CHECK("set_gdt.page.whole_4gb", 0, page_with(0xCFF200, 0xFFFF));
    CHECK("set_gdt.page.whole_4gb.truncated", 0x67FF, LOW);
    set_gdt_frames(NULL, 0);
    CHECK("set_gdt.page.tss", -XEN_EINVAL, page_with(0x00008900, 0x67));
    CHECK("set_gdt.page.tss.page_map_rw", 0, page_writable(gdt));
    CHECK("set_gdt.page.base_in_xen_range", -XEN_EINVAL,
          page_with(0xF6CFF280, 0x0000FFFF));
}

static void taken(void)
{
    page_with(0, 0);
    TAKEN("data_dpl1", 0xCFB200, 0x67FF, 0xCFB200, 0x67FF);
    TAKEN("data_dpl2", 0xCFD200, 0x67FF, 0xCFD200, 0x67FF);
    TAKEN("code_dpl1", 0xCFBA00, 0x67FF, 0xCFBA00, 0x67FF);
    TAKEN("code_dpl0_rewritten", 0xCF9A00, 0x67FF, 0xCFBA00, 0x67FF);
    TAKEN("code_conforming_dpl3", 0xCFFE00, 0x67FF, 0xCFFE00, 0x67FF);
    TAKEN("accessed", 0xCFF300, 0x67FF, 0xCFF300, 0x67FF);
    TAKEN("read_only_data", 0xCFF000, 0x67FF, 0xCFF000, 0x67FF);
    TAKEN("execute_only", 0xCFF800, 0x67FF, 0xCFF800, 0x67FF);
    TAKEN("not_present", 0xCF7200, 0xFFFF, 0xCF7200, 0xFFFF);
    TAKEN("not_present_system", 0x00000900, 0x67, 0x00000900, 0x67);
    TAKEN("zero", 0, 0, 0, 0);
    TAKEN("limit_whole_4gb", 0xCFF200, 0xFFFF, 0xCFF200, 0x67FF);
    TAKEN("limit_0xf6800_one_page_more", 0xCFF200, 0x6800, 0xCFF200, 0x67FF);
    TAKEN("limit_0xf57ff", 0xCFF200, 0x57FF, 0xCFF200, 0x57FF);
    TAKEN("limit_byte_granular", 0x4FF200, 0xFFFF, 0x4FF200, 0xFFFF);
    TAKEN("base_4k", 0xCFF200, 0x10006000, 0xCFF200, 0x10006000);
    TAKEN("base_4k_limit_reaches_xen", 0xCFF200, 0x1000FFFF, 0xCFF200,
          0x100067FE);
    TAKEN("tls_base_4gb_limit", 0xB7CFF212, 0x3456FFFF, 0xB7C3F212,
          0x3456F6DB);
    TAKEN("expand_down_reaches_top", 0xCFF612, 0x00000000, 0xCFF612,
          0x0000FEDF);
    TAKEN("system.12_callgate32", 0x10EC00, 0xE0192000, 0x10EC00, 0xE0192000);
    TAKEN("system.12_callgate32_dpl0", 0x8C1F, 0x00402000, 0xAC1F,
          0x00412000);
    TAKEN("system.12_callgate32_to_ldt", 0xEC00, 0x00072000, 0xEC00,
          0x00072000);
}

static void refused(void)
{
    TAKEN("bytes_up_to_xen", 0xF64FF270, 0x0000FFFF, 0xF64FF270, 0x0000FFFF);
    REFUSED("base_0xf6800000", 0xF6CFF280, 0x0000FFFF);
    REFUSED("base_0xf67ff000", 0xF6CFF27F, 0xF0000000);
    REFUSED("base_max", 0xFFCFF2FF, 0xFFFFFFFF);
    REFUSED("bytes_reach_xen", 0xF64FF270, 0x0001FFFF);
    REFUSED("bytes_reach_far_into_xen", 0xF64FF270, 0xF000FFFF);
    REFUSED("expand_down_bytes", 0x4FF612, 0);
    REFUSED("system.1_tss16", 0x8100, 0x67);
    REFUSED("system.2_ldt", 0x8200, 0x67);
    REFUSED("system.3_tss16_busy", 0x8300, 0x67);
    REFUSED("system.4_callgate16", 0x8400, 0xE0190000);
    REFUSED("system.5_taskgate", 0x8500, 0xE0000000);
    REFUSED("system.6_intgate16", 0x8600, 0xE0190000);
    REFUSED("system.7_trapgate16", 0x8700, 0xE0190000);
    REFUSED("system.9_tss32", 0x8900, 0x67);
    REFUSED("system.11_tss32_busy", 0x8B00, 0x67);
    REFUSED("system.12_callgate32_reserved_bit", 0xEC20, 0xE0190000);
    REFUSED("system.12_callgate32_to_null", 0xEC00, 0x00030000);
    REFUSED("system.12_callgate32_to_xen_cs", 0xEC00, 0xE0080000);
    REFUSED("system.14_intgate32", 0x8E00, 0xE0190000);
    REFUSED("system.15_trapgate32", 0x8F00, 0xE0190000);
}

static void addresses(void)
{
    CHECK("update_descriptor.unaligned", -XEN_EINVAL,
          update(maddr_of(gdt) + 4, 0, 0));
    CHECK("update_descriptor.unaligned_by_1", -XEN_EINVAL,
          update(maddr_of(gdt) + 1, 0, 0));
    CHECK("update_descriptor.address_0", -XEN_EINVAL, update(0, 0, 0));
    CHECK("update_descriptor.frame_beyond_memory", -XEN_EINVAL,
          update((uint64_t)FRAME_BEYOND_MEMORY << 12, 0, 0));
    CHECK("update_descriptor.beyond_44_bits", -XEN_EINVAL,
          update(1ull << 44 | maddr_of(gdt), 0, 0));
    CHECK("update_descriptor.l3_table", -XEN_EINVAL,
          update(maddr_of((void *)start_info->pt_base), 0, 0));
    CHECK("update_descriptor.last_entry", 0,
          update(maddr_of(gdt) + 4088, 0xCFF200, 0x67FF));
    CHECK("update_descriptor.writable_page", 0,
          update(maddr_of(other), 0xCF9200, 0x67FF));
    CHECK("update_descriptor.writable_page.stored", 0xCFB200, other[0] >> 32);
    page_read_only(other);
    CHECK("update_descriptor.read_only_page", 0,
          update(maddr_of(other) + 8, 0xCFF200, 0x67FF));
    CHECK("update_descriptor.read_only_page.stored", 0xCFF200,
          other[1] >> 32);
    page_writable(other);
}

void family(void)
{
    frames();
    other_frames();
    pages();
    taken();
    refused();
    addresses();
}
