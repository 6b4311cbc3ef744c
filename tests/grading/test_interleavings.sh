#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A test over all interleavings: what fails at a handful of two hundred
# thousand boundaries is found, the message names the boundary, the replay is
# of exactly that one, and both are the same each time.
. "$(dirname "$0")/lib.sh"

file=src/hypervisor/memory/validate.c

# lab3 GOAL [VARIABLE=...]...: what it printed stays in $work/said.txt.
lab3()
{
    "$MAKE_PROGRAM" -s BUILD="$BUILD" "$1" LAB=3 TEST=3.2/timer \
        LABS_REPORT="$work/report.json" "${@:2}" >"$work/said.txt" 2>&1
}

# Looks twice whether an interrupt waits; what comes in between drops work.
mkdir -p "$work/twice/$(dirname "$file")"
/usr/bin/python3 - labs/03-memory/mutants/promote-looks-twice.json "$work/twice" \
    <<'END'
import json, os, sys
for edit in json.load(open(sys.argv[1]))["edits"]:
    path = os.path.join(sys.argv[2], edit["file"])
    text = open(path if os.path.exists(path) else edit["file"]).read()
    old, new = "\n".join(edit["replace"]), "\n".join(edit["with"])
    assert text.count(old) == 1
    open(path, "w").write(text.replace(old, new))
END

check graded lab3 grade SUBMISSION="$work/twice"
cp "$work/report.json" "$work/first.json"
check fails has "FAIL  3.2/timer" "$work/said.txt"
check named grep -q "the interrupt came before instruction [0-9]*, ring 0, \
hypervisor, .*, table_promote ($file:[0-9]*)" "$work/said.txt"
check boundary grep -q "boundary [0-9]* of the window" "$work/said.txt"
at=$(sed -n 's/.*interrupt came before instruction \([0-9]*\),.*/\1/p' \
    "$work/said.txt")

check again lab3 grade SUBMISSION="$work/twice"
check identical cmp "$work/first.json" "$work/report.json"

check replayed lab3 trace SUBMISSION="$work/twice"
jumps=$(sed -n 's/^ *\([0-9]*\) .* TIME JUMPS by .*/\1/p' \
    "$BUILD/grade/trace/timeline.txt")
check same-boundary test -n "$at" -a "$jumps" = "$at"
check alone grep -q "^jump-at $at$" "$BUILD/grade/trace/run.txt"
check stops-there has "^  the offending instruction" "$work/said.txt"

# One that spins as soon as an interrupt waits has its boundary as well, and an
# end: of its own budget, not the host's patience.
sed 's|^#include "boot.h"|#include "arch_apic.h"\n&|
s|^        if (info->type != FRAME_L1 && work_exhausted()) {|        while (arch_apic_read(0x210) \& 1)\n            ;\n&|' \
    "$file" >"$work/twice/$file"
check spins lab3 grade SUBMISSION="$work/twice"
check spins-fails has "FAIL  3.2/timer" "$work/said.txt"
check spins-budget has "instructions was used up" "$work/said.txt"

check fallback lab3 grade SUBMISSION="$work/twice" FALLBACK=1
check fallback-fails has "instructions was used up" "$work/said.txt"
check fallback-right lab3 grade FALLBACK=1
check fallback-passes has "pass  3.2/timer" "$work/said.txt"
