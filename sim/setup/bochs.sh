# SPDX-License-Identifier: MIT
#
# Bochs, from Debian's source archive. Debian's own program has no
# instrumentation, so it has to be compiled; the source is upstream's.
#
# All of Bochs but our module becomes one relocatable object, bochs.o, in a
# folder of the cache named after everything that went into it. Linking our
# module to it takes a second (sim/bochs/bochs.mk), and trees that agree on
# instrument.h share the object.

bochs_version=3.0
bochs_archive=bochs_3.0+dfsg.orig.tar.xz
bochs_sha256=78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b
# --disable-show-ips: the default installs a timer signal of the host, which
# makes runs differ. No repeat-speedups, no handlers-chaining: they would
# hide instructions and accesses from us.
bochs_options=(--enable-cpu-level=6 --with-nogui --disable-docbook
    --disable-show-ips --disable-large-ramfile --disable-plugins
    --enable-instrumentation=../instrument CFLAGS=-O2 CXXFLAGS=-O2)

# Fetch the archive to $1; its hash is checked by bochs_fetch, so no signed
# index is needed to find it in the mirror's pool. Where the pool lacks it,
# the machine's own source lists may know better.
bochs_download()
{
    local work=$cache/fetch.part

    find_mirror
    logged /usr/lib/apt/apt-helper -o APT::Sandbox::User=root \
        -o Acquire::Retries=2 download-file \
        "${mirror}pool/main/b/bochs/$bochs_archive" "$1" && return
    rm -rf "$work"
    mkdir "$work"
    (cd "$work" && logged apt-get -q -o APT::Sandbox::User=root \
        --download-only source "bochs=$bochs_version*") || true
    mv "$work/$bochs_archive" "$1" 2>/dev/null
}

# End unless $1 has the right hash.
bochs_verify()
{
    local found

    found=$(sha256sum <"$1" | cut -d ' ' -f 1)
    [ "$found" = "$bochs_sha256" ] || die "$1 has the SHA-256 $found, not" \
        "$bochs_sha256: it is damaged or not the right file, so delete it" \
        "and try again."
}

bochs_fetch()
{
    local archive=$cache/$bochs_archive

    if [ ! -f "$archive" ]; then
        say "fetching the source of Bochs $bochs_version"
        bochs_download "$archive.part" ||
            die "the source of Bochs could not be fetched from this" \
                "machine's Debian mirror: check the network (details in" \
                "$log), or put $bochs_archive into $cache, then try again."
        bochs_verify "$archive.part"
        mv "$archive.part" "$archive"
    fi
    bochs_verify "$archive"
}

# Compile in the folder $1, which has the source and instrument/.
bochs_compile()
(
    mkdir -p "$1/build"
    cd "$1/build"
    logged ../bochs-$bochs_version/configure "${bochs_options[@]}" || exit 1
    # What would link the program joins its parts instead, without a module.
    logged make -j"$(nproc)" LIBTOOL="$here/join.sh" bochs
)

bochs_install()
{
    local to=$cache/bochs-$("$here/bochs-key.sh") work

    [ ! -f "$to/bochs.o" ] || return 0
    bochs_fetch
    say "compiling Bochs $bochs_version (about a minute)"
    work=$to.part
    rm -rf "$work"
    mkdir -p "$work/instrument"
    tar -xJf "$cache/$bochs_archive" -C "$work" ||
        die "$cache/$bochs_archive cannot be unpacked into $work: is the" \
            "disk full?"
    cp "$here/../bochs/instrument.h" "$work/instrument/"
    # Bochs wants a library of that name; join.sh leaves it out.
    printf 'libinstrument.a:\n\t: > $@\n' >"$work/instrument/Makefile.in"
    bochs_compile "$work" ||
        die "Bochs did not compile: see the end of $log, and report it."
    mkdir -p "$work/include"
    (cd "$work/bochs-$bochs_version" && find . -name '*.h' -o -name '*.def' |
        tar -cf - -T -) | tar -xf - -C "$work/include"
    cp "$work/build/config.h" "$work/build/bochs.o" "$work"
    mv "$work/config.h" "$work/include/"
    rm -rf "$work/build" "$work/bochs-$bochs_version"
    rm -rf "$to"
    mv "$work" "$to"
}
