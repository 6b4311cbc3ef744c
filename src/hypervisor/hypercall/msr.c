/* SPDX-License-Identifier: MIT */
/**
 * @file msr.c
 *
 * Source: [SDM3A] "Model-Specific Registers".
 * @ingroup hypercall
 * Model-specific registers, as a guest sees them: the few that kernels look at
 * when they start, with values of a plain processor. Nothing is passed on to
 * the real ones; a register that is not in the list does not exist. EFER is
 * there if the processor has NX, the one thing a guest looks for in it.
 */
#include "hypercall.h"

#include "arch_cpu.h"
#include "arch_nx.h"
#include "lib.h"

#define MSR_UCODE_REVISION 0x8Bu
#define MSR_MISC_ENABLE 0x1A0u
#define MSR_DEBUGCTL 0x1D9u
#define MSR_PAT 0x277u

/* The local APIC's usual place, enabled, of the boot processor. */
#define APIC_BASE_VALUE 0xFEE00900u
/* CPUID leaf 0, EBX: "Genu", the beginning of Intel's name. */
#define VENDOR_INTEL 0x756E6547u
/* Memory types of the page attribute table after a reset. */
#define PAT_VALUE 0x0007040600070406ull

/** A register with one value; writing it is refused or has no effect. */
struct fixed_msr {
    uint32_t number;
    bool writes_ignored;
    uint64_t value;
};

static const struct fixed_msr fixed[] = {
    { MSR_APIC_BASE, false, APIC_BASE_VALUE },
    { MSR_UCODE_REVISION, false, 0 },
    { MSR_MISC_ENABLE, true, 0 },
    { MSR_DEBUGCTL, false, 0 },
    { MSR_PAT, false, PAT_VALUE },
};

/** Intel's kernels write 0 to the revision of the microcode, which makes the
 *  processor put it there at the next CPUID, and only then read it. */
static bool ucode_write_allowed(uint64_t value)
{
    return value == 0 && arch_cpuid(0, 0).ebx == VENDOR_INTEL;
}

static const struct fixed_msr *find(uint32_t number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(fixed); i++)
        if (fixed[i].number == number)
            return &fixed[i];
    return NULL;
}

/**
 * Read a virtual MSR.
 *
 * @param number      ECX.
 * @param[out] value  EDX:EAX.
 * @context{exception}
 * @return false: there is no such register.
 */
bool msr_read(uint32_t number, uint64_t *value)
{
    const struct fixed_msr *m = find(number);

    if (number == MSR_EFER && arch_offers_nx()) {
        *value = arch_read_msr(MSR_EFER);
        return true;
    }
    if (m == NULL)
        return false;
    *value = m->value;
    return true;
}

/**
 * Write a virtual MSR.
 *
 * @param number  ECX, as the guest gave it.
 * @param value   EDX:EAX, any.
 * @context{exception}
 * @return false: there is no such register, or it does not take the value.
 */
bool msr_write(uint32_t number, uint64_t value)
{
    const struct fixed_msr *m = find(number);

    if (number == MSR_EFER && arch_offers_nx())
        return value == arch_read_msr(MSR_EFER);
    if (number == MSR_UCODE_REVISION)
        return ucode_write_allowed(value);
    return m != NULL && m->writes_ignored;
}
