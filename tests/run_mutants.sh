#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Breaks the headers one edit at a time, in a copy of the tree, and expects a test to notice each time.
#
# tests/mutants/<stem>.txt have a mutant a line; # starts a comment:
#
#   header below include/rlhf | old text => new text | tests that must fail (a regular expression for ctest -R)
#
# The old text stands exactly once in the header. An argument picks the lines that match it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lists=(tests/mutants/*.txt)
[ -f "${lists[0]}" ] || { echo "There is no tests/mutants/*.txt: nothing to break."; exit 1; }

copy=$PWD/build/mutants
tree=$copy/tree
mkdir -p "$tree"
for part in CMakeLists.txt CMakePresets.json bench cmake include page tests; do
    rm -rf "${tree:?}/$part"
    cp -r "$part" "$tree/" # with the time of now: objects of an earlier run may be of a broken header
done
echo "Configuring a copy in $tree"
cmake -S "$tree" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1" \
    -DRLHF_BUILD_EXAMPLES=OFF -DRLHF_BUILD_BENCHMARKS=OFF -DRLHF_AVX2_TESTS= >"$copy/configure.log" ||
    { cat "$copy/configure.log"; exit 1; }

trim() { sed 's/^[[:space:]]*//; s/[[:space:]]*$//'; }

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
    edit=${line#* | }
    header=$(trim <<<"${line%% | *}") pattern=$(trim <<<"${edit##* | }") edit=${edit% | *}
    old=$(trim <<<"${edit%%=>*}") new=$(trim <<<"${edit#*=>}")
    file=$tree/include/rlhf/$header
    name="$header: $old => $new"

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
