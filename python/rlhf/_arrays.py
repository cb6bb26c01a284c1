# SPDX-License-Identifier: MIT
"""Reads the caller's arrays without copies: numpy's by __array_interface__, torch's by its accessors, JAX's and others
by DLPack."""
from __future__ import annotations

import ctypes
import functools
import sys
from ctypes import c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from typing import Any, NamedTuple, NoReturn, Protocol, Union

from ._names import names_checked

__all__ = ["Array", "GradientOutput", "Output", "add_to", "nll_weights", "per_sequence", "write_to"]

# The dtypes of rlhf/c/types.h, by the names that numpy and torch share. Every type of one byte may be a mask.
dtypes = {"float32": 1, "float64": 2, "bfloat16": 3, "float16": 4, "int32": 5, "int64": 6,
          "uint8": 7, "int8": 7, "bool": 7, "vocab_shard": 8}
words = {number: word for word, number in reversed(dtypes.items())}
_of_typestr = {"f4": 1, "f8": 2, "f2": 4, "i4": 5, "i8": 6, "u1": 7, "i1": 7, "b1": 7}
_of_dlpack = {(2, 32): 1, (2, 64): 2, (4, 16): 3, (2, 16): 4, (0, 32): 5, (0, 64): 6, (1, 8): 7, (0, 8): 7, (6, 8): 7}


class HasDLPack(Protocol):
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...


class HasArrayInterface(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...


class per_sequence:
    """One element per sequence, [B], where an array usually has one per token."""

    @names_checked
    def __init__(self, array: Array) -> None:
        self.array = array


class add_to:
    """buffer += scale * gradient; masked elements stay."""

    mode = 2

    @names_checked
    def __init__(self, buffer: Array, scale: float = 1) -> None:
        self.buffer, self.scale = buffer, scale


class write_to(add_to):
    """buffer = scale * gradient; masked elements become 0."""

    mode = 1


@names_checked
def nll_weights(buffer: Array) -> write_to:
    """buffer = -gradient: the weights of a weighted negative log-likelihood with the same gradient."""
    return write_to(buffer, -1)


# The arrays that functions take. An output is computed only if it is named: an array of the caller, or True for a new
# array like the inputs. The result has it by its name: result["advantages"].
Array = Union[HasDLPack, HasArrayInterface, per_sequence]
Output = Union[HasDLPack, HasArrayInterface, bool, None]
GradientOutput = Union[HasDLPack, HasArrayInterface, add_to, bool, None]


class View(NamedTuple):
    """An array in memory; strides are in elements."""
    data: int
    dtype: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    writable: bool
    owner: Any  # keeps the memory alive


class _DLTensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
                ("bits", c_uint8), ("lanes", c_uint16), ("shape", ctypes.POINTER(c_int64)),
                ("strides", ctypes.POINTER(c_int64)), ("byte_offset", c_uint64)]


class _VersionedTensor(ctypes.Structure):
    _fields_ = [("major", c_uint32), ("minor", c_uint32), ("context", c_void_p), ("deleter", c_void_p),
                ("flags", c_uint64), ("tensor", _DLTensor)]


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = c_void_p, [ctypes.py_object, ctypes.c_char_p]
_has_name = ctypes.pythonapi.PyCapsule_IsValid
_has_name.argtypes = [ctypes.py_object, ctypes.c_char_p]


def fail(function: str, sentence: str) -> NoReturn:
    raise ValueError(f"rlhf::{function}: {sentence}")


@functools.lru_cache(maxsize=1024)
def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = [1]
    for n in reversed(shape[1:]):
        strides.append(strides[-1] * n)
    return tuple(reversed(strides)) if shape else ()


def _numpy(array: Any, function: str, name: str) -> View:
    if hasattr(type(array), "mask"):
        fail(function, f"{name} is a {type(array).__name__}, whose mask would be ignored: give its data, and the mask to "
                       "rlhf.batch")
    seen = array.__array_interface__
    typestr: str = seen["typestr"]
    dtype = _of_typestr.get(typestr[1:], 0) if typestr[0] != (">" if sys.byteorder == "little" else "<") else 0
    dtype = dtype or dtypes.get(str(getattr(array, "dtype", "")), 0)  # bfloat16 of ml_dtypes
    if not dtype:
        fail(function, f"{name} has the dtype {getattr(array, 'dtype', typestr)}, which rlhf does not read")
    size, strides = int(typestr[2:]), seen.get("strides")
    if strides is None:
        strides = _row_major(seen["shape"])
    elif any(s % size for s in strides):
        fail(function, f"{name} has strides of {strides} bytes, which are not multiples of the element size")
    else:
        strides = tuple(s // size for s in strides)
    return View(seen["data"][0], dtype, seen["shape"], strides, not seen["data"][1], seen)


def _torch(tensor: Any, function: str, name: str) -> View:
    if tensor.device.type != "cpu":
        fail(function, f"{name} is on {tensor.device}, expected cpu")
    dtype = dtypes.get(str(tensor.dtype)[6:], 0)
    if tensor.is_neg() or tensor.is_nested:
        fail(function, f"{name} is {'nested' if tensor.is_nested else 'the negative of its memory'}, which rlhf does not "
                       f"read: give {'to_padded_tensor()' if tensor.is_nested else 'resolve_neg()'} of it")
    if not dtype or str(tensor.layout) != "torch.strided":
        fail(function, f"{name} is {tensor.dtype}, {tensor.layout}, which rlhf does not read")
    return View(tensor.data_ptr(), dtype, tuple(tensor.shape), tensor.stride(), True, tensor)


def _dlpack(array: Any, function: str, name: str) -> View:
    device = int(array.__dlpack_device__()[0])
    if device not in (1, 3):  # 3: the CPU's memory, pinned for CUDA
        fail(function, f"{name} is on a device of DLPack's type {device}, expected the CPU")
    try:
        capsule = array.__dlpack__(max_version=(1, 0))
    except TypeError:
        capsule = array.__dlpack__()
    if _has_name(capsule, b"dltensor_versioned"):
        whole = _VersionedTensor.from_address(_pointer(capsule, b"dltensor_versioned"))
        t, writable = whole.tensor, not whole.flags & 1
    else:
        # JAX's arrays are read-only, which this old form of DLPack cannot say.
        t, writable = _DLTensor.from_address(_pointer(capsule, b"dltensor")), "jax" not in type(array).__module__
    dtype = _of_dlpack.get((t.code, t.bits), 0) if t.lanes == 1 else 0
    if not dtype:
        fail(function, f"{name} has a dtype of DLPack's type {t.code}, {t.bits} bits, which rlhf does not read")
    shape = tuple(t.shape[: t.ndim])
    strides = tuple(t.strides[: t.ndim]) if t.strides else _row_major(shape)
    return View((t.data or 0) + t.byte_offset, dtype, shape, strides, writable, capsule)


def view_of(array: Any, function: str, name: str) -> View:
    """The memory of the caller's array."""
    kind = type(array)
    if hasattr(kind, "__array_interface__"):
        return _numpy(array, function, name)
    if is_torch(array):
        return _torch(array, function, name)
    if hasattr(kind, "__dlpack__"):
        return _dlpack(array, function, name)
    raise TypeError(f"rlhf::{function}: {name} is a {kind.__name__}, expected an array of numpy, torch or JAX, or one "
                    "with __dlpack__")


def is_torch(array: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def made_like(array: Any, shape: tuple[int, ...], dtype: int, function: str, name: str) -> Any:
    """A new array of the same kind as another. For JAX it is numpy's until the call is over."""
    word = words[dtype]
    if is_torch(array):
        torch = sys.modules["torch"]
        return torch.empty(shape, dtype=getattr(torch, word))
    if hasattr(type(array), "__array_interface__") or "jax" in type(array).__module__:
        import numpy

        own = getattr(array, "dtype", None)  # only the array itself knows the dtype of ml_dtypes' bfloat16
        return numpy.empty(shape, own if str(own) == word else word)
    fail(function, f"{name} cannot be made like a {type(array).__name__}: pass an array to write into")


def finished(made: Any, like: Any) -> Any:
    """A new array as the caller gets it: JAX's arrays are made from numpy's memory."""
    if "jax" not in type(like).__module__:
        return made
    import jax

    return jax.numpy.asarray(made)
