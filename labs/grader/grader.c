/* SPDX-License-Identifier: MIT */
/**
 * @file grader.c
 * Starting and ending a grader; see grader.h.
 */
#include "labs/grader/grader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/grader/hidden.h"
#include "labs/grader/image.h"
#include "labs/grader/stage.h"

/** A starter's reference is shipped with it; elsewhere it is the tree's. */
#define SHIPPED_REFERENCE "labs/reference"

/** First line that a tool prints about itself; free() it. */
static char *ask_tool(const struct grader *g, const char *const *argv)
{
    char *folder = job_folder(g);
    struct sandbox_job job = { .folder = folder, .argv = argv,
                               .view = SANDBOX_TOOLS };
    struct sandbox_result result;
    char *line;

    sandbox_run(g->mode, &job, &result);
    if (result.end != SANDBOX_EXITED || result.status)
        grader_fault("%s does not run in the sandbox: %s", argv[0],
                     result.output);
    result.output[strcspn(result.output, "\n")] = 0;
    line = must_copy(result.output);
    sandbox_result_free(&result);
    job_folder_remove(folder);
    return line;
}

/** Note what a verdict may depend on besides the submission. */
static void take_fingerprint(struct grader *g)
{
    static const char *const compiler[] = { "/usr/bin/gcc", "--version",
                                            NULL };
    static const char *const linker[] = { "/usr/bin/ld", "--version", NULL };
    static const char *const libgcc[] = {
        "/usr/bin/gcc", "-m32", "-print-libgcc-file-name", NULL
    };
    char *line = ask_tool(g, compiler);

    g->fingerprint = json_object();
    json_object_set_new(g->fingerprint, "compiler", json_string(line));
    free(line);
    line = ask_tool(g, linker);
    json_object_set_new(g->fingerprint, "linker", json_string(line));
    free(line);
    line = stage_hash(g, "bin/bochs-rf");
    json_object_set_new(g->fingerprint, "simulator", json_string(line));
    free(line);
    line = stage_hash_tests(g);
    json_object_set_new(g->fingerprint, "tests", json_string(line));
    free(line);
    json_object_set_new(g->fingerprint, "headers_and_flags",
                        json_string(g->headers_hash));
    g->libgcc = ask_tool(g, libgcc);
}

/** The tree's flags, without those about warnings (a student's program is not
 *  wrong because it has an unused variable; see compile.c) and without the
 *  tree's path (the compiler sees another one). */
static char *graded_flags(const char *cflags)
{
    char *copy = must_copy(cflags), *rest = copy, *word;
    struct text flags = { 0 };

    text_add(&flags, "%s", "");
    while ((word = strsep(&rest, " \t")))
        if (*word && strncmp(word, "-ffile-prefix-map=", 18) &&
            strncmp(word, "-W", 2))
            text_add(&flags, "%s%s", flags.size ? " " : "", word);
    free(copy);
    return flags.data;
}

/** Hash the headers and the compiler's flags together. */
static void hash_headers(struct grader *g)
{
    char *headers = stage_hash(g, "headers");
    char *both = must_format("%s %s", headers, g->cflags);
    char hex[SHA256_HEX];

    sha256_hex(both, strlen(both), hex);
    g->headers_hash = must_copy(hex);
    free(both);
    free(headers);
}

/** What the reference is: the bytes that are loaded, so that a starter's
 *  stripped objects and another folder's debugging information are the same. */
static void note_reference(struct grader *g, const struct image *image)
{
    struct text bytes = { 0 };
    char hex[SHA256_HEX];

    for (unsigned i = 0; i < image->nr_parts; i++)
        text_add_bytes(&bytes, image->file.data + image->part[i].offset,
                       image->part[i].file_bytes);
    sha256_hex(bytes.data, bytes.size, hex);
    json_object_set_new(g->fingerprint, "reference", json_string(hex));
    text_free(&bytes);
}

/** Link the reference: its names are what a submission may use, and if it
 *  cannot be linked, nothing can be graded. */
static void learn_names(struct grader *g)
{
    char *path = must_format("%s/known", g->scratch);
    struct text names = { 0 };
    struct image image;
    char *problem;

    if (!image_link(g, NULL, 0, NULL, &image, &problem))
        grader_fault("the reference cannot be linked: %s", problem);
    note_reference(g, &image);
    text_add(&names, "\n");
    for (unsigned i = 0; i < image.nr_names; i++)
        if (image.names[i].global && strcmp(image.names[i].name,
                                            "test_input"))
            text_add(&names, "%s\n", image.names[i].name);
    /* What the compiler itself may call. */
    text_add(&names, "_GLOBAL_OFFSET_TABLE_\n__udivdi3\n__umoddi3\n"
             "__divdi3\n__moddi3\n__udivmoddi4\n__divmoddi4\n__ashldi3\n"
             "__ashrdi3\n__lshrdi3\n__ffsdi2\n__clzdi2\n__ctzdi2\n"
             "__popcountsi2\n__popcountdi2\n");
    if (!file_write(path, names.data, names.size))
        grader_fault("%s cannot be written: %s", path, strerror(errno));
    text_free(&names);
    image_free(&image);
    free(path);
}

static void stage_all(struct grader *g)
{
    static const char *const own[] = { "test_input", "no_symbols", "no_fast" };
    char *inside = must_format("%s/bin/rf-inside", g->build);
    char *simulator = must_format("%s/bin/bochs-rf", g->build);

    stage_file(g, inside, "bin/rf-inside");
    stage_file(g, simulator, "bin/bochs-rf");
    stage_objects(g);
    stage_drivers(g);
    for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++) {
        char *from = must_format("%s/labs/grader/%s.o", g->build, own[i]);
        char *to = must_format("drivers/%s.o", own[i]);

        stage_file(g, from, to);
        free(to);
        free(from);
    }
    stage_headers(g);
    free(simulator);
    free(inside);
}

/** Before any job: rf-confine has to lie where every user can start it. */
static void choose_sandbox(struct grader *g, bool force_fallback)
{
    char *program = must_format("%s/bin/rf-confine", g->build);
    char *staged = must_format("%s/bin/rf-confine", g->scratch);
    char *instead, *folder;

    stage_file(g, program, "bin/rf-confine");
    sandbox_use_confiner(staged);
    if (force_fallback) {
        instead = sandbox_fallback_words();
        g->mode = SANDBOX_FALLBACK;
        g->mode_why = must_format("the fallback was asked for: submissions "
                                  "run %s", instead);
        free(instead);
    } else {
        folder = job_folder(g);
        g->mode = sandbox_probe(folder, &g->mode_why);
        job_folder_remove(folder);
    }
    free(staged);
    free(program);
}

void grader_start(struct grader *g, const struct grader_options *options)
{
    *g = (struct grader){
        .build = options->build,
        .cflags = graded_flags(options->cflags),
        .seed = options->seed,
        .nr_seeds = options->nr_seeds,
        .key = options->key,
        .jobs = options->jobs,
        .hidden = options->hidden,
    };
    lab_read(options->lab, &g->lab);
    if (g->hidden)
        hidden_load(g, g->hidden);
    g->source = file_exists(SHIPPED_REFERENCE)
                    ? must_copy(SHIPPED_REFERENCE)
                    : must_format("%s/hv", g->build);
    file_open_up();
    stage_make(g);
    choose_sandbox(g, options->force_fallback);
    stage_all(g);
    hash_headers(g);
    g->reference_hash = stage_hash(g, "reference");
    take_fingerprint(g);
    learn_names(g);
}

void grader_stop(struct grader *g)
{
    stage_remove(g);
    for (unsigned i = 0; i < g->objects.nr; i++)
        free(g->objects.name[i]);
    free(g->objects.name);
    free(g->source);
    free(g->cflags);
    free(g->mode_why);
    free(g->libgcc);
    free(g->headers_hash);
    free(g->reference_hash);
    json_decref(g->fingerprint);
    lab_free(&g->lab);
    *g = (struct grader){ 0 };
}
