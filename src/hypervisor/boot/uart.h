/* SPDX-License-Identifier: MIT */
/**
 * @file uart.h
 * The 16550 serial port, by polling. Inline, because the same few lines run
 * before paging (low_stop()) and after it (console.c).
 *
 * Source: [16550] "PC16550D Universal Asynchronous Receiver/Transmitter".
 */
#ifndef HV_UART_H
#define HV_UART_H

#include <stdbool.h>

#include "arch_port.h"

#define COM1 0x3F8

/* Registers, from the base port. */
#define UART_DATA 0            /* with DLAB: divisor, low byte */
#define UART_INTERRUPTS 1      /* with DLAB: divisor, high byte */
#define UART_FIFO 2
#define UART_LINE 3
#define UART_MODEM 4
#define UART_STATUS 5

#define UART_LINE_8N1 0x03
#define UART_LINE_DLAB 0x80
#define UART_STATUS_RECEIVED 0x01
#define UART_STATUS_ROOM 0x20
#define UART_STATUS_EMPTY 0x40 /* the last bit of all is out */

/* At 115200 baud a byte takes 87 us: a port that stays busy longer than this
 * many reads (about 1 us each) is broken or absent, and is not waited for. */
#define UART_PATIENCE 20000

/** 115200 baud, 8 bits, no parity, FIFOs on, no interrupts. */
ARCH_INLINE void uart_init(uint16_t port)
{
    arch_out8(port + UART_INTERRUPTS, 0);
    arch_out8(port + UART_LINE, UART_LINE_DLAB);
    arch_out8(port + UART_DATA, 1);
    arch_out8(port + UART_INTERRUPTS, 0);
    arch_out8(port + UART_LINE, UART_LINE_8N1);
    arch_out8(port + UART_FIFO, 0x07);
    arch_out8(port + UART_MODEM, 0x03);
}

ARCH_INLINE void uart_put(uint16_t port, char c)
{
    for (unsigned i = 0; i < UART_PATIENCE; i++)
        if (arch_in8(port + UART_STATUS) & UART_STATUS_ROOM)
            break;
    arch_out8(port + UART_DATA, (uint8_t)c);
}

/** Wait until every byte is on the wire: a machine that is switched off
 *  takes those in the port's FIFO along. */
ARCH_INLINE void uart_drain(uint16_t port)
{
    for (unsigned i = 0; i < UART_PATIENCE; i++)
        if (arch_in8(port + UART_STATUS) & UART_STATUS_EMPTY)
            break;
}

/** Whether a byte has arrived. */
ARCH_INLINE bool uart_has_received(uint16_t port)
{
    uint8_t status = arch_in8(port + UART_STATUS);

    /* 0xFF: there is no such port. */
    return status != 0xFF && (status & UART_STATUS_RECEIVED);
}

/** A byte that has arrived, or -1. */
ARCH_INLINE int uart_get(uint16_t port)
{
    return uart_has_received(port) ? arch_in8(port + UART_DATA) : -1;
}

#endif
