/* SPDX-License-Identifier: MIT */
/**
 * @file user.c
 * @ingroup guests
 * Ring 3: pages that it may use, and the way there and back.
 */
#include "guest.h"

/* Flags of an L1 entry. */
#define L1_PRESENT 0x001u
#define L1_WRITABLE 0x002u
#define L1_USER 0x004u
#define L1_ACCESSED 0x020u
#define L1_DIRTY 0x040u

void user_enter(uint32_t eip, uint32_t esp);

static uint8_t kernel_stack[8192] __attribute__((aligned(16)));

/** The machine frame behind a page of the image. */
static uint64_t frame_of(const char *page)
{
    const uint32_t *p2m = (const uint32_t *)start_info->mfn_list;

    return p2m[(uint32_t)(page - image_start) >> 12];
}

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
        uint64_t entry = frame_of(page) << 12 | L1_PRESENT | L1_WRITABLE |
                         L1_USER | L1_ACCESSED | L1_DIRTY;
        int error = hypercall_4(update_va_mapping, page, (uint32_t)entry,
                                (uint32_t)(entry >> 32),
                                UVMF_INVLPG | UVMF_LOCAL);

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
                kernel_stack + sizeof(kernel_stack));
    user_enter((uint32_t)program, (uint32_t)stack_top);
}
