#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Stands in for libtool where Bochs' Makefile links its program: joins all
# objects and libraries, except the instrumentation's, into bochs.o.

objects=()
for argument in "$@"; do
    case $argument in
    */libinstrument.a) ;;
    *.o | *.a) objects+=("$argument") ;;
    esac
done
exec ld -r -o bochs.o --whole-archive "${objects[@]}"
