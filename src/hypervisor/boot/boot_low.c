/* SPDX-License-Identifier: MIT */
/**
 * @file boot_low.c
 * Lab 1's story, first half: before paging.
 *
 * The boot loader has put the image at 1 MB and jumped to boot_entry
 * (arch/boot_entry.asm), which comes here. Paging is off, so every address is
 * a machine address, and only what is linked low can run. Four steps lead to
 * the other half, boot_main() in start.c:
 *
 *  1. Is the processor good enough? (processor.c)
 *  2. Copy what the loader handed over: its structures lie anywhere in low
 *     memory, which is about to disappear. (multiboot.c)
 *  3. Build page tables for the image. (page_tables.c, exercise 1.2)
 *  4. Turn paging on and go on high. (paging.c, exercise 1.3)
 *
 * This file stands between the two worlds: it alone names things of the high
 * part, always through LOW_ADDRESS().
 *
 * @defgroup boot Boot (lab 1)
 * From the boot loader's hand-off to the hypervisor's own tables.
 *
 * Invariants of lab 1, each with the function that enforces it:
 *
 *  - BOOT-I1: the memory map is ascending, its ranges are disjoint and never
 *    touch, and no frame in it is the image's, a module's, or named by any
 *    range that is not usable RAM: memory_map_build().
 *  - BOOT-I2: no page of the hypervisor is both writable and executable, and
 *    what is not code is not executable: page_tables_build() for the image,
 *    regions_place() and window_map() for the rest; audit_mappings() looks
 *    at the result. A processor without NX executes whatever it can read;
 *    there the rest still holds (code and constants are read-only), and no
 *    entry has the bit, which is reserved: do_without_nx(), no_execute.
 *  - BOOT-I3: ring 0 obeys read-only pages: CR0.WP is set by
 *    paging_turn_on() and never cleared.
 *  - BOOT-I4: once the hypervisor runs high, nothing is mapped below
 *    M2P_START in its own tables: paging_drop_identity().
 *  - BOOT-I5: a frame has one holder: frame_alloc() hands out no frame twice
 *    and none outside the map; frame_free() takes none back twice.
 *  - BOOT-I6: of what the boot loader hands over, every length, count and
 *    address is checked before use, and what is left out is counted:
 *    multiboot_copy().
 *
 * Source: [Multiboot] 0.6.96, 3.2 "Machine state".
 */
#include "boot_low.h"

#include "arch_nx.h"

/* Made by image.ld; only their addresses mean something. */
extern uint8_t low_text_start[], low_text_end[];
extern uint8_t low_data_start[], low_data_end[];
extern uint8_t image_text_start[], image_text_end[];
extern uint8_t image_rodata_start[], image_data_start[], image_data_end[];
extern uint8_t image_stack_start[], image_stack_end[];
extern uint8_t image_symbols_start[], image_end[];

/* In start.c, where the high half finds them at their high addresses. */
extern struct boot_info boot_information;
extern uint64_t boot_tables[BOOT_TABLES][TABLE_ENTRIES];

/** What a frame holds that nobody cleared: an entry read from it is
 *  "present", with reserved bits set, and faults at once. */
#define POISON 0xA5

_Noreturn void boot_low(uint32_t magic, uint32_t info_maddr);

/** The pages from `start` to `end`, given by where they are linked. */
static struct image_section section(const char *name, const uint8_t *start,
                                    const uint8_t *end, uint32_t offset,
                                    bool writable, bool executable)
{
    uint32_t bytes = (uint32_t)(end - start);

    return (struct image_section){
        .name = name,
        .vaddr = (uint32_t)start,
        .maddr = (uint32_t)start - offset,
        .bytes = (bytes + PAGE_SIZE - 1) & PAGE_MASK,
        .writable = writable,
        .executable = executable,
    };
}

/**
 * Describe the image and build its tables.
 *
 * Three sections are seen at their machine addresses as well, for the moment
 * between "paging is on" and "we run high": the code that does it, its data,
 * and the stack under its feet.
 */
static uint32_t build_tables(void)
{
    uint64_t(*tables)[TABLE_ENTRIES] = (void *)LOW_ADDRESS(boot_tables);
    struct table_pool pool = {
        .next = (uint32_t)tables,
        .end = (uint32_t)(tables + BOOT_TABLES),
    };
    struct image_section stack = section(
        "stack", image_stack_start, image_stack_end, IMAGE_OFFSET, true, false);
    struct image_section low_stack = stack;
    struct image_section sections[] = {
        section("boot code", low_text_start, low_text_end, 0, false, true),
        section("boot data", low_data_start, low_data_end, 0, true, false),
        section("text", image_text_start, image_text_end, IMAGE_OFFSET, false,
                true),
        section("constants", image_rodata_start, image_data_start,
                IMAGE_OFFSET, false, false),
        section("data", image_data_start, image_data_end, IMAGE_OFFSET, true,
                false),
        section("names", image_symbols_start, image_end, IMAGE_OFFSET, false,
                false),
        stack,
        { 0 },
    };

    low_stack.name = "boot stack";
    low_stack.vaddr = low_stack.maddr;
    sections[ARRAY_SIZE(sections) - 1] = low_stack;
    memset(tables, POISON, sizeof(boot_tables));
    return page_tables_build(sections, ARRAY_SIZE(sections), &pool);
}

/**
 * Make the tables fit for a processor to which bit 63 of an entry is
 * reserved: one page with it, and the first access there would fault. Done
 * behind exercise 1.2, whose tables say what should be executable on every
 * processor.
 */
static void do_without_nx(void)
{
    uint64_t *entry = (void *)LOW_ADDRESS(boot_tables);

    for (unsigned i = 0; i < BOOT_TABLES * TABLE_ENTRIES; i++)
        entry[i] &= ~PTE_NX;
    *(uint64_t *)LOW_ADDRESS(&no_execute) = 0;
}

/**
 * Called before page_tables_build(), with paging off: a graded test's driver
 * defines a function of this name; without one it does nothing.
 *
 * @param info  what the loader handed over, by its machine address
 * @context{boot}
 * @ingroup boot
 */
__attribute__((weak)) BOOT_TEXT void
test_driver_low(const struct boot_info *info)
{
    (void)info;
}

/**
 * The first C function: leads from the boot loader to boot_main().
 *
 * @param magic       eax as the loader left it
 * @param info_maddr  ebx: machine address of its information structure
 * @context{boot}
 * @pre paging is off, interrupts are off, the stack is processor_stack
 * @ingroup boot
 */
_Noreturn void boot_low(uint32_t magic, uint32_t info_maddr)
{
    struct boot_info *info = (void *)LOW_ADDRESS(&boot_information);
    const char *wrong = processor_check();

    if (wrong)
        low_stop(wrong);
    wrong = multiboot_copy(magic, info_maddr, info);
    if (wrong)
        low_stop(wrong);
    info->image_end = LOW_ADDRESS(image_end);
    test_driver_low(info);

    info->l3 = build_tables();
    if (info->l3 == 0)
        low_stop("Its page tables could not be built "
                 "(page_tables_build() returned 0).");
    if (!arch_offers_nx())
        do_without_nx();
    paging_turn_on(info->l3, boot_main, &boot_information);
    low_stop("Paging is not on (paging_turn_on() returned).");
}
