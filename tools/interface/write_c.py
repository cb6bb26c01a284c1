#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what is generated of include/rlhf/c and tests/c. With --check it writes nothing, and fails where a file is
not what it would write."""
from __future__ import annotations

import argparse
import sys

import c_glue
import c_header
import c_test
from c_types import C
from read import read, root

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--libclang", help="the shared library, where it is not found by itself")
    arguments = parser.parse_args()
    c = C(read(arguments.libclang))
    files = {f"include/rlhf/c/{name}": text for name, text in {**c_header.headers(c), **c_glue.glue(c)}.items()}
    files |= {f"tests/c/{name}": text for name, text in c_test.tests(c).items()}
    stale = []
    for name, text in files.items():
        path = root / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    print("\n".join(("differs: " if arguments.check else "written: ") + name for name in stale) or "all as it should be")
    sys.exit(1 if stale and arguments.check else 0)
