# SPDX-License-Identifier: MIT
#
# Boots of the whole machine, on every path and with every kind of guest.

TEST_PARTS += boots
TESTS_BOOTS := $(BUILD)/boots
TESTS_BOOTS_OBJECTS := $(addprefix $(TESTS_BOOTS)/,boots.o \
    bad_elf.o rings.o)

$(TESTS_BOOTS)/%.o: tests/boots/%.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -Itests/boots -MMD -MP -c \
	    -o $@ $<

-include $(TESTS_BOOTS_OBJECTS:.o=.d)

$(TESTS_BOOTS)/boots: $(TESTS_BOOTS_OBJECTS) $(SIM_LIB)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

# The smallest image; not page-aligned, so that copies of odd sizes occur.
$(TESTS_BOOTS)/tiny.elf: tests/sim/tiny.asm | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm -f elf32 -g -F dwarf -o $(@:.elf=.o) $<
	@ld -m elf_i386 -N -Ttext 0x100000 -e start --no-warn-rwx-segments \
	    -o $@ $(@:.elf=.o)

# A guest that crashes, with more symbols than can be read before an interrupt
# must be answered.
$(TESTS_BOOTS)/named.elf: $(BUILD)/guests/crash.elf
	@mkdir -p $(@D)
	@echo "  OBJCOPY $@"
	@seq 20000 | sed 's/.*/--add-symbol=name_&=.text:&/' > $@.names
	@objcopy @$@.names $< $@

# GRUB as an ordinary domain, with a disk in it from which it starts a kernel
# with a ramdisk: it builds that kernel's page tables on its own.
TESTS_GRUB := $(TESTS_BOOTS)/grub
$(TESTS_GRUB).bin: tests/boots/grub.cfg $(BUILD)/conformance/kernel.elf
	@mkdir -p $(TESTS_GRUB)
	@echo "  GRUB    $@"
	@cp $^ $(TESTS_GRUB)
	@yes ramdisk | head -c 300001 > $(TESTS_GRUB)/ramdisk
	@tar -cf $(TESTS_GRUB).tar -C $(TESTS_GRUB) grub.cfg kernel.elf ramdisk
	@echo "configfile (memdisk)/grub.cfg" > $(TESTS_GRUB).early
	@grub-mkimage -O i386-xen -o $@ -m $(TESTS_GRUB).tar \
	    -c $(TESTS_GRUB).early -p "(memdisk)" memdisk tar configfile linux

# Status 2 is a failed check, which has its line.
test-boots: $(TESTS_BOOTS)/boots $(TESTS_BOOTS)/tiny.elf \
    $(TESTS_BOOTS)/named.elf $(TESTS_BOOTS)/grub.bin $(SIM_TOOLS) \
    $(SIM_IMAGE) $(SIM_ISO) $(GUESTS_ELFS) ## boot everything everywhere
	@mkdir -p $(TEST_RESULTS)
	@RINGFENCE_BOCHS=$(SIM_BOCHS) $(TESTS_BOOTS)/boots $(BUILD) \
	    $(TESTS_BOOTS)/runs > $(TEST_RESULTS)/boots.txt || [ $$? -eq 2 ]
	@sh tests/boots/plain_qemu.sh $(BUILD) >> $(TEST_RESULTS)/boots.txt
	@sh tests/boots/typing.sh $(BUILD) >> $(TEST_RESULTS)/boots.txt
	@sh tests/boots/nmi.sh $(BUILD) >> $(TEST_RESULTS)/boots.txt
	@sh tests/boots/make_run.sh $(firstword $(MAKE)) $(BUILD) \
	    >> $(TEST_RESULTS)/boots.txt
	@sh tests/boots/make_trace.sh $(firstword $(MAKE)) $(BUILD) \
	    >> $(TEST_RESULTS)/boots.txt
