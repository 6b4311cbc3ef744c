/* SPDX-License-Identifier: MIT */
/**
 * @file validate.c
 * Exercise 3.2: making a frame a page table, and making it an ordinary frame
 * again.
 *
 * *Promotion* reads every entry of a frame that is to become a table and
 * takes the references that the entry needs; *demotion* gives them back. Both
 * work downwards: an L3 entry needs a type reference on an L2, whose first
 * one promotes that L2, and so on.
 *
 *     level  flags that an entry may have      reference that it takes
 *     L1     P RW US A D AVL NX                writable, or general if RO
 *     L2     the same, and PSE never           type L1 on a frame of its own
 *     L3     P RW US A D AVL                   type L2; slot 3: type XEN_L2
 *
 * NX only where the processor has it: elsewhere the bit is reserved, and an
 * access through such an entry faults whoever makes it, ring 0 included.
 *
 * An entry that is not present may hold anything and takes nothing. All that
 * is not in the table is refused, bits that the processor does not know yet
 * included: what is reserved today has a meaning tomorrow.
 *
 * What these rules keep out without naming it: a table that is mapped
 * writable (its frame cannot be FRAME_WRITABLE and a table at once); a table
 * of one level used as another; a table that refers to itself as a table.
 *
 * Invariants:
 *  - MM-I6: a frame with a table type in use and PAGE_VALIDATED holds exactly
 *    the references of its present entries; while it is promoted or demoted,
 *    exactly those of entries [0, partial).
 *  - MM-I7: an entry's reference is taken before the entry is in the table
 *    and put after it has left.
 *  - MM-I8: a slot-3 L2 has the hypervisor's own entries from
 *    FIRST_RESERVED_L2_SLOT on, whatever the guest had there.
 *
 * Source: [Xen2003] 3.3.3 "Virtual address translation"; [SDM3A] "PAE Paging".
 */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "segmentation.h"

#define AVAILABLE 0xE00ull /* bits 9-11: the guest's own */
#define L1_ALLOWED                                                           \
    (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | AVAILABLE | no_execute |      \
     PTE_FRAME)
#define L2_ALLOWED L1_ALLOWED
#define L3_ALLOWED                                                           \
    (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | AVAILABLE | PTE_FRAME)
/* Where a domain may map devices it may say how they are cached. */
#define L1_CACHING (PTE_PWT | PTE_PCD | PTE_PSE) /* in an L1, bit 7 is PAT */

static mfn_t entry_frame(uint64_t entry)
{
    return maddr_to_mfn(maddr(entry & PTE_FRAME));
}

/**
 * Check the flags of an entry that is present: nothing else of it.
 *
 * @param d      Whose table it is in.
 * @param type   Of that table: FRAME_L1..FRAME_L3 or FRAME_XEN_L2.
 * @param entry  The entry, present.
 * @context{entry}
 * @retval 0        they are allowed.
 * @retval -EINVAL  one that is not, however the frame is used.
 * @ingroup memory
 */
int entry_check_flags(const struct domain *d, enum frame_type type,
                      uint64_t entry)
//@solution 3.2 -- (void)d; (void)type; (void)entry; return -ENOSYS;
{
    uint64_t allowed = L2_ALLOWED;

    if (type == FRAME_L1)
        allowed = L1_ALLOWED | (d->privileged ? L1_CACHING : 0);
    else if (type == FRAME_L3)
        allowed = L3_ALLOWED;
    return entry & ~allowed ? -EINVAL : 0;
}
//@end

/**
 * Take the references of a present L1 entry.
 *
 * @param d           Whose table it is in.
 * @param page_owner  Whose frame it should name; mostly d.
 * @param entry       The entry, present.
 * @context{entry}
 * @retval 0        taken. A device's frame has none to take.
 * @retval -EINVAL  a flag that L1 entries may not have.
 * @retval -EPERM   no RAM, and not d's to map (io_frame_allowed()).
 * @retval -EBUSY   not the page owner's frame; or it is to be writable and is
 *                  a page table or holds descriptors.
 * @ingroup memory
 */
int l1_entry_get(const struct domain *d, const struct domain *page_owner,
                 uint64_t entry)
//@solution 3.2 -- (void)d; (void)page_owner; (void)entry; return -ENOSYS;
{
    mfn_t m = entry_frame(entry);

    if (entry_check_flags(d, FRAME_L1, entry) != 0)
        return -EINVAL;
    if (frame_is_io(m))
        return io_frame_allowed(d, m) ? 0 : -EPERM;
    if (!frame_get(m, page_owner))
        return -EBUSY;
    if ((entry & PTE_RW) && frame_get_type(m, FRAME_WRITABLE) != 0) {
        frame_put(m);
        return -EBUSY;
    }
    return 0;
}
//@end

/**
 * Take the references of a present entry of any table.
 *
 * @param d           Whose table it is in. Tables below must be its own.
 * @param page_owner  Whose frames L1 entries should name; mostly d.
 * @param type        Of the table.
 * @param index       Of the entry: slot 3 of an L3 is special.
 * @param entry       The entry, present.
 * @context{entry}
 * @retval 0        taken.
 * @retval -EINVAL  a flag that is not allowed; or the frame below is not the
 *                  domain's, or is in use as something else.
 * @return Else as l1_entry_get(), or the error of validating the table below.
 * @ingroup memory
 */
int entry_get(const struct domain *d, const struct domain *page_owner,
              enum frame_type type, unsigned index, uint64_t entry)
{
    enum frame_type below = FRAME_L1;

    if (type == FRAME_L1)
        return l1_entry_get(d, page_owner, entry);
    if (entry_check_flags(d, type, entry) != 0)
        return -EINVAL;
    if (type == FRAME_L3)
        below = index == 3 ? FRAME_XEN_L2 : FRAME_L2;
    return frame_get_and_type(entry_frame(entry), d, below);
}

/**
 * Put what a present entry holds.
 *
 * @param type   Of the table that it was in.
 * @param entry  As it was there; what it held is told by its RW bit (L1) and
 *               its frame.
 * @context{entry}
 * @post  The frame below may be freed, or demoted if it was a table. If it
 *        was mapped read-only as part of an LDT, it is that no more
 *        (ldt_mapping_gone()).
 * @ingroup memory
 */
void entry_put(enum frame_type type, uint64_t entry)
{
    mfn_t m = entry_frame(entry);

    flush_note();
    if (type == FRAME_L1 && frame_is_io(m))
        return;
    if (type != FRAME_L1 || (entry & PTE_RW))
        frame_put_type(m);
    else
        ldt_mapping_gone(m);
    frame_put(m);
}

/** 512 descriptors, of 80 instructions each. */
#define DESCRIPTORS_WORK 820u

/** Check a page of descriptors; what is tolerable is made right in place. */
static int promote_descriptors(mfn_t m)
{
    descriptor_t *descriptor = window_map(m);
    int error = 0;

    work_add(DESCRIPTORS_WORK);
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*descriptor) && !error; i++)
        error = descriptor_admit(&descriptor[i]);
    window_unmap(descriptor);
    return error ? -EINVAL : 0;
}

/**
 * Make a frame a page table (or a page of descriptors) by validating it.
 *
 * Of an L3 or an L2, each entry may stand for 512 or 262,144 more. So the
 * work can stop after any entry, and goes on from there when called again:
 * info->partial says how far it came.
 *
 * What it does it counts by work_add(): ENTRY_WORK for an entry that is
 * present, 1 for any other. Less would let work go on for longer than an
 * interrupt may wait; up to twice as much does no harm.
 *
 * @param m  Frame whose type and type count are set already, so that nobody
 *           can write to it; entries [0, partial) hold their references.
 * @context{entry}
 * @post  All present entries hold their references; or, on an error, the
 *        first `partial` of them. Its content is as it was, but for the slots
 *        of MM-I8, which are written when all others are good.
 * @retval 0          it is a table.
 * @retval -ERESTART  work_exhausted(), with some of the work done.
 * @retval -EINVAL    an entry, or a descriptor, that cannot be allowed; or an
 *                    L3 whose slot 3 is empty.
 * @return Else the error of an entry.
 * @ingroup memory
 */
int table_promote(mfn_t m)
//@solution 3.2 -- (void)m; (void)promote_descriptors; return -ENOSYS;
{
    struct page_info *info = frame_info(m);
    unsigned nr = table_guest_entries(info->type), i;
    uint64_t *table;
    int error = 0;

    if (info->type == FRAME_SEG_DESC)
        return promote_descriptors(m);
    table = window_map(m);
    for (i = info->partial; i < nr; i++) {
        work_add(table[i] & PTE_P ? ENTRY_WORK : 1);
        if (table[i] & PTE_P)
            error = entry_get(info->owner, info->owner, info->type, i,
                              table[i]);
        else if (info->type == FRAME_L3 && i == 3)
            error = -EINVAL;
        if (error)
            break;
        if (info->type != FRAME_L1 && work_exhausted()) {
            error = -ERESTART;
            i++;
            break;
        }
    }
    info->partial = (uint16_t)i;
    if (!error && info->type == FRAME_XEN_L2)
        table_write_reserved_slots(table);
    window_unmap(table);
    return error;
}
//@end

/**
 * Give back what a page table's entries hold, from the last one that holds
 * anything to the first. Counts its work as table_promote() does.
 *
 * @param m  Frame of a table type; entries [0, partial) hold references.
 * @context{entry}
 * @post  partial is 0, or says how far the work came.
 * @retval 0          nothing is held any more.
 * @retval -ERESTART  work_exhausted(), with some of the work done.
 * @ingroup memory
 */
int table_demote(mfn_t m)
//@solution 3.2 -- (void)m; return 0;
{
    struct page_info *info = frame_info(m);
    const uint64_t *table = window_map(m);
    int error = 0;

    while (info->partial > 0 && !error) {
        uint64_t entry = table[--info->partial];

        work_add(entry & PTE_P ? ENTRY_WORK : 1);
        if (entry & PTE_P)
            entry_put(info->type, entry);
        if (info->partial > 0 && work_exhausted())
            error = -ERESTART;
    }
    window_unmap(table);
    return error;
}
//@end
