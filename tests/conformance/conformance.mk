# SPDX-License-Identifier: MIT
#
# The conformance suite: what the interface promises, call by call.
#
# guests/FAMILY.c is a guest of checks, linked with common/ and the runtime of
# our guests; it uses the public interface only, so it runs on the real one as
# well. Each is run under Bochs (with all oracles) and on QEMU as the control
# domain, and under Bochs as a plain domain. The first of these has the
# hypervisor's short ways, the other two the plain ones. The families `kernel`,
# `minios` and `framework` are whole kernels' starts. guests/ends.c is run
# with both for each way in which it can end. mutants/ has hypervisors that are
# broken on purpose, each with the check that must fail.
#
#   make test PARTS=conformance
#   make conformance-FAMILY      one family's results, by hand
#   make conformance-MUTANT      one mutant's

TEST_PARTS += conformance

TESTS_CONF := tests/conformance
TESTS_CONF_BUILD := $(BUILD)/conformance
# Families about several domains.
TESTS_CONF_SEVERAL := crowd deaths neighbours pair
TESTS_CONF_FAMILIES := $(filter-out ends $(TESTS_CONF_SEVERAL), \
    $(patsubst $(TESTS_CONF)/guests/%.c,%, \
        $(sort $(wildcard $(TESTS_CONF)/guests/*.c))))
# Those of all families, or of one about several domains, mutants/all-*, are for
# the list of killers only.
TESTS_CONF_MUTANTS := $(filter-out all-%, \
    $(patsubst $(TESTS_CONF)/mutants/%.txt,%, \
        $(sort $(wildcard $(TESTS_CONF)/mutants/*.txt))))
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

# And `framework`.
TESTS_CONF_SCRIPT_framework := $(TESTS_CONF)/framework/framework.ld
$(TESTS_CONF_BUILD)/framework.elf: $(TESTS_CONF_SCRIPT_framework)

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
    $(TESTS_CONF_SEVERAL:%=$(TESTS_CONF_BUILD)/%.elf) \
    $(TESTS_CONF_COMMON) \
    $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/guests/%.o) \
    $(TESTS_CONF_BUILD)/guests/ends.o \
    $(TESTS_CONF_SEVERAL:%=$(TESTS_CONF_BUILD)/guests/%.o)

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
# killers.txt has mistakes in the hypervisor, and the checks that were seen to
# fail under each. It is made by a command, which tries the mutations of the
# sources on the checks that have no killer: make conformance-killers. Each test
# run asks whether each check has one that is a mistake of today's sources, or
# stands among those that are open; and makes a sample of them again. `make
# test-all` makes all of them again.

TESTS_CONF_KILL := $(BUILD)/bin/rf-kill
TESTS_CONF_KILL_O := $(addprefix $(TESTS_CONF_BUILD)/host/,kill.o search.o \
    prove.o cover.o mistakes.o families.o killers.o checks.o runs.o) \
    $(TESTS_BROKEN_O)
TESTS_CONF_KILL_FAMILIES = $(TESTS_CONF_FAMILIES) $(TESTS_CONF_SEVERAL) \
    $(TESTS_CONF_ENDS:%=ends:%)
TESTS_CONF_KILL_NEEDS = $(TESTS_CONF_KILL) $(LABS_MUTATE) \
    $(BUILD)/ringfence.elf $(BUILD)/bin/bochs-rf $(TESTS_CONF_ELFS) \
    $(TESTS_CONF_SEVERAL:%=$(TESTS_CONF_BUILD)/%.elf) \
    $(TESTS_CONF_BUILD)/ends.elf
KILL_SECONDS ?= 3600

$(TESTS_CONF_KILL): $(TESTS_CONF_KILL_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

# --- The page about the interface --------------------------------------------

TESTS_CONF_PAGE := $(BUILD)/bin/rf-interface
TESTS_CONF_PAGE_O := $(addprefix $(TESTS_CONF_BUILD)/host/,interface.o \
    checks.o errors.o killers.o)
# What it is made from; the guest that ends has no checks that it could list.
TESTS_CONF_PAGE_OF := $(TESTS_CONF)/deviations.txt $(TESTS_CONF)/errors.txt \
    $(TESTS_CONF)/killers.txt $(TESTS_CONF_ELFS) \
    $(TESTS_CONF_SEVERAL:%=$(TESTS_CONF_BUILD)/%.elf)
DOC_GENERATED += $(BUILD)/doc/generated/interface.md

$(TESTS_CONF_PAGE): $(TESTS_CONF_PAGE_O) $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

$(BUILD)/doc/generated/interface.md: $(TESTS_CONF_PAGE) $(TESTS_CONF_PAGE_OF)
	@mkdir -p $(@D)
	@$(TESTS_CONF_PAGE) $(TESTS_CONF_PAGE_OF) > $@

# Whether that can be done is a check as well.
$(TESTS_CONF_BUILD)/interface.result: $(TESTS_CONF_PAGE) $(TESTS_CONF_PAGE_OF)
	@if $(TESTS_CONF_PAGE) $(TESTS_CONF_PAGE_OF) \
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
    compat_reboot-10 compat_high_bits-10 reason_high_bits-10 \
    shutdown_code_sticks-10 shutdown_code_first-10 watchdog-12 \
    watchdog_asleep-12 remote_shutdown-10
TESTS_CONF_ENDS := $(TESTS_CONF_SHUTDOWNS) $(addsuffix -12,iret_cs_rpl0 \
    iret_cs_null iret_frame_unmapped iret_bad_cs_no_failsafe no_entry \
    handler_unmapped handler_in_xen_range int_n_no_entry stack_unmapped \
    stack_in_m2p stack_in_xen_range stack_read_only stack_wraps \
    kernel_stack_unmapped kernel_stack_null_ss multicall_iret_cs_rpl0 \
    event_no_callback event_callback_in_xen_range event_stack_unmapped \
    event_stack_gone)

# What needs all of their names: the list of killers.
tests_conf_kill = $(TESTS_CONF_KILL) $(BUILD) $(TESTS_CONF_BUILD)/killers \
    $(TESTS_CONF)/killers.txt
.PHONY: conformance-killers
conformance-killers: $(TESTS_CONF_KILL_NEEDS) ## find a mistake under which each conformance check fails [KILL_SECONDS=3600]
	@mkdir -p $(TESTS_CONF_BUILD)/killers
	@$(tests_conf_kill) find $(KILL_SECONDS) $(TESTS_CONF_KILL_FAMILIES)

# In each test run: is the list whole, and does a sample of it still hold?
TESTS_CONF_SAMPLE ?= 20
$(TESTS_CONF_BUILD)/killers.result: $(TESTS_CONF_KILL_NEEDS) \
    $(TESTS_CONF)/killers.txt
	@mkdir -p $(@:.result=)
	@$(tests_conf_kill) check $(TESTS_CONF_KILL_FAMILIES) > $@
	@$(tests_conf_kill) sample $(TESTS_CONF_SAMPLE) \
	    $(TESTS_CONF_KILL_FAMILIES) >> $@

# Does a list that lies get through? Three that do must not.
$(TESTS_CONF_BUILD)/lies.result: $(TESTS_CONF)/lies.sh \
    $(TESTS_CONF_KILL_NEEDS) $(TESTS_CONF)/killers.txt
	@mkdir -p $(@:.result=)
	@sh $< $(TESTS_CONF_KILL) $(BUILD) $(@:.result=) \
	    $(TESTS_CONF)/killers.txt $(TESTS_CONF_KILL_FAMILIES) > $@

# All of them again.
TEST_LONG_PARTS += killers
.PHONY: test-killers
test-killers: $(TESTS_CONF_KILL_NEEDS) ## make all of killers.txt again: some minutes
	@mkdir -p $(TEST_RESULTS) $(TESTS_CONF_BUILD)/killers
	@{ $(tests_conf_kill) check $(TESTS_CONF_KILL_FAMILIES) && \
	    $(tests_conf_kill) sample 0 $(TESTS_CONF_KILL_FAMILIES); \
	} > $(TEST_RESULTS)/killers.txt

# The family `plain` is one everywhere.
TESTS_CONF_PLAINS := $(filter-out plain,$(TESTS_CONF_FAMILIES))

# Several domains: on QEMU, and under Bochs with the plain ways; two of them
# with the short ones, too.
TESTS_CONF_DOMAINS := domains-crowd-qemu domains-crowd-taught \
    $(foreach family,deaths neighbours pair, \
        $(addprefix domains-$(family)-,qemu bochs taught))

TESTS_CONF_RESULTS := $(TESTS_CONF_BUILD)/interface.result \
    $(TESTS_CONF_BUILD)/killers.result $(TESTS_CONF_BUILD)/lies.result \
    $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/bochs-%.result) \
    $(TESTS_CONF_FAMILIES:%=$(TESTS_CONF_BUILD)/qemu-%.result) \
    $(TESTS_CONF_PLAINS:%=$(TESTS_CONF_BUILD)/plain-%.result) \
    $(TESTS_CONF_DOMAINS:%=$(TESTS_CONF_BUILD)/%.result) \
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

define tests_conf_domains
$(TESTS_CONF_BUILD)/domains-$(1)-%.result: $(TESTS_CONF_BUILD)/$(1).elf \
    $(TESTS_CONF_NEEDS)
	@$(TESTS_CONF_RUN) $(BUILD) $$(@:.result=) domains $$* $$< > $$@
conformance-$(1): $(patsubst %,$(TESTS_CONF_BUILD)/%.result, \
    $(filter domains-$(1)-%,$(TESTS_CONF_DOMAINS)))
	@cat $$^
endef
$(foreach family,$(TESTS_CONF_SEVERAL), \
    $(eval $(call tests_conf_domains,$(family))))

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
    $(TESTS_CONF_SEVERAL:%=conformance-%)

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
