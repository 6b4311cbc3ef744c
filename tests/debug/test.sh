#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A wrong submission whose failed test is opened under gdb: does it stop in the
# student's source, and then at the offending instruction?
#
#   test.sh FOLDER MAKE
#
# FOLDER is emptied. Result lines go to the standard output.

folder=$1
make=$2
file=src/hypervisor/boot/memory_map.c

result()
{
    if [ "$1" -eq 0 ]; then
        echo "pass debug/$2"
    else
        echo "fail debug/$2 $3; see $folder/$4"
    fi
}

# One line more than the tree's file: only the student's own source has the
# text that gdb shall show.
rm -rf "$folder"
mkdir -p "$folder/alice/src/hypervisor/boot"
sed -e 's/type == BOOT_RAM/type != 2/' \
    -e 's/^    unsigned nr_runs = /    \/* alice *\/ &/' "$file" \
    >"$folder/alice/$file"

timeout 1800 $make debug LAB=1 TEST=1.1/conflicts \
    SUBMISSION="$folder/alice" GDB="gdb -batch" GDBFLAGS="-ex continue" \
    </dev/null >"$folder/failed.txt" 2>&1
grep -q 'FAIL  1.1/conflicts' "$folder/failed.txt"
result $? says-the-failure "the report of the failed test is missing" \
    failed.txt
grep -q '^Breakpoint 1, memory_map_build ' "$folder/failed.txt"
result $? stops-in-the-function "it does not stop where the function starts" \
    failed.txt
grep -q '/\* alice \*/' "$folder/failed.txt"
result $? shows-the-source "it does not show the submission's source" \
    failed.txt
eip=$(sed -n 's/.*eip=\([0-9a-f]*\), mark_map.*/\1/p' "$folder/failed.txt")
[ -n "$eip" ] && grep -q "breakpoint 2 at 0x$eip" "$folder/failed.txt" &&
    grep -q "^Breakpoint 2, 0x$eip in " "$folder/failed.txt"
result $? stops-at-the-instruction "it does not stop where the report says" \
    failed.txt

# A test that looks after each of its steps: those that went well go by.
mkdir -p "$folder/bob/src/hypervisor/memory"
sed 's/info->owner != owner || info->count == 0 ||/info->owner != owner ||/' \
    src/hypervisor/memory/frames.c \
    >"$folder/bob/src/hypervisor/memory/frames.c"
timeout 1800 $make debug LAB=3 TEST=3.1/numbers SUBMISSION="$folder/bob" \
    GDB="gdb -batch" GDBFLAGS="-ex finish -ex continue" \
    </dev/null >"$folder/steps.txt" 2>&1
grep -A 2 '^So far all was well' "$folder/steps.txt" |
    grep -q '^Breakpoint 1[.0-9]*, frame_get .*owner=0x0'
result $? stops-in-the-step "it does not stop in the step that failed" \
    steps.txt
grep -A 9 'Value returned is .* = true' "$folder/steps.txt" |
    grep -q "^Breakpoint [0-9]*, 0x$(sed -n \
        's/.*eip=\([0-9a-f]*\), mark_step.*/\1/p' "$folder/steps.txt") in "
result $? stops-behind-the-step "it does not stop behind that step" steps.txt

timeout 1800 $make debug LAB=1 TEST=1.2/edges GDB="gdb -batch" GDBFLAGS= \
    </dev/null >"$folder/passed.txt" 2>&1
grep -q '^Breakpoint 1, page_tables_build ' "$folder/passed.txt"
result $? stops-before-paging "it does not stop in what runs before paging" \
    passed.txt

echo 'int memory_map_build(' >"$folder/alice/$file"
timeout 1800 $make debug LAB=1 TEST=1.1/conflicts SUBMISSION="$folder/alice" \
    GDB="gdb -batch" </dev/null >"$folder/broken.txt" 2>&1
grep -q 'there was no run to debug' "$folder/broken.txt"
result $? says-that-there-was-no-run "it does not say that nothing ran" \
    broken.txt
