# SPDX-License-Identifier: MIT
#
# The labs: their tests, linked into rf-grade; their trusted drivers; and
# the targets that grade, export starters and pack submissions.

# What a submission's file is called was chosen by whoever handed it in. Make
# would expand `$(shell ...)` in it, here and for every recipe's environment,
# and a shell would act on its quotes: so each of these is what was typed.
LABS_TYPED := SUBMISSION SUBMISSIONS RESULTS FORMER KEY HIDDEN DEST \
	LABS_REPORT TEST EX ATTACK
# Left empty by a script's mistake, they would mean the tree's own sources,
# seeds that everybody has, and no hidden tests.
$(foreach name,SUBMISSION SUBMISSIONS KEY HIDDEN,\
	$(if $(filter command%,$(origin $(name))),$(if $(value $(name)),,\
	$(error $(name)= is empty: say which, or leave it out))))
$(foreach name,$(LABS_TYPED),$(if $(filter command% environment%,\
	$(origin $(name))),$(eval override $(name) := $$(value $(name)))))
# One word of a shell's; an option with it, when it is not empty.
labs_word = '$(subst ','\'',$(1))'
labs_option = $(if $(2),$(1)=$(call labs_word,$(2)))

LABS_SOURCES := $(sort $(wildcard labs/grader/*.c labs/[0-9]*/tests/*.c))
LABS_GUEST_SIDE := labs/grader/no_symbols.c labs/grader/no_fast.c \
	labs/grader/test_input.c
LABS_SOURCES := $(filter-out $(LABS_GUEST_SIDE),$(LABS_SOURCES))
LABS_INSIDE_SOURCES := $(sort $(wildcard labs/grader/inside/*.c)) \
	labs/grader/util.c
LABS_OBJECTS := $(LABS_SOURCES:%.c=$(BUILD)/%.o)
LABS_INSIDE_OBJECTS := $(LABS_INSIDE_SOURCES:%.c=$(BUILD)/%.o)
LABS_CFLAGS := -I. -iquote src/include

# Linked into graded images: the drivers, their input, no table of names, no
# short ways.
LABS_DRIVERS := $(sort $(wildcard labs/[0-9]*/guests/*.c)) $(LABS_GUEST_SIDE)
LABS_DRIVER_OBJECTS := $(LABS_DRIVERS:%.c=$(BUILD)/%.o)

LABS_GRADE := $(BUILD)/bin/rf-grade
LABS_INSIDE := $(BUILD)/bin/rf-inside
LABS_CONFINE := $(BUILD)/bin/rf-confine

$(sort $(LABS_OBJECTS) $(LABS_INSIDE_OBJECTS)): $(BUILD)/%.o: %.c \
		| $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(LABS_CFLAGS) -MMD -MP -c -o $@ $<

$(LABS_DRIVER_OBJECTS): $(BUILD)/%.o: %.c src/build.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HV_CC) $(HV_CFLAGS) -I. -MMD -MP -c -o $@ $<

# Its functions are what an instructor's own tests call (hidden.h).
$(LABS_GRADE): $(LABS_OBJECTS) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -rdynamic -o $@ $^ $(SIM_LIBS) -lgcrypt

# libclang, for the program that makes mistakes on purpose, and for it alone.
LABS_CLANG := /usr/lib/llvm-14
LABS_MUTATE := $(BUILD)/bin/rf-mutate
LABS_MUTATE_SOURCES := $(sort $(wildcard labs/grader/mutate/*.c)) \
	labs/grader/markers.c labs/grader/util.c
LABS_MUTATE_OBJECTS := $(LABS_MUTATE_SOURCES:%.c=$(BUILD)/%.o)
LABS_CLANG_CFLAGS := -isystem $(LABS_CLANG)/include
LABS_CLANG_LIBS := -L$(LABS_CLANG)/lib -lclang

$(filter $(BUILD)/labs/grader/mutate/%,$(LABS_MUTATE_OBJECTS)): \
		$(BUILD)/%.o: %.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(LABS_CFLAGS) $(LABS_CLANG_CFLAGS) -MMD -MP \
	    -c -o $@ $<

$(LABS_MUTATE): $(LABS_MUTATE_OBJECTS)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(LABS_CLANG_LIBS) -ljansson -lgcrypt

$(LABS_INSIDE): $(LABS_INSIDE_OBJECTS) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS) -lgcrypt

$(LABS_CONFINE): labs/grader/confine/confine.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) -o $@ $< -lseccomp

# --- Trusted guests -------------------------------------------------------
#
# Every folder labs/NN-name/guests/NAME/ is one, linked with the runtime of our
# guests and the place for a test's input. Relocations are kept: the grader
# moves each guest to an address of the seed's (grader/guest_move.h).

LABS_GUEST_FOLDERS := $(patsubst %/,%,$(sort $(dir \
	$(wildcard labs/[0-9]*/guests/*/*.c))))
LABS_GUEST_ELFS := $(LABS_GUEST_FOLDERS:%=$(BUILD)/%.elf)
LABS_GUEST_OBJECTS := $(patsubst %,$(BUILD)/%.guest.o,$(basename \
	$(sort $(wildcard labs/[0-9]*/guests/*/*.c labs/[0-9]*/guests/*/*.asm)) \
	labs/grader/test_input.c))

$(BUILD)/labs/%.guest.o: labs/%.c $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -I. -MMD -MP -c $< -o $@

$(BUILD)/labs/%.guest.o: labs/%.asm $(GUESTS_INC) | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

define LABS_GUEST_RULE
$(BUILD)/$(1).elf: $$(filter $(BUILD)/$(1)/%,$$(LABS_GUEST_OBJECTS)) \
		$(BUILD)/labs/grader/test_input.guest.o $$(GUESTS_RUNTIME) \
		$$(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $$@"
	@ld -m elf_i386 -T $$(GUESTS_DIR)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments --emit-relocs \
	    --defsym=GUEST_BASE=$$(GUEST_BASE) -o $$@ \
	    $$(filter %.o,$$^) $$$$($$(GUEST_CC) -m32 -print-libgcc-file-name)
endef
$(foreach guest,$(LABS_GUEST_FOLDERS),\
	$(eval $(call LABS_GUEST_RULE,$(guest))))

-include $(LABS_GUEST_OBJECTS:.o=.d)

-include $(LABS_OBJECTS:.o=.d) $(LABS_INSIDE_OBJECTS:.o=.d) \
	$(LABS_DRIVER_OBJECTS:.o=.d) $(LABS_MUTATE_OBJECTS:.o=.d)

# --- Hidden tests ---------------------------------------------------------
#
# An instructor's own, in a folder laid out like a lab's: HIDDEN=folder. What
# they are built to depends on nothing but their content, or two machines
# would have two fingerprints.

ifneq ($(HIDDEN),)
LABS_HIDDEN_TESTS := $(sort $(wildcard $(HIDDEN)/tests/*.c))
LABS_HIDDEN_GUESTS := $(sort $(wildcard $(HIDDEN)/guests/*.c))
ifeq ($(LABS_HIDDEN_TESTS),)
$(error HIDDEN=$(HIDDEN) has no tests/*.c; see labs/grader/hidden.h)
endif
LABS_HIDDEN := $(BUILD)/hidden/$(shell \
	realpath $(call labs_word,$(HIDDEN)) | sha256sum | cut -c 1-16)
LABS_HIDDEN_FILES := $(LABS_HIDDEN)/tests.so \
	$(patsubst $(HIDDEN)/guests/%.c,$(LABS_HIDDEN)/guests/%.o,\
	$(LABS_HIDDEN_GUESTS))

$(LABS_HIDDEN)/tests.so: $(LABS_HIDDEN_TESTS) \
		$(wildcard $(HIDDEN)/tests/*.h labs/grader/*.h labs/[0-9]*/tests/*.h)
	@mkdir -p $(@D)
	@echo "  HIDDEN  $@"
	@$(HOST_CC) $(HOST_CFLAGS) -g0 -ffile-prefix-map=$(HIDDEN)=hidden \
	    $(LABS_CFLAGS) -fPIC -shared -Wl,--build-id=none -o $@ \
	    $(LABS_HIDDEN_TESTS)

$(LABS_HIDDEN)/guests/%.o: $(HIDDEN)/guests/%.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  HIDDEN  $@"
	@$(HV_CC) $(HV_CFLAGS) -g0 -ffile-prefix-map=$(HIDDEN)=hidden -I. -c \
	    -o $@ $<
endif

# --- What grading needs ---------------------------------------------------
#
# In the solution's tree the reference is this tree's own objects. A starter
# brings the reference along, and its own sources may not even compile.

LABS_REFERENCE := $(wildcard labs/reference/objects.list)
LABS_NEEDS := $(LABS_GRADE) $(LABS_INSIDE) $(LABS_CONFINE) $(SIM_BOCHS) \
	$(LABS_DRIVER_OBJECTS) $(LABS_GUEST_ELFS) $(LABS_HIDDEN_FILES)
ifeq ($(LABS_REFERENCE),)
LABS_NEEDS += $(BUILD)/hv/objects.list $(BUILD)/hv/image.ld \
	$(BUILD)/labs/markers.checked
endif

# A wrong solution marker is an error of the build, not of the first export.
$(BUILD)/labs/markers.checked: $(LABS_GRADE) $(SRC_HV_C)
	@$(LABS_GRADE) markers
	@touch $@

LABS_JOBS ?= $(or $(JOBS),2)
LABS_OPTIONS = --build=$(BUILD) --cflags='$(HV_CFLAGS)' --jobs=$(LABS_JOBS) \
	$(if $(LAB),--lab='$(LAB)') $(if $(FALLBACK),--fallback)
LABS_REPORT ?= $(BUILD)/grade/report.json
# A seed that somebody said; targets that run a guest have a default one.
LABS_SEED = $(if $(filter command% environment,$(origin SEED)),$(SEED))
# Other inputs than the ones that everybody knows, more of them, more tests.
LABS_STRICTNESS = $(if $(SEEDS),--seeds='$(SEEDS)') \
	$(call labs_option,--key,$(KEY)) $(call labs_option,--hidden,$(LABS_HIDDEN))
LABS_GRADE_OPTIONS = $(LABS_OPTIONS) --report=$(call labs_word,$(LABS_REPORT)) \
	$(call labs_option,--exercise,$(EX)) $(call labs_option,--test,$(TEST)) \
	$(call labs_option,--submission,$(SUBMISSION)) \
	$(if $(LABS_SEED),--seed='$(LABS_SEED)') \
	$(LABS_STRICTNESS) $(if $(FORMAT),--format='$(FORMAT)') \
	$(if $(TRACE),--trace='$(BUILD)/grade/trace') $(if $(TIMES),--times)

.PHONY: grade starter submit

#   make grade LAB=1                      the tree's own sources, all tests
#     EX=1.2, EX=whole                    one exercise
#     TEST=1.2/pages, TEST=whole/1.2/...  one test
#     SUBMISSION=alice.zip                somebody's: a folder, zip or tar
#     SEED=7                              other drawn numbers
#     SEEDS=5                             five of them, the worst counts
#     KEY=file                            drawn with the course key (seed.h)
#     HIDDEN=folder                       with an instructor's own tests
#     FORMAT=json                         instead of text (others: render.c);
#                                         the JSON is also in
#                                         LABS_REPORT=build/grade/report.json
#     TRACE=1                             with TEST=: the run's timeline
#     TIMES=1                             how long it took, apart from the
#                                         report
#     FALLBACK=1                          as where bubblewrap cannot run
#
# What had to be built first is told on the other output, so that a report can
# be sent to a file from a fresh clone.
grade: ## grade a lab: LAB=1 [EX=1.2] [TEST=id] [SUBMISSION=folder|zip|tar] [SEED=n] [SEEDS=n] [KEY=file] [HIDDEN=folder] [FORMAT=name] [TRACE=1]
	@$(MAKE) grade-needs >&2
	@$(LABS_GRADE) grade $(LABS_GRADE_OPTIONS)

.PHONY: grade-needs
grade-needs: $(LABS_NEEDS) $(if $(TRACE),$(BUILD)/bin/rf-trace)
	@:

# --- A class at once ------------------------------------------------------
#
#   make grade-all LAB=1 SUBMISSIONS=folder    every entry is a submission
#     RESULTS=folder      reports, table and page (class.h); the same folder
#                         again goes on where it was, or grades again what a
#                         mended test touches and tells who changed
#     JOBS=4              submissions graded at the same time
#     FORMER=folder       compare with these results instead
#     SEED= SEEDS= KEY= HIDDEN= FALLBACK=    as for grade
#
#   make grade-table LAB=1 RESULTS=folder      the table and the page alone

RESULTS ?= $(BUILD)/class
JOBS ?= $(shell nproc)
LABS_CLASS_OPTIONS = $(LABS_OPTIONS) --jobs='$(JOBS)' \
	--results=$(call labs_word,$(RESULTS)) \
	$(call labs_option,--former,$(FORMER)) \
	$(if $(LABS_SEED),--seed='$(LABS_SEED)') $(LABS_STRICTNESS)

.PHONY: grade-all grade-table samples
grade-all: ## grade a class: LAB=1 SUBMISSIONS=folder [RESULTS=folder] [JOBS=n] [FORMER=folder]
	@$(MAKE) grade-needs >&2
	@$(LABS_GRADE) class $(LABS_CLASS_OPTIONS) \
	    $(call labs_option,--submissions,$(SUBMISSIONS))

grade-table: ## make a class's table and page of its reports: LAB=1 RESULTS=folder [FORMER=folder]
	@$(MAKE) grade-needs >&2
	@$(LABS_GRADE) table $(LABS_CLASS_OPTIONS)

samples: $(LABS_NEEDS) ## make up the submissions of a class: LAB=1 DEST=folder
	@$(LABS_GRADE) samples $(LABS_OPTIONS) $(call labs_option,--dest,$(DEST))

# --- For autograding services ---------------------------------------------
#
#   make package SERVICE=gradescope LAB=1 DEST=folder [KEY=file]
#       [HIDDEN=folder]: what an instructor uploads (grader/package/package.sh)

LABS_PACKAGE_TREE = $(BUILD)/package/tree-$(LAB)
LABS_BOCHS_SOURCE = $(CACHE)/bochs_3.0+dfsg.orig.tar.xz

.PHONY: package
package: $(LABS_NEEDS) ## make what a service wants: SERVICE=gradescope|github|autolab|prairielearn LAB=1 DEST=folder [KEY=file] [HIDDEN=folder]
	@rm -rf $(LABS_PACKAGE_TREE)
	@mkdir -p $(dir $(LABS_PACKAGE_TREE))
	@$(LABS_GRADE) starter $(LABS_OPTIONS) --dest=$(LABS_PACKAGE_TREE) \
	    >/dev/null
	@labs/grader/package/package.sh '$(SERVICE)' '$(LAB)' \
	    $(LABS_PACKAGE_TREE) '$(LABS_BOCHS_SOURCE)' \
	    $(call labs_word,$(or $(DEST),$(BUILD)/package/$(SERVICE)-lab-$(LAB))) \
	    $(call labs_word,$(KEY)) $(call labs_word,$(HIDDEN))

starter: $(LABS_NEEDS) ## export a lab's starter tree: LAB=1 DEST=folder
	@$(LABS_GRADE) starter $(LABS_OPTIONS) $(call labs_option,--dest,$(DEST))

submit: $(LABS_GRADE) ## pack what a lab asks for: LAB=1 [DEST=file.zip]
	@$(LABS_GRADE) submit $(LABS_OPTIONS) $(call labs_option,--dest,$(DEST))

# --- The labs' own tests --------------------------------------------------
#
# Solution, starter, mutants and attacks of every lab. A starter has none of
# them.

LABS_NUMBERS := $(sort $(foreach lab,$(wildcard labs/[0-9]*/mutants),\
	$(firstword $(subst -, ,$(notdir $(patsubst %/mutants,%,$(lab)))))))
LABS_RESULTS := $(LABS_NUMBERS:%=$(BUILD)/labs/check-%.txt)

# Labs whose generated mutants that survive are all explained.
LABS_EXPLAINED := $(foreach n,$(LABS_NUMBERS),\
	$(if $(wildcard labs/$(n)-*/mutants/survivors.txt),$(n)))

ifneq ($(LABS_NUMBERS),)
TEST_PARTS += labs
endif
ifneq ($(strip $(LABS_EXPLAINED)),)
TEST_PARTS += mutants
TEST_LONG_PARTS += mutants-all
endif

.PHONY: test-labs labs-page $(LABS_RESULTS)
test-labs: $(LABS_RESULTS) $(LABS_MUTATE) ## check the labs: solution, starter, mutants, attacks
	@mkdir -p $(TEST_RESULTS)
	@$(LABS_GRADE) kinds --report=$(BUILD)/labs/kinds.txt
	@cat $(LABS_RESULTS) $(BUILD)/labs/kinds.txt > $(TEST_RESULTS)/labs.txt
	@if $(LABS_GRADE) overview $(LABS_OPTIONS) | cmp -s - labs/README.md; then \
	    echo "pass labs/page-is-up-to-date"; \
	else \
	    echo "fail labs/page-is-up-to-date labs/README.md: make labs-page"; \
	fi >> $(TEST_RESULTS)/labs.txt

labs-page: $(LABS_GRADE) $(LABS_MUTATE) ## write labs/README.md, the page of all labs
	@$(LABS_GRADE) overview $(LABS_OPTIONS) > $(BUILD)/labs/README.md
	@cp $(BUILD)/labs/README.md labs/README.md

$(LABS_RESULTS): $(BUILD)/labs/check-%.txt: $(LABS_NEEDS)
	@rm -f $@
	@$(LABS_GRADE) check $(LABS_OPTIONS) --lab=$* --report=$@

# --- Do the tests notice mistakes? ------------------------------------------
#
#   make mutants                 every lab's: the matrix, then what is wrong
#     LAB=1 EX=1.2               one lab's, one exercise's
#     SEED=7                     with other drawn numbers than the first
#     JOBS=4                     so many at a time (2)
#
# Verdicts are kept in BUILD/labs/mutants by the hash of all that they depend
# on: an interrupted run goes on where it was, and only what a change may have
# moved is judged again. `make test` judges a sample and the list of those that
# may survive; `make test-all` judges them all.

LABS_MUTANTS := $(if $(LAB),$(LAB),$(LABS_NUMBERS))
LABS_SAMPLE := 24

.PHONY: mutants test-mutants test-mutants-all
mutants: $(LABS_NEEDS) $(LABS_MUTATE) ## which test kills which mutant: [LAB=1] [EX=1.2] [SEED=n] [JOBS=n]
	@status=0; for lab in $(LABS_MUTANTS); do \
	    $(LABS_GRADE) mutants $(LABS_OPTIONS) --lab=$$lab \
	        $(if $(LABS_SEED),--seed='$(LABS_SEED)') \
	        $(call labs_option,--exercise,$(EX)) || status=1; \
	done; exit $$status

# $(1): more options; $(2): the part.
define labs_test_mutants
	@mkdir -p $(TEST_RESULTS)
	@for lab in $(LABS_EXPLAINED); do \
	    rm -f $(BUILD)/labs/$(2)-$$lab.txt; \
	    $(LABS_GRADE) mutants $(LABS_OPTIONS) --lab=$$lab $(1) \
	        --report=$(BUILD)/labs/$(2)-$$lab.txt || exit 1; \
	done
	@cat $(LABS_EXPLAINED:%=$(BUILD)/labs/$(2)-%.txt) > $(TEST_RESULTS)/$(2).txt
endef

test-mutants: $(LABS_NEEDS) $(LABS_MUTATE) ## judge a sample of the generated mutants
	$(call labs_test_mutants,--sample=$(LABS_SAMPLE),mutants)

test-mutants-all: $(LABS_NEEDS) $(LABS_MUTATE)
	$(call labs_test_mutants,,mutants-all)

# --- What do cheats get? -----------------------------------------------------

.PHONY: attacks
attacks: $(LABS_NEEDS) ## what the attacks on the grader are given: [LAB=1] [ATTACK=name] [FALLBACK=1]
	@status=0; for lab in $(LABS_MUTANTS); do \
	    $(LABS_GRADE) attacks $(LABS_OPTIONS) --lab=$$lab \
	        $(call labs_option,--attack,$(ATTACK)) || status=1; \
	done; exit $$status

# --- What does grading cost? --------------------------------------------------
#
# Instructions and runs are compared with labs/NN/bench.json, which PIN=1
# writes; seconds are told.

LABS_PINNED := $(foreach n,$(LABS_NUMBERS),\
	$(if $(wildcard labs/$(n)-*/bench.json),$(n)))
ifneq ($(strip $(LABS_PINNED)),)
TEST_LONG_PARTS += bench-grader
endif

.PHONY: bench-grader test-bench-grader
bench-grader: $(LABS_NEEDS) ## what a submission costs: instructions, seconds, submissions an hour [LAB=1] [JOBS=n] [PIN=1]
	@status=0; for lab in $(LABS_MUTANTS); do \
	    $(LABS_GRADE) bench $(LABS_OPTIONS) --lab=$$lab \
	        $(if $(PIN),--pin) || status=1; \
	done; exit $$status

test-bench-grader: $(LABS_NEEDS)
	@mkdir -p $(TEST_RESULTS)
	@for lab in $(LABS_PINNED); do \
	    $(LABS_GRADE) bench $(LABS_OPTIONS) --lab=$$lab \
	        --report=$(BUILD)/labs/bench-$$lab.txt || exit 1; \
	done
	@cat $(LABS_PINNED:%=$(BUILD)/labs/bench-%.txt) \
	    > $(TEST_RESULTS)/bench-grader.txt

# --- A graded test under gdb ---------------------------------------------------
#
#   make debug LAB=1 TEST=1.1/holes [SUBMISSION=alice.zip] [SEED=7]
#
# grades the test once more, says what it says, and opens its machine, stopped
# where the function under test starts; the next stop is the offending
# instruction. Without LAB=, `make debug` is about guests (sim/run/targets.mk).

LABS_DEBUG := $(BUILD)/grade/debug
ifneq ($(LAB),)
# The same for the trace viewer: what TRACE=1 shows.
trace:
	@$(MAKE) grade TRACE=1

debug: $(LABS_NEEDS)
	@$(LABS_GRADE) debug $(LABS_OPTIONS) --trace='$(LABS_DEBUG)' \
	    $(call labs_option,--test,$(TEST)) \
	    $(call labs_option,--submission,$(SUBMISSION)) \
	    $(if $(LABS_SEED),--seed='$(LABS_SEED)')
	@labs/grader/debug.sh '$(LABS_DEBUG)' $(GDB) $(GDBFLAGS)
endif
