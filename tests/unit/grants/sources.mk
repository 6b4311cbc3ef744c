# SPDX-License-Identifier: MIT
UNIT_grants_setup := $(addprefix src/hypervisor/grants/,setup.c \
        grant_table_op.c) \
    src/hypervisor/domain/named.c \
    $(addprefix src/hypervisor/hypercall/,copy.c dispatch.c) \
    tests/unit/arch/fake_guest.c
# In the memory module's small world of two domains.
UNIT_grants_map = $(UNIT_memory_world) \
    $(wildcard src/hypervisor/grants/*.c) \
    src/hypervisor/domain/named.c
UNIT_grants_in_place = $(UNIT_grants_map)
