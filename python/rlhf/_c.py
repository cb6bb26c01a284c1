# SPDX-License-Identifier: MIT
"""The structs of rlhf/c/types.h, and the shared library that takes them."""
from __future__ import annotations

import ctypes
import os
import sys
from ctypes import c_char, c_double, c_int64, c_size_t, c_void_p

from ._version import version


class In(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("dtype", c_int64), ("dims", c_int64), ("shape", c_int64 * 2),
                ("strides", c_int64 * 2)]


class Out(In):
    pass


class Gradient(ctypes.Structure):
    _fields_ = [("to", Out), ("mode", c_int64), ("scale", c_double)]


class Logits(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("dtype", c_int64), ("sequences", c_int64), ("steps", c_int64), ("vocab", c_int64),
                ("padded_vocab", c_int64), ("step_stride", c_int64), ("sequence_stride", c_int64)]


class LogitsGradient(Logits):
    _fields_ = [("mode", c_int64), ("scale", c_double)]


class Error(ctypes.Structure):
    _fields_ = [("text", c_char * 400)]


class Executor(ctypes.Structure):
    _fields_ = [("run", c_void_p), ("self", c_void_p)]


body_of_piece = ctypes.CFUNCTYPE(None, c_void_p, c_size_t)
run_pieces = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, body_of_piece, c_void_p)


def _load() -> ctypes.CDLL:
    """The library that the environment variable RLHF_LIBRARY names, or the library of this package."""
    name = {"win32": "rlhf_c.dll", "darwin": "librlhf_c.dylib"}.get(sys.platform, "librlhf_c.so")
    folders = list(sys.modules[__package__].__path__)
    paths = [os.environ["RLHF_LIBRARY"]] if "RLHF_LIBRARY" in os.environ else [os.path.join(f, name) for f in folders]
    for path in paths:
        if os.path.exists(path):
            return ctypes.CDLL(path)
    raise ImportError(f"rlhf: there is no shared library at {' or '.join(paths)}. `pip install .` builds it; for "
                      "another build, set the environment variable RLHF_LIBRARY to its path.")


library = _load()
for _name in ("rlhf_version", "rlhf_isa", "rlhf_available_isa"):
    getattr(library, _name).restype = ctypes.c_char_p
if library.rlhf_version().decode() != version:
    raise ImportError(f"rlhf: the shared library is version {library.rlhf_version().decode()}, this package {version}")


def check(status: int, error: Error) -> None:
    """Raises the library's error sentence."""
    if status:
        raise (ValueError if status == 1 else RuntimeError)(error.text.decode())
