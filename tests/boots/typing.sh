#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Somebody types on the serial line. The control domain is told by an event and
# reads; and GRUB, as an ordinary domain with a console ring, is told to leave
# its menu for its prompt and to reboot there. The exit status decides: QEMU's,
# for a write to the exit port, is (number << 1) | 1. Writes result lines.
#
#   typing.sh BUILD
build=$1
reboot=21
grub=/usr/lib/grub-xen/grub-i386-xen.bin

# QEMU hands a byte over when the port has room. The text comes again and again
# because nobody knows here when the guest is ready for it, until QEMU's end
# breaks the pipe.
type_again()
{
    while printf '%b' "$1"; do
        sleep 2
    done
}

# check NAME GUEST COMMAND-LINE TEXT
check()
{
    type_again "$4" 2> /dev/null |
        timeout 600 qemu-system-i386 -kernel "$build/ringfence.elf" \
            -append "$3" -initrd "$2" -serial stdio -display none \
            -monitor none -device isa-debug-exit,iobase=0xf4,iosize=4 \
            > "$build/boots/$1.out" 2>&1
    status=$?
    if [ "$status" -eq "$reboot" ]; then
        echo "pass boots/$1"
    else
        echo "fail boots/$1 QEMU ended with $status instead of $reboot"
    fi
}

check typing-control "$build/guests/echo.elf" "" "hello r"
check typing-plain "$grub" plain 'c\rreboot\r'
