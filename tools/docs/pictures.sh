#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes the pictures of the reports that the site shows, docs/pages/pictures/{demo,bench}.webp, of what ./dev demo and
# ./dev bench (all functions, so without a filter) wrote. Needs chromium (apt). For stored figures, make the page first:
#   build/bench/tools/bench_report/rlhf_bench_report report --in FILE --goals bench/goals.json \
#       --out build/bench/report/bench.html
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# picture <name> <page> <place on it> <width> <height>. A page that is scrolled to a place is painted in a frame alone.
picture() {
    [ -e "$2" ] || { echo "$2 is not there: run ./dev $1" >&2 && return; }
    local frame=build/docs/frame.html
    mkdir -p build/docs
    printf '<body style="margin: 0"><iframe src="../../%s#%s" style="border: 0; width: 100vw; height: 100vh">' "$2" "$3" >$frame
    "${CHROMIUM:-chromium}" --headless --no-sandbox --hide-scrollbars --blink-settings=preferredColorScheme=1 \
        --window-size="$4,$5" --screenshot="$PWD/docs/pages/pictures/$1.webp" "file://$PWD/$frame" 2>/dev/null
}
picture demo build/demo/report/report.html results 800 1060
picture bench build/bench/report/bench.html floor 760 1330
