/* SPDX-License-Identifier: MIT */
/**
 * @file unpack.h
 * Kernels as distributions ship them: the ELF image that the hypervisor loads
 * is often packed, and for PCs packed into a file with a boot sector.
 */
#ifndef SIM_RUN_UNPACK_H
#define SIM_RUN_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "sim/run/error.h"

/** Most bytes that are unpacked: more than any kernel, less than a machine. */
#define UNPACK_MAX_BYTES (1u << 30)

/**
 * Replace a kernel's file by what is packed in it: a bzImage by its payload,
 * what gzip, bzip2, xz, lzma, lz4, lzop or zstd made by what they were given.
 * Anything else stays as it is; whether it is a kernel is for others to say.
 *
 * @param name            The file, for the sentence.
 * @param[in,out] bytes   From malloc(); replaced by other ones, or kept.
 * @param[in,out] length  How many.
 * @param[out] error      The sentence; only if -1 is returned.
 * @retval 0   Done; `bytes` may be what it was.
 * @retval -1  Something is packed and cannot be unpacked: it is cut, broken,
 *             packed in an unknown way, or unpacks to more than
 *             UNPACK_MAX_BYTES. `bytes` are those of the layer that stays on.
 */
int sim_unpack(const char *name, uint8_t **bytes, size_t *length,
               struct sim_error *error);

#endif
