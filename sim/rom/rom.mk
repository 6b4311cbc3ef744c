# SPDX-License-Identifier: MIT
#
# The boot ROM: its code by NASM, linked into the composer as bytes.

SIM_ROM_DIR := $(BUILD)/sim/rom

$(SIM_ROM_DIR)/stub.inc: sim/rom/stub.h | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@sed -n 's/^#define \([A-Z_]* [0-9A-Fx]*\)$$/%define \1/p' $< > $@

$(SIM_ROM_DIR)/rom.bin: sim/rom/rom.asm $(SIM_ROM_DIR)/stub.inc
	@echo "  NASM    $<"
	@nasm -f bin -I $(SIM_ROM_DIR)/ -o $@ $<

# In its own folder, so that the symbol is _binary_rom_bin_start.
$(SIM_ROM_DIR)/rom.o: $(SIM_ROM_DIR)/rom.bin
	@cd $(@D) && ld -r -z noexecstack -b binary -o rom.o rom.bin

SIM_LIB_OBJECTS += $(addprefix $(SIM_ROM_DIR)/,rom.o compose.o image.o place.o)
