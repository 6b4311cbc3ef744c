# SPDX-License-Identifier: MIT
#
# The targets that boot a guest, for people.
#
#   GUEST=elf        the guest (hello)      RAMDISK=file   its initial ramdisk
#                    may be packed (gzip, xz, ...), or a bzImage (vmlinuz)
#   GUESTS="a.elf b.elf*3,mem=16M"   several domains instead of GUEST=: a file,
#                    how many, and options (src/hypervisor/domain/order.c);
#                    ramdisk=file and control are two of them
#   CMDLINE="..."    its command line       XENCMD="..."   the hypervisor's
#   SIM=qemu|bochs   the simulator          MEM=64         RAM in MB
#   PLAIN=1        the guest is an ordinary domain, not the control domain
#   ICOUNT=1         QEMU's clock counts instructions
#   SEED=0           shifts the timer's phase (Bochs)
#   BUDGET=n         instructions at most (Bochs)
#   SECONDS_MAX=n    wall-clock limit
#
# and for `make trace`: KIND=, RING=, FROM=, TO= choose what is shown.

GUEST ?= $(BUILD)/guests/hello.elf
SIM ?= qemu
MEM ?= 64
SEED ?= 0

# Text that a person wrote, as one word for the shell.
sim_quote = '$(subst ','\'',$(1))'
sim_option = $(if $(2),$(1) $(call sim_quote,$(2)))

SIM_IMAGE := $(BUILD)/ringfence.elf
SIM_ISO := $(BUILD)/ringfence.iso
SIM_TOOLS := $(BUILD)/bin/rf-sim $(BUILD)/bin/rf-trace $(SIM_BOCHS)
# A guest of ours is built; any other file is taken as it is.
SIM_GUEST_MADE = $(if $(wildcard src/guests/$(basename $(notdir $(GUEST)))),\
    $(filter $(BUILD)/guests/%,$(GUEST)))
ifdef GUESTS
SIM_GUEST_MADE = $(filter-out %/runtime.elf %/control.elf,$(patsubst \
    src/guests/%/,$(BUILD)/guests/%.elf,$(wildcard src/guests/*/)))
endif

sim_options = --memory $(call sim_quote,$(MEM)) \
	--seed $(call sim_quote,$(SEED)) $(if $(ICOUNT),--icount) \
	$(call sim_option,--budget,$(BUDGET)) \
	$(call sim_option,--seconds,$(SECONDS_MAX))
# In a starter the short ways, which are there as objects only, would go past
# what its student wrote.
sim_command_line = ringfence.elf$(if $(wildcard labs/reference), fast=0)$(if \
    $(PLAIN), plain=$(PLAIN))$(if $(XENCMD), $(XENCMD))
sim_images = --image $(SIM_IMAGE) \
	--command-line $(call sim_quote,$(sim_command_line)) \
	$(if $(GUESTS),$(foreach guest,$(GUESTS),--domain \
	    $(call sim_quote,$(guest))),--module $(call sim_quote,$(GUEST))) \
	$(call sim_option,--arguments,$(CMDLINE)) \
	$(if $(GUESTS),,$(call sim_option,--module,$(RAMDISK)))

# --- The exit status of make itself --------------------------------------------

SIM_STATUS := $(BUILD)/run/status
SIM_MAKE_EXIT := $(BUILD)/run/make_exit.so

$(SIM_MAKE_EXIT): sim/run/make_exit.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@$(HOST_CC) $(HOST_CFLAGS) -shared -fPIC -o $@ $<

# Built first if need be, as a makefile would be. A make that cannot load it
# ends with 2 whatever the end of the run was, and says so.
ifneq ($(filter run run-iso,$(MAKECMDGOALS)),)
-load $(SIM_MAKE_EXIT)(rf_make_exit_setup)
endif
sim_exit = $(if $(filter $(SIM_MAKE_EXIT),$(.LOADED)),\
    $(rf-exit $(SIM_STATUS)),\
    @echo "this make cannot load functions: its own status says little"; \
    exit $$(cat $(SIM_STATUS)))

# --- Runs ----------------------------------------------------------------------

.PHONY: run run-machine run-iso run-iso-machine iso trace debug boot-hello

run: run-machine ## boot GUEST= or GUESTS= [RAMDISK= CMDLINE= PLAIN=1 XENCMD= SIM=qemu|bochs MEM=]
	$(sim_exit)

run-machine: $(SIM_TOOLS) $(SIM_IMAGE) $(SIM_GUEST_MADE)
	@mkdir -p $(BUILD)/run
	@$(BUILD)/bin/rf-sim --machine $(call sim_quote,$(SIM)) \
	    --oracle-stop --folder $(BUILD)/run \
	    $(sim_options) $(sim_images); echo $$? > $(SIM_STATUS)

run-iso: run-iso-machine ## boot the ISO with guest hello [SIM=qemu|bochs MEM=]
	$(sim_exit)

run-iso-machine: $(SIM_TOOLS) $(SIM_ISO)
	@mkdir -p $(BUILD)/run
	@$(BUILD)/bin/rf-sim --machine $(call sim_quote,$(SIM)) \
	    --oracle-stop --folder $(BUILD)/run \
	    $(sim_options) --boot iso --iso $(SIM_ISO); echo $$? > $(SIM_STATUS)

iso: $(SIM_ISO) ## make a bootable CD image with guest hello

$(SIM_ISO): sim/run/grub.cfg $(SIM_IMAGE) $(BUILD)/guests/hello.elf
	@echo "  ISO     $@"
	@rm -rf $(BUILD)/iso
	@mkdir -p $(BUILD)/iso/boot/grub
	@cp sim/run/grub.cfg $(BUILD)/iso/boot/grub/
	@cp $(SIM_IMAGE) $(BUILD)/guests/hello.elf $(BUILD)/iso/boot/
	@grub-mkrescue --directory=/usr/lib/grub/i386-pc -o $@ $(BUILD)/iso \
	    > $(BUILD)/iso.log 2>&1 || { tail -5 $(BUILD)/iso.log; rm -f $@; \
	    exit 1; }

# A step of plain `make`.
ALL_STEPS += boot-hello
boot-hello: $(SIM_TOOLS) $(SIM_IMAGE) $(BUILD)/guests/hello.elf
	@$(BUILD)/bin/rf-sim --machine qemu --folder $(BUILD)/run --seconds 120 \
	    --image $(SIM_IMAGE) --command-line ringfence.elf \
	    --module $(BUILD)/guests/hello.elf

# --- Traces --------------------------------------------------------------------

SIM_TRACE := $(BUILD)/trace
sim_trace_options = --image $(SIM_IMAGE) \
	$(call sim_option,--guest,$(wildcard $(GUEST))) \
	$(call sim_option,--kind,$(KIND)) $(call sim_option,--ring,$(RING)) \
	$(call sim_option,--from,$(FROM)) $(call sim_option,--to,$(TO))

ifeq ($(LAB),)
trace: $(SIM_TOOLS) $(SIM_IMAGE) $(SIM_GUEST_MADE) ## run GUEST= under Bochs, print and draw its timeline [KIND= RING= FROM= TO=]; or a graded test: LAB=1 TEST=id [SUBMISSION=]
	@$(BUILD)/bin/rf-sim --machine bochs --events --quiet \
	    --folder $(SIM_TRACE) $(sim_options) $(sim_images); \
	status=$$?; [ $$status -lt 24 ] || exit 1; \
	$(BUILD)/bin/rf-trace print $(sim_trace_options) \
	    $(SIM_TRACE)/events.bin && \
	$(BUILD)/bin/rf-trace svg $(sim_trace_options) \
	    --title $(call sim_quote,Rings over time: $(notdir $(GUEST))) \
	    $(SIM_TRACE)/events.bin > $(SIM_TRACE)/timeline.svg && \
	echo "drawn: $(SIM_TRACE)/timeline.svg"
endif

# --- Debugging -----------------------------------------------------------------

GDB ?= gdb

ifeq ($(LAB),)
debug: $(SIM_TOOLS) $(SIM_IMAGE) $(SIM_GUEST_MADE) ## run GUEST= on QEMU under gdb; or a graded test: LAB=1 TEST=id [SUBMISSION=]
	@for file in $(if $(GUESTS),,$(call sim_quote,$(GUEST))) \
	    $(if $(RAMDISK),$(call sim_quote,$(RAMDISK))); do \
	    [ -f "$$file" ] && [ -r "$$file" ] || { \
	        echo "ringfence: the module $$file cannot be read" >&2; \
	        exit 66; }; done
	@$(BUILD)/bin/rf-sim --machine qemu --gdb --quiet \
	    --folder $(BUILD)/debug $(sim_options) $(sim_images) & \
	machine=$$!; \
	echo "the serial line is written to $(BUILD)/debug/serial.txt"; \
	$(GDB) -q $(GDBFLAGS) -ex 'target remote 127.0.0.1:1234' $(SIM_IMAGE); \
	kill $$machine 2>/dev/null; wait $$machine; true
endif
