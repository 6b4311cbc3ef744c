#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Somebody presses the NMI button (QEMU's command inject-nmi): the control
# domain gets it, computing and asleep. The exit status decides: QEMU's, for a
# write to the exit port, is (number << 1) | 1. Writes a result line.
#
#   nmi.sh BUILD
build=$1
serial=$build/boots/nmi.out
reboot=21

# Before the hypervisor has its own table an NMI is the machine's end, so the
# guest's request is waited for; then the button again and again, because the
# guest must be asleep at the second one. QEMU's end breaks the pipe.
press()
{
    echo '{"execute": "qmp_capabilities"}'
    until grep -qs 'Press the button' "$serial"; do
        sleep 0.2
        echo '{"execute": "query-status"}' || return
    done
    while echo '{"execute": "inject-nmi"}'; do
        sleep 1
    done
}

rm -f "$serial"
press 2> /dev/null | timeout 600 qemu-system-i386 -qmp stdio \
    -kernel "$build/ringfence.elf" -initrd "$build/guests/nmi.elf" \
    -serial "file:$serial" -display none -monitor none \
    -device isa-debug-exit,iobase=0xf4,iosize=4 > "$build/boots/nmi.qmp" 2>&1
status=$?
if [ "$status" -eq "$reboot" ]; then
    echo "pass boots/nmi-button"
else
    echo "fail boots/nmi-button QEMU ended with $status instead of $reboot;" \
        "the guest's last words: $(tail -n 1 "$serial" 2> /dev/null)"
fi
