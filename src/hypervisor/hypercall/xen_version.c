/* SPDX-License-Identifier: MIT */
/**
 * @file xen_version.c
 * @ingroup hypercall
 * Hypercall 17: who is there, and what it can do.
 *
 * The interface's structures are fixed arrays of characters; all of an array
 * is written, zeros behind the text, so that nothing of ours shows through.
 *
 * The version is that of the interface (its revision 4.17), because guests
 * conclude from it what they may call; the texts say who we are.
 *
 * Sources: [XenABI] xen/version.h; xen/features.h.
 */
#include "hypercall.h"

#include <xen/features.h>
#include <xen/version.h>

#include "boot.h"
#include "domain.h"
#include "lib.h"

/** What commandline shows to a domain that may not know it. */
static const char denied[] = "<denied>";

/** Copy a text out as a whole array of `size` bytes. */
static int32_t put_text(uint32_t to, const char *text, size_t size)
{
    size_t used = strlen(text);

    if (used >= size)
        used = size - 1;
    if (copy_to_guest(vaddr(to), text, used) != 0 ||
        clear_guest(vaddr(to + used), size - used) != 0)
        return -EFAULT;
    return 0;
}

static int32_t put_compile_info(uint32_t to)
{
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
    strlcpy(info.compile_by, "ringfence", sizeof(info.compile_by));
    strlcpy(info.compile_domain, "ringfence", sizeof(info.compile_domain));
    /* No date: the same sources give the same image. */
    return copy_to_guest(vaddr(to), &info, sizeof(info));
}

static uint32_t features(const struct domain *d)
{
    uint32_t map = 1u << XENFEAT_mmu_pt_update_preserve_ad |
                   1u << XENFEAT_highmem_assist |
                   1u << XENFEAT_gnttab_map_avail_bits;

    if (d->assists & 1u << VMASST_TYPE_pae_extended_cr3)
        map |= 1u << XENFEAT_pae_pgdir_above_4gb;
    if (d->privileged)
        map |= 1u << XENFEAT_dom0;
    return map;
}

static int32_t get_features(const struct domain *d, uint32_t address)
{
    struct xen_feature_info info;

    if (copy_from_guest(&info, vaddr(address), sizeof(info)) != 0)
        return -EFAULT;
    if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -EINVAL;
    info.submap = features(d);
    return copy_to_guest(vaddr(address), &info, sizeof(info));
}

static int32_t get_command_line(const struct domain *d, uint32_t to)
{
    if (!d->privileged)
        return copy_to_guest(vaddr(to), denied, sizeof(denied));
    return put_text(to,
                    command_line_arguments(boot_information.command_line),
                    sizeof(xen_commandline_t));
}

/**
 * Hypercall 17.
 *
 * @param arg  [0] XENVER_*, [1] address of its structure.
 * @context{hypercall}
 * @retval >=0       version: major << 16 | minor; pagesize: 4096; else 0.
 * @retval -EINVAL   get_features: no such submap; pagesize: address not 0.
 * @retval -EFAULT   the structure cannot be read or written.
 * @retval -EPERM    build_id: only the control domain may ask.
 * @retval -ENODATA  build_id: this image has none.
 * @retval -ENOSYS   unknown number.
 */
int32_t do_xen_version(const uint32_t arg[HYPERCALL_ARGS])
{
    const struct domain *d = current_vcpu()->domain;
    uint32_t to = arg[1];

    switch (arg[0]) {
    case XENVER_version:
        return (int32_t)INTERFACE_VERSION;
    case XENVER_extraversion:
        return put_text(to, ".0-ringfence", sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return put_compile_info(to);
    case XENVER_capabilities:
        return put_text(to, "xen-3.0-x86_32p",
                        sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return put_text(to, "ringfence", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters: {
        const struct xen_platform_parameters p = { .virt_start = M2P_START };

        return copy_to_guest(vaddr(to), &p, sizeof(p));
    }
    case XENVER_get_features:
        return get_features(d, to);
    case XENVER_pagesize:
        return to != 0 ? -EINVAL : (int32_t)PAGE_SIZE;
    case XENVER_guest_handle:
        return clear_guest(vaddr(to), sizeof(xen_domain_handle_t));
    case XENVER_commandline:
        return get_command_line(d, to);
    case XENVER_build_id:
        return d->privileged ? -XEN_ENODATA : -EPERM;
    default:
        return -ENOSYS;
    }
}
