#!/bin/bash
# SPDX-License-Identifier: MIT
#
# One step of a GitHub workflow: grade a checkout; annotations on the standard
# output, the job's summary and the step's result where GitHub wants them.
#
#   run.sh FOLDER
set -u
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT

# What the tools print could hold workflow commands; only the report's own
# are to be seen.
"$here/grade.sh" "$1" json >"$work/report.json" 2>"$work/log"
status=$?
if [ ! -s "$work/report.json" ]; then
    echo "::error title=Not graded::The grader's host failed; this is not" \
        "your fault."
    exit 3
fi
render() {
    "$here/ringfence/build/bin/rf-grade" render --format="$1" \
        --report="$work/report.json"
}
render github
render github-summary >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
echo "result=$(render github-result | base64 -w 0)" \
    >>"${GITHUB_OUTPUT:-/dev/null}"
exit $((status == 3 ? 3 : 0))
