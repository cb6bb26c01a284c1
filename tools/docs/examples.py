# SPDX-License-Identifier: MIT
"""Which pages and programs call a function."""
import re
from pathlib import Path


def sections(text: str) -> dict[str, str]:
    """The parts of a snippet between its marks; "" is the whole."""
    found = {"": text}
    for name in re.findall(r"--8<-- \[start:(\w+)\]", text):
        found[name] = text.split(f"[start:{name}]")[1].split(f"[end:{name}]")[0]
    return found


def anchor(heading: str) -> str:
    """The anchor that Markdown's toc makes of a heading."""
    text = re.sub(r"[^\w\s-]", "", heading.encode("ascii", "ignore").decode()).strip().lower()
    return re.sub(r"[-\s]+", "-", text)


def of_names(root: Path) -> dict[str, list[tuple[str, str]]]:
    """For each function of rlhf: titles and links of pages that show a call, then programs, which have no link."""
    found: dict[str, list[tuple[str, str]]] = {}

    def add(text: str, title: str, to: str) -> None:
        for name in set(re.findall(r"rlhf::(\w+)[(<]", text)):
            if (title, to) not in found.setdefault(name, []):
                found[name].append((title, to))
    snippets = {p.name: sections(p.read_text()) for p in (root / "docs/snippets").glob("*.?pp")}
    for page in sorted((root / "docs/pages").rglob("*.md"), key=lambda p: (p.name != "tasks.md", p)):
        heading, title = "", ""
        for line in page.read_text().split("\n"):
            if line.startswith("#"):
                heading = line.lstrip("#").strip()
                title = title or heading
            used = re.match(r'\s*--8<-- "([\w.]+)(?::(\w+))?"', line)
            if used and used[1] in snippets and not (line.startswith(" ") and not used[2]):
                at = str(page.relative_to(root / "docs/pages"))
                name = heading if at == "tasks.md" else title
                add(snippets[used[1]][used[2] or ""], name, f"{at}#{anchor(heading)}" if at == "tasks.md" else at)
    for program in sorted((root / "examples").glob("*.cpp")):
        add(program.read_text(), f"examples/{program.name}", "")
    return found
