// SPDX-License-Identifier: MIT
// The value loss: the clip, error and mean that reproduce it and its gradient.
#include "search.hpp"

#include <rlhf/recipe/preset/areal.hpp>
#include <rlhf/recipe/preset/cleanrl.hpp>
#include <rlhf/recipe/preset/lm_human_preferences.hpp>
#include <rlhf/recipe/preset/openrlhf.hpp>
#include <rlhf/recipe/preset/skyrl.hpp>
#include <rlhf/recipe/preset/slime.hpp>
#include <rlhf/recipe/preset/torchrl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

#include <algorithm>
#include <cmath>

namespace diff {

namespace {

namespace preset = rlhf::preset;
using options = rlhf::ppo_value_loss_options;

const std::vector<std::pair<const char*, options>> presets{
    {"verl", preset::verl::ppo_value_loss},
    {"openrlhf", preset::openrlhf::ppo_value_loss},
    {"skyrl", preset::skyrl::ppo_value_loss},
    {"slime", preset::slime::ppo_value_loss},
    {"areal", preset::areal::ppo_value_loss},
    {"torchrl", preset::torchrl::ppo_value_loss},
    {"cleanrl", preset::cleanrl::ppo_value_loss},
    {"lm_human_preferences", preset::lm_human_preferences::ppo_value_loss}};

/// Loss and slope of each token, without a divisor.
struct columns {
    std::vector<double> loss, slope;
};
columns columns_of(const data& d, const options& o) {
    const auto n = static_cast<std::size_t>(d.tokens());
    const rlhf::batch tokens{.sequences = n, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<double> old; // with the tokens' positions
    for (const std::int64_t at : d.place)
        if (!d.values.empty()) old.push_back(d.values[static_cast<std::size_t>(at)]);
    columns c{std::vector<double>(n), std::vector<double>(n)};
    for (std::size_t t = 0; t < n; ++t) {
        const auto one = [&](const std::vector<double>& x) { return rlhf::part(x, tokens, t, 1); };
        rlhf::ppo_value_loss_arrays<double> a{
            .values = one(d.new_values), .returns = one(d.returns), .d_values = rlhf::part(c.slope, tokens, t, 1)};
        if (!old.empty()) a.old_values = one(old);
        c.loss[t] = rlhf::ppo_value_loss<double>(tokens.part(t, 1), a, o).loss();
    }
    return c;
}

void compare(const data& d, const columns& c, const std::vector<double>& factor, double times, value_outcome& o) {
    double loss = 0, size = 0, error = 0;
    for (std::size_t t = 0; t < factor.size(); ++t) {
        const double l = times * factor[t] * c.loss[t];
        loss += l, size += std::fabs(l);
        if (d.value_gradient.empty()) continue;
        error = std::max(error, std::fabs(times * factor[t] * c.slope[t] - d.value_gradient[t]));
    }
    o.gradient_error = error / std::max(largest(d.value_gradient), 1e-300);
    const double of_loss = d.value_loss ? std::fabs(loss - *d.value_loss) : 0;
    o.loss_error = d.value_loss ? of_loss / std::max(std::fabs(*d.value_loss), 1e-300) : 0;
    o.fits = o.gradient_error <= d.tolerance && of_loss <= d.tolerance * size;
}

std::vector<std::string> presets_like(const options& o, mean_kind mean) {
    using rlhf::aggregation;
    std::vector<std::string> list;
    for (const auto& [name, p] : presets) {
        const mean_kind of = p.aggregation == aggregation::token_mean ? mean_kind::tokens : mean_kind::sequences;
        if (p.clip_range == o.clip_range && p.huber == o.huber && of == mean)
            list.push_back(std::string(name) + "::ppo_value_loss");
    }
    return list;
}

} // namespace

bool has_values(const data& d) {
    return !d.new_values.empty() && !d.returns.empty() && (d.value_loss || !d.value_gradient.empty());
}

std::vector<value_outcome> search_values(const data& d, const tried& t) {
    std::vector<value_outcome> list;
    if (!has_values(d)) return list;
    const std::vector<mean_choice> all_means = means(d);
    for (const double clip : t.value_clips)
        for (const double huber : t.hubers) {
            if (clip < rlhf::unlimited && d.values.empty()) continue;
            const options o{.clip_range = clip, .huber = huber};
            const columns c = columns_of(d, o);
            for (const mean_choice& m : all_means) {
                const std::vector<double> factor = factors(d, m, nullptr);
                for (const double times : {1.0, 2.0, 0.5, 0.1}) {
                    value_outcome& x = list.emplace_back();
                    x.what = {{"clip of values", text_of(clip)}, {"huber", text_of(huber)}, {"times", text_of(times)}};
                    x.what.insert(x.what.end(), m.what.begin(), m.what.end());
                    compare(d, c, factor, times, x);
                    if (x.fits && times == 1) x.presets = presets_like(o, m.kind);
                }
            }
        }
    std::stable_sort(list.begin(), list.end(), [](const value_outcome& a, const value_outcome& b) {
        if (a.fits != b.fits) return a.fits;
        return !a.fits && a.gradient_error + a.loss_error < b.gradient_error + b.loss_error;
    });
    return list;
}

} // namespace diff
