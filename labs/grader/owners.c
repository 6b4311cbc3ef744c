/* SPDX-License-Identifier: MIT */
/**
 * @file owners.c
 * Whose code is where, from the linker's map; contract in owners.h.
 *
 * A line of the map that matters is one of
 *
 *      .text          0xf6905450      0x36d reference/boot/memory_map.o
 *      .text.unlikely.part.0
 *                     0xf6905450      0x36d own/boot/memory_map.o
 *
 * What a submission can put into the map are names of sections, and
 * rf-inside lets only plain ones through (OBJECT-I3).
 */
#include "labs/grader/owners.h"

#include <stdio.h>
#include <string.h>

#include "labs/grader/image.h"

/** The owner of an object, -1: nobody who is named. */
static int owner_of(const struct lab *lab, const char *object)
{
    static const char top[] = "src/hypervisor/";
    const char *slash = strchr(object, '/');
    size_t size;

    if (!slash)
        return -1;
    if (!strncmp(object, "drivers/", 8))
        return IMAGE_OF_DRIVER;
    if (strncmp(object, "own/", 4) && strncmp(object, "reference/", 10))
        return -1;
    size = strlen(++slash);
    if (!size || slash[size - 1] != 'o')
        return -1;
    for (unsigned i = 0; i < lab->nr_exercises; i++) {
        const char *file = lab->exercise[i].file;

        /* x.o of x.c. */
        if (!strncmp(file, top, sizeof top - 1) &&
            strlen(file + sizeof top - 1) == size &&
            !strncmp(file + sizeof top - 1, slash, size - 1))
            return (int)i;
    }
    return -1;
}

/** Is a section of this name loaded? */
static bool is_loaded(const char *section)
{
    return strncmp(section, ".debug_", 7) && strcmp(section, ".comment") &&
           strncmp(section, ".note", 5);
}

void owners_of_map(const struct lab *lab, char *map, struct text *lines)
{
    char name[200] = "", *line;

    while ((line = strsep(&map, "\n"))) {
        char object[300];
        unsigned long address, bytes;
        int owner;

        if (line[0] != ' ')
            continue;
        if (line[1] != ' ')
            sscanf(line, " %199s", name);
        if (sscanf(line[1] == ' ' ? line : line + 1 + strcspn(line + 1, " "),
                   " 0x%lx 0x%lx %299s", &address, &bytes, object) != 3 ||
            !bytes || !is_loaded(name))
            continue;
        owner = owner_of(lab, object);
        if (owner >= 0)
            text_add(lines, "owner %x %lx %lx\n", (unsigned)owner, address,
                     bytes);
    }
}
