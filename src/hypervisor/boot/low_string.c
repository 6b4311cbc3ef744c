/* SPDX-License-Identifier: MIT */
/**
 * @file low_string.c
 * The low copies of memcpy() and its kin: the same source, other names and
 * another place (arch_boot.h, image.ld).
 *
 * @ingroup boot
 */
#define HV_LOW_FILE 1
#include "../lib/string.c"
