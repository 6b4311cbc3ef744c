/* SPDX-License-Identifier: MIT */
/**
 * @file image.c
 * What is in a linked image; contracts in image.h. Linking is in link.c.
 */
#include "labs/grader/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_part(struct image *image, const char *line)
{
    uint64_t v, m, offset, in_file, bytes;
    char rights[8] = "";
    struct image_part *part = &image->part[image->nr_parts];

    if (sscanf(line, "part %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
               " %" SCNx64 " %7s", &v, &m, &offset, &in_file, &bytes,
               rights) < 5 || image->nr_parts == IMAGE_MAX_PARTS)
        return false;
    if (v > UINT32_MAX || m > UINT32_MAX || bytes > UINT32_MAX - v ||
        in_file > bytes || offset > image->file.size ||
        in_file > image->file.size - offset)
        return false;
    *part = (struct image_part){
        .virtual_start = (uint32_t)v,
        .machine_start = (uint32_t)m,
        .offset = (uint32_t)offset,
        .file_bytes = (uint32_t)in_file,
        .bytes = (uint32_t)bytes,
        .writable = strchr(rights, 'w'),
        .executable = strchr(rights, 'x'),
    };
    image->nr_parts++;
    return true;
}

static bool take_name(struct image *image, char *line)
{
    struct image_name *name = &image->names[image->nr_names];
    char *end;
    uint64_t address;

    if (strncmp(line, "name ", 5))
        return false;
    address = strtoull(line + 5, &end, 16);
    strtoull(end, &end, 16);
    if (address > UINT32_MAX || end[0] != ' ' || !end[1] || end[2] != ' ')
        return false;
    *name = (struct image_name){ .address = (uint32_t)address,
                                 .global = end[1] == 'g',
                                 .name = end + 3 };
    image->nr_names++;
    return true;
}

static bool take_owner(struct image *image, const char *line)
{
    struct image_owner *to = &image->owners[image->nr_owners];
    unsigned owner;

    if (sscanf(line, "owner %x %" SCNx32 " %" SCNx32, &owner, &to->start,
               &to->bytes) != 3 || owner > IMAGE_OF_DRIVER)
        return false;
    to->owner = (int)owner;
    image->nr_owners++;
    return true;
}

static bool take_line(struct image *image, char *line)
{
    return *line == 'p'   ? take_part(image, line)
           : *line == 'o' ? take_owner(image, line)
                          : take_name(image, line);
}

bool image_take_lines(struct image *image, char *lines)
{
    unsigned nr = 1;
    char *line;

    for (const char *at = lines; *at; at++)
        nr += *at == '\n';
    image->lines = lines;
    image->names = must_alloc(nr, sizeof *image->names);
    image->owners = must_alloc(nr, sizeof *image->owners);
    while ((line = strsep(&lines, "\n"))) {
        if (!*line)
            continue;
        if (!take_line(image, line))
            return false;
    }
    return image->nr_parts > 0;
}

bool image_address(const struct image *image, const char *name,
                   uint32_t *address)
{
    for (unsigned i = 0; i < image->nr_names; i++) {
        /* A submission may have local names like anybody's. */
        if (!image->names[i].global || strcmp(image->names[i].name, name))
            continue;
        *address = image->names[i].address;
        return true;
    }
    return false;
}

int image_owner(const struct image *image, uint32_t address)
{
    for (unsigned i = 0; i < image->nr_owners; i++)
        if (address - image->owners[i].start < image->owners[i].bytes)
            return image->owners[i].owner;
    return -1;
}

char *image_at(struct image *image, uint32_t address, size_t size)
{
    for (unsigned i = 0; i < image->nr_parts; i++) {
        const struct image_part *part = &image->part[i];
        uint32_t into = address - part->virtual_start;

        if (address >= part->virtual_start && into <= part->file_bytes &&
            size <= part->file_bytes - into)
            return image->file.data + part->offset + into;
    }
    return NULL;
}

void image_free(struct image *image)
{
    bytes_free(&image->file);
    free(image->path);
    free(image->names);
    free(image->owners);
    free(image->lines);
    *image = (struct image){ 0 };
}

char *image_where(const struct grader *g, const struct image *image,
                  const uint32_t *address, unsigned nr)
{
    char *folder = job_folder(g);
    char *inside = must_format("%s/bin/rf-inside", g->scratch);
    const char **argv = must_alloc(nr + 4, sizeof *argv);
    struct sandbox_job job = {
        .folder = folder,
        .argv = argv,
        .lent = { { inside, NULL }, { image->path, "image.elf" } },
    };
    struct sandbox_result result;
    char *lines = NULL;

    argv[0] = inside;
    argv[1] = "where";
    argv[2] = "image.elf";
    for (unsigned i = 0; i < nr; i++)
        argv[3 + i] = must_format("0x%x", address[i]);
    sandbox_run(g->mode, &job, &result);
    if (result.end == SANDBOX_EXITED && result.status == 0)
        lines = must_copy(result.output);
    sandbox_result_free(&result);
    for (unsigned i = 0; i < nr; i++)
        free((char *)argv[3 + i]);
    free(argv);
    free(inside);
    job_folder_remove(folder);
    return lines;
}
