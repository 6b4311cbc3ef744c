# SPDX-License-Identifier: MIT
#
# Conformance: guests that check the interface from inside, one a folder of
# guests/, linked with lib/ and the runtime of src/guests.
#
#   make test PARTS=conformance
#   make conformance-GUEST      one of them, by hand, on the instrumented Bochs

TEST_PARTS += conformance

TESTS_CONF := tests/conformance
TESTS_CONF_BUILD := $(BUILD)/conformance
TESTS_CONF_NAMES := $(patsubst $(TESTS_CONF)/guests/%/,%, \
    $(sort $(wildcard $(TESTS_CONF)/guests/*/)))
TESTS_CONF_ELFS := $(TESTS_CONF_NAMES:%=$(TESTS_CONF_BUILD)/%.elf)
TESTS_CONF_LIB := $(patsubst $(TESTS_CONF)/%.c,$(TESTS_CONF_BUILD)/%.o, \
    $(sort $(wildcard $(TESTS_CONF)/lib/*.c)))

$(TESTS_CONF_BUILD)/lib/%.o $(TESTS_CONF_BUILD)/guests/%.o: GUEST_CFLAGS += \
    -I$(TESTS_CONF)/lib

$(TESTS_CONF_BUILD)/%.o: $(TESTS_CONF)/%.c $(GUESTS)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

tests_conf_objects = $(patsubst $(TESTS_CONF)/%.c,$(TESTS_CONF_BUILD)/%.o, \
    $(sort $(wildcard $(TESTS_CONF)/guests/$(1)/*.c)))

define TESTS_CONF_GUEST
$$(TESTS_CONF_BUILD)/$(1).elf: $$(call tests_conf_objects,$(1)) \
    $$(TESTS_CONF_LIB) $$(GUESTS_RUNTIME) $$(GUESTS)/runtime/guest.ld
	@echo "  LINK    $$@"
	@ld -m elf_i386 -T $$(GUESTS)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$$(GUEST_BASE) -o $$@ \
	    $$(call tests_conf_objects,$(1)) $$(TESTS_CONF_LIB) \
	    $$(GUESTS_RUNTIME) \
	    $$$$($$(GUEST_CC) -m32 -print-libgcc-file-name)

.PHONY: conformance-$(1)
conformance-$(1): $$(TESTS_CONF_BUILD)/rf-conformance \
    $$(TESTS_CONF_BUILD)/$(1).elf $$(SIM_TOOLS) $$(SIM_IMAGE)
	@RINGFENCE_BOCHS=$$(SIM_BOCHS) $$< $$(SIM_IMAGE) \
	    $$(TESTS_CONF_BUILD)/runs $$(TESTS_CONF_BUILD)/$(1).elf
endef
$(foreach guest,$(TESTS_CONF_NAMES),$(eval $(call TESTS_CONF_GUEST,$(guest))))

$(TESTS_CONF_BUILD)/run.o: $(TESTS_CONF)/run.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

$(TESTS_CONF_BUILD)/rf-conformance: $(TESTS_CONF_BUILD)/run.o $(SIM_LIB)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

test-conformance: $(TESTS_CONF_BUILD)/rf-conformance $(TESTS_CONF_ELFS) \
    $(SIM_TOOLS) $(SIM_IMAGE) ## check the guests' interface from inside
	@mkdir -p $(TEST_RESULTS)
	@RINGFENCE_BOCHS=$(SIM_BOCHS) $< $(SIM_IMAGE) \
	    $(TESTS_CONF_BUILD)/runs $(TESTS_CONF_ELFS) \
	    > $(TEST_RESULTS)/conformance.txt

-include $(shell find $(TESTS_CONF_BUILD) -name '*.d' 2>/dev/null)
