#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Install what grading lab @LAB@ needs and build it: once, while the image is
# made, as root. From then on nothing needs a network.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
export RINGFENCE_CACHE=$here/cache
export DEBIAN_FRONTEND=noninteractive

cd "$here/ringfence"
command -v make >/dev/null || { apt-get update; apt-get -y install make; }
secrets=()
[ ! -d "$here/hidden" ] || secrets+=(HIDDEN="$here/hidden")
make grade-needs "${secrets[@]}"
# Nobody but the grader itself has to read any of it.
chmod -R o= "$here/ringfence" "$here/cache"
