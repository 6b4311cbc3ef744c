#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The packages for autograding services, as far as a machine without those
# services allows: made, unpacked elsewhere, set up, and run on submissions,
# all of it without a network. LONG=1 builds the simulator from the package's
# own source archive; else this machine's build of it is lent.
. "$(dirname "$0")/lib.sh"

key='the key of the course, in a package'
echo "$key" >"$work/key"
solution=$work/solution
mkdir "$solution"
cp src/hypervisor/boot/{memory_map,page_tables,paging,frame_alloc}.c \
    "$solution"
mkdir "$work/wrong"
echo '#error nothing yet' >"$work/wrong/paging.c"

# A name space with no network; nothing in it can reach any.
offline=(unshare --net)
[ "$(id -u)" -eq 0 ] || offline=(unshare --map-root-user --net)
check offline-is-offline status 1 "${offline[@]}" \
    bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'

# package SERVICE DEST ARGUMENT...
package()
{
    local service=$1 dest=$2
    shift 2
    "$MAKE_PROGRAM" -s BUILD="$BUILD" package SERVICE="$service" LAB=1 \
        DEST="$dest" "$@"
}

check unknown-service status 2 package moodle "$work/moodle"
check made/gradescope package gradescope "$work/gs" KEY="$work/key" \
    HIDDEN=tests/grading/hidden
check made/again package gradescope "$work/gs2" KEY="$work/key" \
    HIDDEN=tests/grading/hidden
check same-bytes cmp "$work/gs/autograder.zip" "$work/gs2/autograder.zip"
check not-over-another status 2 package gradescope "$work/gs"

# Gradescope's way: unpacked, set up once, started for each submission.
source=$work/autograder/source
mkdir -p "$source"
unzip -q "$work/gs/autograder.zip" -d "$source"
check no-solution-inside status 1 grep -rqs '@solution' "$source/ringfence/src"
check no-attacks-inside status 1 test -e \
    "$source/ringfence/labs/01-boot/attacks"
if [ -z "$LONG" ]; then
    bochs=bochs-$("$source/ringfence/sim/setup/bochs-key.sh")
    cp -r "$RINGFENCE_CACHE/$bochs" \
        "$source/cache/"
fi
check setup "${offline[@]}" "$source/setup.sh"
check closed-to-others test -z \
    "$(find "$source/ringfence" "$source/cache" -perm /007 ! -type l)"

# autograder SUBMISSION: its result is then $work/results.json.
autograder()
{
    local top=$work/autograder
    rm -rf "$top/submission" "$top/results"
    cp -r "$1" "$top/submission"
    AUTOGRADER_ROOT=$top "${offline[@]}" "$source/run_autograder" &&
        cp "$top/results/results.json" "$work/results.json"
}
check gradescope/solution autograder "$solution"
check gradescope/solution-valid valid "$work/results.json" gradescope
check gradescope/solution-score is "$work/results.json" 'r["score"]' 100.0
check gradescope/hidden is "$work/results.json" \
    'sum("visibility" in t for t in r["tests"])' 2
check gradescope/no-key lacks "$key" "$work/results.json"
check gradescope/wrong autograder "$work/wrong"
check gradescope/wrong-score is "$work/results.json" 'r["score"]' 0.0
check gradescope/wrong-valid valid "$work/results.json" gradescope
chmod -x "$source/grade.sh"
check gradescope/broken-host autograder "$solution"
check gradescope/broken-host-valid valid "$work/results.json" gradescope
check gradescope/broken-host-says has "did not come to its end" \
    "$work/results.json"
chmod +x "$source/grade.sh"

# The others have the same grader, so that one build serves them all.
# lend_build FOLDER
lend_build()
{
    cp -a "$source/ringfence/build" "$1/ringfence/"
    cp -a "$source"/cache/* "$1/cache/"
    cp -a "$source/ringfence/labs/reference" "$1/ringfence/labs/"
}
check made/github package github "$work/gh"
check same-tree diff -r "$source/ringfence" "$work/gh/grader/ringfence" \
    -x build
lend_build "$work/gh/grader"
GITHUB_OUTPUT=$work/output GITHUB_STEP_SUMMARY=$work/summary \
    check github "${offline[@]}" "$work/gh/grader/run.sh" "$work/wrong"
check github/annotation has '::error file=src/hypervisor/boot/paging.c,line=1' \
    "$work/check.log"
sed -n 's/^result=//p' "$work/output" | base64 -d >"$work/result.json"
check github/result valid "$work/result.json" github-result
check github/summary has '## Lab 1' "$work/summary"

check made/autolab package autolab "$work/al" KEY="$work/key"
lend_build "$work/al/image"
mkdir "$work/job"
cp "$work/al/autograde.tar" "$work/job/"
cp "$work/al/autograde-Makefile" "$work/job/Makefile"
(cd "$solution" && zip -qr "$work/job/handin.zip" .)
check autolab env RINGFENCE_GRADER="$work/al/image" "${offline[@]}" \
    "$MAKE_PROGRAM" -s -C "$work/job"
cp "$work/check.log" "$work/autolab.out"
tail -n 1 "$work/autolab.out" >"$work/scores"
check autolab/scores valid "$work/scores" autolab
check autolab/points is "$work/scores" 'sum(r["scores"].values())' 100.0
check autolab/drawn-with-the-key has 'drawn with the course key' \
    "$work/autolab.out"

check made/prairielearn package prairielearn "$work/pl" \
    HIDDEN=tests/grading/hidden
lend_build "$work/pl/image"
mkdir -p "$work/grade"
cp -r "$work/pl/question/tests" "$work/grade/tests"
cp -r "$solution" "$work/grade/student"
check prairielearn env GRADE_ROOT="$work/grade" "${offline[@]}" \
    "$work/pl/image/entrypoint.sh"
check prairielearn/valid valid "$work/grade/results/results.json" prairielearn
check prairielearn/score is "$work/grade/results/results.json" \
    'r["score"], r["gradable"]' "(1.0, True)"
