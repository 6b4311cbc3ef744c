/* SPDX-License-Identifier: MIT */
/**
 * @file writable.c
 * Graded tests of exercise 3.5: instructions of a kernel's that store to its
 * own L1 table, each with the page fault that the processor reports for it.
 *
 * The driver runs on A's tables. Two entries of the L1 map a page with the
 * instructions, and the L1 itself, read only: that is where they store.
 */
#include <string.h>

#include "labs/03-memory/tests/script.h"
#include "labs/03-memory/tests/tests.h"

#define SECTION "exercise-35-writable-page-tables"
#define A ((uint32_t)OWNER_A)

/* Error code of a kernel's store to a page that is there. */
#define STORE 3u
#define NOTHING 0xFFFFFFFFu
/* What is in an entry's upper half while the lower one is looked at. */
#define UPPER 0x55u

enum { L3, SLOT3, L2, L1, CODE, PAGES };

/** Where things are, drawn. */
struct place {
    uint32_t code, table; /**< addresses */
    unsigned nr;          /**< instructions so far */
};

static struct place start(struct script *s, struct rng *rng)
{
    unsigned l2_index = rng_below(rng, ENTRIES);
    unsigned code = 400 + rng_below(rng, 50), table = 450 + rng_below(rng, 60);

    script_poke(s, script_a(s, L1), code, script_a(s, CODE), P | RW | A_D, 0);
    script_poke(s, script_a(s, L1), table, script_a(s, L1), P | A_D, 0);
    script_poke(s, script_a(s, L2), l2_index, script_a(s, L1), P | RW, 0);
    script_poke(s, script_a(s, L3), 0, script_a(s, L2), P, 0);
    script_l3(s, script_a(s, L3), script_a(s, SLOT3));
    script_step(s, "a base", OP_BASE, 1, script_a(s, L3));
    script_step(s, "the vCPU runs", OP_RUN, 0);
    script_step(s, "its kernel may believe that it writes its tables",
                OP_ASSIST, 1, 1u);
    return (struct place){ .code = l2_index << 21 | code << 12,
                           .table = l2_index << 21 | table << 12 };
}

/** What an instruction should do. */
struct expectation {
    const char *about;
    const char *bytes; /**< the instruction */
    unsigned length;
    uint32_t address; /**< that faults */
    uint32_t error, ring;
    uint32_t eax, ebx, ecx, edx;
    bool done;
    unsigned index; /**< of the entry that changes, or NOTHING */
    uint32_t page, low, high; /**< the entry afterwards */
    uint32_t eax_after;
};

/** Put an instruction into the code page. @return its offset there. */
static uint32_t put_code(struct script *s, struct place *place,
                         const char *bytes, unsigned length)
{
    uint32_t word[4] = { 0 };
    uint32_t at = 16 * place->nr++;

    memcpy(word, bytes, length);
    script_step(s, "", OP_BYTES, 6, script_a(s, CODE), at, word[0], word[1],
                word[2], word[3]);
    return at;
}

/** Have the instruction at an offset of the code page fault. */
static void fault(struct script *s, const struct place *place, uint32_t at,
                  const struct expectation *e)
{
    uint32_t table = script_a(s, L1);

    script_step(s, e->about, OP_FAULT, 16, place->code + at, e->address,
                e->error, e->ring, e->eax, e->ebx, e->ecx, e->edx,
                (uint32_t)e->done, table, e->index, e->page, e->low, e->high,
                e->length, e->eax_after);
}

static void meet(struct script *s, struct place *place,
                 const struct expectation *e)
{
    fault(s, place, put_code(s, place, e->bytes, e->length), e);
}

#define MOV_EBX_EAX "\x89\x03"             /* mov [ebx], eax */
#define XCHG_EBX_EAX "\x87\x03"            /* xchg [ebx], eax */
#define BTR_EBX_0 "\x0F\xBA\x33\x00"       /* btr dword [ebx], 0 */
#define OR_EBX_P "\x83\x0B\x01"            /* or dword [ebx], 1 */
#define LOCK_OR_EBX_P "\xF0\x83\x0B\x01"   /* lock or dword [ebx], 1 */
#define CMPXCHG_ECX "\x0F\xB1\x0B"         /* cmpxchg [ebx], ecx */
#define MOVB_EBX_AL "\x88\x03"             /* mov [ebx], al */
#define CMPXCHG8B "\x0F\xC7\x0B"           /* cmpxchg8b [ebx] */

/** mov [ebx], eax at an entry's half; what it stores is not known here: the
 *  driver's frames are named, so the low half comes from the entry before.
 *  The instruction is OR or BTR where a frame is in the entry. */
static struct expectation store(const char *about, const char *bytes,
                                unsigned length, const struct place *place,
                                unsigned index, unsigned offset)
{
    uint32_t at = place->table + 8 * index + offset;

    return (struct expectation){
        .about = about, .bytes = bytes, .length = length, .address = at,
        .error = STORE, .ring = 1, .ebx = at, .index = NOTHING,
        .done = true,
    };
}

/* --- 3.5/stores ----------------------------------------------------------- */

/** An entry prepared as a kernel does: not present, then made present, its
 *  rights taken, and cleared. */
static void life_of_entry(struct script *s, struct place *place,
                          unsigned index, uint32_t page, bool lock)
{
    struct expectation e;

    script_update(s, "a page, prepared and not present", script_a(s, L1),
                  index, page, RW, 0);
    e = store("the present bit is set: the page is mapped",
              lock ? LOCK_OR_EBX_P : OR_EBX_P, lock ? 4 : 3, place, index, 0);
    e.index = index;
    e.page = page;
    e.low = P | RW;
    meet(s, place, &e);
    e = store("the present bit is taken away", BTR_EBX_0, 4, place, index, 0);
    e.index = index;
    e.page = page;
    e.low = RW;
    meet(s, place, &e);
    e = store("the upper half, while it is not present", MOV_EBX_EAX, 2,
              place, index, 4);
    e.eax = e.eax_after = NX_HIGH;
    e.index = index;
    e.page = page;
    e.low = RW;
    e.high = NX_HIGH;
    meet(s, place, &e);
    e = store("the lower half becomes 0", MOV_EBX_EAX, 2, place, index, 0);
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = NX_HIGH;
    meet(s, place, &e);
}

static void prepare_stores(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    struct place place = start(s, rng);

    for (unsigned i = 0; i < 6; i++)
        life_of_entry(s, &place, 64 * i + rng_below(rng, 64),
                      script_a(s, PAGES + i), rng_below(rng, 2));
    script_prepare(setup, s);
}

const struct test test_writable_stores = {
    .id = "3.5/stores",
    .exercise = "3.5",
    .title = "A kernel's store to its own L1 makes the change that a call "
             "would have made, and the kernel goes on behind it.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_stores,
    .check = script_check,
};

/* --- 3.5/others ----------------------------------------------------------- */

/** What instructions give back of an entry, from its first bit to its last:
 *  `low` and `high` are its halves, not present. */
static void give_back(struct script *s, struct place *place, unsigned index,
                      uint32_t low, uint32_t high)
{
    struct expectation e;

    script_update(s, "an entry that is not present", script_a(s, L1), index,
                  NAME(NAME_RAW, 0), low, high);
    e = store("XCHG gives all of the upper half back", XCHG_EBX_EAX, 2, place,
              index, 4);
    e.eax = high ^ 0x1000;
    e.eax_after = high;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.low = low;
    e.high = high ^ 0x1000;
    meet(s, place, &e);
    e = store("CMPXCHG8B whose comparison fails gives the entry back",
              CMPXCHG8B, 3, place, index, 0);
    e.eax = low ^ 0x800;
    e.eax_after = low;
    e.edx = high ^ 0x1000;
    meet(s, place, &e);
    e = store("CMPXCHG8B whose comparison succeeds", CMPXCHG8B, 3, place,
              index, 0);
    e.eax = e.eax_after = low;
    e.edx = high ^ 0x1000;
    e.ecx = 0x77;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.low = e.ebx; /* it says where, and what: not present */
    e.high = e.ecx;
    meet(s, place, &e);
}

/** The kernel may have changed its instruction since it faulted: what it says
 *  now is what counts, as long as that is in the table of the fault. */
static void other_operand(struct script *s, struct place *place,
                          unsigned index)
{
    struct expectation e = store("the instruction stores to an entry of the "
                                 "table, and another one of it faulted",
                                 MOV_EBX_EAX, 2, place, index, 0);

    e.address += 8;
    e.eax = e.eax_after = 0xA00;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = UPPER;
    e.low = 0xA00;
    meet(s, place, &e);
}

static void prepare_others(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    struct place place = start(s, rng);
    unsigned index = rng_below(rng, 300);
    uint32_t page = script_a(s, PAGES), value = rng_between(rng, 1, 0x7F) << 1;
    struct expectation e;

    script_update(s, "an entry that is not present", script_a(s, L1), index,
                  NAME(NAME_RAW, 0), value << 4, UPPER);
    e = store("XCHG gives the old value back", XCHG_EBX_EAX, 2, &place, index,
              0);
    e.eax = 0x200;
    e.eax_after = value << 4;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = UPPER;
    e.low = 0x200;
    meet(s, &place, &e);
    e = store("CMPXCHG whose comparison fails stores nothing", CMPXCHG_ECX, 3,
              &place, index, 0);
    e.eax = 0x400;
    e.ecx = 0x600;
    e.eax_after = 0x200;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = UPPER;
    e.low = 0x200;
    meet(s, &place, &e);
    e = store("CMPXCHG whose comparison succeeds", CMPXCHG_ECX, 3, &place,
              index, 0);
    e.eax = e.eax_after = 0x200;
    e.ecx = 0x600;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = UPPER;
    e.low = 0x600;
    meet(s, &place, &e);
    e = store("a store of one byte", MOVB_EBX_AL, 2, &place, index, 0);
    e.eax = e.eax_after = 0xABCD00 | value;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = UPPER;
    e.low = 0x600 | value;
    meet(s, &place, &e);
    e = store("a store of one byte, the entry's second", MOVB_EBX_AL, 2,
              &place, index, 1);
    e.eax = e.eax_after = 0xAB000C;
    e.index = index;
    e.page = NAME(NAME_RAW, 0);
    e.high = UPPER;
    e.low = 0xC00 | value;
    meet(s, &place, &e);
    other_operand(s, &place, index);
    script_update(s, "a page, present", script_a(s, L1), index, page, P | RW,
                  0);
    e = store("the upper half of a present entry, to a frame that is not "
              "there: not present until the lower half comes", MOV_EBX_EAX, 2,
              &place, index, 4);
    e.eax = e.eax_after = 0x123;
    e.index = index;
    e.page = page;
    e.low = RW;
    e.high = 0x123;
    meet(s, &place, &e);
    give_back(s, &place, 301 + rng_below(rng, 90), rng_below(rng, 0x7FF) << 1,
              0x80000001u | rng_below(rng, 0x7FF) << 1);
    script_prepare(setup, s);
}

const struct test test_writable_others = {
    .id = "3.5/others",
    .exercise = "3.5",
    .title = "Other instructions than MOV have their other effects, and the "
             "upper half of a present entry may name a frame for a moment.",
    .section = SECTION,
    .driver = "frames",
    .prepare = prepare_others,
    .check = script_check,
};

/* --- 3.5/leaving ---------------------------------------------------------- */

/* Frames of a tree that is too much for one go. */
enum { TREE_L2 = 20, TREE_L1, NR_TREE_L1 = 12, TREE_PAGE = 40 };

/** The last reference on an L2 of many L1s goes, with hardly any work left:
 *  most of it is still to be given back. */
static void leave_tree(struct script *s, struct rng *rng)
{
    uint32_t l2 = script_a(s, TREE_L2);

    for (unsigned i = 0; i < NR_TREE_L1; i++) {
        uint32_t l1 = script_a(s, TREE_L1 + i);

        script_poke(s, l1, rng_below(rng, ENTRIES), script_a(s, TREE_PAGE),
                    P | RW, 0);
        script_poke(s, l2, 40 * i + rng_below(rng, 40), l1, P | RW, 0);
    }
    script_step(s, "a large tree", OP_GET_BOTH, 3, l2, A, type(T_L2));
    script_step(s, "", OP_WORK, 1, 1u);
    script_step(s, "it goes, and stops on the way", OP_PUT_BOTH, 1, l2);
}

static void prepare_leaving(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    struct place place = start(s, rng);
    unsigned index = rng_below(rng, 300);
    struct expectation e;
    uint32_t at;

    script_update(s, "a page, prepared and not present", script_a(s, L1),
                  index, script_a(s, PAGES), RW, 0);
    at = put_code(s, &place, OR_EBX_P, 3);
    leave_tree(s, rng);
    e = store("tables are leaving, more than one share of work: the guest "
              "tries the same instruction again", OR_EBX_P, 0, &place, index,
              0);
    script_step(s, "", OP_WORK, 1, 1u);
    fault(s, &place, at, &e);
    e = store("they have left", OR_EBX_P, 3, &place, index, 0);
    e.index = index;
    e.page = script_a(s, PAGES);
    e.low = P | RW;
    meet(s, &place, &e);
    script_prepare(setup, s);
}

const struct test test_writable_leaving = {
    .id = "3.5/leaving",
    .exercise = "3.5",
    .title = "While tables of an earlier call are leaving, a store is neither "
             "made nor the guest's fault: it is tried again.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_leaving,
    .check = script_check,
};

/* --- 3.5/refused ---------------------------------------------------------- */

/** One fault that is the guest's own: nothing changes. */
static void refuse(struct script *s, struct place *place,
                   struct expectation e)
{
    e.done = false;
    e.eax_after = e.eax;
    meet(s, place, &e);
}

/** Entries that a call would have refused as well. */
static void refuse_entries(struct script *s, struct place *place,
                           unsigned index)
{
    struct expectation e;

    script_update(s, "another domain's page, not present", script_a(s, L1),
                  index, script_b(s, 0), RW, 0);
    refuse(s, place, store("made present", OR_EBX_P, 3, place, index, 0));
    e = store("frame 0, by an XCHG: what it would have given back stays "
              "where it is", XCHG_EBX_EAX, 2, place, index, 0);
    e.eax = P;
    refuse(s, place, e);
    script_update(s, "the table itself, not present", script_a(s, L1), index,
                  script_a(s, L1), RW, 0);
    refuse(s, place, store("made present and writable", OR_EBX_P, 3, place,
                           index, 0));
    script_update(s, "a page with a forbidden flag, not present",
                  script_a(s, L1), index, script_a(s, PAGES), GLOBAL, 0);
    refuse(s, place, store("made present", OR_EBX_P, 3, place, index, 0));
}

/** Faults that only look like a store to a table. */
static void refuse_faults(struct script *s, struct place *place,
                          unsigned index)
{
    struct expectation e = store("from ring 3", OR_EBX_P, 3, place, index, 0);

    e.ring = 3;
    e.error = 7;
    refuse(s, place, e);
    e = store("the page was not there", OR_EBX_P, 3, place, index, 0);
    e.error = 2;
    refuse(s, place, e);
    e = store("it was a load", OR_EBX_P, 3, place, index, 0);
    e.error = 1;
    refuse(s, place, e);
    e = store("a reserved bit was set on the way", OR_EBX_P, 3, place, index,
              0);
    e.error = 0xB;
    refuse(s, place, e);
    refuse(s, place, store("half of it in the next entry", OR_EBX_P, 3, place,
                           index, 6));
    e = store("eight bytes, half of them in the next entry", CMPXCHG8B, 3,
              place, index, 4);
    e.edx = 1; /* whatever is there, it is something else */
    refuse(s, place, e);
    e = store("the instruction stores to another page than the one that "
              "faulted", OR_EBX_P, 3, place, index, 0);
    e.ebx += 0x1000;
    refuse(s, place, e);
    refuse(s, place, store("no instruction that stores", "\x90", 1, place,
                           index, 0));
    e = store("an address of the hypervisor's", MOV_EBX_EAX, 2, place, 0, 0);
    e.address = e.ebx = 0xF6C00000;
    refuse(s, place, e);
}

static void prepare_refused(struct setup *setup, struct rng *rng)
{
    struct script *s = script_new(setup, rng, false);
    struct place place = start(s, rng);
    unsigned index = rng_below(rng, 300), free = 300 + rng_below(rng, 50);
    uint32_t base = place.table & ~0x1FFFFFu;
    struct expectation e;

    refuse_entries(s, &place, index);
    script_update(s, "a page, prepared and not present", script_a(s, L1),
                  index, script_a(s, PAGES), RW, 0);
    refuse_faults(s, &place, index);
    e = store("nothing speaks against this one", OR_EBX_P, 3, &place, index,
              0);
    e.index = index;
    e.page = script_a(s, PAGES);
    e.low = P | RW;
    meet(s, &place, &e);
    script_update(s, "an ordinary page, read only", script_a(s, L1), free,
                  script_a(s, PAGES + 1), P, 0);
    e = store("the page is no table", MOV_EBX_EAX, 2, &place, 0, 0);
    e.address = e.ebx = base | free << 12;
    refuse(s, &place, e);
    script_update(s, "the L2, read only", script_a(s, L1), free,
                  script_a(s, L2), P, 0);
    e = store("a table, but no L1", MOV_EBX_EAX, 2, &place, 0, 8);
    e.address = e.ebx = base | free << 12;
    refuse(s, &place, e);
    script_step(s, "a page without a table type is taken away", OP_ASSIST, 1,
                0u);
    refuse(s, &place, store("the kernel has not asked for the assist",
                            OR_EBX_P, 3, &place, index, 0));
    script_prepare(setup, s);
}

const struct test test_writable_refused = {
    .id = "3.5/refused",
    .exercise = "3.5",
    .title = "What a call would refuse is refused, and so is every fault "
             "that is no kernel's store to its own L1; nothing changes.",
    .section = SECTION,
    .driver = "frames",
    .hostile = true,
    .prepare = prepare_refused,
    .check = script_check,
};
