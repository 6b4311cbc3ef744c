# SPDX-License-Identifier: MIT
# What the tests of lab 1's module are linked with; see tests/unit/unit.mk.
UNIT_boot_memory_map := src/hypervisor/boot/memory_map.c \
    src/hypervisor/boot/memory_map_take.c
UNIT_boot_command_line := src/hypervisor/boot/command_line.c \
    src/hypervisor/domain/order.c
