# SPDX-License-Identifier: MIT
#
# The table: awk -f table.awk rows.txt counts.txt [events.txt]
#
# events.txt, if it is there: identifier, crossings, CR3 loads, flushes.
FILENAME ~ /rows\.txt$/ {
    if ($0 !~ /^#/ && split($0, field, "|") == 4) {
        id[++nr] = field[1]
        title[field[1]] = field[2]
        goal[field[1]] = field[3]
        xen[field[1]] = field[4]
    }
    next
}
FILENAME ~ /counts\.txt$/ { count[$1] = $2; next }
{ events[$1] = sprintf("  %9s %9s %9s", $2, $3, $4); any = 1 }

END {
    printf "%-34s %12s %7s %7s %6s%s\n", "operation", "instructions",
        "goal", "Xen", "ratio", any ? "  crossings CR3 loads   flushes" : ""
    for (i = 1; i <= nr; i++) {
        row = id[i]
        worse = count[row] + 0 > goal[row] + 0
        over += worse
        printf "%-34s %12s %7s %7s %6.2f%s%s\n", title[row],
            (row in count) ? count[row] : "none", goal[row], xen[row],
            count[row] / xen[row], events[row],
            worse ? "  over its goal" : ""
    }
    printf "%d of %d rows over their goal; ratio: ours by Xen's\n", over, nr
}
