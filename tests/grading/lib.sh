# SPDX-License-Identifier: MIT
#
# What the tests of grading share. A script has `work`, a folder of its own
# that is empty at the start and gone at the end, and writes result lines.
set -u
# The outer make's variables would make an inner one a part of it.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
unset RINGFENCE_COURSE_KEY RINGFENCE_COURSE_KEY_FILE
export LC_ALL=C

name=$(basename "$0" .sh)
name=grading/${name#test_}
work=$(mktemp -d "${TMPDIR:-/tmp}/rf-test.XXXXXX") || exit 1
chmod 711 "$work" # jobs of another user pass through it
# What a test lets run beside itself is in $beside, and ends with it.
beside=()
trap 'kill ${beside[@]+"${beside[@]}"} 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# check WHAT COMMAND...: it ends with 0. What it printed is in
# $work/check.log until the next command has ended, so that one can look at it.
check()
{
    local what=$1 log=$work/check.new
    shift
    if "$@" >"$log" 2>&1; then
        echo "pass $name/$what"
    else
        echo "fail $name/$what $* ended with $?: $(tail -c 300 "$log" |
            tr '\n' ' ')"
    fi
    mv "$log" "$work/check.log"
}

# status EXPECTED COMMAND...: it ends with EXPECTED.
status()
{
    local expected=$1 found=0
    shift
    "$@" || found=$?
    [ "$found" -eq "$expected" ] || { echo "it ended with $found"; false; }
}

# within SECONDS COMMAND...: it ends with 0, now or before so many have gone.
# For what others do behind us: far more than they take.
within()
{
    local until=$((SECONDS + $1))
    shift
    until "$@" >"$work/within.log"; do
        [ "$SECONDS" -lt "$until" ] || { cat "$work/within.log"; return 1; }
        sleep 0.1
    done
}

# grade ARGUMENT...: make grade LAB=1, its report in $work/report.json.
grade()
{
    "$MAKE_PROGRAM" -s BUILD="$BUILD" grade LAB=1 \
        LABS_REPORT="$work/report.json" "$@"
}

# has TEXT FILE: the file has that text. lacks: it has not.
has() { grep -qF -- "$1" "$2" || { echo "no '$1' in $2"; false; }; }
lacks() { ! grep -qF -- "$1" "$2" || { echo "'$1' is in $2"; false; }; }

# valid FILE SCHEMA: against labs/grader/schemas/SCHEMA.json.
valid() { /usr/bin/jsonschema -i "$1" "labs/grader/schemas/$2.json"; }

# value FILE EXPRESSION: what the report says, for a Python expression in `r`.
value()
{
    /usr/bin/python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# is FILE EXPRESSION VALUE
is()
{
    local found
    found=$(value "$1" "$2")
    [ "$found" = "$3" ] || { echo "$2 is $found, not $3"; false; }
}
