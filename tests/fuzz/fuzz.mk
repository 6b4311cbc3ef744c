# SPDX-License-Identifier: MIT
#
# Two fuzzers of the guests' interface (doc/pages/fuzz.md): host/ is the
# hypervisor compiled for the host with sanitizers, on a made-up machine; guest/
# is a guest that asks for anything, on the simulators. `make test` runs the
# inputs that are kept in corpus/ (they reach more than inputs by chance do) and
# a short stretch of both.

TEST_PARTS += fuzz
TESTS_FUZZ := $(BUILD)/fuzz
TESTS_FUZZ_CC := clang

# --- On the host -------------------------------------------------------------

# The hypervisor, but what finds and starts machines, and what only assembly
# or the linker script can supply.
TESTS_FUZZ_HV := $(sort $(filter-out $(addprefix src/hypervisor/, \
        scheduling/clock.c scheduling/timer_device.c scheduling/timer_pit.c \
        segmentation/init.c segmentation/double_fault.c segmentation/fixup.c \
        segmentation/interrupt.c domain/first.c domain/first_tables.c \
        domain/build.c domain/layout.c domain/order.c \
        hypercall/page.c), \
    $(foreach room,memory grants events hypercall scheduling domain \
        segmentation,$(wildcard src/hypervisor/$(room)/*.c)))) \
    $(addprefix src/hypervisor/lib/,format.c text.c bitmap.c)
TESTS_FUZZ_HOST := $(filter-out %/run.c,$(wildcard tests/fuzz/host/*.c))
TESTS_FUZZ_HV_O := $(TESTS_FUZZ_HV:%.c=$(TESTS_FUZZ)/%.o)
TESTS_FUZZ_HOST_O := $(TESTS_FUZZ_HOST:%.c=$(TESTS_FUZZ)/%.o)
TESTS_FUZZ_SANITIZERS := -O1 -fno-sanitize-recover=all \
    -fsanitize=fuzzer-no-link,address,undefined
TESTS_FUZZ_CFLAGS := -m32 -std=c17 -D_GNU_SOURCE -g -fno-pie -Wall -Wextra \
    -DWORK_SHARE=300u -Wno-unknown-warning-option -Wno-address-of-packed-member \
    -Itests/unit/arch/include -iquote tests/unit/arch/include \
    -Itests/fuzz/host -iquote src/include -iquote src/hypervisor/arch/include
TESTS_FUZZ_LINK := -m32 -no-pie -fsanitize=address,undefined \
    $(foreach f,copy_from_guest copy_to_guest descriptor_read \
        descriptor_write,-Wl,--wrap=$(f))

$(TESTS_FUZZ)/%.o: %.c tests/fuzz/fuzz.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CLANG   $<"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_CFLAGS) -O2 -MMD -MP -c $< -o $@

# The hypervisor's variables go into sections of their own, so that each input
# can begin with them as they were.
$(TESTS_FUZZ_HV_O): $(TESTS_FUZZ)/%.o: %.c tests/fuzz/fuzz.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CLANG   $<"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_CFLAGS) $(TESTS_FUZZ_SANITIZERS) -MMD -MP \
	    -c $< -o $@
	@objcopy --rename-section .data=hv_data \
	    --rename-section .bss=hv_bss,alloc,load,data,contents $@

$(TESTS_FUZZ)/search: $(TESTS_FUZZ_HV_O) $(TESTS_FUZZ_HOST_O)
	@echo "  LINK    $@"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_LINK) -fsanitize=fuzzer -o $@ $^

$(TESTS_FUZZ)/host: $(TESTS_FUZZ_HV_O) $(TESTS_FUZZ_HOST_O) \
    $(TESTS_FUZZ)/tests/fuzz/host/run.o
	@echo "  LINK    $@"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_LINK) -o $@ $^

# The same without sanitizers, whose own branches would count as places that
# nothing reaches: for the question what an input reaches.
TESTS_FUZZ_COVER_O := $(TESTS_FUZZ_HV:%.c=$(TESTS_FUZZ)/cover/%.o)
$(TESTS_FUZZ)/cover/%.o: %.c tests/fuzz/fuzz.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CLANG   $<"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_CFLAGS) -O1 -MMD -MP -c $< -o $@ \
	    -fsanitize-coverage=inline-8bit-counters,pc-table
	@objcopy --rename-section .data=hv_data \
	    --rename-section .bss=hv_bss,alloc,load,data,contents $@

$(TESTS_FUZZ)/cover/host: $(TESTS_FUZZ_COVER_O) $(TESTS_FUZZ_HOST_O) \
    $(TESTS_FUZZ)/tests/fuzz/host/run.o
	@echo "  LINK    $@"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_LINK) -o $@ $^

-include $(TESTS_FUZZ_HV_O:.o=.d) $(TESTS_FUZZ_HOST_O:.o=.d) \
    $(TESTS_FUZZ)/tests/fuzz/host/run.d

# --- Runs on the host --------------------------------------------------------

TESTS_FUZZ_ASAN := ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
TESTS_FUZZ_SEED = $(or $(SEED),1)
TESTS_FUZZ_CALLS = $(or $(CALLS),10000000)
TESTS_FUZZ_STATE = $(TESTS_FUZZ)/host-$(TESTS_FUZZ_SEED)
TESTS_FUZZ_CORPUS := $(sort $(wildcard tests/fuzz/corpus/*))

.PHONY: fuzz fuzz-host fuzz-replay fuzz-coverage
fuzz: $(TESTS_FUZZ)/search ## look for inputs that reach more of the hypervisor, or break it [SECONDS_MAX=60 SEED=1]
	@mkdir -p $(TESTS_FUZZ)/found
	@$(TESTS_FUZZ_ASAN) $< -max_len=3000 -len_control=0 -timeout=60 \
	    -print_final_stats=1 -artifact_prefix=$(TESTS_FUZZ)/ \
	    -seed=$(TESTS_FUZZ_SEED) -max_total_time=$(or $(SECONDS_MAX),60) \
	    $(TESTS_FUZZ)/found tests/fuzz/corpus

fuzz-host: $(TESTS_FUZZ)/host ## calls on the host, the same for a seed; goes on where it was stopped [CALLS=10000000 SEED=1]
	@$(TESTS_FUZZ_ASAN) $< run $(TESTS_FUZZ_SEED) $(TESTS_FUZZ_CALLS) \
	    $(TESTS_FUZZ_STATE) $(TESTS_FUZZ_CORPUS)
	@cat $(TESTS_FUZZ_STATE)

fuzz-replay: $(TESTS_FUZZ)/host ## one input again, step by step: FILE=
	@$(if $(FILE),,echo "say which input: FILE=file" >&2; exit 64)
	@FUZZ_SHOW=1 $(TESTS_FUZZ_ASAN) $< replay $(FILE)

fuzz-coverage: $(TESTS_FUZZ)/cover/host ## what so many calls reach, room by room [CALLS=1000000 SEED=1 FILES=1]
	@rm -f $(TESTS_FUZZ)/coverage
	@$(TESTS_FUZZ_ASAN) $< run $(TESTS_FUZZ_SEED) $(or $(CALLS),1000000) \
	    $(TESTS_FUZZ)/coverage $(TESTS_FUZZ_CORPUS)
	@sh tests/fuzz/coverage.sh $< $(TESTS_FUZZ)/coverage.places $(FILES)

# --- As a guest --------------------------------------------------------------

TESTS_FUZZ_GUEST := $(TESTS_FUZZ)/fuzz.elf
TESTS_FUZZ_GUEST_O := $(patsubst tests/fuzz/guest/%,$(TESTS_FUZZ)/guest/%.o, \
    $(basename $(sort $(wildcard tests/fuzz/guest/*.c tests/fuzz/guest/*.asm))))

$(TESTS_FUZZ)/guest/%.o: tests/fuzz/guest/%.c $(GUESTS_DIR)/guests.mk \
    | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(TESTS_FUZZ)/guest/%.o: tests/fuzz/guest/%.asm $(GUESTS_INC) \
    $(GUESTS_DIR)/guests.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  NASM    $<"
	@nasm $(GUEST_NASMFLAGS) -MD $(@:.o=.d) -MP $< -o $@

$(TESTS_FUZZ_GUEST): $(TESTS_FUZZ_GUEST_O) $(GUESTS_RUNTIME) \
    $(GUESTS_DIR)/runtime/guest.ld
	@echo "  LINK    $@"
	@ld -m elf_i386 -T $(GUESTS_DIR)/runtime/guest.ld -z noexecstack \
	    --build-id=none --no-warn-rwx-segments \
	    --defsym=GUEST_BASE=$(GUEST_BASE) -o $@ \
	    $(TESTS_FUZZ_GUEST_O) $(GUESTS_RUNTIME) \
	    $$($(GUEST_CC) -m32 -print-libgcc-file-name)

-include $(TESTS_FUZZ_GUEST_O:.o=.d)

TESTS_FUZZ_STRETCH := $(BUILD)/bin/rf-fuzz
$(TESTS_FUZZ)/stretch.o: tests/fuzz/stretch.c | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

$(TESTS_FUZZ_STRETCH): $(TESTS_FUZZ)/stretch.o $(SIM_LIB)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(HOST_CC) -o $@ $^ $(SIM_LIBS)

-include $(TESTS_FUZZ)/stretch.d

TESTS_FUZZ_NEEDS := $(TESTS_FUZZ_STRETCH) $(TESTS_FUZZ_GUEST) \
    $(BUILD)/ringfence.elf $(BUILD)/bin/bochs-rf
TESTS_FUZZ_SIM = $(or $(SIM),qemu)

.PHONY: fuzz-guest
fuzz-guest: $(TESTS_FUZZ_NEEDS) ## calls by guests, on a simulator [SIM=qemu|icount|bochs CALLS=1000000 SEED=1 FIRST=0]
	@mkdir -p $(TESTS_FUZZ)/runs
	@$(TESTS_FUZZ_STRETCH) $(BUILD) $(TESTS_FUZZ)/runs/$(TESTS_FUZZ_SIM) \
	    $(TESTS_FUZZ_SIM) $(TESTS_FUZZ_SEED) $(or $(CALLS),1000000) \
	    $(or $(FIRST),0)

# --- The tests ---------------------------------------------------------------

# $(1): the check's name; $(2): its command.
tests_fuzz_check = if $(2) > $(TESTS_FUZZ)/$(1).log 2>&1; \
    then echo "pass fuzz/$(1)"; \
    else echo "fail fuzz/$(1) see $(TESTS_FUZZ)/$(1).log"; fi

TESTS_FUZZ_SHORT ?= 50000
TESTS_FUZZ_SHORT_GUEST ?= 1500

.PHONY: test-fuzz
test-fuzz: $(TESTS_FUZZ)/host $(TESTS_FUZZ_NEEDS) ## the inputs that are kept, and a short stretch on the host and as a guest
	@mkdir -p $(TEST_RESULTS) $(TESTS_FUZZ)/runs
	@rm -f $(TESTS_FUZZ)/short
	@$(call tests_fuzz_check,corpus,$(TESTS_FUZZ_ASAN) $< replay \
	    $(TESTS_FUZZ_CORPUS)) > $(TEST_RESULTS)/fuzz.txt
	@$(call tests_fuzz_check,host,$(TESTS_FUZZ_ASAN) $< run 1 \
	    $(TESTS_FUZZ_SHORT) $(TESTS_FUZZ)/short $(TESTS_FUZZ_CORPUS)) \
	    >> $(TEST_RESULTS)/fuzz.txt
	@$(call tests_fuzz_check,guest-bochs,$(TESTS_FUZZ_STRETCH) $(BUILD) \
	    $(TESTS_FUZZ)/runs/short bochs 1 $(TESTS_FUZZ_SHORT_GUEST)) \
	    >> $(TEST_RESULTS)/fuzz.txt
	@$(call tests_fuzz_check,guest-qemu,$(TESTS_FUZZ_STRETCH) $(BUILD) \
	    $(TESTS_FUZZ)/runs/short qemu 1 $(TESTS_FUZZ_SHORT_GUEST)) \
	    >> $(TEST_RESULTS)/fuzz.txt
