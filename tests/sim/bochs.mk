# SPDX-License-Identifier: MIT
#
# The instrumented Bochs, tried on a machine without a hypervisor.

TEST_PARTS += bochs
TESTS_BOCHS := $(BUILD)/tests/bochs

$(TESTS_BOCHS)/machine.bin: tests/sim/bochs/machine.asm | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm -f bin -w+all -Werror -o $@ $<

$(TESTS_BOCHS)/test_bochs: tests/sim/bochs/test_bochs.c sim/trace/event.h \
    sim/oracles/codes.h src/include/machine.h | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) -I. -o $@ $< -lgcrypt

# Status 2 is a failed check, which has its line; others are ours.
test-bochs: $(TESTS_BOCHS)/test_bochs $(TESTS_BOCHS)/machine.bin $(SIM_BOCHS)
	@mkdir -p $(TEST_RESULTS)
	@$(TESTS_BOCHS)/test_bochs $(SIM_BOCHS) $(TESTS_BOCHS)/machine.bin \
	    $(TESTS_BOCHS)/run >$(TEST_RESULTS)/bochs.txt || [ $$? -eq 2 ]
