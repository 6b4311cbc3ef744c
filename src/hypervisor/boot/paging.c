/* SPDX-License-Identifier: MIT */
/**
 * @file paging.c
 * Exercise 1.3: from machine addresses to virtual ones.
 *
 * The instruction that turns paging on runs at a machine address, and the one
 * after it is fetched through the new tables. So for a moment the same code
 * must be seen at its machine address *and* lie where the hypervisor wants to
 * live: that is what the identity mappings of exercise 1.2 are for. Once the
 * processor runs high, they are in the way: a stray pointer near 0 would hit
 * the hypervisor's own code instead of faulting.
 *
 *     before              at the switch            after
 *     +---------+         +---------+ 0xF69...     +---------+
 *     |         |         | image   |              | image   | <- eip
 *     |         |         +---------+              +---------+
 *     |         |         |         |              |         |
 *     +---------+         +---------+              |         |
 *     | image   | <- eip  | image   | <- eip       |         |
 *     +---------+ 1 MB    +---------+              +---------+
 *     (no paging)
 *
 * Source: [SDM3A] 253668-032, 9.9 "Mode Switching".
 *
 * @ingroup boot
 */
#include "boot.h"

#include "arch_boot.h"
#include "arch_cpu.h"
#include "arch_nx.h"

/**
 * Turn paging on and go on at a function that is linked high.
 *
 * The order matters, and the machine checks it: without CR4.PAE the L3 would
 * be read as a page directory of another format; while EFER.NXE is clear,
 * bit 63 of an entry is reserved and every NX page faults; and without
 * CR0.WP ring 0 writes to read-only pages (BOOT-I3).
 *
 * A processor without NX may have no EFER either, and touching it faults:
 * arch_enable_nx() looks first. boot_low() has then cleared bit 63 in all
 * of the tables.
 *
 * @param l3_maddr  machine address of the L3 of exercise 1.2
 * @param go_on     where to go: its virtual address, high
 * @param info      its argument, also a virtual address
 * @context{boot}
 * @pre paging is off; the tables map this function and the stack at their
 *      machine addresses
 * @note Does not return. This function alone is linked low (BOOT_TEXT in
 *       boot.h), so it can call nothing but the inline functions of arch/.
 *       arch_jump_high() is the last step.
 * @par Source
 * [SDM3A] 253668-032, 9.9 "Mode Switching"; 4.1.2 "Paging-Mode Enabling".
 * @ingroup boot
 */
void paging_turn_on(uint32_t l3_maddr, boot_main_t go_on,
                    const struct boot_info *info)
//@solution 1.3 -- (void)l3_maddr; (void)go_on; (void)info;
{
    arch_write_cr4(arch_read_cr4() | CR4_PAE);
    arch_write_cr3(l3_maddr);
    arch_enable_nx();
    arch_write_cr0(arch_read_cr0() | CR0_WP | CR0_PG);
    arch_jump_high(go_on, info);
}
//@end

/**
 * Remove every mapping below the hypervisor's quarter of the address space
 * (BOOT-I4).
 *
 * With PAE the processor keeps the four entries of the L3 in registers of its
 * own and reads memory again only when CR3 is loaded: changing the table is
 * half of the work.
 *
 * @param l3  the L3 that the processor runs on, by its virtual address
 * @context{boot}
 * @pre running high, on a high stack
 * @post L3 entries 0 to 2 are 0, in memory and in the processor; no
 *       translation of theirs is left in the TLB.
 * @par Source
 * [SDM3A] 253668-032, 4.4.1 "PDPTE Registers".
 * @ingroup boot
 */
void paging_drop_identity(l3e_t *l3)
//@solution 1.3 -- (void)l3;
{
    for (unsigned i = 0; i < L3_ENTRIES - 1; i++)
        l3[i].e = 0;
    arch_write_cr3(arch_read_cr3());
}
//@end
