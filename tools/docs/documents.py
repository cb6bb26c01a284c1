# SPDX-License-Identifier: MIT
"""Pages from the documents of the tree. DESIGN.md becomes a page per decision."""
import re
from pathlib import Path

pages = {"DESIGN.md": "design/index.md", "ACCURACY.md": "numerics.md", "PRESETS.md": "presets.md",
         "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "README.md": "index.md",
         "examples/instructgpt/README.md": "demo.md", "examples/hosts/README.md": "hosts.md",
         "packaging/README.md": "packages.md"}
titles = {"DESIGN.md": "Design", "ACCURACY.md": "Accuracy", "PRESETS.md": "Presets", "CONTRIBUTING.md": "Contributing"}
labels = ("Context", "Decision", "Edges", "Rejected", "Result", "Price", "Tested", "Not proven", "Bits")


def relative(page: str, target: str) -> str:
    """The link from one page of the site to another."""
    return "../" * page.count("/") + target


def decision_page(number: str) -> str:
    return f"design/d{int(number):02}.md"


def outside_code(line: str, change) -> str:
    """The line, changed where it is neither code nor a link."""
    return "".join(part if part[:1] in "`[" else change(part)
                   for part in re.split(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))", line) if part)


def each_line(text: str, change) -> str:
    """The text, changed line by line outside fenced blocks and headings."""
    lines, fenced = [], False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        lines.append(line if fenced or line.startswith("#") else change(line))
    return "\n".join(lines)


def pipes(line: str) -> str:
    """In the code of a table a pipe needs a backslash for GitHub, and none for this Markdown."""
    return re.sub(r"`[^`]*`", lambda m: m[0].replace("\\|", "|"), line) if line.startswith("|") else line


def with_decisions(text: str, page: str, known: set[str]) -> str:
    """The names of decisions, as D30, become links to their pages."""
    def link(match: re.Match) -> str:
        return f"[D{match[1]}]({relative(page, decision_page(match[1]))})" if match[1] in known else match[0]
    return each_line(text, lambda line: outside_code(pipes(line), lambda part: re.sub(
        r"\barXiv:(\d{4}\.\d{5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", re.sub(r"\bD(\d{1,2})\b", link, part))))


def with_links(text: str, page: str, known: set[str]) -> str:
    """Links between documents become links between pages; links to other files become their names."""
    def link(match: re.Match) -> str:
        label, target, anchor = match[1], match[2], match[3] or ""
        if target.startswith("http") or not target:
            return match[0]
        if target in pages:
            label = titles.get(label, label)
            return f"[{label}]({relative(page, pages[target])}{anchor})"
        return label if "`" in label else f"`{target}`"
    pattern = r"\[([^\]]+)\]\(([^)#\s]*)(#[^)\s]*)?\)"
    return with_decisions(each_line(text, lambda line: re.sub(pattern, link, line)), page, known)


def of_tree(text: str, page: str) -> str:
    """The links of docs/pages lead to files of the tree, so that they work in the repository: here to their pages."""
    def link(match: re.Match) -> str:
        target = match[1]
        if target.startswith("include/rlhf"):
            target = "reference/" + re.sub(r"\.hpp$", ".md", target.removeprefix("include/rlhf/") or "index.md")
        return f"]({relative(page, pages.get(target, target))}{match[2]}"
    return re.sub(r"\]\((?:\.\./)+((?:include/rlhf/|[A-Z]+\.md|examples/|packaging/)[^)#\s]*)([^)]*\))", link, text)


def decision(number: str, title: str, body: str) -> str:
    """A page: the title, each part (context, decision, …) as a paragraph that begins with its name, and a link."""
    for label in labels:
        body = re.sub(rf"(^|(?<=[.)] )){label}: ", rf"\n\n**{label}.** ", body, flags=re.M)
    body = re.sub(r"^- \*([^*]+?)\.\*(?= )", r"\n**\1.**", body, flags=re.M)
    body = re.sub(r"\*\*([a-z])", lambda m: "**" + m[1].upper(), body)
    body = re.sub(r"\n{3,}", "\n\n", body)
    return f"# D{number}. {title}\n\n{body.strip()}\n\n[The words of these pages](DESIGN.md#words)\n"


def write_design(root: Path, source: Path) -> list:
    text = (root / "DESIGN.md").read_text()
    introduction, decisions = text.split("\n## Decisions\n")
    parts = re.split(r"^\*\*D(\d+)\. (.+?)\.?\*\* ?", decisions, flags=re.M)
    found = list(zip(parts[1::3], parts[2::3], parts[3::3]))
    known = {number for number, _, _ in found}
    (source / "design").mkdir()
    index = introduction + "\n## Decisions\n\n" + parts[0].strip() + "\n\n| | decision |\n|---|---|\n"
    nav: list = ["design/index.md"]
    for number, title, body in found:
        page = decision_page(number)
        index += f"| D{number} | [{title}](d{int(number):02}.md) |\n"
        (source / page).write_text(with_links(decision(number, title, body), page, known))
        nav.append({f"D{number}. {title}": page})
    (source / "design/index.md").write_text(with_links(index, "design/index.md", known))
    return nav


def write_all(root: Path, source: Path) -> list:
    """Writes the pages; returns the navigation of the design's."""
    nav = write_design(root, source)
    known = set(re.findall(r"^\*\*D(\d+)\.", (root / "DESIGN.md").read_text(), flags=re.M))
    for document, page in pages.items():
        if document in ("DESIGN.md", "README.md"):
            continue
        text = re.sub(r"^   (?=\S)", "    ", (root / document).read_text(), flags=re.M)  # lists in lists need four
        text = with_links(text, page, known)
        (source / page).write_text(text)
    for path in (root / "docs/pages").rglob("*.md"):
        page = str(path.relative_to(root / "docs/pages"))
        (source / page).write_text(with_decisions(of_tree(path.read_text(), page), page, known))
    return nav
