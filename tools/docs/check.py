#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what people read, from the text alone.

- C++, C and Python on a page are parts of a file that is compiled or run; that file and that part are there
- files that are linked exist, and so do anchors, so that links work in the repository as well; and pages link only
  what the site has
- what stands in backticks as a name of the code is a name of the code; so are options in examples of calls
- no pattern of tools/docs/english.txt is in a document, a page, a header or another source: in comments, messages and
  names of tests
- README.md has at most 100 lines
- with the path of a built site: nothing on it is loaded from the network, and its links lead to pages and places
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import examples  # noqa: E402
from documents import pages as of_documents  # noqa: E402

root = Path(__file__).resolve().parents[2]
complaints: list[str] = []


def complain(path: Path, line: int, what: str) -> None:
    complaints.append(f"{path.relative_to(root)}:{line}: {what}")


def lines_of(path: Path):
    """The lines of a Markdown file with their numbers, and whether they are in a fenced block of which language."""
    fence = None
    for number, line in enumerate(path.read_text().split("\n"), 1):
        mark = re.match(r"\s*```+\s*(\w*)", line)
        if mark:
            fence = None if fence is not None else mark[1]
            continue
        yield number, line, fence


def code_is_compiled(path: Path) -> None:
    for number, line, fence in lines_of(path):
        part = re.match(r'\s*--8<-- "([^":]+)(?::([^"]+))?"', line)
        if part:
            files = [root / "docs/snippets" / part[1], root / "docs/pages" / part[1], root / part[1]]
            file = next((f for f in files if f.exists()), None)
            if file is None:
                complain(path, number, f"there is no {part[1]}")
            elif part[2] and not part[2][0].isdigit() and f"[start:{part[2]}]" not in file.read_text():
                complain(path, number, f"{part[1]} has no part {part[2]}")
        elif fence in ("cpp", "c", "python") and line.strip():
            complain(path, number, "code that no test runs: put it into docs/snippets/ and include it")


def anchors_of(path: Path) -> set[str]:
    return {examples.anchor(line.lstrip("#")) for _, line, fence in lines_of(path)
            if fence is None and line.startswith("#")}


def is_page(path: Path) -> bool:
    return root / "docs/pages" in path.parents


def links_work(path: Path) -> None:
    for number, line, fence in lines_of(path):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)) if fence is None else []:
            if re.match(r"https?:", target):
                continue
            file, _, anchor = target.partition("#")
            to = (path.parent / file).resolve() if file else path
            if not to.exists() and target != "reference/names.md":  # which only the site has
                complain(path, number, f"there is no {target}")
            elif anchor and to.suffix == ".md" and anchor not in anchors_of(to):
                complain(path, number, f"{file or path.name} has no #{anchor}")
            elif is_page(path) and not is_page(to) and (root / "include/rlhf") not in (to, *to.parents) and \
                    to.relative_to(root).as_posix() not in of_documents:
                complain(path, number, f"the site has no page of {target}")


def words_of(folders: list[str]) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        path = root / folder
        for file in [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file() and "data" not in f.parts]:
            found |= set(re.findall(r"\w+", str(file.relative_to(root))))
            if file.suffix in (".hpp", ".cpp", ".txt", ".cmake", ".py", ".sh", ".json", ".md", ".cu", ".in", "", ".h"):
                found |= set(re.findall(r"\w+", file.read_text(errors="replace")))
    return found


def names_exist(path: Path, public: set[str], any_code: set[str]) -> None:
    for number, line, fence in lines_of(path):
        for code in re.findall(r"`([^`]+)`", line) if fence is None else []:
            for name in re.findall(r"(?:rlhf::(?:\w+::)*|(?<![\w/.])\.)([a-z]\w*)", code):
                if name not in public and not re.search(r"\.(cpp|hpp|md|py|npz|json|html|txt)\b", code):
                    complain(path, number, f"`{code}`: the headers have no {name}")
            for name in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", code):
                if name not in any_code:
                    complain(path, number, f"`{code}`: there is no {name}")


def english_is_plain(path: Path, text: str, patterns: list) -> None:
    any_of_them = re.compile("|".join(f"(?:{pattern})" for pattern, _ in patterns))
    for number, line in enumerate(text.split("\n"), 1):
        line = re.sub(r"`[^`]*`|^// expect .*", "", line)  # which quotes a compiler
        for pattern, instead in patterns if any_of_them.search(line) else []:
            found = re.search(pattern, line)
            if found:
                complain(path, number, f'"{found[0].strip()}": write {instead}')


def sources() -> list[Path]:
    """What else people read: comments, messages and names of tests, and the documents of folders."""
    kinds = (".hpp", ".cpp", ".h", ".c", ".cu", ".py", ".cmake", ".sh", ".md", ".rs")
    found = [root / "dev"]
    for folder in ("bench", "cmake", "docs", "examples", "packaging", "python", "tests", "tools"):
        found += [f for f in (root / folder).rglob("*") if f.suffix in kinds or f.name == "CMakeLists.txt"]
    return [f for f in found if f.is_file() and not {"data", "build"} & set(f.parts)]


def site_is_whole(site: Path) -> None:
    """Nothing is loaded from the network, and links lead to files and places that are there."""
    texts = {page.resolve(): page.read_text() for page in site.rglob("*.html")}
    places = {page: set(re.findall(r' id="?([^"\s>]+)', text)) for page, text in texts.items()}
    for page, text in texts.items():
        for link in set(re.findall(r'<a [^>]*href="([^"]+)"', text)):
            file, _, place = link.partition("#")
            to = (page.parent / file).resolve() if file else page
            if re.match(r"[a-z]+:", link) or page.name == "404.html":
                continue
            if not to.exists():
                complaints.append(f"{page}: there is no {link}")
            elif place and to in places and place not in places[to] and place != "__skip":
                complaints.append(f"{page}: {file} has no place {place}")
        for url in re.findall(r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)"', text) + \
                re.findall(r'<link[^>]+rel="(?:stylesheet|preload|preconnect|icon)"[^>]+href="(https?:[^"]+)"', text):
            complaints.append(f"{page}: {url} is loaded from the network")


def main() -> None:
    pages = sorted((root / "docs/pages").rglob("*.md"))
    documents = [root / name for name in of_documents]
    for page in pages:
        code_is_compiled(page)
    public = words_of(["include/rlhf"])
    any_code = public | words_of(["examples", "tests", "bench", "tools", "cmake", "docs/snippets", "dev", "CMakeLists.txt"])
    for page in pages + documents:
        links_work(page)
    for page in pages + [root / "README.md"]:
        names_exist(page, public, any_code)
    patterns = [tuple(line.split("\t")) for line in (root / "tools/docs/english.txt").read_text().split("\n")
                if line and not line.startswith("#")]
    headers = sorted(f for f in (root / "include/rlhf").rglob("*.*") if f.suffix in (".hpp", ".h"))
    for path in sorted(set(pages + documents + headers + sources()) - {root / "docs/pages/english.md"}):
        english_is_plain(path, path.read_text(), patterns)
    lines = (root / "README.md").read_text().count("\n")
    if lines > 100:
        complaints.append(f"README.md has {lines} lines, more than 100: what explains belongs to docs/pages")
    for site in sys.argv[1:]:
        site_is_whole(Path(site))
    if complaints:
        sys.exit("\n".join(complaints))
    print(f"{len(pages) + len(documents)} pages and {len(headers)} headers are as they should be")


main()
