# SPDX-License-Identifier: MIT
#
# The graders as an instructor uses them: seeds, keys, hidden tests, every
# form of a report against its schema, a class at once, packages. A starter
# has none of this.
#
#   make test PARTS=grading
#   LONG=1                    the long forms, as in `make test-all`

TEST_PARTS += grading

TESTS_GRADING_SCRIPTS := $(sort $(wildcard tests/grading/test_*.sh))

.PHONY: test-grading
test-grading: grade-needs ## grading as instructors do it: seeds, keys, forms, classes, packages
	@mkdir -p $(TEST_RESULTS)
	@for script in $(TESTS_GRADING_SCRIPTS); do \
	    BUILD='$(BUILD)' MAKE_PROGRAM='$(firstword $(MAKE))' \
	    LONG='$(LONG)' bash $$script; \
	done > $(TEST_RESULTS)/grading.txt
