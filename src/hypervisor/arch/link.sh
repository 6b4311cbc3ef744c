#!/bin/sh
# SPDX-License-Identifier: MIT
# link.sh LAYOUT OUTPUT OBJECT... -- link an image of the hypervisor, twice.
#
#   LAYOUT   image.ld after the C preprocessor
#   OUTPUT   the image; OUTPUT.symbols.c, .o and OUTPUT.first are left beside
#            it
#
# The first link has an empty table of names and gives every function its
# address. The second has the table; it lies behind everything else, so no
# address changes, which is checked.
#
# With LINK_SYMBOLS=OBJECT, the table of names of another image is taken, and
# one link is enough: for whoever makes many images and reads no names.
set -eu
if [ $# -lt 3 ]; then
    echo "usage: link.sh LAYOUT OUTPUT OBJECT..." >&2
    exit 2
fi
layout=$1
output=$2
shift 2
: "${HV_CC:=gcc}"
libgcc=$($HV_CC -m32 -print-libgcc-file-name)

# Names of functions on standard input (nm -n) to a table as C.
table() {
    awk 'BEGIN {
        print "#include <stdint.h>"
        print "#define IN_SYMBOLS __attribute__((section(\".symbols\"), used))"
        entries = names = ""
    }
    $2 ~ /^[tTwW]$/ && $3 !~ /^(image_|low_|exception_table_)/ {
        entries = entries sprintf("{ 0x%s, %d },\n", $1, length_so_far)
        names = names sprintf("    \"%s\\0\"\n", $3)
        length_so_far += length($3) + 1
        nr++
    }
    END {
        printf "IN_SYMBOLS const uint32_t image_symbols_nr = %d;\n", nr
        printf "IN_SYMBOLS const struct { uint32_t address, name; }\n"
        printf "image_symbols[] = {\n%s{ 0, 0 } };\n", entries
        printf "IN_SYMBOLS const char image_symbol_names[] =\n%s\"\";\n", names
    }'
}

# link_with TABLE-OBJECT IMAGE OBJECT...
link_with() {
    symbols=$1
    image=$2
    shift 2
    ld -m elf_i386 -T "$layout" -z noexecstack -z max-page-size=4096 \
        --build-id=none --no-warn-rwx-segments --orphan-handling=error \
        -o "$image" "$@" "$symbols" "$libgcc"
}

if [ -n "${LINK_SYMBOLS:-}" ]; then
    link_with "$LINK_SYMBOLS" "$output" "$@"
    exit 0
fi

# table_object: the table as an object.
table_object() {
    $HV_CC -m32 -std=c17 -ffreestanding -fno-pic -O2 \
        -c "$output.symbols.c" -o "$output.symbols.o"
}

trap 'rm -f "$output.new"' EXIT
table < /dev/null > "$output.symbols.c"
table_object
link_with "$output.symbols.o" "$output.first" "$@"
nm -n "$output.first" | table > "$output.symbols.c"
table_object
link_with "$output.symbols.o" "$output.new" "$@"

nm "$output.first" | grep -v ' image_symbol\| image_end$' | sort \
    > "$output.first.names"
if ! nm "$output.new" | grep -v ' image_symbol\| image_end$' | sort \
    | cmp -s - "$output.first.names"; then
    echo "link.sh: $output: the table of names moved an address" >&2
    exit 1
fi
mv "$output.new" "$output"
rm -f "$output.first" "$output.first.names"
