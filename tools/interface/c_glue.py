# SPDX-License-Identifier: MIT
"""Writes what stands between the C interface and the C++ functions."""
from __future__ import annotations

import textwrap

from model import Field
from c_types import (C, Call, array_kinds, by_hand, functions_by_hand, listed, merge_parameters, plain_structs, rooms,
                     signature, upper)

top = """// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

"""
scope = "RLHF_NAMESPACE::c"


def header(includes: list[str], text: str) -> str:
    lines = "".join(f"#include <rlhf/c/{i}>\n" for i in includes)
    return f"{top}{lines}\nnamespace {scope} {{\n\n{text}}} // namespace {scope}\n"


def one_dimensional(field: Field) -> str:
    """An argument that lets a run with a stride in, where an array has one dimension."""
    return ", true" if field.shape and "," not in field.shape else ""


def enum_sizes(c: C) -> str:
    text = ""
    for e in c.interface.enums.values():
        if e.name == "layout":
            continue
        same = [f"int(rlhf::{e.name}::{v.name}) == {upper(e.name, v.name)}" for v in e.values]
        conjunction = [s + " &&" for s in same[:-1]] + same[-1:]
        text += listed("static_assert(", conjunction, ");").replace("&&,", "&&")
    return text + "\n"


def value(c: C, f: Field, o: str = "o") -> str:
    """A field of options as C++ takes it."""
    name = f"{o}.{f.name}"
    if f.kind == "enum" or (f.kind == "optional" and f.of in c.interface.enums):
        return f'r.choice<rlhf::{f.of}>({name}, {len(c.interface.enums[f.of].values)}, "{f.name}")'
    if f.kind == "optional":
        inner = f"*{name}" if f.of == "double" else f"of_c(*{name})"
        return f"{name} ? std::optional<{f.type.split('<')[1][:-1]}>({inner}) : std::nullopt"
    if f.kind == "struct":
        return f"of_c({name})" if c.real(f.of) in plain_structs else f"of_c(r, {name})"
    if f.kind == "bool":
        return f"{name} != 0"
    return f'r.integer({name}, "{f.name}")' if f.of == "int" else name


def braces(values: list[str], indent: str = "    return ", end: str = "};") -> str:
    return listed(indent + "{", values, end)


def options(c: C) -> str:
    text = enum_sizes(c)
    for name in plain_structs:
        if name in by_hand:
            continue
        fields = [f.name for f in c.interface.structs[name].fields]
        opened, closed = ("(", ")") if name.endswith("range") else ("{", "}")
        text += (f"inline rlhf::{name} of_c(const rlhf_{name}& o) {{\n    return rlhf::{name}{opened}"
                 + ", ".join("o." + f for f in fields) + f"{closed};\n}}\n")
    for s in c.interface.structs.values():
        if s.same_as or s.template or s.name in (*by_hand, *plain_structs, *c.objectives()):
            continue
        if any(f.kind in array_kinds for f in s.fields):
            continue
        controller = any(f.name == "updated" and f.parameters[0].of == s.name for f in c.interface.functions)
        text += (f"inline rlhf::{s.name} of_c(const reader& r, const rlhf_{s.name}* given) {{\n"
                 f"    static constexpr rlhf_{s.name} defaults = {upper(s.name)};\n"
                 f'    const auto o = r.known{"" if controller else "_or"}(given, defaults, '
                 f'"{"controller" if controller else "options"}");\n'
                 + braces([f".{f.name} = {value(c, f)}" for f in s.fields]) + "}\n")
        if controller:
            text += (f"inline rlhf_{s.name} to_c(const rlhf::{s.name}& o) {{\n"
                     + braces([f".size = sizeof(rlhf_{s.name})"] + [f".{f.name} = o.{f.name}" for f in s.fields])
                     + "}\n")
    return header(["glue/read.hpp", "library.h"], text + "\n")


def array(f: Field) -> str:
    read = f"a.{f.name}, \"{f.name}\"{one_dimensional(f)}"
    if f.kind == "index":
        return f"r.index({read})"
    if f.kind == "int":
        return f"a.{f.name}"
    of = {"uint8": "std::uint8_t", "int64": "std::int64_t"}.get(f.of, f.of)
    return f"r.{f.kind}<{of}>({read})"


def arrays(c: C, names: list[str]) -> str:
    text = ""
    for s in [c.interface.structs[name] for name in names]:
        if not any(f.kind in array_kinds for f in s.fields):
            continue
        typed = [f for f in s.fields if f.of == "T"]
        if s.template:
            text += (f"inline std::array<typed_array, {len(typed)}> types_of(const rlhf_{s.name}& a) {{\n"
                     + listed("    return {{", [f'{{"{f.name}", a.{f.name}}}' for f in typed], "}};") + "}\n")
        text += ("template <class T>\n" if s.template else "inline ") + (
            f"{s.name}{'<T>' if s.template else ''} of_c(const reader& r, const rlhf_{s.name}& a) {{\n"
            + braces([f".{f.name} = {array(f)}" for f in s.fields]) + "}\n")
    return text


def objectives(c: C) -> str:
    text = ""
    for name in c.objectives():
        s = c.interface.structs[name]
        text += (f"inline rlhf::{name} of_c([[maybe_unused]] const reader& r, const rlhf_{name}& o) {{\n"
                 + braces([f".{f.name} = {value(c, f)}" for f in s.fields]) + "}\n")
    text += "\n"
    families = {f.name: f.objectives for f in c.interface.functions
                if f.objectives and not f.header.startswith("recipe")}
    for family, names in families.items():
        text += (f"/// Calls f with the objective of {family} that C named.\n"
                 f"template <class F>\nauto with_objective_of_{family}(const reader& r, const rlhf_objective* given, "
                 f"F&& f) {{\n    const char* const name = r.name_of(given);\n")
        for n in names:
            text += (f'    if (std::strcmp(name, "{n}") == 0) '
                     f"return f(of_c(r, r.objective<rlhf_{n}>(given, {upper(n)})));\n")
        known = textwrap.wrap(f"{', '.join(names[:-1])} or {names[-1]}", 90, drop_whitespace=False)
        lines = "".join(f'\n           "{line}"' for line in known)
        text += f'    r.fail("objective is %s, expected "{lines},\n           name);\n}}\n'
    return header(["glue/options.hpp"], text + "\n")


def results(c: C) -> tuple[str, str]:
    """The numbers of each result, and what merges two of them."""
    declared, text = "", ""
    plain = [(n, [f.name for f in c.interface.structs[n].fields]) for n in ("covariance_cut",)] + [
        ("counts", ["tokens", "sequences"])]
    for name, fields in plain:
        text += (f"inline rlhf_{name} to_c(const rlhf::{name}& r) {{\n"
                 + braces([f".{f} = r.{f}" for f in fields]) + "}\n")
    for r in c.results():
        members = [f".size = sizeof(rlhf_{r.name})"]
        members += [f".{member.split()[-1]} = {expression}" for member, _, expression in c.numbers(r)]
        text += (f"inline rlhf_{r.name} to_c(const {r.name}& r) {{\n"
                 + listed(f"    rlhf_{r.name} c{{", members + [".state = {}"], "};")
                 + "    store(r, c.state);\n    return c;\n}\n")
        declared += (listed(f"inline rlhf_status merge_{r.name}(", merge_parameters(r.name), ") {") +
                     f'    return merge<{r.name}>("merge_{r.name}", into, part, error);\n}}\n')
    return (header(["glue/state.hpp"], text + "\n"),
            header(["glue/answer.hpp"], declared + "\n"))


def argument(call: Call, p, overload: bool) -> str | None:
    """A parameter as C++ takes it; None where this overload leaves it out."""
    name = call.parameter(p).split()[-1]
    if p is call.optional and not overload:
        return None
    if p.kind == "batch":
        return f'r.batch({name}, "{name}")'
    simple = {"groups": f"r.groups({name})", "executor": "r.executor()", "objective": "o", "arrays": "of_c<T>(r, a)",
              "options": f"of_c(r, {name})", "index": f'r.index(r.there({name}, "{name}"), "{name}")',
              "logits": f'r.logits<E>(r.there({name}, "{name}"), "{name}")',
              "d_logits": f'r.d_logits<E>(r.there({name}, "{name}"))', "moments": f"moments_of_c(r, {name})"}
    if p.kind == "logits" and p.name == "reference":
        return f'r.reference<E>(r.there({name}, "{name}"), "{name}")'
    if p.kind == "index" and p.default:
        return f'{name} != nullptr ? r.index(*{name}, "{name}") : index_view()'
    if p.kind in simple:
        return simple[p.kind]
    if p.kind == "struct":
        own = {"linear_head": "head_.head()", "linear_head_gradient": f"gradient_of_head<T>(r, {name})"}
        return own.get(p.of, f'of_c(r, r.known({name}, rlhf_{p.of}(), "{name}"))')
    if p.kind in ("in", "out"):
        each = ", true" if call.name == "reward_moments" else ""  # one per sequence
        return f'r.{p.kind}<{p.of}>(r.there({name}, "{name}"), "{name}"{each})'
    if p.kind == "enum":
        return f'r.choice<rlhf::{p.of}>({name}, {len(call.c.interface.enums[p.of].values)}, "{name}")'
    return name


def invocation(call: Call, indent: str) -> str:
    """The call of C++, or both calls where something may be left out."""
    f = call.whole
    given = "<T>" if f.typed else ""
    texts = []
    for overload in ([True, False] if call.optional else [True]):
        arguments = [a for a in (argument(call, p, overload) for p in f.parameters) if a]
        head = f"{indent}rlhf::{f.name}{given}("
        end = ");"
        if call.result == "double":
            head = f"{indent}to = rlhf::{f.name}{given}("
        elif call.result == "counts":
            head, end = f"{indent}to = to_c(rlhf::{f.name}(", "));"
        elif call.result != "void" and not (f.name == "whiten" and overload):
            head, end = f"{indent}into.take(rlhf::{f.name}{given}(", "));"
        texts.append(listed(head, arguments, end))
    if not call.optional:
        return texts[0]
    name = call.parameter(call.optional).split()[-1]
    more = f"{indent}    into.take(moments_of_c(r, {name}));\n" if f.name == "whiten" else ""
    deeper = ["    " + t.rstrip("\n").replace("\n", "\n    ") + "\n" for t in texts]
    return f"{indent}if ({name} != nullptr) {{\n{deeper[0]}{more}{indent}}} else {{\n{deeper[1]}{indent}}}\n"


def scopes(call: Call) -> list[list[str]]:
    """The lambdas that give a call its types and its objective: the line that opens each, and the lines that follow."""
    f, kinds = call.whole, {p.kind for p in call.whole.parameters}
    alone = next((p.name for p in f.parameters if p.kind in ("in", "out") and p.of == "T"), None)
    found = []
    if any(p.of == "linear_head" for p in f.parameters):
        found.append(['r.typed(std::array{typed_array("head.hidden", h.hidden)}, [&]<class T>() {',
                      "const bound_head<T> head_(r, h);"])
    elif "logits" in kinds:
        found.append(['r.typed_logits(r.there(logits, "logits"), [&]<class E>() {']
                     + (["using T = detail::compute_type<E>;"] if f.typed else []))
    elif "arrays" in kinds:
        found.append(["r.typed(types_of(a), [&]<class T>() {"])
    elif alone:
        found.append([f'r.typed(std::array{{typed_array("{alone}", r.there({alone}, "{alone}"))}}, [&]<class T>() {{'])
    if f.objectives:
        family = "preference_loss" if f.name.startswith("preference") else f.name
        found.append([f"with_objective_of_{family}(r, objective, [&](const auto& o) {{"])
    return found


def function(call: Call) -> str:
    f = call.whole
    if call.updates:
        rest = [p.split()[-1] for p in call.parameters()[1:-1]]
        return (signature(call, " {", "inline rlhf_status ")
                + f'    return answer("{call.name}", error, [&] {{\n        const reader r("{call.name}");\n'
                f"        const auto next = to_c(rlhf::updated(of_c(r, controller), {', '.join(rest)}));\n"
                f"        place(r, controller).put(next);\n    }});\n}}\n")
    indent, end = " " * 8, "    });\n}\n"
    run = ", run" if any(p.kind == "executor" for p in f.parameters) else ""
    text = signature(call, " {", "inline rlhf_status ")
    text += f'    return answer("{f.name}", error, [&] {{\n{indent}const reader r("{f.name}"{run});\n'
    if call.result in ("double", "counts"):
        text += f'{indent}{"rlhf_counts" if call.result == "counts" else "double"}& to = r.there(result, "result");\n'
    elif call.result != "void":
        text += f"{indent}const place into(r, result);\n"
    for p in f.parameters:
        if p.kind == "arrays":
            text += f'{indent}const auto a = r.known(arrays, rlhf_{call.c.real(p.of)}(), "arrays");\n'
    if any(p.of == "linear_head" for p in f.parameters):
        text += f'{indent}const auto h = r.known(head, rlhf_linear_head(), "head");\n'
    for opened, *inside in scopes(call):
        text += f"{indent}{opened}\n"
        end = f"{indent}}});\n{end}"
        indent += "    "
        text += "".join(f"{indent}{line}\n" for line in inside)
    return text + invocation(call, indent) + end


def glue(c: C) -> dict[str, str]:
    """All generated headers of C++, by their paths below include/rlhf/c."""
    calls, written = c.calls(), set()
    found = {"glue/options.hpp": options(c), "glue/objectives.hpp": objectives(c)}
    found["glue/results.hpp"], found["glue/merges.hpp"] = results(c)
    for name in rooms:
        text = ""
        for call in [call for call in calls if call.room == name]:
            new = [s for s in call.structs() if s not in written]
            written.update(new)
            text += arrays(c, new) + function(call) + "\n"
        lower = ["glue/answer.hpp", "glue/head.hpp", "glue/objectives.hpp"]
        more = [] if name != "recipe" else ["glue/logits.hpp", "glue/policy.hpp", "glue/preference.hpp"]
        found[f"glue/{name}.hpp"] = header(lower + more, text)
    merges = [f"merge_{r.name}" for r in c.results()]
    found["glue/table.hpp"] = table(calls, merges)
    found["glue/entries.hpp"] = entries(c, calls)
    return found


def table(calls: list[Call], merges: list[str]) -> str:
    names = [call.name for call in calls] + merges + [n for n in functions_by_hand if not n.endswith("workspace")]
    lines = " \\\n".join(f"    X({name})" for name in names)
    return (f"{top}#include <rlhf/c/library.h>\n\n/// The functions that are compiled for each instruction set.\n"
            f"#define RLHF_C_FUNCTIONS(X) \\\n{lines}\n\n/// They, for one of them.\nstruct rlhf_c_table {{\n"
            f"    const char* isa;\n#define RLHF_C_MEMBER(name) decltype(&::rlhf_##name) name;\n"
            f"    RLHF_C_FUNCTIONS(RLHF_C_MEMBER)\n#undef RLHF_C_MEMBER\n}};\n")


def entries(c: C, calls: list[Call]) -> str:
    text = ""
    for name, parameters in [(call.name, call.parameters()) for call in calls] + [
            (f"merge_{r.name}", merge_parameters(r.name)) for r in c.results()]:
        arguments = [p.split()[-1] for p in parameters]
        text += listed(f"RLHF_C_ENTRY({name}, (", parameters, "),") + listed("             (", arguments, "))")
    return f"{top}#include <rlhf/c/glue/dispatch.hpp>\n\nextern \"C\" {{\n{text}}}\n"
