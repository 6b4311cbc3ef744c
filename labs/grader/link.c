/* SPDX-License-Identifier: MIT */
/**
 * @file link.c
 * Linking an image in a sandbox, and having it read in another one.
 *
 * The order is the reference's, with a submission's object exactly where the
 * reference's was; then the driver, its input, and an empty table of names
 * (the hypervisor's own is for people who read a panic on the console; a
 * verdict needs none, and it would cost a second link).
 *
 * - LINK-I1: every object but those of `set` is the reference's or a trusted
 *   one; a name defined twice is the linker's error, hence a failure.
 * - LINK-I2: an image that cannot be linked is the submission's fault:
 *   grader_start() has linked the reference with the same words. It is so
 *   twice, and while the disk has room.
 * - LINK-I3: no short way of the hypervisor's is in it (no_fast.c): each is a
 *   second form of what some exercise asks for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/image.h"
#include "labs/grader/inside/inside.h"
#include "labs/grader/owners.h"
#include "labs/grader/stage.h"

#define IMAGE_MAX_BYTES 0x4000000u

/** The exercise of `set` whose file is compiled to this object, or -1. */
static int exercise_of(const struct grader *g, exercise_set set,
                       const char *object)
{
    static const char top[] = "src/hypervisor/";
    size_t size = strlen(object);

    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        const char *file = g->lab.exercise[i].file;

        /* x.o of x.c. */
        if (set & 1u << i && !strncmp(file, top, sizeof top - 1) &&
            strlen(file + sizeof top - 1) == size &&
            !strncmp(file + sizeof top - 1, object, size - 1))
            return (int)i;
    }
    return -1;
}

/** LINK-I3: "fast.o", "fast_...o" or "..._fast.o" in some folder. */
static bool is_short_way(const char *object)
{
    const char *slash = strrchr(object, '/');
    const char *name = slash ? slash + 1 : object;
    size_t size = strlen(name);

    return !strcmp(name, "fast.o") || !strncmp(name, "fast_", 5) ||
           (size > 7 && !strcmp(name + size - 7, "_fast.o"));
}

/** What makes an image what it is, hashed: its name in scratch/images. */
static char *image_name(const struct grader *g, const struct submission *sub,
                        exercise_set set, const char *driver)
{
    struct text text = { 0 };
    char hex[SHA256_HEX];

    text_add(&text, "%s %s", g->reference_hash, driver ? driver : "-");
    for (unsigned i = 0; i < g->lab.nr_exercises; i++) {
        struct bytes object;

        if (!(set & 1u << i))
            continue;
        if (!file_read(sub->part[i].object, OBJECT_MAX_FILE, &object))
            grader_fault("%s is gone", sub->part[i].object);
        text_add(&text, " %u:%zu:", i, object.size);
        text_add_bytes(&text, object.data, object.size);
        bytes_free(&object);
    }
    sha256_hex(text.data, text.size, hex);
    text_free(&text);
    return must_format("%s/images/%s", g->cache, hex);
}

/** Copy a submission's object into the job's folder under its own name: the
 *  linker script places some files by it. */
static char *own_object(const struct part *part, const char *folder,
                        const char *object)
{
    char *name = must_format("own/%s", object);
    char *path = must_format("%s/%s", folder, name);

    if (!make_parent(path) || !file_copy(part->object, path))
        grader_fault("%s cannot be copied: %s", part->object,
                     strerror(errno));
    free(path);
    return name;
}

/** Run the linker; the problem's text, or NULL when image.elf is there. */
static char *run_linker(const struct grader *g, const char *folder,
                        const char *const *argv)
{
    char *reference = must_format("%s/reference", g->scratch);
    char *drivers = must_format("%s/drivers", g->scratch);
    struct sandbox_job job = {
        .folder = folder,
        .argv = argv,
        .view = SANDBOX_TOOLS,
        .file_bytes = IMAGE_MAX_BYTES,
        .lent = { { reference, "reference" }, { drivers, "drivers" } },
    };
    struct sandbox_result result;
    const char *phrase;
    char *problem = NULL;

    sandbox_run(g->mode, &job, &result);
    phrase = sandbox_end_phrase(&result);
    if (phrase)
        problem = must_format("the linker %s", phrase);
    else if (result.status) {
        result.output[strnlen(result.output, 2000)] = 0;
        problem = must_format("the image cannot be linked:\n%s",
                              result.output);
    }
    sandbox_result_free(&result);
    free(reference);
    free(drivers);
    return problem;
}

static char *link_objects(const struct grader *g,
                          const struct submission *sub, exercise_set set,
                          const char *driver, const char *folder)
{
    static const char *const head[] = {
        "/usr/bin/ld", "-m", "elf_i386", "-T", "reference/image.ld",
        "-z", "noexecstack", "-z", "max-page-size=4096", "--build-id=none",
        "--no-warn-rwx-segments", "--orphan-handling=error",
        "-Map=map", "-o", "image.elf", NULL,
    };
    const char **argv = must_alloc(g->objects.nr + 24, sizeof *argv);
    unsigned nr = 0, first;
    char *problem;

    for (; head[nr]; nr++)
        argv[nr] = head[nr];
    first = nr;
    for (unsigned i = 0; i < g->objects.nr; i++) {
        int own = exercise_of(g, set, g->objects.name[i]);

        if (is_short_way(g->objects.name[i]))
            continue;
        argv[nr++] = own < 0 ? must_format("reference/%s",
                                           g->objects.name[i])
                             : own_object(&sub->part[own], folder,
                                          g->objects.name[i]);
    }
    if (driver)
        argv[nr++] = must_format("drivers/%s.o", driver);
    argv[nr++] = must_copy("drivers/test_input.o");
    argv[nr++] = must_copy("drivers/no_symbols.o");
    argv[nr++] = must_copy("drivers/no_fast.o");
    argv[nr++] = must_copy(g->libgcc);
    problem = run_linker(g, folder, argv);
    while (nr > first)
        free((char *)argv[--nr]);
    free(argv);
    return problem;
}

/** Have an image read; its lines, or NULL with the problem. */
static char *read_lines(const struct grader *g, const char *path,
                        char **problem)
{
    char *folder = job_folder(g);
    char *inside = must_format("%s/bin/rf-inside", g->scratch);
    char *out = must_format("%s/lines", folder);
    const char *const argv[] = { inside, "image", "image.elf", "lines", NULL };
    struct sandbox_job job = {
        .folder = folder,
        .argv = argv,
        .lent = { { inside, NULL }, { path, "image.elf" } },
    };
    struct sandbox_result result;
    struct bytes lines = { 0 };

    sandbox_run(g->mode, &job, &result);
    if (result.end != SANDBOX_EXITED || result.status ||
        !file_read(out, IMAGE_MAX_BYTES, &lines)) {
        const char *phrase = sandbox_end_phrase(&result);

        *problem = must_format("the linked image cannot be read: its reader "
                               "%s", phrase ? phrase : "gave up");
    }
    sandbox_result_free(&result);
    free(out);
    free(inside);
    job_folder_remove(folder);
    return lines.data;
}

/** Add whose code is where to an image's lines. */
static void add_owners(const struct grader *g, const char *folder,
                       char **lines)
{
    char *path = must_format("%s/map", folder);
    struct text text = { 0 };
    struct bytes map;

    if (!file_read(path, IMAGE_MAX_BYTES, &map))
        grader_fault("the linker left no map: %s", strerror(errno));
    text_add(&text, "%s", *lines);
    owners_of_map(&g->lab, map.data, &text);
    free(*lines);
    *lines = text.data;
    bytes_free(&map);
    free(path);
}

/** Once: the problem's text, or NULL when HASH.elf and the lines are there. */
static char *try_image(const struct grader *g, const struct submission *sub,
                       exercise_set set, const char *driver, const char *path,
                       char **lines)
{
    char *folder = job_folder(g);
    char *made = must_format("%s/image.elf", folder);
    char *problem = link_objects(g, sub, set, driver, folder);
    struct bytes file = { 0 };

    if (!problem && !file_read(made, IMAGE_MAX_BYTES, &file))
        problem = must_copy("the linker made no image");
    if (!problem && !file_write(path, file.data, file.size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    if (!problem)
        *lines = read_lines(g, path, &problem);
    if (!problem)
        add_owners(g, folder, lines);
    bytes_free(&file);
    free(made);
    job_folder_remove(folder);
    return problem;
}

/** Link and read into scratch/images/HASH.elf and .lines, or .why. */
static void make_image(const struct grader *g, const struct submission *sub,
                       exercise_set set, const char *driver, const char *name)
{
    char *path = must_format("%s.elf", name);
    char *lines = NULL, *to;
    char *problem = try_image(g, sub, set, driver, path, &lines);

    if (problem) {
        free(problem);
        free(lines);
        lines = NULL;
        problem = try_image(g, sub, set, driver, path, &lines);
    }
    if (problem && !stage_has_room(g))
        grader_fault("the disk with %s is full: %s", g->scratch, problem);
    to = must_format("%s.%s", name, problem ? "why" : "lines");
    if (!file_write(to, problem ? problem : lines,
                    strlen(problem ? problem : lines)))
        grader_fault("%s cannot be written: %s", to, strerror(errno));
    free(to);
    free(lines);
    free(problem);
    free(path);
}

bool image_link(const struct grader *g, const struct submission *sub,
                exercise_set set, const char *driver, struct image *image,
                char **problem)
{
    char *name = image_name(g, sub, set, driver);
    char *why = must_format("%s.why", name);
    char *lines_path = must_format("%s.lines", name);
    struct bytes lines, reason;

    *image = (struct image){ .path = must_format("%s.elf", name),
                             .own = set };
    *problem = NULL;
    if (!file_exists(why) && !file_exists(lines_path))
        make_image(g, sub, set, driver, name);
    if (file_read(why, IMAGE_MAX_BYTES, &reason)) {
        *problem = reason.data;
    } else if (!file_read(lines_path, IMAGE_MAX_BYTES, &lines) ||
               !file_read(image->path, IMAGE_MAX_BYTES, &image->file)) {
        grader_fault("%s is gone", image->path);
    } else if (!image_take_lines(image, lines.data)) {
        *problem = must_copy("the linked image has headers that no image of "
                             "this linker has");
    }
    free(lines_path);
    free(why);
    free(name);
    if (*problem)
        image_free(image);
    return !*problem;
}

void image_forget(const struct grader *g, const struct submission *sub,
                  exercise_set set, const char *driver)
{
    static const char *const kinds[] = { "elf", "lines", "why" };
    char *name = image_name(g, sub, set, driver);

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *path = must_format("%s.%s", name, kinds[i]);

        unlink(path);
        free(path);
    }
    free(name);
}
