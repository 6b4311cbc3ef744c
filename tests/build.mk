# SPDX-License-Identifier: MIT
#
# The tests outside the labs: each kind has its own fragment, which adds
# itself to TEST_PARTS (see the top Makefile).
include $(sort $(wildcard tests/*/*.mk))
