# SPDX-License-Identifier: MIT
TESTS_CALL := src/hypervisor/hypercall

UNIT_hypercall_copy := $(TESTS_CALL)/copy.c tests/unit/arch/fake_guest.c
UNIT_hypercall_dispatch := $(TESTS_CALL)/dispatch.c $(TESTS_CALL)/copy.c \
    $(TESTS_CALL)/page.c tests/unit/arch/fake_guest.c
UNIT_hypercall_emulate := $(addprefix $(TESTS_CALL)/,emulate.c decode.c fetch.c \
        port_io.c msr.c cpuid.c debugreg.c copy.c) \
    $(addprefix src/hypervisor/segmentation/,lookup.c load.c debug.c fpu.c \
        bounce.c page_fault.c protection.c) \
    tests/unit/arch/fake_guest.c
UNIT_hypercall_iret := $(addprefix $(TESTS_CALL)/,iret.c copy.c) \
    src/hypervisor/segmentation/bounce.c tests/unit/arch/fake_guest.c
UNIT_hypercall_traps := $(addprefix $(TESTS_CALL)/,trap_table.c \
        stack_switch.c callback_op.c copy.c dispatch.c) \
    $(addprefix src/hypervisor/segmentation/,direct.c descriptors.c) \
    tests/unit/arch/fake_guest.c
UNIT_hypercall_state := $(addprefix $(TESTS_CALL)/,debugreg.c vm_assist.c \
        fpu_taskswitch.c xen_version.c physdev_op.c console_io.c sched_op.c \
        control_calls.c \
        copy.c dispatch.c) src/hypervisor/domain/console_line.c \
    $(addprefix src/hypervisor/segmentation/,debug.c fpu.c bounce.c) \
    tests/unit/arch/fake_guest.c
UNIT_hypercall_decode_memory := $(addprefix $(TESTS_CALL)/,decode_memory.c \
        fetch.c copy.c) \
    src/hypervisor/segmentation/lookup.c tests/unit/arch/fake_guest.c
