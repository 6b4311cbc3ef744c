#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A failure's replay command, as the report prints it, shows the run up to the
# offending instruction, as text and as a picture; `make trace` is the same.
. "$(dirname "$0")/lib.sh"

file=src/hypervisor/boot/memory_map.c
mkdir -p "$work/alice/$(dirname "$file")"
sed 's/type == BOOT_RAM/type != 2/' "$file" >"$work/alice/$file"
check graded grade EX=1.1 SUBMISSION="$work/alice"
cp "$work/check.log" "$work/report.txt"
replay=$(sed -n 's/^ *replay: make //p' "$work/report.txt" | head -n 1)
check replay-is-printed test -n "$replay"

# Its words as a shell takes them.
eval "words=($replay)"
check replayed "$MAKE_PROGRAM" -s BUILD="$BUILD" "${words[@]}"
cp "$work/check.log" "$work/shown.txt"
svg=$BUILD/grade/trace/timeline.svg
check drawn has "drawn: $svg" "$work/shown.txt"
check picture xmllint --noout "$svg"
check picture-can-be-drawn rsvg-convert "$svg" -o "$work/picture.png"
at=$(sed -n 's/^ *at instruction \([0-9]*\),.*/\1/p' "$work/shown.txt" |
    head -n 1)
check stops-there grep -q "^ *$at  ^  the offending instruction" \
    "$work/shown.txt"
check nothing-later awk -v at="$at" \
    '$3 == "^" { exit late } $1 ~ /^[0-9]+$/ && $1 > at { late = 1 }' \
    "$work/shown.txt"
check whole-text grep -q "  end, status " "$BUILD/grade/trace/timeline.txt"

eval "words=(${replay#grade})"
check trace "$MAKE_PROGRAM" -s BUILD="$BUILD" trace "${words[@]}"
check trace/drawn has "drawn: $svg" "$work/check.log"

# Names of a hostile submission.
check hostile "$MAKE_PROGRAM" -s BUILD="$BUILD" trace LAB=1 TEST=1.1/holes \
    SUBMISSION=labs/01-boot/attacks/debug-lines/files
check hostile/picture xmllint --noout "$svg"
check fallback "$MAKE_PROGRAM" -s BUILD="$BUILD" trace LAB=1 FALLBACK=1 \
    TEST=1.1/holes SUBMISSION="$work/alice"
# A file that does not compile has no run, least of all the last one's.
echo 'int memory_map_build(' >"$work/alice/$file"
check broken "$MAKE_PROGRAM" -s BUILD="$BUILD" trace LAB=1 \
    TEST=1.1/holes SUBMISSION="$work/alice"
check broken/said has "There was no run to show" "$work/check.log"
check broken/nothing-left test ! -e "$svg"

check no-run status 2 "$MAKE_PROGRAM" -s BUILD="$BUILD" trace LAB=1
