// Formulas are TeX in elements of class arithmatex, as pymdownx.arithmatex leaves them. Without KaTeX they stay TeX.
if (typeof katex !== "undefined")
  for (const e of document.querySelectorAll(".arithmatex")) {
    const display = e.tagName === "DIV";
    katex.render(e.textContent.trim().replace(/^\\[([]|\\[)\]]$/g, ""), e, {displayMode: display, throwOnError: false});
    const wide = e.scrollWidth / e.clientWidth; // on a phone
    if (display && wide > 1) e.style.fontSize = `${Math.max(0.55, 0.98 / wide)}em`;
  }
