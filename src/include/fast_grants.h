/* SPDX-License-Identifier: MIT */
/**
 * @file fast_grants.h
 * The short form of hypercall 20 (grants/fast_grants.c).
 */
#ifndef HV_FAST_GRANTS_H
#define HV_FAST_GRANTS_H

#include "hypercall.h"

hypercall_fn fast_grant_table_op;

#endif
