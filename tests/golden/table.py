# SPDX-License-Identifier: MIT
"""Writes the deviations that tests measured into the tables of PRESETS.md. A failing test says what it measured, a cell
per line, `PRESETS.md: | function | trainer | deviation |`.

    for t in build/test/tests/{preferences,scores,token_choices,distillation,preset_*}_test; do $t; done \\
        | python3 tests/golden/table.py
"""

import pathlib
import re
import sys

PAGE = pathlib.Path(__file__).parents[2] / "PRESETS.md"


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


measured = {}
for function, trainer, deviation in re.findall(r"PRESETS\.md: \| (.+?) \| (.+?) \| (.+?) \|", sys.stdin.read()):
    measured[function, trainer] = deviation
lines, trainers = PAGE.read_text().split("\n"), []
for i, line in enumerate(lines):
    if line.startswith("| largest deviation |"):
        trainers = cells_of(line)[1:]
    elif not line:
        trainers = []
    elif trainers and not line.startswith("|---"):
        function, *cells = cells_of(line)
        cells = [measured.pop((function, trainer), cell) for trainer, cell in zip(trainers, cells)]
        lines[i] = "| " + " | ".join([function, *cells]) + " |"
PAGE.write_text("\n".join(lines))
for (function, trainer), deviation in measured.items():
    print(f"no row and column for {function}, {trainer}: {deviation}")
