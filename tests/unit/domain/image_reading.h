/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One image in host memory, and what reading it gave: what the tests of
 * image_read() share.
 */
#ifndef IMAGE_READING_H
#define IMAGE_READING_H

#include <stdbool.h>

#include "image_maker.h"

extern struct maker m;
extern struct guest_image image;
extern struct build_error why;

int read_image(void);

/** An image with the usual notes; the caller frees `m`. */
void start_usual(void);

/** Make an image with a legacy section of this text, and read it. */
int read_legacy(const char *text);

/** Its entry as a number of 64 bits, the upper ones not 0. */
void make_number_high(void);

/** Debian's GRUB, if it is installed. */
bool start_grub(void);

#endif
