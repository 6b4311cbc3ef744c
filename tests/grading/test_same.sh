#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The same submission gives the same report, byte for byte, however busy the
# machine is: graded again and again, alone and beside programs that take all
# processors. LONG=1: 20 times, all exercises.
. "$(dirname "$0")/lib.sh"

times=4
selection=(EX=1.4)
if [ -n "$LONG" ]; then
    times=20
    selection=()
fi
# Right, wrong and endless code together, so that messages are compared, too.
mkdir -p "$work/submission"
cp labs/01-boot/attacks/hangs/files/src/hypervisor/boot/*.c \
    src/hypervisor/boot/page_tables.c "$work/submission"
sed 's/CR0_WP/0/' src/hypervisor/boot/paging.c >"$work/submission/paging.c"

for ((i = 0; i < times; i++)); do
    if [ "$i" -eq $((times / 2)) ]; then
        for ((j = 0; j < 2 * $(nproc); j++)); do
            (while :; do :; done) &
            beside+=($!)
        done
    fi
    check "graded-$i" grade SUBMISSION="$work/submission" \
        ${selection[@]+"${selection[@]}"}
    cp "$work/report.json" "$work/$i.json"
done
kill "${beside[@]}"
wait 2>/dev/null
beside=()
for ((i = 1; i < times; i++)); do
    check "same-$i" cmp "$work/0.json" "$work/$i.json"
done
check has-failures is "$work/0.json" 'r["score"] < r["max_score"]' True
