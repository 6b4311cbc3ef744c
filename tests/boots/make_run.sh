#!/bin/sh
# SPDX-License-Identifier: MIT
#
# `make run` itself: its exit status, and its sentence when a file is not
# there. Writes result lines.
#
#   make_run.sh MAKE BUILD
#
# The outer make's variables would make the inner one a part of it.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
make=$1
build=$2

# check NAME STATUS VARIABLE=VALUE...
check()
{
    name=$1
    expected=$2
    shift 2
    rm -f "$build/run/simulator.log"
    "$make" BUILD="$build" run SECONDS_MAX=900 "$@" \
        > "$build/boots/$name.out" 2>&1 < /dev/null
    status=$?
    if [ "$status" -eq "$expected" ]; then
        echo "pass boots/$name"
    else
        echo "fail boots/$name make ended with $status instead of $expected"
    fi
}

# check_not_started NAME: nothing was started, and one sentence says why.
check_not_started()
{
    if [ -e "$build/run/simulator.log" ]; then
        echo "fail boots/$1-first the simulator was started all the same"
    elif [ "$(grep -c '^ringfence: .*/nowhere' "$build/boots/$1.out")" \
        -ne 1 ]; then
        echo "fail boots/$1-first no sentence names the file"
    else
        echo "pass boots/$1-first"
    fi
}

# check_says NAME TEXT: a sentence for people says what was wrong.
check_says()
{
    if grep -qF -- "$2" "$build/boots/$1.out"; then
        echo "pass boots/$1-said"
    else
        echo "fail boots/$1-said no line says: $2"
    fi
}

# refused NAME TEXT TARGET...: the target starts nothing, and says why.
refused()
{
    name=$1
    text=$2
    shift 2
    if "$make" BUILD="$build" "$@" > "$build/boots/$name.out" 2>&1 \
        < /dev/null; then
        echo "fail boots/$name it was not refused"
    else
        check_says "$name" "$text"
    fi
}

# bzimage FILE TO: a file as the payload of a bzImage, which gzip packs: 512
# bytes of boot sector, 4 sectors of loader, and 16 bytes before the payload.
bzimage()
{
    {
        head -c 510 /dev/zero
        printf '\125\252\000\000HdrS\017\002'
        head -c 64 /dev/zero
        printf '\020\000\000\000'
        gzip -c "$1" | wc -c | awk '{ n = $1; for (i = 0; i < 4; i++) {
            printf "\\%03o", n % 256; n = int(n / 256) } }' |
            xargs -0 printf
        head -c 1984 /dev/zero
        gzip -c "$1"
    } > "$2"
}

check make-run-hello 0
gzip -c "$build/guests/crash.elf" > "$build/boots/crash.gz"
bzimage "$build/guests/crash.elf" "$build/boots/crash.bzimage"
bzimage /bin/sh "$build/boots/foreign.bzimage"
head -c 9000 "$build/boots/crash.bzimage" > "$build/boots/cut.bzimage"
check make-run-gzip 12 GUEST="$build/boots/crash.gz"
check make-run-bzimage 12 GUEST="$build/boots/crash.bzimage"
check make-run-bzimage-several 12 GUESTS="$build/guests/hello.elf,\
ramdisk=$build/boots/crash.gz $build/boots/crash.bzimage*2"
check make-run-bzimage-64-bit 13 GUEST="$build/boots/foreign.bzimage"
check make-run-bzimage-cut 66 GUEST="$build/boots/cut.bzimage"
check make-run-several 0 GUESTS="$build/guests/hello.elf,control,mem=8M \
$build/guests/hello.elf*2"
check make-run-several-crash 12 GUESTS="$build/guests/crash.elf \
$build/guests/hello.elf*2"
check make-run-several-refused 13 GUESTS="$build/guests/hello.elf /bin/sh"
check make-run-wrong-order 16 GUESTS="$build/guests/hello.elf,memory=8M"
check make-run-crash 12 GUEST="$build/guests/crash.elf"
check make-run-crash-bochs 12 GUEST="$build/guests/crash.elf" SIM=bochs
check make-run-refused 13 GUEST=/bin/sh
check make-run-bad-memory 66 MEM=1
check make-run-bad-simulator 64 SIM=abacus
check_says make-run-bad-simulator '--machine: "abacus" is none of bochs, qemu'
check make-run-no-number 64 MEM=lots
check_says make-run-no-number '--memory: "lots" is no whole number'
check make-run-unknown-option 0 XENCMD="nonsense=1 sched=foo"
check_says make-run-unknown-option 'there is no option "nonsense"'
check make-run-long-command-line 0 \
    CMDLINE="$(head -c 1100 /dev/zero | tr '\0' a)"
check_says make-run-long-command-line \
    '(RF) The command line of a module has 1023 bytes or more'
head -c 70000000 /dev/zero > "$build/boots/large.bin"
check make-run-large-ramdisk 66 RAMDISK="$build/boots/large.bin"
check make-run-large-ramdisk-bochs 66 RAMDISK="$build/boots/large.bin" SIM=bochs
rm -f "$build/boots/large.bin"
check make-run-no-guest 66 GUEST=/nowhere
check_not_started make-run-no-guest
check make-run-no-ramdisk 66 RAMDISK=/nowhere
check_not_started make-run-no-ramdisk
check make-run-no-second 66 GUESTS="$build/guests/hello.elf /nowhere*3"
check_not_started make-run-no-second
refused make-debug-no-guest '/nowhere cannot be read' debug GUEST=/nowhere
refused make-many-none 'N=0 is not from 1 to' many N=0
refused make-fuzz-guest-simulator 'SIM=abacus is none of' fuzz-guest SIM=abacus
refused make-fuzz-host-calls 'CALLS=lots is no number' fuzz-host CALLS=lots
refused make-fuzz-replay-nothing 'say which input' fuzz-replay
