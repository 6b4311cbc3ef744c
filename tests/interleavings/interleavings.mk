# SPDX-License-Identifier: MIT
#
# A timer's interrupt at every boundary of what a guest does, and hypervisors
# broken on purpose that show it at a few of them only.
#
#   make test PARTS=interleavings
#   make test PARTS=interleavings-every    forks also where it need not: long

TEST_PARTS += interleavings
TEST_LONG_PARTS += interleavings-every

TESTS_INTER := tests/interleavings
TESTS_INTER_BUILD := $(BUILD)/interleavings
TESTS_INTER_PROGRAM := $(BUILD)/bin/rf-interleave
TESTS_INTER_GUEST := $(TESTS_INTER_BUILD)/exits.elf
TESTS_INTER_RUNS := plain short \
    $(sort $(wildcard $(TESTS_INTER)/variants/*.txt))

$(TESTS_INTER_BUILD)/exits.o: $(TESTS_INTER)/guest/exits.c \
    $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(TESTS_INTER_GUEST): $(TESTS_INTER_BUILD)/exits.o $(GUESTS_RUNTIME) \
    $(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $@"
	@ld -m elf_i386 -T $(GUESTS_DIR)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$(GUEST_BASE) -o $@ $< $(GUESTS_RUNTIME) \
	    $$($(GUEST_CC) -m32 -print-libgcc-file-name)

$(TESTS_INTER_BUILD)/interleavings.o: $(TESTS_INTER)/interleavings.c \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

$(TESTS_INTER_PROGRAM): $(TESTS_INTER_BUILD)/interleavings.o \
    $(TESTS_BROKEN_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

TESTS_INTER_NEEDS := $(TESTS_INTER_PROGRAM) $(TESTS_INTER_GUEST) \
    $(BUILD)/ringfence.elf $(SIM_BOCHS)

# $(1): a run; $(2): the file of results, which each run adds a line to.
tests_inter_run = mkdir -p $(TESTS_INTER_BUILD)/$(basename $(notdir $(1))) && \
    $(TESTS_INTER_PROGRAM) $(BUILD) \
        $(TESTS_INTER_BUILD)/$(basename $(notdir $(1))) $(TESTS_INTER_GUEST) \
        $(1) >> $(2)

.PHONY: test-interleavings test-interleavings-every
test-interleavings: $(TESTS_INTER_NEEDS)
	@mkdir -p $(TEST_RESULTS)
	@rm -f $(TEST_RESULTS)/interleavings.txt
	@$(foreach run,$(TESTS_INTER_RUNS),$(call tests_inter_run,$(run),\
	    $(TEST_RESULTS)/interleavings.txt);) true

test-interleavings-every: $(TESTS_INTER_NEEDS)
	@mkdir -p $(TEST_RESULTS)
	@rm -f $(TEST_RESULTS)/interleavings-every.txt
	@$(call tests_inter_run,every,$(TEST_RESULTS)/interleavings-every.txt)

-include $(TESTS_INTER_BUILD)/exits.d $(TESTS_INTER_BUILD)/interleavings.d
