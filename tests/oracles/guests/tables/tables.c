/* SPDX-License-Identifier: MIT */
/**
 * @file tables.c
 * A guest that does with page tables and descriptor tables what it may, and
 * tries what it may not, so that a hypervisor broken there is seen: where a
 * refusal is missing, it goes on to use what it should not have got.
 *
 * All arguments of its calls lie in one page, `arguments_page`, which the
 * oracle *fetch once* watches.
 *
 * | mark | first value      | second value              |
 * |------|------------------|---------------------------|
 * | step | number of a step | page faults taken so far  |
 */
#include "guest.h"

#include <xen/memory.h>

MARK(step)

#define PAGE 4096u
#define ENTRIES 512u
#define L2_FLAGS (L1_ALL | L1_USER)
#define LARGE 0x80u
#define NO_FLUSH 0u
#define RESERVED_SLOT 0x1ACu
#define HYPERVISORS_FRAME 0x101u /* where every image is loaded: 1 MB */

typedef uint64_t table_t[ENTRIES];

/* Pages that become tables and data again. */
static table_t first, second, new_l3, new_l2, gdt
    __attribute__((aligned(4096)));
static table_t data, other, code __attribute__((aligned(4096)));
static table_t stale[8] __attribute__((aligned(4096)));

/** The page of arguments. */
union {
    uint8_t bytes[4096];
    struct {
        trap_info_t traps[4];
        struct callback_register callback;
        xen_feature_info_t features;
        mmu_update_t request[16];
        struct mmuext_op op[64];
        multicall_entry_t entry[8];
        uint32_t frames[4];
        struct xen_memory_reservation reservation;
        xen_pfn_t extent[2];
    };
} arguments_page __attribute__((aligned(4096)));

#define ARGUMENTS (&arguments_page)

static uint32_t nr_faults;
static uint32_t resume_at;

static void fault(struct trap *trap)
{
    nr_faults++;
    trap->eip = resume_at;
}

#define RAISE(instruction, ...)                                              \
    __asm__ volatile("movl $1f, %[resume]\n\t" instruction "\n1:"            \
                     : [resume] "=m"(resume_at)                              \
                     : __VA_ARGS__                                           \
                     : "memory", "cc")

/** Store where that may not be possible. */
static void try_to_write(void *at)
{
    RAISE("movl %%eax, (%%ecx)", "a"(0), "c"(at));
}

static void try_to_read(const void *at)
{
    RAISE("movl (%%ecx), %%ecx", "c"(at));
}

/** Map a page with flags of our choice, without dropping translations. */
static int remap(void *page, uint64_t frame, uint32_t flags, uint32_t flush)
{
    return hypercall_4(update_va_mapping, page,
                       (uint32_t)(frame << 12) | flags,
                       (uint32_t)(frame >> 20), flush);
}

static int open_page(void *page)
{
    return remap(page, frame_of(page), L1_ALL, UVMF_INVLPG | UVMF_LOCAL);
}

static int close_page(void *page)
{
    return remap(page, frame_of(page), L1_ALL & ~L1_WRITABLE,
                 UVMF_INVLPG | UVMF_LOCAL);
}

static int mmuext(unsigned command, uint64_t frame)
{
    ARGUMENTS->op[0].cmd = command;
    ARGUMENTS->op[0].arg1.mfn = (unsigned long)frame;
    return hypercall_4(mmuext_op, ARGUMENTS->op, 1, 0, DOMID_SELF);
}

/** Set entry `index` of a table. */
static int set_entry(uint64_t table, unsigned index, uint64_t entry)
{
    ARGUMENTS->request[0].ptr = table << 12 | index * 8;
    ARGUMENTS->request[0].val = entry;
    return hypercall_4(mmu_update, ARGUMENTS->request, 1, 0, DOMID_SELF);
}

static uint64_t entry_of(const void *page, uint32_t flags)
{
    return frame_of(page) << 12 | flags;
}

/** The tables that we were started with, and frames that are nobody's. */
static void builders_tables(void)
{
    char *at = (char *)start_info->pt_base;

    for (unsigned i = 0; i < start_info->nr_pt_frames; i++) {
        try_to_write(at + i * PAGE);
        if (open_page(at + i * PAGE) == 0)
            try_to_write(at + i * PAGE);
    }
    if (remap(data, HYPERVISORS_FRAME, L1_ALL, UVMF_INVLPG) == 0)
        try_to_read(data);
    open_page(data);
}

/** A page becomes an L1, without a flush of ours, and is one. */
static void an_l1(void)
{
    first[1] = 0;
    remap(first, frame_of(first), L1_ALL & ~L1_WRITABLE, NO_FLUSH);
    mmuext(MMUEXT_PIN_L1_TABLE, frame_of(first));
    try_to_write(first);
    if (open_page(first) == 0)
        try_to_write(first);
    close_page(first);
    set_entry(frame_of(first), 0, entry_of(data, L1_ALL));
    set_entry(frame_of(first), 1, (uint64_t)HYPERVISORS_FRAME << 12 | L1_ALL);
    set_entry(frame_of(first), 2, entry_of(first, L1_ALL));
    set_entry(frame_of(first), 3, entry_of(other, L1_ALL));
}

/** An L2 above it, put into our address space at 1 GB, and used. */
static void an_l2(void)
{
    uint64_t base = frame_of((void *)start_info->pt_base);
    uint32_t *window = (uint32_t *)0x40000000;

    second[0] = entry_of(first, L2_FLAGS);
    close_page(second);
    mmuext(MMUEXT_PIN_L2_TABLE, frame_of(second));
    set_entry(frame_of(second), 1, entry_of(data, L2_FLAGS | LARGE));
    set_entry(base, 1, frame_of(second) << 12 | L1_PRESENT);
    try_to_write(window);
    try_to_write(window + 3 * ENTRIES * 2);
    /* Out of our address space again; the page under it becomes a table. */
    set_entry(base, 1, 0);
    set_entry(frame_of(first), 3, 0);
    close_page(other);
    mmuext(MMUEXT_PIN_L1_TABLE, frame_of(other));
    try_to_write(window + 3 * ENTRIES * 2);
    mmuext(MMUEXT_UNPIN_TABLE, frame_of(other));
    open_page(other);
    try_to_write(other);
}

/** Tables that are none any more are memory. */
static void tables_no_more(void)
{
    mmuext(MMUEXT_UNPIN_TABLE, frame_of(second));
    mmuext(MMUEXT_UNPIN_TABLE, frame_of(first));
    open_page(second);
    open_page(first);
    try_to_write(second);
    try_to_write(first);
}

/** The L2 of slot 3, as we see it in the tables that we were given. */
static const uint64_t *own_l2(void)
{
    const table_t *tables = (const table_t *)start_info->pt_base;
    uint64_t l2 = tables[0][3] >> 12 & 0xFFFFFFFF;

    for (unsigned i = 1; i < start_info->nr_pt_frames; i++)
        if (frame_of(tables[i]) == l2)
            return tables[i];
    return tables[1];
}

/** Pages that we wrote to a moment ago become tables, without a flush of ours.
 *  Several: what the processor remembers may have made room for others. */
static void stale_pages(void)
{
    for (unsigned i = 0; i < 8; i++)
        stale[i][0] = 0;
    for (unsigned i = 0; i < 8; i++)
        remap(stale[i], frame_of(stale[i]), L1_ALL & ~L1_WRITABLE, NO_FLUSH);
    for (unsigned i = 0; i < 8; i++)
        mmuext(MMUEXT_PIN_L1_TABLE, frame_of(stale[i]));
    for (unsigned i = 0; i < 8; i++)
        try_to_write(stale[i]);
}

/** The hypervisor's own slots: not ours to change. The second one is empty on
 *  a machine of this size, so that a hypervisor which lets us has no old entry
 *  to trip over. */
static void reserved_slots(void)
{
    first[4] = entry_of(data, L2_FLAGS);
    remap(first, frame_of(first), L1_ALL & ~L1_WRITABLE, UVMF_INVLPG);
    mmuext(MMUEXT_PIN_L1_TABLE, frame_of(first));
    set_entry(frame_of(own_l2()), RESERVED_SLOT + 1,
              entry_of(first, L2_FLAGS));
    mmuext(MMUEXT_UNPIN_TABLE, frame_of(first));
}

/** Another base: the same L1s below an L3 and an L2 of our own. */
static void another_base(void)
{
    void *old = (void *)start_info->pt_base;
    const uint64_t *l2 = own_l2();

    for (unsigned i = 0; i < RESERVED_SLOT; i++)
        new_l2[i] = l2[i];
    new_l3[3] = frame_of(new_l2) << 12 | L1_PRESENT;
    close_page(new_l2);
    close_page(new_l3);
    if (mmuext(MMUEXT_PIN_L3_TABLE, frame_of(new_l3)) != 0 ||
        mmuext(MMUEXT_NEW_BASEPTR, frame_of(new_l3)) != 0)
        return;
    mmuext(MMUEXT_UNPIN_TABLE, frame_of(old));
    mmuext(MMUEXT_UNPIN_TABLE, frame_of(new_l3));
    if (open_page(new_l3) == 0)
        try_to_write(&new_l3[4]);
    if (open_page(new_l2) == 0)
        try_to_write(&new_l2[RESERVED_SLOT - 1]);
    /* The old base is no table now: it and its L2 are memory. */
    if (open_page(old) == 0)
        try_to_write(old);
}

/** A GDT of our own, mended by the hypervisor, used, and changed. */
static void descriptors(void)
{
    gdt[1] = 0x00CF92000000FFFFull; /* flat, 4 GB, DPL 0 */
    gdt[2] = 0x00CFB2000000FFFFull; /* the same with DPL 1 */
    gdt[3] = 0x0040B2001000FFFFull;
    close_page(gdt);
    ARGUMENTS->frames[0] = (uint32_t)frame_of(gdt);
    hypercall_2(set_gdt, ARGUMENTS->frames, ENTRIES);
    RAISE("movw %%ax, %%fs", "a"(0x11));
    hypercall_4(update_descriptor, (uint32_t)(frame_of(gdt) << 12) + 24,
                (uint32_t)(frame_of(gdt) >> 20), 0x0000FFFF, 0x00CFB200);
    RAISE("movw %%ax, %%fs", "a"(0x19));
    /* Expand-down, from its base up to the top. */
    hypercall_4(update_descriptor, (uint32_t)(frame_of(gdt) << 12) + 32,
                (uint32_t)(frame_of(gdt) >> 20), 0x10000000, 0x00C0B600);
    hypercall_4(update_descriptor, (uint32_t)(frame_of(gdt) << 12) + 40,
                (uint32_t)(frame_of(gdt) >> 20), 0xE0080000, 0xF680EC00);
    /* A descriptor goes while its selector is loaded: failsafe, which we do
       not have registered, so it must go first. */
    RAISE("movw %%ax, %%fs", "a"(FLAT_KERNEL_DS));
    ARGUMENTS->op[0].cmd = MMUEXT_SET_LDT;
    ARGUMENTS->op[0].arg1.linear_addr = (unsigned long)gdt;
    ARGUMENTS->op[0].arg2.nr_ents = 16;
    hypercall_4(mmuext_op, ARGUMENTS->op, 1, 0, DOMID_SELF);
    RAISE("movw %%ax, %%fs", "a"(0x15));
    RAISE("movw %%ax, %%fs", "a"(FLAT_KERNEL_DS));
}

/** Calls whose arguments are read from the page. */
static void arguments(void)
{
    ARGUMENTS->traps[0] = (trap_info_t){
        .vector = 6, .cs = FLAT_KERNEL_CS, .address = trap_entry[6],
    };
    hypercall_1(set_trap_table, ARGUMENTS->traps);
    ARGUMENTS->callback.type = CALLBACKTYPE_event;
    ARGUMENTS->callback.address.cs = FLAT_KERNEL_CS;
    ARGUMENTS->callback.address.eip = trap_entry[6];
    hypercall_2(callback_op, CALLBACKOP_register, &ARGUMENTS->callback);
    hypercall_2(xen_version, XENVER_get_features, &ARGUMENTS->features);
}

static void multicalls(void)
{
    for (unsigned i = 0; i < 4; i++) {
        multicall_entry_t *entry = &ARGUMENTS->entry[i];

        ARGUMENTS->request[i].ptr = frame_of(data) << 12 | i * 8;
        ARGUMENTS->request[i].val = i;
        entry->op = __HYPERVISOR_mmu_update;
        entry->args[0] = (unsigned long)&ARGUMENTS->request[i];
        entry->args[1] = 1;
        entry->args[2] = 0;
        entry->args[3] = DOMID_SELF;
    }
    hypercall_2(multicall, ARGUMENTS->entry, 4);
    for (unsigned i = 0; i < 64; i++)
        ARGUMENTS->op[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
    hypercall_4(mmuext_op, ARGUMENTS->op, 64, data, DOMID_SELF);
}

/** Jump to a page that begins with "jmp *%edx". */
static void try_to_execute(const void *at)
{
    RAISE("movl $1f, %%edx; jmp *%%ecx", "c"(at), "d"(0));
}

/** A page goes out of our address space without a flush of ours, and back to
 *  the hypervisor. */
static bool give_page(void *page)
{
    ARGUMENTS->extent[0] = (xen_pfn_t)frame_of(page);
    ARGUMENTS->reservation = (struct xen_memory_reservation){
        .nr_extents = 1, .domid = DOMID_SELF,
    };
    set_xen_guest_handle(ARGUMENTS->reservation.extent_start,
                         ARGUMENTS->extent);
    hypercall_4(update_va_mapping, page, 0, 0, NO_FLUSH);
    return hypercall_2(memory_op, XENMEM_decrease_reservation,
                       &ARGUMENTS->reservation) == 1;
}

/** We try to go on using what we gave. */
static void give_back(void)
{
    other[0] = 0;
    code[0] = 0xE2FF;
    try_to_execute(code);
    if (give_page(code))
        try_to_execute(code);
    if (give_page(other)) {
        try_to_write(other);
        if (open_page(other) == 0)
            try_to_write(other);
    }
}

void guest_main(const start_info_t *start)
{
    (void)start;
    trap_set(13, fault, 0);
    trap_set(14, fault, 0);
    arguments();
    mark_step(1, nr_faults);
    builders_tables();
    mark_step(2, nr_faults);
    an_l1();
    mark_step(3, nr_faults);
    an_l2();
    mark_step(4, nr_faults);
    tables_no_more();
    mark_step(5, nr_faults);
    multicalls();
    mark_step(6, nr_faults);
    descriptors();
    mark_step(7, nr_faults);
    stale_pages();
    mark_step(8, nr_faults);
    reserved_slots();
    another_base();
    mark_step(9, nr_faults);
    give_back();
    mark_step(10, nr_faults);
    say("%u faults.\n", nr_faults);
}
