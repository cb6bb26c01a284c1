# SPDX-License-Identifier: MIT
"""The last layer of a language model instead of its logits."""
from __future__ import annotations

import ctypes
from ctypes import byref, c_double, c_int64, c_size_t, c_void_p
from typing import Any, Callable

from ._arrays import Array
from ._c import Gradient, In, Out
from ._call import Call, Parameter
from ._names import names_checked
from ._values import number

__all__ = ["linear_head"]


class product(ctypes.Structure):
    """A product of matrices in memory: c = factor * a b, or c += factor * a b."""

    _fields_ = [("dtype", c_int64), ("rows", c_int64), ("cols", c_int64), ("inner", c_int64), ("a", c_void_p),
                ("b", c_void_p), ("a_stride", c_int64), ("b_stride", c_int64), ("a_transposed", c_int64),
                ("b_transposed", c_int64), ("c", c_void_p), ("c_stride", c_int64), ("factor", c_double),
                ("add", c_int64)]


_multiply = ctypes.CFUNCTYPE(None, c_void_p, ctypes.POINTER(product))


class _Head(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("hidden", In), ("weights", In), ("vocab", c_int64), ("hidden_size", c_int64),
                ("workspace", Out), ("multiply", c_void_p), ("self", c_void_p)]


class _HeadGradient(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("hidden", Gradient), ("weights", Gradient)]


def by_numpy(p: product) -> None:
    """Computes the product with numpy's BLAS."""
    import numpy

    type_ = ctypes.c_double if p.dtype == 2 else ctypes.c_float

    def matrix(data: int, rows: int, cols: int, stride: int) -> Any:
        flat: Any = (type_ * ((rows - 1) * stride + cols if rows else 0)).from_address(data)
        size = ctypes.sizeof(type_)
        return numpy.ndarray((rows, cols), type_, flat, 0, (stride * size, size))

    a = matrix(p.a, p.inner, p.rows, p.a_stride).T if p.a_transposed else matrix(p.a, p.rows, p.inner, p.a_stride)
    b = matrix(p.b, p.cols, p.inner, p.b_stride).T if p.b_transposed else matrix(p.b, p.inner, p.cols, p.b_stride)
    c = matrix(p.c, p.rows, p.cols, p.c_stride)
    found = a @ b if p.factor == 1 else type_(p.factor).value * (a @ b)
    c[...] = c + found if p.add else found


class linear_head:
    """Hidden states [tokens, H], in the batch's order, and weights [V, H], all float32 or all float64. `rows` rows of
    logits are in memory at a time. `multiply` computes the products, by default with numpy's BLAS.
    """

    @names_checked
    def __init__(self, *, hidden: Array, weights: Array, rows: int = 64,
                 multiply: Callable[[product], None] = by_numpy) -> None:
        self.hidden, self.weights, self.rows, self.multiply = hidden, weights, rows, multiply

    def for_call(self, call: Call) -> _Head:
        head = _Head(ctypes.sizeof(_Head))
        call.fill(head.hidden, self.hidden, "hidden")
        call.fill(head.weights, self.weights, "weights")
        head.vocab, head.hidden_size = head.weights.shape
        n = number(c_int64, self.rows, call.function, "rows").value * (head.vocab + head.hidden_size)
        workspace = ((ctypes.c_double if call.dtype == 2 else ctypes.c_float) * max(n, 0))()
        head.workspace.data, head.workspace.dtype, head.workspace.dims = ctypes.addressof(workspace), call.dtype, 1
        head.workspace.shape, head.workspace.strides = (n, 0), (1, 0)
        call.kept.append(workspace)
        multiply = self.multiply

        def run(_: Any, p: Any) -> None:
            try:
                multiply(p.contents)
            except BaseException as failure:
                call.failure = failure

        callback = _multiply(run)
        call.kept.append(callback)
        head.multiply = ctypes.cast(callback, c_void_p)
        return head


def head_gradient(optional: bool = False) -> Parameter:
    """Where the gradients d_hidden and d_weights go."""

    def argument(call: Call) -> Any:
        gradient, head = _HeadGradient(ctypes.sizeof(_HeadGradient)), call.given["linear_head"]
        if optional and call.given["d_hidden"] is None and call.given["d_weights"] is None:
            return None
        for name, to, of in (("d_hidden", gradient.hidden, head.hidden), ("d_weights", gradient.weights, head.weights)):
            given = call.given[name]
            if given is None or given is False:
                continue
            given = call.destination(to, given, name)
            if given is True:
                call.given[name[2:]] = of
            call.output(to.to, given, name, "", "T")
        return byref(gradient)

    return argument
