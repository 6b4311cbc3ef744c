/* SPDX-License-Identifier: MIT */
/**
 * @file copy.c
 * @ingroup hypercall
 * Exercise 4.2: guest memory, read and written by the hypervisor.
 *
 * Ring 0 lives in the guest's address space, so a guest's pointer works as it
 * is. That is the danger: ring 0 has no segment limit, and the same pointer
 * works for our own memory. So
 *
 *  - CALL-I1  every address that a guest gave is checked against M2P_START
 *    before it is used, with its length, and so that the sum cannot wrap;
 *  - CALL-I2  an argument is copied once, and the copy is what is checked and
 *    used: the guest may change the original at any time;
 *  - CALL-I3  a fault on the way is an error of the call, never of ours: the
 *    copying instructions are in the exception table.
 *
 * What is mapped there is the guest's affair: a kernel may pass a buffer of
 * its application's. Read-only pages stop us as they stop the guest (CR0.WP).
 *
 * Source: [SDM3A] 5.5 "Privilege Levels".
 */
#include "hypercall.h"

#include "arch_hypercall.h"

/**
 * May ring 0 touch these addresses for a guest? (CALL-I1)
 *
 * @param address  The first byte.
 * @param bytes    How many; 0 is fine anywhere that a guest may reach.
 * @context{entry}
 * @return true if all lie below M2P_START.
 */
bool guest_range_ok(vaddr_t address, size_t bytes)
//@solution 4.2 -- (void)address; (void)bytes; return false;
{
    return address.a <= M2P_START && bytes <= M2P_START - address.a;
}
//@end

/**
 * Copy an argument in.
 *
 * @param to     The hypervisor's buffer.
 * @param from   The guest's address, unchecked.
 * @param bytes  Size of both.
 * @context{entry}
 * @retval 0        copied.
 * @retval -EFAULT  outside the guest's range, or not mapped; `to` may hold a
 *                  part.
 */
int copy_from_guest(void *to, vaddr_t from, size_t bytes)
//@solution 4.2 -- (void)to; (void)from; (void)bytes; return -EFAULT;
{
    if (!guest_range_ok(from, bytes))
        return -EFAULT;
    return arch_copy_may_fault(to, (const void *)(uintptr_t)from.a, bytes);
}
//@end

/**
 * Copy a result out.
 *
 * The caller has zeroed every byte of `from` that it did not set, padding
 * included: what was on our stack is nobody's business.
 *
 * @param to     The guest's address, unchecked.
 * @param from   The hypervisor's buffer.
 * @param bytes  Size of both.
 * @context{any}
 * @retval 0        copied.
 * @retval -EFAULT  outside the guest's range, not mapped or read-only; the
 *                  guest may have got a part.
 */
int copy_to_guest(vaddr_t to, const void *from, size_t bytes)
//@solution 4.2 -- (void)to; (void)from; (void)bytes; return -EFAULT;
{
    if (!guest_range_ok(to, bytes))
        return -EFAULT;
    return arch_copy_may_fault((void *)(uintptr_t)to.a, from, bytes);
}
//@end

/**
 * Fill guest memory with zeros. Parameters and errors as copy_to_guest().
 *
 * @param to     Guest address, any.
 * @param bytes  How many.
 * @context{hypercall}
 * @retval 0        all of them are 0.
 * @retval -EFAULT  the range is not the guest's, or cannot be written; bytes
 *                  before the fault are 0.
 */
int clear_guest(vaddr_t to, size_t bytes)
//@solution 4.2 -- (void)to; (void)bytes; return -EFAULT;
{
    if (!guest_range_ok(to, bytes))
        return -EFAULT;
    return arch_clear_may_fault((void *)(uintptr_t)to.a, bytes);
}
//@end
