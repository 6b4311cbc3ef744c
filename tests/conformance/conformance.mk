# SPDX-License-Identifier: MIT
#
# The conformance suite: what the interface promises, call by call.
#
# guests/FAMILY.c is a guest of checks, linked with common/ and the runtime of
# our guests; it uses the public interface only, so it runs on the real one as
# well. Each is run under Bochs (with all oracles) and on QEMU as the control
# domain, and under Bochs as a plain domain. The first of these has the
# hypervisor's short ways, the other two the plain ones. The families `kernel`
# and `minios` are whole kernels' starts. guests/ends.c is run
# with both for each way in which it can end. mutants/ has hypervisors that are
# broken on purpose, each with the check that must fail.
#
#   make test PARTS=conformance
#   make conformance-FAMILY      one family's results, by hand
#   make conformance-MUTANT      one mutant's

TEST_PARTS += conformance

TESTS_CONF := tests/conformance
TESTS_CONF_BUILD := $(BUILD)/conformance
# Families of two domains, and one of ten.
TESTS_CONF_TWOS := pair neighbours deaths
TESTS_CONF_FAMILIES := $(filter-out ends $(TESTS_CONF_TWOS), \
    $(patsubst $(TESTS_CONF)/guests/%.c,%, \
        $(sort $(wildcard $(TESTS_CONF)/guests/*.c))))
TESTS_CONF_MUTANTS := $(patsubst $(TESTS_CONF)/mutants/%.txt,%, \
    $(sort $(wildcard $(TESTS_CONF)/mutants/*.txt)))
TESTS_CONF_ELFS := $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/%.elf)

# --- The guests --------------------------------------------------------------

TESTS_CONF_COMMON := $(patsubst $(TESTS_CONF)/%,$(TESTS_CONF_BUILD)/%.o, \
    $(basename $(sort $(wildcard $(TESTS_CONF)/common/*.c \
        $(TESTS_CONF)/common/*.asm))))

# The family `kernel` has more than one file, and an image of its own kind.
TESTS_CONF_PARTS_kernel := $(patsubst $(TESTS_CONF)/%,$(TESTS_CONF_BUILD)/%.o, \
    $(basename $(sort $(wildcard $(TESTS_CONF)/kernel/*.c \
        $(TESTS_CONF)/kernel/*.asm))))
TESTS_CONF_SCRIPT_kernel := $(TESTS_CONF)/kernel/kernel.ld
$(TESTS_CONF_BUILD)/kernel.elf: $(TESTS_CONF_PARTS_kernel) \
    $(TESTS_CONF_SCRIPT_kernel)

# So has `minios`.
TESTS_CONF_SCRIPT_minios := $(TESTS_CONF)/minios/minios.ld
$(TESTS_CONF_BUILD)/minios.elf: $(TESTS_CONF_SCRIPT_minios)

$(TESTS_CONF_BUILD)/common/%.o $(TESTS_CONF_BUILD)/guests/%.o \
$(TESTS_CONF_BUILD)/kernel/%.o: \
    TESTS_CONF_FLAGS := -I$(TESTS_CONF)/common -I$(TESTS_CONF)

$(TESTS_CONF_BUILD)/%.o: $(TESTS_CONF)/%.c $(GUESTS_DIR)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) $(TESTS_CONF_FLAGS) -MMD -MP -c $< -o $@

$(TESTS_CONF_BUILD)/%.o: $(TESTS_CONF)/%.asm $(GUESTS_INC) \
    $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

$(TESTS_CONF_BUILD)/%.elf: $(TESTS_CONF_BUILD)/guests/%.o \
    $(TESTS_CONF_COMMON) $(GUESTS_RUNTIME) $(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $@"
	@ld -m elf_i386 -z noexecstack \
	    -T $(or $(TESTS_CONF_SCRIPT_$*),$(GUESTS_DIR)/runtime/guest.ld) \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$(GUEST_BASE) -o $@ \
	    $< $(TESTS_CONF_PARTS_$*) $(TESTS_CONF_COMMON) $(GUESTS_RUNTIME) \
	    $$($(GUEST_CC) -m32 -print-libgcc-file-name)

.SECONDARY: $(TESTS_CONF_ELFS) $(TESTS_CONF_PARTS_kernel) \
    $(TESTS_CONF_BUILD)/ends.elf \
    $(TESTS_CONF_TWOS:%=$(TESTS_CONF_BUILD)/%.elf) \
    $(TESTS_CONF_COMMON) \
    $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/guests/%.o) \
    $(TESTS_CONF_BUILD)/guests/ends.o \
    $(TESTS_CONF_TWOS:%=$(TESTS_CONF_BUILD)/guests/%.o)

# --- The programs on the host ------------------------------------------------

TESTS_CONF_RUN := $(BUILD)/bin/rf-conform
TESTS_CONF_RUN_O := $(addprefix $(TESTS_CONF_BUILD)/host/,conform.o checks.o \
    runs.o) \
    $(TESTS_BROKEN_O)

$(TESTS_CONF_BUILD)/host/%.o: $(TESTS_CONF)/host/%.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

$(TESTS_CONF_RUN): $(TESTS_CONF_RUN_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

# --- Can each check fail? -----------------------------------------------------
#
# killers.txt has a mistake for each check that makes it fail. It is made by a
# command, which tries the mutations of the sources that mutated.txt names on
# the checks that have none: make conformance-killers. A part of it is made
# again in each test run.

TESTS_CONF_KILL := $(BUILD)/bin/rf-kill
TESTS_CONF_KILL_O := $(addprefix $(TESTS_CONF_BUILD)/host/,kill.o killers.o \
    checks.o runs.o) $(TESTS_BROKEN_O)
TESTS_CONF_MUTATED := $(shell sed '/^\#/d;s/ .*//' \
    $(TESTS_CONF)/mutated.txt)
TESTS_CONF_FOUND := \
    $(TESTS_CONF_MUTATED:%.c=$(TESTS_CONF_BUILD)/killers/%.found)
PATIENCE ?= 60

$(TESTS_CONF_KILL): $(TESTS_CONF_KILL_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS) -ljansson

$(TESTS_CONF_BUILD)/killers/%.found: $(TESTS_CONF_KILL) $(LABS_MUTATE) \
    $(BUILD)/ringfence.elf $(BUILD)/bin/bochs-rf $(TESTS_CONF_ELFS)
	@mkdir -p $(@:.found=)
	@$(TESTS_CONF_KILL) $(BUILD) $(@:.found=) find $*.c $(PATIENCE) \
	    $$(sed -n 's|^$*.c ||p' $(TESTS_CONF)/mutated.txt) > $@
	@echo "  KILL    $*.c: $$(wc -l < $@) checks"

.PHONY: conformance-killers
conformance-killers: $(TESTS_CONF_FOUND) ## find a mistake under which each conformance check fails
	@{ head -n 1 $(TESTS_CONF)/killers.txt; \
	   cat $^ | LC_ALL=C sort -u -t '	' -k 1,1; } \
	    > $(TESTS_CONF_BUILD)/killers.new
	@cp $(TESTS_CONF_BUILD)/killers.new $(TESTS_CONF)/killers.txt
	@rm -f $(TESTS_CONF_FOUND)

# Every so many killers of the list are made again.
TESTS_CONF_EVERY ?= 40
$(TESTS_CONF_BUILD)/killers.result: $(TESTS_CONF_KILL) $(LABS_MUTATE) \
    $(BUILD)/ringfence.elf $(BUILD)/bin/bochs-rf $(TESTS_CONF_ELFS) \
    $(TESTS_CONF)/killers.txt
	@$(TESTS_CONF_KILL) $(BUILD) $(@:.result=) sample $(TESTS_CONF_EVERY) \
	    $(TESTS_CONF_FAMILIES) > $@

# --- The page about the interface --------------------------------------------

TESTS_CONF_PAGE := $(BUILD)/bin/rf-interface
TESTS_CONF_PAGE_O := $(addprefix $(TESTS_CONF_BUILD)/host/,interface.o \
    checks.o errors.o)
DOC_GENERATED += $(BUILD)/doc/generated/interface.md

$(TESTS_CONF_PAGE): $(TESTS_CONF_PAGE_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

$(BUILD)/doc/generated/interface.md: $(TESTS_CONF_PAGE) $(TESTS_CONF_ELFS) \
    $(TESTS_CONF)/deviations.txt $(TESTS_CONF)/errors.txt
	@mkdir -p $(@D)
	@$(TESTS_CONF_PAGE) $(TESTS_CONF)/deviations.txt \
	    $(TESTS_CONF)/errors.txt $(TESTS_CONF_ELFS) > $@

# Whether that can be done is a check as well.
$(TESTS_CONF_BUILD)/interface.result: $(TESTS_CONF_PAGE) $(TESTS_CONF_ELFS) \
    $(TESTS_CONF)/deviations.txt $(TESTS_CONF)/errors.txt
	@if $(TESTS_CONF_PAGE) $(TESTS_CONF)/deviations.txt \
	    $(TESTS_CONF)/errors.txt $(TESTS_CONF_ELFS) \
	    > $(@:.result=.md) 2> $(@:.result=.log); then \
	    echo "pass conformance/interface-page"; \
	else \
	    echo "fail conformance/interface-page $$(head -n 1 $(@:.result=.log))"; \
	fi > $@

# --- The runs ----------------------------------------------------------------

TESTS_CONF_NEEDS := $(TESTS_CONF_RUN) $(BUILD)/ringfence.elf \
    $(BUILD)/bin/bochs-rf

# How the guest of ends.c ends: the way, and the status (src/include/machine.h).
# QEMU is asked about the shutdowns only: an end is the same on both.
TESTS_CONF_SHUTDOWNS := poweroff-0 reboot-10 suspend-11 crash-12 \
    compat_reboot-10 shutdown_code_sticks-10 watchdog-12 remote_shutdown-10
TESTS_CONF_ENDS := $(TESTS_CONF_SHUTDOWNS) $(addsuffix -12,iret_cs_rpl0 \
    iret_cs_null iret_frame_unmapped iret_bad_cs_no_failsafe no_entry \
    handler_unmapped handler_in_xen_range int_n_no_entry stack_unmapped \
    stack_in_m2p stack_in_xen_range stack_read_only stack_wraps \
    kernel_stack_unmapped kernel_stack_null_ss multicall_iret_cs_rpl0 \
    event_no_callback event_callback_in_xen_range event_stack_unmapped \
    event_stack_gone)

# The family `plain` is one everywhere.
TESTS_CONF_PLAINS := $(filter-out plain,$(TESTS_CONF_FAMILIES))

# Two domains: on QEMU, and under Bochs with the short ways and the plain ones.
TESTS_CONF_PAIRS := $(foreach way,qemu bochs taught, \
    $(TESTS_CONF_TWOS:%=$(way)-%))

TESTS_CONF_RESULTS := $(TESTS_CONF_BUILD)/interface.result \
    $(TESTS_CONF_BUILD)/killers.result \
    $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/bochs-%.result) \
    $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/qemu-%.result) \
    $(TESTS_CONF_PLAINS:%=$(TESTS_CONF_BUILD)/plain-%.result) \
    $(TESTS_CONF_PAIRS:%=$(TESTS_CONF_BUILD)/pair-%.result) \
    $(TESTS_CONF_ENDS:%=$(TESTS_CONF_BUILD)/end-bochs-%.result) \
    $(TESTS_CONF_ENDS:%=$(TESTS_CONF_BUILD)/end-taught-%.result) \
    $(TESTS_CONF_SHUTDOWNS:%=$(TESTS_CONF_BUILD)/end-qemu-%.result) \
    $(TESTS_CONF_MUTANTS:%=$(TESTS_CONF_BUILD)/mutant-%.result)

$(TESTS_CONF_BUILD)/bochs-%.result: $(TESTS_CONF_BUILD)/%.elf \
    $(TESTS_CONF_NEEDS)
	@$(TESTS_CONF_RUN) $(BUILD) $(@:.result=) bochs $< > $@

$(TESTS_CONF_BUILD)/qemu-%.result: $(TESTS_CONF_BUILD)/%.elf \
    $(TESTS_CONF_NEEDS)
	@$(TESTS_CONF_RUN) $(BUILD) $(@:.result=) qemu $< > $@

$(TESTS_CONF_BUILD)/plain-%.result: $(TESTS_CONF_BUILD)/%.elf \
    $(TESTS_CONF_NEEDS)
	@$(TESTS_CONF_RUN) $(BUILD) $(@:.result=) plain $< > $@

# Two domains that talk to each other.
define tests_conf_two
$(TESTS_CONF_BUILD)/pair-$(1)-%.result: $(TESTS_CONF_BUILD)/%.elf \
    $(TESTS_CONF_NEEDS)
	@$(TESTS_CONF_RUN) $(BUILD) $$(@:.result=) pair $(1) $$< > $$@
endef
$(eval $(call tests_conf_two,qemu))
$(eval $(call tests_conf_two,bochs))
$(eval $(call tests_conf_two,taught))

tests_conf_way = $(word $(1),$(subst -, ,$*))
define tests_conf_end
$(TESTS_CONF_BUILD)/end-$(1)-%.result: $(TESTS_CONF_BUILD)/ends.elf \
    $(TESTS_CONF_NEEDS)
	@$(TESTS_CONF_RUN) $(BUILD) $$(@:.result=) end $(1) $$< \
	    $$(call tests_conf_way,1) $$(call tests_conf_way,2) > $$@
endef
$(eval $(call tests_conf_end,bochs))
$(eval $(call tests_conf_end,taught))
$(eval $(call tests_conf_end,qemu))

$(TESTS_CONF_BUILD)/mutant-%.result: $(TESTS_CONF)/mutants/%.txt \
    $(TESTS_CONF_NEEDS) $(TESTS_CONF_ELFS)
	@mkdir -p $(@:.result=)
	@rm -f $(@:.result=)/build.log
	@$(TESTS_CONF_RUN) $(BUILD) $(@:.result=) mutant $< > $@

.PHONY: test-conformance $(TESTS_CONF_FAMILIES:%=conformance-%) \
    $(TESTS_CONF_MUTANTS:%=conformance-%) \
    $(TESTS_CONF_TWOS:%=conformance-%)
$(TESTS_CONF_TWOS:%=conformance-%): conformance-%: \
    $(TESTS_CONF_BUILD)/pair-qemu-%.result \
    $(TESTS_CONF_BUILD)/pair-bochs-%.result \
    $(TESTS_CONF_BUILD)/pair-taught-%.result
	@cat $^

test-conformance: $(TESTS_CONF_RESULTS) ## what the interface promises, call by call
	@mkdir -p $(TEST_RESULTS)
	@cat $^ > $(TEST_RESULTS)/conformance.txt

$(TESTS_CONF_FAMILIES:%=conformance-%): conformance-%: \
    $(TESTS_CONF_BUILD)/bochs-%.result $(TESTS_CONF_BUILD)/qemu-%.result \
    $(TESTS_CONF_BUILD)/plain-%.result
	@cat $^

$(TESTS_CONF_MUTANTS:%=conformance-%): conformance-%: \
    $(TESTS_CONF_BUILD)/mutant-%.result
	@cat $<

-include $(wildcard $(TESTS_CONF_BUILD)/*/*.d)
