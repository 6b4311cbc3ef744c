/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <check.h>
#include <string.h>

#include "console.h"
#include "fake_console.h"
#include "fake_cpu.h"
#include "hypercall.h"

struct world world;
struct multicall multicall; /* none, unless a test says so */

__attribute__((weak)) const bool world_short_ways = true;

/* A report of a crash is not what these tests are about. */
void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "eip %x\n", frame->eip);
}

/* --- The guest's memory, for arguments -------------------------------- */

uint8_t world_arguments[WORLD_ARGUMENT_BYTES];
bool world_continued;
uint32_t world_rest[HYPERCALL_ARGS];
unsigned world_continuations;

static void *argument(vaddr_t address, size_t bytes)
{
    uint32_t offset = address.a - WORLD_ARGUMENTS;

    if (offset >= WORLD_ARGUMENT_BYTES ||
        bytes > WORLD_ARGUMENT_BYTES - offset)
        return NULL;
    return world_arguments + offset;
}

bool guest_range_ok(vaddr_t address, size_t bytes)
{
    return address.a < M2P_START && bytes <= M2P_START - address.a;
}

int copy_from_guest(void *to, vaddr_t from, size_t bytes)
{
    void *guest = argument(from, bytes);

    return guest ? (memcpy(to, guest, bytes), 0) : -EFAULT;
}

int copy_to_guest(vaddr_t to, const void *from, size_t bytes)
{
    void *guest = argument(to, bytes);

    return guest ? (memcpy(guest, from, bytes), 0) : -EFAULT;
}

int32_t hypercall_continue(uint32_t number, const uint32_t arg[HYPERCALL_ARGS])
{
    world_continued = true;
    memmove(world_rest, arg, sizeof(world_rest));
    return (int32_t)number;
}

int32_t world_call(hypercall_fn *call, uint32_t a, uint32_t b, uint32_t c,
                   uint32_t d)
{
    int32_t result;

    memcpy(world_rest, (uint32_t[]){ a, b, c, d, 0, 0 }, sizeof(world_rest));
    world_continuations = 0;
    do {
        uint32_t arg[HYPERCALL_ARGS];

        memcpy(arg, world_rest, sizeof(arg));
        world_continued = false;
        result = call(arg);
        world_check("after a call or a part of one");
        world_continuations += world_continued;
    } while (world_continued);
    return result;
}

/* Every segment of the guest's is flat. */
int descriptor_read(uint16_t selector, descriptor_t *d)
{
    (void)selector;
    *d = (descriptor_t){ .lo = 0xFFFF,
                         .hi = 0x000F0000u | DESC_G | DESC_D | DESC_P |
                               DESC_S | DESC_CODE | DESC_WRITABLE };
    return 0;
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
    int error;

    fake_frames_reset(seed);
    fake_console_reset();
    fake_cpu_reset();
    memory_fast_init();
    frame_info(mfn(WORLD_DEVICE_FRAME))->flags = PAGE_IO;
    memory_share_m2p();
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
    do {
        work_reset();
        error = base_switch(world.v, world.l3);
    } while (error == -ERESTART);
    ck_assert_int_eq(error, 0);
    fake_run(world.v);
    world_check("start");
}

void world_check(const char *when)
{
    work_reset(); /* what a test does next by itself is not interrupted */
    fake_console_reset();
    if (memory_recount() != 0)
        ck_abort_msg("%s: %s", when, fake_console);
    if (fake_windows_held != 0)
        ck_abort_msg("%s: %u windows are still held", when,
                     fake_windows_held);
}
