#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Where namespaces are forbidden: the grader finds out, says so, and grades
# the same; attacks get what they get elsewhere. LONG=1: all attacks of all
# labs.
. "$(dirname "$0")/lib.sh"

check bubblewrap grade EX=1.2
cp "$work/report.json" "$work/first.json"
check asked-for grade EX=1.2 FALLBACK=1
cp "$work/report.json" "$work/second.json"
# Same but for the lines that tell where it ran.
for report in first second; do
    sed '/"sandbox":/d; /"weaker_sandbox":/d' "$work/$report.json" \
        >"$work/$report.rest"
done
check asked-for/same-otherwise cmp "$work/first.rest" "$work/second.rest"
check asked-for/said is "$work/second.json" 'r["weaker_sandbox"]' True
check asked-for/valid valid "$work/second.json" report

# A container in which no further namespace can be made, as root and as
# somebody else.
for user in 0 1000; do
    check forbidden-$user bwrap --bind / / --dev-bind /dev /dev --proc /proc \
        --unshare-user --disable-userns --uid $user -- \
        "$BUILD/bin/rf-grade" grade --lab=1 --exercise=1.2 --build="$BUILD" \
        --cflags="$HV_CFLAGS" --report="$work/$user.json"
    check forbidden-$user/score is "$work/$user.json" 'r["score"]' 24
    check forbidden-$user/said has "bubblewrap cannot run here (" \
        "$work/$user.json"
done

# Files that the user's mask closes, and a folder for them that only he can
# enter: jobs of another user are run all the same, and it is said if not.
closed() { (umask 077 && grade EX=1.2 "$@"); }
for fallback in "" FALLBACK=1; do
    check closed-files/$fallback closed $fallback
    check closed-files/$fallback/score is "$work/report.json" 'r["score"]' 24
    check closed-files/$fallback/stay-closed test \
        "$(stat -c %a "$work/report.json")" = 600
done
mkdir -m 700 "$work/closed"
for name in first second; do
    check closed-folder/$name env TMPDIR="$work/closed" \
        "$BUILD/bin/rf-grade" grade --lab=1 --exercise=1.2 --build="$BUILD" \
        --cflags="$HV_CFLAGS" --report="$work/$name.json"
done
check closed-folder/score is "$work/second.json" 'r["score"]' 24
check closed-folder/same cmp "$work/first.json" "$work/second.json"

if [ -n "$LONG" ]; then
    check attacks "$MAKE_PROGRAM" -s BUILD="$BUILD" attacks FALLBACK=1
else
    for attack in reads-tests hangs; do
        check attack-$attack "$MAKE_PROGRAM" -s BUILD="$BUILD" attacks \
            LAB=1 ATTACK=$attack FALLBACK=1
    done
fi
