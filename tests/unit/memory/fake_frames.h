/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A made-up machine's memory for unit tests: frames in host memory, reached
 * through window_map() as everywhere, with the allocator, the heap and the
 * M2P that the boot code would have made.
 *
 *     frames 0..15                        never handed out
 *     frames 16..FAKE_HEAP_START-1        the frame allocator's
 *     frames FAKE_HEAP_START..            the heap's
 */
#ifndef FAKE_FRAMES_H
#define FAKE_FRAMES_H

#include "boot.h"
#include "domain.h"
#include "memory.h"

#ifndef FAKE_FRAMES /* the fuzzer has less: it starts over so often */
#define FAKE_FRAMES 8192u
#endif
#define FAKE_M2P_FRAME 4u /* of eight, as 4 bytes a frame take */
#define FAKE_HEAP_START (FAKE_FRAMES - 64u)

/** All memory filled with garbage, all frames free, no domain. */
void fake_frames_reset(uint32_t seed);

/** A frame's content, without a window. */
void *fake_frame(mfn_t m);

/** Let the allocator run dry after this many more frames. */
void fake_frames_limit(uint32_t nr);

extern unsigned fake_windows_held; /**< 0 between calls, or one leaks */
extern uint32_t fake_exit_work;    /**< what exit_request() was asked for */

/** Make a vCPU the running one, with a frame of registers at the top of the
 *  processor's stack; NULL: none. */
void fake_run(struct vcpu *v);

#endif
