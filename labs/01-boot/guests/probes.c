/* SPDX-License-Identifier: MIT */
/**
 * @file probes.c
 * Driver of tests that ask the processor, not the tables: it loads, stores
 * and executes at places of the running hypervisor.
 *
 * The input is a list of 32-bit words: the number of probes, then for each
 *
 *     kind (0 load, 1 store, 2 execute)  place  a drawn number
 *
 *     place 0  the drawn number is the address
 *     place 1  somewhere in the text
 *     place 2  somewhere in the constants; to execute, a RET that is there
 *     place 3  in the data; to execute, a RET that is there
 *     place 4  the page below the stack
 *     place 5  somewhere in the image, at its machine address
 *
 * Before each probe the driver executes `mark_probe` with eax = the address,
 * edx = the kind, ecx = the probe's number; after it `mark_probed` with eax =
 * 1 when it faulted; after the last `mark_done`.
 */
#include "labs/grader/driver.h"
#include "labs/01-boot/guests/probe.h"

#include "boot.h"

extern uint8_t image_text_start[], image_text_end[], image_rodata_start[],
    image_data_start[], image_data_end[], image_stack_start[], image_end[];

#define RET 0xC3

/* Global, so that the exception table can name them. */
const uint8_t driver_code_in_constants[16] = { RET, RET, RET, RET };
uint8_t driver_code_in_data[16] = { RET, RET, RET, RET };

/** An aligned word in [start, end). */
static uint32_t within(const uint8_t *start, const uint8_t *end,
                       uint32_t drawn)
{
    return (uint32_t)start + drawn % (uint32_t)(end - start) / 4 * 4;
}

static uint32_t address_of(uint32_t kind, uint32_t place, uint32_t drawn)
{
    switch (place) {
    case 0:
        return drawn;
    case 1:
        return within(image_text_start, image_text_end, drawn);
    case 2:
        return kind == 2 ? (uint32_t)driver_code_in_constants
                         : within(image_rodata_start, image_data_start,
                                  drawn);
    case 3:
        return (uint32_t)driver_code_in_data;
    case 4:
        return within(image_data_end, image_stack_start, drawn);
    default:
        return within(image_text_start, image_end, drawn) - IMAGE_OFFSET;
    }
}

/** Call an address. @return 1 when there is nothing to execute. */
static uint32_t probe_execute(uint32_t address)
{
    uint32_t faulted;

    /* At a fault the return address is still on the stack. */
    __asm__ volatile("call *%1\n\t"
                     "movl $0, %0\n\t"
                     "jmp 3f\n\t"
                     "2: addl $4, %%esp\n\t"
                     "movl $1, %0\n\t"
                     "3:\n\t"
                     PROBE_FIXUP("driver_code_in_constants", "2b")
                     PROBE_FIXUP("driver_code_in_data", "2b")
                     : "=&r"(faulted)
                     : "r"(address)
                     : "memory", "cc");
    return faulted;
}

DRIVER_FUNCTION void before(uint32_t address, uint32_t kind, unsigned number)
{
    DRIVER_MARK(probe, address, kind, number);
}

DRIVER_FUNCTION void after(uint32_t faulted, unsigned number)
{
    DRIVER_MARK(probed, faulted, 0, number);
}

DRIVER_FUNCTION void one_probe(unsigned number)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)(uintptr_t)test_input.data;
    uint32_t kind = word[1 + 3 * number];
    uint32_t address = address_of(kind, word[2 + 3 * number],
                                  word[3 + 3 * number]);

    before(address, kind, number);
    if (kind == 0)
        after(probe_read(address), number);
    else if (kind == 1)
        after(probe_write(address), number);
    else
        after(probe_execute(address), number);
}

void test_driver_early(const struct boot_info *info)
{
    uint32_t nr = *(const volatile uint32_t *)(uintptr_t)test_input.data;

    (void)info;
    for (unsigned i = 0; i < nr; i++)
        one_probe(i);
    DRIVER_MARK(done, nr, 0, 0);
}
