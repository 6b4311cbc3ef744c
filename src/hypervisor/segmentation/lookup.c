/* SPDX-License-Identifier: MIT */
/**
 * @file lookup.c
 * @ingroup segmentation
 * The descriptor behind a selector, as the processor finds it: in the tables
 * that are loaded, which we see through our windows.
 */
#include "segmentation.h"

#include "arch_hypercall.h"
#include "domain.h"

/**
 * Read the descriptor of one of the running guest's selectors.
 *
 * @param selector  Any.
 * @param[out] d    Set only if 0 is returned; nothing of it is checked.
 * @retval 0        found.
 * @retval -EINVAL  null, or beyond its table.
 * @retval -EFAULT  the table's page is not there.
 */
int descriptor_read(uint16_t selector, descriptor_t *d)
{
    const struct vcpu_descriptors *tables = &current_vcpu()->descriptors;
    bool in_ldt = (selector & 4) != 0;
    uint32_t index = selector >> 3;
    uint32_t nr = in_ldt ? tables->ldt_entries
                         : FIRST_RESERVED_GDT_ENTRY + GDT_PAGE_ENTRIES;
    uint32_t table = in_ldt ? LDT_WINDOW : GDT_WINDOW;

    if ((selector & ~3u) == 0 || index >= nr)
        return -EINVAL;
    return arch_copy_may_fault(d, (const void *)(uintptr_t)(table + index * 8),
                               sizeof(*d));
}
