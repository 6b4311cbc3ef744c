# SPDX-License-Identifier: MIT
#
# The set-up, when things are not as they should be.

TEST_PARTS += setup

test-setup:
	@mkdir -p $(TEST_RESULTS)
	@tests/setup/test.sh '$(CACHE)' $(BUILD)/tests/setup \
	    >$(TEST_RESULTS)/setup.txt
