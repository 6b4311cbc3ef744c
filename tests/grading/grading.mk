# SPDX-License-Identifier: MIT
#
# The graders as an instructor uses them: seeds, keys, hidden tests, every
# form of a report against its schema, a class at once, packages. A starter
# has none of this.
#
#   make test PARTS=grading
#   make test PARTS=grading-all       the long forms: 60 submissions, the same
#                                     one 20 times, all attacks without
#                                     namespaces, a package that builds its
#                                     own simulator
#   make test PARTS=grading GRADING="seeds forms"     some of them

TEST_PARTS += grading
TEST_LONG_PARTS += grading-all

GRADING ?= $(patsubst tests/grading/test_%.sh,%,\
	$(sort $(wildcard tests/grading/test_*.sh)))

# $(1): the part; $(2): not empty for the long forms.
define tests_grading
	@mkdir -p $(TEST_RESULTS)
	@for name in $(GRADING); do \
	    BUILD='$(BUILD)' MAKE_PROGRAM='$(firstword $(MAKE))' \
	    HV_CFLAGS='$(HV_CFLAGS)' LONG='$(2)' RINGFENCE_CACHE='$(CACHE)' \
	    bash tests/grading/test_$$name.sh; \
	done > $(TEST_RESULTS)/$(1).txt
endef

.PHONY: test-grading test-grading-all
test-grading: grade-needs ## grading as instructors do it: seeds, keys, forms, classes, packages
	$(call tests_grading,grading,)

test-grading-all: grade-needs
	$(call tests_grading,grading-all,yes)
