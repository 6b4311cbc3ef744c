/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Submissions of every kind, the hostile ones included: what is taken, what
 * is ignored, what is refused, and that nothing else is written.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "labs/grader/inside/inside.h"
#include "labs/grader/inside/intake.h"
#include "labs/grader/util.h"
#include "unit.h"

#define A "src/hypervisor/boot/a.c"
#define B "src/hypervisor/boot/b.c"

static char folder[64];
static json_t *answer;

static void make_folder(void)
{
    strcpy(folder, "/tmp/grader-intake.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert(make_folders("out"));
}

static void remove_folder(void)
{
    json_decref(answer);
    answer = NULL;
    ck_assert_int_eq(chdir("/"), 0);
    remove_tree(folder);
}

/** Read `source` in a process of its own, as rf-inside is. */
static void take(const char *source)
{
    char *argv[] = { (char *)source, "out", A, B };
    struct bytes bytes;
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        if (!freopen("answer", "w", stdout))
            _exit(99);
        status = inside_intake(4, argv);
        fflush(stdout);
        _exit(status);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert(file_read("answer", 1 << 20, &bytes));
    json_decref(answer);
    answer = json_loads(bytes.data, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(answer);
    bytes_free(&bytes);
}

/** What "out" has of a file. */
static const char *taken(const char *file)
{
    static struct bytes bytes;
    char *path = must_format("out/%s", file);

    bytes_free(&bytes);
    file_read(path, 1 << 20, &bytes);
    free(path);
    return bytes.data ? bytes.data : "nothing";
}

static void is_refused(const char *because)
{
    const char *why = json_string_value(json_object_get(answer, "refused"));

    ck_assert_ptr_nonnull(why);
    ck_assert_msg(strstr(why, because) != NULL, "%s", why);
    ck_assert_ptr_null(strpbrk(why, "\n\t"));
    ck_assert(!file_exists("out/src"));
}

static bool is_ignored(const char *name)
{
    json_t *ignored = json_object_get(answer, "ignored");

    for (size_t i = 0; i < json_array_size(ignored); i++)
        if (strstr(json_string_value(json_array_get(ignored, i)), name))
            return true;
    return false;
}

/* --- Making archives ------------------------------------------------------ */

static struct archive *writer;

static void begin(bool zip)
{
    writer = archive_write_new();
    if (zip) {
        archive_write_set_format_zip(writer);
    } else {
        archive_write_set_format_pax_restricted(writer);
        archive_write_add_filter_gzip(writer);
    }
    ck_assert_int_eq(archive_write_open_filename(writer, "in"), ARCHIVE_OK);
}

static void add_entry(const char *path, mode_t type, const char *link,
                      uint64_t size)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, path);
    if (type)
        archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    if (type == AE_IFLNK)
        archive_entry_set_symlink(entry, link);
    else if (link)
        archive_entry_set_hardlink(entry, link);
    if (type == AE_IFCHR)
        archive_entry_set_rdev(entry, makedev(1, 5));
    ck_assert_int_ge(archive_write_header(writer, entry), ARCHIVE_WARN);
    archive_entry_free(entry);
}

static void add_file(const char *path, const char *text)
{
    add_entry(path, AE_IFREG, NULL, strlen(text));
    archive_write_data(writer, text, strlen(text));
}

static void end(void)
{
    ck_assert_int_eq(archive_write_close(writer), ARCHIVE_OK);
    archive_write_free(writer);
    take("in");
}

/* --- What is taken -------------------------------------------------------- */

START_TEST(files_by_their_path)
{
    begin(_i);
    add_file(A, "int a;");
    add_file("README", "read me");
    add_file(B, "int b;");
    end();
    ck_assert_str_eq(taken(A), "int a;");
    ck_assert_str_eq(taken(B), "int b;");
    ck_assert(is_ignored("README"));
    ck_assert_int_eq(json_integer_value(json_object_get(answer,
                                                        "ignored_count")), 1);
    ck_assert(!file_exists("out/README"));
}
END_TEST

START_TEST(files_below_one_folder)
{
    begin(_i);
    add_file("./alice/" A, "int a;");
    add_file("alice/deeper/" B, "int b;");
    end();
    ck_assert_str_eq(taken(A), "int a;");
    ck_assert_str_eq(taken(B), "nothing");
    ck_assert(is_ignored("alice/deeper"));
}
END_TEST

START_TEST(files_by_their_name)
{
    begin(_i);
    add_file("a.c", "int a;");
    add_file("x/b.c", "int b;");
    end();
    ck_assert_str_eq(taken(A), "int a;");
    ck_assert_str_eq(taken(B), "nothing");
}
END_TEST

START_TEST(the_longest_path_wins)
{
    begin(_i);
    add_file("a.c", "int bare;");
    add_file(A, "int full;");
    add_file("x/" A, "int below;");
    end();
    ck_assert_str_eq(taken(A), "int full;");
    ck_assert(is_ignored("a.c"));
    ck_assert(is_ignored("x/" A));
}
END_TEST

START_TEST(a_folder_is_read_like_an_archive)
{
    ck_assert(make_folders("in/src/hypervisor/boot"));
    ck_assert(make_folders("in/build"));
    ck_assert(file_write("in/" A, "int a;", 6));
    ck_assert(file_write("in/notes", "n", 1));
    ck_assert(file_write("in/build/x", "n", 1));
    ck_assert_int_eq(symlink("/etc/passwd", "in/passwd"), 0);
    take("in");
    ck_assert_str_eq(taken(A), "int a;");
    ck_assert(is_ignored("notes"));
    ck_assert(is_ignored("passwd (no plain file)"));
    ck_assert(!is_ignored("build"));
}
END_TEST

START_TEST(of_many_ignored_files_some_are_listed)
{
    begin(false);
    for (unsigned i = 0; i < 500; i++) {
        char *name = must_format("junk/%u", i);

        add_file(name, "");
        free(name);
    }
    add_file(A, "int a;");
    end();
    ck_assert_int_eq(json_integer_value(json_object_get(answer,
                                                        "ignored_count")),
                     500);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "ignored")),
                      INTAKE_MAX_LISTED);
}
END_TEST

/* --- What is refused ------------------------------------------------------ */

static const struct {
    const char *path, *because;
} paths[] = {
    { "../" A, "leaves its folder" },
    { "src/../../x", "leaves its folder" },
    { "..", "leaves its folder" },
    { "a/..", "leaves its folder" },
    { "/etc/passwd", "is not relative" },
    { "a\\..\\b", "has a character" },
    { "a\x1B[2Jb", "has a character" },
};

START_TEST(paths_that_lead_elsewhere)
{
    begin(false);
    add_file(A, "int a;");
    add_file(paths[_i].path, "x");
    end();
    is_refused(paths[_i].because);
}
END_TEST

START_TEST(links_in_place_of_a_file)
{
    begin(false);
    add_file("x", "x");
    if (_i == 0)
        add_entry(A, AE_IFLNK, "/etc/passwd", 0);
    else if (_i == 1)
        add_entry(A, 0, "x", 0);
    else
        add_entry(A, AE_IFCHR, NULL, 0);
    end();
    is_refused("must be a plain file");
}
END_TEST

START_TEST(links_elsewhere_in_an_archive)
{
    static const unsigned kinds[] = { AE_IFLNK, AE_IFIFO, AE_IFCHR,
                                      AE_IFBLK };

    begin(false);
    add_file(A, "int a;");
    add_entry("other", kinds[_i], _i ? NULL : "/etc", 0);
    end();
    is_refused("\"other\" is a link or a special file");
}
END_TEST

START_TEST(links_elsewhere_in_a_folder_are_ignored)
{
    ck_assert(make_folders("in/src/hypervisor/boot"));
    ck_assert(file_write("in/" A, "int a;", 6));
    ck_assert_int_eq(symlink("/etc", "in/etc"), 0);
    ck_assert_int_eq(mkfifo("in/fifo", 0600), 0);
    take("in");
    ck_assert_str_eq(taken(A), "int a;");
    ck_assert(is_ignored("etc (no plain file)"));
    ck_assert(is_ignored("fifo"));
}
END_TEST

START_TEST(names_in_another_encoding)
{
    begin(false);
    add_file(A, "int a;");
    add_file("L\xF6sung.txt", "x");
    end();
    is_refused("a name that is not UTF-8");
}
END_TEST

START_TEST(a_link_in_a_folder)
{
    ck_assert(make_folders("in/src/hypervisor/boot"));
    ck_assert_int_eq(symlink("/etc/passwd", "in/" A), 0);
    take("in");
    is_refused("must be a plain file");
}
END_TEST

START_TEST(a_folder_behind_a_link_is_not_entered)
{
    ck_assert(make_folders("in"));
    ck_assert(make_folders("elsewhere/hypervisor/boot"));
    ck_assert(file_write("elsewhere/hypervisor/boot/a.c", "int a;", 6));
    ck_assert_int_eq(symlink("../elsewhere", "in/src"), 0);
    take("in");
    is_refused("none of the lab's files");
}
END_TEST

START_TEST(a_file_twice)
{
    begin(_i);
    add_file("x/" A, "int a;");
    add_file("y/" A, "int b;");
    end();
    is_refused("twice");
}
END_TEST

START_TEST(too_many_entries)
{
    begin(false);
    add_file(A, "int a;");
    for (unsigned i = 0; i <= INTAKE_MAX_ENTRIES; i++)
        add_file("x", "");
    end();
    is_refused("more than");
}
END_TEST

START_TEST(too_many_folders)
{
    begin(false);
    add_file(A, "int a;");
    for (unsigned i = 0; i <= INTAKE_MAX_ENTRIES; i++)
        add_entry("x", AE_IFDIR, NULL, 0);
    end();
    is_refused("one entry too many");
}
END_TEST

START_TEST(a_file_that_is_too_large)
{
    char *text = must_alloc(INTAKE_MAX_FILE + 2, 1);

    memset(text, ' ', INTAKE_MAX_FILE + 1);
    begin(_i);
    add_file(A, text);
    end();
    is_refused("is larger than");
    free(text);
}
END_TEST

START_TEST(a_bomb)
{
    static char zeros[1 << 20];

    begin(_i);
    add_entry("zeros", AE_IFREG, NULL, INTAKE_MAX_UNPACKED + sizeof zeros);
    for (uint64_t i = 0; i <= INTAKE_MAX_UNPACKED / sizeof zeros; i++)
        archive_write_data(writer, zeros, sizeof zeros);
    add_file(A, "int a;");
    end();
    /* A zip's entries are found without unpacking those before them. */
    if (_i)
        ck_assert_str_eq(taken(A), "int a;");
    else
        is_refused("unpacks to more than");
}
END_TEST

START_TEST(no_text)
{
    begin(_i);
    add_entry(A, AE_IFREG, NULL, 4);
    archive_write_data(writer, "a\0b\0", 4);
    end();
    is_refused("zero bytes");
}
END_TEST

START_TEST(nothing_of_the_lab)
{
    begin(_i);
    add_file("README", "x");
    end();
    is_refused("none of the lab's files");
}
END_TEST

START_TEST(no_archive)
{
    static const char *const texts[] = { "this is no archive", "",
                                         "PK\x03\x04", "\x1F\x8B\x08" };

    ck_assert(file_write("in", texts[_i], strlen(texts[_i])));
    take("in");
    is_refused("");
}
END_TEST

START_TEST(an_archive_cut_short)
{
    struct bytes bytes;

    begin(_i);
    add_file("x", "some text that makes it longer");
    add_file(A, "int a;");
    end();
    ck_assert_str_eq(taken(A), "int a;");
    remove_tree("out/src");
    ck_assert(file_read("in", 1 << 20, &bytes));
    ck_assert(file_write("in", bytes.data, bytes.size * 2 / 3));
    bytes_free(&bytes);
    take("in");
    if (json_object_get(answer, "refused"))
        is_refused("");
    else
        ck_assert_str_eq(taken(A), "int a;");
}
END_TEST

START_TEST(ranks)
{
    ck_assert_uint_eq(chooser_rank(A, A), 0);
    ck_assert_uint_eq(chooser_rank("x/" A, A), 1);
    ck_assert_uint_eq(chooser_rank("a.c", A), 2);
    ck_assert_uint_eq(chooser_rank("x/y/" A, A), CHOOSER_NO_RANK);
    ck_assert_uint_eq(chooser_rank("/" A, A), CHOOSER_NO_RANK);
    ck_assert_uint_eq(chooser_rank("b.c", A), CHOOSER_NO_RANK);
    ck_assert_uint_eq(chooser_rank("", A), CHOOSER_NO_RANK);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grader/intake");
    TCase *c = tcase_create("intake");

    suite_add_tcase(s, c);
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_loop_test(c, files_by_their_path, 0, 2);
    tcase_add_loop_test(c, files_below_one_folder, 0, 2);
    tcase_add_loop_test(c, files_by_their_name, 0, 2);
    tcase_add_loop_test(c, the_longest_path_wins, 0, 2);
    tcase_add_test(c, a_folder_is_read_like_an_archive);
    tcase_add_test(c, of_many_ignored_files_some_are_listed);
    tcase_add_loop_test(c, paths_that_lead_elsewhere, 0,
                        sizeof paths / sizeof paths[0]);
    tcase_add_loop_test(c, links_in_place_of_a_file, 0, 3);
    tcase_add_test(c, links_elsewhere_in_a_folder_are_ignored);
    tcase_add_loop_test(c, links_elsewhere_in_an_archive, 0, 4);
    tcase_add_test(c, names_in_another_encoding);
    tcase_add_test(c, a_link_in_a_folder);
    tcase_add_test(c, a_folder_behind_a_link_is_not_entered);
    tcase_add_loop_test(c, a_file_twice, 0, 2);
    tcase_add_test(c, too_many_entries);
    tcase_add_test(c, too_many_folders);
    tcase_add_loop_test(c, a_file_that_is_too_large, 0, 2);
    tcase_add_loop_test(c, a_bomb, 0, 2);
    tcase_add_loop_test(c, no_text, 0, 2);
    tcase_add_loop_test(c, nothing_of_the_lab, 0, 2);
    tcase_add_loop_test(c, no_archive, 0, 4);
    tcase_add_loop_test(c, an_archive_cut_short, 0, 2);
    tcase_add_test(c, ranks);
    return s;
}

UNIT_MAIN(suite())
