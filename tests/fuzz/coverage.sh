#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coverage.sh PROGRAM PLACES: of the places in the hypervisor's code that the
# host's fuzzer counts, how many a run reached, room by room; or, with a third
# argument, file by file.
set -e
cut -d ' ' -f 1 "$2" | addr2line -e "$1" | paste -d ' ' - "$2" |
    awk -v files="$3" '
        {
            sub(/:[0-9?]+.*$/, "", $1)
            if (!sub(/^.*src\/hypervisor\//, "", $1) ||
                $1 ~ /^domain\/(image|load|symbols)/) # only builders do
                next
            if (files == "")
                sub(/\/.*$/, "", $1)
            all[$1]++
            reached[$1] += $NF
        }
        END {
            for (name in all)
                printf "%-28s %5d of %5d places, %3d %%\n", name,
                    reached[name], all[name], 100 * reached[name] / all[name]
        }' | LC_ALL=C sort
