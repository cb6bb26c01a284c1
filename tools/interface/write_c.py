#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what is generated of include/rlhf/c and tests/c. With --check it writes nothing, and fails where a file is
not what it would write."""
from __future__ import annotations

import c_glue
import c_header
import c_presets
import c_test
from c_types import C
from files import main
from read import root


def generated(c: C) -> dict[str, str]:
    """All generated files of C, by their paths."""
    headers = c_header.headers(c) | c_glue.glue(c) | {"presets.h": c_presets.header(c)}
    return ({f"include/rlhf/c/{name}": text for name, text in headers.items()}
            | {f"tests/c/{name}": text for name, text in c_test.tests(c).items()})


if __name__ == "__main__":
    main(__doc__, root, generated)
