# SPDX-License-Identifier: MIT
#
# Scheduling, measured: shares of 2, 8 and 100 domains that compute, and the
# latency of waking with and without warp.
#
#   make shares                   measure, print, draw
#   make test PARTS=scheduling    shares within 1 %, latency as promised
#
# The run of 100 domains is part of `make shares` and, of the tests, of
# PARTS=scheduling-100: half a billion instructions.

TEST_PARTS += scheduling
TEST_LONG_PARTS += scheduling-100

TESTS_SCHEDULING := $(BUILD)/scheduling
TESTS_SCHEDULING_CASES := 2 8 warp-0 warp-50000

$(TESTS_SCHEDULING)/shares.o: tests/scheduling/shares.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

-include $(TESTS_SCHEDULING)/shares.d

$(BUILD)/bin/rf-shares: $(TESTS_SCHEDULING)/shares.o $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

# One case, one file: what one of them lacks does not lose the others.
$(TESTS_SCHEDULING)/%.result: $(BUILD)/bin/rf-shares $(BUILD)/ringfence.elf \
    $(BUILD)/guests/spin.elf $(BUILD)/guests/nap.elf $(SIM_BOCHS)
	@echo "  RUN     scheduling $*"
	@$(BUILD)/bin/rf-shares $(BUILD)/ringfence.elf $(BUILD)/guests \
	    $(TESTS_SCHEDULING) $* > $@.new
	@mv $@.new $@

TESTS_SCHEDULING_RESULTS := \
    $(TESTS_SCHEDULING_CASES:%=$(TESTS_SCHEDULING)/%.result)

.PHONY: test-scheduling test-scheduling-100 shares
test-scheduling: $(TESTS_SCHEDULING_RESULTS) ## shares by weight, latency of waking
	@mkdir -p $(TEST_RESULTS)
	@cat $^ > $(TEST_RESULTS)/scheduling.txt

test-scheduling-100: $(TESTS_SCHEDULING)/100.result ## shares of 100 domains
	@mkdir -p $(TEST_RESULTS)
	@cat $^ > $(TEST_RESULTS)/scheduling-100.txt

shares: $(TESTS_SCHEDULING_RESULTS) $(TESTS_SCHEDULING)/100.result ## measure and draw what domains get of the processor
	@cat $^
	@for n in 2 8; do cat $(TESTS_SCHEDULING)/shares-$$n.txt; done
	@gnuplot -e "folder='$(TESTS_SCHEDULING)'" tests/scheduling/shares.gp
	@echo "$(TESTS_SCHEDULING)/shares.svg, $(TESTS_SCHEDULING)/latency.svg"
