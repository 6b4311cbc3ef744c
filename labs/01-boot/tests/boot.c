/* SPDX-License-Identifier: MIT */
/**
 * @file boot.c
 * Graded tests that boot the whole hypervisor on an odd machine: memory with
 * holes, modules in the way, and the oracle `map`, which watches every access
 * of the processor.
 */
#include "labs/grader/driver_marks.h"
#include "labs/01-boot/tests/map_model.h"
#include "labs/01-boot/tests/tests.h"

#include <stdlib.h>
#include <string.h>

#define MB 0x100000u
#define PAGE 0x1000u
#define IMAGE_OFFSET 0xF6800000u
#define NONE 0xFFFFFFFFu /* INVALID_MFN */
#define LOCAL_APIC 0xFEE00000u /* machine address of its registers */
#define PCD 0x010u             /* in an L1 entry: not cached */

#define ODD_RAM_MB 16u
#define MODULE_BYTES_MAX 0x6000u
#define NR_MODULES 3u

/** The machine of one run. */
struct odd_machine {
    struct map_case given; /**< image_end is known after linking only */
    uint8_t module[NR_MODULES][MODULE_BYTES_MAX];
};

/* --- Drawing a machine ---------------------------------------------------- */

/** One more range of the map; RAM may be touched. */
static void odd_range(struct setup *s, struct odd_machine *m, uint64_t start,
                      uint64_t end, uint32_t type)
{
    case_range(&m->given, start, end - start, type);
    if (type == RAM)
        setup_allow(s, start, end);
}

/**
 * RAM with two holes, and firmware's own at the top, where an allocator that
 * starts from above looks first.
 */
static void odd_ranges(struct setup *s, struct odd_machine *m,
                       struct rng *rng)
{
    uint64_t hole = 4 * MB + rng_below(rng, MB);
    uint64_t second = 9 * MB + rng_below(rng, 2 * MB);
    uint64_t top = ODD_RAM_MB * MB - MB / 2 - rng_below(rng, MB);
    uint64_t after_hole = hole + rng_between(rng, 1, MB);
    uint64_t after_second = second + rng_between(rng, 1, 0x4000);

    odd_range(s, m, second, after_second, 4);
    odd_range(s, m, after_second, top, RAM);
    odd_range(s, m, 0, 0x9FC00, RAM);
    odd_range(s, m, after_hole, second, RAM);
    odd_range(s, m, top, ODD_RAM_MB * MB, 3);
    odd_range(s, m, MB, hole, RAM);
    odd_range(s, m, 0xF0000, MB, 2);
    rng_shuffle(rng, m->given.range, m->given.nr_ranges,
                sizeof m->given.range[0]);
    for (unsigned i = 0; i < m->given.nr_ranges; i++)
        setup_range(s, m->given.range[i].base, m->given.range[i].length,
                    m->given.range[i].type);
}

/** Modules high up, the last one right below the firmware's memory. */
static void odd_modules(struct setup *s, struct odd_machine *m,
                        struct rng *rng)
{
    static const uint32_t around[NR_MODULES] = {
        6 * MB + MB / 2, 12 * MB, 13 * MB + MB / 2
    };

    for (unsigned i = 0; i < NR_MODULES; i++) {
        uint32_t at = around[i] + PAGE * rng_below(rng, 64);
        uint32_t bytes = rng_between(rng, 1, MODULE_BYTES_MAX);

        rng_bytes(rng, m->module[i], bytes);
        case_module(&m->given, at, at + bytes);
        setup_module(s, at, m->module[i], bytes, "module");
    }
}

static void odd_machine(struct setup *s, struct rng *rng)
{
    struct odd_machine *m = setup_keep(s, sizeof *m);

    setup_ram(s, ODD_RAM_MB);
    odd_ranges(s, m, rng);
    odd_modules(s, m, rng);
}

/* --- What must be true of it ---------------------------------------------- */

/** One bit a frame of the machine. */
struct frame_set {
    uint8_t has[ODD_RAM_MB * MB / PAGE];
};

/** The frames of the machine that are usable, and why others are not. */
static void usable_frames(const struct run *run, struct map_case *given,
                          struct frame_set *set)
{
    const struct odd_machine *m = run_kept(run);
    struct map_answer map;

    *given = m->given;
    given->image_end = run_symbol(run, "image_end") - IMAGE_OFFSET;
    map_expect(given, &map);
    memset(set, 0, sizeof *set);
    for (unsigned i = 0; i < map.nr; i++)
        for (uint32_t f = map.range[i].start;
             f < map.range[i].end && f < sizeof set->has; f++)
            set->has[f] = 1;
}

/** Each module's bytes are as the boot loader put them. */
static void check_modules(struct verdict *v, const struct run *run)
{
    const struct odd_machine *m = run_kept(run);
    uint8_t now[MODULE_BYTES_MAX];

    for (unsigned i = 0; i < NR_MODULES && !verdict_failed(v); i++) {
        struct given_module at = m->given.module[i];
        uint32_t byte = 0;

        if (!run_read_machine(run, at.start, now, at.end - at.start)) {
            verdict_harness(v, "module %u is not in RAM", i);
            return;
        }
        while (byte < at.end - at.start && now[byte] == m->module[i][byte])
            byte++;
        if (byte < at.end - at.start)
            verdict_fail(v, NULL,
                         "module %u was overwritten: the byte at machine "
                         "address 0x%x is 0x%02x and was 0x%02x",
                         i, at.start + byte, now[byte], m->module[i][byte]);
    }
}

/** The local APIC's registers, for which the hypervisor has a timer's use: no
 *  RAM, whatever the map says of it, and not to be cached. */
static bool is_local_apic(const struct mapping *at)
{
    return at->walk.maddr == LOCAL_APIC && at->bytes == PAGE &&
           at->walk.l1e & PCD;
}

/** Nothing but usable frames, the image and the local APIC is mapped; notes
 *  which frames are. */
static void check_mapped(struct verdict *v, const struct run *run,
                         const struct map_case *given,
                         const struct frame_set *usable,
                         struct frame_set *mapped)
{
    struct mapping at;
    uint64_t from = 0;
    char why[160];

    memset(mapped, 0, sizeof *mapped);
    while (from <= UINT32_MAX && run_next_mapping(run, (uint32_t)from, &at)) {
        from = at.start + at.bytes;
        if (is_local_apic(&at))
            continue;
        for (uint64_t a = at.walk.maddr; a < at.walk.maddr + at.bytes;
             a += PAGE) {
            uint64_t frame = a >> 12;

            if (a < given->image_end)
                continue;
            if (frame < sizeof mapped->has && usable->has[frame]) {
                mapped->has[frame] = 1;
                continue;
            }
            verdict_fail(v, NULL,
                         "the hypervisor maps frame 0x%llx at 0x%08llx, and "
                         "it is not usable: %s",
                         (unsigned long long)frame,
                         (unsigned long long)(at.start + a - at.walk.maddr),
                         map_why(given, (uint32_t)frame, why, sizeof why));
            return;
        }
    }
}

/* --- 1.1/boot and 1.4/boot ------------------------------------------------ */

static const char *const watch_map[] = { "map", NULL };

static void prepare_drain(struct setup *s, struct rng *rng)
{
    odd_machine(s, rng);
    setup_mark(s, "frame", "mark_frame", 0);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/** One frame that was handed out. */
static void check_frame(struct verdict *v, const struct mark *at,
                        const struct map_case *given,
                        const struct frame_set *usable,
                        const struct frame_set *mapped,
                        struct frame_set *held)
{
    uint32_t frame = at->r.eax;
    char why[160];

    if (frame >= sizeof usable->has || !usable->has[frame])
        verdict_fail(v, at->event,
                     "call %u handed out frame 0x%x, which is not usable: %s",
                     at->r.ecx, frame,
                     map_why(given, frame, why, sizeof why));
    else if (mapped->has[frame])
        verdict_fail(v, at->event,
                     "call %u handed out frame 0x%x, which the hypervisor "
                     "keeps mapped for itself",
                     at->r.ecx, frame);
    else if (held->has[frame])
        verdict_fail(v, at->event,
                     "call %u handed out frame 0x%x for the second time",
                     at->r.ecx, frame);
    else
        held->has[frame] = 1;
}

/** No frame was lost, either. */
static void check_rest(struct verdict *v, const struct frame_set *usable,
                       const struct frame_set *mapped,
                       const struct frame_set *held)
{
    for (uint32_t f = 0; f < sizeof usable->has; f++)
        if (usable->has[f] && !mapped->has[f] && !held->has[f]) {
            verdict_fail(v, NULL,
                         "frame 0x%x is usable and the hypervisor has not "
                         "mapped it, but it was never handed out",
                         f);
            return;
        }
}

/** frames_free() after a call, followed from what it said before the first. */
static void check_count(struct verdict *v, const struct mark *at,
                        uint32_t free)
{
    if (verdict_failed(v) || at->r.edx == free)
        return;
    verdict_fail(v, at->event,
                 "after call %u frames_free() says %u instead of %u",
                 at->r.ecx, at->r.edx, free);
}

/** Every call that the driver made; notes who is held. */
static void check_calls(struct verdict *v, const struct run *run,
                        const struct map_case *given,
                        const struct frame_set *usable,
                        const struct frame_set *mapped,
                        struct frame_set *held)
{
    size_t nr = run_nr_marks(run, "frame");
    uint32_t free = 0;
    struct mark at;

    for (size_t i = 0; i < nr && !verdict_failed(v); i++) {
        run_mark(run, "frame", i, &at);
        if (at.r.ecx != (uint32_t)i - 1) {
            verdict_fail(v, at.event, "the driver's call %zu came out of "
                         "turn, as call %u", i, at.r.ecx + 1);
        } else if (i == 0) {
            free = at.r.edx; /* the mark before the first call */
        } else {
            if (at.r.eax != NONE) {
                check_frame(v, &at, given, usable, mapped, held);
                free--;
            }
            check_count(v, &at, free);
        }
    }
}

static void check_drain(struct verdict *v, const struct run *run)
{
    struct frame_set usable, mapped, held = { 0 };
    struct map_case given;

    if (!driver_mark(v, run, "frame", 0, &(struct mark){ 0 }) ||
        !verdict_reached(v, run, DRIVER_DONE, NULL))
        return;
    usable_frames(run, &given, &usable);
    check_modules(v, run);
    if (!verdict_failed(v))
        check_mapped(v, run, &given, &usable, &mapped);
    if (!verdict_failed(v))
        check_calls(v, run, &given, &usable, &mapped, &held);
    if (!verdict_failed(v))
        check_rest(v, &usable, &mapped, &held);
}

static void check_map(struct verdict *v, const struct run *run)
{
    verdict_blame(v, "memory_map_build");
    check_drain(v, run);
}

static void check_alloc(struct verdict *v, const struct run *run)
{
    verdict_blame(v, "frame_alloc_below");
    check_drain(v, run);
}

#define BUDGET 200000000ull /* 3,000 frames, each looked for bit by bit */

const struct test test_map_boot = {
    .id = "1.1/boot",
    .exercise = "1.1",
    .title = "The hypervisor boots on a machine with holes, firmware memory "
             "at the top and modules in the way, never touches what is not "
             "RAM, nor a module's frame, and loses no usable frame.",
    .section = "exercise-11-the-memory-map",
    .driver = "drain",
    .budget = BUDGET,
    .oracles = watch_map,
    .hostile = true,
    .prepare = prepare_drain,
    .check = check_map,
};

const struct test test_alloc_boot = {
    .id = "1.4/boot",
    .exercise = "1.4",
    .title = "After a boot on an odd machine every usable frame that the "
             "hypervisor does not keep is handed out once, and no module's "
             "and no other frame ever.",
    .section = "exercise-14-the-frame-allocator",
    .driver = "drain",
    .budget = BUDGET,
    .oracles = watch_map,
    .prepare = prepare_drain,
    .check = check_alloc,
};
