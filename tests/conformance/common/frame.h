/* SPDX-License-Identifier: MIT */
/**
 * @file frame.h
 * A frame in one word, so that it can be compared: bytes pushed, distance of
 * EIP from the first instruction, and one bit for each thing that differs
 * from case to case. The highest bits are never right.
 */
#ifndef CONFORMANCE_FRAME_H
#define CONFORMANCE_FRAME_H

#include <stdint.h>

enum frame_bits {
    FRAME_SAVED = 0x00010000, /**< the mask in CS's third byte */
    FRAME_IF = 0x00020000,    /**< in the frame's EFLAGS, as the next ones */
    FRAME_MASK = 0x00080000,  /**< the mask while the handler runs */
    FRAME_NT = 0x00100000,
    FRAME_DF = 0x00200000,
    FRAME_AC = 0x00400000,
    FRAME_ID = 0x00800000,
    FRAME_TF = 0x01000000,
    FRAME_BAD_CS = 0x04000000,      /**< also its fourth byte */
    FRAME_BAD_HANDLER = 0x08000000, /**< flags of the handler */
    FRAME_BAD_STACK = 0x10000000,   /**< SS and ESP of ring 3 */
    FRAME_BAD_IOPL = 0x20000000,
};

static inline uint32_t FRAME(uint32_t bytes, uint32_t eip, uint32_t bits)
{
    return bytes | eip << 8 | bits;
}

/** The frame of a trap with events masked. */
static inline uint32_t TRAP_FRAME(uint32_t bytes, uint32_t eip)
{
    return FRAME(bytes, eip, FRAME_SAVED | FRAME_MASK);
}

/** The same of a fault. */
static inline uint32_t FAULT_FRAME(uint32_t bytes)
{
    return TRAP_FRAME(bytes, 0);
}

/** That of the last instruction that was tried. */
uint32_t frame_seen(void);

/** Top of the stack that ring 3 is started on. */
extern uint8_t user_stack[4096];

#endif
