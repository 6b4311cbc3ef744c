/* SPDX-License-Identifier: MIT */
/**
 * @file cover.h
 * Which source lines of the hypervisor a family makes it execute: a mistake
 * elsewhere need not be tried on it. A hint only: nothing that is said to
 * fail depends on it.
 */
#ifndef CONFORMANCE_COVER_H
#define CONFORMANCE_COVER_H

#include "tests/conformance/host/kill.h"

/** Told once for each line. @param source  Below src/hypervisor. */
typedef void cover_line(void *to, const char *source, unsigned line);

/**
 * Run a family once under QEMU, whose log of what it translates has each
 * instruction that is executed, and find their lines. They are kept in the
 * folder: the next time with the same image and guest, that file is read.
 *
 * @return false: that run left no log.
 */
bool cover_family(const struct kill *kill, struct family *f,
                  cover_line *tell, void *to);

#endif
