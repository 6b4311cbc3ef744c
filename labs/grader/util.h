/* SPDX-License-Identifier: MIT */
/**
 * @file util.h
 * What every part of the grader needs: text that grows, whole files, hashes,
 * and the one way to stop when the host is at fault.
 *
 * Memory that cannot be had ends the process through grader_fault(): a
 * grader that goes on without its memory could only be wrong.
 */
#ifndef GRADER_UTIL_H
#define GRADER_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** How rf-grade ends; part of its interface. */
enum grader_exit {
    GRADER_DONE = 0,    /**< graded, whatever the score */
    GRADER_FAILED = 1,  /**< a check of the graders themselves failed */
    GRADER_USAGE = 2,   /**< wrong arguments, unknown lab, refused folder */
    GRADER_HARNESS = 3, /**< the host's fault; something stayed ungraded */
};

/** Say one sentence on the standard error output and stop with
 *  GRADER_HARNESS. */
_Noreturn void grader_fault(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/** The same for a mistake in what the user asked for: GRADER_USAGE. */
_Noreturn void grader_usage(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/** Zeroed memory; never NULL. */
void *must_alloc(size_t nr, size_t size);
/** A copy of a string; never NULL. */
char *must_copy(const char *text);
/** A formatted string of its own; never NULL. */
char *must_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Bytes of somebody's; NUL follows the last, not counted. */
struct bytes {
    char *data;
    size_t size;
};

void bytes_free(struct bytes *bytes);

/** Text that grows. Start with all zeros; release with text_free(). */
struct text {
    char *data; /**< always ended by NUL once anything was added */
    size_t size;
    size_t room;
};

void text_add(struct text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *fmt, va_list list)
    __attribute__((format(printf, 2, 0)));
void text_add_bytes(struct text *text, const void *bytes, size_t size);
void text_free(struct text *text);

/** Make text of unknown origin fit for a report, in place: valid UTF-8, no
 *  control characters but the line's end and tab, none that is invisible or
 *  turns the order of others around; each other byte becomes '?'. Escape
 *  sequences and forged JSON end here. */
void text_clean(char *text);
/** The same for what must stay one line, as a name: without line's end and
 *  tab. */
void text_clean_line(char *text);
bool text_is_utf8(const char *text);

/**
 * Read a regular file whole; never through a symbolic link, because sandboxed
 * programs wrote some of those that we read.
 *
 * @param path  The file.
 * @param to  Filled in; the caller frees its data.
 * @param max  More bytes than this are an error.
 * @retval false  Not there, no regular file, too large; errno says which
 *                (EFBIG).
 */
bool file_read(const char *path, size_t max, struct bytes *to);

/** Write a file under another name, then rename it: a reader sees the old
 *  one or the new one. @retval false errno says why. */
bool file_write(const char *path, const void *data, size_t size);

/** From now on files and folders can be read by everybody, whatever the user's
 *  mask is: jobs have another user. For results the mask still counts. */
void file_open_up(void);

/** file_write() of what is the user's: a report, a table. */
bool file_write_result(const char *path, const void *data, size_t size);

/** file_read() and file_write(); the copy gets mode 0644, or 0755 when the
 *  original may be executed. */
bool file_copy(const char *from, const char *to);

bool file_exists(const char *path);

/** Make a folder and those above it. @retval false errno says why. */
bool make_folders(const char *path);
/** The same for the folder that `path` is in. */
bool make_parent(const char *path);
/** Remove a file, or a folder with all below it; links are not followed. */
void remove_tree(const char *path);

/** In a new child: be killed when `parent` ends, or now if it has. Of the
 *  thread's and the user's ids none may change after this, or the kernel
 *  forgets. */
void die_with_parent(pid_t parent);

/** Seconds that only grow; for limits and measurements, never for a report. */
double monotonic_seconds(void);

#define SHA256_BYTES 32
#define SHA256_HEX (2 * SHA256_BYTES + 1)

void sha256(const void *data, size_t size, uint8_t digest[SHA256_BYTES]);
void sha256_hex(const void *data, size_t size, char hex[SHA256_HEX]);
/** HMAC (RFC 2104) over SHA-256. */
void hmac_sha256(const void *key, size_t key_size, const void *data,
                 size_t size, uint8_t digest[SHA256_BYTES]);

#endif
