/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A console for unit tests: what was printed stays in a buffer, and a panic
 * aborts the test.
 */
#ifndef FAKE_CONSOLE_H
#define FAKE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#define FAKE_CONSOLE_BYTES 65536

extern char fake_console[FAKE_CONSOLE_BYTES];
extern size_t fake_console_length;

/** No room until somebody has looked this often, or waited for it. */
extern unsigned fake_console_full;

/** What is typed and not yet read. */
extern const char *fake_console_typed;

void fake_console_reset(void);

#endif
