/* SPDX-License-Identifier: MIT */
/**
 * @file domains.c
 * See domains.h. A description is cut at its commas; files become numbers of
 * modules, and a file that several domains start from is one module.
 */
#include "sim/run/domains.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** One description while it is read. */
struct reader {
    struct domains *domains; /**< a copy: kept only if all is well */
    const char *all;
    struct sim_error *error;
};

static int wrong(const struct reader *r, const char *what)
{
    sim_fail(r->error, "in the domain \"%s\": %s", r->all, what);
    return -1;
}

/** The number of a file's module, which may be there already. */
static int module_of(struct reader *r, const char *path, size_t length)
{
    struct domains *d = r->domains;
    unsigned i;

    if (length == 0)
        return wrong(r, "a file's name is missing");
    if (length >= DOMAINS_PATH_BYTES)
        return wrong(r, "a file's name is too long");
    for (i = 0; i < d->nr_modules; i++) {
        if (strlen(d->module[i]) == length &&
            memcmp(d->module[i], path, length) == 0)
            return (int)i;
    }
    if (i == ROM_MAX_MODULES)
        return wrong(r, "these are too many files");
    memcpy(d->module[i], path, length);
    d->module[i][length] = '\0';
    d->nr_modules++;
    return (int)i;
}

/** Append to the options, printf-like. */
static int put(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int put(struct reader *r, const char *format, ...)
{
    char *text = r->domains->text;
    size_t used = strlen(text);
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(text + used, DOMAINS_TEXT_BYTES - used, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= DOMAINS_TEXT_BYTES - used)
        return wrong(r, "all domains together need too long a command line");
    return 0;
}

/** Where a `*` and digits end the kernel's name, or its length. */
static size_t name_length(const char *text, size_t length)
{
    size_t at = length;

    while (at > 0 && isdigit((unsigned char)text[at - 1]))
        at--;
    return at > 0 && at < length && text[at - 1] == '*' ? at - 1 : length;
}

/** FILE[*COUNT] */
static int take_kernel(struct reader *r, const char *text, size_t length)
{
    size_t name = name_length(text, length);
    int module = module_of(r, text, name);

    if (module < 0 || put(r, " domain=%d", module) != 0)
        return -1;
    r->domains->kernel[module] = true;
    if (name == length)
        return 0;
    return put(r, ",count=%.*s", (int)(length - name - 1), text + name + 1);
}

/** ,ramdisk=FILE or ,OPTION */
static int take_option(struct reader *r, const char *text, size_t length)
{
    static const char ramdisk[] = "ramdisk=";
    size_t prefix = sizeof(ramdisk) - 1;
    int module;

    if (length < prefix || memcmp(text, ramdisk, prefix) != 0)
        return put(r, ",%.*s", (int)length, text);
    module = module_of(r, text + prefix, length - prefix);
    return module < 0 ? -1 : put(r, ",ramdisk=%d", module);
}

int domains_add(struct domains *domains, const char *text,
                struct sim_error *error)
{
    struct domains with = *domains;
    struct reader r = { &with, text, error };
    const char *at = text;
    size_t length = strcspn(at, ",");

    if (text[strcspn(text, " \t")] != '\0')
        return wrong(&r, "it has a space, which ends an option");
    if (take_kernel(&r, at, length) != 0)
        return -1;
    while (at[length] == ',') {
        at += length + 1;
        length = strcspn(at, ",");
        if (take_option(&r, at, length) != 0)
            return -1;
    }
    *domains = with;
    return 0;
}
