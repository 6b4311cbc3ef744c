/* SPDX-License-Identifier: MIT */
/**
 * @file
 * See building.h.
 */
#include "unit.h"

#include <setjmp.h>
#include <string.h>

#include "../memory/fake_frames.h"
#include "building.h"
#include "builder.h"
#include "console.h"
#include "fake_console.h"
#include "hypercall.h"
#include "order.h"

struct maker m;
struct boot_info info;
struct vcpu *entered;
static jmp_buf left;
int ended;

/* --- What the test stands in for ------------------------------------- */

_Noreturn void vcpu_enter(struct vcpu *v)
{
    entered = v;
    longjmp(left, 1);
}

_Noreturn void machine_end(enum machine_exit how)
{
    ended = (int)how;
    longjmp(left, 1);
}

void vcpu_init_traps(struct vcpu *v, uint32_t eip, uint32_t esp, uint32_t esi)
{
    v->frame.eip = eip;
    v->frame.esp = esp;
    v->frame.esi = esi;
}

void console_queue_start(void)
{
}

void domain_note_memory(void)
{
}

void hypercall_page_fill(void *page)
{
    memset(page, 0x77, PAGE_SIZE);
}

const char *command_line_arguments(const char *line)
{
    const char *space = strchr(line, ' ');

    return space ? space + 1 : "";
}

void print_registers(enum log_level level, const trap_frame_t *frame)
{
    printk(level, "eip %x\n", frame->eip);
}

/* --- Running the builder --------------------------------------------- */

void start_machine(void)
{
    fake_frames_reset(7);
    fake_console_reset();
    memset(&info, 0, sizeof(info));
    info.nr_ranges = 1;
    info.range[0] = (struct boot_range){ .length = FAKE_FRAMES * PAGE_SIZE,
                                         .type = 1 };
    entered = NULL;
    ended = -1;
    /* The modules' frames are out of the allocator's reach in a real
     * machine; here the domain is small, and they lie in the first frames,
     * which are taken before it starts. */
    for (unsigned i = 0; i < 2000; i++)
        (void)frame_alloc_below(0, 1500);
}

void place_kernel(const char *string)
{
    info.nr_modules = 1;
    info.module[0].start = KERNEL_FRAME * PAGE_SIZE;
    info.module[0].end = info.module[0].start + m.size;
    strcpy(info.module[0].string, string);
    memcpy(fake_frame(mfn(KERNEL_FRAME)), m.bytes, m.size);
}

void place_ramdisk(uint32_t bytes)
{
    uint8_t *to = (uint8_t *)fake_frame(mfn(0)) + RAMDISK_START;

    info.nr_modules = 2;
    info.module[1].start = RAMDISK_START;
    info.module[1].end = RAMDISK_START + bytes;
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(i * 7 + (i >> 8));
}

void run(void)
{
    options.dom0_mem_bytes = 6 << 20;
    if (setjmp(left) == 0)
        domain_start_first(&info);
    ck_assert_uint_eq(fake_windows_held, 0);
}

void start_at(uint32_t base)
{
    maker_start(&m);
    maker_usual_notes(&m);
    maker_number(&m, XEN_ELFNOTE_VIRT_BASE, base);
    maker_number(&m, XEN_ELFNOTE_PADDR_OFFSET, 0);
    maker_number(&m, XEN_ELFNOTE_ENTRY, base + 0x100010);
    maker_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, base + 0x101000);
    memset(m.bytes + 0x1000, 0x33, 0x1000); /* the segment's file bytes */
    place_kernel("/boot/kernel.elf one two=3");
}
