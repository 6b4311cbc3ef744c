/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".globl memory_map_build\n"
        ".type memory_map_build, @function\n"
        ".set memory_map_build, 0xf6900000\n");
