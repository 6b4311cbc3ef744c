/* SPDX-License-Identifier: MIT */
/**
 * @page unit_memory_random Unit test: random sequences of memory calls
 *
 * Property: whatever a guest asks for and whatever it writes into the frames
 * that it may write, all counts stay right, and no page table is ever mapped
 * writable, or has an entry that the rules forbid.
 *
 * Method: a hostile guest made of random numbers. Half of its requests name
 * its own tables, so that many succeed. After each call, and after each part
 * of a call that continues itself, everything is recounted, and the rules are
 * checked a second time by code that shares nothing with lab 3's. Plain and
 * short forms of the calls take turns.
 *
 * The same guest is then run twice, once with the plain forms and once with
 * the short ones: every result, every count and every byte must be the same.
 */
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "memory_calls.h"
#include "world.h"
#include "xen_abi.h"

static uint32_t state;
static unsigned accepted, refused;

/** Which forms of the calls the guest meets. */
static enum { PLAIN, SHORT, BOTH } forms;
static uint32_t form_state; /* its own dice: the guest's stay the same */

static hypercall_fn *form(hypercall_fn *plain, hypercall_fn *fast)
{
    options.fast = forms == SHORT ||
                   (forms == BOTH && unit_random(&form_state) % 2);
    return options.fast ? fast : plain;
}

static uint32_t pick(uint32_t below)
{
    return unit_random(&state) % below;
}

/** A frame that is likely to be of interest. */
static mfn_t pick_frame(void)
{
    switch (pick(16)) {
    case 0:
        return world.foreign;
    case 1:
        return mfn(pick(FAKE_FRAMES + 8));
    case 2:
        return world.d->shared_mfn;
    case 3:
        return world.l3;
    case 4:
        return world.l2;
    case 5:
        return world.xen_l2;
    case 6:
    case 7:
        return world.l1;
    case 8:
    case 9:
        return world.page[pick(WORLD_PAGES)];
    default:
        return world.spare[pick(WORLD_SPARES)];
    }
}

static unsigned pick_index(void)
{
    static const uint16_t likely[] = { 0, 1, 2, 3, 4, 5, 511, 0x1AB, 0x1AC };

    return likely[pick(sizeof(likely) / sizeof(likely[0]))];
}

static uint64_t pick_entry(void)
{
    static const uint64_t flags[] = {
        0, PTE_P, PTE_P, PTE_P, PTE_P | PTE_RW, PTE_P | PTE_RW,
        PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D, PTE_P | PTE_NX,
        PTE_P | PTE_PSE, PTE_P | PTE_PCD, PTE_P | 1ull << 55, PTE_RW,
    };

    return entry_for(pick_frame(), flags[pick(sizeof(flags) / 8)]);
}

/* --- What the guest does --------------------------------------------- */

static int32_t last_result;

static void note(int32_t result)
{
    if (result == 0)
        accepted++;
    else
        refused++;
    last_result = result;
}

static void ask_mmu_update(void)
{
    struct mmu_update request[4] = { { 0 } };
    uint32_t nr = 1 + pick(4);

    for (uint32_t i = 0; i < nr; i++) {
        request[i].ptr = entry_for(pick_frame(), pick_index() * 8ull) |
                         (pick(8) == 0 ? pick(8) : 0);
        request[i].val = pick_entry();
    }
    memcpy(world_arguments, request, sizeof(request));
    note(world_call(form(do_mmu_update, fast_mmu_update), WORLD_ARGUMENTS, nr,
                    pick(2) ? WORLD_ARGUMENTS + 0x1000 : 0,
                    pick(16) ? DOMID_SELF : pick(4)));
}

static void ask_mmuext_op(void)
{
    static const unsigned commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L3_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
        MMUEXT_NEW_BASEPTR, MMUEXT_NEW_BASEPTR, MMUEXT_TLB_FLUSH_LOCAL,
        MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE, 77,
    };
    struct mmuext_op op = { .cmd = commands[pick(sizeof(commands) / 4)] };

    op.arg1.mfn = pick_frame().n;
    op.arg2.src_mfn = pick_frame().n;
    memcpy(world_arguments, &op, sizeof(op));
    note(world_call(form(do_mmuext_op, fast_mmuext_op), WORLD_ARGUMENTS, 1, 0,
                    pick(16) ? DOMID_SELF : pick(4)));
}

static void ask_va_mapping(void)
{
    static const uint32_t likely[] = { 0, 0x3000, 0x7000, 0x1FF000, 0x200000,
                                       0x40000000, 0xC0000000, 0xF57FF000,
                                       0xF5800000 };
    uint64_t entry = pick_entry();

    note(world_call(form(do_update_va_mapping, fast_update_va_mapping),
                    likely[pick(9)], (uint32_t)entry, (uint32_t)(entry >> 32),
                    pick(4)));
}

/** The guest writes: only frames that it could map writable right now. */
static void write_frame(void)
{
    mfn_t m = pick_frame();
    struct page_info *info = frame_info(m);

    if (!info || info->owner != world.d || (info->flags & PAGE_XEN_HEAP) ||
        (info->type_count > 0 && info->type != FRAME_WRITABLE))
        return;
    if (pick(4) == 0)
        memset(fake_frame(m), 0, PAGE_SIZE);
    for (unsigned i = pick(6); i > 0; i--)
        world_poke(m, pick_index(), pick_entry());
}

/** A page goes back to the hypervisor, and another one comes. */
static void exchange_page(void)
{
    mfn_t *slot = &world.spare[pick(WORLD_SPARES)];
    struct page_info *info = frame_info(*slot);

    if (!(info->flags & PAGE_ALLOCATED) || info->owner != world.d)
        return;
    if (info->flags & PAGE_PINNED)
        (void)table_unpin(world.d, *slot);
    info->flags &= ~PAGE_ALLOCATED;
    frame_put(*slot);
    *slot = frame_alloc_to(world.d);
    ck_assert(mfn_valid_number(*slot));
}

/* --- The rules, once more -------------------------------------------- */

/** Who is a page table by its own count. */
static bool is_table(uint32_t n)
{
    const struct page_info *info = frame_info(mfn(n));

    return info->type_count > 0 && (info->type == FRAME_L1 ||
                                    info->type == FRAME_L2 ||
                                    info->type == FRAME_XEN_L2 ||
                                    info->type == FRAME_L3);
}

static const char *wrong_l1_entry(uint64_t entry)
{
    uint32_t n = (uint32_t)((entry & PTE_FRAME) >> 12);

    if (entry & (PTE_GLOBAL | PTE_PSE | PTE_PCD | PTE_PWT |
                 0x7FFFF00000000000ull))
        return "an L1 entry has a forbidden flag";
    if (n >= FAKE_FRAMES || frame_info(mfn(n))->owner != world.d)
        return "an L1 entry names a frame that is not the domain's";
    if ((entry & PTE_RW) && is_table(n))
        return "a page table is mapped writable";
    return NULL;
}

static const char *wrong_upper_entry(uint64_t entry, enum frame_type below)
{
    uint32_t n = (uint32_t)((entry & PTE_FRAME) >> 12);

    if (entry & (PTE_GLOBAL | PTE_PSE | PTE_PCD | PTE_PWT |
                 0x7FFFF00000000000ull))
        return "an upper entry has a forbidden flag";
    if (n >= FAKE_FRAMES || !is_table(n) || frame_info(mfn(n))->type != below)
        return "an upper entry names a frame that is not the table below";
    return NULL;
}

static const char *wrong_table(uint32_t n)
{
    const uint64_t *entry = fake_frame(mfn(n));
    enum frame_type type = frame_info(mfn(n))->type;
    unsigned nr = type == FRAME_L3 ? 4 : type == FRAME_XEN_L2 ? 0x1AC : 512;
    const char *wrong = NULL;

    for (unsigned i = 0; i < nr && !wrong; i++) {
        if (!(entry[i] & PTE_P))
            continue;
        if (type == FRAME_L1)
            wrong = wrong_l1_entry(entry[i]);
        else if (type == FRAME_L3)
            wrong = wrong_upper_entry(entry[i],
                                      i == 3 ? FRAME_XEN_L2 : FRAME_L2);
        else
            wrong = wrong_upper_entry(entry[i], FRAME_L1);
    }
    if (type == FRAME_XEN_L2) {
        for (unsigned i = 0x1AC; i < 512 && !wrong; i++)
            if (entry[i] != hypervisor_l2()[i].e)
                wrong = "a slot of the hypervisor's was changed";
    }
    return wrong;
}

static void check_rules(unsigned round)
{
    const uint64_t *l3 = fake_frame(world.v->base);

    for (uint32_t n = 0; n < FAKE_FRAMES; n++) {
        const char *wrong = NULL;

        if (is_table(n) && (frame_info(mfn(n))->flags & PAGE_VALIDATED))
            wrong = wrong_table(n);
        if (wrong)
            ck_abort_msg("round %u, frame 0x%x: %s", round, n, wrong);
    }
    for (unsigned i = 0; i < 4; i++) {
        uint64_t entry = l3[i] & PTE_P ? (l3[i] & PTE_FRAME) | PTE_P : 0;

        if (world.v->pdpt[i] != entry)
            ck_abort_msg("round %u: the processor's L3 differs", round);
    }
}

/** One thing that the guest does. */
static void one_round(void)
{
    switch (pick(10)) {
    case 0:
    case 1:
    case 2:
        write_frame();
        break;
    case 3:
    case 4:
    case 5:
        ask_mmu_update();
        break;
    case 6:
    case 7:
        ask_mmuext_op();
        break;
    case 8:
        ask_va_mapping();
        break;
    case 9:
        exchange_page();
    }
}

static void begin(int seed, unsigned which)
{
    state = form_state = 0x1234567u + (uint32_t)seed * 0x9E3779B9u;
    forms = which;
    world_start(false, state);
}

START_TEST(test_random)
{
    unsigned rounds = 2500;

    begin(_i, BOTH);
    for (unsigned round = 0; round < rounds; round++) {
        one_round();
        world_check("random");
        check_rules(round);
    }
    /* A guest that is always refused would prove nothing. */
    ck_assert_uint_gt(accepted, rounds / 20);
    ck_assert_uint_gt(refused, rounds / 20);
}
END_TEST

/* --- Twice the same -------------------------------------------------- */

#define SAME_ROUNDS 3000u

static void add_bytes(uint32_t *hash, const void *bytes, size_t n)
{
    for (const uint8_t *at = bytes; n > 0; n--)
        *hash = (*hash ^ *at++) * 16777619u;
}

/** What a round left: its result, all counts and types, the base. Where long
 *  work stops is nobody's business: it is brought to its end first. */
static uint32_t digest(void)
{
    uint32_t hash = 2166136261u;

    do
        work_reset();
    while (!tables_finish());
    add_bytes(&hash, &last_result, sizeof(last_result));
    add_bytes(&hash, world_arguments, 0x1010);
    add_bytes(&hash, world.v->pdpt, sizeof(world.v->pdpt));
    for (uint32_t n = 0; n < FAKE_FRAMES; n++) {
        const struct page_info *info = frame_info(mfn(n));
        const uint32_t what[] = { n, info->count, info->type_count,
                                  info->type, info->flags, info->partial };

        if (info->owner == world.d)
            add_bytes(&hash, what, sizeof(what));
    }
    return hash;
}

static uint32_t digest_of_memory(void)
{
    uint32_t hash = 2166136261u;

    for (uint32_t n = 0; n < FAKE_FRAMES; n++)
        if (frame_info(mfn(n))->owner == world.d)
            add_bytes(&hash, fake_frame(mfn(n)), PAGE_SIZE);
    return hash;
}

/** Run the guest; one digest a round, and one of all memory at the end. */
static void run_same(int seed, unsigned which, uint32_t *digests)
{
    begin(seed + 100, which);
    for (unsigned round = 0; round < SAME_ROUNDS; round++) {
        one_round();
        digests[round] = digest();
    }
    digests[SAME_ROUNDS] = digest_of_memory();
}

/* A process has one world, so the plain run is a child's. */
START_TEST(test_same)
{
    static uint32_t fast[SAME_ROUNDS + 1];
    uint32_t *plain = mmap(NULL, sizeof(fast), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t child;

    ck_assert_ptr_ne(plain, MAP_FAILED);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        run_same(_i, PLAIN, plain);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    run_same(_i, SHORT, fast);
    for (unsigned round = 0; round <= SAME_ROUNDS; round++)
        if (fast[round] != plain[round])
            ck_abort_msg("round %u: the short form did something else", round);
    ck_assert_uint_gt(accepted, SAME_ROUNDS / 20);
}
END_TEST

static Suite *random_suite(void)
{
    Suite *suite = suite_create("memory/random");
    TCase *tcase = tcase_create("random");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_random, 0, 6);
    tcase_add_loop_test(tcase, test_same, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(random_suite())
