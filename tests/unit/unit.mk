# SPDX-License-Identifier: MIT
#
# Unit tests: the modules' logic on the host, under AddressSanitizer and
# UBSan, compiled with -m32 because the guests' interface has 32-bit
# structures. The privileged instructions are those of tests/unit/arch, which
# records what was asked.
#
# tests/unit/MODULE/test_NAME.c is one program. It is linked with the sources
# that UNIT_MODULE_NAME lists (paths from the top; tests/unit/MODULE/*.mk says
# so), or with src/hypervisor/MODULE/NAME.c if it is not set. Every test has
# the library, the host's arch and its console besides.
#
#   make test PARTS=unit              all of them
#   make unit-boot-memory_map         one of them, with Check's own output

TEST_PARTS += unit

-include $(sort $(wildcard tests/unit/*/*.mk))

TESTS_UNIT_BUILD := $(BUILD)/unit
TESTS_UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
# MODULE/NAME of each.
TESTS_UNIT := $(join $(patsubst tests/unit/%/,%/,$(dir $(TESTS_UNIT_SOURCES))), \
    $(patsubst test_%.c,%,$(notdir $(TESTS_UNIT_SOURCES))))
TESTS_UNIT_COMMON := tests/unit/arch/fake_cpu.c tests/unit/arch/fake_console.c \
    tests/unit/arch/fake_scheduling.c \
    tests/unit/arch/fake_time.c \
    src/hypervisor/lib/format.c src/hypervisor/lib/text.c \
    src/hypervisor/lib/bitmap.c

TESTS_UNIT_CFLAGS := -m32 -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
    -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer $(CHECK32_CFLAGS) \
    -Itests/unit/arch/include -iquote tests/unit/arch/include \
    -Itests/unit/arch -Itests/unit -iquote src/include \
    -iquote src/hypervisor/arch/include
# -iquote: our time.h is not the host's <time.h>.

# A starter's objects from ring 0 know where they will lie.
TESTS_UNIT_LDFLAGS := $(if $(wildcard labs/reference),-no-pie)

# The library's own versions of functions that the host has as well.
TESTS_UNIT_BYTES := memcpy memmove memset memcmp strlen
TESTS_UNIT_TEXTS := strcmp strncmp strchr

# $(1): MODULE/NAME -> its sources, its objects.
tests_unit_name = $(subst /,_,$(1))
tests_unit_sources = $(or $(UNIT_$(call tests_unit_name,$(1))), \
    src/hypervisor/$(1).c)
tests_unit_all = $(dir tests/unit/$(1))test_$(notdir $(1)).c \
    $(call tests_unit_sources,$(1)) $(TESTS_UNIT_COMMON)
tests_unit_objects = $(patsubst %.c,$(TESTS_UNIT_BUILD)/%.o, \
    $(sort $(call tests_unit_all,$(1))))

$(TESTS_UNIT_BUILD)/src/hypervisor/lib/string.o: TESTS_UNIT_EXTRA := \
    -fno-builtin $(foreach f,$(TESTS_UNIT_BYTES),-D$(f)=hv_$(f))
$(TESTS_UNIT_BUILD)/src/hypervisor/lib/text.o: TESTS_UNIT_EXTRA := \
    -fno-builtin $(foreach f,$(TESTS_UNIT_TEXTS),-D$(f)=hv_$(f))

$(TESTS_UNIT_BUILD)/%.o: %.c tests/unit/unit.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC32    $<"
	@$(HOST_CC) $(TESTS_UNIT_CFLAGS) $(TESTS_UNIT_EXTRA) -MMD -MP -c $< -o $@

# In a starter a later module is there as an object only. It was compiled for
# ring 0, but its code is C like any other's. Only those: of two pattern rules
# make takes the one with the shorter stem, and then a student's file would
# never be compiled where its reference ships beside it.
TESTS_UNIT_REFERENCE := $(filter-out $(wildcard src/hypervisor/*/*.c), \
    $(patsubst labs/reference/%.o,src/hypervisor/%.c, \
        $(wildcard labs/reference/*/*.o)))

$(TESTS_UNIT_REFERENCE:%.c=$(TESTS_UNIT_BUILD)/%.o): \
    $(TESTS_UNIT_BUILD)/src/hypervisor/%.o: labs/reference/%.o
	@mkdir -p $(@D)
	@cp $< $@

# One program, its log of Check's, and a goal to run it by hand.
define tests_unit_rules
$(TESTS_UNIT_BUILD)/bin/$(call tests_unit_name,$(1)): \
    $(call tests_unit_objects,$(1))
	@mkdir -p $$(@D)
	@$$(HOST_CC) $$(TESTS_UNIT_CFLAGS) $$(TESTS_UNIT_LDFLAGS) -o $$@ $$^ \
	    $$(CHECK32_LIBS)

.PHONY: unit-$(subst /,-,$(1))
unit-$(subst /,-,$(1)): $(TESTS_UNIT_BUILD)/bin/$(call tests_unit_name,$(1))
	@ASAN_OPTIONS=detect_leaks=0 CK_VERBOSITY=normal $$<
endef
$(foreach t,$(TESTS_UNIT),$(eval $(call tests_unit_rules,$(t))))

TESTS_UNIT_PROGRAMS := $(foreach t,$(TESTS_UNIT),\
    $(TESTS_UNIT_BUILD)/bin/$(call tests_unit_name,$(t)))

# A program that cannot be built, or ends before its log is written, is a
# failed check of its own.
.PHONY: test-unit
test-unit: ## run the unit tests
	@mkdir -p $(TEST_RESULTS) $(TESTS_UNIT_BUILD)
	@built=yes; $(MAKE) --keep-going $(TESTS_UNIT_PROGRAMS) || built=no; \
	BUILT=$$built sh tests/unit/run.sh $(TESTS_UNIT_BUILD)/bin $(TESTS_UNIT) \
	    > $(TEST_RESULTS)/unit.txt

-include $(shell find $(TESTS_UNIT_BUILD) -name '*.d' 2>/dev/null)
