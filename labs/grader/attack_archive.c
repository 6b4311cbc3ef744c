/* SPDX-License-Identifier: MIT */
/**
 * @file attack_archive.c
 * Attacks that are handed in as an archive, with entries that no folder could
 * have; contract in variant.h, form in lab.h.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "labs/grader/variant.h"

#define BLOCK 0x10000u

/** nftw() hands nothing on. */
static struct archive *packing;
static size_t packing_skip;

static void put_entry(struct archive *to, struct archive_entry *entry)
{
    archive_entry_set_mtime(entry, 0, 0);
    if (archive_write_header(to, entry) < ARCHIVE_WARN)
        grader_fault("an attack's entry cannot be packed: %s",
                     archive_error_string(to));
}

static void put_data(struct archive *to, const void *data, size_t size)
{
    if (archive_write_data(to, data, size) < 0)
        grader_fault("an attack's entry cannot be packed: %s",
                     archive_error_string(to));
}

static int pack_file(const char *path, const struct stat *status, int kind,
                     struct FTW *where)
{
    struct archive_entry *entry;
    struct bytes bytes;

    (void)where;
    if (kind != FTW_F)
        return 0;
    if (!file_read(path, (size_t)status->st_size, &bytes))
        grader_fault("%s cannot be read: %s", path, strerror(errno));
    entry = archive_entry_new();
    archive_entry_set_pathname(entry, path + packing_skip);
    archive_entry_set_size(entry, (la_int64_t)bytes.size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    put_entry(packing, entry);
    put_data(packing, bytes.data, bytes.size);
    archive_entry_free(entry);
    bytes_free(&bytes);
    return 0;
}

/** One of "entries": a link, or `bytes` zeros, or text. */
static void pack_entry(struct archive *to, const json_t *from,
                       const char *path)
{
    static const char zeros[BLOCK];
    const char *link = json_string_value(json_object_get(from, "link"));
    const char *hard = json_string_value(json_object_get(from, "hardlink"));
    const char *text = json_string_value(json_object_get(from, "text"));
    json_int_t bytes = json_integer_value(json_object_get(from, "bytes"));
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, path);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, link ? AE_IFLNK : AE_IFREG);
    archive_entry_set_size(entry, text ? (la_int64_t)strlen(text)
                                       : (la_int64_t)bytes);
    if (link)
        archive_entry_set_symlink(entry, link);
    if (hard)
        archive_entry_set_hardlink(entry, hard);
    put_entry(to, entry);
    if (text)
        put_data(to, text, strlen(text));
    for (; !text && bytes > 0; bytes -= BLOCK)
        put_data(to, zeros, bytes < BLOCK ? (size_t)bytes : BLOCK);
    archive_entry_free(entry);
}

/** An entry, or "copies" of it whose path ends in a number. */
static void pack_entries(struct archive *to, const json_t *entries)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *from = json_array_get(entries, i);
        const char *path = json_string_value(json_object_get(from, "path"));
        json_int_t copies = json_integer_value(json_object_get(from,
                                                               "copies"));

        for (json_int_t k = 0; path && k < copies; k++) {
            char *numbered = must_format("%s%lld", path, (long long)k);

            pack_entry(to, from, numbered);
            free(numbered);
        }
        if (path && !copies)
            pack_entry(to, from, path);
    }
}

void attack_pack(const struct attack *attack, const char *folder,
                 const char *path)
{
    const json_t *archive = json_object_get(attack->json, "archive");
    const char *format = json_string_value(json_object_get(archive,
                                                           "format"));
    struct archive *to = archive_write_new();

    if (format && !strcmp(format, "zip")) {
        archive_write_set_format_zip(to);
    } else {
        archive_write_set_format_gnutar(to);
        archive_write_add_filter_gzip(to);
    }
    if (archive_write_open_filename(to, path) != ARCHIVE_OK)
        grader_fault("%s cannot be written: %s", path,
                     archive_error_string(to));
    packing = to;
    packing_skip = strlen(folder) + 1;
    nftw(folder, pack_file, 16, FTW_PHYS);
    pack_entries(to, json_object_get(archive, "entries"));
    if (archive_write_close(to) != ARCHIVE_OK)
        grader_fault("%s cannot be written: %s", path,
                     archive_error_string(to));
    archive_write_free(to);
}
