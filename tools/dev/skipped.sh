# SPDX-License-Identifier: MIT
# Sourced by ./dev: what the last run of the tests left out, and why.

# A test that is skipped, or a part of it, prints "skipped: " and why; ctest at its end has only the name. pytest has a
# word of its own, and a program of Catch2 the sentence of the library. What ctest adds is not a reason.
say_what_was_skipped() {
    awk '/^[0-9]+\/[0-9]+ Test: / { test = $3 }
        /^Command: / || /Regex=/ { next }
        match($0, /RLHF_ISA is [^ ]+, expected one of/) {
            $0 = "skipped: " substr($0, RSTART, RLENGTH - 17) ", which is not here"
        }
        sub(/^.*skipped: /, "") || sub(/^SKIPPED \[[0-9]+\] /, "") { print "skipped: " test ": " $0 }' \
        build/test/Testing/Temporary/LastTest.log | sort -u >&2
}
