#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the documentation: build/docs/site/index.html. Arguments go to mkdocs build.
#
# Python packages come from docs/requirements.txt into a virtual environment. KaTeX, which typesets the formulas, comes
# from $KATEX, or from where Debian's libjs-katex and fonts-katex put it. Without it the pages show the formulas' TeX.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=build/docs
venv=$out/venv
mkdir -p "$out"
if ! cmp -s docs/requirements.txt "$venv/requirements.txt"; then
    { python3 -m venv --clear "$venv" &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r docs/requirements.txt; } || {
        [ -n "${RLHF_DOCS_OR_SKIP:-}" ] || exit 1
        echo "skipped: pip cannot install mkdocs in $venv"
        exit 77
    }
    cp docs/requirements.txt "$venv/requirements.txt"
fi
# libclang has no headers of its own: stddef.h and the like come from the compiler.
CPATH=$("${CXX:-c++}" -print-file-name=include) \
    "$venv/bin/python" tools/docs/build.py "$out" --katex "${KATEX:-/usr/share/javascript/katex}"
NO_MKDOCS_2_WARNING=1 "$venv/bin/mkdocs" build --quiet --strict --config-file "$out/mkdocs.yml" "$@"
"$venv/bin/python" tools/docs/check.py "$out/site"
if [ -s "$out/site/assets/katex/katex.min.js" ] && command -v node >/dev/null; then
    node tools/docs/formulas.js "$out/site"
fi
