# SPDX-License-Identifier: MIT
#
# The fuzzer of hypercalls on the host. `make test` runs the inputs that are
# kept in corpus/ (each once found something, or reaches code that few do), and a
# short search; `make fuzz` searches longer.

TEST_PARTS += fuzz
TESTS_FUZZ := $(BUILD)/fuzz
TESTS_FUZZ_CC := clang
TESTS_FUZZ_RUNS ?= 3000
FUZZ_SECONDS = $(or $(SECONDS_MAX),60)

# The unit tests' world of lab 3, and what two domains do to each other.
TESTS_FUZZ_C := tests/fuzz/calls.c tests/unit/memory/fake_frames.c \
    tests/unit/memory/world.c $(sort $(wildcard tests/unit/arch/fake_cpu.c \
        tests/unit/arch/fake_console.c tests/unit/arch/fake_scheduling.c \
        tests/unit/arch/fake_time.c)) \
    $(wildcard src/hypervisor/memory/*.c src/hypervisor/grants/*.c) \
    $(addprefix src/hypervisor/lib/,format.c text.c bitmap.c) \
    $(addprefix src/hypervisor/segmentation/,descriptors.c ldt.c) \
    $(addprefix src/hypervisor/hypercall/,fetch.c decode_memory.c) \
    $(addprefix src/hypervisor/domain/,domain.c end.c destroy.c report.c \
        symbols.c named.c load.c image.c image_notes.c image_sections.c \
        image_symbols.c console_ring.c console_line.c store_ring.c) \
    $(addprefix src/hypervisor/events/,table.c ports.c send.c virq.c \
        event_channel_op.c)
TESTS_FUZZ_O := $(TESTS_FUZZ_C:%.c=$(TESTS_FUZZ)/%.o)
TESTS_FUZZ_CFLAGS := -m32 -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra \
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
    -DFAKE_FRAMES=512u -DWORK_SHARE=300u -Wno-unknown-warning-option -Wno-address-of-packed-member \
    -Itests/fuzz/include -Itests/unit/arch/include -Itests/unit/arch \
    -Itests/unit -Isrc/include -Isrc/hypervisor/arch/include

$(TESTS_FUZZ)/%.o: %.c tests/fuzz/fuzz.mk | $(SETUP_STAMP)
	@mkdir -p $(@D)
	@echo "  CLANG   $<"
	@$(TESTS_FUZZ_CC) $(TESTS_FUZZ_CFLAGS) -MMD -MP -c $< -o $@

$(TESTS_FUZZ)/calls: $(TESTS_FUZZ_O)
	@echo "  LINK    $@"
	@$(TESTS_FUZZ_CC) -m32 -fsanitize=fuzzer,address,undefined -o $@ $^

-include $(TESTS_FUZZ_O:.o=.d)

TESTS_FUZZ_OPTIONS := -max_len=1500 -len_control=0 -timeout=60 -print_final_stats=1 \
    -artifact_prefix=$(TESTS_FUZZ)/

.PHONY: fuzz test-fuzz
fuzz: $(TESTS_FUZZ)/calls ## look for hypercalls that break the hypervisor [SECONDS_MAX=60 SEED=0]
	@mkdir -p $(TESTS_FUZZ)/found
	@ASAN_OPTIONS=detect_leaks=0 $< $(TESTS_FUZZ_OPTIONS) -seed=$(SEED)1 \
	    -max_total_time=$(FUZZ_SECONDS) $(TESTS_FUZZ)/found tests/fuzz/corpus

test-fuzz: $(TESTS_FUZZ)/calls ## the inputs that once broke something, and a short search
	@mkdir -p $(TEST_RESULTS)
	@: > $(TEST_RESULTS)/fuzz.txt
	@for file in tests/fuzz/corpus/*; do \
	    if ASAN_OPTIONS=detect_leaks=0 $< $$file > $(TESTS_FUZZ)/log 2>&1; \
	    then echo "pass fuzz/$${file##*/}"; \
	    else echo "fail fuzz/$${file##*/} see $(TESTS_FUZZ)/log"; fi; \
	done >> $(TEST_RESULTS)/fuzz.txt
	@if ASAN_OPTIONS=detect_leaks=0 $< $(TESTS_FUZZ_OPTIONS) -seed=1 \
	    -runs=$(TESTS_FUZZ_RUNS) > $(TESTS_FUZZ)/search.log 2>&1; \
	then echo "pass fuzz/search"; \
	else echo "fail fuzz/search see $(TESTS_FUZZ)/search.log"; fi \
	    >> $(TEST_RESULTS)/fuzz.txt
