/* SPDX-License-Identifier: MIT */
#include "boot.h"

#define W (void)(int)(1 << 40);
#define W8 W W W W W W W W
#define W64 W8 W8 W8 W8 W8 W8 W8 W8
#define W512 W64 W64 W64 W64 W64 W64 W64 W64
#define W4K W512 W512 W512 W512 W512 W512 W512 W512
#define W32K W4K W4K W4K W4K W4K W4K W4K W4K
#define W256K W32K W32K W32K W32K W32K W32K W32K W32K

static void warn(void)
{
    W256K
}

int memory_map_build(const struct boot_info *info, struct memory_map *map)
{
    (void)info;
    map->nr = 0;
    return -1;
}
