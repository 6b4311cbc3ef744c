# SPDX-License-Identifier: MIT
#
# The benchmark: what operations cost, in instructions. The guest is ours and
# uses the public interface only, so it runs on the real one as well.
#
#   make bench                 measure, count crossings, print the table
#   make bench-pin             the figures of now are the ones to keep
#   make test PARTS=bench      no row may be worse than its pinned figure

TEST_PARTS += bench

BENCH := tests/bench
BENCH_BUILD := $(BUILD)/bench
BENCH_CONFORMANCE := tests/conformance/common
BENCH_ELF := $(BENCH_BUILD)/bench.elf
BENCH_COUNTS := $(BENCH_BUILD)/counts.txt
BENCH_EVENTS := $(BENCH_BUILD)/events.txt
# With the short ways; without them, in a folder of its own:
# make bench BENCH_OPTIONS="ringfence.elf fast=0" BUILD=/tmp/plain
BENCH_OPTIONS := ringfence.elf
BENCH_COMPILER = $(shell $(HV_CC) -dumpfullversion)

# --- The guest ---------------------------------------------------------------

BENCH_OBJECTS := $(patsubst $(BENCH)/guest/%,$(BENCH_BUILD)/%.o, \
        $(basename $(sort $(wildcard $(BENCH)/guest/*.c \
            $(BENCH)/guest/*.asm)))) \
    $(BENCH_BUILD)/tables.o

$(BENCH_BUILD)/%.o: $(BENCH)/guest/%.c $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -I$(BENCH_CONFORMANCE) -MMD -MP -c $< -o $@

# The conformance guests' scratch pages.
$(BENCH_BUILD)/tables.o: $(BENCH_CONFORMANCE)/tables.c $(GUESTS_DIR)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(BENCH_BUILD)/%.o: $(BENCH)/guest/%.asm $(GUESTS_INC) $(GUESTS_DIR)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

$(BENCH_ELF): $(BENCH_OBJECTS) $(GUESTS_RUNTIME) $(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $@"
	@ld -m elf_i386 -T $(GUESTS_DIR)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$(GUEST_BASE) -o $@ \
	    $(BENCH_OBJECTS) $(GUESTS_RUNTIME) \
	    $$($(GUEST_CC) -m32 -print-libgcc-file-name)

-include $(BENCH_OBJECTS:.o=.d)

# --- The runs ----------------------------------------------------------------

# A row is a line "bench ID COUNT" on the console; the last one says that the
# guest came to its end.
$(BENCH_COUNTS): $(BENCH_ELF) $(BUILD)/ringfence.elf $(BUILD)/bin/rf-sim
	@echo "  BENCH   $@"
	@$(BUILD)/bin/rf-sim --machine qemu --icount --quiet --seconds 300 \
	    --folder $(BENCH_BUILD)/qemu --image $(BUILD)/ringfence.elf \
	    --command-line "$(BENCH_OPTIONS)" --module $(BENCH_ELF) || \
	    { tail -5 $(BENCH_BUILD)/qemu/serial.txt; exit 1; }
	@tr -d '\r' < $(BENCH_BUILD)/qemu/serial.txt | \
	    sed -n 's/^bench \([a-z0-9_]* [0-9]*\)$$/\1/p' > $@.new
	@grep -qx 'complete 0' $@.new
	@grep -v '^complete ' $@.new > $@
	@rm -f $@.new

# Crossings, CR3 loads and flushes: the same guest under Bochs.
BENCH_WATCH := $(BUILD)/bin/rf-bench-events

$(BENCH_BUILD)/host/events.o: $(BENCH)/events.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

-include $(BENCH_BUILD)/host/events.d

$(BENCH_WATCH): $(BENCH_BUILD)/host/events.o $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

$(BENCH_EVENTS): $(BENCH_WATCH) $(BENCH_ELF) $(BUILD)/ringfence.elf \
    $(BUILD)/bin/bochs-rf $(BENCH)/rows.txt
	@echo "  WATCH   $@"
	@$(BENCH_WATCH) $(BUILD)/ringfence.elf $(BENCH_ELF) \
	    $(BENCH_BUILD)/bochs "$(BENCH_OPTIONS)" < $(BENCH)/rows.txt > $@
	@rm -f $(BENCH_BUILD)/bochs/events.bin

.PHONY: bench bench-pin test-bench
bench: $(BENCH_COUNTS) $(BENCH_EVENTS) ## what operations cost, in instructions, beside Xen's
	@awk -f $(BENCH)/table.awk $(BENCH)/rows.txt $(BENCH_COUNTS) \
	    $(BENCH_EVENTS)

bench-pin: $(BENCH_COUNTS) ## keep the benchmark's figures of now as the limit
	@awk -f $(BENCH)/pin.awk -v compiler=$(BENCH_COMPILER) \
	    $(BENCH)/rows.txt $(BENCH_COUNTS) > $(BENCH)/pinned.txt.new
	@mv $(BENCH)/pinned.txt.new $(BENCH)/pinned.txt

test-bench: $(BENCH_COUNTS) ## no operation costs more than it did
	@mkdir -p $(TEST_RESULTS)
	@awk -f $(BENCH)/check.awk -v compiler=$(BENCH_COMPILER) \
	    $(BENCH)/rows.txt $(BENCH)/pinned.txt $(BENCH_COUNTS) \
	    > $(TEST_RESULTS)/bench.txt
	@awk -f $(BENCH)/table.awk $(BENCH)/rows.txt $(BENCH_COUNTS) | \
	    grep 'over' || true
