/* SPDX-License-Identifier: MIT */
/**
 * @file cpuid.c
 * @ingroup hypercall
 * The forced-emulation prefix: CPUID as a guest is to see it.
 *
 * CPUID never faults, so a guest that runs it plainly learns of features that
 * it cannot have here. A guest that knows writes five bytes in front of it
 * (UD2 and the letters "xen"): they raise \#UD, and the rest is ours.
 *
 * Features are passed on by a list of what is known to be harmless, so that
 * a newer processor does not show a guest what nobody thought about.
 *
 * Sources: [XenABI] xen/arch-x86/cpuid.h; [SDM2] "CPUID".
 */
#include "hypercall.h"

#include "arch_cpu.h"
#include "domain.h"
#include "lib.h"

/** UD2, "xen", CPUID. */
static const uint8_t forced_cpuid[] = { 0x0F, 0x0B, 'x', 'e', 'n',
                                        0x0F, 0xA2 };

/* Leaf 1, EDX. Not there: VME, PSE, MCE, SEP, MTRR, PGE, MCA, PSE36, PSN, DS,
 * ACPI, SS, HTT, TM, PBE. */
#define LEAF1_EDX                                                            \
    (1u << 0 /* FPU */ | 1u << 2 /* DE */ | 1u << 4 /* TSC */ |              \
     1u << 5 /* MSR */ | 1u << 6 /* PAE */ | 1u << 8 /* CX8 */ |             \
     1u << 9 /* APIC */ | 1u << 15 /* CMOV */ | 1u << 16 /* PAT */ |         \
     1u << 19 /* CLFSH */ | 1u << 23 /* MMX */ | 1u << 24 /* FXSR */ |       \
     1u << 25 /* SSE */ | 1u << 26 /* SSE2 */)

/* Leaf 1, ECX. Not there: MONITOR, VMX, SMX, PCID, x2APIC, XSAVE and all that
 * needs it, and whatever is not listed. */
#define LEAF1_ECX                                                            \
    (1u << 0 /* SSE3 */ | 1u << 1 /* PCLMUL */ | 1u << 9 /* SSSE3 */ |       \
     1u << 13 /* CX16 */ | 1u << 19 /* SSE4.1 */ | 1u << 20 /* SSE4.2 */ |   \
     1u << 22 /* MOVBE */ | 1u << 23 /* POPCNT */ | 1u << 25 /* AES */ |     \
     1u << 30 /* RDRAND */)
#define LEAF1_ECX_HYPERVISOR (1u << 31)

/* Leaf 7, EBX: fast string instructions only. */
#define LEAF7_EBX (1u << 9)

/* Leaf 80000001: no-execute; LAHF in 64-bit mode is nobody's concern here. */
#define LEAF_EXTENDED_EDX CPUID_EXT1_EDX_NX

/** Leaves that describe nothing but what we do not offer. */
static bool hidden(uint32_t leaf)
{
    return leaf == 5 ||  /* MONITOR */
           leaf == 6 ||  /* power management */
           leaf == 0xA || /* performance counters */
           leaf == 0xB || /* topology, by x2APIC numbers */
           (leaf >= 0xD && leaf < 0x80000000) || leaf > 0x80000008;
}

/** Our own leaves, which tell a guest who we are. */
static struct cpuid_result hypervisor_leaf(uint32_t leaf)
{
    struct cpuid_result r = { 0, 0, 0, 0 };

    switch (leaf) {
    case 0x40000000:
        r.eax = 0x40000002; /* the last of them */
        memcpy(&r.ebx, "XenV", 4);
        memcpy(&r.ecx, "MMXe", 4);
        memcpy(&r.edx, "nVMM", 4);
        break;
    case 0x40000001:
        r.eax = INTERFACE_VERSION;
        break;
    case 0x40000002:
        r.eax = 1;          /* hypercall pages */
        r.ebx = 0x40000000; /* the MSR by which other kinds of guest ask */
        r.ecx = 1;          /* mmu_update keeps accessed and dirty bits */
        break;
    }
    return r;
}

/**
 * CPUID for guests.
 *
 * @param leaf     EAX.
 * @param subleaf  ECX.
 * @context{exception}
 * @return what a guest may know of the processor: no feature of which the
 *         interface does not let it make use.
 */
struct cpuid_result guest_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r = { 0, 0, 0, 0 };

    if (leaf >= 0x40000000 && leaf < 0x40000100)
        return hypervisor_leaf(leaf);
    if (hidden(leaf))
        return r;
    r = arch_cpuid(leaf, subleaf);
    switch (leaf) {
    case 0:
        if (r.eax > 0xD)
            r.eax = 0xD;
        break;
    case 1:
        r.ecx = (r.ecx & LEAF1_ECX) | LEAF1_ECX_HYPERVISOR;
        r.edx &= LEAF1_EDX;
        break;
    case 7:
        r = (struct cpuid_result){ .ebx = subleaf == 0 ? r.ebx & LEAF7_EBX
                                                       : 0 };
        break;
    case 0x80000000u:
        if (r.eax > 0x80000008u)
            r.eax = 0x80000008u;
        break;
    case 0x80000001u:
        r.ecx = 0;
        r.edx &= LEAF_EXTENDED_EDX;
        break;
    case 0x80000007u:
        r = (struct cpuid_result){ 0, 0, 0, 0 };
        break;
    }
    return r;
}

/**
 * Look whether an \#UD was a forced CPUID, and emulate it.
 *
 * @param frame  The guest's registers, of any ring.
 * @context{exception}
 * @return true: done, the guest goes on behind it. false: nothing is changed.
 */
bool emulate_forced(trap_frame_t *frame)
{
    uint8_t bytes[sizeof(forced_cpuid)];
    struct cpuid_result r;
    uint32_t address;

    if (!code_address(frame, sizeof(bytes), &address) ||
        copy_from_guest(bytes, vaddr(address), sizeof(bytes)) != 0 ||
        memcmp(bytes, forced_cpuid, sizeof(bytes)) != 0)
        return false;
    r = guest_cpuid(frame->eax, frame->ecx);
    frame->eax = r.eax;
    frame->ebx = r.ebx;
    frame->ecx = r.ecx;
    frame->edx = r.edx;
    frame->eip += sizeof(bytes);
    return true;
}
