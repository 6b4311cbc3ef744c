/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Guests that must be refused: a good one with one thing wrong.
 */
#ifndef BOOTS_BAD_ELF_H
#define BOOTS_BAD_ELF_H

#include <stddef.h>
#include <stdint.h>

/** A guest's file while it is being spoilt. */
struct elf_file {
    uint8_t *bytes;
    size_t length;
};

/** One way to spoil it. */
struct bad_elf {
    const char *name;
    void (*spoil)(struct elf_file *);
};

extern const struct bad_elf bad_elfs[];
extern const size_t nr_bad_elfs;

#endif
