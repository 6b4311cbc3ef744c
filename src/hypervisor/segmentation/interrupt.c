/* SPDX-License-Identifier: MIT */
/**
 * @file interrupt.c
 * @ingroup segmentation
 * The two 8259 interrupt controllers: put out of the exceptions' way, every
 * line masked.
 *
 * A line that goes away between the request and the acknowledgement makes the
 * controller answer with its lowest priority, line 7, mask or no mask. Such an
 * interrupt is counted and needs no end-of-interrupt.
 *
 * Source: Intel 8259A data sheet, "Initialization Command Words".
 */
#include "segmentation.h"

#include "arch_port.h"
#include "console.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xA0
#define PIC2_DATA 0xA1

#define PIC1_VECTOR 0x20
#define PIC2_VECTOR 0x28

#define ICW1_INIT_ICW4 0x11
#define ICW3_PIC2_ON_LINE_2 0x04
#define ICW3_PIC2_IDENTITY 0x02
#define ICW4_8086 0x01
#define ALL_LINES 0xFF

/** Interrupts that nobody asked for. */
static unsigned nr_spurious;

/** Give the controllers vectors 0x20 to 0x2F, and mask all lines. */
void interrupt_init(void)
{
    arch_out8(PIC1_COMMAND, ICW1_INIT_ICW4);
    arch_out8(PIC2_COMMAND, ICW1_INIT_ICW4);
    arch_out8(PIC1_DATA, PIC1_VECTOR);
    arch_out8(PIC2_DATA, PIC2_VECTOR);
    arch_out8(PIC1_DATA, ICW3_PIC2_ON_LINE_2);
    arch_out8(PIC2_DATA, ICW3_PIC2_IDENTITY);
    arch_out8(PIC1_DATA, ICW4_8086);
    arch_out8(PIC2_DATA, ICW4_8086);
    arch_out8(PIC1_DATA, ALL_LINES);
    arch_out8(PIC2_DATA, ALL_LINES);
}

/**
 * Take an interrupt on a masked line.
 *
 * @param vector  PIC1_VECTOR .. PIC2_VECTOR + 7.
 */
void interrupt_spurious(unsigned vector)
{
    if (nr_spurious++ == 0)
        printk(LOG_DEBUG, "spurious interrupt, vector %02x\n", vector);
}
