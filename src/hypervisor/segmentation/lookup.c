/* SPDX-License-Identifier: MIT */
/**
 * @file lookup.c
 *
 * Source: [SDM3A] 3.4.2 "Segment Selectors".
 * @ingroup segmentation
 * The descriptor behind a selector, as the processor finds it: in the tables
 * that are loaded, which we see through our windows.
 */
#include "segmentation.h"

#include "arch_hypercall.h"
#include "domain.h"

/** Where a selector's descriptor is in our windows; NULL: nowhere. */
static descriptor_t *descriptor_place(uint16_t selector)
{
    const struct vcpu_descriptors *tables = &current_vcpu()->descriptors;
    bool in_ldt = (selector & 4) != 0;
    uint32_t index = selector >> 3;
    uint32_t nr = in_ldt ? tables->ldt_entries
                         : FIRST_RESERVED_GDT_ENTRY + GDT_PAGE_ENTRIES;
    uint32_t table = in_ldt ? LDT_WINDOW : GDT_WINDOW;

    if ((selector & ~3u) == 0 || index >= nr)
        return NULL;
    return (descriptor_t *)(uintptr_t)(table + index * sizeof(descriptor_t));
}

/**
 * Read the descriptor of one of the running guest's selectors.
 *
 * @param selector  Any.
 * @param[out] d    Set only if 0 is returned; nothing of it is checked.
 * @context{exception}
 * @retval 0        found.
 * @retval -EINVAL  null, or beyond its table.
 * @retval -EFAULT  the table's page is not there.
 */
int descriptor_read(uint16_t selector, descriptor_t *d)
{
    const descriptor_t *place = descriptor_place(selector);

    if (place == NULL)
        return -EINVAL;
    return arch_copy_may_fault(d, place, sizeof(*d));
}

/**
 * Change the descriptor of one of the running guest's selectors.
 *
 * The segment register follows when it is loaded, which the exit path does.
 *
 * @param selector  Any; an entry of the hypervisor's own is refused.
 * @param d         Has passed descriptor_admit().
 * @context{exception}
 * @retval 0        done.
 * @retval -EINVAL  null, beyond its table, or the hypervisor's.
 * @retval -EFAULT  the table's page is not there.
 */
int descriptor_write(uint16_t selector, descriptor_t d)
{
    descriptor_t *place = descriptor_place(selector);

    if (place == NULL ||
        (!(selector & 4) && selector >> 3 >= FIRST_RESERVED_GDT_ENTRY))
        return -EINVAL;
    return arch_copy_may_fault(place, &d, sizeof(d));
}
