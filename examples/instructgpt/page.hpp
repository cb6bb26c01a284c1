// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the fixed text of the report.
#pragma once

namespace page {

inline constexpr const char* head = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Miniature InstructGPT</title>
<style>
)html";

inline constexpr const char* after_style = R"html(</style></head><body>
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

inline constexpr const char* ptx = R"html(<h3>Keep the old task: PPO-ptx</h3>
<p class="formula">loss<sub>ptx</sub> = −γ E<sub>x ~ pretraining</sub> log π<sub>φ</sub>(x)</p>
)html";

inline constexpr const char* grpo = R"html(<h3>Without a critic: GRPO</h3>
<p>Shao et al. 2024, arXiv:2402.03300. The policy answers each prompt G times, and an answer's advantage is its reward
against the rewards of its group. The loss is PPO's, and the KL penalty is in the loss instead of the reward:</p>
<p class="formula">Â<sub>i</sub> = (r<sub>i</sub> − mean r) / std r,&emsp;
loss = −min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â) + β (π<sub>SFT</sub> / π<sub>φ</sub> − 1 − log π<sub>SFT</sub> /
π<sub>φ</sub>)</p>
)html";

inline constexpr const char* dpo = R"html(<h3>Without a reward model: DPO</h3>
<p>Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290) samples nothing. It learns from the rankings
of step 2, from all pairs of a prompt's answers. Here it samples only for the curves:</p>
<p class="formula">loss = −log σ(β (log [π<sub>φ</sub>(y<sub>w</sub> | x) / π<sub>SFT</sub>(y<sub>w</sub> | x)] −
log [π<sub>φ</sub>(y<sub>l</sub> | x) / π<sub>SFT</sub>(y<sub>l</sub> | x)]))</p>
)html";

inline constexpr const char* tail = R"html(<h2>What this is and is not</h2>
<p>A demonstration that the losses and gradients do what the paper says, small enough to read and to run anywhere. It is
not evidence about people: the labellers are simulated, the small model writes poor English, and the large model is of
another family. Prompts are held out with their sentences, but training may show a topic in other sentences.</p>
<p class="soft">Text: six novels of Jane Austen (public domain), as prepared in the R package janeaustenr (MIT, ©
2016-2017 Julia Silge). Word ratings: the VADER lexicon (MIT, © 2016 C.J. Hutto); Hutto &amp; Gilbert, <i>VADER: A
Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text</i>, ICWSM 2014. Best of n and √KL: Gao,
Schulman &amp; Hilton, <i>Scaling Laws for Reward Model Overoptimization</i>, 2023.</p>
</body></html>
)html";

} // namespace page
