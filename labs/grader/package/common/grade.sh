#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Grade one submission of lab @LAB@.
#
#   grade.sh SUBMISSION FORMAT [SECRETS]
#
# SUBMISSION is a folder, a zip or a tar; the report goes to the standard
# output. SECRETS is the folder with course.key and hidden/, this one if it is
# not said. Ends with 3 when the host was at fault.
set -u
here=$(dirname "$(readlink -f "$0")")
export RINGFENCE_CACHE=$here/cache
submission=$(readlink -f "$1")
format=$2
secrets=$(readlink -f "${3:-$here}")
report=$(mktemp) || exit 3
trap 'rm -f "$report"' EXIT

options=()
[ ! -f "$secrets/course.key" ] || options+=(KEY="$secrets/course.key")
[ ! -d "$secrets/hidden" ] || options+=(HIDDEN="$secrets/hidden")
cd "$here/ringfence" || exit 3
status=0
make -s grade LAB=@LAB@ LABS_REPORT="$report" SUBMISSION="$submission" \
    "${options[@]}" >&2 || status=3
[ -s "$report" ] || exit 3
build/bin/rf-grade render --report="$report" --format="$format" || exit 3
exit "$status"
