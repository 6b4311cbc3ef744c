#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every form of a report is valid by the schema of the service that reads it,
# for a submission with full marks, one that is partly wrong, one that is
# refused and one whose text is hostile.
. "$(dirname "$0")/lib.sh"

# A file that does not compile, with a message of every special kind.
mkdir -p "$work/wrong"
cat >"$work/wrong/memory_map.c" <<'C'
#error ::error::forged </failure> ``` "]}' %0A <b> \033[2J
C
printf 'no archive at all' >"$work/refused.zip"

# forms WHAT: every form of $work/report.json.
forms()
{
    local what=$1 form file
    cp "$work/report.json" "$work/$what.json"
    check "$what/report" valid "$work/$what.json" report
    "$BUILD/bin/rf-grade" render --report="$work/$what.json" --format=json \
        >"$work/$what.rendered"
    for form in gradescope github github-summary github-result classroom50 \
        autolab prairielearn junit text; do
        file=$work/$what.$form
        check "$what/$form-renders" "$BUILD/bin/rf-grade" render \
            --report="$work/$what.json" --format=$form
        cp "$work/check.log" "$file"
    done
    for form in gradescope github-result classroom50 prairielearn; do
        check "$what/$form" valid "$work/$what.$form" $form
    done
    tail -n 1 "$work/$what.autolab" >"$work/scores"
    tail -n 2 "$work/$what.autolab" | head -n 1 >"$work/feedback"
    check "$what/autolab-scores" valid "$work/scores" autolab
    check "$what/autolab-feedback" valid "$work/feedback" autolab-feedback
    # The service quotes a word that a colon follows.
    check "$what/autolab-no-bare-word" status 1 \
        grep -qE '[A-Za-z0-9]:' "$work/scores"
    check "$what/junit" xmllint --noout \
        --schema labs/grader/schemas/junit.xsd "$work/$what.junit"
    check "$what/github-commands-only" status 1 \
        grep -qvE '^::(error|warning|notice) ' "$work/$what.github"
    check "$what/prairielearn-size" test \
        "$(stat -c %s "$work/$what.prairielearn")" -lt 1000000
    check "$what/json-is-the-report" cmp "$work/$what.json" \
        "$work/$what.rendered"
    check "$what/no-control-characters" status 1 \
        grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$work/$what.text"
}

check solution grade FORMAT=json
check solution/score is "$work/report.json" 'r["score"]' 100
forms solution
check solution/no-unqualified-praise has "no hidden test ran" \
    "$work/solution.text"
check solution/gradescope-sum is "$work/solution.gradescope" \
    'round(sum(t["score"] for t in r["tests"]), 6)' 100.0
check solution/github-status is "$work/solution.github-result" \
    'r["status"]' pass

check wrong grade SUBMISSION="$work/wrong"
forms wrong
check wrong/github-status is "$work/wrong.github-result" 'r["status"]' fail
check wrong/annotation has "::error file=src/hypervisor/boot/memory_map.c," \
    "$work/wrong.github"

check refused grade SUBMISSION="$work/refused.zip"
forms refused
check refused/said has "The submission is refused: " "$work/refused.text"

check half grade SUBMISSION=labs/01-boot/attacks/prints-half/files EX=1.3
forms half

check unknown-form status 2 "$BUILD/bin/rf-grade" render \
    --report="$work/solution.json" --format=tex
check no-report status 2 "$BUILD/bin/rf-grade" render \
    --report=labs/01-boot/lab.json --format=text
