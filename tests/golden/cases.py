# SPDX-License-Identifier: MIT
"""How cases are written, and the random numbers and the mask that they share. In double."""

import pathlib

import torch

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent


class Writer:
    """A text file of cases: `case <name>`, then one `<key> <number>…` per line."""

    def __init__(self, path, about):
        self.file = open(path, "w")
        print(f"# Written by generate.py, which says how to run it, with {about}.", file=self.file)

    def note(self, text):
        print(f"# {text}", file=self.file)

    def case(self, name, **arrays):
        print(f"case {name}", file=self.file)
        for key, value in arrays.items():
            flat = torch.as_tensor(value).detach().double().reshape(-1).tolist()
            print(key, *(repr(x).removesuffix(".0") for x in flat), file=self.file)


def leaf(x):
    return x.detach().clone().requires_grad_(True)


def normal(*shape, deviation=1.0):
    return (torch.randn(*shape) * deviation * 1e4).round() / 1e4  # short decimals keep the files small


MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]]).double()


def mean_over(mask, x):
    return torch.where(mask > 0, x, 0.0).sum() / mask.sum()
