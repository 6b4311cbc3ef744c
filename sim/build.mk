# SPDX-License-Identifier: MIT
#
# The simulators: each part has its own fragment.
include $(sort $(wildcard sim/*/*.mk))
