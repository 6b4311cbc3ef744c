/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "arch_port.h"
#include "layout.h"
#include "machine.h"

static int leave(void)
{
    arch_out32(EXIT_PORT, MACHINE_POWEROFF);
    for (;;)
        arch_halt();
}

bool frame_get(mfn_t m, const struct domain *owner)
{
    (void)m;
    (void)owner;
    return leave();
}

void frame_put(mfn_t m)
{
    (void)m;
    leave();
}

int frame_get_type(mfn_t m, enum frame_type type)
{
    (void)m;
    (void)type;
    return leave();
}

void frame_put_type(mfn_t m)
{
    (void)m;
    leave();
}

int frame_get_and_type(mfn_t m, const struct domain *owner,
                       enum frame_type type)
{
    (void)m;
    (void)owner;
    (void)type;
    return leave();
}

void frame_put_and_type(mfn_t m)
{
    (void)m;
    leave();
}
