# SPDX-License-Identifier: MIT
#
# The instrumented Bochs: what the set-up has compiled of Bochs itself, and
# our module, linked in a second.

SIM_BOCHS := $(BUILD)/bin/bochs-rf
SIM_BOCHS_BUILD := $(BUILD)/bochs
SIM_ORACLES_C := $(sort $(wildcard sim/oracles/*.c))
SIM_BOCHS_C := $(sort $(wildcard sim/bochs/*.c)) $(SIM_ORACLES_C)
SIM_BOCHS_O := $(SIM_BOCHS_C:%.c=$(SIM_BOCHS_BUILD)/%.o) \
	$(SIM_BOCHS_BUILD)/sim/bochs/shim.o

.PHONY: bochs
bochs: $(SIM_BOCHS) ## build the instrumented Bochs

$(SIM_BOCHS_BUILD)/%.o: %.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) -I. -MMD -MP -c $< -o $@

$(SIM_BOCHS_BUILD)/%.o: %.cc $(BOCHS_HOME)/bochs.o | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	@g++ -std=c++17 -O2 -g -Wall -Wextra -Werror -I. \
	    -ffile-prefix-map=$(CURDIR)=. \
	    -isystem $(BOCHS_HOME)/include -isystem $(BOCHS_HOME)/instrument \
	    -MMD -MP -c $< -o $@

$(SIM_BOCHS): $(SIM_BOCHS_O) $(BOCHS_HOME)/bochs.o
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@g++ -o $@ $^ -lgcrypt -lpthread -ldl

-include $(SIM_BOCHS_O:.o=.d)
