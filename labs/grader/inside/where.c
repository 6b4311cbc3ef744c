/* SPDX-License-Identifier: MIT */
/**
 * @file where.c
 * Which function, file and line addresses of an image are. For each address
 * one line:
 *
 *     FUNCTION+OFFSET FILE:LINE
 *
 * with `?` for a part that is not known. The debugging information was
 * written by a submission's compiler, from the submission's text.
 */
#include "labs/grader/inside/inside.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_where(Dwfl_Module *module, GElf_Addr address)
{
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(module, address, &offset, &symbol,
                                            NULL, NULL, NULL);
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    int number = 0;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL,
                                            NULL)
                            : NULL;

    printf("%s+0x%llx ", name ? name : "?", (unsigned long long)offset);
    if (file && !strncmp(file, "./", 2))
        file += 2;
    if (file)
        printf("%s:%d\n", file, number);
    else
        puts("?");
}

int inside_where(int argc, char **argv)
{
    static const Dwfl_Callbacks callbacks = {
        .section_address = dwfl_offline_section_address,
        .find_debuginfo = dwfl_standard_find_debuginfo,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    Dwfl_Module *module;

    if (!dwfl)
        return 2;
    dwfl_report_begin(dwfl);
    module = dwfl_report_offline(dwfl, "", argv[0], -1);
    dwfl_report_end(dwfl, NULL, NULL);
    for (int i = 1; module && i < argc; i++) {
        /* Offline modules are placed where they were linked. */
        GElf_Addr bias = 0;

        dwfl_module_getelf(module, &bias);
        print_where(module, strtoull(argv[i], NULL, 0) + bias);
    }
    dwfl_end(dwfl);
    return module ? 0 : 1;
}
