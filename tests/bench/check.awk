# SPDX-License-Identifier: MIT
#
# Result lines, one a row, and none may be worse than its pinned figure:
#
#   awk -f check.awk -v compiler=VERSION rows.txt pinned.txt counts.txt
#
# Another compiler gives other code: then the rows are not compared, but all
# of them have to be there.
BEGIN { FS = "[| ]" }
/^#/ { next }
FILENAME ~ /rows\.txt$/ { id[++nr] = $1; next }
FILENAME ~ /pinned\.txt$/ { pinned[$1] = $2; next }
{ count[$1] = $2 }

END {
    same = pinned["compiler"] == compiler
    for (i = 1; i <= nr; i++) {
        row = id[i]
        if (!(row in count))
            print "fail bench/" row " was not measured"
        else if (!(row in pinned))
            print "fail bench/" row " has no pinned figure: make bench-pin"
        else if (same && count[row] > pinned[row])
            print "fail bench/" row " costs " count[row] \
                " instructions, pinned are " pinned[row]
        else
            print "pass bench/" row
    }
    if (!same)
        print "bench: pinned with compiler " pinned["compiler"] \
            ", this is " compiler ": figures not compared" > "/dev/stderr"
}
