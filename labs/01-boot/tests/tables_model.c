/* SPDX-License-Identifier: MIT */
/**
 * @file tables_model.c
 * Page tables, asked for and found; see tables_model.h.
 */
#include "labs/01-boot/tests/tables_model.h"
#include "labs/grader/driver_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Entry bits, [SDM3A] "PAE Paging". */
#define P 0x001ull
#define RW 0x002ull
#define US 0x004ull
#define A 0x020ull
#define D 0x040ull
#define PS 0x080ull /* a 2 MB page in an L2 entry, PAT in an L1 entry */
#define G 0x100ull
#define NX 0x8000000000000000ull
#define FRAME 0x0000000FFFFFF000ull    /* 36 bits of machine address */
#define RESERVED 0x7FFFFFF000000000ull /* what lies between it and NX */
#define L3_RESERVED (RESERVED | NX | 0x1E6ull)

#define GARBAGE 0x03A5A5A5u /* the driver's */
#define FIRST_POOL 0x01000000u

/* --- Calls ---------------------------------------------------------------- */

struct tables_case *tables_add(struct tables_cases *cases)
{
    if (cases->next_pool == 0)
        cases->next_pool = FIRST_POOL;
    return &cases->given[cases->nr++];
}

void tables_section(struct tables_case *c, struct rng *rng, uint32_t vaddr,
                    uint32_t nr_pages, unsigned rights)
{
    struct section s = {
        .vaddr = vaddr,
        .bytes = nr_pages * PAGE,
        .writable = rights & 1,
        .executable = rights & 2,
    };

    /* Any frames of the first 4 GB: tables can name what is not there. */
    s.maddr = rng_below(rng, 0x100000 - nr_pages) * PAGE;
    if (c->nr < TABLES_MAX_SECTIONS)
        c->section[c->nr++] = s;
}

/** Mark the 2 MB pieces that a case touches; gives their number. */
static uint32_t pieces(const struct tables_case *c, uint8_t *piece)
{
    uint32_t nr = 0;

    memset(piece, 0, 2048);
    for (unsigned i = 0; i < c->nr; i++)
        for (uint64_t at = 0; at < c->section[i].bytes; at += PAGE)
            piece[(uint32_t)(c->section[i].vaddr + at) >> 21] = 1;
    for (unsigned i = 0; i < 2048; i++)
        nr += piece[i];
    return nr;
}

uint32_t tables_needed(const struct tables_case *c)
{
    uint8_t piece[2048];
    uint32_t nr = 1 + pieces(c, piece);

    for (unsigned i = 0; i < 4; i++)
        if (memchr(piece + 512 * i, 1, 512))
            nr++;
    return nr;
}

void tables_pool(struct tables_cases *cases, struct tables_case *c,
                 struct rng *rng, int spare)
{
    c->frames = tables_needed(c) + spare;
    cases->next_pool += PAGE * rng_between(rng, 2, 40);
    c->pool = cases->next_pool;
    cases->next_pool += PAGE * c->frames;
}

static void put(uint32_t *words, size_t *nr, uint32_t word)
{
    if (*nr < TEST_INPUT_MAX / 4)
        words[*nr] = word;
    (*nr)++;
}

void tables_prepare(struct setup *s, const struct tables_cases *cases)
{
    uint32_t words[TEST_INPUT_MAX / 4];
    size_t nr = 0;

    put(words, &nr, cases->nr);
    for (unsigned i = 0; i < cases->nr; i++) {
        const struct tables_case *c = &cases->given[i];

        put(words, &nr, c->pool);
        put(words, &nr, c->frames);
        put(words, &nr, c->nr);
        for (unsigned j = 0; j < c->nr; j++) {
            put(words, &nr, c->section[j].vaddr);
            put(words, &nr, c->section[j].maddr);
            put(words, &nr, c->section[j].bytes);
            put(words, &nr, c->section[j].writable +
                                2u * c->section[j].executable);
        }
    }
    setup_input(s, words, 4 * nr);
    setup_mark(s, "tables", "mark_tables", 0);
    setup_snap(s, "tables", "0", 0, PAGE);
    setup_mark(s, "done", "mark_done", 0);
    setup_end(s, "done");
}

/* --- One walk ------------------------------------------------------------- */

/** What is being judged. */
struct judge {
    struct verdict *v;
    const struct run *run;
    const struct mark *at;
    const struct tables_case *c;
    const struct section **asked; /**< [1 << 20] who asks for each page,
                                       NULL when it is found */
    uint8_t *used;                /**< [c->frames] frames that are tables */
};

/** The failure's place in the tables, for people. */
static void fail_entry(struct judge *j, unsigned level, uint32_t vaddr,
                       uint64_t entry, const char *what)
{
    verdict_fail(j->v, j->at->event,
                 "call %u: the L%u entry for 0x%08x is 0x%016" PRIx64 ", %s",
                 j->at->r.ecx, level, vaddr, entry, what);
    if (entry == ((uint64_t)GARBAGE << 32 | GARBAGE))
        verdict_state(j->v, "0x%08x is what the pool's frames hold before they "
                      "are used: this table was not cleared", GARBAGE);
}

/** Read the table that an entry leads to. @retval false it cannot be one. */
static bool read_table(struct judge *j, uint64_t maddr, unsigned level,
                       uint32_t vaddr, uint64_t table[512])
{
    const struct tables_case *c = j->c;
    uint64_t index = (maddr - c->pool) / PAGE;

    if (maddr < c->pool || index >= c->frames) {
        verdict_fail(j->v, j->at->event,
                     "call %u: the L%u table for 0x%08x is in frame "
                     "0x%" PRIx64 ", which is not of the pool [0x%x, 0x%x)",
                     j->at->r.ecx, level, vaddr, maddr >> 12, c->pool >> 12,
                     (c->pool >> 12) + c->frames);
        return false;
    }
    if (j->used[index]++) {
        verdict_fail(j->v, j->at->event,
                     "call %u: frame 0x%" PRIx64 " is used for two tables, "
                     "the second is the L%u for 0x%08x",
                     j->at->r.ecx, maddr >> 12, level, vaddr);
        return false;
    }
    return run_read_machine(j->run, maddr & ~0xFFFull, table, PAGE);
}

static const char *rights_text(bool writable, bool executable)
{
    return writable ? executable ? "RWX" : "RW-" : executable ? "R-X" : "R--";
}

/** The entry that is wrong when a page's rights are: the L2's, when the L1
 *  entry by itself has the right ones. */
static void fail_rights(struct judge *j, const struct section *s,
                        uint32_t vaddr, uint64_t l2e, uint64_t l1e)
{
    bool writable = l1e & RW, executable = !(l1e & NX);

    if (writable == s->writable && executable == s->executable)
        fail_entry(j, 2, vaddr, l2e,
                   "and takes away a right that a page below it needs");
    else
        fail_entry(j, 1, vaddr, l1e, "and its rights are wrong");
}

/** One page that is mapped: was it asked for, and with these rights? */
static void judge_page(struct judge *j, uint32_t vaddr, uint64_t l2e,
                       uint64_t l1e)
{
    const struct section *s = j->asked[vaddr >> 12];
    bool writable = l1e & l2e & RW;
    bool executable = !((l1e | l2e) & NX);
    uint32_t maddr;

    if (l1e & RESERVED) {
        fail_entry(j, 1, vaddr, l1e, "with a reserved bit set");
        return;
    }
    if (!s) {
        fail_entry(j, 1, vaddr, l1e, "but no section has that page");
        return;
    }
    maddr = s->maddr + (vaddr - s->vaddr);
    if ((l1e & FRAME) != maddr)
        fail_entry(j, 1, vaddr, l1e, "which leads to another frame");
    else if (l1e & US)
        fail_entry(j, 1, vaddr, l1e, "and lets ring 3 use the page");
    else if (l1e & G)
        fail_entry(j, 1, vaddr, l1e, "global: it would survive a flush");
    else if (writable != s->writable || executable != s->executable)
        fail_rights(j, s, vaddr, l2e, l1e);
    if (verdict_failed(j->v)) {
        verdict_state(j->v, "asked for: frame 0x%x %s", maddr >> 12,
                      rights_text(s->writable, s->executable));
        verdict_state(j->v, "found:     frame 0x%x %s (L2 entry "
                      "0x%016" PRIx64 ", L1 entry 0x%016" PRIx64 ")",
                      (uint32_t)((l1e & FRAME) >> 12),
                      rights_text(writable, executable), l2e, l1e);
        return;
    }
    j->asked[vaddr >> 12] = NULL;
}

static void judge_l1(struct judge *j, uint32_t vaddr, uint64_t l2e)
{
    uint64_t l1[512];

    if (!read_table(j, l2e & FRAME, 1, vaddr, l1))
        return;
    for (unsigned i = 0; i < 512 && !verdict_failed(j->v); i++)
        if (l1[i] & P)
            judge_page(j, vaddr + (i << 12), l2e, l1[i]);
}

static void judge_l2(struct judge *j, uint32_t vaddr, uint64_t l3e)
{
    uint64_t l2[512];

    if (!read_table(j, l3e & FRAME, 2, vaddr, l2))
        return;
    for (unsigned i = 0; i < 512 && !verdict_failed(j->v); i++) {
        uint32_t at = vaddr + (i << 21);

        if (!(l2[i] & P))
            continue;
        if (l2[i] & RESERVED)
            fail_entry(j, 2, at, l2[i], "with a reserved bit set");
        else if (l2[i] & PS)
            fail_entry(j, 2, at, l2[i], "a 2 MB page: rights are by 4 KB");
        else
            judge_l1(j, at, l2[i]);
    }
}

static void judge_l3(struct judge *j, uint32_t root)
{
    uint64_t l3[512];

    if (!read_table(j, root, 3, 0, l3))
        return;
    for (unsigned i = 0; i < 4 && !verdict_failed(j->v); i++) {
        if (!(l3[i] & P))
            continue;
        if (l3[i] & L3_RESERVED)
            fail_entry(j, 3, i << 30, l3[i],
                       "with a reserved bit set: loading CR3 would fault");
        else
            judge_l2(j, i << 30, l3[i]);
    }
}

/* --- One call ------------------------------------------------------------- */

/** Who asks for each page. */
static void note_asked(struct judge *j)
{
    for (unsigned i = 0; i < j->c->nr; i++) {
        const struct section *s = &j->c->section[i];

        for (uint64_t at = 0; at < s->bytes; at += PAGE)
            j->asked[(uint32_t)(s->vaddr + at) >> 12] = s;
    }
}

/** The frames beside the pool still hold the driver's garbage. */
static void check_fence(struct judge *j, uint64_t maddr)
{
    uint32_t word[PAGE / 4] = { 0 };

    if (verdict_failed(j->v) ||
        !run_read_machine(j->run, maddr, word, sizeof word))
        return;
    for (unsigned i = 0; i < PAGE / 4; i++)
        if (word[i] != GARBAGE) {
            verdict_fail(j->v, j->at->event,
                         "call %u: the word at machine address 0x%" PRIx64
                         " was written, and that is outside the pool "
                         "[0x%x, 0x%x)",
                         j->at->r.ecx, maddr + 4 * i, j->c->pool,
                         j->c->pool + j->c->frames * PAGE);
            return;
        }
}

/** The first page still holds garbage: nobody took NULL for a table. */
static void check_null(struct judge *j)
{
    const struct snap *page = &j->at->snap[0];

    if (verdict_failed(j->v))
        return;
    for (uint32_t i = 0; i < page->valid; i++)
        if (page->bytes[i] != (uint8_t)(GARBAGE >> 8 * (i % 4))) {
            verdict_fail(j->v, j->at->event,
                         "call %u: the byte at machine address 0x%x was "
                         "written: a table that could not be had, and that "
                         "was used",
                         j->at->r.ecx, i);
            return;
        }
}

/** Pages asked for and not mapped. */
static void check_missing(struct judge *j)
{
    if (verdict_failed(j->v))
        return;
    for (uint32_t page = 0; page < 1u << 20; page++) {
        const struct section *s = j->asked[page];

        if (!s)
            continue;
        verdict_fail(j->v, j->at->event,
                     "call %u: the page at 0x%08x is not mapped, and the "
                     "section of 0x%x bytes at 0x%08x has it",
                     j->at->r.ecx, page << 12, s->bytes, s->vaddr);
        return;
    }
}

/** pool.next goes up by a page for each table. */
static void check_next(struct judge *j)
{
    uint32_t right = j->c->pool + tables_needed(j->c) * PAGE;

    if (verdict_failed(j->v) || j->at->r.edx == right)
        return;
    verdict_fail(j->v, j->at->event,
                 "call %u: pool.next is 0x%x and %u tables are needed, so it "
                 "should be 0x%x",
                 j->at->r.ecx, j->at->r.edx, tables_needed(j->c), right);
}

static void judge_tables(struct judge *j)
{
    note_asked(j);
    if (j->at->r.eax == 0) {
        verdict_fail(j->v, j->at->event,
                     "call %u: page_tables_build() returned 0, and the pool "
                     "of %u frames is large enough for the %u tables",
                     j->at->r.ecx, j->c->frames, tables_needed(j->c));
        return;
    }
    judge_l3(j, j->at->r.eax);
    check_missing(j);
    check_next(j);
}

static void judge_refusal(struct judge *j)
{
    if (j->at->r.eax == 0)
        return;
    verdict_fail(j->v, j->at->event,
                 "call %u: page_tables_build() returned 0x%x and not 0, but "
                 "%s",
                 j->at->r.ecx, j->at->r.eax, j->c->why);
}

static void judge_call(struct verdict *v, const struct run *run,
                       const struct mark *at, const struct tables_case *c)
{
    struct judge j = { .v = v, .run = run, .at = at, .c = c };

    j.asked = calloc(1u << 20, sizeof *j.asked);
    j.used = calloc(c->frames + 1, 1);
    if (c->refuse)
        judge_refusal(&j);
    else
        judge_tables(&j);
    check_null(&j);
    check_fence(&j, c->pool - PAGE);
    check_fence(&j, c->pool + c->frames * PAGE);
    free(j.asked);
    free(j.used);
}

void tables_check(struct verdict *v, const struct run *run)
{
    const struct tables_cases *cases = run_kept(run);
    struct mark at;

    verdict_blame(v, "page_tables_build");
    for (unsigned i = 0; i < cases->nr && !verdict_failed(v); i++) {
        if (!driver_mark(v, run, "tables", i, &at))
            break;
        if (at.r.ecx != i)
            verdict_fail(v, at.event,
                         "the driver's call %u came out of turn, as call %u",
                         at.r.ecx, i);
        else
            judge_call(v, run, &at, &cases->given[i]);
    }
    driver_done(v, run, "tables", cases->nr);
}
