/* SPDX-License-Identifier: MIT */
/**
 * @file domain.h
 * Lab 8: domains and their virtual processors, and the builders that start
 * them.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include "memory.h"
#include "segmentation.h"
#include "types.h"
#include "xen_abi.h"

struct domain;

/** One virtual processor. */
struct vcpu {
    struct domain *domain;
    unsigned id;
    bool initialised;
    bool running; /**< its registers are on the processor's stack */

    /** Registers while it does not run; while it runs they are in the trap
     *  frame at the top of the processor's stack. */
    trap_frame_t frame;

    /** Its slot in shared_info, at the hypervisor's own address. The guest
     *  writes there at any time: every read may differ from the last. */
    struct vcpu_info *info;

    struct vcpu_traps traps;
    struct vcpu_descriptors descriptors;

    mfn_t base; /**< the guest's L3: what it believes CR3 to hold */
    /** The four entries that the processor really walks: a masked copy of
     *  the guest's L3, because a PDPTE's bits 1, 2 and 5-8 are reserved in
     *  hardware and guests set them; see abi "PAE" notes in lab 3. */
    uint64_t pdpt[4] __attribute__((aligned(32)));

    uint32_t debug_register[8];
    uint32_t control4;     /**< the guest-settable bits of CR4 */
    bool task_switched;    /**< virtual CR0.TS */
    uint8_t io_privilege;  /**< virtual IOPL, 0..3 */
};

#define DOMAIN_MAX_VCPUS 32
#define DOMAIN_NAME_BYTES 32

/** One domain. */
struct domain {
    domid_t id;
    bool privileged; /**< may use the control calls; the first domain */
    bool dying;      /**< crashed or ended: never scheduled again */
    bool is_shut_down;
    unsigned shutdown_reason; /**< SHUTDOWN_* */
    char name[DOMAIN_NAME_BYTES];

    struct shared_info *shared; /**< the hypervisor's own mapping */
    mfn_t shared_mfn;           /**< below 4 GB: its machine address is u32 */

    uint32_t nr_frames;  /**< frames it owns now */
    uint32_t max_frames; /**< its limit */
    uint32_t first_frame; /**< head of the list through page_info.next */

    uint32_t assists; /**< VMASST bits that it enabled */

    unsigned nr_vcpus;
    struct vcpu *vcpu[DOMAIN_MAX_VCPUS];

    /** Hypercall numbers already logged as missing: once each is enough. */
    uint64_t missing_logged;

    /** The image that it was built from, for symbols in a crash report;
     *  empty when it has none. Machine addresses: read it through a window. */
    uint32_t image_start, image_end;
};

#endif
