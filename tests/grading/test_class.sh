#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A class at once: right table, no stop, nothing left behind; interrupted and
# resumed, the same table; a mended test tells who changed. LONG=1: about 60
# submissions (every kind that `make samples` makes up, and broken archives)
# instead of a handful.
. "$(dirname "$0")/lib.sh"

class=$work/class
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
"$BUILD/bin/rf-grade" samples --lab=1 --build="$BUILD" --dest="$work/samples" \
    >/dev/null || exit 1

# A submission of each kind, with the score that it must get.
mkdir "$class"
cp -r "$work/samples/0-solved" "$class/starter"
cp -r "$work/samples/4-solved" "$class/Zoë Ö"
cp -r "$work/samples/2-solved" "$class/half"
sed -i 's/before/other_name/g' "$class/half/src/hypervisor/boot/page_tables.c"
(cd "$work/samples/attack-prints-half" && zip -qr "$class/forger.zip" .)
printf 'no archive at all' >"$class/=evil <b>.zip"
ln -s /etc/passwd "$class/link"
head -c 3000 "$class/forger.zip" >"$class/cut.zip"
cp -r "$class" "$work/small"
if [ -n "$LONG" ]; then
    for sample in "$work"/samples/attack-* "$work"/samples/mutant-*; do
        [ "$(ls "$class" | wc -l)" -lt 60 ] && cp -r "$sample" "$class/"
    done
fi
number=$(ls "$class" | wc -l)

# grade_all RESULTS ARGUMENT...
grade_all()
{
    local results=$1
    shift
    "$MAKE_PROGRAM" -s BUILD="$BUILD" grade-all LAB=1 SUBMISSIONS="$class" \
        RESULTS="$results" "$@"
}

# row WHAT EXPECTED: a line of the table begins with this.
row() { check "$1" grep -qF -- "$2" "$work/one/table.csv"; }

# What of a path is still there: nothing; a process that nobody has waited for
# has no words.
gone() { [ ! -e "$1" ] || { [ -f "$1" ] && [ -z "$(tr -d '\0' <"$1")" ]; }; }
empty() { [ -z "$(ls -A "$1")" ] || { ls -A "$1"; false; }; }
nobody_names()
{
    local processes=(/proc/[0-9]*/cmdline) left
    # Listed first, or grep would find itself.
    left=$(grep -lsF "$1" "${processes[@]}")
    [ -z "$left" ] || { tr '\0' ' ' <"${left%%$'\n'*}"; false; }
}

check whole grade_all "$work/one"
check whole/rows test "$(wc -l <"$work/one/table.csv")" -eq $((number + 1))
row starter '"starter",graded,0,100,0,0,0,0,0,'
row solution '"Zoë Ö",graded,100,100,20,24,16,20,20,'
row half '"half",graded,44,100,20,24,0,0,0,'
honest=$(value labs/01-boot/attacks/prints-half/attack.json \
    'r["expect"]["half"]')
row forger "\"forger.zip\",graded,$honest,100,"
row refused "\"'=evil <b>.zip\",refused,0,"
row link '"link",refused,0,'
row cut '"cut.zip",refused,0,'
check report-for-student has "Score: 44/100" "$work/one/reports/half.txt"
check reports-valid valid "$work/one/reports/half.json" report
check page-escapes lacks '<b>' "$work/one/index.html"
check page-is-well-formed xmllint --noout --html "$work/one/index.html"
check plot rsvg-convert "$work/one/distribution.svg" -o "$work/plot.png"
check plot-of-tests rsvg-convert "$work/one/tests.svg" -o "$work/plot.png"

# A copy with other names is found.
cp -r "$class/half" "$class/copy"
check again grade_all "$work/one"
check again/kept has 'half: 44 (kept)' "$work/check.log"
check again/alike grep -q '"copy","half"' "$work/one/alike.csv"
rm -r "$class/copy"

# Interrupted in the middle, then resumed. A submission less each time that the
# grading was faster than we.
for ((at = number / 2; at > 0; at--)); do
    rm -rf "$work/two"
    setsid "$MAKE_PROGRAM" -s BUILD="$BUILD" grade-all LAB=1 JOBS=2 \
        SUBMISSIONS="$class" RESULTS="$work/two" >"$work/two.log" 2>&1 &
    leader=$! # its own group, all of whose processes are killed together
    while kill -0 $leader && ! grep -qs "^ *$at/" "$work/two.log"; do
        sleep 0.1
    done 2>/dev/null
    kill -STOP -- -$leader 2>/dev/null
    [ -e "$work/two/table.csv" ] || break
    kill -KILL -- -$leader 2>/dev/null
    wait $leader 2>/dev/null
    within 300 empty "$TMPDIR"
done
# As a sandbox that loses its grader in the wrong moment: it goes on.
scratch=$(echo "$TMPDIR"/rf-grade.*)
setsid /usr/bin/tail -f /dev/null "$scratch" >/dev/null 2>&1 &
lost=$!
kill -KILL -- -$leader
wait $leader 2>/dev/null
check interrupted/sandboxes-end within 300 gone /proc/$lost/cmdline
check interrupted/scratch-goes within 300 gone "$scratch"
check interrupted test ! -e "$work/two/table.csv"
check resumed grade_all "$work/two" JOBS=1
check resumed/kept has '(kept)' "$work/check.log"
check whole-without-copy grade_all "$work/one"
check resumed/same-table cmp "$work/one/table.csv" "$work/two/table.csv"
check resumed/same-page cmp "$work/one/index.html" "$work/two/index.html"
check resumed/same-reports diff -r "$work/one/reports" "$work/two/reports" \
    -x 'copy.*'

# Another test: who changed, and why.
all=$class
class=$work/small
check regraded grade_all "$work/two" HIDDEN=tests/grading/hidden
check regraded/why grep -q '"half","44 -> 44; 1.4/secret new, fail;.*"the te' \
    "$work/two/changes.csv"
check regraded/solution grep -q '"100 -> 100; 1.4/secret new, pass' \
    "$work/two/changes.csv"
check regraded/hidden-is-counted grep -q '"Zoë Ö",graded,100,.*,2,2,0,0,' \
    "$work/two/table.csv"
class=$all
cp -r "$work/one" "$work/three"
check former grade_all "$work/three" FORMER="$work/one"
check former/nobody-changed test "$(wc -l <"$work/three/changes.csv")" -eq 1

# The table alone, as after a batch system.
rm "$work/three/table.csv" "$work"/three/*/copy.*
check table-alone "$MAKE_PROGRAM" -s BUILD="$BUILD" grade-table LAB=1 \
    RESULTS="$work/three"
check table-alone/same cmp "$work/one/table.csv" "$work/three/table.csv"

# A child that dies is one row, and the next grading mends it.
printf 'rf-grade: the host broke\n' >"$work/three/reports/half.error"
rm "$work/three/reports/half.json"
printf '{}' >"$work/three/reports/half.json"
check lost/status status 2 "$MAKE_PROGRAM" -s BUILD="$BUILD" grade-table \
    LAB=1 RESULTS="$work/three"
check lost/row grep -q '"half",harness-error,.*"rf-grade: the host broke"' \
    "$work/three/table.csv"
check lost/mended grade_all "$work/three"
check lost/same-table cmp "$work/one/table.csv" "$work/three/table.csv"

check no-submissions status 2 grade_all "$work/four" \
    SUBMISSIONS="$work/nowhere"
check nothing-left within 300 empty "$TMPDIR"
check no-process-left within 300 nobody_names "$TMPDIR"
