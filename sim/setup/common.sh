# SPDX-License-Identifier: MIT
#
# What the parts of the set-up share. Expects `cache` and `log`.

say()
{
    echo "setup: $*"
}

# End with one sentence on what to do. What is half-made has a name with
# .part and goes.
die()
{
    echo "setup: $*" >&2
    [ -z "${cache:-}" ] || rm -rf "$cache"/*.part
    exit 1
}

# Run a command with its output in the log.
logged()
{
    printf '\n$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null
}

# Print "URI codename" of this machine's own Debian mirror, or nothing.
# apt-get knows it once lists were fetched; before, its sources files do.
debian_mirror()
{
    local found

    found=$(apt-get indextargets 'Created-By: Packages' \
        --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(CODENAME)' 2>/dev/null |
        awk '$1 == "Debian" && $2 == "main" && $4 !~ /-/ {
                 print $3, $4; exit }')
    if [ -z "$found" ]; then
        found=$(mirror_of_sources_files)
    fi
    echo "$found"
}

# The same from the sources files: first of the two formats, then the other.
mirror_of_sources_files()
{
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
        BEGIN { RS = ""; FS = "\n" }
        {
            uri = suite = ""; main = 0
            for (i = 1; i <= NF; i++) {
                split($i, word, /[ \t]+/)
                if (word[1] == "URIs:") uri = word[2]
                if (word[1] == "Suites:") suite = word[2]
                if ($i ~ /^Components:.*[ \t]main([ \t]|$)/) main = 1
            }
            if (main && uri != "" && uri !~ /security/ && suite !~ /[-\/]/) {
                print uri, suite; exit
            }
        }' | grep . && return
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed 's/\[[^]]*\]//' |
        awk '$1 == "deb" && $4 == "main" && $3 !~ /[-\/]/ {
                 print $2, $3; exit }'
}

# Run an apt tool on private lists, so that the system's stay untouched.
#   private_apt FOLDER TOOL ARGUMENT...
# FOLDER/sources.list says what the lists are of.
private_apt()
{
    local folder=$1 tool=$2
    shift 2

    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    : >>"$folder/status"
    "$tool" -o Dir::Etc::sourcelist="$folder/sources.list" \
        -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$folder/lists" \
        -o Dir::State::status="$folder/status" \
        -o Dir::Cache="$folder/cache" \
        -o APT::Sandbox::User=root \
        -o Acquire::Retries=2 "$@"
}

# Write FOLDER/sources.list with one line and fetch its lists.
#   private_lists FOLDER TYPE OPTIONS SUITE
private_lists()
{
    local folder=$1 type=$2 options=$3 suite=$4
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg

    mkdir -p "$folder"
    echo "$type [$options signed-by=$keys] $mirror $suite main" \
        >"$folder/sources.list"
    # apt-get reports a mirror that it cannot reach as a warning only.
    logged private_apt "$folder" apt-get -q \
        -o APT::Update::Error-Mode=any update
}

# Set `mirror` and `codename`, or end.
find_mirror()
{
    read -r mirror codename <<<"$(debian_mirror)" || true
    [ -n "$mirror" ] || die "no Debian mirror is named in this machine's apt" \
        "sources: add one in /etc/apt/sources.list.d, then try again."
    mirror=${mirror%/}/
}
