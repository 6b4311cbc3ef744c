# SPDX-License-Identifier: MIT
# The hypervisor's image, and the guests.
#
# The image is linked twice. The first link gives every function its address;
# from it a table of names is made, which the second link puts behind
# everything else, where it moves nothing. So a panic can name its callers.

SRC_HV := src/hypervisor
SRC_HV_C := $(sort $(wildcard $(SRC_HV)/*/*.c))
SRC_HV_ASM := $(sort $(wildcard $(SRC_HV)/*/*.asm))
SRC_HV_OFFSETS := $(sort $(wildcard $(SRC_HV)/arch/*offsets.c))
SRC_HV_C := $(filter-out $(SRC_HV_OFFSETS),$(SRC_HV_C))
SRC_HV_BUILD := $(BUILD)/hv
SRC_HV_GEN := $(SRC_HV_BUILD)/include
SRC_HV_LAYOUT_INC := $(SRC_HV_GEN)/layout.inc
SRC_HV_OFFSETS_INC := \
    $(patsubst $(SRC_HV)/arch/%.c,$(SRC_HV_GEN)/%.inc,$(SRC_HV_OFFSETS))

# boot_entry comes first: the Multiboot header must be near the file's start.
SRC_HV_OBJECTS := $(patsubst $(SRC_HV)/%.asm,$(SRC_HV_BUILD)/%.o,$(SRC_HV_ASM)) \
    $(patsubst $(SRC_HV)/%.c,$(SRC_HV_BUILD)/%.o,$(SRC_HV_C))

# A student's tree has other exercises' modules as objects only, and says in
# which order the reference is linked.
SRC_HV_REFERENCE := labs/reference
ifneq ($(wildcard $(SRC_HV_REFERENCE)/objects.list),)
SRC_HV_OBJECTS := $(addprefix $(SRC_HV_BUILD)/,\
    $(shell cat $(SRC_HV_REFERENCE)/objects.list))
endif

HV_CC ?= gcc
HV_CFLAGS := -m32 -march=i686 -std=c17 -ffreestanding -fno-pic -fno-pie \
    -fno-stack-protector -mgeneral-regs-only -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
    -O2 -g -Wall -Wextra -Werror -ffile-prefix-map=$(CURDIR)=. \
    -Isrc/include -Isrc/hypervisor/arch/include
ifneq ($(wildcard $(SRC_HV_REFERENCE)/objects.list),)
# What a student has not written yet leaves parameters unused.
HV_CFLAGS += -Wno-error -Wno-unused-parameter
endif
HV_NASMFLAGS := -f elf32 -g -F dwarf -w+all -Werror -I$(SRC_HV_GEN)/

SRC_LINK := src/hypervisor/arch/link.sh
SRC_LD_SCRIPT := $(SRC_HV_BUILD)/image.ld

.PHONY: hypervisor
hypervisor: $(BUILD)/ringfence.elf ## Build the hypervisor's image

$(SRC_HV_BUILD)/%.o: $(SRC_HV)/%.c src/build.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(SRC_HV_BUILD)/%.o: $(SRC_HV)/%.asm $(SRC_HV_LAYOUT_INC) \
    $(SRC_HV_OFFSETS_INC) src/build.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(HV_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

# Where there is no source, the reference's object.
$(SRC_HV_BUILD)/%.o: $(SRC_HV_REFERENCE)/%.o
	@mkdir -p $(@D)
	@cp $< $@

# The address map for NASM: the same numbers, %define for #define.
$(SRC_HV_LAYOUT_INC): src/include/layout.h src/include/machine.h \
    src/build.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@$(HV_CC) -E -dM $< | sed -n 's/^#define \([A-Z][A-Z0-9_]* 0x\)/%define \1/p;s/^#define \([A-Z][A-Z0-9_]* [0-9]\)/%define \1/p' \
	    | grep -v '__' | sort > $@.new
	@mv $@.new $@

# Offsets of C structures for NASM: OFFSET() in *offsets.c (see
# src/include/offsets.h) leaves lines "->NAME value" in the assembler text.
$(SRC_HV_GEN)/%.inc: $(SRC_HV)/arch/%.c src/build.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@$(HV_CC) $(HV_CFLAGS) -MMD -MF $(@:.inc=.d) -MT $@ -S $< -o $@.s
	@sed -n 's/^->\([A-Za-z0-9_]*\) \$$\{0,1\}\(.*\)/%define \1 \2/p' $@.s > $@

# Else make would take them for stepping stones and remove them.
.SECONDARY: $(SRC_HV_OFFSETS_INC)

$(SRC_LD_SCRIPT): $(SRC_HV)/arch/image.ld src/include/layout.h \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@$(HV_CC) -E -P -x c -Isrc/include $< -o $@

# The link order, for whoever links another image from the same objects.
$(SRC_HV_BUILD)/objects.list: $(SRC_HV_OBJECTS)
	@printf '%s\n' $(SRC_HV_OBJECTS:$(SRC_HV_BUILD)/%=%) > $@

$(BUILD)/ringfence.elf: $(SRC_HV_OBJECTS) $(SRC_HV_BUILD)/objects.list \
    $(SRC_LD_SCRIPT) $(SRC_LINK)
	@echo "  LINK    $@"
	@sh $(SRC_LINK) $(SRC_LD_SCRIPT) $@ $(SRC_HV_OBJECTS)

-include $(SRC_HV_OBJECTS:.o=.d) $(SRC_HV_OFFSETS_INC:.inc=.d)
-include src/guests/guests.mk
