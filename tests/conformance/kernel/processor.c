/* SPDX-License-Identifier: MIT */
/**
 * @file processor.c
 * What that kernel does to a processor: descriptors, the per-CPU segment, trap
 * table, callbacks, control and debug registers, CPUID and MSRs.
 */
#include "kernel.h"

#include <xen/features.h>
#include <xen/physdev.h>

uint64_t gdt[2][512] __attribute__((aligned(4096)));
struct percpu percpu[2];

/** GDT_ENTRY_INIT(). */
static uint64_t descriptor(uint32_t flags, uint32_t base, uint32_t limit)
{
    return (uint64_t)(limit & 0xFFFF) | (uint64_t)(base & 0xFFFFFF) << 16 |
           (uint64_t)(flags & 0xF0FF) << 40 |
           (uint64_t)(limit >> 16 & 0xF) << 48 | (uint64_t)(base >> 24) << 56;
}

static int32_t descriptor_write(uint64_t *where, uint64_t value)
{
    uint64_t at = machine_of(where);

    return hypercall_4(update_descriptor, (uint32_t)at, (uint32_t)(at >> 32),
                       (uint32_t)value, (uint32_t)(value >> 32));
}

/** xen_setup_features(), and what Linux asks about the machine first. */
void features_read(void)
{
    struct xen_feature_info info = { .submap_idx = 0 };

    CHECK("kernel.features", 0,
          hypercall_2(xen_version, XENVER_get_features, &info));
    CHECK("kernel.features.none_of_a_translated_guest", 0,
          info.submap & (1u << XENFEAT_writable_page_tables |
                         1u << XENFEAT_writable_descriptor_tables |
                         1u << XENFEAT_auto_translated_physmap |
                         1u << XENFEAT_supervisor_mode_kernel |
                         1u << XENFEAT_hvm_callback_vector));
    CHECK("kernel.features.preserve_ad", 1,
          info.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1);
    CHECK("kernel.features.dom0", !!(start_info->flags & SIF_INITDOMAIN),
          info.submap >> XENFEAT_dom0 & 1);
}

/** gdt_page: with privilege 0 and limits of 4 GB, as for bare hardware. */
static void gdt_fill(uint64_t *table)
{
    static const uint16_t flags[GDT_ENTRIES] = {
        [12] = 0xC09A, 0xC092, 0xC0FA, 0xC0F2,
        [18] = 0x409A, 0x009A, 0x0092, 0x0092, 0x0092, 0x409A, 0x009A, 0x4092,
        [26] = 0xC092, 0xC092, 0x4090,
    };

    for (unsigned i = 0; i < GDT_ENTRIES; i++) {
        uint32_t limit = flags[i] & 0x8000 ? 0xFFFFF : 0xFFFF;

        if (flags[i] != 0)
            table[i] = descriptor(flags[i], 0, i == 28 ? 0x18 : limit);
    }
}

/** A vCPU's own segment and its canary's. */
void percpu_load(unsigned cpu)
{
    uint32_t base = (uint32_t)&percpu[cpu];

    CHECK("kernel.gdt.percpu", 0,
          descriptor_write(&gdt[cpu][SEL_PERCPU / 8],
                           descriptor(0xC092, base, 0xFFFFF)));
    CHECK("kernel.gdt.canary", 0,
          descriptor_write(&gdt[cpu][SEL_CANARY / 8],
                           descriptor(0x4090, base, 0x18)));
}

static void percpu_select(void)
{
    __asm__ volatile("movl %0, %%fs\n\tmovl %1, %%gs\n\t"
                     "movl %2, %%ds\n\tmovl %2, %%es"
                     :: "r"(SEL_PERCPU), "r"(SEL_CANARY), "r"(SEL_USER_DS)
                     : "memory");
}

static int32_t gdt_load(unsigned cpu)
{
    uint32_t frame = mfn_of(gdt[cpu]);

    return hypercall_2(set_gdt, &frame, GDT_ENTRIES);
}

/** xen_setup_gdt(): the page becomes read-only, without a flush. */
void gdt_early(void)
{
    gdt_fill(gdt[0]);
    gdt_fill(gdt[1]);
    percpu[0].vcpu = &shared_info->vcpu_info[0];
    percpu[1].vcpu = &shared_info->vcpu_info[1];
    percpu[1].number = 1;
    for (unsigned cpu = 0; cpu < 2; cpu++)
        CHECK("kernel.gdt.read_only", 0,
              hypercall_4(update_va_mapping, gdt[cpu],
                          (uint32_t)entry_of(gdt[cpu], PAGE_RO),
                          (uint32_t)(entry_of(gdt[cpu], PAGE_RO) >> 32), 0));
    CHECK("kernel.gdt.load", 0, gdt_load(0));
    percpu_load(0);
    percpu_select();
    CHECK("kernel.gdt.percpu_read", (uint32_t)percpu[0].vcpu,
          (uint32_t)this_vcpu());
}

static int32_t callback(unsigned type, void (*entry)(void))
{
    struct callback_register c = {
        .type = (uint16_t)type,
        .flags = CALLBACKF_mask_events,
        .address = { SEL_KERNEL_CS, (unsigned long)entry },
    };

    return hypercall_2(callback_op, CALLBACKOP_register, &c);
}

/** xen_pvmmu_arch_setup(). */
void callbacks_register(void)
{
    CHECK("kernel.assist.4gb_segments", 0,
          hypercall_2(vm_assist, VMASST_CMD_enable,
                      VMASST_TYPE_4gb_segments));
    CHECK("kernel.assist.writable_pagetables", 0,
          hypercall_2(vm_assist, VMASST_CMD_enable,
                      VMASST_TYPE_writable_pagetables));
    CHECK("kernel.assist.pae_extended_cr3", 0,
          hypercall_2(vm_assist, VMASST_CMD_enable,
                      VMASST_TYPE_pae_extended_cr3));
    CHECK("kernel.callback.event", 0,
          callback(CALLBACKTYPE_event, hypervisor_callback));
    CHECK("kernel.callback.failsafe", 0,
          callback(CALLBACKTYPE_failsafe, failsafe_callback));
    CHECK("kernel.callback.sysenter", 0,
          callback(CALLBACKTYPE_sysenter, sysenter_entry));
    CHECK("kernel.callback.syscall32", 0,
          callback(CALLBACKTYPE_syscall32, sysenter_entry));
}

/* --- Traps --------------------------------------------------------------- */

static uint32_t fixup_to;

static trap_info_t trap_of(unsigned vector)
{
    bool user = vector == 3 || vector == 4 || vector == 0x80;

    return (trap_info_t){
        .vector = (uint8_t)vector,
        .flags = (uint8_t)((user ? 3 : 0) | TRAP_MASK_EVENTS),
        .cs = SEL_KERNEL_CS,
        .address = vector == 0x80 ? (uint32_t)system_call_entry
                                  : kernel_entry[vector],
    };
}

/** Each gate by itself, as they are written one by one; and all at once. */
void traps_load(void)
{
    trap_info_t all[22], one[2] = { { .address = 0 }, { .address = 0 } };

    for (unsigned i = 0; i < 20; i++) {
        one[0] = all[i] = trap_of(i);
        CHECK("kernel.traps.gate", 0, hypercall_1(set_trap_table, one));
    }
    all[20] = trap_of(0x80);
    all[21] = (trap_info_t){ .address = 0 };
    CHECK("kernel.traps.table", 0, hypercall_1(set_trap_table, all));
}

/** The exception table: one instruction at a time may fault. */
bool exception_fixed(struct frame *f)
{
    if (fixup_to == 0 || (f->cs & 3) == 3)
        return false;
    f->eip = fixup_to;
    fixup_to = 0;
    f->edi = f->vector << 16 | (f->error & 0xFFFF);
    return true;
}

/** EAX after the last one. */
static uint32_t safe_eax;

/** Execute with EAX and ECX given. @return vector << 16 | error code of the
 *  fault, or NO_EXCEPTION */
#define SAFELY(instruction, eax, ecx)                                        \
    ({                                                                       \
        uint32_t fault_ = NO_EXCEPTION, c_ = (ecx), d_ = 0;                  \
                                                                             \
        safe_eax = (eax);                                                    \
        __asm__ volatile("movl $1f, %[to]\n\t" instruction "\n1:\t"          \
                         "movl $0, %[to]"                                    \
                         : [to] "+m"(fixup_to), "+D"(fault_),                \
                           "+a"(safe_eax), "+c"(c_), "+d"(d_)                \
                         : : "memory", "cc");                                \
        fault_;                                                              \
    })

#define NO_EXCEPTION (~0u)
#define EXCEPTION_13 (13u << 16)

/* --- cpu_init() ---------------------------------------------------------- */

/** Kernel stack, no LDT, no watchpoints, no lazy FPU, CR4. */
void processor_start(unsigned cpu)
{
    static uint8_t stack[2][4096] __attribute__((aligned(16)));
    struct mmuext_op no_ldt = { .cmd = MMUEXT_SET_LDT };

    if (cpu == 1) {
        CHECK("kernel.second.gdt_load", 0, gdt_load(1));
        percpu_select();
        traps_load();
    }
    CHECK("kernel.ldt.none", 0,
          hypercall_4(mmuext_op, &no_ldt, 1, 0, DOMID_SELF));
    batch_call(__HYPERVISOR_stack_switch, SEL_KERNEL_DS,
               (uint32_t)stack[cpu] + sizeof(stack[cpu]), 0, 0, 0);
    batch_call(__HYPERVISOR_fpu_taskswitch, 0, 0, 0, 0, 0);
    CHECK("kernel.stack_and_fpu", 0, batch_end());
    for (unsigned i = 0; i < 8; i++)
        if (i != 4 && i != 5)
            CHECK("kernel.debug_registers", 0,
                  hypercall_2(set_debugreg, i, 0));
    CHECK("kernel.cr4.read", NO_EXCEPTION,
          SAFELY("movl %%cr4, %%eax", 0, 0));
    CHECK("kernel.cr4.write", NO_EXCEPTION,
          SAFELY("movl %%eax, %%cr4", safe_eax & ~0x90u, 0));
    __asm__ volatile("fninit");
}

static uint32_t read_msr(uint32_t number)
{
    return SAFELY("rdmsr", 0, number);
}

static uint32_t emulated_cpuid(uint32_t leaf, uint32_t *ecx)
{
    uint32_t edx, b;

    __asm__ volatile(".byte 0x0F, 0x0B, 0x78, 0x65, 0x6E; cpuid"
                     : "+a"(leaf), "=b"(b), "=c"(*ecx), "=d"(edx) : "2"(0));
    return edx;
}

/** What it is answered: CPUID, MSRs, I/O, CR0, CR2, CR3. */
void processor_asked(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    uint32_t edx, ecx;

    CHECK("kernel.iopl", 0,
          hypercall_2(physdev_op, PHYSDEVOP_set_iopl, &iopl));
    CHECK("kernel.io.delay", NO_EXCEPTION, SAFELY("outb %%al, $0x80", 0, 0));
    edx = emulated_cpuid(1, &ecx);
    CHECK("kernel.cpuid.no_sysenter", 0, edx >> 11 & 1);
    CHECK("kernel.cpuid.no_large_or_global_pages", 0, edx & 0x2008);
    CHECK("kernel.cpuid.pae_tsc_cx8_apic", 0x350, edx & 0x350);
    CHECK("kernel.cpuid.no_xsave_or_monitor", 0, ecx & 0x0C000008);
    edx = emulated_cpuid(0x40000000, &ecx);
    CHECK("kernel.cpuid.signature", 0x65584D4D, ecx);
    CHECK("kernel.msr.efer", NO_EXCEPTION, read_msr(0xC0000080));
    CHECK("kernel.msr.apic_base", NO_EXCEPTION, read_msr(0x1B));
    CHECK("kernel.msr.misc_enable", NO_EXCEPTION, read_msr(0x1A0));
    CHECK("kernel.msr.pat", NO_EXCEPTION, read_msr(0x277));
    CHECK("kernel.msr.microcode", NO_EXCEPTION, read_msr(0x8B));
    CHECK("kernel.msr.mtrr", EXCEPTION_13, read_msr(0xFE));
    CHECK("kernel.msr.none", EXCEPTION_13, read_msr(0x12345678));
    CHECK("kernel.msr.write_none", EXCEPTION_13,
          SAFELY("wrmsr", 0, 0x12345678));
    CHECK("kernel.cr0.clts", NO_EXCEPTION, SAFELY("clts", 0, 0));
    CHECK("kernel.wbinvd", NO_EXCEPTION, SAFELY("wbinvd", 0, 0));
    CHECK("kernel.user_access", 14u << 16,
          SAFELY("movl 0x10000000, %%eax", 0, 0));
    CHECK("kernel.user_access.cr2", 0x10000000,
          (uint32_t)this_vcpu()->arch.cr2);
    CHECK_EXACT("kernel.gdt.limit_cut", EXCEPTION_13,
                SAFELY("movl 0xFC000000, %%eax", 0, 0));
}
