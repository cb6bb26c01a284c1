# SPDX-License-Identifier: MIT
"""Writes the declarations of the C interface: enums, objectives, results, and one header per folder of functions."""
from __future__ import annotations

import re

from c_types import (C, Call, by_hand, comment, declared, listed, merge_parameters, plain_structs, rooms,
                     signature, summary, upper)

made = "/* SPDX-License-Identifier: MIT */\n/* Made by tools/interface/write_c.py from the C++ headers. */\n"


def say_in_c(c: C) -> None:
    """Names of C++ in comments become names of C."""
    i = c.interface
    said = [*i.functions, *i.enums.values(), *i.structs.values(), *i.results.values()]
    said += [v for e in i.enums.values() for v in e.values]
    said += [f for s in i.structs.values() for f in s.fields]
    said += [g for r in i.results.values() for g in r.getters] + i.presets
    words = {r"batch\{\.steps = (\w+), …\}": r"batch.steps = \1", "rlhf::no_whitening": "center = scale = 0",
             "rlhf::per_sequence": "rlhf_read_per_sequence", "rlhf::unlimited": upper("unlimited"),
             r"rlhf::(\w+)": r"rlhf_\1"}
    words |= {rf"\b{e.name}::{v.name}\b": upper(e.name, v.name) for e in i.enums.values() for v in e.values}

    def in_c(text: str) -> str:
        for cpp, of_c in words.items():
            text = re.sub(cpp, of_c, text)
        return text

    for thing in said:
        thing.comment = in_c(thing.comment)
    i.spaces = {space: in_c(text) for space, text in i.spaces.items()}


def guarded(name: str, includes: list[str], text: str) -> str:
    guard = upper("c", name, "h")
    lines = "".join(f"#include <rlhf/c/{i}.h>\n" for i in includes)
    return (f"{made}#ifndef {guard}\n#define {guard}\n\n{lines}\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n{text}"
            f"#ifdef __cplusplus\n}}\n#endif\n\n#endif\n")


def enums(c: C) -> str:
    text = ""
    for e in c.interface.enums.values():
        if e.name == "layout":
            continue
        last = len(e.values) - 1  # behind which older C++ has no comma
        values = [(upper(e.name, v.name) + f" = {i}" + "," * (i < last), v.comment) for i, v in enumerate(e.values)]
        members = declared(values, "")
        text += (comment(e.comment) if e.comment else "") + f"typedef int64_t rlhf_{e.name};\nenum {{\n{members}}};\n\n"
    return guarded("enums", ["types"], text)


def initialiser(c: C, name: str, values: list[str]) -> str:
    """The macro of a struct. It names every member in its order, because older C++ has no other way."""
    lines = c.initialiser(f"#define {upper(name)} {{", name, values, "}")
    return lines.rstrip("\n").replace("\n", " \\\n") + "\n"


def struct(c: C, name: str) -> str:
    """The struct of options, arrays or an objective, and its initialiser."""
    s = c.interface.structs[name]
    members = [c.member(f) for f in s.fields]
    objective = name in c.objectives()
    if objective:
        members.insert(0, ("rlhf_objective objective", ""))
    elif name not in plain_structs:
        members.insert(0, ("size_t size", ""))
    text = (comment(summary(s.comment)) if s.comment else "")
    text += f"typedef struct rlhf_{name} {{\n{declared(members)}}} rlhf_{name};\n"
    if name not in plain_structs:
        text += initialiser(c, name, [c.default(f) for f in s.fields])
    return text + "\n"


def objectives(c: C) -> str:
    plain = [struct(c, n) for n in plain_structs if n not in by_hand]
    return guarded("objectives", ["enums"], "".join(plain + [struct(c, n) for n in c.objectives()]))


def results(c: C) -> str:
    text = ""
    for r in c.results():
        members = [("size_t size", "")] + [n[:2] for n in c.numbers(r)]
        if r.mergeable:
            members.append((f"uint64_t state[{1 + (r.bytes + 7) // 8}]", "what merging adds up; 0: of no tokens"))
        text += comment(r.comment.replace("join by +=", "join by merging")) if r.comment else ""
        text += f"typedef struct rlhf_{r.name} {{\n{declared(members)}}} rlhf_{r.name};\n"
        zeros = {"rlhf_counts": "{0, 0}", "rlhf_covariance_cut": "{0, 0, 0}", "uint64_t": "{0}"}
        text += initialiser(c, r.name, [zeros.get(m.split()[0], "0") for m, _ in members[1:]])
        if r.mergeable:
            text += listed(f"rlhf_status rlhf_merge_{r.name}(", merge_parameters(r.name), ");")
        text += "\n"
    return guarded("results", ["objectives"], text)


def function(call: Call) -> str:
    words = summary(call.comment) + f"\n\nMore: <rlhf/{call.whole.header}>"
    if call.optional:
        name = call.parameter(call.optional).split()[-1]
        words += f". {name} may be NULL."
    if call.updates:
        words += ". The controller is changed in place."
    if call.whole.objectives:
        words += "\n\nObjectives: " + ", ".join(f"rlhf_{o}" for o in call.whole.objectives)
    return comment(words) + signature(call, ";")


def room(c: C, name: str, calls: list[Call], written: set[str]) -> str:
    text = ""
    for call in calls:
        for needed in call.structs():
            if needed not in written and needed not in plain_structs and needed not in by_hand:
                written.add(needed)
                text += struct(c, needed)
        text += function(call) + "\n"
    includes = ["results"] if name != "recipe" else [r for r in rooms if r != "recipe"]
    return guarded(name, includes, text)


def headers(c: C) -> dict[str, str]:
    """All generated headers of C, by their paths below include/rlhf/c."""
    say_in_c(c)
    calls, written = c.calls(), set()
    found = {"enums.h": enums(c), "objectives.h": objectives(c), "results.h": results(c)}
    for name in rooms:
        found[f"{name}.h"] = room(c, name, [call for call in calls if call.room == name], written)
    return found
