/* SPDX-License-Identifier: MIT */
/**
 * @file model.c
 * Frames, types and counts as they must be; see model.h.
 */
#include "labs/03-memory/tests/model.h"

#include <stdio.h>
#include <string.h>

#define ALLOWED_L2 (0xE67ull | FRAME_BITS | (uint64_t)NX_HIGH << 32)
#define ALLOWED_L3 (0xE67ull | FRAME_BITS)
#define ALLOWED_CACHING ((uint64_t)(PWT | PCD | PSE))

/* The machine: 64 MB with a hole for the screen and the firmware. */
#define FRAMES_OF_MACHINE 0x4000u
#define HOLE_START 0x9Fu
#define HOLE_END 0x100u

void model_start(struct model *m, bool privileged, const struct report *r)
{
    memset(m, 0, sizeof *m);
    m->privileged = privileged;
    m->first_a = r->first_a;
    m->first_b = r->first_b;
    m->shared = r->shared;
    m->image = r->image;
    m->base = -1;
    m->ldt = -1;
    for (unsigned i = 0; i < NR_FRAMES; i++)
        m->frame[i] = (struct frame_state){
            .owner = i < NR_A || i == FRAME_SHARED ? OWNER_A : OWNER_B,
            .count = 1,
            .allocated = i != FRAME_SHARED,
        };
    m->frame[FRAME_SHARED].type_count = 1;
    m->frame[FRAME_SHARED].type = T_WRITABLE;
}

/* --- Names ---------------------------------------------------------------- */

/** A frame number as a frame of the model. */
static int frame_of(const struct model *m, uint32_t mfn)
{
    if (mfn - m->first_a < NR_A)
        return (int)(mfn - m->first_a);
    if (mfn - m->first_b < NR_B)
        return (int)(NR_A + mfn - m->first_b);
    return mfn == m->shared ? (int)FRAME_SHARED : -1;
}

uint32_t model_number(const struct model *m, uint32_t name)
{
    uint32_t index = NAME_INDEX(name);

    switch (NAME_KIND(name)) {
    case NAME_A:
        return m->first_a + index;
    case NAME_B:
        return m->first_b + index;
    case NAME_SHARED:
        return m->shared;
    case NAME_IMAGE:
        return m->image;
    default:
        return index == 0xFFFFFF ? 0xFFFFFFFFu : index;
    }
}

int model_frame(const struct model *m, uint32_t name)
{
    return frame_of(m, model_number(m, name));
}

int model_target(const struct model *m, uint64_t entry)
{
    return frame_of(m, (uint32_t)((entry & FRAME_BITS) >> 12));
}

const char *frame_name(int frame)
{
    static char text[6][8];
    static unsigned next;
    char *to = text[next++ % 6];

    if (frame < 0)
        return "no frame";
    if ((unsigned)frame == FRAME_SHARED)
        return "the shared page";
    snprintf(to, sizeof text[0], "%c%u", frame < (int)NR_A ? 'A' : 'B',
             (unsigned)frame % NR_A % 100);
    return to;
}

const char *type_name(uint32_t type)
{
    static const char *const names[] = { "no type", "L1", "L2", "L3",
                                         "SEG_DESC", "WRITABLE", "XEN_L2" };

    return type < sizeof names / sizeof names[0] ? names[type] : "?";
}

bool model_is_table(enum type type)
{
    return type == T_L1 || type == T_L2 || type == T_L3 || type == T_XEN_L2;
}

unsigned model_entries(enum type type)
{
    if (type == T_L3)
        return ENTRIES_L3;
    return type == T_XEN_L2 ? ENTRIES_XEN_L2 : ENTRIES;
}

static bool is_io(uint32_t mfn)
{
    return mfn >= FRAMES_OF_MACHINE || (mfn >= HOLE_START && mfn < HOLE_END);
}

/* --- References ----------------------------------------------------------- */

bool model_get(struct model *m, uint32_t mfn, enum owner owner)
{
    int i = frame_of(m, mfn);

    if (i < 0 || m->frame[i].owner != owner || m->frame[i].count == 0 ||
        m->frame[i].count >= COUNT_MAX)
        return false;
    m->frame[i].count++;
    return true;
}

void model_put(struct model *m, int i)
{
    struct frame_state *f = &m->frame[i];

    if (--f->count != 0)
        return;
    m->must_flush |= m->stale;
    m->work += ZERO_WORK;
    m->nr_free++;
    *f = (struct frame_state){ .owner = OWNER_NOBODY };
    m->reserved[i] = false;
    memset(m->content[i], 0, sizeof m->content[i]);
}

/** Give back what an entry holds. */
static void entry_put(struct model *m, enum type type, uint64_t entry)
{
    int below = model_target(m, entry);

    m->stale = true;
    if (below < 0)
        return; /* a device */
    if (type != T_L1 || (entry & RW))
        model_put_type(m, below);
    model_put(m, below);
}

/** Looking at one entry, and taking or putting what it holds. */
static void count_entry(struct model *m, uint64_t entry)
{
    m->work += entry & P ? ENTRY_WORK : 1;
}

void model_put_type(struct model *m, int i)
{
    struct frame_state *f = &m->frame[i];

    if (--f->type_count != 0 || !model_is_table(f->type))
        return;
    for (unsigned e = 0; e < model_entries(f->type); e++) {
        count_entry(m, m->content[i][e]);
        if (m->content[i][e] & P)
            entry_put(m, f->type, m->content[i][e]);
    }
}

/** Descriptors: the tests' frames hold zeros, or a gate, which is refused. */
static int check_descriptors(const struct model *m, int i)
{
    for (unsigned e = 0; e < ENTRIES; e++)
        if (m->content[i][e] & 1ull << 47)
            return E_INVAL;
    return 0;
}

static int promote(struct model *m, int i)
{
    struct frame_state *f = &m->frame[i];
    int error = 0;

    if (f->type == T_SEG_DESC) {
        m->work += ENTRIES;
        return check_descriptors(m, i);
    }
    for (unsigned e = 0; e < model_entries(f->type) && !error; e++) {
        uint64_t entry = m->content[i][e];

        count_entry(m, entry);
        if (entry & P)
            error = model_entry_get(m, f->owner, f->owner, f->type, e, entry);
        else if (f->type == T_L3 && e == 3)
            error = E_INVAL;
    }
    m->reserved[i] |= !error && f->type == T_XEN_L2;
    return error;
}

/** Everything as it was. What a frame is remembered as, when nobody uses it,
 *  is nobody's business: an attempt may change that. */
static void restore(struct model *m, const struct frame_state *copy)
{
    for (unsigned i = 0; i < NR_FRAMES; i++) {
        bool touched = m->frame[i].type != copy[i].type;

        m->frame[i] = copy[i];
        if (touched && copy[i].type_count == 0)
            m->frame[i].type = T_NONE;
    }
}

int model_get_type(struct model *m, int i, enum type type)
{
    struct frame_state *f = &m->frame[i];
    struct frame_state copy[NR_FRAMES];
    int error;

    if (f->type_count > 0) {
        if (f->type != type || type == T_XEN_L2 || f->type_count >= COUNT_MAX)
            return E_INVAL;
        f->type_count++;
        return 0;
    }
    if (f->type != type && f->type != T_NONE && m->stale)
        m->must_flush = true;
    memcpy(copy, m->frame, sizeof copy);
    f->type = type;
    f->type_count = 1;
    error = type == T_WRITABLE ? 0 : promote(m, i);
    if (error)
        restore(m, copy);
    return error;
}

int model_get_both(struct model *m, uint32_t mfn, enum owner owner,
                   enum type type)
{
    int i = frame_of(m, mfn), error;

    if (!model_get(m, mfn, owner))
        return E_INVAL;
    error = model_get_type(m, i, type);
    if (error)
        model_put(m, i);
    return error;
}

/* --- Entries -------------------------------------------------------------- */

int model_check_flags(const struct model *m, enum owner owner,
                      enum type type, uint64_t entry)
{
    uint64_t allowed = type == T_L3 ? ALLOWED_L3 : ALLOWED_L2;

    if (type == T_L1 && owner == OWNER_A && m->privileged)
        allowed |= ALLOWED_CACHING;
    if (m->without_nx)
        allowed &= ~((uint64_t)NX_HIGH << 32);
    return entry & ~allowed ? E_INVAL : 0;
}

static int l1_get(struct model *m, enum owner owner, enum owner page_owner,
                  uint64_t entry)
{
    uint32_t mfn = (uint32_t)((entry & FRAME_BITS) >> 12);

    if (is_io(mfn))
        return owner == OWNER_A && m->privileged ? 0 : E_PERM;
    if (!model_get(m, mfn, page_owner))
        return E_BUSY;
    if ((entry & RW) && model_get_type(m, frame_of(m, mfn), T_WRITABLE)) {
        model_put(m, frame_of(m, mfn));
        return E_BUSY;
    }
    return 0;
}

int model_entry_get(struct model *m, enum owner owner, enum owner page_owner,
                    enum type type, unsigned index, uint64_t entry)
{
    enum type below = T_L1;

    if (model_check_flags(m, owner, type, entry) != 0)
        return E_INVAL;
    if (type == T_L1)
        return l1_get(m, owner, page_owner, entry);
    if (type == T_L3)
        below = index == 3 ? T_XEN_L2 : T_L2;
    return model_get_both(m, (uint32_t)((entry & FRAME_BITS) >> 12), owner,
                          below);
}

/* --- Changes -------------------------------------------------------------- */

/** True if two entries hold the same references. */
static bool same_references(enum type type, uint64_t a, uint64_t b)
{
    uint64_t counted = FRAME_BITS | P | (type == T_L1 ? RW : 0);

    return ((a ^ b) & counted) == 0;
}

int model_update(struct model *m, const struct update *u)
{
    enum type type = m->frame[u->table].type;
    uint64_t *slot = &m->content[u->table][u->index];
    uint64_t old = *slot, entry = u->entry;
    bool same;
    int error = 0;

    if (type == T_XEN_L2 && u->index >= ENTRIES_XEN_L2)
        return E_PERM;
    if (type == T_L3 && u->index >= 3)
        return E_INVAL;
    if (u->keep_accessed)
        entry |= old & A_D;
    same = (entry & P) && same_references(type, old, entry);
    if (same)
        error = model_check_flags(m, OWNER_A, type, entry);
    else if (entry & P)
        error = model_entry_get(m, OWNER_A, u->page_owner, type, u->index,
                                entry);
    if (error)
        return error;
    *slot = entry;
    if ((old & P) && !same)
        entry_put(m, type, old);
    return 0;
}

int model_pin(struct model *m, enum owner owner, uint32_t mfn, enum type type)
{
    int i = frame_of(m, mfn);
    int error = model_get_both(m, mfn, owner, type);

    if (error)
        return error;
    if (m->frame[i].pinned) {
        model_put_type(m, i);
        model_put(m, i);
        return E_INVAL;
    }
    m->frame[i].pinned = true;
    return 0;
}

int model_unpin(struct model *m, enum owner owner, uint32_t mfn)
{
    int i = frame_of(m, mfn);

    if (i < 0 || m->frame[i].owner != owner || !m->frame[i].pinned)
        return E_INVAL;
    m->frame[i].pinned = false;
    model_put_type(m, i);
    model_put(m, i);
    return 0;
}

int model_base(struct model *m, uint32_t mfn)
{
    int old = m->base;
    int error = model_get_both(m, mfn, OWNER_A, T_L3);

    if (error)
        return error;
    m->base = frame_of(m, mfn);
    if (m->ldt >= 0) {
        model_put_type(m, m->ldt);
        model_put(m, m->ldt);
        m->ldt = -1;
    }
    if (old >= 0) {
        model_put_type(m, old);
        model_put(m, old);
    }
    return 0;
}
