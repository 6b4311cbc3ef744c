#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Faults of the host, a broken simulator or a full disk, leave tests ungraded,
# end with a status of their own, move no score, and every service is told. What
# is wrong with a submission all the same stays a failure.
. "$(dirname "$0")/lib.sh"

# A build whose simulator is a script of ours, in a folder of its own.
broken=$work/build
mkdir -p "$broken/bin"
for entry in "$BUILD"/*; do
    [ "$(basename "$entry")" = bin ] ||
        ln -s "$(readlink -f "$entry")" "$broken/"
done
for tool in rf-grade rf-inside rf-confine; do
    cp "$BUILD/bin/$tool" "$broken/bin/"
done

# grade_broken ARGUMENT...
grade_broken()
{
    "$broken/bin/rf-grade" grade --lab=1 --build="$broken" \
        --cflags="$HV_CFLAGS" --report="$work/report.json" "$@"
}

# simulator: its text is the input.
simulator()
{
    cat >"$broken/bin/bochs-rf"
    chmod 755 "$broken/bin/bochs-rf"
}

printf '#!/usr/bin/sh\nexit 1\n' | simulator
check broken status 3 grade_broken --exercise=1.2
check broken/ungraded is "$work/report.json" 'r["ungraded"]' 6
check broken/no-score is "$work/report.json" \
    'set(t["score"] for t in r["tests"])' '{None}'
check broken/nothing-ran is "$work/report.json" 'r["public"]["ran"]' 0
check broken/valid valid "$work/report.json" report
for form in gradescope github-result prairielearn; do
    "$BUILD/bin/rf-grade" render --report="$work/report.json" \
        --format=$form >"$work/form.json"
    check broken/$form valid "$work/form.json" $form
done
check broken/costs-no-attempt is "$work/form.json" 'r["gradable"]' False

# A submission that does not compile fails whatever the simulator does.
mkdir "$work/wrong"
echo '#error no' >"$work/wrong/page_tables.c"
check broken/other-failures-stay status 0 grade_broken --exercise=1.2 \
    --submission="$work/wrong"
check broken/are-failures is "$work/report.json" \
    'set(t["verdict"] for t in r["tests"])' "{'fail'}"

# A disk that fills up: whatever tool notices, it is not the submission's fault.
# full_disk KILOBYTES: grading where the scratch folder's disk has so many.
mkdir "$work/disk"
apart="unshare -rm"
$apart true 2>/dev/null || apart="unshare -m"
full_disk()
{
    rm -f "$work/report.json"
    $apart bash -c 'mount -t tmpfs -o size="$1"k tmpfs "$2" &&
        TMPDIR=$2 exec "${@:3}"' - "$1" "$work/disk" \
        "$BUILD/bin/rf-grade" grade --lab=1 --build="$BUILD" \
        --cflags="$HV_CFLAGS" --report="$work/report.json" --exercise=1.1
}

# The least on which a grading starts at all, and a megabyte more.
if ! $apart true 2>/dev/null; then
    echo "grading/host: nothing can be mounted here: no full disk" >&2
    exit 0
fi
size=4096
until full_disk $size >"$work/full.log" 2>&1 || [ -e "$work/report.json" ] ||
    [ $size -ge 65536 ]; do
    size=$((size + 1024))
done
for more in 0 1024; do
    check full-disk/$more status 3 full_disk $((size + more))
    check full-disk/$more/nobody-fails is "$work/report.json" \
        '"fail" in [t["verdict"] for t in r["tests"]]' False
    check full-disk/$more/told is "$work/report.json" 'r["ungraded"] > 0' True
done
