#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Run unit tests and turn Check's logs into result lines.
#
#   run.sh FOLDER MODULE/NAME...
#
# The program of MODULE/NAME is FOLDER/MODULE_NAME. Writes "pass NAME" and
# "fail NAME reason" lines; a line of Check's log is
#     FILE:LINE:P|F|E:CASE:TEST:ITERATION: MESSAGE
folder=$1
shift
export ASAN_OPTIONS=detect_leaks=0
export CK_VERBOSITY=silent
# A net for what hangs, far above what a busy machine takes: Check's own is 4 s.
export CK_DEFAULT_TIMEOUT=60 CK_TIMEOUT_MULTIPLIER=20

# One of an earlier build would say nothing about this one.
[ "${BUILT:-yes}" = yes ] ||
    echo "fail unit/built not every program could be built; see above"

for test in "$@"; do
    program=$folder/$(echo "$test" | tr / _)
    log=$program.log
    rm -f "$log"
    if [ ! -x "$program" ]; then
        echo "fail unit/$test it could not be built"
        continue
    fi
    CK_LOG_FILE_NAME=$log "$program" > "$program.out" 2>&1
    status=$?
    awk -v test="$test" '
        /^[^:]*:[0-9]+:[PFE]:/ {
            split($0, field, ":")
            name = "unit/" test "/" field[5]
            if (field[6] != "0")
                name = name "-" field[6]
            reason = $0
            sub(/^([^:]*:){6} */, "", reason)
            if (field[3] == "P")
                print "pass " name
            else
                print "fail " name " " field[1] ":" field[2] ": " reason
        }' "$log" 2>/dev/null
    if [ "$status" -ne 0 ] && ! grep -q '^[^:]*:[0-9]*:[FE]:' "$log" \
        2>/dev/null; then
        echo "fail unit/$test it ended with status $status; see $program.out"
    elif ! grep -q '^[^:]*:[0-9]*:[PFE]:' "$log" 2>/dev/null; then
        echo "fail unit/$test it left no results; see $program.out"
    fi
done
