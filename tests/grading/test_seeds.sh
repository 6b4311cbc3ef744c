#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Seeds, the course key, hidden tests: what they change, what they do not, and
# that the key is nowhere.
. "$(dirname "$0")/lib.sh"

key='the key of a course, kept for itself'
echo "$key" >"$work/key"

# Several seeds.
check three-seeds grade SEEDS=3 EX=1.2
check three-seeds/score is "$work/report.json" 'r["score"], r["seeds"]' \
    "(24, 3)"

# Learned answers: right for seed 1 only, so the worst of several is what the
# first one alone would not show.
learned=labs/01-boot/attacks/learned-answers/files
check learned-one-seed grade SUBMISSION=$learned TEST=1.1/holes SEED=1
one=$(value "$work/report.json" 'r["score"] > 0')
check learned-several grade SUBMISSION=$learned TEST=1.1/holes SEED=1 SEEDS=3
check learned-worst-counts is "$work/report.json" 'r["score"]' 0
check learned-seed-is-told test \
    "$(value "$work/report.json" 'r["tests"][0]["seed"]')" -gt 1
check learned-one-passes test "$one" = True

# The key.
check key grade KEY="$work/key" EX=1.2
check key/score is "$work/report.json" \
    'r["score"], r["seed"], r["course_key"]' "(24, None, True)"
check key/nowhere lacks "$key" "$work/report.json"
cp "$work/report.json" "$work/keyed.json"
check key/environment env RINGFENCE_COURSE_KEY="$key" "$MAKE_PROGRAM" -s \
    BUILD="$BUILD" grade LAB=1 EX=1.2 LABS_REPORT="$work/report.json"
check key/same-report cmp "$work/report.json" "$work/keyed.json"
check key/valid valid "$work/report.json" report
# A test's own seed replays its run without the key.
seed=$(value "$work/keyed.json" 'r["tests"][0]["seed"]')
test=$(value "$work/keyed.json" 'r["tests"][0]["id"]')
check key/replay grade TEST="$test" SEED="$seed"
check key/replay-is-the-run test \
    "$(value "$work/report.json" 'r["tests"][0]["instructions"]')" = \
    "$(value "$work/keyed.json" 'r["tests"][0]["instructions"]')"
check key/said-seed-goes-first grade KEY="$work/key" TEST="$test" SEED=7
check key/said-seed is "$work/report.json" 'r["seed"]' 7
echo short >"$work/short"
check key/short status 2 "$BUILD/bin/rf-grade" grade --lab=1 \
    --key="$work/short"
check key/short-is-not-quoted lacks short "$work/check.log"

# Hidden tests.
check hidden grade HIDDEN=tests/grading/hidden EX=1.4
check hidden/ran is "$work/report.json" \
    'r["score"], r["hidden"]["ran"], r["hidden"]["passed"]' "(20, 1, 1)"
check hidden/valid valid "$work/report.json" report
cp "$work/report.json" "$work/hidden.json"
check hidden/fingerprint-differs test \
    "$(value "$work/hidden.json" 'r["fingerprint"]["tests"]')" != \
    "$(value "$work/keyed.json" 'r["fingerprint"]["tests"]')"
cp -r tests/grading/hidden "$work/elsewhere"
check hidden/elsewhere grade HIDDEN="$work/elsewhere" EX=1.4
check hidden/same-from-elsewhere cmp "$work/report.json" "$work/hidden.json"
check hidden/forms-are-valid bash -c "'$BUILD/bin/rf-grade' render \
    --report='$work/hidden.json' --format=gradescope >'$work/gs' &&
    /usr/bin/jsonschema -i '$work/gs' labs/grader/schemas/gradescope.json &&
    grep -q after_published '$work/gs'"
mkdir "$work/empty"
check hidden/none status 2 grade HIDDEN="$work/empty"
sed -i 's/\.lab = 1/.lab = 2/' "$work/elsewhere/tests/table.c"
check hidden/another-lab status 2 grade HIDDEN="$work/elsewhere"
