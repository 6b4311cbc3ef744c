/* SPDX-License-Identifier: MIT */
/**
 * @file kill.h
 * rf-kill's parts: what they share.
 */
#ifndef CONFORMANCE_KILL_H
#define CONFORMANCE_KILL_H

#include "tests/conformance/host/families.h"
#include "tests/conformance/host/killers.h"
#include "tests/conformance/host/mistakes.h"

struct kill {
    const char *build, *folder;
    const char *list; /**< the file of killers */
    struct family *family;
    size_t nr_families;
    struct killers killers;
};

/** Say why nothing can be done, and end. */
_Noreturn void give_up(const char *what, const char *why);

/** Whoever hashes begins with this. */
#define KILL_HASH 0xCBF29CE484222325ull

/** Bytes, or those of a file, added to a hash (FNV-1a, 64 bits). */
uint64_t kill_hash(uint64_t hash, const void *bytes, size_t nr);
uint64_t kill_hash_file(uint64_t hash, const char *path);

/** The same of the hypervisor's image. */
uint64_t kill_hash_image(const struct kill *kill);

/** Run a family with the mistake that has been built. @return a verdict for
 *  each check, or NULL: there is no record; free it. */
enum verdict *kill_run(const struct kill *kill, struct family *f,
                       const struct source *s);

/** Look for killers of the checks that have none, so many seconds long. */
void kill_find(struct kill *kill, unsigned seconds);

/** Print a result line for each family and each line of the list: is there a
 *  killer for each check, and is it still a mistake of the sources? */
void kill_check(struct kill *kill);

/** Make some killers of the list again, and print a result line for each:
 *  its checks must fail. @param nr  How many; 0: all. */
void kill_sample(struct kill *kill, size_t nr);

#endif
