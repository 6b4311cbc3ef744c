# SPDX-License-Identifier: MIT
UNIT_domain_image := tests/unit/domain/image_maker.c \
    $(addprefix src/hypervisor/domain/,image.c image_notes.c \
        image_sections.c image_symbols.c)
UNIT_domain_layout := src/hypervisor/domain/layout.c \
    $(addprefix src/hypervisor/domain/,image.c image_notes.c \
        image_sections.c image_symbols.c)
