/* SPDX-License-Identifier: MIT */
/**
 * @file table.c
 * All oracles. An oracle's index is part of event files, so a new one goes
 * to the end.
 */
#include "sim/oracles/oracle.h"

extern const struct oracle oracle_map;
extern const struct oracle oracle_rings;
extern const struct oracle oracle_segments;
extern const struct oracle oracle_context;
extern const struct oracle oracle_page_tables;
extern const struct oracle oracle_stale_translations;
extern const struct oracle oracle_fetch_once;
extern const struct oracle oracle_time_to_respond;

const struct oracle *const oracle_table[] = {
    &oracle_map,
    &oracle_rings,
    &oracle_segments,
    &oracle_context,
    &oracle_page_tables,
    &oracle_stale_translations,
    &oracle_fetch_once,
    &oracle_time_to_respond,
    NULL,
};
