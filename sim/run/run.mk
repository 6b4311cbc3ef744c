# SPDX-License-Identifier: MIT
#
# The library of runs and traces, rf-sim, and the targets that run a guest.

SIM_CFLAGS := -I. -iquote src/include

# What a program that runs machines or reads traces links.
SIM_LIB := $(BUILD)/sim/libsim.a
SIM_LIBS := -ldw -lelf -ljansson -larchive -lm

SIM_LIB_SOURCES := $(addprefix sim/rom/,compose.c image.c place.c) \
	$(addprefix sim/run/,error.c describe.c prepare.c bochs.c execute.c \
		kernel.c domains.c unpack.c) \
	sim/qemu/qemu.c \
	$(addprefix sim/trace/,reader.c forks.c symbols.c describe.c \
		timeline.c svg.c)
SIM_LIB_OBJECTS := $(SIM_LIB_SOURCES:sim/%.c=$(BUILD)/sim/%.o) \
	$(SIM_ROM_DIR)/rom.o
SIM_TOOL_OBJECTS := $(addprefix $(BUILD)/sim/,run/main.o trace/main.o)

$(SIM_LIB_SOURCES:sim/%.c=$(BUILD)/sim/%.o) $(SIM_TOOL_OBJECTS): \
		$(BUILD)/sim/%.o: sim/%.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(BUILD)/sim/rom/*.d $(BUILD)/sim/run/*.d \
	$(BUILD)/sim/qemu/*.d $(BUILD)/sim/trace/*.d)

$(SIM_LIB): $(SIM_LIB_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/bin/rf-sim: $(BUILD)/sim/run/main.o $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

$(BUILD)/bin/rf-trace: $(BUILD)/sim/trace/main.o $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)
