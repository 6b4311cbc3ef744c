/* SPDX-License-Identifier: MIT */
#include "segmentation.h"

#include "console.h"
#include "domain.h"
#include "fast_bounce.h"

static int enter(struct vcpu *v, trap_frame_t *frame, uint16_t cs,
                 uint32_t eip, bool mask, bool has_error, uint32_t error)
{
    struct fast_entry_point to = { cs, eip, mask, true, error };

    if (has_error)
        return fast_bounce(v, frame, &to) ? 0 : -EFAULT;
    to.has_error = false;
    return fast_bounce(v, frame, &to) ? 0 : -EFAULT;
}

int bounce_frame(struct vcpu *v, trap_frame_t *frame, const struct bounce *b)
{
    return enter(v, frame, b->cs, b->eip, b->mask_events, b->has_error,
                 b->error);
}

void bounce_exception(struct vcpu *v, trap_frame_t *frame, unsigned vector,
                      uint32_t error)
{
    const struct guest_trap *trap = &v->traps.table[vector];

    if (enter(v, frame, trap->cs, trap->address, trap->mask_events,
              (VECTORS_WITH_ERROR >> vector) & 1, error) != 0)
        domain_crash(v->domain, "no");
}

void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector)
{
    const struct guest_trap *trap = &v->traps.table[vector];

    if (enter(v, frame, trap->cs, trap->address, trap->mask_events, false,
              0) != 0)
        domain_crash(v->domain, "no");
}

void bounce_failsafe(struct vcpu *v, trap_frame_t *frame)
{
    enter(v, frame, v->traps.failsafe.cs, v->traps.failsafe.eip, false,
          false, 0);
}
