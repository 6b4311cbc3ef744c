/* SPDX-License-Identifier: MIT */
/**
 * @file machine.c
 * What oracles share: questions to the machine that are made of its queries
 * (oracle.h). Nothing here knows a simulator.
 */
#include "sim/oracles/oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

size_t machine_read_virtual(const struct machine *m, uint32_t vaddr, void *to,
                            size_t bytes)
{
    struct translation where;
    size_t done = 0, part;

    while (done < bytes) {
        if (!machine_translate(m, vaddr + (uint32_t)done, &where))
            break;
        part = PAGE - (size_t)(where.maddr % PAGE);
        if (part > bytes - done)
            part = bytes - done;
        part = machine_read_physical(m, where.maddr, (char *)to + done, part);
        if (!part)
            break;
        done += part;
    }
    return done;
}

const char *machine_arg(const struct machine *m, const char *name)
{
    size_t i;

    for (i = 0; i < m->nr_args; i++) {
        if (!strcmp(m->args[i].name, name))
            return m->args[i].value;
    }
    return NULL;
}

uint64_t machine_arg_number(const struct machine *m, const char *name,
                            uint64_t otherwise)
{
    const char *value = machine_arg(m, name);

    return value ? strtoull(value, NULL, 0) : otherwise;
}

const struct machine_guest *machine_guest_at(const struct machine *m,
                                             uint32_t vaddr)
{
    size_t i;

    for (i = 0; i < m->nr_guests; i++) {
        if (vaddr >= m->guests[i].code_start && vaddr < m->guests[i].code_end)
            return &m->guests[i];
    }
    return NULL;
}

bool oracle_sleeps(const struct machine *m)
{
    (void)m;
    return true;
}

void machine_broken(const struct machine *m, unsigned code,
                    const uint32_t a[6], const char *format, ...)
{
    char sentence[512];
    va_list list;

    va_start(list, format);
    vsnprintf(sentence, sizeof(sentence), format, list);
    va_end(list);
    m->queries->broken(m, code, a, sentence);
}
