/* SPDX-License-Identifier: MIT */
/**
 * @file
 * See image_reading.h.
 */
#include "image_reading.h"

#include <string.h>
#include <unistd.h>

#define GRUB "/usr/lib/grub-xen/grub-i386-xen.bin"

struct maker m;
struct guest_image image;
struct build_error why;

int read_image(void)
{
    memset(&why, 0, sizeof(why));
    return image_read(&m.source, &image, &why);
}

void start_usual(void)
{
    maker_start(&m);
    maker_usual_notes(&m);
}

/** An image with nothing but the legacy section. */
int read_legacy(const char *text)
{
    maker_start(&m);
    maker_section(&m, "__xen_guest", SHT_PROGBITS, text,
                  (uint32_t)strlen(text) + 1);
    return read_image();
}

void make_number_high(void)
{
    uint32_t value[2] = { 0x100000, 1 };

    maker_number(&m, XEN_ELFNOTE_ENTRY, 0);
    ((Elf32_Nhdr *)(void *)(m.bytes + m.notes_at - 20))->n_descsz = 8;
    memcpy(m.bytes + m.notes_at - 4, value, sizeof(value));
    m.note->p_filesz += 4;
}

bool start_grub(void)
{
    if (access(GRUB, R_OK) != 0)
        return false;
    maker_from_file(&m, GRUB);
    return true;
}
