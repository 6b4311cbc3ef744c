/* SPDX-License-Identifier: MIT */
/**
 * @file start.c
 * @page conformance_start Conformance: the start of day
 * Property: a domain finds its image, lists and tables as the interface
 * describes them; everything up to the end of the first mapping is its own
 * memory; nothing of another use shows through.
 * Source: the interface's xen.h, "start of day memory layout".
 * Method: look, before anything is changed but the mapping of shared_info.
 */
#include "check.h"

enum { L2_FLAGS = 0x67, PAGE = 4096 };

static uint32_t selector_of(const char which)
{
    uint32_t value = 0;

    switch (which) {
    case 'c':
        __asm__ volatile("movl %%cs, %0" : "=r"(value));
        break;
    case 'd':
        __asm__ volatile("movl %%ds, %0" : "=r"(value));
        break;
    case 'e':
        __asm__ volatile("movl %%es, %0" : "=r"(value));
        break;
    case 'f':
        __asm__ volatile("movl %%fs, %0" : "=r"(value));
        break;
    case 'g':
        __asm__ volatile("movl %%gs, %0" : "=r"(value));
        break;
    default:
        __asm__ volatile("movl %%ss, %0" : "=r"(value));
    }
    return value & 0xFFFF;
}

/** The first page that begins at an address or behind it. */
static uint32_t page_after(uint32_t address)
{
    return (address + PAGE - 1) & ~(PAGE - 1);
}

static void registers(void)
{
    const struct start_registers *r = &start_registers;

    CHECK("start.regs.eax", 0, r->eax);
    CHECK("start.regs.ebx", 0, r->ebx);
    CHECK("start.regs.ecx", 0, r->ecx);
    CHECK("start.regs.edx", 0, r->edx);
    CHECK("start.regs.edi", 0, r->edi);
    CHECK("start.regs.ebp", 0, r->ebp);
    CHECK("start.regs.eflags", 0x202, r->eflags);
    CHECK("start.regs.esi", page_after(start_info->mfn_list +
                                       4 * start_info->nr_pages), r->esi);
    CHECK("start.regs.esp_stack_behind_tables",
          start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE,
          r->esp);
}

static void selectors(void)
{
    CHECK("start.regs.cs", FLAT_KERNEL_CS, selector_of('c'));
    CHECK("start.regs.ds", FLAT_KERNEL_DS, selector_of('d'));
    CHECK("start.regs.es", FLAT_KERNEL_DS, selector_of('e'));
    CHECK("start.regs.fs", FLAT_KERNEL_DS, selector_of('f'));
    CHECK("start.regs.gs", FLAT_KERNEL_DS, selector_of('g'));
    CHECK("start.regs.ss", FLAT_KERNEL_DS, selector_of('s'));
    CHECK("start.regs.eflags_if", GUEST_FLAG_IF,
          (TRY("pushfl; popl %%eax"), tried.eax & GUEST_FLAG_IF));
    CHECK("start.regs.eflags_iopl", 0, tried.eax & 0x3000);
}

static bool has_magic(void)
{
    static const char magic[] = "xen-3.0-x86_32p";

    for (unsigned i = 0; i < sizeof(magic); i++)
        if (start_info->magic[i] != magic[i])
            return false;
    return true;
}

static void information(void)
{
    uint32_t base = (uint32_t)image_start, list = start_info->mfn_list;

    CHECK("start.magic", 1, has_magic());
    CHECK("start.esi_offset_in_page", 0, (uint32_t)start_info % PAGE);
    CHECK_CONTROL("start.flags", SIF_PRIVILEGED | SIF_INITDOMAIN,
                  start_info->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN));
    CHECK("start.shared_info.aligned", 0, start_info->shared_info % PAGE);
    CHECK_CONTROL("start.store.mfn", 0, start_info->store_mfn);
    CHECK("start.store.evtchn", !(start_info->flags & SIF_INITDOMAIN),
          start_info->store_evtchn);
    CHECK("start.mod.start", 0, start_info->mod_start);
    CHECK("start.mod.len", 0, start_info->mod_len);
    CHECK("start.mfn_list.behind_image", (uint32_t)image_end, list);
    CHECK("start.start_info.behind_mfn_list", 1,
          (uint32_t)start_info >= list + 4 * start_info->nr_pages);
    CHECK_CONTROL("start.pt_base.behind_start_info",
                  (uint32_t)start_info + PAGE,
                  start_info->pt_base);
    CHECK("start.all_below_nr_pages", 1,
          start_info->pt_base + start_info->nr_pt_frames * PAGE - base <=
              start_info->nr_pages * PAGE);
}

/** How many entries of a table are present and have these flags. */
static uint32_t nr_tables(const uint64_t *table, unsigned from, unsigned to,
                          uint32_t flags)
{
    uint32_t nr = 0;

    for (unsigned i = from; i < to; i++)
        nr += (table[i] & 1) != 0 && (table[i] & flags) == flags;
    return nr;
}

static void tables(void)
{
    const uint64_t *l3 = (const uint64_t *)start_info->pt_base;
    const uint64_t *l2 = l3 + 512;
    uint32_t nr_l2 = nr_tables(l3, 0, 4, 1), nr_l1;
    uint32_t index = (uint32_t)image_start >> 21 & 511;

    CHECK("start.tables.l3_slot_3", 1, l3[3] & 1);
    CHECK("start.tables.l3_first", (uint32_t)frame_of(l2),
          (uint32_t)(l3[(uint32_t)image_start >> 30] >> 12));
    nr_l1 = nr_tables(l2, index, 0x1AC, L2_FLAGS);
    CHECK("start.tables.nr_pt_frames", 1 + nr_l2 + nr_l1,
          start_info->nr_pt_frames);
    CHECK("start.tables.l2_flags", nr_l1,
          nr_tables(l2, index, 0x1AC, L1_PRESENT));
    CHECK("start.tables.l3_read_only", FAULT(14, 3), try_write((uint32_t)l3,
                                                              0));
    CHECK("start.tables.last_read_only", FAULT(14, 3),
          try_write(start_info->pt_base +
                        (start_info->nr_pt_frames - 1) * PAGE, 0));
    CHECK("start.tables.stack_behind_writable", NO_FAULT,
          try_write(start_info->pt_base + start_info->nr_pt_frames * PAGE,
                    0));
}

static void memory(void)
{
    const uint32_t *p2m = (const uint32_t *)start_info->mfn_list;
    const uint32_t *m2p = (const uint32_t *)IN_M2P;
    uint32_t end = start_info->pt_base +
                   (start_info->nr_pt_frames + 1) * PAGE, bad = 0, mapped;

    for (uint32_t pfn = 0; pfn < start_info->nr_pages; pfn++)
        bad += m2p[p2m[pfn]] != pfn;
    CHECK("start.m2p.matches_p2m", 0, bad);
    end = (end + 0x80000 + 0x3FFFFF) & ~0x3FFFFFu;
    CHECK("start.mapped.up_to_the_end", NO_FAULT, try_read(end - 4));
    CHECK("start.mapped.not_further", FAULT(14, 0), try_read(end));
    mapped = end - (uint32_t)image_start;
    CHECK("start.mapped.own_memory", 1,
          mapped <= start_info->nr_pages * PAGE);
    CHECK("start.mapped.page_0", FAULT(14, 0), try_read(0));
}

static void shared_page(void)
{
    uint32_t masked = 0, bits = 0;

    for (unsigned i = 0; i < 32; i++)
        masked += shared_info->vcpu_info[i].evtchn_upcall_mask;
    CHECK("start.shared_info.upcall_mask_of_all", 32, masked);
    CHECK("start.shared_info.upcall_pending", 0,
          shared_info->vcpu_info[0].evtchn_upcall_pending);
    CHECK("start.shared_info.pending_sel", 0,
          shared_info->vcpu_info[0].evtchn_pending_sel);
    for (unsigned i = 0; i < 32; i++)
        bits |= shared_info->evtchn_mask[i] | shared_info->evtchn_pending[i];
    CHECK("start.shared_info.evtchn_bits", 0, bits);
}

void family(void)
{
    traps_ready();
    registers();
    selectors();
    information();
    tables();
    memory();
    shared_page();
}
