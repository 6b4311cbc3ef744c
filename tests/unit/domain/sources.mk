# SPDX-License-Identifier: MIT
UNIT_domain_image := tests/unit/domain/image_maker.c \
    tests/unit/domain/image_reading.c \
    $(addprefix src/hypervisor/domain/,image.c image_notes.c \
        image_sections.c image_symbols.c)
UNIT_domain_image_refused := $(UNIT_domain_image)
UNIT_domain_image_random := $(UNIT_domain_image)
UNIT_domain_layout := src/hypervisor/domain/layout.c \
    $(addprefix src/hypervisor/domain/,image.c image_notes.c \
        image_sections.c image_symbols.c)
# The whole builder, in a machine whose memory is made up.
UNIT_domain_first := tests/unit/domain/image_maker.c \
    tests/unit/domain/building.c \
    tests/unit/memory/fake_frames.c \
    $(filter-out %/end.c %/destroy.c,\
        $(wildcard src/hypervisor/domain/*.c)) \
    $(addprefix src/hypervisor/events/,table.c ports.c send.c virq.c) \
    $(addprefix src/hypervisor/memory/,adopt.c base.c \
        flush.c io.c owned.c owners.c table.c walk.c \
        work.c)
UNIT_domain_base := tests/unit/memory/fake_frames.c \
    $(addprefix src/hypervisor/domain/,domain.c report.c symbols.c load.c \
        image.c image_notes.c image_sections.c image_symbols.c \
        console_ring.c console_line.c) \
    $(addprefix src/hypervisor/memory/,adopt.c flush.c owned.c table.c walk.c \
        work.c)
UNIT_domain_domain := $(UNIT_domain_base) src/hypervisor/domain/end.c \
    $(addprefix src/hypervisor/memory/,recount.c io.c)
# Lab 3's world, whose domain ends.
UNIT_domain_destroy := tests/unit/memory/fake_frames.c \
    tests/unit/memory/world.c \
    $(wildcard src/hypervisor/memory/*.c) \
    $(addprefix src/hypervisor/segmentation/,descriptors.c call_gates.c \
        gdt.c ldt.c) \
    $(addprefix src/hypervisor/hypercall/,fetch.c decode_memory.c) \
    $(addprefix src/hypervisor/domain/,domain.c end.c destroy.c report.c \
        symbols.c named.c load.c image.c image_notes.c image_sections.c \
        image_symbols.c console_ring.c console_line.c store_ring.c) \
    $(wildcard src/hypervisor/grants/*.c) \
    $(addprefix src/hypervisor/events/,table.c ports.c send.c virq.c)
UNIT_domain_order := src/hypervisor/domain/order.c
UNIT_domain_console_line := $(UNIT_domain_base)
UNIT_domain_console_ring := $(UNIT_domain_base) \
    $(addprefix src/hypervisor/memory/,recount.c io.c)
UNIT_domain_console_input := $(UNIT_domain_console_ring) \
    src/hypervisor/domain/console_input.c
UNIT_domain_store_ring := $(UNIT_domain_console_ring) \
    src/hypervisor/domain/store_ring.c
