#!/bin/sh
# SPDX-License-Identifier: MIT
# lies.sh RF-KILL BUILD FOLDER LIST FAMILY... -- can the list of killers lie?
#
# Three copies of it with a lie each, which must be told apart from the truth:
# a check without a killer, a mistake that is not in the sources, and a check
# that does not fail under the mistake it is said to fail under. Prints result
# lines.
set -eu
kill=$1
build=$2
folder=$3
list=$4
shift 4

# A check with all of its killers in one source's lines is not needed: all of
# its mentions go.
check=console_io.write.wraps
claim=xen_version.version

result() {
    if [ -n "$2" ]; then
        echo "pass conformance/lies/$1"
    else
        echo "fail conformance/lies/$1 it was believed"
    fi
}

# Without its killers.
awk -v check="$check" '/^ / { gsub(" " check " ", " "); sub(" " check "$", "") }
    { print }' "$list" > "$folder/missing.txt"
result missing "$("$kill" "$build" "$folder" "$folder/missing.txt" check "$@" \
    | grep "^fail conformance/killers/$check ")"

# With killers that were edited.
awk -v check="$check" '
    /^ / { for (i = 1; i <= NF; i++) if ($i == check) found = 1 }
    !/^ / { if (NR > 1) out(); head = $0; body = ""; found = 0; next }
    { body = body "\n" $0 }
    function out() { print head (found ? "x" : "") body }
    END { out() }' "$list" > "$folder/stale.txt"
result stale "$("$kill" "$build" "$folder" "$folder/stale.txt" check "$@" \
    2> "$folder/stale.log" | grep "^fail conformance/killers/$check ")"
result stale-is-named "$(grep 'STALE.*hypercall/console_io.c' \
    "$folder/stale.log")"

# A claim that was made up.
{
    grep -m 1 '^hypercall/console_io.c	' "$list"
    echo "    $claim"
} > "$folder/claim.txt"
result claim "$("$kill" "$build" "$folder" "$folder/claim.txt" sample 1 "$@" \
    | grep "^fail conformance/can-fail/$claim ")"
