# SPDX-License-Identifier: MIT
#
# The page of figures: awk -f page.awk rows.txt pinned.txt
#
# What is pinned is what `make test` holds the hypervisor to, so the page is as
# true as the last test run.
FILENAME ~ /rows\.txt$/ {
    if ($0 !~ /^#/ && split($0, field, "|") == 4) {
        id[++nr] = field[1]
        title[field[1]] = field[2]
        goal[field[1]] = field[3]
        xen[field[1]] = field[4]
    }
    next
}
$1 == "compiler" { compiler = $2; next }
!/^#/ && NF == 2 { count[$1] = $2 }

END {
    print "# Performance: Xen's figures beside ours {#page_costs}"
    print ""
    print "Instructions an operation, ours with gcc " compiler ". Ours are those"
    print "of `tests/bench/pinned.txt`: `make test PARTS=bench` fails when an"
    print "operation takes more, and `make bench` prints today's. Xen's and the"
    print "goals are in `tests/bench/rows.txt`; how both were counted, and what"
    print "such figures do not say, is in \\ref page_bench."
    print ""
    print "| operation | ours | goal | Xen 4.17 | ours by Xen's |"
    print "|---|--:|--:|--:|--:|"
    for (i = 1; i <= nr; i++) {
        row = id[i]
        if (!(row in count)) {
            print "page.awk: no pinned figure of " row >"/dev/stderr"
            exit 1
        }
        over += count[row] + 0 > goal[row] + 0
        sum += log(count[row] / xen[row])
        printf "| %s | %d | %d | %d | %.2f |\n", title[row], count[row],
            goal[row], xen[row], count[row] / xen[row]
    }
    print ""
    printf "%d of %d operations take more than their goal. The mean ratio" \
        " (geometric) is %.2f.\n", over, nr, exp(sum / nr)
}
