# SPDX-License-Identifier: MIT
UNIT_events_ports := $(addprefix src/hypervisor/events/,table.c ports.c \
        send.c virq.c info.c event_channel_op.c) \
    src/hypervisor/domain/named.c \
    $(addprefix src/hypervisor/hypercall/,copy.c dispatch.c) \
    tests/unit/arch/fake_guest.c
UNIT_events_info := src/hypervisor/events/info.c tests/unit/arch/fake_guest.c
UNIT_events_send := $(UNIT_events_ports)
UNIT_events_upcall := src/hypervisor/events/upcall.c \
    src/hypervisor/segmentation/bounce.c tests/unit/arch/fake_guest.c
