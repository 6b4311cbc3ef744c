# SPDX-License-Identifier: MIT
#
# The labs: their tests, linked into rf-grade; their trusted drivers; and
# the targets that grade, export starters and pack submissions.

LABS_SOURCES := $(sort $(wildcard labs/grader/*.c labs/[0-9]*/tests/*.c))
LABS_GUEST_SIDE := labs/grader/no_symbols.c labs/grader/test_input.c
LABS_SOURCES := $(filter-out $(LABS_GUEST_SIDE),$(LABS_SOURCES))
LABS_INSIDE_SOURCES := $(sort $(wildcard labs/grader/inside/*.c)) \
	labs/grader/util.c
LABS_OBJECTS := $(LABS_SOURCES:%.c=$(BUILD)/%.o)
LABS_INSIDE_OBJECTS := $(LABS_INSIDE_SOURCES:%.c=$(BUILD)/%.o)
LABS_CFLAGS := -I. -iquote src/include

# Linked into graded images: the drivers, their input, no table of names.
LABS_DRIVERS := $(sort $(wildcard labs/[0-9]*/guests/*.c)) $(LABS_GUEST_SIDE)
LABS_DRIVER_OBJECTS := $(LABS_DRIVERS:%.c=$(BUILD)/%.o)

LABS_GRADE := $(BUILD)/bin/rf-grade
LABS_INSIDE := $(BUILD)/bin/rf-inside

$(sort $(LABS_OBJECTS) $(LABS_INSIDE_OBJECTS)): $(BUILD)/%.o: %.c \
		| $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(LABS_CFLAGS) -MMD -MP -c -o $@ $<

$(LABS_DRIVER_OBJECTS): $(BUILD)/%.o: %.c src/build.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HV_CC) $(HV_CFLAGS) -I. -MMD -MP -c -o $@ $<

$(LABS_GRADE): $(LABS_OBJECTS) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS) -larchive -lgcrypt

$(LABS_INSIDE): $(LABS_INSIDE_OBJECTS) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS) -larchive -lgcrypt

-include $(LABS_OBJECTS:.o=.d) $(LABS_INSIDE_OBJECTS:.o=.d) \
	$(LABS_DRIVER_OBJECTS:.o=.d)

# --- What grading needs ---------------------------------------------------
#
# In the solution's tree the reference is this tree's own objects. A starter
# brings the reference along, and its own sources may not even compile.

LABS_REFERENCE := $(wildcard labs/reference/objects.list)
LABS_NEEDS := $(LABS_GRADE) $(LABS_INSIDE) $(SIM_BOCHS) $(LABS_DRIVER_OBJECTS)
ifeq ($(LABS_REFERENCE),)
LABS_NEEDS += $(BUILD)/hv/objects.list $(BUILD)/hv/image.ld \
	$(BUILD)/labs/markers.checked
endif

# A wrong solution marker is an error of the build, not of the first export.
$(BUILD)/labs/markers.checked: $(LABS_GRADE) $(SRC_HV_C)
	@$(LABS_GRADE) markers
	@touch $@

LABS_JOBS ?= 2
LABS_OPTIONS = --build=$(BUILD) --cflags='$(HV_CFLAGS)' --jobs=$(LABS_JOBS) \
	$(if $(LAB),--lab='$(LAB)') $(if $(FALLBACK),--fallback)
LABS_REPORT ?= $(BUILD)/grade/report.json
# A seed that somebody said; targets that run a guest have a default one.
LABS_SEED = $(if $(filter command% environment,$(origin SEED)),$(SEED))
LABS_GRADE_OPTIONS = $(LABS_OPTIONS) --report='$(LABS_REPORT)' \
	$(if $(EX),--exercise='$(EX)') $(if $(TEST),--test='$(TEST)') \
	$(if $(SUBMISSION),--submission='$(SUBMISSION)') \
	$(if $(LABS_SEED),--seed='$(LABS_SEED)') \
	$(if $(FORMAT),--format='$(FORMAT)') \
	$(if $(TRACE),--trace='$(BUILD)/grade/trace') $(if $(TIMES),--times)

.PHONY: grade starter submit

#   make grade LAB=1                      the tree's own sources, all tests
#     EX=1.2, EX=whole                    one exercise
#     TEST=1.2/pages, TEST=whole/1.2/...  one test
#     SUBMISSION=alice.zip                somebody's: a folder, zip or tar
#     SEED=7                              other drawn numbers
#     FORMAT=json                         instead of text; the JSON is also
#                                         in LABS_REPORT=build/grade/report.json
#     TRACE=1                             with TEST=: the run's timeline
#     TIMES=1                             how long it took, apart from the
#                                         report
#     FALLBACK=1                          as where bubblewrap cannot run
#
# What had to be built first is told on the other output, so that a report can
# be sent to a file from a fresh clone.
grade: ## grade a lab: LAB=1 [EX=1.2] [TEST=id] [SUBMISSION=folder|zip|tar] [SEED=n] [FORMAT=text|json] [TRACE=1]
	@$(MAKE) grade-needs >&2
	@$(LABS_GRADE) grade $(LABS_GRADE_OPTIONS)

.PHONY: grade-needs
grade-needs: $(LABS_NEEDS) $(if $(TRACE),$(BUILD)/bin/rf-trace)
	@:

starter: $(LABS_NEEDS) ## export a lab's starter tree: LAB=1 DEST=folder
	@$(LABS_GRADE) starter $(LABS_OPTIONS) $(if $(DEST),--dest='$(DEST)')

submit: $(LABS_GRADE) ## pack what a lab asks for: LAB=1 [DEST=file.zip]
	@$(LABS_GRADE) submit $(LABS_OPTIONS) $(if $(DEST),--dest='$(DEST)')

# --- The labs' own tests --------------------------------------------------
#
# Solution, starter, mutants and attacks of every lab. A starter has none of
# them.

LABS_NUMBERS := $(sort $(foreach lab,$(wildcard labs/[0-9]*/mutants),\
	$(firstword $(subst -, ,$(notdir $(patsubst %/mutants,%,$(lab)))))))
LABS_RESULTS := $(LABS_NUMBERS:%=$(BUILD)/labs/check-%.txt)

ifneq ($(LABS_NUMBERS),)
TEST_PARTS += labs
endif

.PHONY: test-labs $(LABS_RESULTS)
test-labs: $(LABS_RESULTS) ## check the labs: solution, starter, mutants, attacks
	@mkdir -p $(TEST_RESULTS)
	@cat $(LABS_RESULTS) > $(TEST_RESULTS)/labs.txt

$(LABS_RESULTS): $(BUILD)/labs/check-%.txt: $(LABS_NEEDS)
	@rm -f $@
	@$(LABS_GRADE) check $(LABS_OPTIONS) --lab=$* --report=$@
