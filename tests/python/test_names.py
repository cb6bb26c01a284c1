# SPDX-License-Identifier: MIT
"""A name that is slightly wrong is answered by the right ones. Options inside options are a dict or a class."""
from __future__ import annotations

import inspect
from typing import Any, Callable

import numpy as np
import pytest
from test_every_function import FUNCTIONS, given

import rlhf
from rlhf import _values
from rlhf.preset import verl

X = np.zeros((2, 3))
BATCH = rlhf.batch(mask=np.ones((2, 3), bool), denominator=rlhf.counted_here)
# Everything that takes arguments by their names.
CALLABLE = sorted(name for name, thing in vars(rlhf).items()
                  if (inspect.isfunction(thing) or inspect.isclass(thing) and "__init__" in vars(thing))
                  and not (inspect.isclass(thing) and issubclass(thing, _values.Result))
                  and thing not in (rlhf.use_isa, rlhf.isa, rlhf.available_isas))
NESTED = sorted((name, option) for name in FUNCTIONS
                for option, p in inspect.signature(getattr(rlhf, name)).parameters.items()
                if "Keywords" in p.annotation)


def ppo(**more: Any) -> rlhf.policy_loss_result:
    return rlhf.ppo_policy_loss(BATCH, **{"log_probs": X, "old_log_probs": X, "advantages": X, **more})


@pytest.mark.parametrize("name", CALLABLE)
def test_every_argument_is_checked(name: str) -> None:
    thing = getattr(rlhf, name)
    known = list(inspect.signature(thing).parameters)
    wrong = known[-1] + "_"
    with pytest.raises(TypeError) as found:
        thing(**{wrong: 1})
    listed = ", ".join(known[:-1]) + " or " * (len(known) > 1) + known[-1]
    assert str(found.value).startswith(f"rlhf::{name}: there is no argument {wrong}, expected {listed}: did you mean ")


SENTENCES: dict[str, Callable[[], Any]] = {
    "ppo_policy_loss: there is no argument clip, expected batch, .* or executor: did you mean clip_range\\?":
        lambda: ppo(clip=0.1),
    "ppo_policy_loss: there is no argument logprobs, expected .*: did you mean log_probs\\?": lambda: ppo(logprobs=X),
    "ppo_policy_loss: there is no argument reward_scale, expected batch, .* or executor$": lambda: ppo(reward_scale=1),
    "gae_options: there is no argument lambda, expected gamma, lambda_ or gaps: did you mean lambda_\\?":
        lambda: rlhf.gae_options(**{"lambda": 1}),
    "adaptive_kl_controller.update: there is no argument sequence, expected kl or sequences: did you mean sequences\\?":
        lambda: rlhf.adaptive_kl_controller(kl_coef=0.1).update(kl=1, sequence=3),  # type: ignore[call-arg]
    "ppo_policy_loss: aggregation is 'token-mean', expected .*: did you mean token_mean\\?":
        lambda: ppo(aggregation="token-mean"),
    "ppo_policy_loss: kl_estimator is 'K3', expected k1, k2, k3 or abs: did you mean k3\\?":
        lambda: ppo(kl_estimator="K3"),
    "ppo_policy_loss: aggregation is 'median', expected token_mean, .* or sequence_mean_token_sum$":
        lambda: ppo(aggregation="median"),
    "importance_weights: level is 'sequence', expected .* or none: did you mean sequence_mean or sequence_product\\?":
        lambda: rlhf.importance_weights(BATCH, log_probs=X, behavior_log_probs=X, weights=True,
                                        level="sequence"),  # type: ignore[arg-type]
    "batch: layout is 'batch', expected batch_first or time_first: did you mean batch_first\\?":
        lambda: rlhf.batch(mask=X > 0, denominator=rlhf.counted_here, layout="batch"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_name_that_is_nearly_right(sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^rlhf::{sentence}"):
        SENTENCES[sentence]()


def test_another_mistake_keeps_its_own_sentence() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'mask'"):
        rlhf.batch(denominator=rlhf.counted_here)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="rlhf::ppo_policy_loss: kl_coef is 'a', expected a number"):
        ppo(kl_coef="a")


def test_arrays_that_were_not_written() -> None:
    with pytest.raises(KeyError, match="the call wrote no array: name d_log_probs in the call, d_log_probs=True"):
        ppo()["d_log_probs"]
    with pytest.raises(KeyError, match="no array d_logprobs, expected d_log_probs: did you mean d_log_probs"):
        ppo(d_log_probs=True)["d_logprobs"]
    with pytest.raises(KeyError, match="no array return, expected advantages or returns: did you mean returns"):
        rlhf.gae(BATCH, rewards=X, values=X, advantages=True, returns=True)["return"]


def other(kind: Any) -> dict[str, Any]:
    """A number that is not the default of an option."""
    name = next(n for n, p in inspect.signature(kind).parameters.items() if p.annotation in ("float", "Range"))
    return {name: 0.25}


@pytest.mark.parametrize("name, option", NESTED)
def test_options_inside_options(name: str, option: str) -> None:
    function = getattr(rlhf, name)
    kind = getattr(rlhf, inspect.signature(function).parameters[option].annotation[len("Union["):].split(",")[0])
    arguments, outputs = given(function)
    values = other(kind)
    by_class, by_dict = function(**arguments, **{option: kind(**values)}), function(**arguments, **{option: values})
    for output in outputs:
        assert np.array_equal(by_class[output], by_dict[output]), output
    filled = {"executor": None, **{p.name: p.default for p in inspect.signature(function).parameters.values()}}
    whole = getattr(rlhf, f"{name.removeprefix('linear_head_')}_options")
    own = {n: filled[n] for n in inspect.signature(whole).parameters}
    assert repr(whole(**{**own, option: values})) == repr(whole(**{**own, option: kind(**values)}))
    assert f"{option}: a dict or {kind.__name__}" in (inspect.getdoc(function) or "")
    wrong = next(iter(values))[:-1]
    with pytest.raises(TypeError, match=f"rlhf::{kind.__name__}: there is no argument {wrong}, .*: did you mean "):
        function(**arguments, **{option: {wrong: 1}})
    with pytest.raises(TypeError, match=f"rlhf::{name}: {option} is a list, expected a dict or rlhf.{kind.__name__}"):
        function(**arguments, **{option: [1]})


def test_a_preset_inside_options() -> None:
    assert NESTED, "functions have options inside options"
    own = rlhf.ppo_loss_options(policy=verl.ppo_policy_loss)
    assert own.policy.contents.dual_clip == verl.ppo_policy_loss["dual_clip"]
