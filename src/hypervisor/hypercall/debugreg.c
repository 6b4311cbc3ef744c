/* SPDX-License-Identifier: MIT */
/**
 * @file debugreg.c
 * @ingroup hypercall
 * Hypercalls 8 and 9: the debug registers.
 *
 * A guest may watch its own addresses. What it may not: watch ours, trap its
 * own accesses to the debug registers (DR7.GD, which would trap ours), or
 * watch ports that it cannot reach.
 *
 * Source: [SDM3B] "Debug Registers".
 */
#include "hypercall.h"

#include "arch_cpu.h"
#include "domain.h"

#define DR6_ALWAYS_SET 0xFFFF0FF0u
#define DR6_ALWAYS_CLEAR 0x00001000u
#define DR7_ALWAYS_SET 0x00000400u
#define DR7_ALWAYS_CLEAR 0x0000D800u
#define DR7_GENERAL_DETECT 0x00002000u
#define DR7_ENABLED 0x000000FFu

/** Type and length of the four watchpoints, four bits each from bit 16. */
#define DR7_TYPE(value, n) (((value) >> (16 + 4 * (n))) & 3)
#define DR7_TYPE_PORT 2u

/** May a vCPU have this control register, its fixed bits in place? */
static bool control_allowed(const struct vcpu *v, uint32_t value)
{
    if (value & DR7_GENERAL_DETECT)
        return false;
    if (!(value & DR7_ENABLED) || (v->control4 & CR4_DE))
        return true;
    for (unsigned n = 0; n < 4; n++)
        if (DR7_TYPE(value, n) == DR7_TYPE_PORT)
            return false;
    return true;
}

/**
 * Set a debug register.
 *
 * @param v      Any vCPU; if it runs, the processor follows at once.
 * @param n      0..7; 4 and 5 are other names of 6 and 7.
 * @param value  Fixed bits are corrected.
 * @context{entry}
 * @post  On an error nothing has changed.
 * @retval 0        done.
 * @retval -EPERM   an address outside the guest's range; in DR7, GD, or a port
 *                  watchpoint without CR4.DE.
 * @retval -ENODEV  no such register.
 */
int debug_register_set(struct vcpu *v, uint32_t n, uint32_t value)
{
    switch (n) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (!guest_range_ok(vaddr(value), sizeof(uint32_t)))
            return -EPERM;
        v->debug_register[n] = value;
        break;
    case 4:
    case 6:
        v->debug_register[6] = (value & ~DR6_ALWAYS_CLEAR) | DR6_ALWAYS_SET;
        return 0;
    case 5:
    case 7:
        value = (value & ~DR7_ALWAYS_CLEAR) | DR7_ALWAYS_SET;
        if (!control_allowed(v, value))
            return -EPERM;
        v->debug_register[7] = value;
        break;
    default:
        return -ENODEV;
    }
    if (v == current_vcpu())
        debug_load(v);
    return 0;
}

/**
 * Read a debug register.
 *
 * @param v      Any vCPU.
 * @param n      0..7; 4 and 5 are other names of 6 and 7.
 * @param value  Takes it.
 * @context{exception}
 * @retval 0        done.
 * @retval -ENODEV  no such register.
 */
int debug_register_get(const struct vcpu *v, uint32_t n, uint32_t *value)
{
    if (n > 7)
        return -ENODEV;
    *value = v->debug_register[n == 4 || n == 5 ? n + 2 : n];
    return 0;
}

/**
 * Hypercall 8: set a debug register.
 *
 * @param arg  [0] number, [1] value. Errors as debug_register_set().
 * @context{hypercall}
 * @return as debug_register_set().
 */
int32_t do_set_debugreg(const uint32_t arg[HYPERCALL_ARGS])
{
    return debug_register_set(current_vcpu(), arg[0], arg[1]);
}

/**
 * Hypercall 9: read a debug register.
 *
 * @param arg  [0] number.
 * @context{hypercall}
 * @return the value; -ENODEV if there is no such register.
 */
int32_t do_get_debugreg(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t value;
    int error = debug_register_get(current_vcpu(), arg[0], &value);

    return error != 0 ? error : (int32_t)value;
}
