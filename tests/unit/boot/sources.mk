# SPDX-License-Identifier: MIT
UNIT_boot_frame_alloc := src/hypervisor/boot/frame_alloc.c
UNIT_boot_memory_map := src/hypervisor/boot/memory_map.c \
    src/hypervisor/boot/memory_map_take.c
