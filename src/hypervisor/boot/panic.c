/* SPDX-License-Identifier: MIT */
/**
 * @file panic.c
 * The end: orderly, or with a report.
 *
 * @ingroup boot
 */
#include "boot.h"
#include "console.h"

#include "arch_cpu.h"
#include "arch_port.h"
#include "lib.h"

/* QEMU's and Bochs's ACPI: power management control, "sleep type 5 now". */
#define ACPI_CONTROL 0x604
#define ACPI_POWER_OFF 0x2000

/* The chipset's reset register: "full reset now". */
#define RESET_CONTROL 0xCF9
#define RESET_FULL 0x06

#define MAX_CALLERS 24

/* In entry_vector: the frame is not an exception's (boot_panic.asm). */
#define NO_VECTOR 0xFFFFu

extern const uint8_t image_data_start[], image_data_end[];
extern const uint8_t image_stack_start[], image_stack_end[];

/**
 * End the run of the machine.
 *
 * A simulator takes the number from EXIT_PORT and is gone. On a real machine
 * nothing listens there: it is powered off or reset as far as it can be, and
 * otherwise stands still.
 *
 * @param how  what a simulator's run returns
 * @context{panic}
 * @ingroup boot
 */
_Noreturn void machine_end(enum machine_exit how)
{
    arch_interrupts_off();
    console_drain();
    arch_out32(EXIT_PORT, how);
    if (how == MACHINE_REBOOT && !options.noreboot)
        arch_out8(RESET_CONTROL, RESET_FULL);
    if (how != MACHINE_REBOOT)
        arch_out16(ACPI_CONTROL, ACPI_POWER_OFF);
    for (;;) {
        arch_interrupts_off();
        arch_halt();
    }
}

/** An address with the function that holds the byte `back` before it. */
static void print_address(enum log_level level, const char *before,
                          uint32_t address, uint32_t back)
{
    uint32_t offset;
    const char *name = symbol_of(address - back, &offset);

    if (name)
        printk(level, "%s%08x %s+0x%x\n", before, address, name,
               offset + back);
    else
        printk(level, "%s%08x\n", before, address);
}

/**
 * Print the registers of a trap frame and the control registers.
 *
 * @param level  as printk()
 * @param frame  a frame; of ring 0 it ends after eflags, and esp is where it
 *               ends
 * @context{any}
 * @ingroup boot
 */
void print_registers(enum log_level level, const trap_frame_t *frame)
{
    bool outer = frame_ring(frame) != 0;
    uint32_t esp = outer ? frame->esp
                         : (uint32_t)(uintptr_t)(&frame->eflags + 1);

    if (outer)
        printk(level, "eip %04x:%08x\n", frame->cs, frame->eip);
    else
        print_address(level, "eip ", frame->eip, 0);
    printk(level, "eax %08x  ebx %08x  ecx %08x  edx %08x\n", frame->eax,
           frame->ebx, frame->ecx, frame->edx);
    printk(level, "esi %08x  edi %08x  ebp %08x  esp %08x\n", frame->esi,
           frame->edi, frame->ebp, esp);
    printk(level, "cs %04x  eflags %08x\n", frame->cs, frame->eflags);
    if (frame->entry_vector != NO_VECTOR)
        printk(level, "vector %u  error %04x\n", frame->entry_vector,
               frame->error_code);
    if (outer)
        printk(level, "ss %04x  ds %04x  es %04x  fs %04x  gs %04x\n",
               frame->ss, frame->ds, frame->es, frame->fs, frame->gs);
    printk(level, "cr0 %08x  cr2 %08x  cr3 %08x  cr4 %08x\n",
           arch_read_cr0(), arch_read_cr2(), arch_read_cr3(),
           arch_read_cr4());
}

/** Whether two words at an address are memory that a stack can lie in. */
static bool may_be_stack(uint32_t address)
{
    uint32_t last = address + 7;

    if (address % 4 != 0 || last < address)
        return false;
    return (address >= (uint32_t)(uintptr_t)image_data_start &&
            last < (uint32_t)(uintptr_t)image_data_end) ||
           (address >= (uint32_t)(uintptr_t)image_stack_start &&
            last < (uint32_t)(uintptr_t)image_stack_end);
}

/**
 * Print who called whom, innermost first.
 *
 * Every function of ours keeps a frame pointer: at ebp lies the caller's ebp,
 * and above it the address to return to. Boot's first frame has ebp 0.
 *
 *     ebp -> | caller's ebp   | -> | its caller's ebp | -> 0
 *            | return address |    | return address   |
 *
 * A return address is looked up by the byte before it: after the call of a
 * function that never returns, the next byte may be another function's.
 *
 * @param level  as printk()
 * @param eip    where the innermost function is
 * @param ebp    its frame pointer; anything, it is checked before use
 * @context{panic}
 * @ingroup boot
 */
void print_backtrace(enum log_level level, uint32_t eip, uint32_t ebp)
{
    print_address(level, "  at ", eip, 0);
    for (unsigned i = 0; i < MAX_CALLERS && may_be_stack(ebp); i++) {
        const uint32_t *at = (const uint32_t *)(uintptr_t)ebp;

        if (at[1] == 0)
            break;
        print_address(level, "  by ", at[1], 1);
        if (at[0] <= ebp) /* callers lie above: or we would go in circles */
            break;
        ebp = at[0];
    }
}

/** A panic in a panic: no more words than needed, and no more functions. */
static void enter_panic(void)
{
    static bool panicking;

    arch_interrupts_off();
    if (panicking) {
        console_write("\nPanic while panicking.\n", 24);
        machine_end(MACHINE_PANIC);
    }
    panicking = true;
}

/** The reason of the panic, and the registers that it printed: for whoever
 *  looks into the memory of a machine that has ended (the graders, who quote
 *  them; gdb). */
char panic_reason[256];
trap_frame_t panic_registers; /* up to eflags: ring 0 has no more */

static _Noreturn void report_and_end(const trap_frame_t *frame,
                                     const char *fmt, va_list args)
{
    enter_panic();
    memcpy(&panic_registers, frame, offsetof(trap_frame_t, esp));
    format_list(panic_reason, sizeof(panic_reason), fmt, args);
    printk(LOG_ERROR, "Panic: %s\n", panic_reason);
    print_registers(LOG_ERROR, frame);
    if (frame_ring(frame) == 0)
        print_backtrace(LOG_ERROR, frame->eip, frame->ebp);
    machine_end(MACHINE_PANIC);
}

_Noreturn void panic_from(const trap_frame_t *frame, const char *const *fmt);

/**
 * Stop the machine: the hypervisor has found a fault of its own. Prints the
 * reason, the caller's registers and who called it; the run ends with
 * MACHINE_PANIC.
 *
 * panic(fmt, ...) is in arch/boot_panic.asm; this is its C half.
 *
 * @param frame  the registers at the call
 * @param fmt    where the caller's arguments lie, in a row: first the reason
 *               in one sentence, as printk(), without a newline
 * @context{panic}
 * @ingroup boot
 */
_Noreturn void panic_from(const trap_frame_t *frame, const char *const *fmt)
{
    report_and_end(frame, *fmt, (va_list)(uintptr_t)(fmt + 1));
}

/**
 * Stop the machine because of an exception that nobody expected.
 *
 * @param frame  its trap frame
 * @param fmt    the reason in one sentence, as panic()
 * @context{panic}
 * @ingroup boot
 */
_Noreturn void panic_frame(const trap_frame_t *frame, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report_and_end(frame, fmt, args);
}
