/* SPDX-License-Identifier: MIT */
/**
 * @file inside.h
 * rf-inside: the readers of what a submission made, as a program of its own
 * that runs in a sandbox. Archives, object files and debugging information
 * are formats with long histories of broken readers; if one breaks here, it
 * breaks alone, and the submission has failed.
 *
 *     rf-inside intake SOURCE OUT FILE...      -> one JSON object
 *     rf-inside object OBJECT KNOWN NAME... [-- SECTION...]
 *                                              -> a sentence, exit 1; or 0
 *     rf-inside image IMAGE LINES              -> a file, see image.c
 *     rf-inside where IMAGE ADDRESS...         -> lines, see where.c
 *
 * Every command writes to standard output and ends with 0, or 1 when the
 * submission is refused, or 2 when it was called wrongly.
 */
#ifndef GRADER_INSIDE_H
#define GRADER_INSIDE_H

/** Limits of a submission. */
#define INTAKE_MAX_ENTRIES 10000u
#define INTAKE_MAX_FILE 0x40000u
#define INTAKE_MAX_UNPACKED 0x10000000ull
#define INTAKE_MAX_LISTED 100u

/** Bytes that one exercise's code and data may take in the image. */
#define OBJECT_MAX_BYTES 0x80000u
#define OBJECT_MAX_FILE 0x1000000u
#define OBJECT_MAX_ALIGN 4096u

int inside_intake(int argc, char **argv);
int inside_object(int argc, char **argv);
int inside_image(int argc, char **argv);
int inside_where(int argc, char **argv);

#endif
