# SPDX-License-Identifier: MIT
#
# Check for 32-bit unit tests: the public structures have 32-bit pointers,
# so the modules are tested as 32-bit programs. Debian has the library as
# i386 packages; they are unpacked into the cache, not installed, because
# adding an architecture to somebody's system is not ours to do.

check32_packages="check libsubunit0 libsubunit-dev"

check32_install()
{
    local to=$cache/check32 work=$cache/check32.part file

    [ ! -f "$to/usr/include/check.h" ] || return 0
    say "fetching the 32-bit Check library"
    rm -rf "$work"
    find_mirror
    private_lists "$work" deb "arch=i386" "$codename" &&
        (cd "$work" && logged private_apt "$work" apt-get -q \
            -o APT::Architecture=i386 -o APT::Architectures=i386 \
            download $check32_packages) ||
        die "the 32-bit Check library could not be fetched from this" \
            "machine's Debian mirror: check the network (details in $log)," \
            "then try again."
    for file in "$work"/*.deb; do
        dpkg-deb -x "$file" "$work/files" ||
            die "$file cannot be unpacked: is the disk full?"
    done
    rm -rf "$to"
    mv "$work/files" "$to"
    rm -rf "$work"
}
