# SPDX-License-Identifier: MIT
#
# The pinned figures: awk -f pin.awk -v compiler=VERSION rows.txt counts.txt
BEGIN {
    FS = "[| ]"
    print "# Instructions that an operation may cost: written by" \
        " `make bench-pin`."
    print "compiler " compiler
}
/^#/ { next }
FILENAME ~ /rows\.txt$/ { id[++nr] = $1; next }
{ count[$1] = $2 }

END {
    for (i = 1; i <= nr; i++) {
        if (!(id[i] in count)) {
            print "the benchmark has no row " id[i] > "/dev/stderr"
            exit 1
        }
        print id[i], count[id[i]]
    }
}
