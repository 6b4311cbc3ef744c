#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What a submission is called was chosen by whoever handed it in: no name does
# anything on the grading machine, none stops a submission from being graded,
# and each is one line in what is printed. An instructor's own slips: a
# variable that is empty grades nothing in somebody's name.
. "$(dirname "$0")/lib.sh"

# one WHAT NAME: a submission of that name, graded through make.
one()
{
    mkdir "$work/in"
    echo '#error no' >"$work/in/memory_map.c"
    mv "$work/in" "$work/$2"
    check "$1" grade TEST=1.1/holes SUBMISSION="$work/$2"
    check "$1/graded" has 'does not compile' "$work/check.log"
    rm -rf "${work:?}/$2"
}

# None of them may become a command; each would leave a file in this folder.
export HIT=$work/hit
one make '$(shell touch $HIT)'
one make/eval '$(eval X:=$(shell touch $HIT))$X'
one quote "o'brien"
one shell "a';touch \$HIT;'b"
one backquote 'a`touch $HIT`$(touch $HIT)'
check nothing-was-run test ! -e "$HIT"

# The line that is there to be pasted is one word of the shell's.
mkdir "$work/a';touch \$HIT;'b"
printf '%s\n' '#include "boot.h"' \
    'int memory_map_build(const struct boot_info *i,' \
    'struct memory_map *m) { (void)i; (void)m; return 1; }' \
    >"$work/a';touch \$HIT;'b/memory_map.c"
check replay grade TEST=1.1/holes SUBMISSION="$work/a';touch \$HIT;'b"
check replay/quoted has "SUBMISSION='$work/a'\\'';touch \$HIT;'\\''b'" \
    "$work/check.log"

# Said and empty.
for said in SUBMISSION KEY HIDDEN; do
    check empty/$said status 2 grade TEST=1.1/holes $said=
    check empty/$said/says has "$said= is empty" "$work/check.log"
done

# In a class: too long for a file with an ending, more than one line, a cell
# that a spreadsheet would compute, one that a page would obey.
mkdir "$work/class"
long=$(printf 'x%.0s' {1..251})
for entry in "${long}.zip" "$(printf '%%%.0s' {1..90}).zip" '<b>x.zip' \
    $'two\nScore: 100.zip' '=1+1.zip' $'\e[2J.zip'; do
    : >"$work/class/$entry"
done
check class "$MAKE_PROGRAM" -s BUILD="$BUILD" grade-all LAB=1 \
    SUBMISSIONS="$work/class" RESULTS="$work/results"
cp "$work/check.log" "$work/class.log"
check class/all-are-told has '6 submissions: 0 graded, 6 refused' \
    "$work/class.log"
check class/one-line-each has 'two?Score: 100.zip' "$work/class.log"
check class/table has "\"'=1+1.zip\"" "$work/results/table.csv"
check class/page lacks '<b>x' "$work/results/index.html"
check class/reports test \
    "$(find "$work/results/reports" -name '*.json' | wc -l)" = 6
