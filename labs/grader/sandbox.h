/* SPDX-License-Identifier: MIT */
/**
 * @file sandbox.h
 * Where everything runs that a submission can influence: the compiler, the
 * linker, the simulator, and whoever reads files that those made.
 *
 * Each job has a folder of its own, the only thing that it may write, and
 * works in it by relative names. With bubblewrap it has also its own process
 * numbers, no network, no /proc, and sees nothing but that folder, what was
 * lent to it read-only, and system libraries; when we are root it is somebody
 * else, so that its processes are counted. Where bubblewrap cannot run (no
 * user namespaces), rf-confine takes its place as far as the kernel
 * allows (confine/confine.c): Landlock shows the same files and keeps signals
 * inside, a seccomp filter forbids the network and the like; besides there
 * are another user id when we are root, no new privileges, the limits, and
 * the watchdog. The report says which of them there are.
 *
 * - SANDBOX-I1: what decides a verdict is the limit on processor time, never
 *   the wall clock, which a loaded host moves. The clock only ends what
 *   hangs, and that is the host's fault (SANDBOX_CLOCK).
 * - SANDBOX-I2: when the call that started a job returns, every process of it
 *   has ended or been killed.
 */
#ifndef GRADER_SANDBOX_H
#define GRADER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_mode {
    SANDBOX_BUBBLEWRAP,
    SANDBOX_FALLBACK, /**< no name spaces: limits, and another user if root */
};

/** What the job sees of the system. */
enum sandbox_view {
    SANDBOX_LIBRARIES, /**< shared libraries */
    SANDBOX_TOOLS,     /**< compilers and their files, too */
};

#define SANDBOX_MAX_LENT 8

/** One job; zeroed members have the defaults named. */
struct sandbox_job {
    const char *folder; /**< absolute; its working directory */
    const char *const *argv;
    enum sandbox_view view;
    struct {
        const char *path; /**< absolute file or folder of the host */
        const char *name; /**< seen under this name in the job's folder; NULL:
                               at the same absolute path */
    } lent[SANDBOX_MAX_LENT]; /**< read-only; ends at path NULL */
    unsigned cpu_seconds;   /**< 10 */
    unsigned clock_seconds; /**< 30 times cpu_seconds */
    uint64_t memory_bytes;  /**< address space of a process: 2 GB */
    uint64_t file_bytes;    /**< of one file: 64 MB */
    unsigned processes;     /**< with bubblewrap's own: 32 */
    bool own_user; /**< stay the user that we are: the job reads what only
                        that one may read, by nothing but plain reads */
};

enum sandbox_end {
    SANDBOX_EXITED, /**< status: the exit status */
    SANDBOX_KILLED, /**< status: the signal, of which SIGXCPU and SIGXFSZ mean
                         a limit */
    SANDBOX_OUTPUT, /**< wrote more output than it may */
    SANDBOX_CLOCK,  /**< hung: see SANDBOX-I1 */
};

struct sandbox_result {
    enum sandbox_end end;
    int status;
    char *output;  /**< both outputs, text_clean()ed, cut at 64 KB */
    double seconds; /**< for people, never for a report */
};

/**
 * Say which program is rf-confine, and learn what it can do here. Without it
 * the fallback has no more than another user and limits.
 *
 * @param program  Absolute path, which every user can start.
 */
void sandbox_use_confiner(const char *program);

/** What confines a job in the fallback: "as another user, under Landlock
 *  ..."; free() it. */
char *sandbox_fallback_words(void);

/** Does the fallback hide files, as bubblewrap does? */
bool sandbox_fallback_hides(void);

/**
 * Try bubblewrap once; if we are root, as another user, and if that cannot be
 * as root.
 *
 * @param folder  An empty one of ours, where jobs' folders are, too.
 * @param why  One sentence when it cannot run, or without a limit on the
 *     number of processes; else NULL. free() it.
 */
enum sandbox_mode sandbox_probe(const char *folder, char **why);

/**
 * Run a job and wait for its end.
 *
 * A job that could not be started at all stops the grader (grader_fault).
 * @param mode  As sandbox_probe() found it.
 * @param job  What to run, and what it may see and use.
 * @param result  Filled in; release with sandbox_result_free().
 */
void sandbox_run(enum sandbox_mode mode, const struct sandbox_job *job,
                 struct sandbox_result *result);
void sandbox_result_free(struct sandbox_result *result);

/** What ended the job, as a phrase: "used more than 10 s of processor time".
 *  Static text. NULL for SANDBOX_EXITED. */
const char *sandbox_end_phrase(const struct sandbox_result *result);

#endif
