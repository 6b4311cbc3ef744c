/* SPDX-License-Identifier: MIT */
/**
 * @file starter.c
 * Exporting starters and packing submissions; contracts in starter.h.
 *
 * - STARTER-I1: everything is read and cut before the first byte is written,
 *   and the tree appears under its name when it is complete.
 * - STARTER-I2: no body of this lab's or a later exercise is in it as
 *   source: this lab's are cut, later modules are left out as a whole.
 */
#include "labs/grader/starter.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/markers.h"
#include "labs/grader/util.h"

#define FILE_MAX 0x1000000u
#define REFERENCE "labs/reference"
/* What a starter says where nothing was written yet; markers.c. */
#define YOUR_CODE "your code. */"

/** One file of the starter, in memory. */
struct output {
    char *path; /**< in the starter */
    struct bytes bytes;
    bool executable;
};

/** A starter in the making. */
struct starter {
    const struct lab *lab;
    struct output *output;
    unsigned nr;
};

static void add_output(struct starter *s, const char *path, const void *data,
                       size_t size, bool executable)
{
    struct output *output;

    s->output = reallocarray(s->output, s->nr + 1, sizeof *s->output);
    if (!s->output)
        grader_fault("out of memory (a list of files)");
    output = &s->output[s->nr++];
    *output = (struct output){ .path = must_copy(path),
                               .executable = executable };
    output->bytes.data = must_alloc(size + 1, 1);
    output->bytes.size = size;
    memcpy(output->bytes.data, data, size);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);

    return size >= tail && !strcmp(text + size - tail, end);
}

/** Is it source of a module that comes later than the lab? */
static bool is_later(const struct lab *lab, const char *path)
{
    if (!ends_with(path, ".c") && !ends_with(path, ".asm") &&
        !ends_with(path, ".h"))
        return false;
    for (unsigned i = 0; i < lab->nr_later; i++)
        if (!strncmp(path, lab->later[i], strlen(lab->later[i])))
            return true;
    return false;
}

static bool is_exercise(const struct lab *lab, const char *path)
{
    for (unsigned i = 0; i < lab->nr_exercises; i++)
        if (!strcmp(lab->exercise[i].file, path))
            return true;
    return false;
}

/** Below labs/: which lab, or 0 when it is of none. */
static unsigned lab_of(const char *path)
{
    return strncmp(path, "labs/", 5) ? 0
                                     : (unsigned)strtoul(path + 5, NULL, 10);
}

/** Below tests/unit/: a module that no lab so far is about? */
static bool is_other_unit(const struct lab *lab, const char *path)
{
    static const char *const shared[] = { "arch", "lib" };
    size_t size;

    if (strncmp(path, "tests/unit/", 11) || !strchr(path + 11, '/'))
        return false;
    path += 11;
    size = strcspn(path, "/");
    for (unsigned i = 0; i < sizeof shared / sizeof shared[0]; i++)
        if (strlen(shared[i]) == size && !strncmp(path, shared[i], size))
            return false;
    for (unsigned number = 0; number <= lab->number; number++) {
        char *folder = must_format("labs/%02u-%.*s", number, (int)size, path);
        bool known = file_exists(folder);

        free(folder);
        if (known)
            return false;
    }
    return true;
}

/** What a student does not get. */
static bool is_left_out(const struct lab *lab, const char *path)
{
    if (lab_of(path) > lab->number || is_other_unit(lab, path) ||
        strstr(path, "/mutants/") || strstr(path, "/attacks/"))
        return true;
    return is_later(lab, path) || ends_with(path, "~") ||
           ends_with(path, ".o") || ends_with(path, ".swp");
}

char *starter_source(const char *path, const char *source)
{
    struct text cut = { 0 };
    char *problem;

    if (!markers_read(path, source, NULL, &cut, &problem))
        grader_fault("%s", problem);
    return cut.data;
}

/** Earlier exercises keep their bodies and lose their markers. */
static char *unmarked_source(const char *source)
{
    struct text text = { 0 };

    text_add(&text, "%s", "");
    while (*source) {
        size_t size = strcspn(source, "\n");
        size_t blank = strspn(source, " \t");

        if (strncmp(source + blank, "//@", 3))
            text_add(&text, "%.*s\n", (int)size, source);
        source += size + (source[size] == '\n');
    }
    return text.data;
}

/** nftw() hands nothing on. */
static struct starter *collecting;

static int collect(const char *path, const struct stat *status, int kind,
                   struct FTW *where)
{
    struct starter *s = collecting;
    struct bytes bytes;
    char *cut = NULL;

    (void)where;
    if (kind != FTW_F || is_left_out(s->lab, path))
        return 0;
    if (!file_read(path, FILE_MAX, &bytes))
        grader_fault("%s cannot be read: %s", path, strerror(errno));
    if (is_exercise(s->lab, path))
        cut = starter_source(path, bytes.data);
    else if (!strncmp(path, "src/", 4) && ends_with(path, ".c"))
        cut = unmarked_source(bytes.data);
    add_output(s, path, cut ? cut : bytes.data,
               cut ? strlen(cut) : bytes.size, status->st_mode & 0100);
    free(cut);
    bytes_free(&bytes);
    return 0;
}

static void collect_tree(struct starter *s)
{
    static const char *const tops[] = {
        "Makefile", "LICENSE",          ".gitignore",       "src", "sim",
        "labs",     "tests/build.mk",   "tests/summary.sh", "tests/unit",
    };

    collecting = s;
    for (unsigned i = 0; i < sizeof tops / sizeof tops[0]; i++)
        if (file_exists(tops[i]) && nftw(tops[i], collect, 16, FTW_PHYS) < 0)
            grader_fault("%s cannot be read: %s", tops[i], strerror(errno));
}

static void add_readme(struct starter *s)
{
    const struct lab *lab = s->lab;
    char *text = must_format(
        "# Ringfence, lab %u: %s\n\n"
        "Read the handout, [%s](%s), then:\n\n"
        "    make grade LAB=%u           # build, run and judge your work\n"
        "    make grade LAB=%u EX=%s     # one exercise\n"
        "    make submit LAB=%u          # pack what you hand in\n"
        "    make test PARTS=unit       # your code on this machine, under\n"
        "                               # sanitizers; never scored\n"
        "    make help                  # everything else\n\n"
        "You edit these files; all others stay as they are:\n\n",
        lab->number, lab->title, lab->handout, lab->handout, lab->number,
        lab->number, lab->exercise[0].id, lab->number);
    struct text readme = { 0 };

    text_add(&readme, "%s", text);
    for (unsigned i = 0; i < lab->nr_exercises; i++)
        text_add(&readme, "- `%s`: exercise %s, %s\n", lab->exercise[i].file,
                 lab->exercise[i].id, lab->exercise[i].title);
    text_add(&readme, "\nThe reference for everything that you do not write "
             "is in `" REFERENCE "/`,\nas objects.\n");
    add_output(s, "README.md", readme.data, readme.size, false);
    text_free(&readme);
    free(text);
}

/** Copy an object without what only a debugger and a reader want. */
static void strip_object(const char *from, const char *to)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        grader_fault("no process for strip: %s", strerror(errno));
    if (pid == 0) {
        execl("/usr/bin/strip", "strip", "--strip-unneeded", "-o", to, from,
              NULL);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        grader_fault("%s cannot be stripped", from);
}

static void add_file(struct starter *s, const char *from, const char *to)
{
    struct bytes bytes;

    if (!file_read(from, FILE_MAX, &bytes))
        grader_fault("%s cannot be read (%s): build the tree with make first",
                     from, strerror(errno));
    add_output(s, to, bytes.data, bytes.size, false);
    bytes_free(&bytes);
}

/** All objects of the hypervisor, in their order, and the layout. */
static void add_reference(struct starter *s, const char *build)
{
    char *list = must_format("%s/hv/objects.list", build);
    char *layout = must_format("%s/hv/image.ld", build);
    /* Several labs are checked at once. */
    char *stripped = must_format("%s/labs/stripped-%d.o", build,
                                 (int)getpid());
    struct bytes text;
    char *rest, *name;

    if (!make_parent(stripped) || !file_read(list, FILE_MAX, &text))
        grader_fault("%s cannot be read (%s): build the tree with make first",
                     list, strerror(errno));
    rest = text.data;
    while ((name = strsep(&rest, "\n"))) {
        char *from = must_format("%s/hv/%s", build, name);
        char *to = must_format(REFERENCE "/%s", name);

        if (*name) {
            strip_object(from, stripped);
            add_file(s, stripped, to);
        }
        free(from);
        free(to);
    }
    add_file(s, list, REFERENCE "/objects.list");
    add_file(s, layout, REFERENCE "/image.ld");
    unlink(stripped);
    bytes_free(&text);
    free(stripped);
    free(layout);
    free(list);
}

/** A folder that is not there, or has nothing in it. */
static void check_dest(const char *dest)
{
    struct dirent *entry;
    bool empty = true;
    DIR *folder = opendir(dest);

    if (!folder && errno == ENOENT)
        return;
    if (!folder)
        grader_usage("DEST=%s cannot be used: %s", dest, strerror(errno));
    while ((entry = readdir(folder)))
        empty &= !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    closedir(folder);
    if (!empty)
        grader_usage("DEST=%s exists and is not empty; name a new folder",
                     dest);
}

static void write_outputs(const struct starter *s, const char *folder)
{
    for (unsigned i = 0; i < s->nr; i++) {
        const struct output *output = &s->output[i];
        char *path = must_format("%s/%s", folder, output->path);

        if (!make_parent(path) ||
            !file_write(path, output->bytes.data, output->bytes.size) ||
            (output->executable && chmod(path, 0755) < 0)) {
            int why = errno;

            remove_tree(folder);
            grader_usage("%s cannot be written: %s", path, strerror(why));
        }
        free(path);
    }
}

unsigned starter_export(const struct lab *lab, const char *build,
                        const char *dest)
{
    struct starter s = { .lab = lab };
    char *partial = must_format("%s.partial.%ld", dest, (long)getpid());

    if (file_exists(REFERENCE))
        grader_usage("this tree is a starter itself; starters are made from "
                     "the solution's tree");
    check_dest(dest);
    collect_tree(&s);
    add_readme(&s);
    add_reference(&s, build);
    write_outputs(&s, partial);
    if (rename(partial, dest) < 0) {
        int why = errno;

        remove_tree(partial);
        grader_usage("DEST=%s cannot be made: %s", dest, strerror(why));
    }
    for (unsigned i = 0; i < s.nr; i++) {
        free(s.output[i].path);
        bytes_free(&s.output[i].bytes);
    }
    free(s.output);
    free(partial);
    return s.nr;
}

static int check_markers(const char *path, const struct stat *status,
                         int kind, struct FTW *where)
{
    struct bytes bytes;

    (void)status;
    (void)where;
    if (kind != FTW_F || !ends_with(path, ".c"))
        return 0;
    if (!file_read(path, FILE_MAX, &bytes))
        grader_fault("%s cannot be read: %s", path, strerror(errno));
    free(starter_source(path, bytes.data));
    bytes_free(&bytes);
    return 0;
}

void starter_check_markers(void)
{
    if (nftw("src", check_markers, 16, FTW_PHYS) < 0)
        grader_fault("src cannot be read: %s", strerror(errno));
}

/* --- Packing ---------------------------------------------------------- */

static bool pack_file(struct archive *archive, const char *path,
                      const struct bytes *bytes)
{
    struct archive_entry *entry = archive_entry_new();
    bool good;

    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)bytes->size);
    /* The same files make the same archive. 1980: zip knows no earlier. */
    archive_entry_set_mtime(entry, 315532800, 0);
    good = archive_write_header(archive, entry) == ARCHIVE_OK &&
           archive_write_data(archive, bytes->data, bytes->size) ==
               (la_ssize_t)bytes->size;
    archive_entry_free(entry);
    return good;
}

void starter_pack(const struct lab *lab, const char *dest)
{
    char *path = dest ? must_copy(dest)
                      : must_format("submission-lab-%u.zip", lab->number);
    struct archive *archive = archive_write_new();
    bool good;

    archive_write_set_format_zip(archive);
    good = archive_write_open_filename(archive, path) == ARCHIVE_OK;
    for (unsigned i = 0; good && i < lab->nr_exercises; i++) {
        struct bytes bytes;

        if (!file_read(lab->exercise[i].file, FILE_MAX, &bytes))
            grader_usage("%s cannot be read: %s", lab->exercise[i].file,
                         strerror(errno));
        good = pack_file(archive, lab->exercise[i].file, &bytes);
        if (memmem(bytes.data, bytes.size, YOUR_CODE, strlen(YOUR_CODE)))
            printf("Note: %s is not written yet: it says \"your code\".\n",
                   lab->exercise[i].file);
        bytes_free(&bytes);
    }
    good &= archive_write_close(archive) == ARCHIVE_OK;
    if (!good)
        grader_usage("%s cannot be written: %s", path,
                     archive_error_string(archive));
    archive_write_free(archive);
    printf("Packed %u files into %s; hand that in. make grade LAB=%u "
           "SUBMISSION=%s grades it as it was packed.\n", lab->nr_exercises,
           path, lab->number, path);
    free(path);
}
