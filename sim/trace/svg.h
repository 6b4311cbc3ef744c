/* SPDX-License-Identifier: MIT */
/**
 * @file svg.h
 * A timeline as a picture: the ring that the processor was in as a stepped
 * line from left to right, the events as marks on it.
 *
 * Time is instructions, but not to scale: a boot of a million instructions
 * and a trap of thirty are both to be seen, so a distance grows with the
 * logarithm of the instructions between two events. The counts stand below.
 * A long timeline is broken into lines, as music is.
 */
#ifndef SIM_TRACE_SVG_H
#define SIM_TRACE_SVG_H

#include <stdio.h>

#include "sim/trace/timeline.h"

/** More rows than this are not drawn; the picture then says so. */
#define SVG_MAX_ROWS 1500u

/**
 * Draw a timeline.
 *
 * @param out       Where the SVG is written to.
 * @param title     Stands above the picture.
 * @param trace     That the timeline was made from.
 * @param options   That it was made with.
 * @param timeline  The rows.
 */
void svg_draw(FILE *out, const char *title, const struct trace *trace,
              const struct timeline_options *options,
              const struct timeline *timeline);

#endif
