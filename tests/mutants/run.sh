#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Breaks the headers one edit at a time, in a copy of the tree, and expects a test to notice each time.
#
# tests/mutants/<stem>.txt have one mutant per line; # starts a comment:
#
#   header below include/rlhf | old text => new text | tests that must fail (a regular expression for ctest -R)
#
# The old text stands exactly once in the header. An argument picks the lines that match it; --check only looks whether
# each line can still be applied.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lists=(tests/mutants/*.txt)
[ -f "${lists[0]}" ] || { echo "There is no tests/mutants/*.txt: nothing to break."; exit 1; }

trim() { sed 's/^[[:space:]]*//; s/[[:space:]]*$//'; }

# parse <line>: header, old, new and the tests' pattern.
parse() {
    local edit=${1#* | }
    header=$(trim <<<"${1%% | *}") pattern=$(trim <<<"${edit##* | }") edit=${edit% | *}
    old=$(trim <<<"${edit%%=>*}") new=$(trim <<<"${edit#*=>}")
    name="$header: $old => $new"
}

if [ "${1:-}" = --check ]; then
    checked=0 stale=0
    while read -r line; do
        case $line in '' | '#'*) continue ;; esac
        parse "$line"
        text=$(cat "include/rlhf/$header") rest=${text#*"$old"}
        checked=$((checked + 1))
        if [ "$rest" = "$text" ] || [ "$rest" != "${rest#*"$old"}" ]; then
            echo "STALE $name: not exactly once in the header"
            stale=$((stale + 1))
        fi
    done < <(cat "${lists[@]}")
    echo "$checked mutants can be applied, but for $stale"
    [ "$stale" = 0 ]
    exit
fi

copy=$PWD/build/mutants
tree=$copy/tree
mkdir -p "$tree"
for part in CMakeLists.txt CMakePresets.json cmake include tests tools; do
    rm -rf "${tree:?}/$part"
    cp -r --parents "$part" "$tree/" # with the time of now: objects of an earlier run may be of a broken header
done
echo "Configuring a copy in $tree"
cmake -S "$tree" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1" \
    -DRLHF_BUILD_TESTS=ON -DRLHF_AVX2_TESTS= >"$copy/configure.log" ||
    { cat "$copy/configure.log"; exit 1; }

# replace <file> <old> <new>: unless old is there exactly once, says so and fails.
replace() {
    local text rest
    text=$(cat "$1" && printf .) # the dot keeps the last newline
    text=${text%.} rest=${text#*"$2"}
    [ "$rest" != "$text" ] || { echo "'$2' is not in it"; return 1; }
    [ "$rest" = "${rest#*"$2"}" ] || { echo "'$2' is in it more than once"; return 1; }
    printf '%s' "${text%%"$2"*}$3$rest" >"$1"
}

# tests_of <pattern>: their names, which are their targets' names too.
tests_of() { ctest --test-dir "$copy/build" -N -R "$1" | sed -n 's/^ *Test *#[0-9]*: //p'; }

# build_and_run <pattern> <targets>: 0 if all passes, 1 if a test fails, 2 if it does not compile
build_and_run() {
    local names
    mapfile -t names <<<"$2"
    cmake --build "$copy/build" --target "${names[@]}" >"$copy/build.log" 2>&1 || return 2
    timeout 300 ctest --test-dir "$copy/build" -R "$1" --stop-on-failure >"$copy/test.log" 2>&1 || return 1
}

killed=0 survived=0 unusable=0
declare -A sound
refuse() { echo "UNUSABLE $name: $1"; unusable=$((unusable + 1)); }
while read -r line; do
    case $line in '' | '#'*) continue ;; esac
    [[ -z ${1:-} || $line =~ $1 ]] || continue
    parse "$line"
    file=$tree/include/rlhf/$header

    [ -f "$file" ] || { refuse "there is no such header"; continue; }
    targets=$(tests_of "$pattern")
    [ -n "$targets" ] || { refuse "no test matches $pattern"; continue; }
    if [ -z "${sound[$pattern]:-}" ]; then
        build_and_run "$pattern" "$targets" </dev/null || { refuse "$pattern fails on the unbroken tree"; continue; }
        sound[$pattern]=yes
    fi

    cp "$file" "$copy/original"
    if ! message=$(replace "$file" "$old" "$new"); then refuse "$message"; continue; fi
    code=0
    build_and_run "$pattern" "$targets" </dev/null || code=$?
    cp "$copy/original" "$file"
    case $code in
        0) echo "SURVIVED $name ($pattern passes)"; survived=$((survived + 1)) ;;
        1) echo "killed   $name"; killed=$((killed + 1)) ;;
        *) refuse "it does not compile: $(grep -m 1 -E 'error' "$copy/build.log" || true)" ;;
    esac
done < <(cat "${lists[@]}")

echo "$killed killed, $survived survived, $unusable unusable"
[ $((killed + survived + unusable)) -gt 0 ] || echo "No line of tests/mutants/*.txt matches '${1:-}'."
[ "$killed" -gt 0 ] && [ $((survived + unusable)) = 0 ]
