// Formulas are TeX in elements of class arithmatex, as pymdownx.arithmatex leaves them. Without KaTeX they stay TeX.
if (typeof katex !== "undefined") {
  const all = [...document.querySelectorAll(".arithmatex")];
  for (const e of all) {
    const display = e.tagName === "DIV";
    katex.render(e.textContent.trim().replace(/^\\[([]|\\[)\]]$/g, ""), e, {displayMode: display, throwOnError: false});
  }
  // Formulas that are wider than a phone become smaller, once their fonts are there.
  if (innerWidth < 700) Promise.allSettled([...document.fonts].map(font => font.load())).then(() => {
    for (const e of all.filter(e => e.tagName === "DIV" && e.scrollWidth > e.clientWidth))
      e.style.fontSize = `${Math.max(0.55, 0.98 * e.clientWidth / e.scrollWidth)}em`;
  });
}
