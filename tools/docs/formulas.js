// SPDX-License-Identifier: MIT
// Typesets every formula of a built site and names what KaTeX cannot read: node tools/docs/formulas.js build/docs/site
const fs = require("fs"), path = require("path");
const site = path.resolve(process.argv[2]), katex = require(path.join(site, "assets/katex/katex.min.js"));
let formulas = 0, failed = 0;
for (const page of fs.readdirSync(site, {recursive: true}).filter(name => name.endsWith(".html"))) {
    const text = fs.readFileSync(path.join(site, page), "utf8");
    for (const [, tag, html] of text.matchAll(/<(span|div) class="arithmatex">([\s\S]*?)<\/\1>/g)) {
        const plain = html.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&").trim();
        formulas += 1;
        try {
            katex.renderToString(plain.replace(/^\\[([]|\\[)\]]$/g, ""), {displayMode: tag === "div", strict: "error"});
        } catch (error) {
            failed += 1;
            console.error(`${page}: ${error.message}`);
        }
    }
}
console.log(`${formulas} formulas, ${failed} of them not TeX`);
process.exit(failed ? 1 : 0);
