/* SPDX-License-Identifier: MIT */
/**
 * @file layout.h
 * Where everything lies in the 4 GB address space. The hypervisor is at the
 * top of every address space, so entering it changes no page table and
 * flushes nothing ([Xen2003] §2.1.1).
 *
 *     0xFFFFFFFF  +-----------------------------------------------+
 *                 | 2 MB never mapped: pointers just below 0 fault |
 *     0xFFE00000  +-----------------------------------------------+
 *                 | heap: 30 MB, one contiguous piece of RAM       | RW NX
 *     0xFE000000  +-----------------------------------------------+
 *                 | frame table: one struct page_info a frame      | RW NX
 *     0xF8000000  +-----------------------------------------------+
 *                 | machine-to-physical table, writable alias      | RW NX
 *     0xF7000000  +-----------------------------------------------+
 *                 | windows: guest frames while we look at them,   | RW NX
 *                 | descriptor tables, the APIC's registers        |
 *     0xF6C00000  +-----------------------------------------------+
 *                 | image: text R-X, constants R--, data RW-       |
 *     0xF6800000  +===============================================+ HYPERVISOR_START
 *                 | machine-to-physical table, read-only for rings | R-- NX
 *                 | 0 and 1: part of the guests' interface         |
 *     0xF5800000  +-----------------------------------------------+ M2P_START
 *                 | the guest's: kernel (ring 1), applications (3) |
 *     0x00000000  +-----------------------------------------------+
 *
 * Plain numbers only: the linker script and NASM read this file as well.
 */
#ifndef HV_LAYOUT_H
#define HV_LAYOUT_H

#define M2P_START 0xF5800000
#define M2P_BYTES 0x01000000

#define HYPERVISOR_START 0xF6800000

/* The image's virtual address less its machine address. */
#define IMAGE_OFFSET 0xF6800000
#define IMAGE_LOAD_MADDR 0x00100000
#define IMAGE_END 0xF6C00000

#define WINDOWS_START 0xF6C00000
#define WINDOWS_END 0xF7000000

/*
 * Windows at a fixed address, at the end of that range: window_map() hands
 * out none of them, window_fix() says what is in each. One page shows the
 * local interrupt controller's registers. The loaded LDT has 16 pages, filled
 * as they are touched; the GDT 14 for the guest's part and one, always there,
 * for the hypervisor's.
 */
#define FIXED_WINDOWS_START 0xF6FDF000
#define APIC_WINDOW 0xF6FDF000
#define LDT_WINDOW 0xF6FE0000
#define GDT_WINDOW 0xF6FF0000

#define M2P_ALIAS_START 0xF7000000

#define FRAME_TABLE_START 0xF8000000
#define FRAME_TABLE_END 0xFE000000

#define HEAP_START 0xFE000000
#define HEAP_END 0xFFE00000

/* Frames that the frame table and the M2P have room for: 16 GB. */
#define MAX_FRAMES 0x00400000

/*
 * Selectors. Guests own GDT entries 0..7167; entry 7168 on is the
 * hypervisor's page of the table, at these selectors by the public ABI.
 */
#define FIRST_RESERVED_GDT_ENTRY 7168
#define SEL_DOUBLE_FAULT_TSS 0xE000
#define SEL_HYPERVISOR_CS 0xE008
#define SEL_HYPERVISOR_DS 0xE010
#define SEL_RING1_CS 0xE019
#define SEL_RING1_DS 0xE021
#define SEL_RING3_CS 0xE02B
#define SEL_RING3_DS 0xE033
#define SEL_TSS 0xE038
#define SEL_LDT 0xE040

/* The vector of hypercalls: int 0x82. */
#define HYPERCALL_VECTOR 0x82

/*
 * The debug exit: a 32-bit write to this port ends the simulator's run
 * (QEMU's isa-debug-exit and our instrumented Bochs). Values: machine.h.
 */
#define EXIT_PORT 0xF4

#endif
