# SPDX-License-Identifier: MIT
#
# Our own guests: every folder beside runtime/ is one, linked with runtime/ to
# $(BUILD)/guests/NAME.elf. They use the public interface only
# (/usr/include/xen), so that they run on the real one as well.
#
# GUEST_BASE is the virtual address of a guest's first byte; another one gives
# other addresses everywhere.

GUESTS_DIR := src/guests
GUESTS_BUILD := $(BUILD)/guests
GUESTS_NAMES := $(filter-out runtime control, \
    $(patsubst $(GUESTS_DIR)/%/,%,$(sort $(wildcard $(GUESTS_DIR)/*/))))
GUESTS_ELFS := $(GUESTS_NAMES:%=$(GUESTS_BUILD)/%.elf)

GUEST_BASE ?= 0xC0000000
GUEST_CC ?= gcc
GUEST_CFLAGS := -m32 -march=i686 -std=c17 -ffreestanding -fno-pic -fno-pie \
    -fno-stack-protector -mgeneral-regs-only -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
    -O2 -g -Wall -Wextra -Werror -ffile-prefix-map=$(CURDIR)=. \
    -I$(GUESTS_DIR)/runtime -Isrc/include
GUEST_NASMFLAGS := -f elf32 -g -F dwarf -w+all -Werror \
    -I$(GUESTS_BUILD)/include/

GUESTS_INC := $(GUESTS_BUILD)/include/runtime_offsets.inc
GUESTS_RUNTIME := $(patsubst $(GUESTS_DIR)/%.c,$(GUESTS_BUILD)/%.o, \
        $(filter-out %_offsets.c,$(sort $(wildcard $(GUESTS_DIR)/runtime/*.c)))) \
    $(patsubst $(GUESTS_DIR)/%.asm,$(GUESTS_BUILD)/%.o, \
        $(sort $(wildcard $(GUESTS_DIR)/runtime/*.asm)))

.PHONY: guests
guests: $(GUESTS_ELFS) ## build our own guests

$(GUESTS_BUILD)/%.o: $(GUESTS_DIR)/%.c $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUESTS_BUILD)/%.o: $(GUESTS_DIR)/%.asm $(GUESTS_INC) $(GUESTS_DIR)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

# Numbers of the public headers for NASM, as src/include/offsets.h says.
$(GUESTS_INC): $(GUESTS_DIR)/runtime/runtime_offsets.c $(GUESTS_DIR)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MF $(@:.inc=.d) -MT $@ -S $< -o $@.s
	@sed -n 's/^->\([A-Za-z0-9_]*\) \$$\{0,1\}\(.*\)/%define \1 \2/p' $@.s > $@

# One rule a guest: its own objects, and the runtime.
define GUESTS_RULE
GUESTS_OBJECTS_$(1) := $$(patsubst $$(GUESTS_DIR)/%.c,$$(GUESTS_BUILD)/%.o, \
        $$(sort $$(wildcard $$(GUESTS_DIR)/$(1)/*.c))) \
    $$(patsubst $$(GUESTS_DIR)/%.asm,$$(GUESTS_BUILD)/%.o, \
        $$(sort $$(wildcard $$(GUESTS_DIR)/$(1)/*.asm)))

$$(GUESTS_BUILD)/$(1).elf: $$(GUESTS_OBJECTS_$(1)) $$(GUESTS_RUNTIME) \
    $$(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $$@"
	@ld -m elf_i386 -T $$(GUESTS_DIR)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$$(GUEST_BASE) -o $$@ \
	    $$(GUESTS_OBJECTS_$(1)) $$(GUESTS_RUNTIME) \
	    $$$$($$(GUEST_CC) -m32 -print-libgcc-file-name)

-include $$(filter %.d,$$(GUESTS_OBJECTS_$(1):.o=.d))
endef
$(foreach guest,$(GUESTS_NAMES),$(eval $(call GUESTS_RULE,$(guest))))

-include $(GUESTS_RUNTIME:.o=.d) $(GUESTS_INC:.inc=.d)
