#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Make what an instructor gives to an autograding service.
#
#   package.sh SERVICE LAB TREE BOCHS DEST [KEY] [HIDDEN]
#
# TREE is an exported starter (it has the reference as objects), BOCHS the
# source archive of the simulator, so that the service needs a network for
# Debian's packages only, and only while the image is made. KEY and HIDDEN are
# the course key's file and the folder of hidden tests, or empty. DEST is a
# new folder.
#
# Every service gets the same grader, a folder with
#
#   setup.sh    installs packages, builds simulator and grader
#   grade.sh    grades one submission, without a network
#   Dockerfile  an image in which setup.sh has run
#   ringfence/  the tree;  cache/  the simulator's source, later its build
#   course.key, hidden/    if there are any
#
# and around it what the service itself wants (SERVICE/ in this folder).
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")

die()
{
    echo "package: $*" >&2
    exit 2
}

[ $# -ge 5 ] || die "usage: package.sh SERVICE LAB TREE BOCHS DEST [KEY]" \
    "[HIDDEN]"
service=$1 lab=$2 tree=$3 bochs=$4 dest=$5 key=${6:-} hidden=${7:-}
case $service in
gradescope | github | autolab | prairielearn) ;;
*) die "SERVICE=$service is not known; there is: gradescope, github," \
    "autolab, prairielearn" ;;
esac
[ ! -e "$dest" ] || die "DEST=$dest exists; name a new folder"
[ -f "$bochs" ] || die "the simulator's source $bochs is not there: remove" \
    "the set-up's stamp beside it and run make setup"
[ -z "$key" ] || [ -f "$key" ] || die "KEY=$key is no file"
[ -z "$hidden" ] || [ -d "$hidden/tests" ] ||
    die "HIDDEN=$hidden has no tests"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grader=$work/grader

# Copy a file of this folder, with the lab's number filled in.
#   fill FROM TO
fill()
{
    mkdir -p "$(dirname "$2")"
    sed "s/@LAB@/$lab/g" "$here/$1" >"$2"
    [ ! -x "$here/$1" ] || chmod +x "$2"
}

# The grader: the same for all.
mkdir -p "$grader/cache"
cp -r "$tree" "$grader/ringfence"
# What only people need, and the packages that only they need.
rm -rf "$grader/ringfence/tests/unit" "$grader/ringfence/README.md"
cp "$here/common/packages.txt" "$grader/ringfence/sim/setup/packages.txt"
cp "$bochs" "$grader/cache/"
for file in setup.sh grade.sh Dockerfile; do
    fill common/$file "$grader/$file"
done
if [ -n "$key" ]; then
    install -m 600 "$key" "$grader/course.key"
fi
if [ -n "$hidden" ]; then
    cp -r "$hidden" "$grader/hidden"
fi

# The same bytes whenever and wherever it is made.
find "$work" -exec touch -h -d @0 {} +
pack=(--sort=name --owner=0 --group=0 --numeric-owner --mtime=@0)
out=$work/out
mkdir "$out"
fill "$service/README" "$out/README.md"
case $service in
gradescope)
    fill gradescope/run_autograder "$grader/run_autograder"
    touch -d @315619200 "$grader/run_autograder"
    # Zip knows no time before 1980.
    find "$grader" -exec touch -h -d @315619200 {} +
    (cd "$grader" && find . -type f | sort | zip -qX "$out/autograder.zip" -@)
    cp "$grader/Dockerfile" "$out/Dockerfile"
    sed -i "s|^FROM .*|FROM gradescope/autograder-base:ubuntu-22.04|" \
        "$out/Dockerfile"
    ;;
github)
    mv "$grader" "$out/grader"
    fill github/image.yml "$out/.github/workflows/image.yml"
    fill github/classroom.yml "$out/students/.github/workflows/classroom.yml"
    fill github/run.sh "$out/grader/run.sh"
    ;;
autolab)
    mkdir "$work/autograde"
    fill autolab/run.sh "$work/autograde/run.sh"
    for secret in course.key hidden; do
        [ ! -e "$grader/$secret" ] || mv "$grader/$secret" "$work/autograde/"
    done
    tar "${pack[@]}" -C "$work/autograde" -cf "$out/autograde.tar" .
    fill autolab/autograde-Makefile "$out/autograde-Makefile"
    mv "$grader" "$out/image"
    cat "$here/autolab/Dockerfile.end" >>"$out/image/Dockerfile"
    ;;
prairielearn)
    fill prairielearn/info.json "$out/question/info.json"
    mkdir "$out/question/tests"
    for secret in course.key hidden; do
        [ ! -e "$grader/$secret" ] ||
            mv "$grader/$secret" "$out/question/tests/"
    done
    touch "$out/question/tests/.keep"
    fill prairielearn/entrypoint.sh "$grader/entrypoint.sh"
    mv "$grader" "$out/image"
    ;;
esac
mkdir -p "$(dirname "$dest")"
mv "$out" "$dest"
chmod 755 "$dest"
echo "The package for $service, lab $lab, is in $dest; $dest/README.md says" \
    "where each file goes."
