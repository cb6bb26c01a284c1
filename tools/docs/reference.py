# SPDX-License-Identifier: MIT
"""The reference: a page per public header, made from what tools/interface/read.py reads, and an index of names."""
import re
import sys
from pathlib import Path

import examples
import indexes
from indexes import first_sentence, page_of, rooms
from prose import Prose

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interface"))
import read as headers  # noqa: E402

kinds = {"in": "read", "out": "written", "gradient": "gradient", "index": "read", "int": "read"}


def room_of(header: str) -> str:
    return header.rsplit("/", 1)[0]


def in_namespace(cursor, name: str) -> bool:
    parent = cursor.semantic_parent
    return parent is not None and (parent.spelling == name or in_namespace(parent, name))


def breakable(name: str) -> str:
    """A name as code, which a narrow table may break behind underscores."""
    return f"<code>{name.replace('_', '_<wbr>')}</code>"


class Reference:
    def __init__(self, root: Path):
        self.root = root
        unit = headers.parse()
        reader = headers.Reader(unit)
        self.interface = reader.read()
        self.public = [c for c in reader.public if c.spelling not in ("native",)]
        self.formulas = [c for c in headers.declarations(unit.cursor, ("detail",))
                         if headers.header_of(c).startswith("formula/") and in_namespace(c, "formula")]
        self.texts = {str(p.relative_to(root / "include/rlhf")): p.read_text()
                      for p in (root / "include/rlhf").rglob("*.hpp")}
        self.uses = examples.of_names(root)
        self.pages: dict[str, list] = {}
        for header in self.documented():
            self.pages.setdefault(room_of(header), []).append(header)
        self.links = self.find_links()
        self.objectives = {o for f in self.interface.functions for o in f.objectives} | {"gae"}

    def documented(self) -> list[str]:
        found = {f.header for f in self.interface.functions}
        found |= {h for h in self.texts if room_of(h) in ("recipe/preset", "with", "formula")}
        found |= {headers.header_of(c) for c in self.public if c.raw_comment}
        return sorted(h for h in found if "/" in h and not h.startswith(("engine/", "lane/")) and room_of(h) in rooms)

    def find_links(self) -> dict[str, str]:
        """The page, and the place there, of each name."""
        links = {}
        for header in (h for hs in self.pages.values() for h in hs):
            links[header] = page_of(header)
        i = self.interface
        for e in i.enums.values():
            links[e.name] = page_of(e.header) + f"#{e.name}"
            links.update({f"{e.name}::{v.name}": links[e.name] for v in e.values})
        for s in [*i.structs.values(), *i.results.values()]:
            links[s.name] = page_of(s.header) + f"#{s.same_as or s.name}"
        for c in self.public:
            if c.raw_comment and room_of(headers.header_of(c)) in ("core", "results") and c.spelling not in links:
                links[c.spelling] = page_of(headers.header_of(c)) + f"#{c.spelling}"
        for f in i.functions:
            links[f.name] = page_of(f.header) + f"#{f.name}"
        for c in self.formulas:
            if c.raw_comment:
                links[f"formula::{c.spelling}"] = page_of(headers.header_of(c)) + f"#formula-{c.spelling}"
        return {name: to for name, to in links.items() if to.split("#")[0].removeprefix("reference/")[:-3] + ".hpp"
                in {h for hs in self.pages.values() for h in hs}}

    # Parts of a page

    def domain(self, header: str, option: str) -> str:
        """What the checks of a header, or of those that take the same option, allow."""
        others = [] if header.startswith(("core/", "formula/")) else [t for h, t in self.texts.items() if h != header]
        for text in [self.texts[header]] + others:
            found = re.search(rf'(check_\w+)(?:<T>)?\([^,;]*, "{option}"(?:, ([^;]*?))?\);', text)
            if found and found[1] == "check_range":
                low, high = (x.strip() for x in found[2].split(",", 1)[1].rsplit(",", 1)) if found[2].count(",") == 2 \
                    else ("", "")
                if low:
                    return f"{low} to {'the largest finite number' if 'max' in high else high}".replace("unlimited", "∞")
            words = {"check_positive": "> 0", "check_finite": "finite", "check_not_negative": "≥ 0"}
            if found and found[1] in words:
                return words[found[1]]
            within = re.search(rf'within\("{option}", o\.[\w.]+, ([^,]+), ([^)]+)\)', text) if text == \
                self.texts[header] else None
            if within:
                numbers = [x.strip().removesuffix(".0").replace("unlimited", "∞") for x in within.groups()]
                return f"{numbers[0]} to {numbers[1]}"
        return ""

    def arrays(self, p: Prose, struct) -> str:
        rows = ["| array | shape and type | use | meaning |", "|---|---|---|---|"]
        for f in struct.fields:
            element = {"uint8": "uint8", "index": "int32, int64"}.get(f.of or f.kind, f.of) or "T"
            element = "int32, int64" if f.kind == "index" else element
            need = "required" if f.required else "optional"
            comment = f.comment.removeprefix(f.shape).lstrip(" ,;").removeprefix("out").lstrip(" ,;:")
            access = f"{kinds.get(f.kind, f.kind)}, {need}"
            shape = f"`{f.shape}`, " if f.shape else ""
            rows.append(f"| {breakable(f.name)} | {shape}{element} | {access} | {p.cell(comment)} |")
        return "\n".join(rows)

    def options(self, p: Prose, struct) -> str:
        what = "option" if struct.name.endswith("_options") or struct.header.startswith("formula/") else "field"
        rows = [f"| {what} | default | may be | meaning |", "|---|---|---|---|"]
        for f in struct.fields:
            kind = f.of if f.kind in ("enum", "struct") else f.kind
            default = f"`{f.default}`" if f.default not in ("", "{}") else "absent" if f.kind == "optional" else \
                "its defaults" if f.default == "{}" else "none: it must be given"
            allowed = p.name(f.of, here=True) if f.kind in ("enum", "struct") and f.of in self.links else \
                self.domain(struct.header, f.name) or {"bool": "`true`, `false`"}.get(kind, kind)
            rows.append(f"| {breakable(f.name)} | {default} | {allowed} | {p.cell(self.meaning(f))} |")
        return "\n".join(rows)

    def meaning(self, field) -> str:
        """The comment of an option, or of an option of this name and type, or of its enum."""
        if field.comment:
            return field.comment
        others = [f.comment for s in self.interface.structs.values() if s.name.endswith("_options") for f in s.fields
                  if f.name == field.name and f.type == field.type and f.comment and f.comment != field.comment]
        enum = self.interface.enums.get(field.of)
        return others[0] if others else first_sentence(enum.comment) if enum and enum.comment else ""

    def getters(self, p: Prose, result) -> str:
        rows = ["| statistic | type | meaning |", "|---|---|---|"]
        for g in result.getters:
            call = g.name if g.field else f"{g.name}({', '.join(g.parameters)})"
            rows.append(f"| {breakable(call)} | {p.name(g.type)} | {p.cell(self.remark(result, g))} |")
        return "\n".join(rows) + ("\n\nParts join by `+=`." if result.mergeable else "")

    def remark(self, result, getter) -> str:
        """The comment of a statistic, which may stand behind it."""
        behind = re.search(rf" {getter.name}(?:\(\))?.*///< (.*)", self.texts[result.header])
        return getter.comment or (behind[1] if behind else "")

    def enum(self, p: Prose, e) -> str:
        rows = [f"| `rlhf::{e.name}` | meaning |", "|---|---|"]
        rows += [f"| `{v.name}` | {p.cell(v.comment)} |" for v in e.values]
        return "\n".join(rows)

    def signature(self, overloads: list) -> str:
        lines = []
        for f in overloads:
            names = {"b": "batch", "g": "groups", "a": "arrays", "o": "options", "run": "executor", "c": "controller",
                     "d": "gradient", "m": "moments"}
            arguments = ", ".join(names.get(x.name, x.name) + (f" = {x.default}" if x.default else "")
                                  for x in f.parameters)
            line = f"{f.result} rlhf::{f.name}{'<T = float>' if f.typed else ''}({arguments});"
            if line not in lines:
                lines.append(line)
        return "```cpp\n" + "\n".join(lines) + "\n```"

    def cost(self, header: str, name: str) -> str:
        stem = Path(header).stem
        if not (self.root / f"bench/{stem}_bench.cpp").exists():
            return ""
        rows = [line.split("|") for line in (self.root / "docs/pages/performance.md").read_text().split("\n")
                if re.match(rf"\| `\^?{name}/", line)]
        times = "; ".join(f"{r[-5].strip()} ns, {r[-6].strip()}" for r in rows[:2] if len(r) > 6)
        measured = f"{times} ([Performance]({{}})). " if times else ""
        return f"**Cost.** {measured}Measure it: `./dev bench --benchmark_filter={stem}/`"

    def function(self, p: Prose, overloads: list, shown: set[str]) -> str:
        f = overloads[0]
        blocks = [f"## {f.name} {{#{f.name}}}", self.signature(overloads)]
        comments: list[str] = []
        for x in overloads:
            if x.comment and x.comment not in comments:
                comments.append(x.comment)
        blocks += [p.whole(c) if i == 0 else f"**Another form.** {p.whole(c)}" for i, c in enumerate(comments)]
        if f.objectives:
            blocks.append("**Objectives.** " + ", ".join(p.name(o) for o in f.objectives))
        cost = self.cost(f.header, f.name)
        if cost:
            blocks.append(cost.replace("{}", p.to("performance.md")))
        uses = self.uses.get(f.name, [])
        if uses:
            blocks.append("**Examples.** " + ", ".join(f"[{title}]({p.to(to)})" if to else f"`{title}`"
                                                      for title, to in uses[:6]))
        for x in (x for o in overloads for x in o.parameters):
            struct = self.interface.structs.get(x.of)
            if x.kind in ("arrays", "options", "struct") and struct and x.of not in shown:
                shown.add(x.of)
                blocks.append(self.struct(p, struct))
        for x in overloads:
            result = self.interface.results.get(x.result)
            if result and x.result not in shown:
                shown.add(x.result)
                blocks += [f"### {result.name} {{#{result.name}}}"] + ([p.whole(result.comment)] if result.comment else []) + \
                    [self.getters(p, result)]
        return "\n\n".join(blocks)

    def struct(self, p: Prose, s) -> str:
        arrays = any(f.kind in ("in", "out", "gradient", "index") for f in s.fields)
        table = self.arrays(p, s) if arrays else self.options(p, s)
        return "\n\n".join([f"### {s.name} {{#{s.name}}}"] + ([p.whole(s.comment)] if s.comment else []) + [table])

    def page(self, header: str) -> str:
        p = Prose(self.links, self.objectives, page_of(header))
        stem, room = Path(header).stem, room_of(header)
        title = f"# {stem}\n\n```cpp\n#include <rlhf/{header}>\n```"
        if room in ("recipe/preset", "with"):
            return f"{title}\n\n```cpp\n--8<-- \"include/rlhf/{header}\"\n```\n"
        by_name: dict[str, list] = {}
        for f in self.interface.functions:
            if f.header == header:
                by_name.setdefault(f.name, []).append(f)
        by_name = dict(sorted(by_name.items(), key=lambda entry: entry[0] != stem))  # the function with the header's name first
        shown: set[str] = set()
        blocks = [title] + [self.function(p, fs, shown) for fs in by_name.values()]
        for s in self.interface.structs.values():
            if s.header == header and not s.same_as and s.name not in shown:
                shown.add(s.name)
                blocks.append(self.struct(p, s).replace("### ", "## ", 1))
        for r in self.interface.results.values():
            if r.header == header and not r.same_as and r.name not in shown:
                shown.add(r.name)
                blocks.append("\n\n".join([f"## {r.name} {{#{r.name}}}", p.whole(r.comment), self.getters(p, r)]))
        for e in self.interface.enums.values():
            if e.header == header:
                shown.add(e.name)
                blocks.append("\n\n".join([f"## {e.name} {{#{e.name}}}", p.whole(e.comment), self.enum(p, e)]))
        shown |= set(by_name)
        for c in self.formulas if room == "formula" else self.public:
            comment = headers.comment_of(c)
            if headers.header_of(c) == header and comment and (room == "formula" or c.spelling not in shown) and \
                    c.kind != headers.CursorKind.FIELD_DECL and (c.spelling not in shown or "    " in comment):
                prefix = "formula::" if room == "formula" else ""
                anchor = f"formula-{c.spelling}" if room == "formula" else c.spelling
                if anchor not in shown:
                    shown.add(anchor)
                    blocks.append(f"## {prefix}{c.spelling} {{#{anchor}}}\n\n{p.whole(comment)}")
        return "\n\n".join(blocks) + "\n"


def write_all(root: Path, source: Path) -> list:
    """Writes the pages; returns their navigation."""
    reference = Reference(root)
    nav: list = ["reference/index.md", {"Index of names": "reference/names.md"}]
    for room, title in rooms.items():
        entries = []
        for header in reference.pages.get(room, []):
            page = source / page_of(header)
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(reference.page(header))
            entries.append({Path(header).stem: page_of(header)})
        nav.append({title: entries})
    (source / "reference/index.md").write_text(indexes.index(reference))
    (source / "reference/names.md").write_text(indexes.names(reference))
    return nav
