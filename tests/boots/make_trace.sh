#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `make trace` and rf-trace: a timeline of a real run, its picture, and the
# difference of two traces. Writes result lines.
#
#   make_trace.sh MAKE BUILD
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
make=$1
build=$2
out=$build/boots
events=$build/trace/events.bin

# check NAME STATUS COMMAND...
check()
{
    name=$1
    expected=$2
    shift 2
    "$@" > "$out/$name.out" 2>&1 < /dev/null
    status=$?
    if [ "$status" -eq "$expected" ]; then
        echo "pass boots/$name"
    else
        echo "fail boots/$name it ended with $status instead of $expected"
    fi
}

check make-trace 0 "$make" BUILD="$build" trace SEED=3
check trace-picture 0 rsvg-convert -o "$out/timeline.png" \
    "$build/trace/timeline.svg"
check trace-filtered 0 "$make" BUILD="$build" trace KIND=ring,end RING=0,1 \
    FROM=1000
check trace-no-such-kind 64 "$build/bin/rf-trace" print --kind cheese "$events"

# One bit of one record, then a file cut short, then no event file at all.
cp "$events" "$out/changed.bin"
printf '\001' | dd of="$out/changed.bin" bs=1 seek=1060 conv=notrunc 2>/dev/null
head -c 100000 "$events" > "$out/short.bin"
check trace-diff-same 0 "$build/bin/rf-trace" diff "$events" "$events"
check trace-diff-changed 1 "$build/bin/rf-trace" diff "$events" \
    "$out/changed.bin"
check trace-diff-short 1 "$build/bin/rf-trace" diff "$events" "$out/short.bin"
check trace-diff-garbage 66 "$build/bin/rf-trace" diff "$events" /bin/sh
rm -f "$out/changed.bin" "$out/short.bin" "$events"
