/* SPDX-License-Identifier: MIT */
/**
 * @file broken.h
 * A hypervisor that is broken on purpose, built.
 */
#ifndef TESTS_ORACLES_BROKEN_H
#define TESTS_ORACLES_BROKEN_H

#include "tests/oracles/variant.h"

/**
 * Compile the changed sources and link FOLDER/image.elf with them and the
 * right objects of BUILD for the rest. The compiler's and the assembler's
 * command lines come from RF_HV_CC and RF_HV_NASM.
 *
 * @retval -1  The complaint says why; FOLDER/build.log has the rest.
 */
int broken_build(const struct variant *v, const char *build,
                 const char *folder, struct complaint *c);

/** The same with one source, whose whole text is given. */
int broken_build_text(const char *source, const char *text,
                      const char *build, const char *folder,
                      struct complaint *c);

#endif
