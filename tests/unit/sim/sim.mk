# SPDX-License-Identifier: MIT
#
# The simulators' libraries, as far as they need no other library.
UNIT_sim_compose := sim/rom/compose.c sim/rom/image.c sim/rom/place.c \
    sim/run/error.c
UNIT_sim_domains := sim/run/domains.c sim/run/error.c
TESTS_UNIT_EVENTS := tests/unit/sim/event_maker.c sim/trace/reader.c \
    sim/run/error.c
UNIT_sim_forks := sim/trace/forks.c $(TESTS_UNIT_EVENTS)
UNIT_sim_reader := $(TESTS_UNIT_EVENTS)
UNIT_sim_timeline := sim/trace/timeline.c sim/trace/describe.c \
    sim/trace/svg.c $(TESTS_UNIT_EVENTS)
$(BUILD)/unit/sim/rom/%.o $(BUILD)/unit/sim/run/%.o \
    $(BUILD)/unit/sim/trace/%.o $(BUILD)/unit/tests/unit/sim/%.o: \
    TESTS_UNIT_EXTRA := -I.
