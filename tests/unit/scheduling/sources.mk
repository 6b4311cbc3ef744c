# SPDX-License-Identifier: MIT
TESTS_SCHED := $(wildcard src/hypervisor/scheduling/*.c)

UNIT_scheduling_switch := $(TESTS_SCHED) \
    src/hypervisor/segmentation/bounce.c \
    $(addprefix src/hypervisor/segmentation/,fpu.c exit.c) \
    tests/unit/arch/fake_guest.c
