/* SPDX-License-Identifier: MIT */
/**
 * @file image_maker.h
 * Makes small guest images in host memory, right ones and wrong ones.
 */
#ifndef TEST_IMAGE_MAKER_H
#define TEST_IMAGE_MAKER_H

#include "builder.h"

#define MAKER_BYTES 0x3000u

/** An image under construction; every part can be changed by hand. */
struct maker {
    uint8_t *bytes;        /**< malloc()ed, exactly `size` of them */
    uint32_t size;
    Elf32_Ehdr *elf;
    Elf32_Phdr *load;      /**< text and data: file 0x1000.. to 0x100000.. */
    Elf32_Phdr *note;
    uint32_t notes_at;     /**< next free byte of the notes */
    struct image_source source;
};

void maker_start(struct maker *m);
void maker_number(struct maker *m, uint32_t type, uint32_t value);
void maker_string(struct maker *m, uint32_t type, const char *value);
void maker_usual_notes(struct maker *m);
void maker_cut(struct maker *m, uint32_t size);
void maker_from_file(struct maker *m, const char *path);
void maker_free(struct maker *m);

/* Sections: [0] none, [1] names, [2] the one that is added. */
Elf32_Shdr *maker_section(struct maker *m, const char *name, uint32_t type,
                          const void *content, uint32_t bytes);
void maker_symbols(struct maker *m);

#endif
