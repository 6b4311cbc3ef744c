# SPDX-License-Identifier: MIT
#
# Unit tests of the graders' own logic, and of what else needs libraries of the
# host's. Unlike the hypervisor's they are 64-bit programs, as the graders are,
# so they have rules of their own and their files are named grader_NAME.c.
#
#   make test PARTS=grader            all of them
#   make unit-grader-markers          one of them, with Check's own output

TEST_PARTS += grader

TESTS_GRADER_BUILD := $(BUILD)/unit64
TESTS_GRADER_NAMES := $(sort $(patsubst tests/unit/grader/grader_%.c,%, \
    $(wildcard tests/unit/grader/grader_*.c)))
TESTS_GRADER_CFLAGS := -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
    -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer -I. -iquote src/include -Itests/unit
TESTS_GRADER_LIBS := -lcheck -lsubunit -larchive -lgcrypt -ldw -lelf \
    -ljansson -lm -lrt -lpthread

# All but the main programs and the labs' tables of tests.
TESTS_GRADER_SOURCES := $(filter-out labs/grader/main.c labs/grader/labs.c \
    $(LABS_GUEST_SIDE) \
    labs/grader/inside/inside.c,$(wildcard labs/grader/*.c \
    labs/grader/inside/*.c)) \
    $(filter-out %/main.c,$(wildcard labs/grader/mutate/*.c)) $(wildcard tests/unit/grader/fake_*.c) \
    $(SIM_LIB_SOURCES)
TESTS_GRADER_OBJECTS := $(TESTS_GRADER_SOURCES:%.c=$(TESTS_GRADER_BUILD)/%.o)
TESTS_GRADER_PROGRAMS := \
    $(TESTS_GRADER_NAMES:%=$(TESTS_GRADER_BUILD)/bin/grader_%)

$(TESTS_GRADER_BUILD)/labs/grader/mutate/%.o: \
    TESTS_GRADER_CFLAGS += $(LABS_CLANG_CFLAGS)
$(TESTS_GRADER_BUILD)/bin/grader_mutate: TESTS_GRADER_LIBS += $(LABS_CLANG_LIBS)

$(TESTS_GRADER_BUILD)/%.o: %.c tests/unit/grader/grader.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC64    $<"
	@$(HOST_CC) $(TESTS_GRADER_CFLAGS) -MMD -MP -c $< -o $@

$(TESTS_GRADER_BUILD)/libgrader.a: $(TESTS_GRADER_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(TESTS_GRADER_PROGRAMS): $(TESTS_GRADER_BUILD)/bin/%: \
    $(TESTS_GRADER_BUILD)/tests/unit/grader/%.o \
    $(TESTS_GRADER_BUILD)/libgrader.a $(SIM_ROM_DIR)/rom.o
	@mkdir -p $(@D)
	@$(HOST_CC) $(TESTS_GRADER_CFLAGS) -o $@ $^ $(TESTS_GRADER_LIBS)

.PHONY: test-grader $(TESTS_GRADER_NAMES:%=unit-grader-%)
$(TESTS_GRADER_NAMES:%=unit-grader-%): unit-grader-%: \
    $(TESTS_GRADER_BUILD)/bin/grader_% $(LABS_CONFINE)
	@ASAN_OPTIONS=detect_leaks=0 RF_CONFINE=$(LABS_CONFINE) \
	    CK_VERBOSITY=normal $<

test-grader: $(LABS_CONFINE) ## run the graders' unit tests
	@mkdir -p $(TEST_RESULTS)
	@built=yes; $(MAKE) --keep-going $(TESTS_GRADER_PROGRAMS) || built=no; \
	BUILT=$$built RF_CONFINE=$(LABS_CONFINE) sh tests/unit/run.sh \
	    $(TESTS_GRADER_BUILD)/bin \
	    $(TESTS_GRADER_NAMES:%=grader/%) > $(TEST_RESULTS)/grader.txt

-include $(TESTS_GRADER_OBJECTS:.o=.d)
-include $(TESTS_GRADER_NAMES:%=$(TESTS_GRADER_BUILD)/tests/unit/grader/grader_%.d)
