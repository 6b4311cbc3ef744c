#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Print the key of everything that goes into the compiled Bochs: source,
# options and our instrumentation header.

here=$(dirname "$0")
cat "$here/bochs.sh" "$here/join.sh" "$here/../bochs/instrument.h" |
    sha256sum | cut -c 1-16
