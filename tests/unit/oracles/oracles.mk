# SPDX-License-Identifier: MIT
#
# The oracles on a made-up machine: no simulator, no hypervisor.
TESTS_UNIT_ORACLES := tests/unit/oracles/fake_machine.c \
    sim/oracles/machine.c sim/oracles/descriptor.c sim/oracles/calls.c
UNIT_oracles_rings := $(TESTS_UNIT_ORACLES) sim/oracles/rings.c
UNIT_oracles_segments := $(TESTS_UNIT_ORACLES) sim/oracles/segments.c
UNIT_oracles_context := $(TESTS_UNIT_ORACLES) tests/unit/oracles/fake_guest.c \
    tests/unit/oracles/bounces.c $(sort $(wildcard sim/oracles/context*.c))
UNIT_oracles_context_guest := $(UNIT_oracles_context)
UNIT_oracles_context_switch := $(UNIT_oracles_context)
UNIT_oracles_page_tables := $(TESTS_UNIT_ORACLES) \
    tests/unit/oracles/fake_guest.c $(addprefix sim/oracles/, \
    page_tables.c stale_translations.c owner.c owner_frames.c \
    owner_calls.c owner_grants.c guest_tables.c)
UNIT_oracles_owner := $(UNIT_oracles_page_tables)
UNIT_oracles_fetch_once := $(TESTS_UNIT_ORACLES) \
    tests/unit/oracles/fake_guest.c sim/oracles/fetch_once.c \
    sim/oracles/time_to_respond.c
$(BUILD)/unit/sim/oracles/%.o: TESTS_UNIT_EXTRA := -I.
