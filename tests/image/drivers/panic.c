/* SPDX-License-Identifier: MIT */
/* A panic two calls deep. */
#include "boot.h"
#include "console.h"

__attribute__((noinline, noclone)) static void inner(int number)
{
    panic("driver says %d", number);
}

__attribute__((noinline, noclone)) static void outer(int number)
{
    inner(number + 1);
    __asm__ volatile("");
}

void test_driver(const struct boot_info *info)
{
    (void)info;
    outer(41);
    __asm__ volatile("");
}
