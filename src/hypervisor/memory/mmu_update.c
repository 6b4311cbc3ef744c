/* SPDX-License-Identifier: MIT */
/**
 * @file mmu_update.c
 * Hypercalls 1, 14 and 22: the ways to ask for a change of a page table.
 *
 * What a request does is exercise 3.3 (update.c); this file reads requests,
 * finds out who owns what, and counts what was done. A request is two 64-bit
 * words: where, with a command in the lowest three bits, and what.
 *
 *     63                          12 11         3 2   0
 *     +-----------------------------+------------+-----+
 *     | frame of the table          | entry      | cmd |   ptr
 *     +-----------------------------+------------+-----+
 *
 * Sources: [XenABI] xen/xen.h, "HYPERVISOR_mmu_update".
 */
#include "memory.h"

#include "boot.h"
#include "domain.h"
#include "memory_calls.h"

#define COMMAND_MASK 7u

/** Find the owners that the last argument names. */
static int find_owners(uint32_t domains, struct mmu_owners *owners)
{
    struct domain *caller = current_vcpu()->domain;
    uint32_t tables = domains >> 16; /* 0: the caller's; else number + 1 */
    int error;

    owners->pages = owner_named((domid_t)domains, &error);
    if (error)
        return error;
    owners->tables = caller;
    if (tables == 0)
        return 0;
    owners->tables = domain_living((domid_t)(tables - 1));
    if (!owners->tables)
        return -ESRCH;
    return owners->tables == caller || caller->privileged ? 0 : -EPERM;
}

/** A plain store into a frame that is no table: guests rely on it, because
 *  they need not know whether a table is in use. */
static int store_plain(mfn_t m, unsigned index, uint64_t value)
{
    uint64_t *window;

    if (frame_get_type(m, FRAME_WRITABLE) != 0)
        return -EINVAL;
    window = window_map(m);
    window[index] = value;
    window_unmap(window);
    frame_put_type(m);
    return 0;
}

/** Change an entry, whatever the frame that it is in is used as. */
static int update(const struct mmu_owners *owners, uint64_t at, uint64_t value,
                  bool keep_accessed)
{
    mfn_t m = maddr_to_mfn(maddr(at));
    struct page_info *info = frame_info(m);
    unsigned index = (at % PAGE_SIZE) / sizeof(uint64_t);
    int error = -EINVAL;

    if ((at >> PAGE_SHIFT) > UINT32_MAX || !frame_get(m, owners->tables))
        return -EINVAL;
    if (info->type_count == 0 || !frame_type_is_table(info->type)) {
        error = store_plain(m, index, value);
    } else if ((info->flags & PAGE_VALIDATED) &&
               (info->type == FRAME_L1 || owners->pages == owners->tables)) {
        struct entry_update u = { .owner = owners->tables,
                                  .page_owner = owners->pages, .table = m,
                                  .index = index, .entry = value,
                                  .keep_accessed = keep_accessed };

        error = entry_update(&u);
    }
    frame_put(m);
    return error;
}

/** Set a frame's entry in the machine-to-physical table. */
static int update_m2p(const struct mmu_owners *owners, uint64_t at,
                      uint64_t value)
{
    mfn_t m = maddr_to_mfn(maddr(at));

    if ((at >> PAGE_SHIFT) > UINT32_MAX || !frame_get(m, owners->pages))
        return -EINVAL;
    m2p_set(m, (uint32_t)value);
    frame_put(m);
    return 0;
}

/**
 * Do one request of hypercall 1.
 *
 * @param owners   Who owns what.
 * @param request  The hypervisor's copy.
 * @context{hypercall}
 * @retval 0        done.
 * @return Else as do_mmu_update(), or -ERESTART: not done yet.
 */
int mmu_request(const struct mmu_owners *owners,
                const struct mmu_update *request)
{
    uint64_t at = request->ptr & ~(uint64_t)COMMAND_MASK;

    work_add(REQUEST_WORK);
    switch (request->ptr & COMMAND_MASK) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE: /* about domains that we do not have */
        return update(owners, at, request->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return update(owners, at, request->val, true);
    case MMU_MACHPHYS_UPDATE:
        return update_m2p(owners, at, request->val);
    default:
        return -ENOSYS;
    }
}

/**
 * Tell the guest how many were done, unless its pointer is null: page 0 may
 * well be mapped, and is then the guest's. Nobody looks whether it worked.
 *
 * @param where  The guest's address of the count, or null.
 * @param done  How many.
 * @param before  This is the rest of a call: add to what is there.
 * @context{hypercall}
 */
void count_done(vaddr_t where, uint32_t done, bool before)
{
    uint32_t old = 0;

    if (where.a == 0)
        return;
    if (before && copy_from_guest(&old, where, sizeof(old)) != 0)
        return;
    done += old;
    (void)copy_to_guest(where, &done, sizeof(done));
}

/**
 * The end of hypercall 1, or of a part of it: count what was done, and have
 * the rest done if there is one.
 *
 * @param arg    The call's arguments.
 * @param done   Requests that this part did.
 * @param error  0, -ERESTART if the rest is to be done, or of the request
 *               after those.
 * @context{hypercall}
 * @return for the caller to return.
 */
int32_t mmu_update_end(const uint32_t arg[HYPERCALL_ARGS], uint32_t done,
                       int error)
{
    uint32_t nr = arg[1] & ~REST_OF_A_CALL;

    count_done(vaddr(arg[2]), done, arg[1] & REST_OF_A_CALL);
    if (error == -ERESTART) {
        uint32_t rest[HYPERCALL_ARGS] = {
            arg[0] + done * sizeof(struct mmu_update),
            (nr - done) | REST_OF_A_CALL, arg[2], arg[3], arg[4], arg[5],
        };

        return hypercall_continue(__HYPERVISOR_mmu_update, rest);
    }
    return error;
}

/**
 * Hypercall 1: a list of changes to page tables and to the M2P.
 *
 * @param arg  [0] address of the requests, [1] how many (bit 31: the rest of
 *             a call), [2] address of a u32 for how many were done, [3]
 *             bits 0-15: owner of what entries name; bits 16-31: 1 + owner of
 *             the tables, or 0 for the caller.
 * @context{hypercall}
 * @note  Continues itself when its share of work is done.
 * @retval 0        all were done.
 * @retval -ESRCH   owners: see owner_named(), as for -EPERM.
 * @retval -EFAULT  a request could not be read.
 * @retval -ENOSYS  a command that does not exist.
 * @retval -EINVAL  not a frame of the table owner's; it holds descriptors; or
 *                  as entry_update().
 * @retval -EBUSY   as entry_update(), which also gives -EPERM.
 * @post  On any error the requests before it were done.
 */
int32_t do_mmu_update(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t nr = arg[1] & ~REST_OF_A_CALL, done = 0;
    struct mmu_owners owners;
    int error;

    if (!work_begin())
        return hypercall_continue(__HYPERVISOR_mmu_update, arg);
    error = find_owners(arg[3], &owners);
    if (error)
        return error;
    while (done < nr && !error) {
        struct mmu_update request;
        vaddr_t at = vaddr(arg[0] + done * sizeof(request));

        if (work_exhausted())
            error = -ERESTART;
        else if (copy_from_guest(&request, at, sizeof(request)) != 0)
            error = -EFAULT;
        else
            error = mmu_request(&owners, &request);
        if (!error)
            done++;
    }
    return mmu_update_end(arg, done, error);
}

/**
 * Drop translations as the flags of hypercalls 14 and 22 ask. There is one
 * processor, so a set of vCPUs matters only in that it must be readable and
 * not empty of those that run.
 *
 * @param va     The page's address.
 * @param flags  UVMF_*, or UVMF_* and the address of a set.
 * @context{hypercall}
 * @retval 0        done.
 * @retval -EFAULT  the set could not be read.
 */
int va_mapping_flush(uint32_t va, uint32_t flags)
{
    uint32_t set = 1;
    uint32_t kind = flags & UVMF_FLUSHTYPE_MASK;
    uint32_t where = flags & ~UVMF_FLUSHTYPE_MASK;

    if (kind != UVMF_TLB_FLUSH && kind != UVMF_INVLPG)
        return 0;
    if (where != UVMF_LOCAL && where != UVMF_ALL &&
        copy_from_guest(&set, vaddr(where), sizeof(set)) != 0)
        return -EFAULT;
    if (set == 0)
        return 0;
    if (kind == UVMF_TLB_FLUSH)
        flush_all();
    else
        flush_page(va);
    return 0;
}

/** Hypercalls 14 and 22, once the page's owner is known. */
static int32_t va_mapping(uint32_t number, const uint32_t arg[HYPERCALL_ARGS],
                          const struct domain *page_owner)
{
    struct vcpu *v = current_vcpu();
    int error, flush_error;

    error = va_mapping_update(v, arg[0], hypercall_arg64(arg[1], arg[2]),
                              page_owner);
    if (error == -ERESTART)
        return hypercall_continue(number, arg);
    flush_error = va_mapping_flush(arg[0], arg[3]);
    return error ? error : flush_error;
}

/**
 * Hypercall 14: change the L1 entry that maps an address.
 *
 * @param arg  [0] address, [1] and [2] the entry, [3] UVMF_* flags.
 * @context{hypercall}
 * @note  The flush is made on errors as well.
 * @retval 0        done.
 * @retval -EINVAL  no L1 table leads to the address; or a flag of the entry.
 * @retval -EBUSY, -EPERM  as entry_update().
 * @retval -EFAULT  the set of vCPUs could not be read; the entry is changed.
 */
int32_t do_update_va_mapping(const uint32_t arg[HYPERCALL_ARGS])
{
    if (!work_begin())
        return hypercall_continue(__HYPERVISOR_update_va_mapping, arg);
    return va_mapping(__HYPERVISOR_update_va_mapping, arg,
                      current_vcpu()->domain);
}

/**
 * Hypercall 22: the same for a frame of another domain's.
 *
 * @param arg  As hypercall 14; [4] the owner of the frame.
 * @context{hypercall}
 * @retval -ESRCH, -EPERM  see owner_named(); nothing is done.
 */
int32_t do_update_va_mapping_otherdomain(const uint32_t arg[HYPERCALL_ARGS])
{
    const uint32_t number = __HYPERVISOR_update_va_mapping_otherdomain;
    struct domain *owner;
    int error;

    if (!work_begin())
        return hypercall_continue(number, arg);
    owner = owner_named((domid_t)arg[4], &error);
    return error ? error : va_mapping(number, arg, owner);
}
