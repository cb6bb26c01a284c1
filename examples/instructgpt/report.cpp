// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the report, the paper's story with the run's own figures.
#include "report.hpp"

#include "curves.hpp"
#include "page.hpp"
#include "snippets.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <page/style.hpp>
#include <page/svg.hpp>
#include <sstream>
#include <stdexcept>

namespace {

std::string fixed(double x, int digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*f", digits, x);
    return text;
}
std::string share(const interval& i) { return fixed(100 * i.value, 0) + " ± " + fixed(100 * i.half_width, 0) + " %"; }
std::string cell(const std::optional<interval>& i, int digits = 2) {
    if (!i) return "<td>–</td>";
    return "<td>" + fixed(i->value, digits) + " <small>± " + fixed(i->half_width, digits) + "</small></td>";
}
std::string code(const char* snippet) {
    // Remove the indentation that all lines share.
    std::istringstream lines(snippet);
    std::string result, line;
    std::size_t indent = std::string::npos;
    for (std::istringstream again(snippet); std::getline(again, line);)
        if (const auto at = line.find_first_not_of(' '); at != std::string::npos && at < indent) indent = at;
    while (std::getline(lines, line))
        if (line.size() > indent) result += line.substr(indent) + '\n';
    return "<pre>" + escaped(result) + "</pre>";
}

/// The look of a run, the same in all plots.
series styled(const tuning_options& o, std::vector<double> x, std::vector<double> y) {
    const bool ptx = o.ptx_coef > 0, far = o.kl_coef < 0.1, dpo = o.by == method::dpo;
    const int of_ppo = o.kl_coef == 0 ? 3 : far ? 4 : o.kl_coef > 0.5 ? 6 : 1;
    return {.name = o.name,
            .x = std::move(x),
            .y = std::move(y),
            .colour = o.name == sober_name || dpo ? 5
                      : o.by == method::grpo      ? 2
                      : ptx                       ? 0
                                                  : of_ppo,
            .dashed = dpo || (ptx && far)};
}

void write_summary(std::ostream& out, const results& r) {
    const tuned &ppo = r.run(ppo_name), &ptx = r.run(ppo_ptx_name);
    const double before = r.sft().perplexity;
    const auto tax = [&](const tuned& t) { return fixed(100 * (t.row.perplexity / before - 1), 0) + " %"; };
    out << "<p>In this run (seed " << r.used.seed << ", " << fixed(r.seconds, 0) << " s): the small model tuned by "
        << ppo_ptx_name << " is preferred to the "
        << fixed(static_cast<double>(r.big_size) / static_cast<double>(r.small_size), 0)
        << " times larger un-tuned one on " << share(ptx.row.against_big)
        << " of the held-out prompts. PPO alone changes the perplexity of the pretraining text by " << tax(ppo)
        << ", PPO-ptx by " << tax(ptx) << ". The reward model agrees with a simulated labeller on "
        << fixed(100 * r.reward_accuracy, 1) << " % of held-out pairs; two simulated labellers agree on "
        << fixed(100 * r.labeller_agreement, 1) << " % (people in the paper: 69.6 % and 72.6 %).</p>\n";
    if (!r.simulated)
        out << "<p class='note'>The reward model of this run learned from a file of rankings; the referee is still the "
               "simulated one.</p>\n";
}

void write_task(std::ostream& out, const results& r) {
    out << page::task << "<p>Small model: " << r.small_size
        << " weights. Large model: an interpolated Kneser-Ney 6-gram, " << r.big_size
        << " stored n-grams. The perplexity of held-out text is " << fixed(r.baselines[0].perplexity, 1)
        << " for the large model and " << fixed(r.pretrained_perplexity, 1)
        << " for the small one before tuning. Unlike the paper's, the large model is of another model family. "
        << "With a prompt, it begins with the topic.</p>\n";
}

void write_steps(std::ostream& out, const results& r) {
    out << page::step1 << code(snippets::sft) << "<div class='two'>"
        << draw(plot{.title = "Pretraining loss",
                     .x_label = "step",
                     .y_label = "nats per token",
                     .lines = {{.name = "pretraining",
                                .x = steps(r.pretraining_loss.size()),
                                .y = smooth(r.pretraining_loss, 41),
                                .colour = 5}},
                     .width = 380,
                     .height = 250})
        << draw(plot{.title = "SFT loss",
                     .x_label = "step",
                     .y_label = "nats per token",
                     .lines = {{.name = "demonstrations",
                                .x = steps(r.sft_loss.size()),
                                .y = smooth(r.sft_loss, 21),
                                .colour = 2}},
                     .width = 380,
                     .height = 250})
        << "</div>" << page::step2 << code(snippets::reward_model) << "<div class='two'>"
        << draw(plot{.title = "Reward model: loss",
                     .x_label = "step",
                     .y_label = "nats per pair",
                     .lines = {{.name = "training",
                                .x = steps(r.reward_curve.loss.size()),
                                .y = smooth(r.reward_curve.loss, 41),
                                .colour = 3}},
                     .width = 380,
                     .height = 250})
        << draw(plot{.title = "Reward model: pairs ordered as labelled",
                     .x_label = "step",
                     .y_label = "share",
                     .lines = {{.name = "training",
                                .x = steps(r.reward_curve.accuracy.size()),
                                .y = smooth(r.reward_curve.accuracy, 41),
                                .colour = 3}},
                     .width = 380,
                     .height = 250})
        << "</div>" << page::step3 << code(snippets::rollout) << code(snippets::ppo_advantages) << page::learn
        << code(snippets::ppo) << page::ptx << code(snippets::ptx) << page::grpo << code(snippets::grpo_advantages)
        << code(snippets::grpo) << page::dpo << code(snippets::dpo);
}

void write_table(std::ostream& out, const results& r) {
    out << "<h2 id='results'>Results</h2><p>On " << r.used.evaluation_prompts
        << " held-out prompts; ± is a 95 % interval. Gold is the simulated labellers' utility without noise, which no "
        << "model has seen. Wins count ties as a half; the big model is the prompted one.</p><div class='wide'>"
        << "<table><tr><th>model</th><th>gold</th><th>reward</th><th>KL to SFT</th><th>perplexity</th>"
        << "<th>wins vs SFT</th><th>wins vs big</th></tr>\n";
    for (const evaluation* e : r.table())
        out << "<tr><td>" << escaped(e->name) << "</td>" << cell(e->gold) << cell(e->reward) << cell(e->kl) << "<td>"
            << fixed(e->perplexity, 1) << "</td>" << cell(e->against_sft) << cell(e->against_big) << "</tr>\n";
    out << "</table></div>\n";
}

void write_sizes(std::ostream& out, const results& r) {
    std::vector<dots> rows;
    for (const evaluation* e : r.table())
        if (e != r.table()[1]) rows.push_back({e->name, {e->against_big}});
    out << "<h2>Small and tuned against large and un-tuned</h2><p>The paper's first result: outputs of the 1.3 billion "
           "InstructGPT are preferred to outputs of GPT-3 with 175 billion weights. Here:</p>"
        << draw(dot_plot{.title = "How often a model's response is preferred to the large, prompted model's",
                         .rows = rows,
                         .groups = {"wins, with 95 % interval (simulated labellers)"}});
}

void write_tax(std::ostream& out, const results& r) {
    plot p{.title = "Perplexity of pretraining text along training",
           .x_label = "KL to the SFT model, nats per response",
           .y_label = "change of perplexity",
           .lines = {},
           .x_limit = 20,
           .percent_y = true};
    for (const tuned& t : r.runs) {
        if (t.options.name == sober_name) continue;
        const std::vector<double> kl = sparse(smooth(t.log.kl), tuning_log::perplexity_every);
        p.lines.push_back(styled(t.options, kl, change(sparse(t.log.perplexity, tuning_log::perplexity_every))));
        series end = styled(t.options, {t.row.kl->value}, {100 * (t.row.perplexity / r.sft().perplexity - 1)});
        end.name += ", end";
        end.points = true;
        p.lines.push_back(std::move(end));
    }
    out << "<h2>The alignment tax, and PPO-ptx</h2><p>Tuning costs performance on the old task. In the paper PPO loses "
           "more the farther it moves, a larger β only keeps it nearer, and the pretraining term removes the loss. "
           "This run:</p>"
        << draw(p);
}

void write_overoptimisation(std::ostream& out, const results& r) {
    const tuned* free = nullptr;
    for (const tuned& t : r.runs)
        if (t.options.kl_coef == 0) free = &t;
    if (free == nullptr) return;
    // Both scores in standard deviations of the SFT model's responses, from its mean.
    const interval gold = r.sft().gold, reward = *r.sft().reward;
    const double root = std::sqrt(static_cast<double>(r.used.evaluation_prompts)) / 1.96;
    const double gold_unit = 1 / (gold.half_width * root), reward_unit = 1 / (reward.half_width * root);
    const std::vector<double> kl = smooth(free->log.kl);
    std::vector<double> end_kl, end_gold, end_reward;
    for (const tuned& t : r.runs) {
        if (t.options.by != method::ppo || t.options.ptx_coef > 0 || t.options.name == sober_name) continue;
        end_kl.push_back(t.row.kl->value);
        end_gold.push_back((t.row.gold.value - gold.value) * gold_unit);
        end_reward.push_back((t.row.reward->value - reward.value) * reward_unit);
    }
    out << "<h2>Overoptimisation</h2><p>The reward model is only a model of the labellers. Where nothing holds the "
           "policy near the SFT model (β = 0), the reward model's score goes on rising with the distance, while gold "
           "peaks and collapses. Best of n follows the same curve as far as it reaches.</p>"
        << draw(plot{
               .title = "Gold and reward-model score against KL",
               .x_label = "KL to the SFT model, nats per response (square root scale)",
               .y_label = "standard deviations above SFT",
               .lines =
                   {{.name = "reward model, β = 0",
                     .x = kl,
                     .y = scaled(smooth(free->log.reward), reward.value, reward_unit),
                     .colour = 1},
                    {.name = "gold, β = 0",
                     .x = kl,
                     .y = scaled(smooth(free->log.gold), gold.value, gold_unit),
                     .colour = 0},
                    {.name = "reward model, PPO at each β", .x = end_kl, .y = end_reward, .colour = 1, .points = true},
                    {.name = "gold, PPO at each β", .x = end_kl, .y = end_gold, .colour = 0, .points = true},
                    {.name = "reward model, best of 1 … 16",
                     .x = r.best_of.kl,
                     .y = scaled(r.best_of.reward, reward.value, reward_unit),
                     .colour = 6,
                     .dashed = true},
                    {.name = "gold, best of 1 … 16",
                     .x = r.best_of.kl,
                     .y = scaled(r.best_of.gold, gold.value, gold_unit),
                     .colour = 2,
                     .dashed = true}},
               .x_scale = scale::root});
}

void write_samples(std::ostream& out, const results& r, const vocabulary& words) {
    out << "<h2>Before and after</h2><p>The prompts are fixed, and no answer is chosen by hand.</p>";
    for (std::size_t p = 0; p < r.samples.front().responses.size(); ++p) {
        out << "<h3>… about <i>" << escaped(words.spelling(r.samples.front().responses.topics[p]))
            << "</i></h3><table class='text'>";
        for (const sample_set& s : r.samples)
            out << "<tr><td>" << escaped(s.name) << "</td><td>" << escaped(words.sentence(s.responses[p]))
                << "</td></tr>\n";
        out << "</table>";
    }
}

void write_groups(std::ostream& out, const results& r) {
    if (r.groups.empty()) return;
    std::vector<dots> rows;
    for (const judged& g : r.groups) rows.push_back({g.name, {g.warm, g.sober}});
    rows[0].name = "tuned for the warm group";
    rows[1].name = "tuned for the sober group";
    out << "<h2>Whose values?</h2><p>Section 5.2 of the paper asks to whom a model is aligned. Here are two groups of "
           "simulated labellers: the sober group ranks the same responses, but dislikes a warm tone as much as the "
           "warm group likes it. Each group gets a reward model and a policy (PPO, β = 0.15), and each policy is "
           "judged by both.</p>"
        << draw(dot_plot{.title = "How often each group prefers a tuned model's response to the SFT model's",
                         .rows = rows,
                         .groups = {"judged by the warm group (simulated)", "judged by the sober group (simulated)"}});
}

void write_curves(std::ostream& out, const results& r) {
    plot reward{.title = "Reward-model score",
                .x_label = "iteration",
                .y_label = "mean",
                .lines = {},
                .width = 380,
                .height = 260};
    plot gold = reward, kl = reward, explained = reward;
    gold.title = "Gold", kl.title = "KL to the SFT model", explained.title = "Value function: explained variance";
    kl.y_label = "nats per response", explained.y_label = "share";
    for (const tuned& t : r.runs) {
        const auto add = [&](plot& p, const std::vector<double>& y) {
            if (!y.empty()) p.lines.push_back(styled(t.options, steps(y.size()), smooth(y)));
        };
        add(reward, t.log.reward), add(gold, t.log.gold), add(kl, t.log.kl), add(explained, t.log.explained_variance);
    }
    out << "<h2>Training curves</h2><div class='two'>" << draw(reward) << draw(gold) << draw(kl) << draw(explained)
        << "</div><p class='soft'>Means over nine iterations. Gold is the simulated labellers'.</p>";
}

} // namespace

void write_report(const results& r, const vocabulary& words, const std::string& path) {
    std::ofstream out(path);
    out << page::head << page::style << page::after_style;
    write_summary(out, r);
    write_task(out, r);
    write_steps(out, r);
    write_table(out, r);
    write_sizes(out, r);
    write_tax(out, r);
    write_overoptimisation(out, r);
    write_samples(out, r, words);
    write_groups(out, r);
    write_curves(out, r);
    out << page::tail;
    if (!out) throw std::runtime_error("cannot write " + path);
}
