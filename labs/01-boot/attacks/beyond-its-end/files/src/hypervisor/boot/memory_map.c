/* SPDX-License-Identifier: MIT */
#include "boot.h"

__asm__(".globl memory_map_build\n"
        ".type memory_map_build, @function\n"
        ".set memory_map_build, .text + 0x4000\n"
        ".local audit\n"
        ".type audit, @function\n"
        ".set audit, .text + 0x8000\n");
