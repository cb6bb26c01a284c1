// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the fixed words of the report.
#pragma once

namespace page {

inline constexpr const char* head = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Miniature InstructGPT</title>
<style>
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1d232a; --soft: #5c6773; --rule: #d9dde2; --box: #f2f3f0;
  --c0: #0b69a3; --c1: #c75000; --c2: #3c7d3a; --c3: #8a4fa3; --c4: #a8223c; --c5: #6b6f76; --c6: #9a7400; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e5e8eb; --soft: #9aa5b1; --rule: #343b43;
  --box: #1e2329; --c0: #63b3ed; --c1: #f6a15b; --c2: #7cc67a; --c3: #c79be0; --c4: #f28b9b; --c5: #a5abb3;
  --c6: #e0bf55; } }
body { margin: 0 auto; max-width: 44rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin-bottom: .3rem; } h2 { margin-top: 2.8rem; font-size: 1.35rem; }
h3 { margin-top: 1.8rem; font-size: 1.08rem; } h4 { margin: 0 0 .4rem; font-size: .95rem; }
p.lead, .soft, figcaption { color: var(--soft); }
.note { border-left: 4px solid var(--c1); background: var(--box); padding: .6rem 1rem; }
.formula { text-align: center; font: 1.06rem/1.7 Georgia, serif; margin: 1rem 0; overflow-x: auto; }
.formula sub { font-size: .72em; }
pre { background: var(--box); padding: .8rem 1rem; overflow-x: auto; font-size: .8rem; line-height: 1.45;
  border-radius: 4px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } table.text td { white-space: normal; text-align: left; }
table.text th { text-align: left; } td small { color: var(--soft); }
figure { margin: 1.4rem 0; } svg { max-width: 100%; } figure > svg { width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); } .line { fill: none; stroke: var(--c); stroke-width: 2; }
.dashed { stroke-dasharray: 5 4; } .dot { fill: var(--c); stroke: var(--paper); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); }
.key { display: inline-flex; align-items: center; gap: .35rem; margin-right: 1rem; font-size: .85rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 1.5rem; }
</style></head><body>
<h1>Miniature InstructGPT</h1>
<p class="lead">The experiment of Ouyang et al. 2022, <i>Training language models to follow instructions with human
feedback</i> (arXiv:2203.02155), on six novels, in about a minute. Every loss and every gradient comes from the
library rlhf.</p>
<p class="note"><b>The labellers are simulated.</b> No person judged anything in this run. A rule with noise, built on
ten human ratings of each word, stands in for labellers; the same rule without noise is the referee ("gold").</p>
)html";

inline constexpr const char* task = R"html(<h2>The task</h2>
<p>A prompt is a word, and the instruction is <i>write one kind, complete sentence about it</i>. A simulated labeller
likes a response that says the word, has a warm tone, comes to an end, does not repeat itself and has at least four
words:</p>
<p class="formula">u = 1·[topic] + 1.25·tone ± ½·[finished] − ½·repeats − ¾·[under 4 words] + noise</p>
<p>The tone is Σ / √(Σ² + 15), where Σ adds one of the ten ratings of each word, drawn for each labeller and word, so
that labellers differ.</p>
)html";

inline constexpr const char* step1 = R"html(<h2>Step 1: supervised fine-tuning</h2>
<p>The small model (embeddings, one hidden layer, a softmax) is pretrained on the novels and then tuned on
demonstrations: real sentences, each with a topic that it contains.</p>
<p class="formula">loss(φ) = −E<sub>(x, y) ~ demonstrations</sub>
Σ<sub>t</sub> log π<sub>φ</sub>(y<sub>t</sub> | x, y<sub>&lt;t</sub>)</p>
)html";

inline constexpr const char* step2 = R"html(<h2>Step 2: the reward model</h2>
<p>The tuned model answers each prompt K = 4 … 9 times. A simulated labeller ranks the answers, and a copy of the model
with a scalar head learns from all pairs of a prompt at once (equation 1 of the paper):</p>
<p class="formula">loss(θ) = −1/C(K, 2) · E<sub>(x, y<sub>w</sub>, y<sub>l</sub>)</sub>
log σ(r<sub>θ</sub>(x, y<sub>w</sub>) − r<sub>θ</sub>(x, y<sub>l</sub>))</p>
)html";

inline constexpr const char* step3 = R"html(<h2>Step 3: reinforcement learning</h2>
<p>The policy, which starts as the SFT model, writes; the reward model scores; β keeps it near the SFT model, and γ
keeps it good at its old task (equation 2; γ = 0 is PPO, γ = 1 is PPO-ptx here):</p>
<p class="formula">objective(φ) = E<sub>(x, y) ~ π<sub>φ</sub></sub>
[ r<sub>θ</sub>(x, y) − β log [π<sub>φ</sub>(y | x) / π<sub>SFT</sub>(y | x)] ]
+ γ E<sub>x ~ pretraining</sub> [ log π<sub>φ</sub>(x) ]</p>
<h3>Sample and score</h3>
<p>Rewards with the KL penalty, generalised advantage estimation and whitening are one call:</p>
<p class="formula">R<sub>t</sub> = −β (log π − log π<sub>SFT</sub>)<sub>t</sub> + [last] r<sub>θ</sub>,&emsp;
δ<sub>t</sub> = R<sub>t</sub> + γ V<sub>t+1</sub> − V<sub>t</sub>,&emsp;
Â<sub>t</sub> = δ<sub>t</sub> + γλ Â<sub>t+1</sub></p>
)html";

inline constexpr const char* learn = R"html(<h3>Learn</h3>
<p>The clipped surrogate and the value loss, with the gradients into the logits and the values:</p>
<p class="formula">ρ = π<sub>φ</sub> / π<sub>old</sub>,&emsp;
loss = −min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â) + ½ (V − return)²</p>
)html";

inline constexpr const char* ptx = R"html(<h3>And do not forget (PPO-ptx)</h3>
<p class="formula">loss<sub>ptx</sub> = −γ E<sub>x ~ pretraining</sub> log π<sub>φ</sub>(x)</p>
)html";

inline constexpr const char* tail = R"html(<h2>What this is and is not</h2>
<p>A demonstration that the losses and gradients do what the paper says, small enough to read and to run anywhere. It is
not evidence about people: the labellers are simulated, the small model writes poor English, and the large model is of
another family. Prompts are held out with their sentences, but a topic may have been seen in training with others.</p>
<p class="soft">Text: six novels of Jane Austen (public domain), as prepared in the R package janeaustenr (MIT, ©
2016-2017 Julia Silge). Word ratings: the VADER lexicon (MIT, © 2016 C.J. Hutto); Hutto &amp; Gilbert, <i>VADER: A
Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text</i>, ICWSM 2014. Best of n and √KL: Gao,
Schulman &amp; Hilton, <i>Scaling Laws for Reward Model Overoptimization</i>, 2023.</p>
</body></html>
)html";

} // namespace page
