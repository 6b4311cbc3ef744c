# SPDX-License-Identifier: MIT
UNIT_grants_setup := $(addprefix src/hypervisor/grants/,setup.c \
        grant_table_op.c) \
    src/hypervisor/domain/named.c src/hypervisor/hypercall/copy.c \
    tests/unit/arch/fake_guest.c
