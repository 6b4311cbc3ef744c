#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The command that everybody tries first: QEMU's own loader and whatever QEMU
# takes for a processor (which has PAE and no NX), without a tool of ours. The
# exit status decides. Writes result lines.
#
#   plain_qemu.sh BUILD
build=$1

# check NAME GUEST STATUS: QEMU's status for a write to the exit port is
# (number << 1) | 1.
check()
{
    timeout 900 qemu-system-i386 -kernel "$build/ringfence.elf" \
        -initrd "$build/guests/$2.elf" -serial stdio -display none \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        > "$build/boots/$1.out" 2>&1 < /dev/null
    status=$?
    if [ "$status" -eq $(($3 << 1 | 1)) ]; then
        echo "pass boots/$1"
    else
        echo "fail boots/$1 QEMU ended with $status instead of $(($3 << 1 | 1))"
    fi
}

# A QEMU that does not start at all ends with 1, as one in which hello powered
# off. The second check shows that it starts: nothing else ends with 25.
check plain-qemu-hello hello 0
check plain-qemu-crash crash 12
