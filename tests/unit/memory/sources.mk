# SPDX-License-Identifier: MIT
# Lab 3's tests all run in the same small world. In a starter, some of its
# sources are there as objects only; of the short ways, nothing can be used.
UNIT_memory_world := tests/unit/memory/fake_frames.c tests/unit/memory/world.c \
    $(sort $(wildcard src/hypervisor/memory/*.c) \
        $(patsubst labs/reference/%.o,src/hypervisor/%.c, \
        $(filter-out labs/reference/memory/fast_%, \
        $(wildcard labs/reference/memory/*.o)))) \
    $(if $(wildcard src/hypervisor/memory/fast_*.c),, \
        tests/unit/memory/no_short_ways.c) \
    $(addprefix src/hypervisor/segmentation/,descriptors.c call_gates.c ldt.c) \
    $(addprefix src/hypervisor/hypercall/,fetch.c decode_memory.c) \
    $(addprefix src/hypervisor/domain/,domain.c report.c symbols.c load.c \
        image.c image_notes.c image_sections.c image_symbols.c \
        console_ring.c console_line.c)
UNIT_memory_frames := $(UNIT_memory_world)
UNIT_memory_validate := $(UNIT_memory_world)
UNIT_memory_update := $(UNIT_memory_world)
UNIT_memory_random := $(UNIT_memory_world)
UNIT_memory_calls := $(UNIT_memory_world)
UNIT_memory_va_mapping := $(UNIT_memory_world)
UNIT_memory_writable := $(UNIT_memory_world)
UNIT_memory_memory_op := $(UNIT_memory_world)
UNIT_memory_extents := $(UNIT_memory_world)
UNIT_memory_store := src/hypervisor/memory/store.c \
    $(addprefix src/hypervisor/hypercall/,fetch.c decode_memory.c)
