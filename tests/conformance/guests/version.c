/* SPDX-License-Identifier: MIT */
/**
 * @file version.c
 * @page conformance_version Conformance: xen_version
 * Property: each sub-operation fills its whole structure, zeros behind the
 * text, and nothing behind the structure.
 * Source: the interface's version.h; Xen's advisory 122 for the padding.
 * Method: buffers filled with 0xA5; pointers that are null, unmapped, in the
 * hypervisor's range, across its border, read-only.
 */
#include "check.h"

#include <xen/features.h>

#define FILL 0xA5

static uint8_t buffer[4096] __attribute__((aligned(4096)));
static uint8_t constant[4096] __attribute__((aligned(4096)));

/** Call with the buffer filled. */
static int32_t version(uint32_t cmd)
{
    for (unsigned i = 0; i < sizeof(buffer); i++)
        buffer[i] = FILL;
    return hypercall_2(xen_version, cmd, buffer);
}

/** Whether `bytes` bytes from `from` are zeros behind the first NUL. */
static bool padded(unsigned from, unsigned bytes)
{
    unsigned i = from;

    while (i < from + bytes && buffer[i] != 0)
        i++;
    if (i == from + bytes)
        return false;
    while (i < from + bytes && buffer[i] == 0)
        i++;
    return i == from + bytes;
}

/** Whether the byte behind a structure, and all behind it, are kept. */
static bool kept_behind(unsigned bytes)
{
    for (unsigned i = bytes; i < sizeof(buffer); i++)
        if (buffer[i] != FILL)
            return false;
    return true;
}

static void texts(void)
{
    CHECK("xen_version.extraversion.returns", 0,
          version(XENVER_extraversion));
    CHECK("xen_version.extraversion.padded", 1,
          padded(0, sizeof(xen_extraversion_t)));
    CHECK("xen_version.extraversion.bytes_behind_kept", 1,
          kept_behind(sizeof(xen_extraversion_t)));
    CHECK("xen_version.capabilities.returns", 0,
          version(XENVER_capabilities));
    CHECK("xen_version.capabilities.padded", 1,
          padded(0, sizeof(xen_capabilities_info_t)));
    CHECK("xen_version.capabilities.bytes_behind_kept", 1,
          kept_behind(sizeof(xen_capabilities_info_t)));
    CHECK("xen_version.capabilities.pae", 'p', buffer[14]);
    CHECK("xen_version.changeset.returns", 0, version(XENVER_changeset));
    CHECK("xen_version.changeset.padded", 1,
          padded(0, sizeof(xen_changeset_info_t)));
    CHECK("xen_version.changeset.bytes_behind_kept", 1,
          kept_behind(sizeof(xen_changeset_info_t)));
    CHECK("xen_version.commandline.returns", 0, version(XENVER_commandline));
    CHECK("xen_version.commandline.padded", 1,
          !(start_info->flags & SIF_PRIVILEGED) ||
              padded(0, sizeof(xen_commandline_t)));
    CHECK("xen_version.commandline.bytes_behind_kept", 1,
          kept_behind(sizeof(xen_commandline_t)));
}

static void compile_info(void)
{
    CHECK("xen_version.compile_info.returns", 0,
          version(XENVER_compile_info));
    CHECK("xen_version.compile_info.compiler_padded", 1, padded(0, 64));
    CHECK("xen_version.compile_info.by_padded", 1, padded(64, 16));
    CHECK("xen_version.compile_info.domain_padded", 1, padded(80, 32));
    CHECK("xen_version.compile_info.date_padded", 1, padded(112, 32));
    CHECK("xen_version.compile_info.bytes_behind_kept", 1,
          kept_behind(sizeof(xen_compile_info_t)));
}

static void numbers(void)
{
    uint32_t number = (uint32_t)hypercall_2(xen_version, XENVER_version, 0);

    CHECK("xen_version.version.major", 4, number >> 16);
    CHECK("xen_version.version.argument_ignored", number,
          hypercall_2(xen_version, XENVER_version, IN_XEN_RANGE));
    CHECK("xen_version.pagesize.returns", 4096,
          hypercall_2(xen_version, XENVER_pagesize, 0));
    CHECK("xen_version.pagesize.with_argument", -XEN_EINVAL,
          hypercall_2(xen_version, XENVER_pagesize, buffer));
    CHECK("xen_version.platform_parameters.returns", 0,
          version(XENVER_platform_parameters));
    CHECK("xen_version.platform_parameters.virt_start", 0xF5800000,
          *(uint32_t *)buffer);
    CHECK("xen_version.platform_parameters.bytes_behind_kept", 1,
          kept_behind(4));
    CHECK("xen_version.guest_handle.returns", 0,
          version(XENVER_guest_handle));
    CHECK("xen_version.guest_handle.bytes_behind_kept", 1, kept_behind(16));
}

static void features(void)
{
    xen_feature_info_t *info = (xen_feature_info_t *)buffer;
    const uint32_t offered = 1u << XENFEAT_mmu_pt_update_preserve_ad |
                             1u << XENFEAT_highmem_assist |
                             1u << XENFEAT_gnttab_map_avail_bits;
    const uint32_t never = 1u << XENFEAT_writable_page_tables |
                           1u << XENFEAT_writable_descriptor_tables |
                           1u << XENFEAT_auto_translated_physmap |
                           1u << XENFEAT_supervisor_mode_kernel |
                           1u << XENFEAT_hvm_callback_vector;

    info->submap_idx = 0;
    info->submap = 0xA5A5A5A5;
    CHECK("xen_version.get_features.returns", 0,
          hypercall_2(xen_version, XENVER_get_features, info));
    CHECK("xen_version.get_features.offered", offered,
          info->submap & offered);
    CHECK("xen_version.get_features.never", 0, info->submap & never);
    CHECK("xen_version.get_features.dom0",
          (start_info->flags & SIF_INITDOMAIN) != 0,
          info->submap >> XENFEAT_dom0 & 1);
    info->submap_idx = 1;
    CHECK("xen_version.get_features.submap_1", -XEN_EINVAL,
          hypercall_2(xen_version, XENVER_get_features, info));
    info->submap_idx = ~0u;
    CHECK("xen_version.get_features.submap_max", -XEN_EINVAL,
          hypercall_2(xen_version, XENVER_get_features, info));
    CHECK("xen_version.get_features.null", -XEN_EFAULT,
          hypercall_2(xen_version, XENVER_get_features, 0));
}

/** Every sub-operation that writes, with a pointer it cannot write to. */
static void bad_pointers(void)
{
    static const uint8_t writes[] = {
        XENVER_extraversion, XENVER_compile_info, XENVER_capabilities,
        XENVER_changeset, XENVER_platform_parameters, XENVER_guest_handle,
        XENVER_commandline, XENVER_get_features,
    };

    page_map(constant, frame_of(constant) << 12 | L1_PRESENT | L1_ACCESSED);
    for (unsigned i = 0; i < sizeof(writes); i++) {
        CHECK("xen_version.every_structure.null", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], 0));
        CHECK("xen_version.every_structure.unmapped", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], UNMAPPED));
        CHECK("xen_version.every_structure.xen_range", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], IN_XEN_RANGE));
        CHECK("xen_version.every_structure.m2p", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], IN_M2P));
        CHECK("xen_version.every_structure.last_byte_in_m2p", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], IN_M2P - 3));
        CHECK("xen_version.every_structure.wraps", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], 0xFFFFFFFEu));
        CHECK("xen_version.every_structure.read_only", -XEN_EFAULT,
              hypercall_2(xen_version, writes[i], constant));
    }
    page_map(constant, frame_of(constant) << 12 | L1_ALL);
}

void family(void)
{
    texts();
    compile_info();
    numbers();
    features();
    bad_pointers();
    CHECK_CONTROL("xen_version.build_id.image_without_one", -XEN_ENODATA,
                  hypercall_2(xen_version, XENVER_build_id, 0));
    CHECK("xen_version.unknown.12", -XEN_ENOSYS,
          hypercall_2(xen_version, 12, buffer));
    CHECK("xen_version.unknown.max", -XEN_ENOSYS,
          hypercall_2(xen_version, ~0u, buffer));
}
