/* SPDX-License-Identifier: MIT */
/*
 * What the boot ROM's code (rom.asm) and its composer (compose.c) agree on.
 * Plain numbers, each alone on its line: NASM reads this file as well.
 */
#ifndef SIM_ROM_STUB_H
#define SIM_ROM_STUB_H

/* The code takes the last page below 4 GB; the pieces lie below it. */
#define STUB_ADDRESS 0xFFFFF000
#define STUB_BYTES 4096

/* Offsets in that page, where the composer fills in numbers of 4 bytes. */
#define STUB_DELAY 0
#define STUB_TABLE 4
#define STUB_ENTRY 8
#define STUB_INFO 12
#define STUB_FIELDS_END 16

/* One line of the copy table. A line with no bytes ends the table; a line
   whose source is 0 fills with zeros. */
#define PIECE_SOURCE 0
#define PIECE_TARGET 4
#define PIECE_LENGTH 8
#define PIECE_SIZE 12

#endif
