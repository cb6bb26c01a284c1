# SPDX-License-Identifier: MIT
"""What the public headers offer, as plain data. read.py fills it; writers of other languages and of pages read it.

    interface.functions   one Function per name and list of parameters, in the order of the headers' names
    interface.structs     options, objectives, arrays, controllers and what else the caller fills in, by name
    interface.results     what functions return, by name
    interface.enums       by name
    interface.constants   such as `unlimited`, by name
    interface.presets     options of trainers and papers

Types are spelled as in C++, without `rlhf::`. `kind` says in one word what to do with a value:

    of a Field          in, out, gradient   an array of `of`: T (the call's type), uint8, int64 or vocab_shard;
                                            gradient: an output with a factor, which may be added to
                        index               integers of 32 or 64 bits that are read
                        double, int, bool   a number; `optional` is a double that may be absent
                        enum, struct        `of` names it
                        callable            something that is called, `of` says with what
    of a Parameter      batch, groups, executor, logits, index
                        arrays, options, struct, moments    a struct, `of` names it
                        d_logits            where the gradient into the logits goes
                        objective           one of the function's objectives
                        in, out, span, int, enum            an array alone, or a number alone
Comments are plain text without slashes; code in them stays indented by four. `shape` is the bracket that begins the
comment of an array, such as "[B, T]".
"""
from __future__ import annotations

import dataclasses
import json
from typing import Any


@dataclasses.dataclass
class Value:
    """One name of an enum, or a constant."""
    name: str
    comment: str = ""


@dataclasses.dataclass
class Enum:
    name: str
    comment: str
    header: str
    values: list[Value]


@dataclasses.dataclass
class Field:
    name: str
    type: str
    kind: str
    of: str = ""
    required: bool = False  # it has no default, or the default is an error
    default: str = ""  # as written in C++; "" if there is none
    comment: str = ""
    shape: str = ""


@dataclasses.dataclass
class Struct:
    name: str
    comment: str
    header: str
    template: bool  # has the parameter T
    fields: list[Field]
    same_as: str = ""  # the struct that this name is an alias of; the fields are that one's


@dataclasses.dataclass
class Getter:
    """A public field or a const function of a result."""
    name: str
    type: str
    comment: str
    field: bool = False
    parameters: list[str] = dataclasses.field(default_factory=list)  # as declared, with defaults


@dataclasses.dataclass
class Result:
    name: str
    comment: str
    header: str
    getters: list[Getter]
    mergeable: bool  # has +=
    bytes: int  # its size on a 64-bit machine
    same_as: str = ""  # the result that this name is an alias of


@dataclasses.dataclass
class Parameter:
    name: str
    type: str
    kind: str
    of: str = ""
    default: str = ""


@dataclasses.dataclass
class Function:
    name: str
    comment: str  # the first overload's, where an overload has none
    header: str  # below include/rlhf
    result: str  # "void", "double", "counts", or the name of a result
    parameters: list[Parameter]
    objectives: list[str]  # the structs that its parameter `objective` may be; else empty
    typed: bool  # has the parameter T of its arrays: float or double


@dataclasses.dataclass
class Preset:
    """A constant of recipe/preset/. Its value is a number, or what its options are beside their defaults: a number, a
    bool, an enum's word, a tuple of two bounds, or options again."""
    space: str  # the namespace, such as verl
    name: str
    type: str
    comment: str
    value: Any


@dataclasses.dataclass
class Interface:
    version: str
    functions: list[Function]
    structs: dict[str, Struct]
    results: dict[str, Result]
    enums: dict[str, Enum]
    constants: dict[str, Value]
    presets: list[Preset]
    spaces: dict[str, str]  # the comments of the presets' namespaces

    def json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1)
