#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes the pictures of the reports that the site shows, docs/pages/pictures/{demo,bench}.webp, of what ./dev demo and
# ./dev bench wrote. Needs chromium (apt).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# picture <name> <page> <place on it> <width> <height>
picture() {
    [ -e "$2" ] || { echo "$2 is not there: run ./dev $1" >&2 && return; }
    "${CHROMIUM:-chromium}" --headless --no-sandbox --hide-scrollbars --blink-settings=preferredColorScheme=1 \
        --window-size="$4,$5" --screenshot="$PWD/docs/pages/pictures/$1.webp" "file://$PWD/$2#$3" 2>/dev/null
}
picture demo build/demo/report/report.html results 760 1060
picture bench build/bench/report/bench.html floor 760 900
