# SPDX-License-Identifier: MIT
#
# The instrumented Bochs, tried on a machine without a hypervisor.

TEST_PARTS += bochs
TESTS_BOCHS := $(BUILD)/tests/bochs
TESTS_BOCHS_PROGRAMS := $(TESTS_BOCHS)/test_bochs $(TESTS_BOCHS)/test_forks

$(TESTS_BOCHS)/machine.bin: tests/sim/bochs/machine.asm | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm -f bin -w+all -Werror -o $@ $<

$(TESTS_BOCHS_PROGRAMS): $(TESTS_BOCHS)/%: tests/sim/bochs/%.c \
    tests/sim/bochs/machine.c tests/sim/bochs/machine.h sim/trace/event.h \
    sim/trace/forks_file.h sim/oracles/codes.h src/include/machine.h \
    $(SIM_LIB) | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) -I. -o $@ $< tests/sim/bochs/machine.c \
	    $(SIM_LIB) $(SIM_LIBS) -lgcrypt

# Status 2 is a failed check, which has its line; others are ours.
test-bochs: $(TESTS_BOCHS_PROGRAMS) $(TESTS_BOCHS)/machine.bin $(SIM_BOCHS)
	@mkdir -p $(TEST_RESULTS)
	@rm -f $(TEST_RESULTS)/bochs.txt
	@for program in $(TESTS_BOCHS_PROGRAMS); do \
	    $$program $(SIM_BOCHS) $(TESTS_BOCHS)/machine.bin \
	        $(TESTS_BOCHS)/run >>$(TEST_RESULTS)/bochs.txt || \
	        [ $$? -eq 2 ] || exit 1; \
	done
