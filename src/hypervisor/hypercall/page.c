/* SPDX-License-Identifier: MIT */
/**
 * @file page.c
 * Exercise 4.1: the hypercall page.
 *
 * @defgroup hypercall Hypercalls
 * The way of a hypercall, guest memory as its argument, and the calls.
 *
 * A guest does not need to know how to enter the hypervisor: it calls into a
 * page of its own that we fill with code, entry n at n times 32 bytes.
 *
 *     entry n                           entry 23, iret: jumped to, and
 *       b8 nn 00 00 00  mov eax, n      what it pushes is popped by us
 *       cd 82           int 0x82          50              push eax
 *       c3              ret               b8 17 00 00 00  mov eax, 23
 *                                         cd 82           int 0x82
 *
 * The other half of the exercise is arch/hypercall_entry.asm: where INT 0x82
 * arrives.
 *
 * Source: the interface's hypercall page.
 */
#include "hypercall.h"

#include "lib.h"

/** What the page holds where no code is: INT3, so that a stray jump is seen. */
#define FILL 0xCC

/**
 * Write the stubs of all HYPERCALL_STUBS entries.
 *
 * @param page  A whole page, mapped writable; every byte of it is written.
 * @context{boot}
 */
void hypercall_page_fill(void *page)
//@solution 4.1 -- (void)page;
{
    static const uint8_t call[] = { 0xB8, 0, 0, 0, 0, 0xCD, HYPERCALL_VECTOR,
                                    0xC3 };
    static const uint8_t iret[] = { 0x50, 0xB8, __HYPERVISOR_iret, 0, 0, 0,
                                    0xCD, HYPERCALL_VECTOR };

    memset(page, FILL, PAGE_SIZE);
    for (unsigned n = 0; n < HYPERCALL_STUBS; n++) {
        uint8_t *stub = (uint8_t *)page + n * HYPERCALL_STUB_BYTES;

        if (n == __HYPERVISOR_iret) {
            memcpy(stub, iret, sizeof(iret));
        } else {
            memcpy(stub, call, sizeof(call));
            stub[1] = (uint8_t)n;
        }
    }
}
//@end
