/* SPDX-License-Identifier: MIT */
/**
 * @file intake.c
 * Reading a submission: a folder, or an archive (zip, or tar with any of
 * the usual compressions). Invariants and the choice of files: intake.h.
 *
 * Links, devices and the like are never followed or made. An archive that has
 * one is refused: who packs files on purpose has none. In a folder they may
 * lie about, so there they refuse the submission only where one of the lab's
 * files should be, and are listed as ignored elsewhere.
 */
#include "labs/grader/inside/intake.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "labs/grader/inside/inside.h"
#include "labs/grader/util.h"

/* Of a name that is listed: the list must fit into what a sandbox prints. */
#define LISTED_BYTES 200

/** One reading. */
struct intake {
    struct chooser chooser;
    unsigned entries;
    json_t *ignored;
    unsigned nr_ignored;
    char *refused;
};

static bool refuse(struct intake *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Refuse the submission; only the first reason is kept. It is one line: a name
 *  in it must not begin one of the report's. @return false */
static bool refuse(struct intake *in, const char *fmt, ...)
{
    struct text text = { 0 };
    va_list list;

    va_start(list, fmt);
    text_add_list(&text, fmt, list);
    va_end(list);
    text_clean(text.data);
    for (char *at = text.data; (at = strpbrk(at, "\n\t")); at++)
        *at = '?';
    if (in->refused)
        text_free(&text);
    else
        in->refused = text.data;
    return false;
}

static void ignore(struct intake *in, const char *path, const char *why)
{
    bool whole = strlen(path) <= LISTED_BYTES;
    char *line = must_format("%.*s%s%s%s%s", LISTED_BYTES, path,
                             whole ? "" : "...", why ? " (" : "",
                             why ? why : "", why ? ")" : "");

    text_clean(line);
    if (in->nr_ignored++ < INTAKE_MAX_LISTED)
        json_array_append_new(in->ignored, json_string(line));
    free(line);
}

/** What to do with an entry: NULL to leave it out, or the lab's file that it
 *  brings, in *rank how. False when the submission was refused. */
static bool consider(struct intake *in, const char *path, bool regular,
                     struct chosen **chosen, unsigned *rank)
{
    const char *problem = path_problem(path);

    *chosen = NULL;
    if (++in->entries > INTAKE_MAX_ENTRIES)
        return refuse(in, "the submission has more than %u entries",
                      INTAKE_MAX_ENTRIES);
    if (problem)
        return refuse(in, "the path \"%.200s\" %s", path, problem);
    *chosen = chooser_find(&in->chooser, path, rank);
    if (*chosen && !regular)
        return refuse(in, "%s is a link or a special file; it must be a "
                      "plain file", path);
    if (!*chosen) {
        ignore(in, path, regular ? NULL : "no plain file");
        return true;
    }
    if (*rank > (*chosen)->rank) {
        ignore(in, path, "another one is used");
        *chosen = NULL;
    } else if (*rank == (*chosen)->rank) {
        return refuse(in, "the submission brings %s twice: %s and %s",
                      (*chosen)->file, (*chosen)->path, path);
    }
    return true;
}

/** Keep a file's content; `data` becomes the chooser's. */
static bool keep(struct intake *in, struct chosen *chosen, unsigned rank,
                 const char *path, char *data, size_t size)
{
    if (memchr(data, 0, size)) {
        free(data);
        return refuse(in, "%s is no plain text: it has zero bytes", path);
    }
    if (chosen->data)
        ignore(in, chosen->path, "another one is used");
    free(chosen->data);
    free(chosen->path);
    chosen->rank = rank;
    chosen->data = data;
    chosen->size = size;
    chosen->path = must_copy(path);
    return true;
}

/* --- Archives --------------------------------------------------------- */

static bool too_much(struct intake *in, struct archive *archive)
{
    if ((uint64_t)archive_filter_bytes(archive, 0) <= INTAKE_MAX_UNPACKED)
        return false;
    refuse(in, "the archive unpacks to more than %llu MB",
           INTAKE_MAX_UNPACKED >> 20);
    return true;
}

static bool unreadable(struct intake *in, struct archive *archive)
{
    const char *why = archive_error_string(archive);

    return refuse(in, "the archive cannot be read: %s",
                  why ? why : "unknown format");
}

/** Pass over an entry's data piece by piece, or a bomb would unpack for as
 *  long as it likes inside one call. */
static bool pass_over(struct intake *in, struct archive *archive)
{
    const void *block;
    size_t size;
    la_int64_t offset;
    int status;

    if ((archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK) ==
        ARCHIVE_FORMAT_ZIP)
        return archive_read_data_skip(archive) == ARCHIVE_OK ||
               unreadable(in, archive);
    while ((status = archive_read_data_block(archive, &block, &size,
                                             &offset)) == ARCHIVE_OK)
        if (too_much(in, archive))
            return false;
    return status == ARCHIVE_EOF || unreadable(in, archive);
}

/** Read an entry of at most INTAKE_MAX_FILE bytes. */
static bool read_entry(struct intake *in, struct archive *archive,
                       const char *path, char **data, size_t *size)
{
    char *buffer = must_alloc(INTAKE_MAX_FILE + 2, 1);
    la_ssize_t n;

    *size = 0;
    while ((n = archive_read_data(archive, buffer + *size,
                                  INTAKE_MAX_FILE + 1 - *size)) > 0)
        *size += (size_t)n;
    if (n == 0 && *size <= INTAKE_MAX_FILE) {
        buffer[*size] = 0;
        *data = buffer;
        return true;
    }
    free(buffer);
    if (n < 0)
        return unreadable(in, archive);
    return refuse(in, "%s is larger than %u KB", path,
                  INTAKE_MAX_FILE >> 10);
}

/** "./a/b" is "a/b"; "./" alone is the top. */
static const char *plain_path(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return path;
}

/** What an entry must not be, whatever its name; false when refused. */
static bool check_kind(struct intake *in, struct archive_entry *entry,
                       const char *path)
{
    unsigned kind = archive_entry_filetype(entry);

    if (archive_entry_hardlink(entry) ||
        (kind != AE_IFREG && kind != AE_IFDIR))
        return refuse(in, "the archive's entry \"%.200s\" is a link or a "
                      "special file; it must be a plain file", path);
    if (archive_entry_is_encrypted(entry))
        return refuse(in, "%s is encrypted", path);
    if (!path_problem(path) && !text_is_utf8(path))
        return refuse(in, "the archive's entry \"%.200s\" has a name that is "
                      "not UTF-8", path);
    return true;
}

static bool take_entry(struct intake *in, struct archive *archive,
                       struct archive_entry *entry)
{
    const char *path = archive_entry_pathname(entry);
    struct chosen *chosen;
    unsigned rank;
    size_t size;
    char *data = NULL;

    if (!path)
        return refuse(in, "the archive has a name in an unknown encoding");
    path = plain_path(path);
    if (!check_kind(in, entry, path))
        return false;
    if (archive_entry_filetype(entry) == AE_IFDIR) {
        const char *problem = *path ? path_problem(path) : NULL;

        if (++in->entries > INTAKE_MAX_ENTRIES || problem)
            return refuse(in, "the folder \"%.200s\" %s", path,
                          problem ? problem : "is one entry too many");
        return true;
    }
    if (!consider(in, path, true, &chosen, &rank))
        return false;
    if (!chosen)
        return pass_over(in, archive);
    return read_entry(in, archive, path, &data, &size) &&
           keep(in, chosen, rank, path, data, size);
}

static bool take_archive(struct intake *in, const char *source)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    bool good = true;
    int status;

    /* By name, not "all": some filters would start other programs. */
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_lzma(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_compress(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_gnutar(archive);
    archive_read_support_format_zip(archive);
    if (archive_read_open_filename(archive, source, 0x10000) != ARCHIVE_OK)
        good = unreadable(in, archive);
    while (good && (status = archive_read_next_header(archive, &entry)) !=
                       ARCHIVE_EOF) {
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
            good = unreadable(in, archive);
        else
            good = !too_much(in, archive) && take_entry(in, archive, entry);
    }
    archive_read_free(archive);
    return good;
}

/* --- Folders ---------------------------------------------------------- */

/** Folders that a tree has anyway and that nobody means to hand in. */
static bool is_noise(const char *name)
{
    return !strcmp(name, ".git") || !strcmp(name, "build");
}

static bool take_file(struct intake *in, const char *source, const char *path,
                      bool regular)
{
    struct chosen *chosen;
    struct bytes bytes;
    unsigned rank;
    bool done;
    char *full;

    if (!consider(in, path, regular, &chosen, &rank))
        return false;
    if (!chosen)
        return true;
    full = must_format("%s/%s", source, path);
    done = file_read(full, INTAKE_MAX_FILE, &bytes);
    free(full);
    if (!done && errno == EFBIG)
        return refuse(in, "%s is larger than %u KB", path,
                      INTAKE_MAX_FILE >> 10);
    if (!done)
        return refuse(in, "%s cannot be read: %s", path, strerror(errno));
    return keep(in, chosen, rank, path, bytes.data, bytes.size);
}

static bool take_folder(struct intake *in, const char *source,
                        const char *path);

/** One entry of a folder: `path` is relative to the source. */
static bool take_below(struct intake *in, const char *source,
                       const char *path)
{
    char *full = must_format("%s/%s", source, path);
    struct stat status;
    bool known = lstat(full, &status) == 0;

    free(full);
    if (!known)
        return refuse(in, "%s cannot be looked at: %s", path,
                      strerror(errno));
    if (S_ISDIR(status.st_mode))
        return take_folder(in, source, path);
    return take_file(in, source, path, S_ISREG(status.st_mode));
}

static int not_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/** All entries in the names' order: a folder's own order is the host's. */
static bool take_folder(struct intake *in, const char *source,
                        const char *path)
{
    char *full = must_format("%s/%s", source, path);
    struct dirent **entry;
    int nr = scandir(full, &entry, not_dots, alphasort);
    bool good = true;

    free(full);
    if (nr < 0)
        return refuse(in, "the folder %s cannot be read: %s", path,
                      strerror(errno));
    if ((in->entries += 1) > INTAKE_MAX_ENTRIES)
        good = refuse(in, "the submission has more than %u entries",
                      INTAKE_MAX_ENTRIES);
    for (int i = 0; i < nr; i++) {
        char *below = must_format("%s%s%s", path, *path ? "/" : "",
                                  entry[i]->d_name);

        if (good && !(!*path && is_noise(entry[i]->d_name)))
            good = take_below(in, source, below);
        free(below);
        free(entry[i]);
    }
    free(entry);
    return good;
}

/* --- The command ------------------------------------------------------ */

static void write_chosen(struct intake *in, const char *out, json_t *taken)
{
    for (unsigned i = 0; i < in->chooser.nr; i++) {
        struct chosen *chosen = &in->chooser.chosen[i];
        char *path;

        if (!chosen->data)
            continue;
        path = must_format("%s/%s", out, chosen->file);
        if (!make_parent(path) || !file_write(path, chosen->data,
                                              chosen->size))
            grader_fault("%s cannot be written: %s", path, strerror(errno));
        json_array_append_new(taken, json_string(chosen->file));
        free(path);
    }
}

static void free_chosen(struct intake *in)
{
    for (unsigned i = 0; i < in->chooser.nr; i++) {
        free(in->chooser.chosen[i].data);
        free(in->chooser.chosen[i].path);
    }
    free(in->refused);
}

/** Print {"refused": sentence} or {"taken": [...], "ignored": [...],
 *  "ignored_count": n}. */
static void print_result(struct intake *in, const char *out)
{
    json_t *result = json_object();
    json_t *taken = json_array();

    if (in->refused) {
        json_object_set_new(result, "refused", json_string(in->refused));
    } else {
        write_chosen(in, out, taken);
        json_object_set(result, "taken", taken);
        json_object_set(result, "ignored", in->ignored);
        json_object_set_new(result, "ignored_count",
                            json_integer(in->nr_ignored));
    }
    json_dumpf(result, stdout, JSON_COMPACT);
    json_decref(taken);
    json_decref(result);
}

int inside_intake(int argc, char **argv)
{
    struct intake in = { .ignored = json_array() };
    struct stat status;
    bool good;

    if (argc < 3 || argc - 2 > CHOOSER_MAX_FILES || stat(argv[0], &status))
        return 2;
    for (int i = 2; i < argc; i++)
        in.chooser.chosen[in.chooser.nr++] =
            (struct chosen){ .file = argv[i], .rank = CHOOSER_NO_RANK };
    good = S_ISDIR(status.st_mode) ? take_folder(&in, argv[0], "")
                                   : take_archive(&in, argv[0]);
    if (good && in.chooser.nr) {
        bool any = false;

        for (unsigned i = 0; i < in.chooser.nr; i++)
            any |= in.chooser.chosen[i].data != NULL;
        if (!any)
            refuse(&in, "the submission has none of the lab's files, such "
                   "as %s", in.chooser.chosen[0].file);
    }
    print_result(&in, argv[1]);
    free_chosen(&in);
    json_decref(in.ignored);
    return 0;
}
