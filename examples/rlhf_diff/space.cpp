// SPDX-License-Identifier: MIT
#include "search.hpp"

#include <algorithm>
#include <cmath>

namespace diff {

namespace {

bool equal(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::fabs(a[i] - b[i]) <= 1e-14 * std::fabs(a[i]))) return false;
    return true;
}
bool equal(const advantage_choice& a, const advantage_choice& b) { return equal(a.values, b.values); }
bool equal(const objective_choice& a, const objective_choice& b) {
    return a.any_size == b.any_size && equal(a.slope[0], b.slope[0]) && equal(a.slope[1], b.slope[1]) &&
           equal(a.loss[0], b.loss[0]) && equal(a.loss[1], b.loss[1]);
}
bool equal(const correction_choice& a, const correction_choice& b) {
    return a.of_kl == b.of_kl && a.drops == b.drops && equal(a.weights, b.weights);
}
bool equal(const kl_choice& a, const kl_choice& b) { return equal(a.slope, b.slope) && equal(a.value, b.value); }

template <class Choice>
std::vector<std::size_t> first_of_same(const std::vector<Choice>& list) {
    std::vector<std::size_t> first;
    for (std::size_t i = 0; i < list.size(); ++i) {
        std::size_t j = 0;
        while (j < i && (first[j] != j || !equal(list[i], list[j]))) ++j;
        first.push_back(j);
    }
    return first;
}

} // namespace

space::space(data d, tried t) : batch(std::move(d)), numbers(std::move(t)) {
    std::vector<advantage_choice> made = advantages_of_rewards(batch, numbers);
    if (batch.advantages.empty())
        advantages = std::move(made);
    else {
        of_rewards = std::move(made);
        advantages.push_back({{{"advantages", "given in the dump"}}, batch.advantages});
    }
    objectives = diff::objectives(batch, numbers);
    corrections = diff::corrections(batch, numbers);
    kls = kl_terms(batch);
    means = diff::means(batch);
    same.advantages = first_of_same(advantages), same.objectives = first_of_same(objectives);
    same.corrections = first_of_same(corrections), same.kls = first_of_same(kls);
    for (std::size_t i = 0; i < means.size(); ++i) same.means.push_back(i);
}

evaluation space::evaluate(const combination& c) const {
    const auto n = static_cast<std::size_t>(batch.tokens());
    const correction_choice& w = corrections[c.correction];
    const std::vector<double>& a = advantages[c.advantages].values;
    const objective_choice& o = objectives[c.objective];
    const std::vector<double> mean = factors(batch, means[c.mean], w.drops ? &w.weights : nullptr);
    evaluation e{.gradient = std::vector<double>(n)};
    for (std::size_t t = 0; t < n; ++t) {
        const std::size_t sign = a[t] < 0 ? 1 : 0;
        const double weight = w.weights.empty() ? 1 : w.weights[t];
        const double x = mean[t] * weight * (o.any_size ? 1 : std::fabs(a[t]));
        double loss = x == 0 ? 0 : x * o.loss[sign][t];
        e.gradient[t] = x == 0 ? 0 : x * o.slope[sign][t];
        e.size += std::fabs(loss);
        if (c.kl) {
            const double y = mean[t] * (w.of_kl ? weight : 1) * c.kl_coef, kl = y * kls[*c.kl].value[t];
            e.gradient[t] += y * kls[*c.kl].slope[t];
            loss += kl, e.size += std::fabs(kl);
        }
        if (c.entropy_coef != 0) {
            const double bonus = mean[t] * c.entropy_coef * batch.entropy[t];
            loss -= bonus, e.size += std::fabs(bonus);
        }
        e.loss += loss;
    }
    return e;
}

settings space::settings_of(const combination& c) const {
    settings all;
    const auto add = [&](const settings& part) { all.insert(all.end(), part.begin(), part.end()); };
    add(advantages[c.advantages].what);
    add(objectives[c.objective].what);
    add(corrections[c.correction].what);
    if (c.kl) {
        add(kls[*c.kl].what);
        add({{"KL coefficient", text_of(c.kl_coef)}});
    } else {
        add({{"KL estimator", "none"}});
    }
    if (!batch.entropy.empty())
        add({{"entropy bonus", c.entropy_coef != 0 ? text_of(c.entropy_coef) : std::string("none")}});
    add(means[c.mean].what);
    return all;
}

settings not_tried(const data& d) {
    settings list;
    const auto without = [&](bool there, const char* axis, const char* why) {
        if (!there) list.push_back({axis, why});
    };
    without(!d.ref_log_probs.empty(), "KL in the loss", "no ref_log_probs");
    without(!d.behavior_log_probs.empty(), "correction of the sampler", "no behavior_log_probs");
    without(!d.old_log_probs.empty(), "ratio to the old policy", "no old_log_probs: without them the ratio is 1");
    without(!d.scores.empty(), "how advantages are made", "no rewards");
    without(d.scores.empty() || !d.groups.empty(), "groups of rewards", "no group_ids and no --group-size");
    without(group_size(d) > 1, "REAL", "no groups of one size");
    without(d.scores.empty() || !d.values.empty(), "gae", "no values");
    without(d.scores.empty() || !d.baselines.empty(), "given baselines (ReMax)", "no baselines");
    without(!d.gradient.empty(), "what changes the gradient alone", "no gradient");
    without(d.loss.has_value(), "what changes the value alone", "no loss");
    without(!d.entropy.empty() || !d.loss, "entropy bonus", "no entropy");
    without(has_values(d), "value loss", "no new_values with returns, and value_loss or value_gradient");
    list.push_back({"loss of policy and values as one number", "print the two parts"});
    return list;
}

} // namespace diff
