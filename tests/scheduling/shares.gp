# SPDX-License-Identifier: MIT
# Draw what rf-shares measured: gnuplot -e "folder='...'" shares.gp
set terminal svg size 760,420 font "sans,12" background "white"
set grid lc rgb "#dddddd"

set output folder . "/shares.svg"
set title "Shares of the processor, and what was due (Borrowed Virtual Time)"
set xlabel "due, per cent of the processor"
set ylabel "off, per cent of what was due"
set logscale x
set yrange [-1.5:1.5]
set key top right
plot 1 with lines dt 2 lc rgb "#999999" notitle, \
     -1 with lines dt 2 lc rgb "#999999" notitle, \
     folder . "/shares-2.txt" using 3:5 with points pt 7 title "2 domains", \
     folder . "/shares-8.txt" using 3:5 with points pt 5 title "8 domains", \
     folder . "/shares-100.txt" using 3:5 with points pt 9 title "100 domains"

set output folder . "/latency.svg"
set title "From the time it asked for to running again, beside seven that compute"
set xlabel "per cent of the wake-ups"
set ylabel "microseconds, at most"
unset logscale x
set yrange [1:*]
set logscale y
plot folder . "/warp-0.txt" using 1:($2 + 1) with steps lw 2 title "no warp", \
     folder . "/warp-50000.txt" using 1:($2 + 1) with steps lw 2 \
         title "warp 50 ms"
