#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lays out the Markdown of the site in build/docs/source: the pages of docs/pages, pages made from the documents of the
tree (DESIGN.md, ACCURACY.md, …) and from the headers, and KaTeX. Writes the configuration of mkdocs with their names."""
import argparse
import shutil
from pathlib import Path

import yaml

import documents
import reference

root = Path(__file__).resolve().parents[2]


def copy_katex(katex: Path, to: Path) -> None:
    """The script, the style and its fonts. Browsers that can typeset by it read woff2."""
    (to / "fonts").mkdir(parents=True)
    if not (katex / "katex.min.js").exists():
        print(f"There is no KaTeX in {katex}: the pages show the TeX of formulas. Debian has it in libjs-katex.")
        (to / "katex.min.js").write_text(""), (to / "katex.min.css").write_text("")
        return
    for name in ("katex.min.js", "katex.min.css"):
        shutil.copy(katex / name, to / name)
    for font in (katex / "fonts").glob("*.woff2"):
        shutil.copy(font, to / "fonts" / font.name)


def fill(nav: list, name: str, pages: list) -> None:
    next(entry for entry in nav if name in entry)[name] = pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--katex", type=Path, required=True)
    options = parser.parse_args()
    out = options.out.resolve()
    source = out / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(root / "docs/pages", source)
    copy_katex(options.katex, source / "assets/katex")

    config = yaml.safe_load((root / "docs/mkdocs.yml").read_text())
    fill(config["nav"], "Design", documents.write_all(root, source))
    fill(config["nav"], "Reference", reference.write_all(root, source))
    config["markdown_extensions"].append({"pymdownx.snippets": {
        "base_path": [str(root / "docs/snippets"), str(root / "docs/pages"), str(root)],
        "check_paths": True, "dedent_subsections": True}})
    (out / "mkdocs.yml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))


main()
