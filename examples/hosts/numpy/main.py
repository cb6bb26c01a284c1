# SPDX-License-Identifier: MIT
"""GRPO of a table of letters on numpy: its logits behind each letter. It continues sentences, and a verifier likes
vowels. grpo.py has the lines that users of numpy write. Checked: gradients of the table against central differences of
the loss, and that rewards rise."""
from __future__ import annotations

import pathlib
import sys
from typing import Any

import numpy as np
from grpo import grpo

LETTERS, SEQUENCES, GROUP, STEPS, PROMPT = 27, 32, 8, 16, 6
TEXT = pathlib.Path(__file__).parents[2] / "instructgpt/data/demonstrations.tsv"
VOWELS = [ord(c) - ord("a") + 1 for c in "aeiou"]
random = np.random.default_rng(1)


def sentences() -> Any:
    lines = [line.split("\t")[1] for line in TEXT.read_text().splitlines()]
    rows = [[ord(c) - ord("a") + 1 if "a" <= c <= "z" else 0 for c in line[:STEPS]] for line in lines
            if len(line) >= STEPS]
    return np.array(rows[:SEQUENCES])


def answer(table: Any, prompts: Any) -> dict[str, Any]:
    """Draws the letters after each prompt, one by one. The reward is the share of vowels."""
    tokens, old = prompts.copy(), np.zeros((SEQUENCES, STEPS))
    log_p = table - np.log(np.exp(table).sum(1, keepdims=True))
    for t in range(PROMPT, STEPS):
        row = log_p[tokens[:, t - 1]]
        tokens[:, t] = (np.exp(row).cumsum(1) < random.random((SEQUENCES, 1))).sum(1).clip(max=LETTERS - 1)
        old[:, t - 1] = np.take_along_axis(row, tokens[:, t : t + 1], 1)[:, 0]
    is_answer = np.broadcast_to(np.arange(STEPS) >= PROMPT, tokens.shape)
    return {"tokens": tokens, "is_answer": is_answer, "old_log_probs": old,
            "rewards": np.isin(tokens[:, PROMPT:], VOWELS).mean(1)}


def gradient(table: Any, rollout: dict[str, Any]) -> tuple[float, Any]:
    """The loss, and its gradient with respect to the table."""
    logits, d = table[rollout["tokens"]], np.zeros_like(table)
    result = grpo(logits, **rollout, group_size=GROUP)
    np.add.at(d, rollout["tokens"], logits)
    return result.loss, d


def worst_difference(table: Any, rollout: dict[str, Any]) -> tuple[float, float]:
    """The largest difference between the gradient and central differences, and the largest slope."""
    d, worst, largest, h = gradient(table, rollout)[1], 0.0, 0.0, 1e-5
    for place in zip(*np.unravel_index(range(0, table.size, 5), table.shape)):
        losses = []
        for by in (h, -h):
            moved = table.copy()
            moved[place] += by
            losses.append(gradient(moved, rollout)[0])
        slope = (losses[0] - losses[1]) / (2 * h)
        worst, largest = max(worst, abs(slope - d[place])), max(largest, abs(slope))
    return worst, largest


def main() -> int:
    table, text, history, worst, largest = np.zeros((LETTERS, LETTERS)), sentences(), [], 1.0, 0.0
    for step in range(40):
        rollout = answer(table, np.repeat(text[(step + np.arange(SEQUENCES // GROUP)) % SEQUENCES], GROUP, 0))
        history.append(rollout["rewards"].mean())
        if step == 0:
            worst, largest = worst_difference(table, rollout)
        table -= 100 * gradient(table, rollout)[1]
    print(f"gradients: largest {largest:.3f}, off central differences by at most {worst:.1e}")
    print("share of vowels:", " ".join(f"{r:.2f}" for r in [*history[::5], history[-1]]))
    # A loss has an error of some 2⁻⁵³, which differences divide by 10⁻⁵.
    return 0 if worst < 1e-9 and largest > 1e-3 and history[-1] > history[0] + 0.2 else 1


if __name__ == "__main__":
    sys.exit(main())
