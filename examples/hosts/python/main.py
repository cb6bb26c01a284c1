# SPDX-License-Identifier: MIT
"""A small model on torch that writes letters, fine-tuned on real text and then rewarded for vowels by GRPO. TRL's and
verl's own losses of the same step stand beside ours, and have to be equal with their gradients of all weights."""
from __future__ import annotations

import pathlib
import sys

import rlhf
import rlhf.torch
import torch
from grpo import group_advantages, grpo_loss
from torch import Tensor, nn
from trainers import installed

LETTERS, LENGTH, PROMPT, PROMPTS, GROUP = 27, 24, 8, 8, 8
TEXT = pathlib.Path(__file__).parents[2] / "instructgpt/data/demonstrations.tsv"
VOWELS = torch.tensor([ord(c) - ord("a") + 1 for c in "aeiou"])


class Model(nn.Module):
    """Predicts the letters after a text, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.memory, self.head = nn.Embedding(LETTERS, 32), nn.GRU(32, 64, batch_first=True), nn.Linear(
            64, LETTERS)

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.head(self.memory(self.embedding(tokens))[0])
        return logits


def sentences() -> Tensor:
    lines = [line.split("\t")[1] for line in TEXT.read_text().splitlines()]
    rows = [[ord(c) - ord("a") + 1 if "a" <= c <= "z" else 0 for c in line[:LENGTH]] for line in lines
            if len(line) >= LENGTH]
    return torch.tensor(rows)


def fine_tune(model: Model, text: Tensor) -> float:
    batch = rlhf.batch(mask=torch.ones_like(text).bool(), denominator=rlhf.counted_here, predict_next=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss = rlhf.torch.cross_entropy_loss(batch, model(text), text)
        loss.backward()
        optimizer.step()
    return loss.item()


@torch.no_grad()
def answers(model: Model, prompts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Texts [B, LENGTH], log-probabilities of their answers, and a mask that ends an answer at its second space."""
    text = prompts
    while text.size(1) < LENGTH:
        text = torch.cat([text, torch.multinomial(model(text)[:, -1].softmax(-1), 1)], 1)
    answer = text[:, PROMPT:]
    spaces = (answer == 0).cumsum(1)
    mask = spaces - (answer == 0).long() < 2
    whole = rlhf.batch(mask=mask, denominator=rlhf.counted_here, predict_next=False)
    old = rlhf.token_log_probs(whole, model(text)[:, PROMPT - 1 : -1].contiguous(), answer.contiguous(),
                               log_probs=True)["log_probs"]
    return text, old, mask


def slopes(model: Model, loss: Tensor) -> Tensor:
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)])


def compare(model: Model, logits: Tensor, answer: Tensor, old: Tensor, advantages: Tensor, mask: Tensor) -> bool:
    """Compares rlhf with the trainers' own code: the loss, and the gradient of all weights."""
    ours = grpo_loss(logits, answer, old, advantages, mask)
    expected, equal = slopes(model, ours), True
    clipped = rlhf.torch.result(ours).clip_fraction
    print(f"{'':8}{'loss':>20}{'gradient off by':>18}    {mask.sum()} tokens, {clipped:.1%} clipped")
    print(f"{'rlhf':8}{ours.item():20.15f}")
    for name, loss in installed().items():
        if loss is None:
            print(f"{name:8}skipped: there is no package {name}")
            continue
        log_probs = logits.log_softmax(-1).gather(-1, answer[..., None])[..., 0]
        theirs = loss(log_probs, old, advantages, mask.to(logits.dtype))
        off = ((slopes(model, theirs) - expected).norm() / expected.norm()).item()
        print(f"{name:8}{theirs.item():20.15f}{off:18.1e}")
        equal &= off < 1e-10 and abs(theirs.item() - ours.item()) < 1e-12
    return equal


def main() -> int:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model, text = Model().double(), sentences()
    print(f"{len(text)} sentences; loss after fine-tuning {fine_tune(model, text):.3f} per letter")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    prompts = text[:PROMPTS, :PROMPT].repeat_interleave(GROUP, 0)
    history, equal = [], True
    for step in range(24):
        sampled, old, mask = answers(model, prompts)
        answer = sampled[:, PROMPT:].contiguous()
        rewards = (torch.isin(answer, VOWELS) & mask).sum(1) / mask.sum(1).double()
        advantages = group_advantages(rewards, GROUP)
        history.append(rewards.mean().item())
        for epoch in range(2):  # the second epoch is off-policy, and clips
            logits = model(sampled)[:, PROMPT - 1 : -1]
            if step == 0 and epoch == 1:
                equal = compare(model, logits, answer, old, advantages, mask)
            optimizer.zero_grad()
            grpo_loss(logits, answer, old, advantages, mask).backward()
            optimizer.step()
    print("share of vowels:", " ".join(f"{r:.2f}" for r in history[::3] + history[-1:]))
    if not equal:
        print("The losses differ.")
    if history[-1] < history[0] + 0.1:
        print("The rewards do not rise.")
    return 0 if equal and history[-1] >= history[0] + 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())
