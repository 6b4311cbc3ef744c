#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A graded test's machine on QEMU, under gdb: the same image, boot ROM and
# memory as in the graded run, and the submission's source.
#
#   debug.sh FOLDER GDB [OPTION...]
#
# FOLDER is where `rf-grade debug` left the run's files (debug.h); GDB's options
# count after the machine has stopped for the first time. Bochs decides verdicts and QEMU does not: it
# checks no segment limits, and its devices have other timing. What a
# submission computes is the same.

folder=$1
gdb=$2
shift 2
die()
{
    echo "debug: $*" >&2
    exit 2
}

[ -f "$folder/rom.bin" ] ||
    die "there was no run to debug: see the report above"
grep -q optramimage "$folder/bochsrc.txt" &&
    die "this test's modules do not fit into the boot ROM, and QEMU has no" \
        "other way to get them"
ram=$(sed -n 's/^memory: guest=\([0-9]*\).*/\1/p' "$folder/bochsrc.txt")
rm -f "$folder/gdb.sock"

# As sim/qemu does it for a boot ROM.
qemu-system-i386 -nodefaults -no-user-config -display none -no-reboot \
    -machine pc -cpu qemu32,+nx,-apic -m "$ram" -bios "$folder/rom.bin" \
    -serial "file:$folder/serial.txt" \
    -device isa-debug-exit,iobase=0xf4,iosize=4 \
    -gdb "unix:$folder/gdb.sock,server=on,wait=off" -S &
machine=$!
trap 'kill $machine 2>/dev/null; wait $machine 2>/dev/null' EXIT
# However busy the host is: as long as QEMU lives, it may still come.
for ((i = 0; i < 3000; i++)); do
    [ -S "$folder/gdb.sock" ] && break
    kill -0 $machine 2>/dev/null || die "QEMU did not start"
    sleep 0.1
done
[ -S "$folder/gdb.sock" ] || die "QEMU has no socket for gdb after 300 s"
"$gdb" -q -x "$folder/gdb.txt" "$@" "$folder/image.elf"
