# SPDX-License-Identifier: MIT
# The documentation: Doxygen and Graphviz, warnings are errors.

DOC_HTML := $(BUILD)/doc/html/index.html
TEST_PARTS += doc

# Whose invariants are numbered without the name of their room.
DOC_SOURCES := $(sort $(wildcard src/include/*.h src/hypervisor/*/*.c \
    src/hypervisor/*/*.h src/hypervisor/*/*.asm))

.PHONY: doc doc-check test-doc

doc: | $(SETUP_STAMP) ## generate the documentation (Doxygen, Graphviz) into build/doc/html
doc: doc-check $(DOC_GENERATED)
	@mkdir -p $(BUILD)/doc/generated
	@doc/reading-page doc/reading-order >$(BUILD)/doc/generated/reading.md
	@doc/invariants-page doc/invariants $(DOC_SOURCES) \
	    >$(BUILD)/doc/generated/invariants.md
	@awk -f tests/bench/page.awk tests/bench/rows.txt tests/bench/pinned.txt \
	    >$(BUILD)/doc/generated/costs.md
	@doxygen Doxyfile
	@echo "documentation: $(DOC_HTML)"

# What Doxygen cannot see: every source file stands once in the reading order,
# and every `file:/pattern/` that a page cites still matches a line.
doc-check:
	@doc/check

test-doc: | $(SETUP_STAMP)
	@mkdir -p $(BUILD)/test-results
	@if $(MAKE) --no-print-directory doc >$(BUILD)/doc.log 2>&1; then \
	    echo "pass doc/builds-without-warnings"; \
	else \
	    echo "fail doc/builds-without-warnings $$(tail -n 1 $(BUILD)/doc.log)"; \
	fi >$(BUILD)/test-results/doc.txt
