/* SPDX-License-Identifier: MIT */
/**
 * @file frame.c
 * What a frame was like: see frame.h.
 */
#include "frame.h"

#include "check.h"

#define FLAG_TF 0x00000100u
#define FLAG_DF 0x00000400u
#define FLAG_IOPL 0x00003000u
#define FLAG_NT 0x00004000u
#define FLAG_RF 0x00010000u
#define FLAG_AC 0x00040000u
#define FLAG_ID 0x00200000u

/** Flags that a handler must find cleared, and the one it must find set. */
#define HANDLER_CLEAR (FLAG_TF | FLAG_NT | FLAG_RF | FLAG_IOPL)

static uint32_t seen_flags(uint32_t eflags)
{
    static const struct {
        uint32_t flag, bit;
    } table[] = {
        { GUEST_FLAG_IF, FRAME_IF }, { FLAG_NT, FRAME_NT },
        { FLAG_DF, FRAME_DF },       { FLAG_AC, FRAME_AC },
        { FLAG_ID, FRAME_ID },       { FLAG_TF, FRAME_TF },
        { FLAG_IOPL, FRAME_BAD_IOPL },
    };
    uint32_t bits = 0;

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (eflags & table[i].flag)
            bits |= table[i].bit;
    return bits;
}

uint32_t frame_seen(void)
{
    const struct trap *trap = &tried.trap;
    bool user = trap_ring(trap) == 3;
    uint32_t bits = seen_flags(trap->eflags);

    if (trap->cs >> 16 & 0xFF)
        bits |= FRAME_SAVED;
    if (tried.handler_mask)
        bits |= FRAME_MASK;
    if ((trap->cs & 0xFF00FFFF) != (user ? FLAT_USER_CS : FLAT_KERNEL_CS))
        bits |= FRAME_BAD_CS;
    if ((tried.handler_eflags & HANDLER_CLEAR) ||
        !(tried.handler_eflags & GUEST_FLAG_IF))
        bits |= FRAME_BAD_HANDLER;
    if (user && ((trap->ss & 0xFFFF) != FLAT_USER_DS ||
                 trap->esp != (uint32_t)user_stack + sizeof(user_stack)))
        bits |= FRAME_BAD_STACK;
    return FRAME(tried.frame_bytes & 0xFF,
                 (trap->eip - tried.start) & 0xFF, bits);
}
