# SPDX-License-Identifier: MIT
TESTS_SCHED := $(addprefix src/hypervisor/scheduling/,bvt.c credit.c params.c \
    queue.c round_robin.c run_states.c schedule.c switch.c warp.c \
    watchdog.c) \
    $(addprefix src/hypervisor/segmentation/,bounce.c fpu.c) \
    tests/unit/arch/fake_guest.c

UNIT_scheduling_switch := $(TESTS_SCHED)
UNIT_scheduling_policies := $(TESTS_SCHED)
UNIT_scheduling_time := src/hypervisor/scheduling/time.c
UNIT_scheduling_clock := $(addprefix src/hypervisor/scheduling/,time.c clock.c)
UNIT_scheduling_timer := $(addprefix src/hypervisor/scheduling/,time.c timer.c \
        vcpu_timers.c) \
    tests/unit/arch/fake_guest.c
