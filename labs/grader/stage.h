/* SPDX-License-Identifier: MIT */
/**
 * @file stage.h
 * Making, filling and removing a grader's scratch folder (see grader.h).
 * Every function ends the program as a fault of the host when it cannot.
 */
#ifndef GRADER_STAGE_H
#define GRADER_STAGE_H

#include "labs/grader/grader.h"

/** Make the folder. A child of its own removes it when this process and its
 *  children have ended, even by SIGKILL. */
void stage_make(struct grader *g);
/** Remove it now. */
void stage_remove(struct grader *g);

/** A job's folder for g->cache: what one submission leaves behind can go
 *  when it is graded. Its owner removes it by job_folder_remove(). */
char *stage_cache(const struct grader *g);

/** Copy a file into it, to `to`. */
void stage_file(const struct grader *g, const char *from, const char *to);
/** Reference objects from g->source, in the order of its objects.list, and
 *  the linker's script. Fills g->objects. */
void stage_objects(struct grader *g);
/** The lab's drivers as far as they are built. */
void stage_drivers(const struct grader *g);
/** All headers of src/. */
void stage_headers(const struct grader *g);

/** SHA-256 over names and contents of everything in a folder of it, as text;
 *  free() it. */
char *stage_hash(const struct grader *g, const char *folder);

/** The same over the lab's tests and their guests, the hidden ones as they
 *  were built; free() it. */
char *stage_hash_tests(const struct grader *g);

/** Is there room on the disk for another job's files? Asked when a tool has
 *  failed, and its own files are gone: on a full disk it fails with everybody's
 *  code, and that is the host's fault. */
bool stage_has_room(const struct grader *g);

#endif
