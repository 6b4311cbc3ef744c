#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Tests of the image, as result lines (the convention is in the top Makefile).
#
#   run.sh IMAGE FOLDER       FOLDER has the images with drivers, NAME.elf
#
# From the environment: HV_CC, HV_CFLAGS, OBJECTS, LAYOUT and LINK, which link
# an image. What a panic printed is compared here, because its text is the
# property that is tested; everywhere else the exit status decides.
image=$1
folder=$2
log=$folder/serial.txt

pass() {
    echo "pass image/$1"
}

fail() {
    echo "fail image/$1 $2"
}

# qemu IMAGE OPTION...: one run; its exit status is (number << 1) | 1.
qemu() {
    file=$1
    shift
    timeout 900 qemu-system-i386 -kernel "$file" -display none -no-reboot \
        -serial "file:$log" -monitor none \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" < /dev/null \
        > "$folder/qemu.txt" 2>&1
    status=$?
    if [ $((status & 1)) -eq 1 ]; then
        status=$((status >> 1))
    else
        status="QEMU's $status"
    fi
}

# expect NAME STATUS TEXT: judge the last run; TEXT (or "") must be printed.
expect() {
    if [ "$status" != "$2" ]; then
        fail "$1" "it ended with status $status, not $2"
    elif ! grep -q "$3" "$log"; then
        fail "$1" "it did not print \"$3\""
    else
        pass "$1"
    fi
}

# driver NAME STATUS TEXT [OPTION...]
driver() {
    name=$1
    number=$2
    text=$3
    shift 3
    qemu "$folder/$name.elf" -cpu max -m 64 "$@"
    expect "driver/$name" "$number" "$text"
}

# refuses NAME FILE TEXT: with the C file on standard input compiled as FILE.o
# in front, linking must fail and say TEXT.
refuses() {
    mkdir -p "$folder/refuse/$(dirname "$2")"
    cat > "$folder/refuse/$2.c"
    if ! $HV_CC $HV_CFLAGS -c "$folder/refuse/$2.c" \
        -o "$folder/refuse/$2.o" 2> "$folder/refuse/log"; then
        fail "link/$1" "the test's own file does not compile"
        return
    fi
    rest=
    for object in $OBJECTS; do
        case $object in
        */"$2".o) ;;
        *) rest="$rest $object" ;;
        esac
    done
    if sh "$LINK" "$LAYOUT" "$folder/refuse/image" \
        "$folder/refuse/$2.o" $rest 2> "$folder/refuse/log"; then
        fail "link/$1" "it was linked"
    elif ! grep -q "$3" "$folder/refuse/log"; then
        fail "link/$1" "it was refused, but not because of \"$3\""
    else
        pass "link/$1"
    fi
}

# --- What linking refuses ------------------------------------------------------

refuses low-calls-high boot/page_tables \
    'prohibited cross reference from .low to `printk' << 'END'
#include "boot_low.h"
#include "console.h"
uint32_t page_tables_build(const struct image_section *s, unsigned nr,
                           struct table_pool *pool)
{
    (void)s;
    printk(LOG_INFO, "%u %x\n", nr, pool->next);
    return 0;
}
END

refuses low-uses-high-data boot/page_tables \
    'prohibited cross reference from .low to `options' << 'END'
#include "boot_low.h"
uint32_t page_tables_build(const struct image_section *s, unsigned nr,
                           struct table_pool *pool)
{
    (void)s;
    (void)pool;
    return nr + options.noreboot;
}
END

refuses high-calls-low boot/symbols \
    'prohibited cross reference from .text to `page_tables_build' << 'END'
#include "boot.h"
const char *symbol_of(uint32_t address, uint32_t *offset)
{
    *offset = page_tables_build(0, address, 0);
    return 0;
}
END

refuses unknown-section boot/symbols 'unplaced orphan section' << 'END'
#include "boot.h"
__attribute__((section(".elsewhere"))) char elsewhere = 1;
const char *symbol_of(uint32_t address, uint32_t *offset)
{
    *offset = address;
    return 0;
}
END

refuses two-definitions boot/symbols 'multiple definition' << 'END'
#include "boot.h"
uint32_t frames_free(void)
{
    return 1000;
}
const char *symbol_of(uint32_t address, uint32_t *offset)
{
    *offset = address;
    return 0;
}
END

refuses too-large boot/symbols 'does not fit below IMAGE_END' << 'END'
#include "boot.h"
char large[4 << 20];
const char *symbol_of(uint32_t address, uint32_t *offset)
{
    *offset = address;
    return large;
}
END

# A low file may use globals, constants, and what the compiler calls by itself.
mkdir -p "$folder/refuse/boot"
cat > "$folder/refuse/boot/page_tables.c" << 'END'
#include "boot_low.h"
static struct { uint32_t word[64]; } table = { { 1, 2, 3 } }, copy;
static const char *const names[] = { "one", "two" };
uint32_t page_tables_build(const struct image_section *s, unsigned nr,
                           struct table_pool *pool)
{
    (void)s;
    (void)pool;
    copy = table; /* memcpy() */
    for (unsigned i = 0; i < 64; i++)
        table.word[i] = 0; /* memset() */
    if (copy.word[2] != 3 || table.word[1] != 0 || names[nr % 2][0] == 'x')
        low_stop("no");
    low_stop("low C works.");
}
END
if $HV_CC $HV_CFLAGS -c "$folder/refuse/boot/page_tables.c" \
    -o "$folder/refuse/boot/page_tables.o" &&
    sh "$LINK" "$LAYOUT" "$folder/low-c.elf" \
    "$folder/refuse/boot/page_tables.o" \
    $(echo "$OBJECTS" | tr ' ' '\n' | grep -v '/page_tables.o$'); then
    qemu "$folder/low-c.elf" -cpu max -m 64
    expect link/low-file-is-ordinary-c 16 'low C works'
else
    fail link/low-file-is-ordinary-c 'it was not linked'
fi

# --- Ends ------------------------------------------------------------------------

driver panic 15 'Panic: driver says 42'
for name in inner outer test_driver boot_main; do
    if grep -q " $name+0x" "$log"; then
        pass "backtrace/$name"
    else
        fail "backtrace/$name" "the backtrace does not name it"
    fi
done
driver bug 15 'bug at tests/image/drivers/bug.c'
driver stack 15 'double fault'
driver null 15 'page fault.*cr2 00000000'

# --- Rights (BOOT-I2 to BOOT-I4) ---------------------------------------------------

driver write-text 15 'page fault in ring 0, error code 0003'
driver write-constant 15 'page fault in ring 0, error code 0003'
driver write-m2p 15 'page fault in ring 0, error code 0003'
driver run-heap 15 'page fault in ring 0, error code 0011'
driver run-m2p 15 'page fault in ring 0, error code 0011'
driver run-frame-table 15 'page fault in ring 0, error code 0011'
driver run-stack 15 'page fault in ring 0, error code 0011'
driver run-window 15 'page fault in ring 0, error code 0011'
driver audit-writable-text 15 'is writable and executable'
driver audit-identity 15 "is mapped in the guest's part"
driver audit-executable-heap 15 'is writable and executable'
driver audit-user 15 'is open to ring 3'

# --- Machines ------------------------------------------------------------------------

# reserve=off: a host with less memory than the machine has can do it, too;
# nothing here touches more than a little of it.
for size in 16 32 64 512 4096 6144; do
    qemu "$folder/memory.elf" -cpu max -m $size -machine memory-backend=ram \
        -object "memory-backend-ram,id=ram,size=${size}M,reserve=off"
    expect "memory/$size" 0 'frames free'
done
for cpu in 486 pentium; do
    qemu "$image" -cpu $cpu
    expect "processor/$cpu" 16 'has no PAE'
done

# QEMU's usual processor: PAE without NX, and bit 63 of an entry is reserved.
# The audit goes through all entries, the driver uses what they map.
qemu "$image" -append 'loglvl=all'
expect processor/without-nx 14 'The processor has no NX'
expect processor/without-nx-entries 14 'mappings, all without NX'
qemu "$folder/memory.elf" -m 64
expect processor/without-nx-memory 0 'The processor has no NX'
qemu "$folder/audit-reserved-nx.elf" -m 64
expect processor/without-nx-audit 15 'is no-execute, a bit reserved'
qemu "$image" -cpu qemu32,+nx -append 'loglvl=all'
expect processor/with-nx 14 'mappings, all W^X'
if grep -q 'no NX' "$log"; then
    fail processor/with-nx-no-warning 'it warned of missing NX'
else
    pass processor/with-nx-no-warning
fi

# --- The command line ----------------------------------------------------------------

qemu "$image" -cpu max -append 'loglvl=warning whatever=1 dom0_mem=lots'
expect options/unknown-is-named 14 'no option "whatever"'
expect options/bad-value-is-named 14 'dom0_mem=lots is ignored'
qemu "$image" -cpu max -append 'console=none loglvl=all'
if [ "$status" = 14 ] && [ ! -s "$log" ]; then
    pass options/console-none
else
    fail options/console-none "status $status, or something was printed"
fi
