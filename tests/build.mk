# SPDX-License-Identifier: MIT
#
# The tests outside the labs: each kind has its own fragment, which adds
# itself to TEST_PARTS (see the top Makefile).

# Building a hypervisor that is broken on purpose: two kinds share it.
TESTS_BROKEN_O := $(BUILD)/oracles/broken.o $(BUILD)/oracles/variant.o

include $(sort $(wildcard tests/*/*.mk))
