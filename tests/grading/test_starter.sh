#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A starter's own unit tests judge the student's files, not the reference's
# objects that ship beside them.
. "$(dirname "$0")/lib.sh"

file=src/hypervisor/memory/frames.c
check exported "$MAKE_PROGRAM" -s BUILD="$BUILD" starter LAB=3 \
    DEST="$work/lab3"
check unwritten status 2 "$MAKE_PROGRAM" -s -C "$work/lab3" \
    unit-memory-frames
check unwritten/seen has "test_frames.c" "$work/check.log"
cp src/hypervisor/memory/{frames,validate,update,flush,writable}.c \
    "$work/lab3/src/hypervisor/memory/"
check written "$MAKE_PROGRAM" -s -C "$work/lab3" unit-memory-frames
check written/compiled has "CC32    $file" "$work/check.log"
