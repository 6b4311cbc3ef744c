/* SPDX-License-Identifier: MIT */
/**
 * @file console_io.c
 * @ingroup hypercall
 * Hypercall 18: the console of the machine.
 *
 * A serial line is slow (a byte takes some thousand instructions), so a text
 * is written a piece at a time, with a continuation after each; while there is
 * no room for it the call continues itself unchanged (QUEUE-I1).
 *
 * Source: [XenABI] xen/xen.h, CONSOLEIO_*.
 */
#include "hypercall.h"

#include "console.h"
#include "domain.h"

/** Bytes written before the call continues itself. */
#define PIECE 32u

static int32_t write_text(const uint32_t arg[HYPERCALL_ARGS])
{
    uint32_t bytes = arg[1], from = arg[2];
    char text[PIECE];
    uint32_t n = bytes < PIECE ? bytes : PIECE;

    if (copy_from_guest(text, vaddr(from), n) != 0)
        return -EFAULT;
    if (n > 0 && !console_has_room())
        return hypercall_continue(__HYPERVISOR_console_io, arg);
    console_line_write(current_vcpu()->domain, text, n);
    if (n < bytes) {
        const uint32_t rest[HYPERCALL_ARGS] = {
            CONSOLEIO_write, bytes - n, from + n, arg[3], arg[4], arg[5],
        };

        return hypercall_continue(__HYPERVISOR_console_io, rest);
    }
    return 0;
}

/** As many bytes as somebody has typed and as fit. Of what comes later the
 *  domain is told by VIRQ_CONSOLE. */
static int32_t read_text(uint32_t bytes, uint32_t to)
{
    char text[PIECE];
    uint32_t n = 0;
    int c;

    console_input_wanted();
    while (n < bytes && n < PIECE && (c = console_read()) >= 0)
        text[n++] = (char)c;
    if (copy_to_guest(vaddr(to), text, n) != 0)
        return -EFAULT;
    return (int32_t)n;
}

/**
 * Hypercall 18: write to the console, or read from it.
 *
 * @param arg  [0] CONSOLEIO_*, [1] number of bytes, [2] address. Any domain
 *             may write; only the control domain may read.
 * @context{hypercall}
 * @retval >=0      bytes read; 0 after a write.
 * @retval -EFAULT  the text cannot be read or stored; a part may have been
 *                  written.
 * @retval -EPERM   not the control domain.
 * @retval -ENOSYS  an unknown command.
 */
int32_t do_console_io(const uint32_t arg[HYPERCALL_ARGS])
{
    if (arg[0] == CONSOLEIO_write)
        return write_text(arg);
    if (!current_vcpu()->domain->privileged)
        return -EPERM;
    if (arg[0] == CONSOLEIO_read)
        return read_text(arg[1], arg[2]);
    return -ENOSYS;
}
