/* SPDX-License-Identifier: MIT */
/**
 * @file stage.c
 * The scratch folder of a grader: made, filled, and removed whatever
 * happens. What is in it: grader.h.
 */
#include "labs/grader/stage.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/hidden.h"
#include "labs/grader/janitor.h"

/* A compilation or a link takes less; a job's folder a few inodes. */
#define ROOM_BYTES (16ull << 20)
#define ROOM_FILES 256u

/** Objects and headers are small; a tree with a larger one is broken. */
#define STAGED_MAX 0x4000000u

char *job_folder(const struct grader *g)
{
    static unsigned number;
    char *folder = must_format("%s/jobs/%ld-%u", g->scratch, (long)getpid(),
                               number++);

    if (mkdir(folder, 0755) < 0)
        grader_fault("%s cannot be made: %s", folder, strerror(errno));
    return folder;
}

void job_folder_remove(char *folder)
{
    remove_tree(folder);
    free(folder);
}

static void make_in(const char *top, const char *const *names, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        char *folder = must_format("%s/%s", top, names[i]);

        if (mkdir(folder, 0755) < 0)
            grader_fault("%s cannot be made: %s", folder, strerror(errno));
        free(folder);
    }
}

static void make_cache(const char *top)
{
    static const char *const folders[] = { "objects", "images", "memo" };

    make_in(top, folders, sizeof folders / sizeof folders[0]);
}

void stage_make(struct grader *g)
{
    static const char *const folders[] = { "bin", "reference", "drivers",
                                           "guests", "headers", "jobs" };
    const char *top = getenv("TMPDIR");

    g->scratch = must_format("%s/rf-grade.XXXXXX", top && *top == '/' ? top
                                                                     : "/tmp");
    if (!mkdtemp(g->scratch))
        grader_fault("%s cannot be made: %s", g->scratch, strerror(errno));
    g->janitor_pid = janitor_start(g->scratch, &g->janitor);
    if (g->janitor_pid < 0)
        grader_fault("no process for a child: %s", strerror(errno));
    /* In the fallback another user works in folders below it. */
    if (chmod(g->scratch, 0711) < 0)
        grader_fault("%s: %s", g->scratch, strerror(errno));
    make_in(g->scratch, folders, sizeof folders / sizeof folders[0]);
    make_cache(g->scratch);
    g->cache = g->scratch;
}

char *stage_cache(const struct grader *g)
{
    char *folder = job_folder(g);

    make_cache(folder);
    return folder;
}

void stage_remove(struct grader *g)
{
    close(g->janitor);
    while (waitpid((pid_t)g->janitor_pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(g->scratch);
}

bool stage_has_room(const struct grader *g)
{
    struct statvfs disk;

    /* Some file systems do not count files: then there are 0 in all. */
    return statvfs(g->scratch, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize >= ROOM_BYTES &&
           (disk.f_files == 0 || disk.f_favail >= ROOM_FILES);
}

void stage_file(const struct grader *g, const char *from, const char *to)
{
    char *path = must_format("%s/%s", g->scratch, to);

    if (!make_parent(path) || !file_copy(from, path))
        grader_fault("%s cannot be copied to %s: %s%s", from, path,
                     strerror(errno), errno == ENOENT
                         ? "; build the tree with make first" : "");
    free(path);
}

void stage_objects(struct grader *g)
{
    char *list = must_format("%s/objects.list", g->source);
    char *layout = must_format("%s/image.ld", g->source);
    struct bytes text;
    char *rest, *name;

    if (!file_read(list, STAGED_MAX, &text))
        grader_fault("%s cannot be read (%s): build the tree with make first",
                     list, strerror(errno));
    rest = text.data;
    while ((name = strsep(&rest, "\n"))) {
        char *from, *to;

        if (!*name)
            continue;
        from = must_format("%s/%s", g->source, name);
        to = must_format("reference/%s", name);
        stage_file(g, from, to);
        g->objects.name = reallocarray(g->objects.name, g->objects.nr + 1,
                                       sizeof *g->objects.name);
        if (!g->objects.name)
            grader_fault("out of memory (a list of objects)");
        g->objects.name[g->objects.nr++] = must_copy(name);
        free(from);
        free(to);
    }
    stage_file(g, layout, "reference/image.ld");
    free(layout);
    free(list);
    bytes_free(&text);
}

static int is_object(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 2 && !strcmp(entry->d_name + size - 2, ".o");
}

/** The built drivers of one folder; a name that is there already is another
 *  driver's. */
static void stage_drivers_of(const struct grader *g, const char *folder)
{
    struct dirent **entry;
    int nr = scandir(folder, &entry, is_object, alphasort);

    for (int i = 0; i < nr; i++) {
        char *from = must_format("%s/%s", folder, entry[i]->d_name);
        char *to = must_format("drivers/%s", entry[i]->d_name);
        char *there = must_format("%s/%s", g->scratch, to);

        if (file_exists(there))
            grader_usage("the hidden tests' guest %s has the name of one of "
                         "the lab's", entry[i]->d_name);
        stage_file(g, from, to);
        free(there);
        free(from);
        free(to);
        free(entry[i]);
    }
    if (nr >= 0)
        free(entry);
}

static int is_guest(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 4 && !strcmp(entry->d_name + size - 4, ".elf");
}

/** The built trusted guests of the lab. */
static void stage_guests(const struct grader *g, const char *folder)
{
    struct dirent **entry;
    int nr = scandir(folder, &entry, is_guest, alphasort);

    for (int i = 0; i < nr; i++) {
        char *from = must_format("%s/%s", folder, entry[i]->d_name);
        char *to = must_format("guests/%s", entry[i]->d_name);

        stage_file(g, from, to);
        free(from);
        free(to);
        free(entry[i]);
    }
    if (nr >= 0)
        free(entry);
}

void stage_drivers(const struct grader *g)
{
    char *folder = must_format("%s/%s/guests", g->build, g->lab.folder);

    stage_drivers_of(g, folder);
    stage_guests(g, folder);
    free(folder);
    if (!g->hidden)
        return;
    folder = must_format("%s/" HIDDEN_GUESTS, g->hidden);
    stage_drivers_of(g, folder);
    free(folder);
}

/** For stage_header(): nftw() hands nothing on. */
static const struct grader *staging;

static int stage_header(const char *path, const struct stat *status, int kind,
                        struct FTW *where)
{
    const char *name = path + where->base;
    size_t size = strlen(path);
    char *to;

    (void)status;
    /* A short way is a second form of some exercise: no_fast.c. */
    if (kind != FTW_F || size < 2 || strcmp(path + size - 2, ".h") ||
        !strncmp(name, "fast_", 5))
        return 0;
    to = must_format("headers/%s", path);
    stage_file(staging, path, to);
    free(to);
    return 0;
}

void stage_headers(const struct grader *g)
{
    staging = g;
    if (nftw("src", stage_header, 16, FTW_PHYS) < 0)
        grader_fault("the headers in src cannot be read: %s",
                     strerror(errno));
}

/** For hash_file(). */
static struct text *hashing;
static size_t hashing_skip;

static int add_file(const char *path, const struct stat *status, int kind,
                    struct FTW *where)
{
    struct bytes bytes;
    char hex[SHA256_HEX];

    (void)status;
    (void)where;
    if (kind != FTW_F)
        return 0;
    if (!file_read(path, STAGED_MAX, &bytes))
        grader_fault("%s cannot be read: %s", path, strerror(errno));
    sha256_hex(bytes.data, bytes.size, hex);
    bytes_free(&bytes);
    text_add(hashing, "%s %s\n", path + hashing_skip, hex);
    return 0;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/** Lines in their own order: a folder's order is the host's. */
static void sort_lines(struct text *text)
{
    struct text sorted = { 0 };
    char **line = NULL, *rest = text->data, *next;
    unsigned nr = 0;

    while (rest && (next = strsep(&rest, "\n"))) {
        line = reallocarray(line, nr + 1, sizeof *line);
        if (!line)
            grader_fault("out of memory (a list of files)");
        line[nr++] = next;
    }
    if (nr)
        qsort(line, nr, sizeof *line, compare_lines);
    for (unsigned i = 0; i < nr; i++)
        text_add(&sorted, "%s\n", line[i]);
    free(line);
    text_free(text);
    *text = sorted;
}

/** Add names and contents of all files in a folder. */
static void add_folder(struct text *to, const char *path)
{
    struct text text = { 0 };

    hashing = &text;
    hashing_skip = strlen(path);
    nftw(path, add_file, 16, FTW_PHYS);
    sort_lines(&text);
    text_add_bytes(to, text.data, text.size);
    text_free(&text);
}

static char *hash_of(struct text *text)
{
    char hex[SHA256_HEX];

    sha256_hex(text->data, text->size, hex);
    text_free(text);
    return must_copy(hex);
}

char *stage_hash(const struct grader *g, const char *folder)
{
    char *path = must_format("%s/%s", g->scratch, folder);
    struct text text = { 0 };

    add_folder(&text, path);
    free(path);
    return hash_of(&text);
}

char *stage_hash_tests(const struct grader *g)
{
    static const char *const folders[] = { "tests", "guests" };
    struct text text = { 0 };

    for (unsigned i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *path = must_format("%s/%s", g->lab.folder, folders[i]);

        add_folder(&text, path);
        free(path);
    }
    if (g->hidden)
        add_folder(&text, g->hidden);
    return hash_of(&text);
}
