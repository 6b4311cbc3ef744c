/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The made-up machine's processor: what an access of a guest's, or of ring 0 on
 * a guest's behalf, comes to. It walks the tables that CR3 was loaded with,
 * remembers translations until they are dropped, sets accessed and dirty bits,
 * and reads descriptors through the windows where the hypervisor shows them.
 */
#include "machine.h"

#include <string.h>

#include "arch_cpu.h"
#include "arch_guest.h"
#include "arch_hypercall.h"
#include "arch_port.h"
#include "arch_segmentation.h"
#include "arch_tlb.h"

#define TLB_ENTRIES 64u
#define IDLE_CR3 0xFFFFF000u
#define PDPTE_RESERVED 0xFFF00000000001E6ull

/** A remembered translation. */
struct translation {
    bool valid, writable, user, dirty;
    uint32_t page;
    mfn_t frame;
};

static struct translation tlb[TLB_ENTRIES];
static uint64_t pdpte[L3_ENTRIES];
static uint8_t device[PAGE_SIZE];
static uint32_t cr0, cr2, cr3, cr4;
static uint16_t stack_selector;
static descriptor_t stack_descriptor, ldt_descriptor;
static descriptor_t own_descriptors[GDT_PAGE_ENTRIES];

struct fake_processor fake_processor;
uint8_t arguments[ARGUMENT_BYTES];

/** Which side of a copy is not the host's. Addresses cannot tell: those of
 *  guests are addresses of this process as well. */
static enum side {
    SIDE_NONE, SIDE_FROM, SIDE_TO, SIDE_FROM_TABLE, SIDE_TO_TABLE,
} side;

static int unsided(int result)
{
    side = SIDE_NONE;
    return result;
}

void processor_reset(void)
{
    static const struct tss none;

    memset(tlb, 0, sizeof(tlb));
    memset(pdpte, 0, sizeof(pdpte));
    memset(&fake_processor, 0, sizeof(fake_processor));
    memset(own_descriptors, 0, sizeof(own_descriptors));
    cr0 = CR0_TS;
    cr3 = IDLE_CR3;
    cr4 = 0;
    side = SIDE_NONE;
    guest_segments_build(own_descriptors);
    gdt_build(own_descriptors, &none, &none);
}

/* --- Translations -------------------------------------------------------- */

/** May what is remembered still be used? A mapping that the guest itself took
 *  away, and whose translation it did not drop, may. */
static void check_translation(const struct translation *t)
{
    const struct page_info *info = frame_info(t->frame);
    const struct vcpu *v = current_vcpu();

    if (!t->valid || !v || !info || (info->flags & PAGE_IO))
        return;
    if (t->writable && info->type != FRAME_WRITABLE && info->type_count != 0)
        broken("frame 0x%x is of type %u, and can still be written at %x",
               t->frame.n, info->type, t->page);
    if (!info->owner && t->frame.n != MACHINE_M2P_FRAME)
        broken("frame 0x%x is free, and can still be reached at %x",
               t->frame.n, t->page);
}

void processor_check(void)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        check_translation(&tlb[i]);
}

/** One level down: a present entry, marked as used. */
static bool step(mfn_t table, unsigned index, uint64_t mark, uint64_t *entry)
{
    uint64_t *at = (uint64_t *)frame_bytes(table) + index;

    if (!(*at & PTE_P))
        return false;
    *at |= mark;
    *entry = *at;
    return true;
}

static mfn_t entry_frame(uint64_t entry)
{
    return maddr_to_mfn(maddr(entry & PTE_FRAME));
}

/** Walk the tables and remember what they say. */
static struct translation *fill(uint32_t address, bool write)
{
    struct translation *t = &tlb[(address >> PAGE_SHIFT) % TLB_ENTRIES];
    uint64_t l2e, l1e;

    if (address >= M2P_START)
        broken("an access of ring 0 at %x, not the guest's", address);
    if (!(pdpte[l3_index(address)] & PTE_P) ||
        !step(entry_frame(pdpte[l3_index(address)]), l2_index(address), PTE_A,
              &l2e))
        return NULL;
    if (l2e & PTE_PSE)
        broken("a large page at %x", address);
    if (!step(entry_frame(l2e), l1_index(address), PTE_A, &l1e))
        return NULL;
    *t = (struct translation){
        .valid = true, .writable = l1e & l2e & PTE_RW,
        .user = l1e & l2e & PTE_US, .page = address & PAGE_MASK,
        .frame = entry_frame(l1e),
    };
    if (write && t->writable) {
        (void)step(entry_frame(l2e), l1_index(address), PTE_A | PTE_D, &l1e);
        t->dirty = true;
    }
    check_translation(t);
    return t;
}

uint8_t *processor_reach(uint32_t address, bool write, bool user,
                         uint32_t *error)
{
    struct translation *t = &tlb[(address >> PAGE_SHIFT) % TLB_ENTRIES];

    *error = (write ? PAGE_FAULT_WRITE : 0) | (user ? PAGE_FAULT_USER : 0);
    if (address - ARGUMENTS < ARGUMENT_BYTES)
        return &arguments[address - ARGUMENTS];
    if (!t->valid || t->page != (address & PAGE_MASK) || (write && !t->dirty))
        t = fill(address, write);
    if (!t)
        return NULL;
    if ((write && !t->writable) || (user && !t->user)) {
        *error |= PAGE_FAULT_PRESENT;
        t->valid = false; /* as the processor's own, after a fault */
        return NULL;
    }
    check_translation(t);
    if (t->frame.n >= MACHINE_FRAMES) /* a device's, beyond all RAM */
        return device + address % PAGE_SIZE;
    return (uint8_t *)frame_bytes(t->frame) + address % PAGE_SIZE;
}

void arch_flush_page(uint32_t address)
{
    struct translation *t = &tlb[(address >> PAGE_SHIFT) % TLB_ENTRIES];

    if (t->page == (address & PAGE_MASK))
        t->valid = false;
}

void arch_flush_all(void)
{
    arch_write_cr3(cr3);
}

uint32_t hypervisor_idle_cr3(void)
{
    return IDLE_CR3;
}

void arch_write_cr3(uint32_t value)
{
    cr3 = value;
    memset(tlb, 0, sizeof(tlb));
    memset(pdpte, 0, sizeof(pdpte));
    if (value == IDLE_CR3)
        return;
    memcpy(pdpte, (uint8_t *)frame_bytes(mfn(value >> PAGE_SHIFT)) +
                      value % PAGE_SIZE, sizeof(pdpte));
    for (unsigned i = 0; i < L3_ENTRIES; i++) {
        if ((pdpte[i] & PTE_P) && (pdpte[i] & PDPTE_RESERVED))
            broken("CR3 is loaded with a PDPTE %llx",
                   (unsigned long long)pdpte[i]);
    }
}

uint32_t arch_read_cr3(void)
{
    return cr3;
}

/* --- Descriptors --------------------------------------------------------- */

/** A descriptor in one of the windows, filling the LDT's as page faults in
 *  ring 0 would; NULL: a fault that stays one. */
static uint8_t *table_byte(uint32_t address)
{
    const struct page_info *info;
    mfn_t frame;

    if (address - (GDT_WINDOW + FIRST_RESERVED_GDT_ENTRY * 8) <
        sizeof(own_descriptors))
        return (uint8_t *)own_descriptors +
               (address - (GDT_WINDOW + FIRST_RESERVED_GDT_ENTRY * 8));
    if (address < LDT_WINDOW || address >= WINDOWS_END)
        broken("a descriptor is looked for at %x", address);
    frame = fixed_window(address);
    if (!mfn_valid_number(frame) && page_fault_in_ldt(current_vcpu(), address))
        frame = fixed_window(address);
    if (!mfn_valid_number(frame))
        return NULL;
    info = frame_info(frame);
    if (info->type != FRAME_SEG_DESC || info->type_count == 0 ||
        info->owner != current_vcpu()->domain)
        broken("frame 0x%x is loaded as a descriptor table, and is none",
               frame.n);
    return (uint8_t *)frame_bytes(frame) + address % PAGE_SIZE;
}

bool processor_descriptor(uint16_t selector, descriptor_t *d)
{
    uint32_t offset = selector & 0xFFF8u;
    const uint8_t *at;

    if ((selector & ~3u) == 0)
        return false;
    if (selector & 4) {
        if (fake_processor.ldt != SEL_LDT ||
            offset + 7 > descriptor_limit(ldt_descriptor))
            return false;
        at = table_byte(descriptor_base(ldt_descriptor) + offset);
    } else {
        at = table_byte(GDT_WINDOW + offset);
    }
    if (!at)
        return false;
    memcpy(d, at, sizeof(*d));
    return true;
}

void ldt_descriptor_set(descriptor_t d)
{
    ldt_descriptor = d;
}

/** No descriptor that a guest can load reaches us (oracle: segments). */
static void check_segment(uint16_t selector, descriptor_t d)
{
    uint64_t first = descriptor_base(d), last;

    if ((selector & 0xFFF8u) >= FIRST_RESERVED_GDT_ENTRY * 8 &&
        !(selector & 4))
        return;
    last = first + descriptor_limit(d);
    if (!(d.hi & DESC_CODE) && (d.hi & DESC_EXPAND_DOWN)) {
        first = last + 1;
        last = descriptor_base(d) + 0xFFFFFFFFull;
    }
    if (descriptor_dpl(d) == 0)
        broken("selector %04x has DPL 0", selector);
    /* A range that wraps is in the lowest addresses again. */
    if (first <= last && first < 1ull << 32 && last >= HYPERVISOR_START)
        broken("selector %04x reaches the hypervisor: %08x%08x", selector,
               d.hi, d.lo);
}

bool processor_loads(uint16_t selector, unsigned ring)
{
    unsigned rpl = selector & 3;
    descriptor_t d;

    if ((selector & ~3u) == 0)
        return true;
    if (!processor_descriptor(selector, &d) || !(d.hi & DESC_S) ||
        !(d.hi & DESC_P))
        return false;
    if ((d.hi & DESC_CODE) && !(d.hi & DESC_WRITABLE))
        return false;
    if (!((d.hi & DESC_CODE) && (d.hi & DESC_EXPAND_DOWN)) &&
        (descriptor_dpl(d) < rpl || descriptor_dpl(d) < ring))
        return false;
    if (descriptor_dpl(d) != 0)
        check_segment(selector, d);
    return true;
}

static bool code_loads(const trap_frame_t *frame)
{
    unsigned rpl = frame->cs & 3;
    descriptor_t d;

    if (!processor_descriptor(frame->cs, &d) || !(d.hi & DESC_S) ||
        !(d.hi & DESC_CODE) || !(d.hi & DESC_P))
        return false;
    if (d.hi & DESC_EXPAND_DOWN ? descriptor_dpl(d) > rpl
                                : descriptor_dpl(d) != rpl)
        return false;
    check_segment(frame->cs, d);
    return frame->eip <= descriptor_limit(d);
}

bool processor_returns_to(const trap_frame_t *frame)
{
    descriptor_t d;

    if (!code_loads(frame))
        return false;
    if (!processor_descriptor(frame->ss, &d) || !(d.hi & DESC_S) ||
        (d.hi & DESC_CODE) || !(d.hi & DESC_WRITABLE) || !(d.hi & DESC_P) ||
        (frame->ss & 3) != (frame->cs & 3) ||
        descriptor_dpl(d) != (frame->cs & 3u))
        return false;
    check_segment(frame->ss, d);
    return true;
}

/* --- Copies of ring 0 ---------------------------------------------------- */

/* What hypercall/copy.c and segmentation/lookup.c do, with a note of which
 * side of their copies is not the host's. */
int __real_copy_from_guest(void *to, vaddr_t from, size_t bytes);
int __wrap_copy_from_guest(void *to, vaddr_t from, size_t bytes);
int __real_copy_to_guest(vaddr_t to, const void *from, size_t bytes);
int __wrap_copy_to_guest(vaddr_t to, const void *from, size_t bytes);
int __real_descriptor_read(uint16_t selector, descriptor_t *d);
int __wrap_descriptor_read(uint16_t selector, descriptor_t *d);
int __real_descriptor_write(uint16_t selector, descriptor_t d);
int __wrap_descriptor_write(uint16_t selector, descriptor_t d);

int __wrap_copy_from_guest(void *to, vaddr_t from, size_t bytes)
{
    side = SIDE_FROM;
    return unsided(__real_copy_from_guest(to, from, bytes));
}

int __wrap_copy_to_guest(vaddr_t to, const void *from, size_t bytes)
{
    side = SIDE_TO;
    return unsided(__real_copy_to_guest(to, from, bytes));
}

int __wrap_descriptor_read(uint16_t selector, descriptor_t *d)
{
    side = SIDE_FROM_TABLE;
    return unsided(__real_descriptor_read(selector, d));
}

int __wrap_descriptor_write(uint16_t selector, descriptor_t d)
{
    side = SIDE_TO_TABLE;
    return unsided(__real_descriptor_write(selector, d));
}

/** Copy, or clear if `from` is NULL, as far as the guest's pages go. */
static int copy_guest(uint8_t *host, uint32_t guest, size_t bytes, bool write)
{
    while (bytes > 0) {
        size_t part = PAGE_SIZE - guest % PAGE_SIZE;
        uint32_t error;
        uint8_t *at = processor_reach(guest, write, false, &error);

        if (!at)
            return -EFAULT;
        if (part > bytes)
            part = bytes;
        if (!write)
            memcpy(host, at, part);
        else if (host)
            memcpy(at, host, part);
        else
            memset(at, 0, part);
        if (host)
            host += part;
        guest += (uint32_t)part;
        bytes -= part;
    }
    return 0;
}

static int read_descriptor(void *to, uint32_t address)
{
    const uint8_t *at = table_byte(address);

    return at ? (memcpy(to, at, sizeof(descriptor_t)), 0) : -EFAULT;
}

static int write_descriptor(uint32_t address, const void *from)
{
    uint8_t *at = table_byte(address);

    return at ? (memcpy(at, from, sizeof(descriptor_t)), 0) : -EFAULT;
}

int arch_copy_may_fault(void *to, const void *from, size_t bytes)
{
    switch (side) {
    case SIDE_FROM:
        return copy_guest(to, (uint32_t)(uintptr_t)from, bytes, false);
    case SIDE_TO:
        return copy_guest((void *)from, (uint32_t)(uintptr_t)to, bytes, true);
    case SIDE_FROM_TABLE:
        return read_descriptor(to, (uint32_t)(uintptr_t)from);
    case SIDE_TO_TABLE:
        return write_descriptor((uint32_t)(uintptr_t)to, from);
    default:
        broken("a copy by an unknown function");
    }
}

int arch_clear_may_fault(void *to, size_t bytes)
{
    return copy_guest(NULL, (uint32_t)(uintptr_t)to, bytes, true);
}

/* --- The guest's stack --------------------------------------------------- */

bool arch_guest_stack(uint16_t ss)
{
    stack_selector = ss;
    return processor_loads(ss, 0) &&
           ((ss & ~3u) == 0 || processor_descriptor(ss, &stack_descriptor));
}

bool arch_guest_push(uint32_t esp, unsigned index, uint32_t word)
{
    const descriptor_t d = stack_descriptor;
    uint32_t offset = esp + 4 * index, last = offset + 3;
    uint32_t linear = descriptor_base(d) + offset;
    uint32_t top = d.hi & DESC_D ? 0xFFFFFFFFu : 0xFFFFu;
    bool down = d.hi & DESC_EXPAND_DOWN;

    if ((stack_selector & ~3u) == 0 || (d.hi & DESC_CODE) ||
        !(d.hi & DESC_WRITABLE) || last < offset)
        return false;
    if (down ? offset <= descriptor_limit(d) || last > top
             : last > descriptor_limit(d))
        return false;
    if (linear >= HYPERVISOR_START || linear + 3 >= HYPERVISOR_START)
        broken("a frame is written at %x through ss %04x", linear,
               stack_selector);
    if (linear >= M2P_START - 3)
        return false;
    return copy_guest((void *)&word, linear, sizeof(word), true) == 0;
}

int arch_write_guest_stack(uint16_t ss, uint32_t esp, const uint32_t *words,
                           unsigned n)
{
    if (!arch_guest_stack(ss))
        return -EFAULT;
    while (n-- > 0) {
        if (!arch_guest_push(esp, n, words[n]))
            return -EFAULT;
    }
    return 0;
}

/* --- Registers ----------------------------------------------------------- */

uint32_t arch_read_cr0(void)
{
    return cr0;
}

void arch_write_cr0(uint32_t value)
{
    cr0 = value;
}

uint32_t arch_read_cr2(void)
{
    return cr2;
}

void processor_set_cr2(uint32_t address)
{
    cr2 = address;
}

uint32_t arch_read_cr4(void)
{
    return cr4;
}

void arch_write_cr4(uint32_t value)
{
    cr4 = value;
}

uint64_t arch_read_msr(uint32_t msr)
{
    (void)msr;
    return 0;
}

void arch_write_msr(uint32_t msr, uint64_t value)
{
    broken("MSR %x is written: %llx", msr, (unsigned long long)value);
}

struct cpuid_result arch_cpuid(uint32_t leaf, uint32_t subleaf)
{
    return (struct cpuid_result){ leaf, 0x12345678u, subleaf, ~0u };
}

uint32_t arch_read_flags(void)
{
    return 0;
}

void arch_write_flags(uint32_t value)
{
    (void)value;
}

void arch_interrupts_off(void)
{
}

void arch_interrupts_on(void)
{
}

void arch_halt(void)
{
    broken("the processor halts for good");
}

uint8_t arch_in8(uint16_t port)
{
    return (uint8_t)port;
}

void arch_out8(uint16_t port, uint8_t value)
{
    (void)port;
    (void)value;
}
