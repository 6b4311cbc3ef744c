#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Property: the set-up does nothing when all is there; whatever it cannot do
# ends it with one sentence on standard error that says what to do, and
# nothing half-made is left.
#
# Method: sim/setup/setup.sh on made-up caches, in a sandbox where the thing
# in question is missing: the network, apt's sources, a package, the right
# to install.
#
#   test.sh CACHE FOLDER    CACHE is set up; FOLDER is for this test alone

cache=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
folder=$(readlink -f "$folder")
archive=bochs_3.0+dfsg.orig.tar.xz

# expect NAME WORDS...  The last set-up failed with one line that has WORDS.
expect()
{
    local name=setup/$1
    shift
    if [ "$status" -ne 1 ]; then
        echo "fail $name it ended with status $status"
    elif [ "$(wc -l <"$folder/stderr")" -ne 1 ]; then
        echo "fail $name it said $(wc -l <"$folder/stderr") lines"
    elif ! grep -qF "$*" "$folder/stderr"; then
        echo "fail $name no '$*' in: $(cat "$folder/stderr")"
    elif [ -n "$(find "$folder/cache" -name '*.part' -o -name stamp \
        2>/dev/null)" ]; then
        echo "fail $name it left something half-made"
    else
        echo "pass $name"
    fi
}

# sandboxed SETUP OPTION...  Run a set-up in bubblewrap with these options.
sandboxed()
{
    local setup=$1
    shift
    bwrap --dev-bind / / "$@" "$setup/setup.sh" "$folder/cache" \
        "$folder/cache/stamp" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    status=$?
}

# A new cache, with what is named from the real one.
new_cache()
{
    rm -rf "$folder/cache"
    mkdir "$folder/cache"
    for file in "$@"; do
        ln -s "$cache"/$file "$folder/cache/"
    done
}

# All there: nothing is fetched, compiled or even logged.
new_cache "$archive" 'bochs-*' check32
sandboxed sim/setup --unshare-net
if [ "$status" -eq 0 ] && [ -e "$folder/cache/stamp" ] &&
    [ ! -s "$folder/cache/setup.log" ]; then
    echo "pass setup/nothing-to-do"
else
    echo "fail setup/nothing-to-do status $status: $(cat "$folder/stderr")"
fi

new_cache
sandboxed sim/setup --unshare-net
expect no-network-for-bochs "check the network"

new_cache "$archive" 'bochs-*'
sandboxed sim/setup --unshare-net
expect no-network-for-check "check the network"

new_cache
head -c 1000 "$cache/$archive" >"$folder/cache/$archive"
sandboxed sim/setup --unshare-net
expect wrong-hash "delete it and try again"

new_cache
sandboxed sim/setup --tmpfs /etc/apt
expect no-mirror "no Debian mirror is named"

# A copy of the set-up that wants one package more.
mkdir -p "$folder/tree/sim"
cp -r sim/setup "$folder/tree/sim/"
mkdir "$folder/tree/sim/bochs"
cp sim/bochs/instrument.h "$folder/tree/sim/bochs/"
echo ringfence-no-such-package >>"$folder/tree/sim/setup/packages.txt"

new_cache
sandboxed "$folder/tree/sim/setup" --unshare-user --uid 0 --unshare-net \
    --tmpfs /var/lib/apt --tmpfs /var/cache/apt
expect package-cannot-be-had "could not install 'ringfence-no-such-package'"

# Nor root, nor sudo: a folder of programs without it.
mkdir "$folder/programs"
cp -s /usr/bin/* "$folder/programs/" 2>/dev/null
rm -f "$folder/programs/sudo"
sandboxed "$folder/tree/sim/setup" --unshare-user --uid 1000 \
    --setenv PATH "$folder/programs"
expect not-root "run 'apt-get install ringfence-no-such-package' as root"

bwrap --dev-bind / / sim/setup/setup.sh /proc/ringfence /proc/ringfence/stamp \
    >"$folder/stdout" 2>"$folder/stderr"
status=$?
expect cache-not-writable "RINGFENCE_CACHE=folder"

rm -rf "$folder/programs" "$folder/cache"
