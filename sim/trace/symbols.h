/* SPDX-License-Identifier: MIT */
/**
 * @file symbols.h
 * Names and source lines of an ELF file: the hypervisor's image or a guest.
 *
 * Reading is elfutils' work. The files come from compilers that read what
 * strangers wrote, so a grader opens them in a sandbox: nothing here starts
 * programs, looks for other files or keeps global state.
 */
#ifndef SIM_TRACE_SYMBOLS_H
#define SIM_TRACE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/run/error.h"

struct symbols;

/** A place in the source. */
struct source_line {
    const char *file; /**< as the compiler wrote it; the symbols' */
    unsigned line;
};

/**
 * Read an ELF file's symbol table and line table.
 *
 * @param path     The file.
 * @param symbols  The result, also when the file has neither: then every
 *                 question is answered with "unknown". Release with
 *                 symbols_close().
 * @param error    What is wrong with the file.
 * @retval -1      The file cannot be read or is not ELF32.
 */
int symbols_open(const char *path, struct symbols **symbols,
                 struct sim_error *error);
void symbols_close(struct symbols *symbols);

/**
 * The symbol that an address belongs to: the nearest one at or below it in
 * the same section, and not past that symbol's size if it has one.
 *
 * @param symbols  Of the file that the address belongs to.
 * @param address  Virtual.
 * @param offset   How far into it; may be NULL.
 * @return Its name, or NULL.
 */
const char *symbols_name(const struct symbols *symbols, uint32_t address,
                         uint32_t *offset);

/** The source line that an instruction was made from; in an inlined function,
 *  the line that calls it. */
bool symbols_line(const struct symbols *symbols, uint32_t address,
                  struct source_line *line);

/** A symbol's address; of several, a global one comes first. */
bool symbols_address(const struct symbols *symbols, const char *name,
                     uint32_t *address);

/**
 * "function+0x12 (file.c:34)", as far as it is known, else "0x00123456".
 *
 * @param symbols  NULL: nothing is known.
 * @param address  Virtual.
 * @param text     Filled in, always ended.
 * @param size     Bytes of `text`; at least 12.
 */
void symbols_describe(const struct symbols *symbols, uint32_t address,
                      char *text, size_t size);

#endif
