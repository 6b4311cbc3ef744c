/* SPDX-License-Identifier: MIT */
/**
 * @file guest.c
 * Trusted guests; contracts in guest.h.
 *
 * - GUEST-I1: a guest's code and constants are hashed, its input included,
 *   and compared whenever a mark in them is executed: what is observed was
 *   done by the guest, not by a hypervisor that wrote over it.
 * - GUEST-I2: where a guest lies is drawn from the seed, by numbers of its own:
 *   a submission that knows it by heart knows another one.
 */
#include "labs/grader/guest.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/grader/guest_move.h"
#include "labs/grader/rng.h"
#include "labs/grader/stage.h"

#define GUEST_MAX_BYTES 0x1000000u
#define PREFIX "guest:"

/* Where a guest may lie: above what tests take to be nobody's, and so that it,
 * its tables and its stack end below the machine-to-physical table. The
 * builder fills up 4 MB, which is all that most of the guests have: so it is
 * in the first MB of 4. */
#define BLOCK (4u << 20)
#define LOWEST_BASE 0x88000000u
#define HIGHEST_BASE 0xF0000000u
#define FIRST_PAGES 256u
#define PAGE 4096u

const char *guest_name(const char *symbol)
{
    return strncmp(symbol, PREFIX, sizeof PREFIX - 1)
               ? NULL : symbol + sizeof PREFIX - 1;
}

/** The bytes of the file that are loaded at [address, address + size). */
static char *bytes_at(const struct guest *guest, uint32_t address,
                      size_t size)
{
    const Elf32_Ehdr *head = (const Elf32_Ehdr *)guest->file.data;
    const Elf32_Phdr *part;

    if (guest->file.size < sizeof *head)
        return NULL;
    part = (const Elf32_Phdr *)(guest->file.data + head->e_phoff);
    for (unsigned i = 0; i < head->e_phnum; i++, part++)
        if (part->p_type == PT_LOAD && address >= part->p_vaddr &&
            address - part->p_vaddr + size <= part->p_filesz)
            return guest->file.data + part->p_offset +
                   (address - part->p_vaddr);
    return NULL;
}

/** Write the input where driver.h declares it. */
static bool place_input(const struct guest *guest, const struct bytes *input)
{
    uint32_t address;
    char *at = symbols_address(guest->symbols, "test_input", &address)
                   ? bytes_at(guest, address, 8 + TEST_INPUT_MAX) : NULL;

    if (!at)
        return false;
    for (unsigned i = 0; i < 4; i++)
        at[i] = (char)(input->size >> 8 * i);
    if (input->size)
        memcpy(at + 8, input->data, input->size);
    return true;
}

/** The address that it was linked for. */
static uint32_t linked_base(const struct bytes *file)
{
    const Elf32_Ehdr *head = (const Elf32_Ehdr *)file->data;
    const Elf32_Phdr *first;

    if (file->size < sizeof *head ||
        head->e_phoff > file->size - sizeof *first)
        return 0;
    first = (const Elf32_Phdr *)(file->data + head->e_phoff);
    return first->p_vaddr;
}

/** Move it to an address of the seed's: GUEST-I2. */
static bool draw_base(const struct setup *s, uint64_t seed,
                      struct bytes *file)
{
    char *id = must_format("%s guest", s->test->id);
    struct rng rng;
    uint32_t base;

    rng_start(&rng, seed, id);
    base = rng_between(&rng, LOWEST_BASE / BLOCK, HIGHEST_BASE / BLOCK) *
               BLOCK + rng_below(&rng, FIRST_PAGES) * PAGE;
    free(id);
    return guest_move(file, base - linked_base(file));
}

/** Symbols of the file as it is now. */
static bool open_symbols(const struct grader *g, struct guest *guest)
{
    char *folder = job_folder(g);
    char *path = must_format("%s/guest.elf", folder);
    bool good = file_write(path, guest->file.data, guest->file.size) &&
                !symbols_open(path, &guest->symbols, NULL);

    free(path);
    job_folder_remove(folder);
    return good;
}

void guest_open(const struct grader *g, struct setup *s, uint64_t seed,
                struct guest *guest)
{
    const char *name = s->test->guest;
    char *path;

    *guest = (struct guest){ 0 };
    if (!name)
        return;
    path = must_format("%s/guests/%s.elf", g->scratch, name);
    if (!file_read(path, GUEST_MAX_BYTES, &guest->file))
        setup_mistake(s, "there is no guest %s", name);
    else if (!draw_base(s, seed, &guest->file) || !open_symbols(g, guest))
        setup_mistake(s, "the guest %s cannot be moved", name);
    else if (!place_input(guest, &s->input))
        setup_mistake(s, "the guest %s has no place for its input", name);
    free(path);
}

void guest_free(struct guest *guest)
{
    if (guest->symbols)
        symbols_close(guest->symbols);
    bytes_free(&guest->file);
    *guest = (struct guest){ 0 };
}

/** A range of addresses between two of the guest's labels. */
static bool range_of(const struct guest *guest, const char *from,
                     const char *to, uint32_t *start, uint32_t *end)
{
    return symbols_address(guest->symbols, from, start) &&
           symbols_address(guest->symbols, to, end) && *start < *end;
}

static void describe_rings(const struct guest *guest, struct sim_run *sim)
{
    uint32_t start, end;
    char text[64];

    if (range_of(guest, "image_start", "user_start", &start, &end)) {
        snprintf(text, sizeof text, "0x%x-0x%x", start, end);
        sim_arg(sim, "kernel-code", text);
    }
    if (range_of(guest, "user_start", "user_end", &start, &end)) {
        snprintf(text, sizeof text, "0x%x-0x%x", start, end);
        sim_arg(sim, "application-code", text);
    }
}

void guest_describe(const struct guest *guest, const struct setup *s,
                    struct sim_run *sim)
{
    uint32_t start, end;
    const char *bytes;

    if (!guest->symbols)
        return;
    sim_run_module(sim, &(struct rom_module){
        .bytes = guest->file.data,
        .length = guest->file.size,
        .string = s->test->guest,
    });
    describe_rings(guest, sim);
    if (range_of(guest, "text_start", "text_end", &start, &end) &&
        (bytes = bytes_at(guest, start, end - start))) {
        char hex[SHA256_HEX];

        sha256_hex(bytes, end - start, hex);
        sim_text(sim, start, end - start, hex);
    }
}
