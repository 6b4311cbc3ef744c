# SPDX-License-Identifier: MIT
#
# `make debug LAB=1 TEST=...`: a graded test under gdb.

# Mutants are what a starter does not get; then there is nothing to try.
ifneq ($(LABS_NUMBERS),)
TEST_PARTS += debug
endif

.PHONY: test-debug
test-debug: $(LABS_NEEDS) ## a failed test under gdb, with the student's source
	@mkdir -p $(TEST_RESULTS)
	@bash tests/debug/test.sh $(BUILD)/debug-test '$(MAKE)' \
	    > $(TEST_RESULTS)/debug.txt
