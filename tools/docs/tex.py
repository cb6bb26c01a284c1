# SPDX-License-Identifier: MIT
"""Formulas of the headers, which are plain text with the signs of Unicode, as TeX.

Words become upright text with their spaces, names with underscores typewriter, one letter a variable. What stands two
or more spaces further right is a remark or a second formula, and is set apart."""
import re
import unicodedata

letters = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "κ": "kappa",
           "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi", "ω": "omega",
           "Δ": "Delta", "Σ": "sum", "∂": "partial", "∞": "infty", "≤": "le", "≥": "ge", "≠": "ne", "±": "pm",
           "∓": "mp", "·": "cdot", "×": "times", "∈": "in", "→": "to", "←": "leftarrow", "≻": "succ", "‖": "Vert",
           "⌊": "lfloor", "⌋": "rfloor", "…": "dots", "≈": "approx"}
functions = ("log", "exp", "max", "min", "sign", "softmax", "clip", "mean", "std", "softplus", "odds", "log1p", "lse")
raised = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᴺᵏᵈᶜʲʸˣʳᵐᵗʰ", "0123456789+-nNkdcjyxrmth"))
lowered = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₜₛᵥᵢⱼₖₙₐ", "0123456789+-tsvijkna"))
name = r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*"


def is_formula(lines: list[str]) -> bool:
    """Most lines relate two things; code and listings do not."""
    text = "\n".join(lines)
    if re.search(r"[;{}]\s*$|\btemplate\b|formula/|::\w+\(", text, re.M) or "|---" in text:
        return False
    # What begins with a name and two spaces, and is not followed by a relation, is a list.
    relations = sum(bool(re.search(r"(?:^|\s)(?:[*+]?=|←|:)\s|[∂Σ√]", line)) for line in lines)
    return 2 * relations >= len(lines)


def closing(text: str, at: int) -> int:
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i
    return len(text) - 1


def named(word: str) -> str:
    """A name: a variable, a variable with an index, a function, or a name of the code."""
    if word in functions:
        return rf"\operatorname{{{word}}}"
    if len(word) == 1:
        return word
    head, _, index = word.partition("_")
    if index and len(head) == 1 and head != "d" and "_" not in index:
        inner = index if len(index) == 1 else rf"\text{{{index}}}"
        return f"{head}_{{{inner}}}"
    code = word.replace("_", r"\_")
    return rf"\texttt{{{code}}}" if index else rf"\text{{{word}}}"


def index_of(text: str, at: int) -> tuple[str, int]:
    """What ^ or _ raises or lowers, from `at` on."""
    if text[at] in "({":
        end = closing(text, at)
        return of(text[at + 1:end]), end + 1
    found = re.compile(r"[A-Za-z]+|.").match(text, at)
    return (rf"\text{{{found[0]}}}" if len(found[0]) > 1 else of(found[0])), found.end()


def fractions(text: str) -> str:
    """∂a/∂b as a fraction, marked by braces that `of` knows."""
    part = r"(\([^()]*\)|[\w′]+(?:\s?log [\wπ]+)?)"
    return re.sub(rf"∂{part}/∂\s?((?:log )?(?:\([^()]*\)|\(Σ [^()]*\)|[\w′ₜᵥⱼₖ]+))", r"⟦∂\1⁄∂\2⟧", text)


def of(text: str) -> str:
    """TeX of one formula or remark."""
    text = unicodedata.normalize("NFC", text)
    out, i = "", 0
    while i < len(text):
        c, rest = text[i], text[i:]
        word = re.match(name + r"(?:::" + name + r")*", rest)
        if c == "⟦":
            end = rest.index("⟧")
            top, bottom = rest[1:end].split("⁄")
            out += rf"\dfrac{{{of(top)}}}{{{of(bottom)}}}"
            i += end + 1
        elif word and not (len(word[0]) > 1 and word[0][0] == "e" and rest[1:2] == "^"):
            found = word[0]
            if "::" in found:
                code = found.replace("_", r"\_")
                out += rf"\texttt{{{code}}}"
            else:
                out += named(found)
            i += len(found)
        elif c in raised:
            run = re.match("[" + "".join(raised) + "]+", rest)[0]
            out += "^{" + "".join(raised[x] for x in run) + "}"
            i += len(run)
        elif c in lowered:
            run = re.match("[" + "".join(lowered) + "]+", rest)[0]
            out += "_{" + "".join(lowered[x] for x in run) + "}"
            i += len(run)
        elif c in "^_" and i + 1 < len(text):
            inner, i = index_of(text, i + 1)
            out += f"{c}{{{inner}}}"
        elif c == "√":
            end = closing(text, i + 1) if text[i + 1:i + 2] == "(" else i + 1
            inner = text[i + 2:end] if text[i + 1:i + 2] == "(" else re.match(name, text[i + 1:])[0]
            out += rf"\sqrt{{{of(inner)}}}"
            i = end + 1 if text[i + 1:i + 2] == "(" else i + 1 + len(inner)
        elif c == " ":
            before = re.search(r"(\w+|[)\]Â,])$", text[:i])
            after = re.match(name, text[i + 1:])
            wide = [w and len(w[0]) > 1 and w[0] not in functions for w in (before, after)]
            relation = re.match(r"[=<>≤≥+\-−·/|,)∈]", text[i + 1:])
            out += r"\ " if before and (wide[1] or (wide[0] and not relation)) else " "
            i += 1
        else:
            out += sign(text, i)
            i += 1
            if i < len(text) and text[i] in "\u0304\u0302":
                accent = r"\bar" if text[i] == "\u0304" else r"\hat"
                out = out[:-len(sign(text, i - 1))] + f"{accent}{{{sign(text, i - 1)}}}"
                i += 1
    # A letter with a macron behind it: c̄ is two characters.
    return re.sub(r"([A-Za-z]|\\[a-z]+ ?)[\u0304]", r"\\bar{\1}", out)


def sign(text: str, i: int) -> str:
    c = text[i]
    if c in letters:
        return "\\" + letters[c] + " "
    special = {"Â": r"\hat{A}", "−": "-", "½": r"\tfrac{1}{2}", "′": "'", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&",
               "#": r"\#", "$": r"\$", "*": r"\cdot ", "⁄": "/", "–": "-", "≔": ":=", "ᵀ": r"^{\top}"}
    return special.get(c, c)


def display(lines: list[str]) -> str:
    """A block of lines as one display, in line at the first relation of each."""
    rows = []
    for line in lines:
        line = fractions(re.sub(r"\s+([*+]=|=|←)\s", r" \1 ", line.rstrip()))
        first, *others = re.split(r"\s{2,}", line.strip())
        left, relation, right = (re.split(r"\s([*+]?=|←|:)\s", first, maxsplit=1) + ["", ""])[:3]
        signs = {"*=": r"\mathrel{{\cdot}{=}}", "+=": r"\mathrel{{+}{=}}", "←": r"\leftarrow", ":": ":"}
        if first.startswith("= "):
            row = "&= " + of(first[2:])
        elif relation:
            row = f"{of(left)} &{signs.get(relation, relation)} {of(right)}"
        else:
            row = "&" + of(first) if line.startswith(" ") or rows else of(first) + " &"
        beside = r" \qquad " if len(first) + sum(map(len, others)) < 85 else r" \\" + "\n" + r"&\qquad "
        rows.append(row + "".join(beside + of(other) for other in others))
    return "$$\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n$$"
