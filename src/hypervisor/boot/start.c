/* SPDX-License-Identifier: MIT */
/**
 * @file start.c
 * Lab 1's story, second half: high.
 *
 * The processor runs on the tables of exercise 1.2, at the addresses the
 * hypervisor keeps for ever. boot_main() goes on in the order in which each
 * thing needs the one before:
 *
 *     paging_drop_identity()   1.3: from here on a NULL pointer faults
 *     console, command line    we can speak
 *     windows, segmentation    lab 2: a fault gives a report
 *     memory_map_build()       1.1: which frames are RAM
 *     regions_place()          M2P, frame table, heap
 *     frame_alloc_init()       1.4: the rest of the frames can be handed out
 *     audit_mappings()         is everything W^X?
 *     boot_complete()          a mark for whoever watches
 *     time_init()              lab 6: the clock is measured and started
 *     domain_start_first()     lab 8: the first guest
 *
 * @ingroup boot
 */
#include "boot.h"

#include "arch_cpu.h"
#include "console.h"
#include "domain.h"
#include "hypercall.h"
#include "lib.h"
#include "time.h"

/** What the loader handed over; boot_low() fills it in. */
struct boot_info boot_information;

/** The frames of the first page tables; boot_low() hands them to 1.2. */
uint64_t boot_tables[BOOT_TABLES][TABLE_ENTRIES]
    __attribute__((aligned(4096)));

/** All that entries may have of NX; boot_low() clears it where the processor
 *  has none. */
uint64_t no_execute = PTE_NX;

/** The usable memory that is left after regions_place(). The frame allocator
 *  goes on reading it. */
static struct memory_map memory;

/* A graded test's driver defines functions of these names; without one they
 * do nothing. */

/**
 * Called before the descriptor tables are built, when no fault can be
 * reported: whoever tests what goes into them must come first.
 *
 * @param info  what the loader handed over
 * @context{boot}
 * @ingroup boot
 */
__attribute__((weak, noinline)) void
test_driver_first(const struct boot_info *info)
{
    (void)info;
}

/**
 * Called before the memory map is built, when faults already give a report.
 *
 * @param info  what the loader handed over
 * @context{boot}
 * @ingroup boot
 */
__attribute__((weak, noinline)) void
test_driver_early(const struct boot_info *info)
{
    (void)info;
}

/**
 * Called when frames can be allocated and before the first domain is made.
 *
 * @param info  what the loader handed over
 * @context{boot}
 * @ingroup boot
 */
__attribute__((weak, noinline)) void test_driver(const struct boot_info *info)
{
    (void)info;
}

/**
 * The end of boot: does nothing, its address is a mark for whoever watches
 * the machine.
 *
 * @context{boot}
 * @ingroup boot
 */
__attribute__((noinline)) void boot_complete(void)
{
    __asm__ volatile("");
}

/** Stop because this machine will not do. */
static _Noreturn void cannot_start(const char *why)
{
    printk(LOG_ERROR, "Ringfence cannot start: %s\n", why);
    machine_end(MACHINE_BAD_BOOT);
}

/** The rest of the processor's modes, which paging_turn_on() leaves alone:
 *  caches on, FPU errors as exceptions, SSE for guests. */
static void set_processor_modes(void)
{
    uint32_t features = arch_cpuid(1, 0).edx;
    uint32_t cr4 = arch_read_cr4() | CR4_OSFXSR;

    if (features & CPUID1_EDX_SSE)
        cr4 |= CR4_OSXMMEXCPT;
    arch_write_cr4(cr4);
    arch_write_cr0((arch_read_cr0() | CR0_NE | CR0_MP) &
                   ~(CR0_CD | CR0_NW | CR0_EM | CR0_TS));
}

/** A string of the loader's that fills its room was probably longer. */
static void warn_if_cut(const char *of, const char *string)
{
    if (strlen(string) == BOOT_STRING_BYTES - 1)
        printk(LOG_WARNING, "The command line of %s has %u bytes or more: "
                            "what follows them is left out.\n",
               of, BOOT_STRING_BYTES - 1);
}

/** Say who we are and what the loader brought. */
static void greet(const struct boot_info *info)
{
    printk(LOG_INFO, "Ringfence: x86_32 PAE, paravirtual guests\n");
    printk(LOG_INFO, "Command line: %s\n",
           command_line_arguments(info->command_line));
    for (unsigned i = 0; i < info->nr_ranges; i++)
        printk(LOG_DEBUG, "Range %u: base %llx length %llx type %u\n", i,
               info->range[i].base, info->range[i].length,
               info->range[i].type);
    for (unsigned i = 0; i < info->nr_modules; i++)
        printk(LOG_INFO, "Module %u: [%x, %x) %s\n", i, info->module[i].start,
               info->module[i].end, info->module[i].string);
    warn_if_cut("the hypervisor", info->command_line);
    for (unsigned i = 0; i < info->nr_modules; i++)
        warn_if_cut("a module", info->module[i].string);
    if (info->nr_dropped > 0)
        printk(LOG_WARNING,
               "%u memory ranges or modules of the boot loader's are left "
               "out: too many, malformed, or outside RAM.\n",
               info->nr_dropped);
    if (!no_execute)
        printk(LOG_WARNING, "The processor has no NX: data pages stay "
                            "executable.\n");
}

static void read_command_line(const struct boot_info *info)
{
    command_line_parse(info->command_line);
    console_set_output(options.console);
    console_set_levels(options.loglvl, options.guest_loglvl);
}

/** Find the memory, place our own part, and hand the rest to the frame
 *  allocator, whose bitmap is the heap's first tenant. */
static void set_up_memory(const struct boot_info *info)
{
    const char *homeless;
    uint32_t *bitmap;

    if (memory_map_build(info, &memory) != 0)
        cannot_start("the memory map has no usable frame "
                     "(memory_map_build() failed).");
    printk(LOG_INFO, "Usable memory: %u frames in %u ranges, up to %x\n",
           memory_map_frames(&memory), memory.nr, memory_map_end(&memory));
    homeless = regions_place(&memory);
    if (homeless) {
        printk(LOG_ERROR, "No contiguous piece of memory for the %s.\n",
               homeless);
        cannot_start("the machine has too little memory.");
    }
    frame_table_init((struct page_info *)FRAME_TABLE_START, nr_frames());
    bitmap = heap_alloc(BITMAP_WORDS(nr_frames()) * sizeof(*bitmap));
    if (!bitmap)
        cannot_start("the heap has no room for the frame bitmap.");
    frame_alloc_init(&memory, bitmap, nr_frames());
    printk(LOG_INFO, "Memory: %u frames free, heap %u KB free\n",
           frames_free(), (unsigned)heap_bytes_free() / 1024);
}

/** Boot's last question to itself (BOOT-I2, BOOT-I4). */
static void check_mappings(void)
{
    struct audit_result audit = audit_mappings();

    if (audit.complaint)
        panic("the mapping at %08x (entry %016llx) is %s", audit.vaddr,
              audit.entry, audit.complaint);
    printk(LOG_DEBUG, "Audit: %u mappings, all %s\n", audit.nr_mappings,
           no_execute ? "W^X" : "without NX");
}

/**
 * Go on where paging_turn_on() jumped to.
 *
 * @param info  what the loader handed over: boot_information
 * @context{boot}
 * @pre running high on processor_stack; interrupts off
 * @note Does not return.
 * @ingroup boot
 */
void boot_main(const struct boot_info *info)
{
    regions_init(info->l3);
    paging_drop_identity(hypervisor_l3());
    set_processor_modes();

    console_init();
    read_command_line(info);
    greet(info);

    windows_init();
    test_driver_first(info);
    segmentation_init();
    if (options.recount == RECOUNT_CALLS)
        options.fast = false; /* counts are checked before plain calls */
    if (options.fast)
        fast_init();
    test_driver_early(info);

    set_up_memory(info);
    test_driver(info);

    check_mappings();
    boot_complete();
    time_init();
    scheduling_init();
    wall_clock_init();
    domain_start_first(info);
}
