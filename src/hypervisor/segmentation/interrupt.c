/* SPDX-License-Identifier: MIT */
/**
 * @file interrupt.c
 * @ingroup segmentation
 * The interrupt controllers: the two 8259 that every PC has, put out of the
 * exceptions' way with every line masked; and the processor's local APIC,
 * where there is one.
 *
 *     8254 -- line 0 --> 8259 ---------------\
 *                                             >--> processor, vector 0x20
 *                        local APIC's timer -/
 *
 * Only the timer interrupts us, from one of the two. A line that goes away
 * between the request and the acknowledgement makes a controller answer with
 * a vector for nothing: the 8259s with that of their line 7, mask or no mask,
 * the APIC with the one we gave it for that. Such an interrupt is counted and
 * needs no end-of-interrupt.
 *
 * Sources: [8259A] "Initialization Command Words"; [SDM3A]
 * 10.4 "Local APIC".
 */
#include "segmentation.h"

#include "arch_apic.h"
#include "arch_port.h"
#include "boot.h"
#include "console.h"
#include "time.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xA0
#define PIC2_DATA 0xA1

#define PIC1_VECTOR 0x20
#define PIC2_VECTOR 0x28

_Static_assert(PIC1_VECTOR == TIMER_VECTOR, "the 8254 is on line 0");

#define ICW1_INIT_ICW4 0x11
#define ICW3_PIC2_ON_LINE_2 0x04
#define ICW3_PIC2_IDENTITY 0x02
#define ICW4_8086 0x01
#define ALL_LINES 0xFF
#define OCW2_END 0x20

/* The APIC's registers, and what is written there. */
#define APIC_TASK_PRIORITY 0x080
#define APIC_END 0x0B0
#define APIC_SPURIOUS 0x0F0
#define APIC_LINT0 0x350
#define APIC_LINT1 0x360
#define SPURIOUS_ENABLE 0x00000100u
#define SPURIOUS_VECTOR 0x2Fu /* the low four bits are fixed in old ones */
#define LVT_MASKED 0x00010000u
#define LVT_NMI 0x00000400u

/** Interrupts that nobody asked for. */
static unsigned nr_spurious;

static bool has_apic;

/** Make the APIC's registers visible, if the processor has one. */
static void find_apic(void)
{
    uint64_t base;

    has_apic = false;
    if (!(arch_cpuid(1, 0).edx & CPUID1_EDX_APIC))
        return;
    base = arch_read_msr(MSR_APIC_BASE);
    if (!(base & APIC_BASE_ENABLED))
        return;
    has_apic = true;
    window_fix_device(APIC_WINDOW, maddr_to_mfn(maddr(base)));
}

/**
 * Give the 8259s vectors 0x20 to 0x2F, mask all their lines, and find the
 * APIC. None of its registers is touched yet.
 *
 * @context{boot}
 */
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
    find_apic();
}

/**
 * Whether interrupts come from the processor's APIC.
 *
 * @context{any}
 * @return false: from the two 8259s.
 */
bool interrupt_has_apic(void)
{
    return has_apic;
}

/**
 * Have the APIC take part: its own timer's interrupts and NMIs come through,
 * the 8259s' do not, of which all lines are masked anyway.
 *
 * @context{boot}
 * @return false if there is none.
 */
bool interrupt_enable_apic(void)
{
    if (!has_apic)
        return false;
    arch_apic_write(APIC_TASK_PRIORITY, 0);
    arch_apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
    arch_apic_write(APIC_LINT0, LVT_MASKED);
    arch_apic_write(APIC_LINT1, LVT_NMI);
    return true;
}

/**
 * Let a line of the first 8259 through.
 *
 * @param line  0 to 7.
 * @context{boot}
 */
void interrupt_open_line(unsigned line)
{
    arch_out8(PIC1_DATA, (uint8_t)(arch_in8(PIC1_DATA) & ~(1u << line)));
}

/**
 * Take an interrupt: from a guest, or from ring 0 while it is idle.
 *
 * @param vector  PIC1_VECTOR .. PIC2_VECTOR + 7.
 * @context{idle}
 */
void interrupt_take(unsigned vector)
{
    if (vector != TIMER_VECTOR) {
        if (nr_spurious++ == 0)
            printk(LOG_DEBUG, "spurious interrupt, vector %02x\n", vector);
        return;
    }
    if (has_apic)
        arch_apic_write(APIC_END, 0);
    else
        arch_out8(PIC1_COMMAND, OCW2_END);
    timer_interrupt();
}
