# SPDX-License-Identifier: MIT
TESTS_SEG := src/hypervisor/segmentation
TESTS_FAKE_GUEST := tests/unit/arch/fake_guest.c

UNIT_segmentation_tables := $(TESTS_SEG)/tables.c $(TESTS_SEG)/enter.c \
    $(TESTS_FAKE_GUEST)
UNIT_segmentation_bounce := $(TESTS_SEG)/bounce.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_direct := $(TESTS_SEG)/direct.c \
    $(TESTS_SEG)/descriptors.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_faults := $(TESTS_SEG)/protection.c \
    $(TESTS_SEG)/page_fault.c $(TESTS_SEG)/bounce.c $(TESTS_FAKE_GUEST)
UNIT_segmentation_lookup := $(TESTS_SEG)/lookup.c $(TESTS_FAKE_GUEST)
