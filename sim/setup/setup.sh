#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Install and build everything that Ringfence needs of other people's work.
#
#   setup.sh CACHE STAMP   all of it; STAMP is touched at the end
#
# Three things, each skipped when it is there already:
#   1. the Debian packages of packages.txt (root or sudo only if some lack);
#   2. Bochs: source archive from a Debian mirror, hash pinned, compiled with
#      our instrumentation header into one relocatable object (bochs.sh);
#   3. the 32-bit Check library, unpacked into the cache (check32.sh): the
#      system's architectures stay as they are.
#
# Everything but the packages goes below CACHE. What fails says so in one
# sentence and leaves nothing half-made; what it did is in CACHE/setup.log.
#
# There is no host name in here: the mirror is the one that this machine's
# own apt uses.

set -euo pipefail
# Called by make: its options are not meant for Bochs' own makefiles.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
here=$(dirname "$(readlink -f "$0")")
. "$here/common.sh"

[ $# -eq 2 ] || die "usage: setup.sh CACHE STAMP"
cache=$1
stamp=$2

# Print the packages of packages.txt that are not installed.
missing_packages()
{
    local wanted have

    wanted=$(sed 's/#.*//' "$here/packages.txt" | xargs -n 1 | sort -u)
    have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted \
        2>/dev/null | sed -n 's/^installed //p' | sort -u) || true
    comm -23 <(echo "$wanted") <(echo "$have")
}

# Run a command as root: directly, or through sudo.
as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages()
{
    local packages
    packages=$(missing_packages | xargs)

    [ -n "$packages" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        die "these Debian packages are missing and only root can install" \
            "them: run 'apt-get install $packages' as root, then this again."
    fi
    say "installing Debian packages: $packages"
    # A new machine has no lists, an old one has stale ones: update always.
    logged as_root apt-get -q update ||
        say "apt-get update failed; trying with the lists that are there"
    logged as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install $packages ||
        die "apt-get could not install '$packages': see $log, check the" \
            "network and this machine's apt sources, then try again."
}

command -v dpkg-query >/dev/null ||
    die "this set-up is for Debian 12: dpkg is missing on this system."
mkdir -p "$cache" 2>/dev/null ||
    die "cannot write the cache directory $cache: give another one with" \
        "RINGFENCE_CACHE=folder."
log=$cache/setup.log
: >>"$log" || die "cannot write $log: give another cache directory with" \
    "RINGFENCE_CACHE=folder."

# One set-up at a time; a second one waits and then finds all done.
exec 9>"$cache/lock"
flock 9

install_packages
. "$here/bochs.sh"
. "$here/check32.sh"
bochs_install
# The library of the unit tests, where there are any: a package for an
# autograding service has none.
[ ! -d "$here/../../tests/unit" ] || check32_install
touch "$stamp"
say "everything is set up."
