/* SPDX-License-Identifier: MIT */
/**
 * @file hidden.c
 * Loading an instructor's own tests; contract in hidden.h.
 */
#include "labs/grader/hidden.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

static const struct lab_tests *load(const char *folder)
{
    char *path = must_format("%s/" HIDDEN_TESTS, folder);
    char full[PATH_MAX];
    const struct lab_tests *tests;
    void *library;

    /* Without a slash in it, a name would be looked for elsewhere. */
    if (!realpath(path, full))
        grader_usage("there are no hidden tests in %s: build them with "
                     "HIDDEN=folder", folder);
    library = dlopen(full, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        grader_usage("the hidden tests cannot be loaded: %s", dlerror());
    tests = dlsym(library, "hidden_tests");
    if (!tests)
        grader_usage("the hidden tests define no \"hidden_tests\"; see "
                     "labs/grader/hidden.h");
    free(path);
    return tests;
}

void hidden_load(struct grader *g, const char *folder)
{
    const struct lab_tests *hidden = load(folder);

    if (hidden->lab != g->lab.number)
        grader_usage("the hidden tests are of lab %u, not of lab %u",
                     hidden->lab, g->lab.number);
    lab_add_tests(&g->lab, hidden->tests);
}
