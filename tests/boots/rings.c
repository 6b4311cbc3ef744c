/* SPDX-License-Identifier: MIT */
#include "rings.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#define PAGE 4096u

/** The first words of a 32-bit guest's start_info: the host's structure of
 *  that name has 64-bit ones. */
struct start {
    char magic[32];
    uint32_t nr_pages, shared_info, flags;
    uint32_t store_mfn, store_port, console_mfn, console_port;
};

/** A page that is a plain domain's start_info, with pages that exist. */
static bool is_start(const struct start *start, uint64_t nr_frames)
{
    return strncmp(start->magic, "xen-3.0-x86_32p", sizeof(start->magic)) ==
               0 &&
           start->flags == 0 && start->store_mfn != 0 &&
           start->store_mfn < nr_frames && start->console_mfn != 0 &&
           start->console_mfn < nr_frames;
}

static bool find(const uint8_t *ram, uint64_t nr_frames, struct rings *to)
{
    const struct xenstore_domain_interface *store;
    const struct xencons_interface *console;
    const struct start *start;
    uint64_t i = 0;

    while (i < nr_frames &&
           !is_start((const struct start *)(ram + i * PAGE), nr_frames))
        i++;
    if (i == nr_frames)
        return false;
    start = (const struct start *)(ram + i * PAGE);
    store = (const void *)(ram + (uint64_t)start->store_mfn * PAGE);
    console = (const void *)(ram + (uint64_t)start->console_mfn * PAGE);
    *to = (struct rings){
        .console_prod = console->out_prod, .console_cons = console->out_cons,
        .request_prod = store->req_prod, .request_cons = store->req_cons,
        .answer_prod = store->rsp_prod, .answer_cons = store->rsp_cons,
    };
    return true;
}

bool rings_read(const char *path, struct rings *rings)
{
    int file = open(path, O_RDONLY);
    struct stat about;
    uint8_t *ram;
    bool found;

    if (file < 0 || fstat(file, &about) || about.st_size == 0)
        return false;
    ram = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (ram == MAP_FAILED)
        return false;
    found = find(ram, (uint64_t)about.st_size / PAGE, rings);
    munmap(ram, (size_t)about.st_size);
    return found;
}
