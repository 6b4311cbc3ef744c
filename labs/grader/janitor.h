/* SPDX-License-Identifier: MIT */
/**
 * @file janitor.h
 * A process that outlives a grader, in order to clean up behind it: nothing
 * is left of a grader that was killed, in whatever moment.
 */
#ifndef GRADER_JANITOR_H
#define GRADER_JANITOR_H

#include <sys/types.h>

/**
 * Start the process. When the caller and all its forks have ended or closed
 * `*fd`, it ends the sandboxes that are still there, removes the folder and
 * ends itself.
 *
 * A caller that is killed takes its sandboxes with it by the parent's death
 * signal; but bubblewrap makes its inner process first and asks for that
 * signal later, and one that loses its parent between the two stays for ever
 * or does its whole job for nobody. So whoever names the folder in his words
 * and has no terminal is killed, until nobody does.
 *
 * @param scratch  The folder, of a name that is made up anew each time.
 * @param fd  Filled in: close it to call the janitor. Closed by exec.
 * @return  Its process; the caller waits for it. -1: errno says why.
 */
pid_t janitor_start(const char *scratch, int *fd);

#endif
