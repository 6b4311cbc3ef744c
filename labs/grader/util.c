/* SPDX-License-Identifier: MIT */
/**
 * @file util.c
 * Text, files and hashes for the grader; contracts in util.h.
 */
#include "labs/grader/util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gcrypt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void stop(enum grader_exit status, const char *fmt,
                           va_list list)
{
    fflush(stdout);
    fputs("rf-grade: ", stderr);
    vfprintf(stderr, fmt, list);
    fputc('\n', stderr);
    exit(status);
}

_Noreturn void grader_fault(const char *fmt, ...)
{
    va_list list;

    va_start(list, fmt);
    stop(GRADER_HARNESS, fmt, list);
}

_Noreturn void grader_usage(const char *fmt, ...)
{
    va_list list;

    va_start(list, fmt);
    stop(GRADER_USAGE, fmt, list);
}

void *must_alloc(size_t nr, size_t size)
{
    void *memory = calloc(nr ? nr : 1, size ? size : 1);

    if (!memory)
        grader_fault("out of memory (%zu times %zu bytes)", nr, size);
    return memory;
}

char *must_copy(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        grader_fault("out of memory (a string of %zu bytes)", strlen(text));
    return copy;
}

char *must_format(const char *fmt, ...)
{
    va_list list;
    char *text;

    va_start(list, fmt);
    if (vasprintf(&text, fmt, list) < 0)
        grader_fault("out of memory (a formatted string)");
    va_end(list);
    return text;
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){ 0 };
}

/** Room for `more` bytes and the NUL. */
static void text_grow(struct text *text, size_t more)
{
    size_t need = text->size + more + 1;

    if (need <= text->room)
        return;
    text->room = need < 256 ? 256 : 2 * need;
    text->data = realloc(text->data, text->room);
    if (!text->data)
        grader_fault("out of memory (text of %zu bytes)", text->room);
}

void text_add_bytes(struct text *text, const void *bytes, size_t size)
{
    text_grow(text, size);
    if (size)
        memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = 0;
}

void text_add_list(struct text *text, const char *fmt, va_list list)
{
    va_list again;
    int size;

    va_copy(again, list);
    size = vsnprintf(NULL, 0, fmt, list);
    if (size < 0)
        grader_fault("a message could not be formatted: %s", fmt);
    text_grow(text, (size_t)size);
    vsnprintf(text->data + text->size, (size_t)size + 1, fmt, again);
    text->size += (size_t)size;
    va_end(again);
}

void text_add(struct text *text, const char *fmt, ...)
{
    va_list list;

    va_start(list, fmt);
    text_add_list(text, fmt, list);
    va_end(list);
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){ 0 };
}

/** Bytes of the UTF-8 sequence at `s`, and what it says; 0 when it is none. */
static unsigned utf8_length(const unsigned char *s, uint32_t *said)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned length = s[0] < 0x80             ? 1
                      : (s[0] & 0xE0) == 0xC0 ? 2
                      : (s[0] & 0xF0) == 0xE0 ? 3
                      : (s[0] & 0xF8) == 0xF0 ? 4
                                              : 0;
    uint32_t point;

    *said = s[0];
    if (length < 2)
        return length;
    point = s[0] & (0x7Fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3Fu);
    }
    *said = point;
    if (point < lowest[length] || point > 0x10FFFF ||
        (point >= 0xD800 && point < 0xE000))
        return 0;
    /* C1 controls are one character of two bytes: 8-bit escape sequences. */
    return point >= 0x80 && point < 0xA0 ? 0 : length;
}

/** Characters that one does not see, or that show others in another order:
 *  with them a line reads as something else than it says. */
static bool misleads(uint32_t point)
{
    return (point < 0x20 && point != '\n' && point != '\t') ||
           point == 0x7F || point == 0x61C ||
           (point >= 0x200B && point <= 0x200F) ||
           (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

bool text_is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t point;
    unsigned length;

    while (*s && (length = utf8_length(s, &point)))
        s += length;
    return !*s;
}

void text_clean(char *text)
{
    unsigned char *s = (unsigned char *)text;

    while (*s) {
        uint32_t point;
        unsigned length = utf8_length(s, &point);

        if (!length || misleads(point)) {
            length += length == 0;
            memset(s, '?', length);
        }
        s += length;
    }
}

void text_clean_line(char *text)
{
    text_clean(text);
    for (; *text; text++)
        if (*text == '\n' || *text == '\t')
            *text = '?';
}

/** Read `size` bytes or up to the end; a file may grow while it is read. */
static ssize_t read_all(int fd, char *to, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, to + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

bool file_read(const char *path, size_t max, struct bytes *to)
{
    /* Non-blocking: opening a FIFO would otherwise wait for ever. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    ssize_t size = -1;
    int why;

    *to = (struct bytes){ 0 };
    if (fd < 0)
        return false;
    if (fstat(fd, &status) < 0) {
        why = errno;
    } else if (!S_ISREG(status.st_mode)) {
        why = EINVAL;
    } else if ((uint64_t)status.st_size > max) {
        why = EFBIG;
    } else {
        to->data = must_alloc((size_t)status.st_size + 1, 1);
        size = read_all(fd, to->data, (size_t)status.st_size);
        why = errno;
    }
    close(fd);
    if (size < 0) {
        bytes_free(to);
        errno = why;
        return false;
    }
    to->size = (size_t)size;
    return true;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static bool write_mode(const char *path, const void *data, size_t size,
                       mode_t mode)
{
    char *other = must_format("%s.%ld.new", path, (long)getpid());
    /* The folder may be one that a job has written into. */
    int fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool done = fd >= 0 && write_all(fd, data, size);
    int why = errno;

    if (fd >= 0 && close(fd) < 0 && done) {
        done = false;
        why = errno;
    }
    if (done && rename(other, path) < 0) {
        done = false;
        why = errno;
    }
    if (!done)
        unlink(other);
    free(other);
    errno = why;
    return done;
}

bool file_write(const char *path, const void *data, size_t size)
{
    return write_mode(path, data, size, 0644);
}

/** The user's mask, from file_open_up(); until then the process's own counts. */
static mode_t users_mask;

void file_open_up(void)
{
    static bool done;

    if (!done)
        users_mask = umask(022);
    done = true;
}

bool file_write_result(const char *path, const void *data, size_t size)
{
    return write_mode(path, data, size, 0666 & ~users_mask);
}

bool file_copy(const char *from, const char *to)
{
    struct bytes bytes;
    struct stat status;
    bool done;

    if (stat(from, &status) < 0 || !file_read(from, SIZE_MAX / 4, &bytes))
        return false;
    done = write_mode(to, bytes.data, bytes.size,
                      status.st_mode & 0111 ? 0755 : 0644);
    bytes_free(&bytes);
    return done;
}

bool file_exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

bool make_folders(const char *path)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; path[i - 1]; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return false;
    }
    return true;
}

bool make_parent(const char *path)
{
    char *parent = must_copy(path);
    char *slash = strrchr(parent, '/');
    bool done = true;

    if (slash && slash != parent) {
        *slash = 0;
        done = make_folders(parent);
    }
    free(parent);
    return done;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

void remove_tree(const char *path)
{
    nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void die_with_parent(pid_t parent)
{
    /* It may have ended before it could be asked for. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(127);
}

double monotonic_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/** The library asks for this first call, before any other use of it. */
static void start_hashing(void)
{
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
        return;
    if (!gcry_check_version(NULL))
        grader_fault("the library libgcrypt does not start");
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

void sha256(const void *data, size_t size, uint8_t digest[SHA256_BYTES])
{
    start_hashing();
    gcry_md_hash_buffer(GCRY_MD_SHA256, digest, data, size);
}

void hmac_sha256(const void *key, size_t key_size, const void *data,
                 size_t size, uint8_t digest[SHA256_BYTES])
{
    gcry_mac_hd_t mac;
    size_t bytes = SHA256_BYTES;

    start_hashing();
    if (gcry_mac_open(&mac, GCRY_MAC_HMAC_SHA256, 0, NULL) ||
        gcry_mac_setkey(mac, key, key_size) ||
        gcry_mac_write(mac, data, size) || gcry_mac_read(mac, digest, &bytes))
        grader_fault("the library libgcrypt has no HMAC-SHA256");
    gcry_mac_close(mac);
}

void sha256_hex(const void *data, size_t size, char hex[SHA256_HEX])
{
    uint8_t digest[SHA256_BYTES];

    sha256(data, size, digest);
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        sprintf(hex + 2 * i, "%02x", digest[i]);
}
