# SPDX-License-Identifier: MIT
# mypy: disable-error-code="no-untyped-call"
"""The two nodes of autograd behind rlhf.torch: a loss, and a function that has its own backward pass."""
from __future__ import annotations

from typing import Any, Callable, Optional, TypeVar, Union

import torch
from torch import Tensor

from ._arrays import per_sequence
from ._batch import batch
from ._call import Function
from ._values import Result

Input = Union[Tensor, per_sequence]  # an argument without a gradient
F = TypeVar("F", bound=Callable[..., Any])


def _untraced(function: F) -> F:
    """The function, at whose calls torch.compile breaks its graph: it cannot look into ctypes."""
    found: F = torch.compiler.disable(function)
    return found


# They are marked here, because they themselves do not know torch.
batch.__init__ = _untraced(batch.__init__)  # type: ignore[method-assign]
Function.__call__ = _untraced(Function.__call__)  # type: ignore[method-assign]


def _once() -> None:
    """Raises for second derivatives: backward passes are not parts of a graph, so they would be wrong silently."""
    if torch.is_grad_enabled():
        raise RuntimeError("rlhf.torch has no second derivatives: call backward without create_graph=True")


def _inputs(given: dict[str, Any], names: list[str]) -> list[Any]:
    """Tensors by their names; hidden states and weights of a linear head are in the head."""
    head = given.get("linear_head")
    found = {n: getattr(head, n) if head and n in ("hidden", "weights") else given[n] for n in names}
    for name, array in found.items():
        if isinstance(array, per_sequence):
            raise TypeError(f"rlhf.torch: {name} is per_sequence, through which no gradient flows: expand it")
    return [*found.values()]


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, function: Callable[..., Any], given: dict[str, Any], names: list[str],
                *inputs: Optional[Tensor]) -> Any:
        wanted = {f"d_{n}": True for n, need in zip(names, ctx.needs_input_grad[3:]) if need}
        found = function(**{**given, **wanted})
        ctx.save_for_backward(*(found[name] for name in wanted))
        wide = next(x for x in inputs if x is not None).dtype == torch.float64
        return torch.tensor(found.loss, dtype=torch.float64 if wide else torch.float32), found

    @staticmethod
    def backward(ctx: Any, slope: Tensor, _: Any) -> Any:
        _once()
        slopes = iter(ctx.saved_tensors)
        return (None, None, None, *(next(slopes) * slope if need else None for need in ctx.needs_input_grad[3:]))


@_untraced
def loss(function: Callable[..., Any], given: dict[str, Any], learned: str, outputs: str = "") -> Tensor:
    """The loss of a function whose sweep also computes the gradients. Gradients flow to the inputs of these names."""
    names, given = learned.split(), {**given, **dict.fromkeys(outputs.split(), True)}
    made, found = _Loss.apply(function, given, names, *_inputs(given, names))
    made.rlhf_result = found
    tensor: Tensor = made
    return tensor


@_untraced
def result(loss: Tensor) -> Any:
    """The statistics of a loss of this module: the result of rlhf's function of the same name."""
    found: Optional[Result] = getattr(loss, "rlhf_result", None)
    if found is None:
        raise ValueError("rlhf.torch.result: this tensor was not returned by a loss of rlhf.torch")
    return found


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, forward: Callable[..., Any], backward: Callable[..., Any], given: dict[str, Any],
                names: list[list[str]], *inputs: Optional[Tensor]) -> Any:
        learned, outputs, saved, again = names
        found = forward(**given, **dict.fromkeys(outputs + saved, True))
        kept = {n: given[n] for n in again if n not in learned} | {n: found[n] for n in saved}
        tensors = {n: x for n, x in kept.items() if isinstance(x, Tensor)}
        ctx.run, ctx.names = backward, [*names, [*tensors]]
        ctx.given = {n: x for n, x in kept.items() if n not in tensors}
        ctx.save_for_backward(*inputs, *tensors.values())
        ctx.set_materialize_grads(False)
        return tuple(found[n] for n in outputs)

    @staticmethod
    def backward(ctx: Any, *slopes: Optional[Tensor]) -> Any:
        _once()
        learned, outputs, saved, again, tensors = ctx.names
        needed = ctx.needs_input_grad[4:]
        if all(d is None for d in slopes):
            return (None, None, None, None, *(None for _ in needed))
        given = ctx.given | {n: x for n, x in zip(learned + tensors, ctx.saved_tensors) if n in again + saved}
        given |= {f"d_{n}": None if d is None else d.contiguous() for n, d in zip(outputs, slopes)}
        found = ctx.run(**given, **{f"d_{n}": need for n, need in zip(learned, needed)})
        made = found if isinstance(found, dict) else found.outputs
        return (None, None, None, None, *(made[f"d_{n}"] if need else None for n, need in zip(learned, needed)))


@_untraced
def through(forward: Callable[..., Any], backward: Callable[..., Any], given: dict[str, Any], learned: str,
            outputs: str, saved: str, again: str) -> Any:
    """The outputs of a function whose backward pass is another function. The names are of the inputs with a gradient,
    of the outputs, of other arrays that the forward pass passes on to the backward pass, and of arrays that both take.
    """
    names = [learned.split(), outputs.split(), saved.split(), again.split()]
    return _Through.apply(forward, backward, given, names, *_inputs(given, names[0]))
