# SPDX-License-Identifier: MIT
#
# A hundred domains, and what each costs the hypervisor.

TEST_PARTS += scale
TESTS_SCALE := $(BUILD)/scale
N ?= 100

$(TESTS_SCALE)/many.o: tests/scale/many.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

-include $(TESTS_SCALE)/many.d

$(TESTS_SCALE)/many: $(TESTS_SCALE)/many.o $(SIM_LIB)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

TESTS_SCALE_NEEDS := $(TESTS_SCALE)/many $(SIM_TOOLS) $(SIM_IMAGE) \
    $(BUILD)/guests/many.elf

.PHONY: many state test-scale
many: $(TESTS_SCALE_NEEDS) ## N=100 domains of one image under Bochs, all to their ends
	@RINGFENCE_BOCHS=$(SIM_BOCHS) $(TESTS_SCALE)/many domains $(BUILD) \
	    $(TESTS_SCALE)/runs $(N)

state: $(TESTS_SCALE_NEEDS) ## bytes of hypervisor state that one more idle domain takes
	@RINGFENCE_BOCHS=$(SIM_BOCHS) $(TESTS_SCALE)/many state $(BUILD) \
	    $(TESTS_SCALE)/runs

# Status 2 is a failed check, which has its line.
test-scale: $(TESTS_SCALE_NEEDS) ## many domains, and what one costs
	@mkdir -p $(TEST_RESULTS)
	@RINGFENCE_BOCHS=$(SIM_BOCHS) $(TESTS_SCALE)/many check $(BUILD) \
	    $(TESTS_SCALE)/runs > $(TEST_RESULTS)/scale.txt || [ $$? -eq 2 ]
