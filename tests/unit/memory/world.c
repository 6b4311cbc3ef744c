/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <check.h>
#include <string.h>

#include "console.h"
#include "fake_console.h"
#include "fake_cpu.h"

struct world world;

/* A report of a crash is not what these tests are about. */
void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "eip %x\n", frame->eip);
}

void world_poke(mfn_t table, unsigned index, uint64_t entry)
{
    ((uint64_t *)fake_frame(table))[index] = entry;
}

uint64_t world_entry(mfn_t table, unsigned index)
{
    return ((const uint64_t *)fake_frame(table))[index];
}

static mfn_t new_frame(struct domain *d)
{
    mfn_t m = frame_alloc_to(d);

    ck_assert(mfn_valid_number(m));
    return m;
}

void world_start(bool privileged, uint32_t seed)
{
    fake_frames_reset(seed);
    fake_console_reset();
    fake_cpu_reset();
    frame_info(mfn(WORLD_DEVICE_FRAME))->flags = PAGE_IO;
    world.d = domain_create(1, privileged, 200);
    world.other = domain_create(2, false, 10);
    ck_assert(world.d && world.other);
    world.v = domain_add_vcpu(world.d, 0);
    world.foreign = new_frame(world.other);
    world.l3 = new_frame(world.d);
    world.l2 = new_frame(world.d);
    world.xen_l2 = new_frame(world.d);
    world.l1 = new_frame(world.d);
    for (unsigned i = 0; i < WORLD_SPARES; i++)
        world.spare[i] = new_frame(world.d);
    for (unsigned i = 0; i < WORLD_PAGES; i++) {
        world.page[i] = new_frame(world.d);
        world_poke(world.l1, i, entry_for(world.page[i], PTE_P | PTE_RW));
    }
    world_poke(world.l2, 0, entry_for(world.l1, PTE_P | PTE_RW | PTE_US));
    world_poke(world.l3, 0, entry_for(world.l2, PTE_P));
    world_poke(world.l3, 3, entry_for(world.xen_l2, PTE_P));
    ck_assert_int_eq(base_switch(world.v, world.l3), 0);
    fake_run(world.v);
    world_check("start");
}

void world_check(const char *when)
{
    fake_console_reset();
    if (memory_recount() != 0)
        ck_abort_msg("%s: %s", when, fake_console);
    if (fake_windows_held != 0)
        ck_abort_msg("%s: %u windows are still held", when,
                     fake_windows_held);
}
