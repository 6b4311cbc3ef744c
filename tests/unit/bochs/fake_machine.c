/* SPDX-License-Identifier: MIT */
/**
 * @file fake_machine.c
 * The made-up processor and memory (fake_machine.h).
 */
#include "tests/unit/bochs/fake_machine.h"

#include <string.h>

uint8_t fake_ram[FAKE_RAM_BYTES];
struct cpu_now fake_now;
uint32_t fake_cr4;
uint64_t fake_pdpt[4];

void fake_machine_reset(void)
{
    memset(fake_ram, 0, sizeof(fake_ram));
    memset(fake_pdpt, 0, sizeof(fake_pdpt));
    fake_now = (struct cpu_now){ 0 };
    fake_cr4 = 0;
}

void fake_set64(uint32_t maddr, uint64_t value)
{
    memcpy(fake_ram + maddr, &value, sizeof(value));
}

void fake_set32(uint32_t maddr, uint32_t value)
{
    memcpy(fake_ram + maddr, &value, sizeof(value));
}

void cpu_now(struct cpu_now *to)
{
    *to = fake_now;
}

uint32_t cpu_cr4(void)
{
    return fake_cr4;
}

void cpu_pdpt(uint64_t entry[4])
{
    memcpy(entry, fake_pdpt, sizeof(fake_pdpt));
}

const uint8_t *cpu_memory(uint64_t maddr)
{
    return maddr < FAKE_RAM_BYTES ? fake_ram + maddr : NULL;
}

uint8_t *cpu_ram(uint64_t maddr)
{
    return maddr < FAKE_RAM_BYTES ? fake_ram + maddr : NULL;
}

uint64_t cpu_ram_bytes(void)
{
    return FAKE_RAM_BYTES;
}
