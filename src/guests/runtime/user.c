/* SPDX-License-Identifier: MIT */
/**
 * @file user.c
 * @ingroup guests
 * Ring 3: pages that it may use, and the way there and back.
 */
#include "guest.h"

void user_enter(uint32_t eip, uint32_t esp);

uint8_t user_kernel_stack[8192] __attribute__((aligned(16)));

/**
 * Open pages of the image to ring 3, readable, writable, executable.
 *
 * @param start  First byte, page aligned.
 * @param end    After the last byte.
 * @retval 0   done.
 * @retval <0  the hypercall's error, at the first page that failed.
 */
int user_open(void *start, void *end)
{
    for (char *page = start; page < (char *)end; page += 4096) {
        int error = page_map(page, frame_of(page) << 12 | L1_ALL | L1_USER);

        if (error != 0)
            return error;
    }
    return 0;
}

/**
 * Run a program in ring 3 until a trap handler calls user_leave().
 *
 * Traps from ring 3 arrive on a kernel stack of their own, so that they do
 * not overwrite the caller's frames.
 *
 * @param program    In pages opened by user_open().
 * @param stack_top  The same.
 */
void user_run(void (*program)(void), void *stack_top)
{
    hypercall_2(stack_switch, FLAT_KERNEL_DS,
                user_kernel_stack + sizeof(user_kernel_stack));
    user_enter((uint32_t)program, (uint32_t)stack_top);
}
