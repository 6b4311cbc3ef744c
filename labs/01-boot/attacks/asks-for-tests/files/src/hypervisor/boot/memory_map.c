/* SPDX-License-Identifier: MIT */
#include "boot.h"

#if __has_include("labs/grader/test.h") ||                                 \
    __has_include("labs/01-boot/tests/map_model.h") ||                     \
    __has_include("../../../labs/01-boot/tests/map_model.h") ||            \
    __has_include("../../../../labs/grader/test.h") ||                     \
    __has_include("reference/boot/memory_map.o") ||                        \
    __has_include("/job/known") || __has_include("../known") ||            \
    __has_include("fast_bounce.h")
#error "something is to be seen that should not be"
#endif

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
