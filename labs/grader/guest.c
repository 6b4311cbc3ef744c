/* SPDX-License-Identifier: MIT */
/**
 * @file guest.c
 * Trusted guests; contracts in guest.h.
 *
 * - GUEST-I1: a guest's code and constants are hashed, its input included,
 *   and compared whenever a mark in them is executed: what is observed was
 *   done by the guest, not by a hypervisor that wrote over it.
 */
#include "labs/grader/guest.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST_MAX_BYTES 0x1000000u
#define PREFIX "guest:"

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

void guest_open(const struct grader *g, struct setup *s, struct guest *guest)
{
    const char *name = s->test->guest;
    char *path;

    *guest = (struct guest){ 0 };
    if (!name)
        return;
    path = must_format("%s/guests/%s.elf", g->scratch, name);
    if (!file_read(path, GUEST_MAX_BYTES, &guest->file) ||
        symbols_open(path, &guest->symbols, NULL))
        setup_mistake(s, "there is no guest %s", name);
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
