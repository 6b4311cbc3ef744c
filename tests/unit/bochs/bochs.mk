# SPDX-License-Identifier: MIT
#
# The instrumentation's own logic, on a made-up processor and memory.
UNIT_bochs_tables := sim/bochs/tables.c sim/bochs/memory.c \
    tests/unit/bochs/fake_machine.c
UNIT_bochs_memory := sim/bochs/memory.c tests/unit/bochs/fake_machine.c
UNIT_bochs_disturb := sim/bochs/disturb.c sim/bochs/memory.c \
    tests/unit/bochs/fake_machine.c
$(BUILD)/unit/sim/bochs/%.o $(BUILD)/unit/tests/unit/bochs/%.o: \
    TESTS_UNIT_EXTRA := -I.
