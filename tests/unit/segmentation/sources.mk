# SPDX-License-Identifier: MIT
TESTS_SEG := src/hypervisor/segmentation
TESTS_FAKE_GUEST := tests/unit/arch/fake_guest.c

UNIT_segmentation_tables := $(TESTS_SEG)/tables.c $(TESTS_SEG)/enter.c \
    $(TESTS_FAKE_GUEST)
UNIT_segmentation_bounce := $(TESTS_SEG)/bounce.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_direct := $(TESTS_SEG)/direct.c \
    $(TESTS_SEG)/descriptors.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_faults := $(TESTS_SEG)/protection.c \
    $(TESTS_SEG)/page_fault.c $(TESTS_SEG)/fast_fault.c \
    $(TESTS_SEG)/bounce.c src/hypervisor/hypercall/copy.c \
    $(TESTS_FAKE_GUEST)
UNIT_segmentation_call_gates := $(TESTS_SEG)/call_gates.c \
    $(TESTS_SEG)/descriptors.c
UNIT_segmentation_lookup := $(TESTS_SEG)/lookup.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_gdt := $(addprefix $(TESTS_SEG)/,gdt.c ldt.c load.c \
        descriptors.c call_gates.c debug.c fpu.c bounce.c) \
    $(addprefix src/hypervisor/hypercall/,descriptor_calls.c copy.c) \
    tests/unit/segmentation/frames_double.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_big_segments := $(addprefix $(TESTS_SEG)/,big_segments.c \
        descriptors.c lookup.c bounce.c) \
    $(addprefix src/hypervisor/hypercall/,decode_memory.c fetch.c copy.c) \
    $(TESTS_FAKE_GUEST)
