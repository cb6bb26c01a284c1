# SPDX-License-Identifier: MIT
"""The comments of the headers as Markdown: formulas typeset, tables, code, names linked to their pages."""
import re

import tex

labels = {"Throws": "Errors", "Source:": "Source", "Edges:": "Edge cases"}


class Prose:
    """Writes Markdown for one page. `links` has the pages of names; `page` is the page that is written."""

    def __init__(self, links: dict[str, str], objectives: set[str], page: str):
        self.links, self.objectives, self.page = links, sorted(objectives), page

    def to(self, target: str) -> str:
        """The link from this page to another one."""
        return "../" * self.page.count("/") + target

    def name(self, name: str, here: bool = False) -> str:
        """A name of the code, with a link if it has a page that is not this one, or a place here that is asked for."""
        target = self.links.get(name.removeprefix("rlhf::").removesuffix("()"))
        if target is None or (target.split("#")[0] == self.page and not here):
            return f"`{name}`"
        return f"[`{name}`]({self.to(target)})"

    def words(self, text: str) -> str:
        """Running text: names become code, arXiv numbers links, and signs of Markdown are escaped."""
        pattern = (r"(?P<code>`[^`]+`)|(?P<arxiv>arXiv:\d{4}\.\d{5})|(?P<decision>DESIGN\.md, D\d+(?: and D\d+)?)|"
                   r"(?P<file>\b[a-z_]+/[a-z_]+\.(?:hpp|cpp)\b)|"
                   r"(?P<name>(?:rlhf::|formula::|std::)[\w:]+(?:\(\))?|"
                   r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?:::\w+|\.\w+|\(\))*|\b(?:[a-z_]+\.)*[a-z_]+\(\)|\b[a-z_]+::\w+)|"
                   r"(?P<index>[\u0370-\u03ff]_[a-z]+\b)|"
                   r"(?P<array>(?<![\w\]])\[[^\]\s]+(?:, [^\]\s]+)*\](?!\[))|(?P<word>\b(?:" + "|".join(self.objectives) + r")\b)|(?P<sign>[<>*_\[\]\\{}])")

        def change(m: re.Match) -> str:
            if m["code"]:
                return self.name(m["code"][1:-1]) if re.fullmatch(r"[\w:]+", m["code"][1:-1]) else m["code"]
            if m["arxiv"]:
                return f"[{m[0]}](https://arxiv.org/abs/{m[0][6:]})"
            if m["file"]:
                return self.name(m[0]) if m[0] in self.links else f"`{m[0]}`"
            if m["name"]:
                return self.name(m[0])
            if m["index"]:
                return f"{m[0][0]}<sub>{m[0][2:]}</sub>"
            if m["array"]:
                return f"`{m[0]}`"
            if m["decision"]:
                return re.sub(r"D(\d+)", lambda d: f"[{d[0]}]({self.to(f'design/d{int(d[1]):02}.md')})", m[0][11:])
            if m["word"]:
                return self.name(m[0])
            return {"<": "&lt;", ">": "&gt;", "{": "&#123;", "}": "&#125;"}.get(m[0], "\\" + m[0])
        return re.sub(pattern, change, text)

    def cell(self, text: str) -> str:
        return "".join(part if part.startswith("`") else part.replace("|", "\\|")
                       for part in re.split(r"(`[^`]*`)", self.words(" ".join(text.split()))))

    def block(self, lines: list[str]) -> str:
        """What is indented: a table, formulas, code or a listing."""
        if "|---" in "".join(lines):
            return "\n".join(self.row(line) for line in lines)
        if tex.is_formula(lines):
            return tex.display(lines)
        rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
        if len(rows) > 1 and {len(row) for row in rows} == {2}:
            return "| | |\n|---|---|\n" + "\n".join(f"| {self.cell(a)} | {self.cell(b)} |" for a, b in rows)
        code = re.search(r"[;{]$|^(?:\w+\(|template|const |for |if |\w+\.\w+ = )", "\n".join(lines), re.M)
        return "```" + ("cpp" if code else "text") + "\n" + "\n".join(lines) + "\n```"

    def row(self, line: str) -> str:
        if "|---" in line:
            return line
        return "| " + " | ".join(self.words(cell.strip()) for cell in line.strip().strip("|").split("|")) + " |"

    def paragraph(self, lines: list[str]) -> str:
        text = " ".join(line.strip() for line in lines)
        for word, label in labels.items():
            if text.startswith(word):
                rest = text if word == "Throws" else text[len(word):].strip()
                rest = rest if re.match(r"\w+::", rest) else rest[0].upper() + rest[1:]
                return f"**{label}.** {self.words(rest)}"
        if text.startswith("Arrays are"):
            return f"**Arrays.** {self.words(text)}"
        return self.words(text)

    def blocks(self, comment: str) -> list[str]:
        """A comment as a list of paragraphs and blocks."""
        found, lines, kind = [], [], ""

        def end() -> None:
            nonlocal lines
            if lines:
                found.append(self.block([x[4:] for x in lines]) if kind == "code" else self.paragraph(lines))
            lines = []
        for line in comment.split("\n"):
            now = "" if not line.strip() else "code" if line.startswith("    ") else "text"
            item = line.startswith("- ")
            if item or (now != kind and not (kind == "item" and now == "text")):
                end()
                kind = "item" if item else now
            if now:
                lines.append(line)
        end()
        return found

    def whole(self, comment: str) -> str:
        return "\n\n".join(self.blocks(comment))
