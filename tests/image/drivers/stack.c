/* SPDX-License-Identifier: MIT */
/* Running over the processor's stack is a double fault with a report. */
#include "boot.h"

__attribute__((noinline, noclone)) static int deeper(int depth)
{
    volatile char room[100];

    room[depth % 100] = 1;
    return depth == -1 ? 0 : deeper(depth + 1) + room[depth % 100];
}

void test_driver(const struct boot_info *info)
{
    deeper((int)info->nr_dropped);
}
