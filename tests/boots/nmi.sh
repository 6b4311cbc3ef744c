#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Somebody presses the NMI button (QEMU's command inject-nmi): the control
# domain gets it, computing and asleep. The exit status decides: QEMU's, for a
# write to the exit port, is (number << 1) | 1. Writes a result line.
#
#   nmi.sh BUILD
build=$1
reboot=21

# The button again and again: nobody knows here when the guest is ready.
press()
{
    echo '{"execute": "qmp_capabilities"}'
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 1
        echo '{"execute": "inject-nmi"}' || break
    done
}

press 2> /dev/null | timeout 60 qemu-system-i386 -qmp stdio \
    -kernel "$build/ringfence.elf" -initrd "$build/guests/nmi.elf" \
    -serial "file:$build/boots/nmi.out" -display none -monitor none \
    -device isa-debug-exit,iobase=0xf4,iosize=4 > "$build/boots/nmi.qmp" 2>&1
status=$?
if [ "$status" -eq "$reboot" ]; then
    echo "pass boots/nmi-button"
else
    echo "fail boots/nmi-button QEMU ended with $status instead of $reboot"
fi
