#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the public headers by libclang into model.Interface; run alone it prints JSON. The headers are the only
description of the library: what other languages and pages say of it is made from here.

It needs libclang's Python package: python3-clang and libclang (apt), or libclang (PyPI).
"""
from __future__ import annotations

import functools
import pathlib
import re
import subprocess
import sys

from clang import cindex
from clang.cindex import AccessSpecifier, CursorKind

from model import Enum, Field, Function, Getter, Interface, Parameter, Result, Struct, Value
from presets import presets

root = pathlib.Path(__file__).resolve().parents[2]
records = (CursorKind.STRUCT_DECL, CursorKind.CLASS_DECL, CursorKind.CLASS_TEMPLATE)
functions = (CursorKind.FUNCTION_DECL, CursorKind.FUNCTION_TEMPLATE)
methods = (CursorKind.CXX_METHOD, CursorKind.FUNCTION_TEMPLATE)
private_namespaces = ("detail", "formula", "lane", "preset")
# What a function hands to the rule of its objective.
terms = {"policy_loss": "sampled_token", "preference_loss": "preferred_pair", "unpaired_loss": "judged_answer"}
# Functions of the caller's side of C++, which are not calls of the library.
helpers = ("per_sequence", "write_to", "add_to", "nll_weights", "part")
# Likewise structs: the shapes that views, gradients and matrix products have in C++.
cpp_only = ("all_t", "counted_here_t", "gradient", "gradient_target", "bfloat16", "float16", "logits_shape",
            "logits_view", "logits_gradient", "product", "matrix_product", "native", "loss_result")


def questions() -> str:
    """C++ whose types answer which function takes which objective: objective_of__gae__dpo is answer<false>."""
    lines = ["template <bool> struct answer;", "template <class O, class Term> constexpr bool takes =",
             "requires(const O& o) { rlhf::formula::objective<O>::template whole<float>(o)(Term()); };"]
    for header in sorted((root / "include/rlhf/formula").glob("*.hpp")):
        for name in re.findall(r"^struct objective<(?:rlhf::)?(\w+)>", header.read_text(), re.MULTILINE):
            lines += [f"using objective_of__{function}__{name} = answer<takes<rlhf::{name}, "
                      f"rlhf::formula::{term}<float>>>;" for function, term in terms.items()]
    return "\n".join(lines) + "\n"


def headers_of_a_compiler() -> list[str]:
    """Headers such as stddef.h, which libclang of PyPI comes without. Clang's own, where they are, come first."""
    found = subprocess.run(["c++", "-print-file-name=include"], capture_output=True, text=True, check=False)
    return [f"-idirafter{found.stdout.strip()}"] if found.returncode == 0 else []


def parse(libclang: str | None = None) -> cindex.TranslationUnit:
    if libclang:
        cindex.Config.set_library_file(libclang)
    headers = ["recipe/linear_head.hpp", "rlhf.hpp"]
    headers += sorted(f"recipe/preset/{h.name}" for h in (root / "include/rlhf/recipe/preset").glob("*.hpp"))
    source = "".join(f"#include <rlhf/{header}>\n" for header in headers) + questions()
    # Registers play no part in what is declared, so xsimd need not be there.
    arguments = ["-std=c++20", "-DRLHF_NO_SIMD", f"-I{root / 'include'}", *headers_of_a_compiler()]
    unit = cindex.Index.create().parse("interface.cpp", arguments, [("interface.cpp", source)])
    errors = [str(d) for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
    if errors:
        sys.exit("The headers do not compile:\n" + "\n".join(errors[:5]))
    return unit


@functools.lru_cache(maxsize=None)
def source_of(file: str) -> bytes:
    return pathlib.Path(file).read_bytes()


def text_of(cursor) -> str:
    """The source text of a cursor on one line."""
    extent = cursor.extent
    text = source_of(extent.start.file.name)[extent.start.offset:extent.end.offset].decode()
    return re.sub(r"\s+", " ", text)


def default_of(cursor) -> str:
    found = re.search(rf"\b{cursor.spelling}\s*=\s*(.*)$", text_of(cursor))
    return plain(found.group(1)) if found else ""


def comment_of(cursor) -> str:
    lines = (cursor.raw_comment or "").splitlines()
    return "\n".join(re.sub(r"^\s*///<? ?", "", line).rstrip() for line in lines).strip("\n")


def plain(spelling: str) -> str:
    """A type or value without qualification, const and reference."""
    spelling = re.sub(r"\b(rlhf|v\d\w*)::", "", spelling)
    spelling = re.sub(r"std::type_identity_t<(.*)>", r"\1", spelling)
    return re.sub(r"^const (.*?) ?&?$", r"\1", spelling).removesuffix(" &").strip()


def declarations(cursor, skipped: tuple[str, ...] = ()):
    """What the library declares, without some namespaces."""
    for child in cursor.get_children():
        file = child.location.file
        if file is None or not file.name.startswith(str(root)):
            continue
        if child.kind != CursorKind.NAMESPACE:
            yield child
        elif child.spelling not in skipped:
            yield from declarations(child, skipped)


def namespaces(cursor, name: str):
    """The library's namespaces of this name; each may be opened several times."""
    for child in cursor.get_children():
        file = child.location.file
        if child.kind == CursorKind.NAMESPACE and file and file.name.startswith(str(root)):
            if child.spelling == name:
                yield child
            else:
                yield from namespaces(child, name)


def header_of(cursor) -> str:
    return pathlib.Path(cursor.location.file.name).relative_to(root / "include" / "rlhf").as_posix()


class Reader:
    def __init__(self, unit: cindex.TranslationUnit):
        self.public = list(declarations(unit.cursor, private_namespaces))
        defined = [c for c in self.public if c.kind in records and c.is_definition()]
        self.records = {c.spelling: c for c in defined}
        self.enum_names = {c.spelling for c in self.public if c.kind == CursorKind.ENUM_DECL}
        every = [c for c in declarations(unit.cursor) if c.kind in records and c.is_definition()]
        self.all = {c.spelling: c for c in every}  # private ones too
        self.objectives = self.read_objectives(unit)
        self.preset_spaces = list(namespaces(unit.cursor, "preset"))

    # Values

    def kind_of(self, type_: str) -> tuple[str, str]:
        """The kind of a field or parameter, and what it is of."""
        array = re.fullmatch(r"view<(const )?(?:std::)?(\w+)>", type_)
        if array:
            return ("in" if array.group(1) else "out"), array.group(2).removesuffix("_t")
        wrapped = re.fullmatch(r"(gradient|std::optional|std::span|matrix_product|logits_view|logits_gradient|"
                               r"linear_head|linear_head_gradient)<(?:std::)?(\w+)>", type_)
        if wrapped:
            name, of = wrapped.groups()
            names = {"std::optional": "optional", "std::span": "span", "matrix_product": "callable",
                     "logits_view": "logits", "logits_gradient": "d_logits"}
            return names.get(name, "gradient" if name == "gradient" else "struct"), (
                name if name.startswith("linear_head") else of)
        words = {"index_view": "index", "double": "double", "bool": "bool", "int": "int", "std::int64_t": "int",
                 "extent": "int", "batch": "batch", "groups": "groups", "executor": "executor", "moments": "moments",
                 "Objective": "objective", "D": "d_logits"}
        if type_ in words:
            return words[type_], {"int": "int", "std::int64_t": "int64", "extent": "int64"}.get(type_, "")
        name = type_.removesuffix("<T>")
        if name in self.enum_names:
            return "enum", name
        return "struct", name

    def field(self, cursor) -> Field:
        type_ = plain(cursor.type.spelling)
        kind, of = self.kind_of(type_)
        default, comment = default_of(cursor), comment_of(cursor)
        shape = re.match(r"(\[[^\]]*\])", comment)
        required = not default or "required" in default
        return Field(cursor.spelling, type_, kind, of, required, "" if required else default, comment,
                     shape.group(1) if shape else "")

    # Declarations

    def struct(self, name: str, cursor, same_as: str = "") -> Struct:
        fields = [self.field(c) for c in cursor.get_children() if c.kind == CursorKind.FIELD_DECL]
        template = cursor.kind == CursorKind.CLASS_TEMPLATE
        return Struct(name, comment_of(cursor), header_of(cursor), template, fields, same_as)

    def members(self, cursor) -> tuple[list[Getter], bool]:
        """What a result and its bases tell, and whether it has +=."""
        getters, mergeable = [], False
        for child in cursor.get_children():
            if child.kind == CursorKind.CXX_BASE_SPECIFIER:
                base = re.match(r"(?:\w+::)*(\w+)(?:<.*?(\w+)>)?$", plain(child.type.spelling))
                inherited, joins = self.members(self.all[base.group(1)])
                counted = self.statistics(base.group(2))
                getters += [g for g in inherited if g.name != "nonfinite" or "nonfinite" in counted]
                mergeable |= joins
            if child.access_specifier != AccessSpecifier.PUBLIC:
                continue
            if child.kind == CursorKind.FIELD_DECL:
                getters.append(Getter(child.spelling, plain(child.type.spelling), comment_of(child), True))
            elif child.kind in methods and child.spelling == "operator+=":
                mergeable = True
            elif child.kind == CursorKind.CXX_METHOD and child.is_const_method() and (
                    not child.spelling.startswith("operator") and child.spelling != "sums"):
                arguments = [plain(text_of(a)) for a in child.get_arguments()]
                getters.append(Getter(child.spelling, plain(child.result_type.spelling), comment_of(child), False,
                                      arguments))
        return getters, mergeable

    def statistics(self, name: str | None) -> set[str]:
        """The names in the statistics of a loss_result."""
        found = self.all.get(name)
        return {c.spelling for c in found.get_children() if c.kind == CursorKind.FIELD_DECL} if found else set()

    def result(self, name: str, cursor, same_as: str = "") -> Result:
        getters, mergeable = self.members(cursor)
        return Result(name, comment_of(cursor), header_of(cursor), getters, mergeable, cursor.type.get_size(), same_as)

    def read_objectives(self, unit) -> dict[str, list[str]]:
        """The objectives of each function that takes one."""
        found: dict[str, list[str]] = {function: [] for function in terms}
        for cursor in unit.cursor.get_children():
            if cursor.spelling.startswith("objective_of__"):
                _, function, name = cursor.spelling.split("__")
                if "true" in cursor.underlying_typedef_type.get_canonical().spelling:
                    found[function].append(name)
        found["preference_pairs"] = found["preference_nll"] = found["preference_loss"]
        return found

    @staticmethod
    def repeat_comments(structs: dict[str, Struct]) -> None:
        """Options that stand in two structs are described in one; the other says so at the first of them."""
        for struct in structs.values():
            of: dict[str, str] = {}
            for field in struct.fields:
                named = re.fullmatch(r"this and what follows: as in (\w+)", field.comment)
                of = {f.name: f.comment for f in structs[named.group(1)].fields} if named else of
                field.comment = of.get(field.name, field.comment)

    def function(self, cursor, comment: str) -> Function:
        arguments = [c for c in cursor.get_children() if c.kind == CursorKind.PARM_DECL]
        templates = [c.spelling for c in cursor.get_children() if c.kind == CursorKind.TEMPLATE_TYPE_PARAMETER]
        parameters = []
        for c in arguments:
            type_ = plain(c.type.spelling)
            kind, of = self.kind_of(type_)
            if type_.endswith(("_arrays<T>", "_options")):
                kind = "arrays" if type_.endswith(">") else "options"
            parameters.append(Parameter(c.spelling, type_, kind, of, default_of(c)))
        takes_objective = any(p.kind == "objective" for p in parameters)
        objectives = self.objectives[cursor.spelling] if takes_objective else []
        return Function(cursor.spelling, comment, header_of(cursor), plain(cursor.result_type.spelling), parameters,
                        objectives, "T" in templates)

    def read(self) -> Interface:
        enums, structs, results, constants, found = {}, {}, {}, {}, []
        comments: dict[str, str] = {}
        for c in self.public:
            name = c.spelling
            if c.kind == CursorKind.ENUM_DECL:
                values = [Value(v.spelling, comment_of(v)) for v in c.get_children()]
                enums[name] = Enum(name, comment_of(c), header_of(c), values)
            elif c.kind == CursorKind.VAR_DECL:
                constants[name] = Value(name, comment_of(c))
            elif name in cpp_only:
                continue
            elif c.kind in records and c.is_definition() and not header_of(c).startswith(("engine/", "core/view")):
                result = name.endswith("_result") or name in ("loss_sums", "comparison_sums", "divergence_sums",
                                                              "moments", "counts")
                if result:
                    results[name] = self.result(name, c)
                elif c.kind != CursorKind.CLASS_DECL:
                    structs[name] = self.struct(name, c)
            elif c.kind in (CursorKind.TYPE_ALIAS_DECL, CursorKind.TYPE_ALIAS_TEMPLATE_DECL):
                of = re.search(r"= (?:rlhf::)?(\w+)", text_of(c))
                target = of and self.records.get(of.group(1))
                if target and name.endswith("_result"):
                    results[name] = self.result(name, target, of.group(1))
                elif target:
                    structs[name] = self.struct(name, target, of.group(1))
            elif c.kind in functions and name not in helpers and not name.startswith("<"):
                comments.setdefault(name, comment_of(c))
                found.append(self.function(c, comment_of(c) or comments[name]))
        self.repeat_comments(structs)
        version = ".".join(re.findall(r"#define RLHF_VERSION_\w+ (\d+)",
                                      (root / "include/rlhf/config.hpp").read_text()))
        found.sort(key=lambda f: (f.header.startswith("recipe"), f.name))
        ready = {c.spelling: c for c in self.public if c.kind == CursorKind.VAR_DECL}
        constant = [p for space in self.preset_spaces for p in presets(space, "", ready, plain, comment_of)]
        spaces = {c.spelling: comment_of(c) for space in self.preset_spaces for c in space.get_children()}
        return Interface(version, found, structs, results, enums, constants, constant, spaces)


def read(libclang: str | None = None) -> Interface:
    return Reader(parse(libclang)).read()


if __name__ == "__main__":
    print(read(sys.argv[1] if len(sys.argv) > 1 else None).json())
