# SPDX-License-Identifier: MIT
"""The two pages that lead to all others: the headers by room, and the index of names. `r` is the Reference."""
import re
import sys
from pathlib import Path

from prose import Prose

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interface"))
import read as headers  # noqa: E402

rooms = {"advantage": "Rewards and advantages", "policy": "Policy and value losses", "preference": "Preferences",
         "reward": "Reward model", "logits": "Logits", "recipe": "Recipes: several functions as one",
         "formula": "Objectives and formulas", "core": "Batches, arrays, gradients", "results": "Results",
         "recipe/preset": "Presets", "with": "Other libraries"}


def page_of(header: str) -> str:
    return f"reference/{header.removesuffix('.hpp')}.md"


def first_sentence(comment: str) -> str:
    text = " ".join(comment.split("\n\n")[0].split())
    return re.match(r".*?(?:\.(?= )|:(?= [A-Z])|$)", text)[0].rstrip(":.") + "."


def names(r) -> str:
    p = Prose(r.links, r.objectives, "reference/names.md")
    rows: dict[str, set[str]] = {}

    def add(name: str, what: str, to: str) -> None:
        rows.setdefault(name, set()).add(f"{what} {p.name(to)}" if what else p.name(to))
    i = r.interface
    for name in r.links:
        if "/" not in name and "::" not in name:
            add(name, "", name)
    for s in i.structs.values():
        for f in s.fields if not s.same_as else []:
            add(f.name, "in", s.name)
    for result in i.results.values():
        for g in result.getters if not result.same_as else []:
            add(g.name + ("" if g.field else "()"), "in", result.name)
    for e in i.enums.values():
        for v in e.values:
            add(v.name, "in", e.name)
    text, letter = "# Index of names\n\nFunctions, types, arrays, options, values of enums, and statistics.\n", ""
    for name, where in sorted(rows.items(), key=lambda row: row[0].lower()):
        if name[0].upper() != letter:
            letter = name[0].upper()
            text += f"\n## {letter}\n\n| name | where |\n|---|---|\n"
        text += f"| `{name}` | {', '.join(sorted(where))} |\n"
    return text


def summary(r, header: str) -> str:
    """The first sentence that a header says."""
    for f in r.interface.functions:
        if f.header == header and f.comment and f.name == Path(header).stem:
            return first_sentence(f.comment)
    every = [c for c in r.formulas + r.public if headers.header_of(c) == header and headers.comment_of(c)]
    comments = [f.comment for f in r.interface.functions if f.header == header and f.comment] or \
        [headers.comment_of(c) for c in every]
    return first_sentence(max(comments, key=len)) if comments else ""


def index(r) -> str:
    p = Prose(r.links, r.objectives, "reference/index.md")
    text = "# Reference\n\nOne page per header, made from its comments. Everything is in `namespace rlhf`. T is " \
        "float, or double where the call says `<double>`. [Index of names](names.md)\n"
    for room, title in rooms.items():
        text += f"\n## {title}\n\n| header | |\n|---|---|\n"
        for header in r.pages.get(room, []):
            text += f"| [`{header}`]({page_of(header).removeprefix('reference/')}) | {p.cell(summary(r, header))} |\n"
    return text
