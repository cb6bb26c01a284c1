#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes headers of the library, and all that they include of it, as one file.

    python3 tools/single_header/single_header.py ppo.hpp > rlhf_ppo.hpp

The headers are named from include/rlhf: ppo.hpp, preference.hpp, reward_model.hpp, rlhf.hpp, with/eigen.hpp and so on.
The same headers give the same bytes. Each part keeps its own guard, so that several such files may be included together.
"""
import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2]
include = root / "include"


def part(header, seen):
    """The text of a header after the texts of the headers that it includes, each of them once."""
    seen.add(header)
    text = []
    for line in (include / header).read_text(encoding="utf-8").splitlines(keepends=True):
        included = re.match(r"#include <(rlhf/[^>]+)>", line)
        if included and included[1] not in seen:
            text += part(included[1], seen)
        elif not included and not line.startswith(("#pragma once", "// SPDX")):
            text.append(line)
    guard = re.sub(r"\W", "_", header).upper()
    return [f"#ifndef {guard}\n", f"#define {guard}\n", *text, f"#endif // {guard}\n"]


def main(headers):
    config = (include / "rlhf/config.hpp").read_text(encoding="utf-8")
    version = ".".join(re.findall(r"^#define RLHF_VERSION_\w+ (\d+)", config, re.MULTILINE))
    licence = (root / "LICENSE").read_text(encoding="utf-8").rstrip().splitlines()
    seen = set()
    text = [
        "// SPDX-License-Identifier: MIT\n",
        f"// rlhf {version}: {', '.join(headers)} as one file, written by tools/single_header/single_header.py.\n",
        "//\n",
        *(f"// {line}".rstrip() + "\n" for line in licence),
    ]
    for header in headers:
        text += part(f"rlhf/{header}", seen) if f"rlhf/{header}" not in seen else []
    sys.stdout.buffer.write("".join(text).encode("utf-8"))


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(sys.argv[1:])
