# SPDX-License-Identifier: MIT
TESTS_SCHED := $(filter-out $(addprefix src/hypervisor/scheduling/, \
        time.c clock.c timer.c timer_device.c timer_pit.c vcpu_time.c), \
    $(wildcard src/hypervisor/scheduling/*.c))

UNIT_scheduling_switch := $(TESTS_SCHED) \
    src/hypervisor/segmentation/bounce.c \
    $(addprefix src/hypervisor/segmentation/,fpu.c exit.c) \
    tests/unit/arch/fake_guest.c
