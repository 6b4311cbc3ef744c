/* SPDX-License-Identifier: MIT */
/**
 * @file seed.c
 * The course key and the seeds drawn with it; contracts in seed.h.
 */
#include "labs/grader/seed.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEY 4096u
#define DRAWN_BITS 52

#define VARIABLE "RINGFENCE_COURSE_KEY"
#define VARIABLE_FILE "RINGFENCE_COURSE_KEY_FILE"

static void read_file(const char *path, struct bytes *key)
{
    if (!file_read(path, MAX_KEY, key))
        grader_usage("the course key cannot be read from %s: %s", path,
                     strerror(errno));
}

void seed_read_key(const char *path, struct bytes *key)
{
    const char *text = getenv(VARIABLE);
    const char *file = getenv(VARIABLE_FILE);

    *key = (struct bytes){ 0 };
    if (path)
        read_file(path, key);
    else if (text)
        *key = (struct bytes){ must_copy(text), strlen(text) };
    else if (file)
        read_file(file, key);
    unsetenv(VARIABLE);
    unsetenv(VARIABLE_FILE);
    if (!key->data)
        return;
    while (key->size && isspace((unsigned char)key->data[key->size - 1]))
        key->data[--key->size] = 0;
    if (key->size < SEED_MIN_KEY)
        grader_usage("the course key has %zu characters; at least %u are "
                     "needed, or a student could find it by trying",
                     key->size, SEED_MIN_KEY);
}

uint64_t seed_of(const struct bytes *key, uint64_t first,
                 const char *submission, const char *test, unsigned index)
{
    static const char domain[] = "ringfence/1"; /* with its NUL */
    uint8_t digest[SHA256_BYTES];
    struct text text = { 0 };
    uint64_t seed = 0;

    if (!key->data)
        return first + index;
    text_add_bytes(&text, domain, sizeof domain);
    text_add_bytes(&text, submission, strlen(submission) + 1);
    text_add_bytes(&text, test, strlen(test) + 1);
    text_add(&text, "%u", index);
    hmac_sha256(key->data, key->size, text.data, text.size, digest);
    text_free(&text);
    for (unsigned i = 0; i < 8; i++)
        seed = seed << 8 | digest[i];
    return seed >> (64 - DRAWN_BITS);
}
