# SPDX-License-Identifier: MIT
"""Writes the files of a writer, or says which of them are not what it would write."""
from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Callable

from c_types import C
from read import read


def main(words: str | None, folder: pathlib.Path, generated: Callable[[C], dict[str, str]]) -> None:
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--libclang", help="the shared library, where it is not found by itself")
    arguments = parser.parse_args()
    stale = []
    for name, text in generated(C(read(arguments.libclang))).items():
        path = folder / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    word = "differs: " if arguments.check else "written: "
    print("\n".join(word + name for name in stale) or "all as it should be")
    sys.exit(1 if stale and arguments.check else 0)
