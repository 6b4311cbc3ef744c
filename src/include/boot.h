/* SPDX-License-Identifier: MIT */
/**
 * @file boot.h
 * Lab 1: from the boot loader's hand-off to the hypervisor's own tables.
 */
#ifndef HV_BOOT_H
#define HV_BOOT_H

#include "arch_boot.h"
#include "layout.h"
#include "memory.h"
#include "types.h"

/* --- The hand-off ------------------------------------------------------- */

/* Multiboot limits: more than this is reported and left out, never overrun. */
#define BOOT_MAX_RANGES 64
#define BOOT_MAX_MODULES 128
#define BOOT_STRING_BYTES 1024

#define BOOT_RAM 1u /* boot_range.type of usable memory */

/** One entry of the boot loader's memory map, as given: nothing is checked. */
struct boot_range {
    uint64_t base;   /**< first byte */
    uint64_t length; /**< bytes; base + length may wrap */
    uint32_t type;   /**< 1 is usable RAM; anything else is not */
};

/** One module, as given: its bytes are in [start, end). */
struct boot_module {
    uint32_t start;                  /**< machine address of the first byte */
    uint32_t end;                    /**< machine address after the last */
    char string[BOOT_STRING_BYTES];  /**< its command line, always ended */
};

/**
 * What the boot loader handed over, copied out of low memory before paging
 * is turned on, because afterwards low memory is not mapped any more.
 */
struct boot_info {
    uint32_t image_end; /**< machine address after the image's last byte */
    uint32_t l3;        /**< machine address of the hypervisor's own L3 */
    char command_line[BOOT_STRING_BYTES];
    unsigned nr_ranges;
    unsigned nr_modules;
    unsigned nr_dropped; /**< ranges and modules that did not fit */
    struct boot_range range[BOOT_MAX_RANGES];
    struct boot_module module[BOOT_MAX_MODULES];
};

/** What the loader handed over; complete from boot_main() on. */
extern struct boot_info boot_information;

const char *multiboot_copy(uint32_t magic, uint32_t info_maddr,
                           struct boot_info *info);

/* --- Exercise 1.1: the memory map (boot/memory_map.c) ------------------- */

/** A run of whole frames: [start, end), by frame number. */
struct frame_range {
    uint32_t start;
    uint32_t end;
};

#define MEMORY_MAP_MAX 256

/**
 * Usable memory: ranges ascending, disjoint and never touching (BOOT-I1).
 */
struct memory_map {
    unsigned nr;
    struct frame_range range[MEMORY_MAP_MAX];
};

int memory_map_build(const struct boot_info *info, struct memory_map *map);

/* Supplied, in boot/memory_map_take.c: what others do with the map. */
bool memory_map_take(struct memory_map *map, uint32_t nr_frames,
                     uint32_t alignment, uint32_t below, mfn_t *first);
uint32_t memory_map_end(const struct memory_map *map);
uint32_t memory_map_frames(const struct memory_map *map);

/* --- Exercise 1.2: the first page tables (boot/page_tables.c, low) ------ */

/** One piece of the image, to be mapped at one place with one set of rights. */
struct image_section {
    const char *name; /**< for people and debuggers */
    uint32_t vaddr;   /**< where it is to be seen; page aligned */
    uint32_t maddr;   /**< where it lies in the machine; page aligned */
    uint32_t bytes;   /**< a multiple of 4096 */
    bool writable;    /**< stores are allowed */
    bool executable;  /**< instruction fetches are allowed */
};

/** The frames that tables may be made of. Their content is garbage. */
struct table_pool {
    uint32_t next; /**< machine address of the next frame not yet used */
    uint32_t end;  /**< machine address after the last */
};

#define BOOT_TABLES 12u /* frames in the pool that boot_low() hands over */

uint32_t page_tables_build(const struct image_section *section, unsigned nr,
                           struct table_pool *pool);

/* --- Exercise 1.3: turning paging on (boot/paging.c) -------------------- */

/** Where boot goes on, high. */
typedef void (*boot_main_t)(const struct boot_info *info);

void paging_turn_on(uint32_t l3_maddr, boot_main_t go_on,
                    const struct boot_info *info) BOOT_TEXT;
void paging_drop_identity(l3e_t *l3);

/* --- Exercise 1.4: the frame allocator (boot/frame_alloc.c) ------------- */

#define FRAME_MAX_ORDER 10u /* at most 2^10 frames, 4 MB, at a time */

void frame_alloc_init(const struct memory_map *map, uint32_t *bitmap,
                      uint32_t nr_frames);
mfn_t frame_alloc(unsigned order);
mfn_t frame_alloc_below(unsigned order, uint32_t first_mfn_not_allowed);
bool frame_free(mfn_t first, unsigned order);
uint32_t frames_free(void);

/* --- The rest of boot, supplied ------------------------------------------ */

/* The hypervisor's own tables (boot/regions.c). */
l3e_t *hypervisor_l3(void); /* the idle root: no guest below */
l2e_t *hypervisor_l2(void); /* slot 3's; entries FIRST_RESERVED_L2_SLOT.. */
                            /* are copied into every guest's */
uint32_t hypervisor_idle_cr3(void); /* hypervisor_l3() as CR3 wants it */

/* Memory placed at boot (boot/regions.c). */
void regions_init(uint32_t l3_maddr);
const char *regions_place(struct memory_map *map);
uint32_t nr_frames(void); /* M2P, frame table: frames 0..nr_frames()-1 */
uint32_t m2p_bytes(void);
mfn_t m2p_first_frame(void);
void m2p_set(mfn_t frame, uint32_t pfn);
uint32_t m2p_get(mfn_t frame);
#define M2P_INVALID 0xFFFFFFFFu /* what an unowned frame's entry holds */

/* Looking at any frame for a moment (boot/windows.c). */
#define NR_WINDOWS 64u
void windows_init(void);
void *window_map(mfn_t frame);
void window_unmap(const void *window);
void *window_look(mfn_t frame);

/** Who looks through each window; windows.c changes it. */
extern struct window {
    uint32_t frame;   /**< that it shows; INVALID_MFN's number: none */
    uint32_t holders; /**< window_map() without its window_unmap() yet */
} windows[NR_WINDOWS];

/** Where window `slot` is. */
static inline void *window_at(unsigned slot)
{
    return (void *)(uintptr_t)(WINDOWS_START + slot * PAGE_SIZE);
}

/** The first window to try for a frame. */
static inline unsigned window_home(uint32_t frame)
{
    return frame * 0x9E3779B1u >> 26; /* 6 bits: NR_WINDOWS */
}

/**
 * See a frame without holding its window: a few instructions when it is where
 * it mostly is.
 *
 * @param frame  Any frame of the machine's RAM.
 * @return Where it is seen, until the next call of any function here for
 *         another frame (BOOT-W3): use it, and forget it.
 * @pre Not from an NMI.
 */
static inline void *window_glance(mfn_t frame)
{
    unsigned home = window_home(frame.n);

    return windows[home].frame == frame.n ? window_at(home)
                                          : window_look(frame);
}

/* Any frame for long. */
void *window_keep(mfn_t frame);
void window_let_go(const void *window);

/* Pages at a fixed address for long, [FIXED_WINDOWS_START, WINDOWS_END):
 * descriptor tables, whose frames must lie next to each other. */
void window_fix(uint32_t address, mfn_t frame, bool writable);
void window_fix_device(uint32_t address, mfn_t frame);
void window_unfix(uint32_t address);

/* Hypervisor memory (boot/heap.c). */
void heap_init(void *start, size_t bytes, maddr_t where);
void *heap_alloc(size_t bytes);
void *heap_alloc_page(void);
void *heap_alloc_pages(unsigned nr_pages);
void heap_free(void *memory);
maddr_t heap_maddr(const void *memory);
size_t heap_bytes_free(void);

/** The machine address of something in the image (tables in .bss, say). */
static inline maddr_t image_maddr(const void *high)
{
    return maddr((uint32_t)(uintptr_t)high - IMAGE_OFFSET);
}

/* The command line (boot/command_line.c). */

/** When all counts of frames are counted again. */
enum recount_when {
    RECOUNT_NEVER,
    RECOUNT_CALLS, /**< before each call about memory, and as the next */
    RECOUNT_ENDS,  /**< after each domain's end */
};

struct options {
    bool console;             /**< console=com1 (on) or none */
    bool noreboot;            /**< at a reboot or a panic: stop instead */
    bool plain;               /**< the first domain is an ordinary one */
    bool fast;                /**< use the short ways, not the plain ones */
    int recount;              /**< enum recount_when: check frame counts */
    bool virtual_alarm;       /**< guests may set alarms in virtual time */
    uint64_t dom0_mem_bytes;  /**< 0: as much as there is */
    uint32_t dom0_max_vcpus;  /**< 1..DOMAIN_MAX_VCPUS */
    int sched;                /**< enum sched_name */
    uint32_t bvt_allowance_us; /**< the context-switch allowance */
    int loglvl;               /**< enum log_level */
    int guest_loglvl;         /**< enum log_level */
};

extern struct options options;
unsigned command_line_parse(const char *line);
const char *command_line_arguments(const char *line);

/* Names for addresses in the hypervisor's text (boot/symbols.c). */
const char *symbol_of(uint32_t address, uint32_t *offset);

/* W^X of every live mapping (boot/audit.c). */
struct audit_result {
    const char *complaint; /**< NULL: all is as it should be */
    uint32_t vaddr;        /**< the first mapping complained of */
    uint64_t entry;        /**< its entry */
    unsigned nr_mappings;  /**< leaf entries looked at */
};
struct audit_result audit_mappings(void);

/* The way of boot (boot/start.c). */
void boot_main(const struct boot_info *info);
void boot_complete(void);
void test_driver_low(const struct boot_info *info) BOOT_TEXT;
void test_driver_first(const struct boot_info *info);
void test_driver_early(const struct boot_info *info);
void test_driver(const struct boot_info *info);

#endif
