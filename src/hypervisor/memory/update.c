/* SPDX-License-Identifier: MIT */
/**
 * @file update.c
 * Exercise 3.3: changing page tables that are in use.
 *
 * A guest cannot store to its tables; it asks for each change. The order in a
 * change is always the same, and each step has its reason:
 *
 *     1. take the references that the new entry needs    (it may fail here)
 *     2. store the new entry
 *     3. an L3 in use: have the processor read its four entries again
 *     4. put the references that the old entry held
 *
 * Putting first would free the old frame while the table still names it. The
 * references are taken even if the same frame comes back with other rights;
 * only when neither the frame nor what is counted about it changes is there
 * nothing to take, and then still the new flags are checked: bugs that let
 * guests out began with a short cut that did not.
 *
 * Invariant MM-I9: a vCPU's base is an L3 with a general and a type reference
 * of the vCPU's own, so that unpinning it, or dropping it in any other way,
 * leaves it a table.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation"; [XenABI] xen/xen.h.
 */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "segmentation.h"

/* What of an entry decides which references it holds. */
#define L1_COUNTED (PTE_FRAME | PTE_P | PTE_RW)
#define COUNTED (PTE_FRAME | PTE_P)

/** Store an entry so that the processor never sees half of it: the new high
 *  word must not stand beside the old low word while that says "present". */
static void entry_store(uint64_t *slot, uint64_t entry)
{
    volatile uint32_t *half = (volatile uint32_t *)slot;

    half[0] = 0;
    half[1] = (uint32_t)(entry >> 32);
    half[0] = (uint32_t)entry;
}

/** Have every vCPU that runs on an L3 use its new entries at once. */
static void reload_l3(const struct domain *d, mfn_t l3)
{
    for (unsigned i = 0; i < DOMAIN_MAX_VCPUS; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v || v->base.n != l3.n)
            continue;
        memory_refresh_pdpt(v);
        if (v == current_vcpu())
            flush_all();
    }
}

/** Entries that no guest may change, whatever it asks for. */
static int check_slot(enum frame_type type, unsigned index)
{
    if (type == FRAME_XEN_L2 && index >= FIRST_RESERVED_L2_SLOT)
        return -EPERM; /* the hypervisor's own */
    if (type == FRAME_L3 && index >= 3)
        return -EINVAL; /* slot 3 leads to the hypervisor; 4.. do not exist */
    return 0;
}

/**
 * Change one entry of a page table.
 *
 * @param u  What to change: u->table is a frame of u->owner's with a table
 *           type in use; u->index is below TABLE_ENTRIES.
 * @context{entry}
 * @post  On an error nothing has changed.
 * @note  No translation is dropped, except that a new entry of an L3 that is
 *        some vCPU's base is in force at once.
 * @retval 0        the entry is u->entry, with the old accessed and dirty
 *                  bits added if u->keep_accessed.
 * @retval -EPERM   a slot of the hypervisor's.
 * @retval -EINVAL  slot 3 of an L3, or one beyond.
 * @return Else the error of the new entry (entry_get()).
 * @ingroup memory
 */
int entry_update(const struct entry_update *u)
//@solution 3.3 -- (void)u; (void)reload_l3; (void)check_slot; (void)entry_store; return -ENOSYS;
{
    enum frame_type type = frame_info(u->table)->type;
    uint64_t counted = type == FRAME_L1 ? L1_COUNTED : COUNTED;
    uint64_t *table = window_map(u->table), old = table[u->index];
    uint64_t entry = u->entry;
    bool same = false;
    int error = check_slot(type, u->index);

    if (u->keep_accessed)
        entry |= old & (PTE_A | PTE_D);
    if (!error && (entry & PTE_P)) {
        same = ((old ^ entry) & counted) == 0;
        error = same ? entry_check_flags(u->owner, type, entry)
                     : entry_get(u->owner, u->page_owner, type, u->index,
                                 entry);
    }
    if (!error) {
        entry_store(&table[u->index], entry);
        if (type == FRAME_L3)
            reload_l3(u->owner, u->table);
        if ((old & PTE_P) && !same)
            entry_put(type, old);
    }
    window_unmap(table);
    return error;
}
//@end

/**
 * Change the L1 entry that maps an address of the running vCPU's.
 *
 * @param v           The running vCPU.
 * @param va          Any address; its page counts.
 * @param entry       The new L1 entry.
 * @param page_owner  Whose frame the new entry may name.
 * @context{hypercall}
 * @retval 0        changed; no translation is dropped.
 * @retval -EINVAL  no L1 table leads there, or the address is the
 *                  hypervisor's.
 * @return Else as entry_update().
 * @ingroup memory
 */
int va_mapping_update(struct vcpu *v, uint32_t va, uint64_t entry,
                      const struct domain *page_owner)
{
    struct entry_update u = { .owner = v->domain, .page_owner = page_owner,
                              .index = l1_index(va), .entry = entry };
    struct table_walk walk;

    if (va >= M2P_START)
        return -EINVAL;
    memory_walk(v, va, &walk);
    if (walk.levels < 3)
        return -EINVAL;
    u.table = walk.table[2];
    return entry_update(&u);
}

/**
 * Make a frame a page table and keep it one until it is unpinned.
 *
 * @param owner  Whose frame it is.
 * @param m      Any number.
 * @param type   FRAME_L1, FRAME_L2 or FRAME_L3.
 * @context{hypercall}
 * @retval 0        pinned: one general and one type reference.
 * @retval -EINVAL  not the owner's frame, in use as something else, or pinned
 *                  already.
 * @return Else the error of validation.
 * @ingroup memory
 */
int table_pin(const struct domain *owner, mfn_t m, enum frame_type type)
//@solution 3.3 -- (void)owner; (void)m; (void)type; return -ENOSYS;
{
    int error = frame_get_and_type(m, owner, type);

    if (error)
        return error;
    if (frame_info(m)->flags & PAGE_PINNED) {
        frame_put_and_type(m);
        return -EINVAL;
    }
    frame_info(m)->flags |= PAGE_PINNED;
    return 0;
}
//@end

/**
 * Drop a pin.
 *
 * @param owner  Whose frame it is.
 * @param m      Any number.
 * @context{entry}
 * @retval 0        unpinned. A table that something else relies on stays one.
 * @retval -EINVAL  not the owner's frame, or not pinned.
 * @ingroup memory
 */
int table_unpin(const struct domain *owner, mfn_t m)
//@solution 3.3 -- (void)owner; (void)m; return -ENOSYS;
{
    if (!frame_get(m, owner))
        return -EINVAL;
    if (!(frame_info(m)->flags & PAGE_PINNED)) {
        frame_put(m);
        return -EINVAL;
    }
    frame_info(m)->flags &= ~PAGE_PINNED;
    frame_put_and_type(m);
    frame_put(m);
    return 0;
}
//@end

/**
 * Give a vCPU another L3 to run on.
 *
 * @param v   Its old base, if it has one, is put; the new one is loaded at once
 *            if v is running: also the same one again, because that is how
 *            kernels have all translations dropped.
 * @param l3  Any number.
 * @context{entry}
 * @retval 0        done.
 * @retval -EINVAL  not a frame of the domain's, or in use as something else.
 * @return Else the error of validation.
 * @ingroup memory
 */
int base_switch(struct vcpu *v, mfn_t l3)
//@solution 3.3 -- (void)v; (void)l3; return -ENOSYS;
{
    mfn_t old = v->base;
    int error = frame_get_and_type(l3, v->domain, FRAME_L3);

    if (error)
        return error;
    ldt_forget(v); /* found by an address, which may mean another frame now */
    v->base = l3;
    memory_refresh_pdpt(v);
    if (v == current_vcpu())
        flush_all();
    if (mfn_valid_number(old))
        frame_put_and_type(old);
    return 0;
}
//@end
