#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Breaks the headers one edit at a time, in a copy of the tree, and expects a test to notice each time.
#
# tests/mutants/<stem>.txt have one mutant per line; # starts a comment:
#
#   header below include/rlhf | old text => new text | tests that must fail (a regular expression for ctest -R)
#
# The old text stands exactly once in the header, and both texts stand as in C++: nothing is escaped. An argument picks
# the mutants that match it, by the list's name or by the line; --check only looks whether each can still be applied.
#
# Unit tests are built alone. Other tests (of C, clients, hosts) are built as ./dev test --all builds them, and a mutant
# is skipped whose test is: ./dev test --all --mutants installs what it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lists=(tests/mutants/*.txt)
[ -f "${lists[0]}" ] || { echo "There is no tests/mutants/*.txt: nothing to break."; exit 1; }

# The mutants, one per line: list:line, header, old text, new text, tests, and why it cannot be applied, between \037.
mutants() {
    awk -v OFS='\037' '
        function trimmed(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
        function text_of(header,    file, line, all) {
            file = "include/rlhf/" header
            while ((getline line < file) > 0) all = all line "\n"
            close(file)
            return all
        }
        function count(old, text,    n, place) {
            for (n = 0; (place = index(text, old)) > 0; ++n) text = substr(text, place + length(old))
            return n
        }
        function problem(header, old, new,    n) {
            if (old == "" || old == new) return "expected header | old text => new text | tests"
            if ((old new) ~ /\\/) return "has a backslash, but texts stand as in C++"
            if (!(header in text)) text[header] = text_of(header)
            if (text[header] == "") return "there is no header " header
            n = count(old, text[header])
            return n == 1 ? "" : "is " n " times in " header ", expected once: " old
        }
        /^[ \t]*(#|$)/ { next }
        {
            fields = split($0, field, / \| /) # the texts may have such bars as well
            edit = field[2]
            for (i = 3; i < fields; ++i) edit = edit " | " field[i]
            arrow = index(edit, "=>")
            header = trimmed(field[1])
            old = fields > 2 && arrow > 0 ? trimmed(substr(edit, 1, arrow - 1)) : ""
            new = trimmed(substr(edit, arrow + 2))
            print FILENAME ":" FNR, header, old, new, trimmed(field[fields]), problem(header, old, new)
        }' "${lists[@]}"
}

if [ "${1:-}" = --check ]; then
    checked=0 stale=0
    while IFS=$'\037' read -r where header old new pattern problem; do
        checked=$((checked + 1))
        [ -n "$problem" ] || continue
        echo "STALE $where: $problem"
        stale=$((stale + 1))
    done < <(mutants)
    echo "$((checked - stale)) of $checked mutants can be applied"
    [ "$checked" -gt 0 ] && [ "$stale" = 0 ]
    exit
fi

copy=$PWD/build/mutants
tree=$copy/tree
mkdir -p "$tree"
for part in ACCURACY.md PRESETS.md CMakeLists.txt CMakePresets.json cmake docs examples include python tests tools; do
    rm -rf "${tree:?}/$part"
    cp -r --parents "$part" "$tree/" # with the time of now: objects of an earlier run may be of a broken header
done

# configure <build> <options ...>: once
declare -A configured
configure() {
    [ -z "${configured[$1]:-}" ] || return 0
    echo "Configuring a copy of the tree in $1"
    cmake -S "$tree" -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1" \
        -DRLHF_BUILD_TESTS=ON "${@:2}" >"$copy/configure.log" || { cat "$copy/configure.log"; exit 1; }
    configured[$1]=yes
}
# use <pattern>: `build` is the folder that has the tests of this name, `commands` are what they run.
use() {
    build=$copy/build
    configure "$build"
    commands=$(commands_of "$1")
    [ -z "$commands" ] || return 0
    build=$copy/all
    configure "$build" -DRLHF_TEST_ALL=ON -DRLHF_COMPILED=ON -DRLHF_C=ON -DRLHF_C_ISAS= -DRLHF_BUILD_EXAMPLES=ON
    commands=$(commands_of "$1")
}
commands_of() { # ctest itself does not say them before the programs are there
    find "$build" -name CTestTestfile.cmake -exec sed -n 's/^add_test(\[=*\[\(.*\)\]=*\] "/\1 "/p' {} + |
        awk -v pattern="$1" '$1 ~ pattern'
}

# replace <file> <old> <new>: old is there once.
replace() {
    local text
    text=$(cat "$1" && printf .) # the dot keeps the last newline
    text=${text%.}
    printf '%s' "${text%%"$2"*}$3${text#*"$2"}" >"$1"
}

# build_and_run <pattern>: 0 if all passes, 1 if a test fails, 2 if it does not compile
build_and_run() {
    local programs
    mapfile -t programs < <(grep -o "$build/[^\" ]*" <<<"$commands" | sed "s|^$build/||" | sort -u)
    cmake --build "$build" --target "${programs[@]}" >"$copy/build.log" 2>&1 || return 2
    timeout 300 ctest --test-dir "$build" -R "$1" --stop-on-failure >"$copy/test.log" 2>&1 || return 1
}

killed=0 survived=0 unusable=0 skipped=0
declare -A sound
refuse() { echo "UNUSABLE $name: $1"; unusable=$((unusable + 1)); }
while IFS=$'\037' read -r where header old new pattern problem; do
    name="$where: $header: $old => $new"
    [[ -z ${1:-} || "$where: $header | $old => $new | $pattern" =~ $1 ]] || continue
    [ -z "$problem" ] || { refuse "$problem"; continue; }
    file=$tree/include/rlhf/$header
    use "$pattern"
    [ -n "$commands" ] || { refuse "no test matches $pattern"; continue; }
    if [[ $commands == *'"skipped: '* ]]; then
        echo "skipped  $name: ${commands##*skipped: }"
        skipped=$((skipped + 1))
        continue
    fi
    if [ -z "${sound[$pattern]:-}" ]; then
        build_and_run "$pattern" </dev/null || { refuse "$pattern fails on the unbroken tree"; continue; }
        sound[$pattern]=yes
    fi

    cp "$file" "$copy/original"
    replace "$file" "$old" "$new"
    code=0
    build_and_run "$pattern" </dev/null || code=$?
    cp "$copy/original" "$file"
    case $code in
        0) echo "SURVIVED $name ($pattern passes)"; survived=$((survived + 1)) ;;
        1) echo "killed   $name"; killed=$((killed + 1)) ;;
        *) refuse "it does not compile: $(grep -m 1 -E 'error' "$copy/build.log" || true)" ;;
    esac
done < <(mutants)

echo "$killed killed, $survived survived, $skipped skipped, $unusable unusable"
[ $((killed + survived + skipped + unusable)) -gt 0 ] || echo "No line of tests/mutants/*.txt matches '${1:-}'."
[ "$killed" -gt 0 ] && [ $((survived + unusable)) = 0 ]
