/* SPDX-License-Identifier: MIT */
/**
 * @file emulate.c
 * @page conformance_emulate Conformance: privileged instructions in ring 1
 * Property: what the interface lists is done for the kernel, with the virtual
 * processor's state; everything else is \#GP(0), as on a machine where ring 1
 * may do nothing.
 * Source: the interface's list; the observed answers.
 * Method: each instruction once, and read back what it changed.
 */
#include "check.h"

#include <xen/physdev.h>

enum { CR0_TS = 8, CR4_TSD = 4, CR4_DE = 8, CR4_PGE = 0x80 };

static uint8_t page[4096] __attribute__((aligned(4096)));

static uint32_t read_cr0(void)
{
    TRY("movl %%cr0, %%eax");
    return tried.eax;
}

static uint32_t read_cr3(void)
{
    TRY("movl %%cr3, %%eax");
    return tried.eax;
}

static uint32_t read_cr4(void)
{
    TRY("movl %%cr4, %%eax");
    return tried.eax;
}

static void control_0(void)
{
    uint32_t cr0;

    CHECK("emul.cr0.read", NO_FAULT, TRY("movl %%cr0, %%eax"));
    /* PG AM WP NE ET MP PE; no TS, no EM. */
    CHECK("emul.cr0.bits", 0x80050033, read_cr0() & 0x8005003F);
    cr0 = read_cr0();
    CHECK("emul.cr0.write_same", NO_FAULT, TRY_EAX(cr0, "movl %%eax, %%cr0"));
    CHECK("emul.cr0.write_toggle_pe", FAULT(13, 0),
          TRY_EAX(cr0 ^ 1, "movl %%eax, %%cr0"));
    CHECK("emul.cr0.write_toggle_wp", FAULT(13, 0),
          TRY_EAX(cr0 ^ 0x10000, "movl %%eax, %%cr0"));
    CHECK("emul.cr0.write_toggle_am", FAULT(13, 0),
          TRY_EAX(cr0 ^ 0x40000, "movl %%eax, %%cr0"));
    CHECK("emul.cr0.write_toggle_pg", FAULT(13, 0),
          TRY_EAX(cr0 ^ 0x80000000, "movl %%eax, %%cr0"));
    CHECK("emul.cr0.set_ts", NO_FAULT,
          TRY_EAX(cr0 | CR0_TS, "movl %%eax, %%cr0"));
    CHECK("emul.cr0.set_ts.read_back", CR0_TS, read_cr0() & CR0_TS);
    CHECK("emul.cr0.set_ts.nm", FAULT(7, 0), TRY("fninit"));
    CHECK("emul.clts", NO_FAULT, TRY("clts"));
    CHECK("emul.cr0.after_clts", 0, read_cr0() & CR0_TS);
    CHECK("emul.lmsw", FAULT(13, 0), TRY_EAX(cr0, "lmsw %%ax"));
}

static void control_2_and_3(void)
{
    uint32_t cr3 = read_cr3();
    uint32_t frame = cr3 >> 12 | cr3 << 20;

    CHECK("emul.cr2.write", NO_FAULT,
          TRY_EAX(0xABCD1234, "movl %%eax, %%cr2"));
    CHECK("emul.cr2.read_back", 0xABCD1234,
          (TRY("movl %%cr2, %%eax"), tried.eax));
    CHECK("emul.cr2.arch_cr2", 0xABCD1234,
          shared_info->vcpu_info[0].arch.cr2);
    CHECK("emul.cr3.read.is_l3", (uint32_t)frame_of((void *)
              start_info->pt_base), frame);
    CHECK("emul.cr3.write_same", NO_FAULT, TRY_EAX(cr3, "movl %%eax, %%cr3"));
    CHECK("emul.cr3.write_all_ones", FAULT(13, 0),
          TRY_EAX(~0u, "movl %%eax, %%cr3"));
    frame = (uint32_t)frame_of(page);
    CHECK("emul.cr3.write_plain_page", FAULT(13, 0),
          TRY_EAX(frame << 12 | frame >> 20, "movl %%eax, %%cr3"));
    CHECK("emul.cr3.kept", cr3, read_cr3());
    CHECK_EXACT("emul.cr5.read", FAULT(6, 0), TRY(".byte 0x0F, 0x20, 0xE8"));
}

static void control_4(void)
{
    uint32_t cr4 = read_cr4();

    CHECK("emul.cr4.de_at_start", 0, cr4 & CR4_DE);
    CHECK("emul.cr4.set_de", NO_FAULT,
          TRY_EAX(cr4 | CR4_DE, "movl %%eax, %%cr4"));
    CHECK("emul.cr4.set_de.read_back", CR4_DE, read_cr4() & CR4_DE);
    CHECK("emul.cr4.restore", NO_FAULT, TRY_EAX(cr4, "movl %%eax, %%cr4"));
    CHECK("emul.cr4.restore.read_back", cr4, read_cr4());
    CHECK("emul.cr4.set_tsd_then_rdtsc", NO_FAULT,
          TRY_EAX(cr4 | CR4_TSD, "movl %%eax, %%cr4; rdtsc"));
    CHECK("emul.cr4.set_tsd.read_back", CR4_TSD, read_cr4() & CR4_TSD);
    TRY_EAX(cr4, "movl %%eax, %%cr4");
    CHECK("emul.cr4.toggle_pge", NO_FAULT,
          TRY_EAX(cr4 ^ CR4_PGE, "movl %%eax, %%cr4"));
    CHECK("emul.cr4.toggle_pge.ignored", cr4, read_cr4());
}

static void tables_and_others(void)
{
    static uint8_t descriptor[8];

    tried.ecx = (uint32_t)descriptor;
    CHECK("emul.hlt", FAULT(13, 0), TRY("hlt"));
    CHECK("emul.invlpg", FAULT(13, 0), TRY("invlpg (%%ecx)"));
    CHECK("emul.lgdt", FAULT(13, 0), TRY("lgdt (%%ecx)"));
    CHECK("emul.lidt", FAULT(13, 0), TRY("lidt (%%ecx)"));
    CHECK("emul.lldt", FAULT(13, 0), TRY_EAX(0, "lldt %%ax"));
    CHECK("emul.ltr", FAULT(13, 0), TRY_EAX(0xE000, "ltr %%ax"));
    tried.ecx = 0;
    CHECK("emul.rdpmc", FAULT(13, 0), TRY("rdpmc"));
    CHECK("emul.wbinvd", NO_FAULT, TRY("wbinvd"));
    CHECK("emul.invd", NO_FAULT, TRY("invd"));
    CHECK("emul.rdtsc", NO_FAULT, TRY("rdtsc"));
    CHECK("emul.sldt.null", 0, (TRY("sldt %%eax"), tried.eax & 0xFFFF));
    CHECK("emul.sysret", FAULT(13, 0) != NO_FAULT, TRY("sysret") != NO_FAULT);
}

static void debug_registers(void)
{
    CHECK("emul.dr0.write", NO_FAULT, TRY_EAX(0x1000, "movl %%eax, %%dr0"));
    CHECK("emul.dr0.read", 0x1000, (TRY("movl %%dr0, %%eax"), tried.eax));
    CHECK("emul.dr0.write_0", NO_FAULT, TRY_EAX(0, "movl %%eax, %%dr0"));
    CHECK("emul.dr6.read", 0xFFFF0FF0,
          (TRY("movl %%dr6, %%eax"), tried.eax));
    CHECK("emul.dr7.read", 0x400, (TRY("movl %%dr7, %%eax"), tried.eax));
    CHECK("emul.dr7.write_gd", FAULT(13, 0),
          TRY_EAX(0x2400, "movl %%eax, %%dr7"));
    CHECK("emul.dr0.write_xen_range", FAULT(13, 0),
          TRY_EAX(IN_XEN_RANGE, "movl %%eax, %%dr0"));
}

static uint32_t try_rdmsr(uint32_t number)
{
    tried.ecx = number;
    return TRY("rdmsr");
}

static uint32_t try_wrmsr(uint32_t number, uint32_t low)
{
    tried.ecx = number;
    tried.edx = 0;
    return TRY_EAX(low, "wrmsr");
}

/** Is the processor one of Intel's? */
static bool intel(void)
{
    uint32_t eax = 0, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ebx == 0x756E6547; /* "Genu" */
}

static void machine_registers(void)
{
    CHECK("emul.rdmsr.efer", NO_FAULT, try_rdmsr(0xC0000080));
    CHECK("emul.rdmsr.efer.nxe", 0x800, tried.eax & 0x800);
    CHECK("emul.wrmsr.efer_same", NO_FAULT,
          try_wrmsr(0xC0000080, tried.eax));
    CHECK("emul.wrmsr.efer_0", FAULT(13, 0), try_wrmsr(0xC0000080, 0));
    CHECK("emul.rdmsr.apic_base", NO_FAULT, try_rdmsr(0x1B));
    CHECK("emul.wrmsr.apic_base_same", FAULT(13, 0),
          try_wrmsr(0x1B, tried.eax));
    CHECK("emul.rdmsr.misc_enable", NO_FAULT, try_rdmsr(0x1A0));
    CHECK("emul.wrmsr.misc_enable_same", NO_FAULT,
          try_wrmsr(0x1A0, tried.eax));
    CHECK("emul.rdmsr.ucode_rev", NO_FAULT, try_rdmsr(0x8B));
    CHECK("emul.wrmsr.ucode_rev_0", intel() ? NO_FAULT : FAULT(13, 0),
          try_wrmsr(0x8B, 0));
    CHECK("emul.wrmsr.ucode_rev_1", FAULT(13, 0), try_wrmsr(0x8B, 1));
    CHECK("emul.rdmsr.pat", NO_FAULT, try_rdmsr(0x277));
    CHECK("emul.rdmsr.sysenter_cs", FAULT(13, 0), try_rdmsr(0x174));
    CHECK("emul.rdmsr.unknown", FAULT(13, 0), try_rdmsr(0x12345678));
    CHECK("emul.wrmsr.unknown", FAULT(13, 0), try_wrmsr(0x12345678, 0));
}

static void cpuid(void)
{
    CHECK("cpuid.forced.leaf_1", NO_FAULT, TRY_EAX(1, XEN_CPUID));
    CHECK("cpuid.forced.hypervisor_bit", 1, tried.ecx >> 31);
    /* FPU, TSC, MSR, PAE, CX8, CMOV, FXSR, SSE2. */
    CHECK("cpuid.forced.offered", 0x05008171, tried.edx & 0x05008171);
    /* PSE, SEP, PGE; XSAVE, OSXSAVE, VMX, MONITOR, PCID, x2APIC. */
    CHECK("cpuid.forced.hidden_edx", 0, tried.edx & 0x00002808);
    CHECK("cpuid.forced.hidden_ecx", 0, tried.ecx & 0x0C220028);
    CHECK("cpuid.forced.leaf_0x40000000", NO_FAULT,
          TRY_EAX(0x40000000, XEN_CPUID));
    CHECK("cpuid.forced.XenV", 0x566E6558, tried.ebx);
    CHECK("cpuid.forced.MMXe", 0x65584D4D, tried.ecx);
    CHECK("cpuid.forced.nVMM", 0x4D4D566E, tried.edx);
    CHECK("cpuid.forced.two_leaves", 1, tried.eax >= 0x40000002);
    TRY_EAX(0x40000001, XEN_CPUID);
    CHECK("cpuid.forced.version", hypercall_2(xen_version, 0, 0), tried.eax);
    tried.ecx = 0;
    TRY_EAX(7, XEN_CPUID);
    CHECK("cpuid.forced.no_smep_smap_invpcid", 0, tried.ebx & 0x00100480);
    TRY_EAX(0x80000001, XEN_CPUID);
    CHECK("cpuid.forced.no_syscall", 0, tried.edx & 0x800);
    CHECK("cpuid.other_prefix", FAULT(6, 0),
          TRY_EAX(1, ".byte 0x0F, 0x0B, 0x78, 0x65, 0x6F; cpuid"));
}

void family(void)
{
    traps_ready();
    control_0();
    control_2_and_3();
    control_4();
    tables_and_others();
    debug_registers();
    machine_registers();
    cpuid();
}
