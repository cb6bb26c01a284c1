// SPDX-License-Identifier: MIT
// The style sheet of the reports, in light and dark.
#pragma once

namespace page {

inline constexpr const char* style =
    R"css(:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1d232a; --soft: #5c6773; --rule: #d9dde2;
  --box: #f2f3f0; --c0: #0b69a3; --c1: #c75000; --c2: #3c7d3a; --c3: #8a4fa3; --c4: #a8223c; --c5: #6b6f76;
  --c6: #9a7400; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e5e8eb; --soft: #9aa5b1; --rule: #343b43;
  --box: #1e2329; --c0: #63b3ed; --c1: #f6a15b; --c2: #7cc67a; --c3: #c79be0; --c4: #f28b9b; --c5: #a5abb3;
  --c6: #e0bf55; } }
body { margin: 0 auto; max-width: 58rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin-bottom: .3rem; } h2 { margin-top: 2.8rem; font-size: 1.35rem; }
h3 { margin-top: 1.8rem; font-size: 1.08rem; } h4 { margin: 0 0 .4rem; font-size: .95rem; }
p.lead, .soft, figcaption { color: var(--soft); }
.note { border-left: 4px solid var(--c1); background: var(--box); padding: .6rem 1rem; }
.formula { text-align: center; font: 1.06rem/1.7 Georgia, serif; margin: 1rem 0; overflow-x: auto; }
.formula sub { font-size: .72em; }
pre { background: var(--box); padding: .8rem 1rem; overflow-x: auto; font-size: .7rem; line-height: 1.5;
  border-radius: 4px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } table.text td { white-space: normal; text-align: left; }
table.text th { text-align: left; } td small { color: var(--soft); }
figure { margin: 1.4rem 0; } svg { max-width: 100%; } figure > svg { width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--rule); } .faint { stroke: var(--rule); stroke-dasharray: 1 3; } .axis { stroke: var(--soft); }
.line { fill: none; stroke: var(--c); stroke-width: 2; }
.dashed { stroke-dasharray: 5 4; } .dot { fill: var(--c); stroke: var(--paper); } .bar { fill: var(--c); }
svg text.heading { fill: var(--ink); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); }
.key { display: inline-flex; align-items: center; gap: .35rem; margin-right: 1rem; font-size: .85rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 1.5rem; }
svg.narrow { display: none; }
@media (max-width: 58rem) { table { font-size: .72rem; } th, td { padding: .3rem .25rem; } }
@media (max-width: 36rem) { body { padding: 1rem .7rem 3rem; } h1 { font-size: 1.5rem; }
  svg.wide, .spare { display: none; } svg.narrow { display: block; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem .5rem; font-size: .6rem; }
  table { font-size: .68rem; } th, td { white-space: normal; padding: .25rem .2rem; vertical-align: top; } }
)css";

} // namespace page
