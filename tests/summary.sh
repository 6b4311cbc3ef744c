#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Sum up the results of a test run.
#
#   summary.sh STATUS FOLDER PART...
#
# STATUS is what the parts' make ended with; each part has left its lines in
# FOLDER/PART.txt (the convention is in the top Makefile). A part that left
# none did not run, which is a failure, not a silence.
# Prints the failures, then last the line "N passed, N failed"; ends with 0
# only when something ran and nothing failed.

status=$1
folder=$2
shift 2

passed=0
failed=0
fail()
{
    failed=$((failed + 1))
    echo "FAILED $*"
}

for part in "$@"; do
    file=$folder/$part.txt
    if [ ! -s "$file" ]; then
        fail "$part: this part left no results; its output is above"
        continue
    fi
    while read -r verdict rest; do
        case $verdict in
        pass) passed=$((passed + 1)) ;;
        fail) fail "$rest" ;;
        *) fail "$part: '$verdict $rest' is not a result line" ;;
        esac
    done <"$file"
done
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    fail "make: a part ended with an error; its output is above"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
