/* SPDX-License-Identifier: MIT */
/**
 * @file debug.c
 * @ingroup segmentation
 * Debug registers. A guest's watchpoints are in the real registers while it
 * runs; the calls that set them have made sure that none is in the
 * hypervisor's range. The status register is the guest's copy: the real one is
 * put back after each \#DB, so that bits of one guest never reach another.
 *
 * Source: [SDM3B] "Debug Registers".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "domain.h"

/** DR7: any of the four watchpoints enabled, locally or globally. */
#define DR7_ENABLED 0x000000FFu

/** Type of one of them, and the two bits that enable it. */
#define DR7_TYPE(value, n) (((value) >> (16 + 4 * (n))) & 3)
#define DR7_TYPE_PORT 2u
#define DR7_ENABLES(n) (3u << (2 * (n)))

/**
 * The control register for the real processor: a guest may have watchpoints on
 * ports, but it never reaches a port by itself, and without CR4.DE the
 * hardware takes them for something else.
 */
static uint32_t real_control(uint32_t value)
{
    for (unsigned n = 0; n < 4; n++)
        if (DR7_TYPE(value, n) == DR7_TYPE_PORT)
            value &= ~DR7_ENABLES(n);
    return value;
}

/**
 * Load a vCPU's watchpoints into the processor.
 *
 * The addresses matter only if one is enabled.
 *
 * @param v  The vCPU that runs, or is about to.
 * @context{any}
 */
void debug_load(const struct vcpu *v)
{
    const uint32_t *dr = v->debug_register;

    if (dr[7] & DR7_ENABLED) {
        arch_write_debug(0, dr[0]);
        arch_write_debug(1, dr[1]);
        arch_write_debug(2, dr[2]);
        arch_write_debug(3, dr[3]);
    }
    arch_write_debug(7, real_control(dr[7]));
}

/**
 * Handle \#DB of a guest: keep the status for it, and bounce.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 * @context{exception}
 */
void debug_exception(struct vcpu *v, trap_frame_t *frame)
{
    v->debug_register[6] = arch_read_debug(6);
    arch_write_debug(6, DR6_DEFAULT);
    bounce_exception(v, frame, VECTOR_DEBUG, 0);
}

/**
 * Handle \#DB in ring 0: we touched a buffer that the guest watches, or it
 * entered us in the shadow of a MOV SS. Neither is of any interest.
 *
 * @context{exception}
 */
void debug_exception_in_ring0(void)
{
    arch_write_debug(6, DR6_DEFAULT);
}
