# SPDX-License-Identifier: MIT
"""Writes tests/c/equal_*.cpp: every function called by C and by C++ with the same arrays, and every option of C
against the option of C++."""
from __future__ import annotations

import c_presets
from c_types import C, Call, array_kinds, by_hand, listed, plain_structs, rooms, upper
from read import root

top = """// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
"""
# Of these the code is not in rlhf::compiled, so that not all of their objectives and types are compiled a second time.
few_objectives = ("preference_pairs", "preference_nll")
few_types = {"kept_log_probs": 2, "kept_log_probs_backward": 2, "vocab_shard_sums": 2, "vocab_shard_backward": 2,
             "logits_divergence": 3}


def array_lines(call: Call, struct) -> tuple[list[str], list[str], list[str]]:
    """Of the arrays of a call: the declarations, the initialisers of C++, and the outputs."""
    lines, cpp, outputs = [], [], []
    for f in struct.fields:
        n, shape = f.name, f.shape
        of = {"uint8": "std::uint8_t", "int64": "std::int64_t", "vocab_shard": "rlhf::vocab_shard"}.get(f.of, f.of)
        if n in ("baselines", "lengths") and struct.name.startswith("group"):  # for other baselines than the default
            continue
        if f.kind == "in":
            lines.append(f'const auto {n} = numbers<{of}>("{n}", "{shape}");')
            if n == "margins" and call.whole.objectives:
                lines.append("if (takes_margins<Objective>) a.margins = read(margins);")
                cpp.append(".margins = takes_margins<Objective> ? rlhf::view<const T>(margins) : rlhf::view<const T>()")
                continue
            rows = shape == "[R, N]"
            cpp.append(f".{n} = rlhf::view({n}.data(), {{.sequences = 2, .steps = 6}})" if rows else f".{n} = {n}")
        elif f.kind == "index":
            lines.append(f'const auto {n} = integers<std::int64_t>("{n}", "{shape}");')
            cpp.append(f".{n} = {n}")
        else:
            lines.append(f'output<{of}> {n}(std::string("{shape}"));')
            cpp.append(f".{n} = rlhf::add_to({n}.cpp, 0.5)" if f.kind == "gradient" else f".{n} = {n}.cpp")
            outputs.append(n)
        two_rows = f"rlhf_read_rows({n}.data(), dtype<T>, 2, 6, 6)"
        value = {"in": two_rows if shape == "[R, N]" else f"read({n})", "index": f"read({n})", "out": f"write({n}.c)",
                 "gradient": f"rlhf_add_to(write({n}.c), 0.5)"}[f.kind]
        lines.append(f"a.{n} = {value};")
    return lines, cpp, outputs


def test(call: Call) -> tuple[str, str]:
    """The function that compares one call, and the section that runs it for all types. It is long: each kind of
    parameter has lines of its own."""
    c, f = call.c, call.whole
    kinds = {p.kind: p for p in f.parameters}
    names = {p.of: p for p in f.parameters}
    head, logits = "linear_head" in names, "logits" in kinds
    lines, cpp, given, outputs = [], [], [], []
    if logits and f.typed:
        lines.append("using T = rlhf::detail::compute_type<E>;")
    for p in f.parameters:
        n = call.parameter(p).split()[-1]
        if p.kind == "batch":
            lines.append(f"const rlhf_batch {n} = c_batch();")
            cpp.append("world::batch()"), given.append(f"&{n}")
        elif p.kind == "groups":
            lines.append("const rlhf_groups groups = c_groups();")
            cpp.append("{.size = 3}"), given.append("&groups")
        elif p.kind == "logits":
            lines += [f"world::logits<E> {n};", f"const rlhf_logits c_{n} = {n}.c();"]
            cpp.append(f"{n}.cpp()"), given.append(f"&c_{n}")
        elif p.kind == "d_logits":
            lines += ["world::d_logits<E> d;", "const rlhf_logits_gradient c_d = d.to_c();"]
            cpp.append("rlhf::add_to(d.to(), 0.5)"), given.append("&c_d"), outputs.append("d")
        elif p.kind == "index":
            lines += [f'const auto {n} = integers<std::int32_t>("{n}", "[B, T]");', f"const rlhf_in c_{n} = read({n});"]
            cpp.append(n), given.append(f"&c_{n}")
        elif p.of == "linear_head":
            lines += ["world::head<T> h;", "const rlhf_linear_head c_h = h.c();"]
            cpp.append("h.cpp()"), given.append("&c_h")
        elif p.of == "linear_head_gradient":
            lines += ["world::d_head<T> d;", "const rlhf_linear_head_gradient c_d = d.to_c();"]
            cpp.append("d.to()"), given.append("&c_d"), outputs.append("d")
        elif p.of == "kept_set":
            lines += ["const world::kept k;", "auto c_k = sized<rlhf_kept_set>();",
                      "c_k.ids = read(k.ids), c_k.offsets = read(k.offsets);"]
            cpp.append("{.ids = k.ids, .offsets = k.offsets}"), given.append("&c_k")
        elif p.of == "top_k_reference":
            lines += ["const world::top_k k;", "auto c_k = sized<rlhf_top_k_reference>();",
                      "c_k.k = 2, c_k.ids = read(k.ids), c_k.log_probs = read(k.log_probs);"]
            cpp.append("{.k = 2, .ids = k.ids, .log_probs = k.log_probs}"), given.append("&c_k")
        elif p.kind == "arrays":
            lines.append(f"auto a = sized<rlhf_{c.real(p.of)}>();")
            more, initialisers, written = array_lines(call, c.interface.structs[p.of])
            lines += more
            outputs += written
            cpp.append("{" + ", ".join(initialisers) + "}"), given.append("&a")
        elif p.kind == "objective":
            cpp.append("objective"), given.append("&c_objective.objective")
        elif p.kind == "moments":
            lines += ['const auto some = numbers<T>("some", "[B, T]");', "const rlhf_in c_some = read(some);",
                      "auto c_m = sized<rlhf_moments>();", "rlhf_batch every = c_batch();",
                      "ok(rlhf_moments_of(&every, &c_some, nullptr, &c_m, &error), error);",
                      "const rlhf::moments m = rlhf::moments_of<T>(world::batch(), some);"]
            cpp.append("m"), given.append("&c_m")
        elif p.kind in ("in", "out"):
            of = "rlhf::vocab_shard" if p.of == "vocab_shard" else p.of
            if p.kind == "in":
                lines += [f'const auto {n} = numbers<{of}>("{n}", "[B, T]");', f"const rlhf_in c_{n} = read({n});"]
                cpp.append(n)
            else:
                lines += [f'output<{of}> {n}(std::string("[B, T]"));', f"const rlhf_out c_{n} = write({n}.c);"]
                cpp.append(f"{n}.cpp"), outputs.append(n)
            given.append(f"&c_{n}")
        elif p.kind == "options":
            given.append("nullptr"), cpp.append("{}")
        elif p.kind == "executor":
            given.append("nullptr")
        else:
            cpp.append(f"{p.default}" if p.kind != "enum" else f"rlhf::{p.default}") if p.default else cpp.append("0")
            given.append(upper(*p.default.split("::")) if p.kind == "enum" else "0")
    result = call.result
    lines.insert(0, "rlhf_error error{};")
    plain = {"double": "double", "counts": "rlhf_counts"}.get(result)
    if plain:
        lines.append(f"{plain} r{{}};")
    elif result != "void":
        lines.append(f"auto r = sized<rlhf_{result}>();")
    if result != "void":
        given.append("&r")
    lines.append(listed(f"ok(rlhf_{call.name}(", given + ["&error"], "), error);").rstrip())
    typed = "<T>" if f.typed else ""
    bound = result != "void" and f.name != "whiten"
    lines.append(listed(f"{'const auto x = ' if bound else ''}rlhf::{f.name}{typed}(", cpp, ");").rstrip())
    if plain:
        lines.append("CHECK(same(r, x));")
    elif bound:
        for member, _, value in c.numbers(c.interface.results[result], "", "x"):
            value = value[len("to_c("):-1] if value.startswith("to_c(") else value
            lines.append(f"CHECK(same(r.{member.split()[-1]}, {value}));")
    lines += [f"CHECK({o}.same());" for o in outputs]
    parameter = "E" if logits else "T"
    generic = logits or head or f.typed
    arguments = "const Objective& objective, const C& c_objective" if f.objectives else ""
    more = ", class Objective, class C" if f.objectives else ""
    template = f"template <class {parameter}{more}>\n" if generic else ""
    body = "".join("    " + line.replace("\n", "\n    ") + "\n" for line in lines)
    types = ["float", "double"] if not logits else ["float", "rlhf::bfloat16", "double", "rlhf::float16"]
    types = types[:few_types.get(call.name, len(types))]
    runs = []
    for objective in (f.objectives if call.name not in few_objectives else ["dpo", "ipo"]) or [""]:
        macro = f"static_cast<const rlhf_{objective}&>(rlhf_{objective} {upper(objective)})"
        cpp_value = "rlhf::gspo{.range = 0.2}" if objective == "gspo" else f"rlhf::{objective}()"
        if objective == "gspo":
            macro = "rlhf_gspo{{sizeof(rlhf_gspo), \"gspo\"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN}"
        value = f"{cpp_value}, {macro}" if objective else ""
        runs += [f"equal_{call.name}<{t}>({value});" for t in types] if generic else [f"equal_{call.name}({value});"]
    return (f"{template}void equal_{call.name}({arguments}) {{\n{body}}}\n",
            f'TEST_CASE("{call.name} of C") {{\n' + "".join(f"    {r}\n" for r in runs) + "}\n\n")


def options(c: C) -> str:
    """Every default of C against the default of C++, and every option where C++ reads it."""
    text = "\n"
    for s in c.interface.structs.values():
        if s.same_as or s.template or s.name in by_hand or s.name in plain_structs:
            continue
        if any(f.kind in ("in", "index") for f in s.fields):
            continue
        objective = s.name in c.objectives()
        new = f"rlhf::{s.name}{{.range = 0.2}}" if s.name == "gspo" else f"rlhf::{s.name}()"
        lines = [f"rlhf_{s.name} o = {upper(s.name)};", f"[[maybe_unused]] const auto x = {new};"]
        after = []
        for i, f in enumerate(s.fields):
            if f.kind in ("double", "int", "bool", "enum"):
                number = {"double": "double", "int": "double", "bool": "bool", "enum": "int"}[f.kind]
                equal = "same(double(o.{0}), double({1}.{0}))" if number == "double" else "int(o.{0}) == int({1}.{0})"
                lines.append(f"CHECK({equal.format(f.name, 'x')});")
                value = {"double": f"{i}.5", "int": str(i + 2), "bool": f"!x.{f.name}", "enum": "1"}[f.kind]
                lines.append(f"o.{f.name} = {value};")
                after.append(f"CHECK({equal.format(f.name, 'y')});")
            elif f.kind == "struct" and c.real(f.of) in plain_structs:
                if f.default:
                    lines.append(f"CHECK((same(o.{f.name}.low, x.{f.name}.low) && "
                                 f"same(o.{f.name}.high, x.{f.name}.high)));")
                lines.append(f"o.{f.name}.low = {i}.25, o.{f.name}.high = {i}.75;")
                after.append(f"CHECK((y.{f.name}.low == {i}.25 && y.{f.name}.high == {i}.75));")
        read = "o" if objective else "&o"
        lines += [f"[[maybe_unused]] const auto y = rlhf::c::of_c(reader, {read});"] + after
        text += f'TEST_CASE("{s.name} of C") {{\n' + "".join(f"    {line}\n" for line in lines) + "}\n"
    return text


def refused(c: C) -> str:
    """A program of C99, and of the oldest C++, that calls every function without arguments and uses every
    initialiser."""
    text = top.replace("//", "/*", 1).replace("MIT\n", "MIT */\n", 1).replace("// Made", "/* Made").replace(
        "headers.\n", "headers. */\n").replace("// clang-format off", "/* clang-format off */")
    text += ("#include <rlhf/c/rlhf.h>\n\n#include <stdio.h>\n#include <string.h>\n\n"
             "/* Every function fails with a message if it is called without arguments. */\nint main(void) {\n"
             "    rlhf_error error;\n    size_t size;\n    int failures = 0;\n"
             "#define REFUSES(call) \\\n    memset(&error, 0, sizeof error); \\\n"
             "    if ((call) != RLHF_BAD_ARGUMENT || strncmp(error.text, \"rlhf::\", 6) != 0) \\\n"
             "    failures++, printf(\"%s: %s\\n\", #call, error.text)\n"
             "/* Initialised structs begin with their size. Behind it arrays and results have zeros, and gradients have\n"
             " * the scale 1. */\n"
             "#define BEGINS(type, initialiser) { \\\n"
             "    const type x = initialiser; \\\n"
             "    size = sizeof x; \\\n"
             "    if (memcmp(&x, &size, sizeof size) != 0) failures++, printf(#initialiser \"\\n\"); }\n"
             "#define ZEROS(type, initialiser, but) { \\\n"
             "    type x = initialiser, zeros; \\\n"
             "    memset(&zeros, 0, sizeof zeros), zeros.size = sizeof zeros, but; \\\n"
             "    if (memcmp(&x, &zeros, sizeof x) != 0) failures++, printf(#initialiser \"\\n\"); }\n")
    calls = [(call.name, call.parameters()) for call in c.calls()]
    calls += [("count", ["batch *", "result *", ""]), ("mask_targets", ["in *", "out *", "index", ""]),
              ("sort_pairs", ["in *", "out *", "out *", ""])]
    calls += [(f"merge_{r.name}", ["into *", "part *", ""]) for r in c.results()]
    for name, parameters in calls:
        arguments = ["NULL" if "*" in p else "0" for p in parameters[:-1]] + ["&error"]
        text += f"    REFUSES(rlhf_{name}({', '.join(arguments)}));\n"
    text += ("    BEGINS(rlhf_batch, RLHF_BATCH);\n    ZEROS(rlhf_groups, RLHF_GROUPS, (void)0);\n"
             "    ZEROS(rlhf_linear_head, RLHF_LINEAR_HEAD, (void)0);\n"
             "    ZEROS(rlhf_linear_head_gradient, RLHF_LINEAR_HEAD_GRADIENT, "
             "zeros.hidden.scale = zeros.weights.scale = 1);\n")
    structs = [s for s in c.interface.structs.values() if not (s.same_as or s.name in by_hand + plain_structs)]
    for s in structs:
        scales = [f"zeros.{f.name}.scale = " for f in s.fields if f.kind == "gradient"]
        arrays = any(f.kind in array_kinds for f in s.fields)
        but = f", {''.join(scales) + '1' if scales else '(void)0'}" if arrays else ""
        text += f"    {'ZEROS' if arrays else 'BEGINS'}(rlhf_{s.name}, {upper(s.name)}{but});\n"
    for r in c.results():
        text += f"    ZEROS(rlhf_{r.name}, {upper(r.name)}, (void)0);\n"
    return text + "    return failures;\n}\n"


def tests(c: C) -> dict[str, str]:
    """All generated tests, by their paths below tests/c."""
    found = {"every_call.c": refused(c)}
    start = f'{top}#include "world.hpp"\n\nusing namespace world;\n\n'
    calls = [call for call in c.calls() if not call.updates]
    for name in rooms:
        text = "".join("".join(test(call)) for call in calls if call.room == name)
        found[f"equal_{name}.cpp"] = start + text
    found["equal_options.cpp"] = (f'{top}#include "world.hpp"\n\n#include <rlhf/c/glue/objectives.hpp>\n\n'
                                  f"using namespace world;\n\nstatic const rlhf::c::reader reader(\"test\");\n"
                                  + options(c))
    headers = sorted((root / "include/rlhf/recipe/preset").glob("*.hpp"))
    includes = "".join(f"#include <rlhf/recipe/preset/{header.name}>\n" for header in headers)
    found["equal_presets.cpp"] = f'{top}#include "presets.hpp"\n\n{includes}\n{c_presets.test(c)}'
    return found
