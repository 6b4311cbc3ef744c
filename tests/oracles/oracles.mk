# SPDX-License-Identifier: MIT
#
# The oracles against hypervisors that are broken on purpose.
#
# Each file of variants/ names a source file of the hypervisor, a text in it
# and what to put in its place, a guest, and the oracle that must notice. The
# hypervisor is built so, that guest is run, and the events tell. Every guest
# is run on the unbroken hypervisor too, where all oracles must be silent.
#
#   make test PARTS=oracles
#   make oracles-VARIANT        one of them, by hand

TEST_PARTS += oracles

TESTS_ORACLES := tests/oracles
TESTS_ORACLES_BUILD := $(BUILD)/oracles
TESTS_ORACLES_VARIANTS := $(patsubst $(TESTS_ORACLES)/variants/%.txt,%, \
    $(sort $(wildcard $(TESTS_ORACLES)/variants/*.txt)))

# --- Guests ----------------------------------------------------------------
#
# Like those of src/guests, from a folder of our own.

TESTS_ORACLES_GUESTS := $(patsubst $(TESTS_ORACLES)/guests/%/,%, \
    $(sort $(wildcard $(TESTS_ORACLES)/guests/*/)))
TESTS_ORACLES_ELFS := \
    $(TESTS_ORACLES_GUESTS:%=$(TESTS_ORACLES_BUILD)/guests/%.elf) \
    $(GUESTS_ELFS)

$(TESTS_ORACLES_BUILD)/guests/%.o: $(TESTS_ORACLES)/guests/%.c \
    $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(TESTS_ORACLES_BUILD)/guests/%.o: $(TESTS_ORACLES)/guests/%.asm \
    $(GUESTS_INC) $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

tests_oracles_objects = $(patsubst $(TESTS_ORACLES)/guests/%, \
    $(TESTS_ORACLES_BUILD)/guests/%.o,$(basename \
    $(sort $(wildcard $(TESTS_ORACLES)/guests/$(1)/*.c \
        $(TESTS_ORACLES)/guests/$(1)/*.asm))))

define TESTS_ORACLES_GUEST
$$(TESTS_ORACLES_BUILD)/guests/$(1).elf: $$(call tests_oracles_objects,$(1)) \
    $$(GUESTS_RUNTIME) $$(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $$@"
	@ld -m elf_i386 -T $$(GUESTS_DIR)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$$(GUEST_BASE) -o $$@ \
	    $$(call tests_oracles_objects,$(1)) $$(GUESTS_RUNTIME) \
	    $$$$($$(GUEST_CC) -m32 -print-libgcc-file-name)
endef
$(foreach guest,$(TESTS_ORACLES_GUESTS), \
    $(eval $(call TESTS_ORACLES_GUEST,$(guest))))

# --- The runs --------------------------------------------------------------

TESTS_ORACLES_BREAK := $(BUILD)/bin/rf-break
TESTS_ORACLES_O := $(addprefix $(TESTS_ORACLES_BUILD)/,break.o leaks.o) \
    $(TESTS_BROKEN_O)

$(TESTS_ORACLES_BUILD)/%.o: $(TESTS_ORACLES)/%.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

$(TESTS_ORACLES_BREAK): $(TESTS_ORACLES_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

# What every run needs.
TESTS_ORACLES_NEEDS := $(TESTS_ORACLES_BREAK) $(TESTS_ORACLES_ELFS) \
    $(addprefix $(TESTS_CONF_BUILD)/,upcalls.elf grants.elf timers.elf \
        vcpu.elf vcpus.elf memory_op.elf extents.elf \
        pair.elf neighbours.elf) \
    $(BUILD)/ringfence.elf $(BUILD)/bin/bochs-rf

export RF_HV_CC = $(HV_CC) $(HV_CFLAGS)
export RF_HV_NASM = nasm $(HV_NASMFLAGS)
export RF_GUESTS = $(GUESTS_BUILD) $(TESTS_ORACLES_BUILD)/guests \
    $(TESTS_CONF_BUILD)

$(TESTS_ORACLES_BUILD)/%.result: $(TESTS_ORACLES)/variants/%.txt \
    $(TESTS_ORACLES_NEEDS)
	@mkdir -p $(TESTS_ORACLES_BUILD)/$*
	@rm -f $(TESTS_ORACLES_BUILD)/$*/build.log
	@$(TESTS_ORACLES_BREAK) $(BUILD) $(TESTS_ORACLES_BUILD)/$* $< > $@

# The unbroken hypervisor: a guest, how it ends, and how it does: with the
# short ways, or with the plain ones, or
# with those and what it prints.
TESTS_ORACLES_SILENT := $(foreach way,short plain,paths-0-$(way) \
    tables-0-$(way) hello-0-$(way) crash-12-$(way) reboot-10-$(way)) \
    flood-12-loud
TESTS_ORACLES_plain := fast=0
TESTS_ORACLES_two := first second
TESTS_ORACLES_loud := fast=0 console=com1
tests_oracles_guest = $(firstword $(wildcard \
    $(GUESTS_BUILD)/$(1).elf $(TESTS_ORACLES_BUILD)/guests/$(1).elf))

$(TESTS_ORACLES_BUILD)/silent-%.result: $(TESTS_ORACLES_NEEDS)
	@mkdir -p $(TESTS_ORACLES_BUILD)/silent-$*
	@name=$(word 1,$(subst -, ,$*)); \
	for folder in $$RF_GUESTS; do \
	    test -e $$folder/$$name.elf && guest=$$folder/$$name.elf; \
	done; \
	$(TESTS_ORACLES_BREAK) $(BUILD) $(TESTS_ORACLES_BUILD)/silent-$* \
	    --silent $*  "$$guest" $(word 2,$(subst -, ,$*)) \
	    "$(TESTS_ORACLES_$(word 3,$(subst -, ,$*)))" \
	    $(TESTS_ORACLES_$(word 4,$(subst -, ,$*))) > $@

# The same, while what a guest shares changes between any two reads of ring 0.
TESTS_ORACLES_DISTURBED := hello paths events upcalls event_bits grants \
    grant_copies
$(TESTS_ORACLES_BUILD)/disturbed-%.result: $(TESTS_ORACLES_NEEDS) \
    $(addprefix $(TESTS_CONF_BUILD)/,events.elf upcalls.elf event_bits.elf \
        grants.elf grant_copies.elf)
	@mkdir -p $(TESTS_ORACLES_BUILD)/disturbed-$*
	@for folder in $$RF_GUESTS; do \
	    test -e $$folder/$*.elf && guest=$$folder/$*.elf; \
	done; \
	$(TESTS_ORACLES_BREAK) $(BUILD) $(TESTS_ORACLES_BUILD)/disturbed-$* \
	    --disturbed $* "$$guest" > $@

# The oracle *no leaks*: two runs of each family of the conformance tests, with
# other values of what nobody wrote.
TESTS_ORACLES_LEAKS := hello paths tables $(TESTS_CONF_FAMILIES)
$(TESTS_ORACLES_BUILD)/twice-%.result: $(TESTS_ORACLES_NEEDS) \
    $(TESTS_CONF_ELFS)
	@mkdir -p $(TESTS_ORACLES_BUILD)/twice-$*
	@for folder in $$RF_GUESTS; do \
	    test -e $$folder/$*.elf && guest=$$folder/$*.elf; \
	done; \
	$(TESTS_ORACLES_BREAK) $(BUILD) $(TESTS_ORACLES_BUILD)/twice-$* \
	    --leaks $* "$$guest" > $@

TESTS_ORACLES_RESULTS := \
    $(TESTS_ORACLES_LEAKS:%=$(TESTS_ORACLES_BUILD)/twice-%.result) \
    $(TESTS_ORACLES_DISTURBED:%=$(TESTS_ORACLES_BUILD)/disturbed-%.result) \
    $(TESTS_ORACLES_SILENT:%=$(TESTS_ORACLES_BUILD)/silent-%.result) \
    $(TESTS_ORACLES_VARIANTS:%=$(TESTS_ORACLES_BUILD)/%.result)

.PHONY: test-oracles $(TESTS_ORACLES_VARIANTS:%=oracles-%)
test-oracles: $(TESTS_ORACLES_RESULTS) ## break the hypervisor on purpose; do the oracles notice?
	@mkdir -p $(TEST_RESULTS)
	@cat $^ > $(TEST_RESULTS)/oracles.txt

$(TESTS_ORACLES_VARIANTS:%=oracles-%): oracles-%: \
    $(TESTS_ORACLES_BUILD)/%.result
	@cat $<

-include $(wildcard $(TESTS_ORACLES_BUILD)/*.d \
    $(TESTS_ORACLES_BUILD)/guests/*/*.d)
