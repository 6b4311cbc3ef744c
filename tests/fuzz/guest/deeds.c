/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What guests do besides calls: stores into page tables, returns to anywhere,
 * instructions that only ring 0 may execute, selectors, an application, and
 * scribbling over pages that they share with the hypervisor.
 */
#include "fuzz.h"

/** A frame in place of one that was given away. */
static void refill(unsigned n)
{
    xen_pfn_t frame = ((uint32_t)pool[n] - (uint32_t)image_start) >> 12;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &frame);
    if (hypercall_2(memory_op, XENMEM_populate_physmap, &r) == 1)
        pool_mfn[n] = frame;
}

/** Have a page of the pool writable again. If that is not possible now, nothing
 *  may be written there: it may show a table in use, which the assist lets us
 *  change. */
static uint64_t *open_page(unsigned n)
{
    if (hypercall_4(update_va_mapping, pool[n],
                    (uint32_t)pool_frame(n) << 12 | L1_ALL,
                    (uint32_t)(pool_frame(n) >> 20),
                    UVMF_INVLPG | UVMF_LOCAL) != 0) {
        if (one_in(4))
            refill(n);
        give_up();
    }
    return (uint64_t *)pool[n];
}

static void close_page(unsigned n)
{
    hypercall_4(update_va_mapping, pool[n],
                (uint32_t)pool_frame(n) << 12 | L1_PRESENT,
                (uint32_t)(pool_frame(n) >> 20), UVMF_INVLPG | UVMF_LOCAL);
}

/** A page full of what could be a table, or descriptors. */
static void write_page(void)
{
    unsigned n = draw(POOL_PAGES);
    uint64_t *entry = open_page(n);
    bool descriptors = one_in(3);

    for (unsigned i = 0; i < 512; i++)
        entry[i] = one_in(2) ? 0 : entry[i];
    for (unsigned i = draw(12); i > 0; i--)
        entry[draw(one_in(4) ? 512 : 8)] =
            descriptors ? 0x00CFF2000000FFFFull | (uint64_t)draw32() << 40
                        : draw_entry();
    if (!one_in(4))
        close_page(n);
}

/** A chain that is right: L3 -> L2 -> L1 -> page, of the pool; and pinned. */
static void build_tables(void)
{
    unsigned l1 = draw(POOL_PAGES), l2 = draw(POOL_PAGES),
             page = draw(POOL_PAGES);
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L2_TABLE };
    uint64_t *entry;

    entry = open_page(l1);
    for (unsigned i = 0; i < 512; i++)
        entry[i] = 0;
    entry[draw(512)] = pool_frame(page) << 12 | 0x63;
    close_page(l1);
    entry = open_page(l2);
    for (unsigned i = 0; i < 512; i++)
        entry[i] = 0;
    entry[draw(512)] = pool_frame(l1) << 12 | 0x67;
    close_page(l2);
    pin.arg1.mfn = pool_frame(l2);
    hypercall_4(mmuext_op, &pin, 1, 0, DOMID_SELF);
    if (one_in(2)) {
        pin.cmd = MMUEXT_UNPIN_TABLE;
        hypercall_4(mmuext_op, &pin, 1, 0, DOMID_SELF);
    }
}

/** A store to the entry of a live table that maps a page of the pool. */
static void store_to_table(void)
{
    uint32_t page = (uint32_t)pool[draw(POOL_PAGES)];
    uint32_t l1 = 2 + (page >> 21) - ((uint32_t)image_start >> 21);
    volatile uint32_t *entry =
        (uint32_t *)(start_info->pt_base + l1 * 4096 + (page >> 12 & 511) * 8);
    uint32_t value = (uint32_t)draw_entry();

    switch (draw(6)) {
    case 0:
        *entry = value;
        break;
    case 1:
        entry[1] = one_in(2) ? 0 : value;
        break;
    case 2:
        __asm__ volatile("lock orl %1, %0" : "+m"(*entry) : "r"(value & 0x66));
        break;
    case 3:
        __asm__ volatile("lock btrl %1, %0" : "+m"(*entry) : "r"(draw(12)));
        break;
    case 4:
        __asm__ volatile("xchgl %1, %0" : "+m"(*entry), "+r"(value));
        break;
    default:
        __asm__ volatile("movb %b1, %0" : "+m"(*(uint8_t *)entry)
                         : "q"(value & 0x67));
    }
}

/** A frame on the stack, and a return through it by the hypercall. */
static void return_anywhere(void)
{
    uint32_t frame[6] = {
        draw32(), draw_va(), draw_selector(), draw32() & ~0x100u, draw_stack(),
        draw_selector(),
    };

    if (one_in(2)) {
        frame[1] = (uint32_t)give_up;
        frame[2] = FLAT_KERNEL_CS;
    }
    if ((frame[2] & 3) == 0 && !one_in(64))
        frame[2] |= 1;
    if (!exact) {
        frame[2] = frame[2] & 2 ? FLAT_USER_CS : FLAT_KERNEL_CS;
        frame[5] = frame[2] & 2 ? FLAT_USER_DS : FLAT_KERNEL_DS;
    }
    self()->calls++;
    __asm__ volatile("movl %%esp, %%ebp\n\t"
                     "movl %0, %%esp\n\t"
                     "movl $23, %%eax\n\t"
                     "int $0x82\n\t"
                     "ud2"
                     : : "r"(frame) : "eax", "memory");
}

/** The same by the instruction, which knows of no hypervisor. */
static void application(void)
{
    uint8_t *page = pool[draw(8)];
    unsigned which = draw((uint32_t)(user_bytes_end - user_bytes) / 16);
    unsigned n = (unsigned)(page - pool[0]) / 4096;
    uint64_t entry = pool_frame(n) << 12 | L1_ALL | L1_USER;

    open_page(n);
    for (unsigned i = 0; i < 16; i++)
        page[i] = user_bytes[which * 16 + i];
    hypercall_4(update_va_mapping, page, (uint32_t)entry,
                (uint32_t)(entry >> 32), UVMF_INVLPG | UVMF_LOCAL);
    hypercall_2(stack_switch, FLAT_KERNEL_DS,
                self()->kernel_stack + sizeof(self()->kernel_stack));
    __asm__ volatile("pushl %0\n\tpushl %1\n\tpushl $0x202\n\tpushl %2\n\t"
                     "pushl %3\n\tiret"
                     : : "i"(FLAT_USER_DS), "r"(page + 4096),
                         "i"(FLAT_USER_CS), "r"(page) : "memory");
}

#define TRIED(text) __asm__ volatile(text : : "a"(a), "c"(b), "d"(a), "b"(b), \
                                     "S"(page), "D"(page) : "memory")

/** Registers that point into the pool, so that a store by such an instruction
 *  stays there. */
static void privileged(void)
{
    uint32_t a = one_in(2) ? draw32() : draw(1024);
    uint32_t b = draw(64);
    uint8_t *page = pool[draw(POOL_PAGES)] + draw(4096);

    switch (draw(16)) {
    case 0: TRIED("inb %%dx, %%al"); break;
    case 1: TRIED("outl %%eax, %%dx"); break;
    case 2: TRIED("cld; rep insb"); break;
    case 3: TRIED("cld; rep outsl"); break;
    case 4: TRIED("cli; sti"); break;
    case 5: TRIED("movl %%cr0, %%eax"); break;
    case 6: TRIED("movl %%eax, %%cr0"); break;
    case 7: TRIED("movl %%eax, %%cr4"); break;
    case 8: TRIED("movl %%cr2, %%eax; movl %%eax, %%cr2"); break;
    case 9: TRIED("movl %%eax, %%dr7"); break;
    case 10: TRIED("movl %%eax, %%dr1"); break;
    case 11: TRIED("clts"); break;
    case 12: TRIED("rdmsr"); break;
    case 13: TRIED("wrmsr"); break;
    case 14: TRIED("ud2; .ascii \"xen\"; cpuid"); break;
    default: TRIED("wbinvd; rdtsc");
    }
}

/** INT n, for the vectors that it may have registered. */
static void interrupts(void)
{
    switch (draw(6)) {
    case 0: __asm__ volatile("int $0x80"); break;
    case 1: __asm__ volatile("int $0x2F"); break;
    case 2: __asm__ volatile("int $0x40"); break;
    case 3: __asm__ volatile("int $0x0E"); break;
    case 4: __asm__ volatile("int $0xFF"); break;
    default: __asm__ volatile("int3");
    }
}

static void selectors(void)
{
    uint32_t selector = draw_selector();

    switch (draw(4)) {
    case 0: __asm__ volatile("movl %0, %%gs" : : "r"(selector)); break;
    case 1: __asm__ volatile("movl %0, %%fs" : : "r"(selector)); break;
    case 2:
        __asm__ volatile("movl %0, %%es\n\tmovl %1, %%es"
                         : : "r"(selector), "r"(FLAT_KERNEL_DS));
        break;
    default: /* loaded while it calls: the way back loads it again */
        __asm__ volatile("movl %0, %%gs\n\tmovl $17, %%eax\n\t"
                         "xorl %%ebx, %%ebx\n\tint $0x82"
                         : : "r"(selector) : "eax", "ebx");
    }
}

/** Words that the hypervisor reads too. */
static void scribble(void)
{
    volatile uint32_t *shared = (volatile uint32_t *)shared_info;

    if (one_in(2))
        shared[draw(8) * 16 + draw(16)] = draw32();
    else
        shared[draw(1024)] = draw32();
    shared_info->vcpu_info[0].evtchn_upcall_mask = (uint8_t)draw(2);
}

/** Entries of its grant table. Those in use stay as they are where oracles
 *  watch, whose model of who owns what believes the granter; elsewhere any. */
static void write_grants(void)
{
    static uint8_t page[4096] __attribute__((aligned(4096)));
    static bool mapped;
    struct gnttab_setup_table t = { .dom = DOMID_SELF, .nr_frames = 1 };
    volatile grant_entry_v1_t *entry = (grant_entry_v1_t *)page;
    xen_pfn_t frame = 0;

    if (!mapped || one_in(64)) {
        set_xen_guest_handle(t.frame_list, &frame);
        hypercall_3(grant_table_op, GNTTABOP_setup_table, &t, 1);
        page_map(page, (uint64_t)frame << 12 | L1_ALL);
        mapped = true;
    }
    for (unsigned i = draw(4); i > 0; i--) {
        unsigned n = draw(16);

        if (exact && (entry[n].flags & (GTF_reading | GTF_writing)))
            continue;
        entry[n].domid = one_in(2) ? (domid_t)(1 + draw(nr_domains))
                                   : own_id;
        entry[n].frame = (uint32_t)draw_frame();
        entry[n].flags = (uint16_t)(one_in(8) ? draw32() : 1 + draw(2) +
                                                  (one_in(4) ? 4 : 0));
    }
}

void draw_deed(void)
{
    static void (*const deeds[])(void) = {
        write_page,  build_tables, store_to_table, return_anywhere,
        application, privileged,   interrupts,     selectors,
        scribble,    write_grants, store_to_table, write_page,
    };

    deeds[draw(12)]();
}
