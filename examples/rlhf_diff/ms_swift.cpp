// SPDX-License-Identifier: MIT
// FIPO and REAL, which only ms-swift has: combinations of functions (DESIGN.md, D50).
#include "choices.hpp"

#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace diff {

std::vector<double> fipo_factors(const data& d, const std::vector<double>& old_log_probs, double delta,
                                 const std::array<double, 2>& bounds, const std::vector<double>& sign) {
    std::vector<double> all(d.mask.size()), future(d.mask.size()), factors;
    const auto n = static_cast<std::size_t>(d.tokens());
    for (std::size_t t = 0; t < n; ++t) {
        const double x = d.log_probs[t] - old_log_probs[t];
        all[static_cast<std::size_t>(d.place[t])] = std::exp(x) > delta ? 0 : x;
    }
    rlhf::discounted_returns<double>(
        {.sequences = d.sequences, .steps = d.steps, .mask = d.mask, .denominator = rlhf::counted_here},
        {.rewards = all, .returns = future}, rlhf::preset::ms_swift::fipo_future);
    for (std::size_t t = 0; t < n; ++t) {
        constexpr double safe_ratio = 4;
        double u = std::clamp(std::exp(future[static_cast<std::size_t>(d.place[t])]), bounds[0], bounds[1]);
        if (sign[t] < 0 && std::exp(d.log_probs[t] - old_log_probs[t]) > safe_ratio) u = std::clamp(u, 0.8, 1.0);
        factors.push_back(sign[t] * u);
    }
    return factors;
}

std::int64_t group_size(const data& d) {
    std::map<std::int64_t, std::int64_t> sizes;
    for (const std::int64_t g : d.groups) ++sizes[g];
    const bool same =
        std::all_of(sizes.begin(), sizes.end(), [&](const auto& s) { return s.second == sizes.begin()->second; });
    return !sizes.empty() && same ? sizes.begin()->second : 0;
}

namespace {

/// True if a sequence is better than its group, by its first advantage, or by its reward and the mean.
std::vector<bool> good_sequences(const data& d) {
    std::vector<bool> good(static_cast<std::size_t>(d.sequences));
    std::map<std::int64_t, double> sums;
    for (std::size_t s = 0; s < d.scores.size(); ++s) sums[d.groups[s]] += d.scores[s];
    for (std::size_t s = 0; s < good.size(); ++s) {
        if (d.length(static_cast<std::int64_t>(s)) > 0 && !d.advantages.empty())
            good[s] = d.advantages[static_cast<std::size_t>(d.offsets[s])] > 0;
        else if (!d.scores.empty())
            good[s] = d.scores[s] > sums[d.groups[s]] / static_cast<double>(group_size(d));
    }
    return good;
}

} // namespace

void set_real(const data& d, const std::vector<double>& old_log_probs, double temperature, objective_choice& to) {
    const auto rows = static_cast<std::size_t>(d.sequences), size = static_cast<std::size_t>(group_size(d));
    const rlhf::batch b{.offsets = d.offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<double> scores(rows);
    rlhf::sequence_log_probs<double>(b, {.log_probs = d.log_probs, .ref_log_probs = old_log_probs, .sums = scores},
                                     {.average = true});
    const std::vector<bool> good = good_sequences(d);
    std::map<std::int64_t, std::vector<std::size_t>> groups;
    for (std::size_t s = 0; s < rows; ++s) groups[d.groups[s]].push_back(s);

    std::vector<double> loss(rows), slope(rows);
    for (const auto& [id, members] : groups) {
        const auto best = static_cast<std::size_t>(
            std::count_if(members.begin(), members.end(), [&](std::size_t s) { return good[s]; }));
        if (best == 0 || best == size) continue;
        double sum = 0;
        for (const bool of_good : {false, true}) { // log(1 + Σ eˢ): a row that begins with its target, 0
            std::vector<double> logits{0};
            std::vector<std::size_t> in_row;
            for (const std::size_t s : members)
                if (good[s] == of_good)
                    logits.push_back((of_good ? -1 : 1) * scores[s] / temperature), in_row.push_back(s);
            std::vector<double> d_logits(logits.size());
            const rlhf::logits_shape shape{.sequences = 1, .steps = 1, .vocab = logits.size()};
            const std::vector<std::int32_t> target{0};
            const rlhf::batch row{
                .steps = 1, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
            sum += rlhf::cross_entropy_loss(row, rlhf::logits_view<const double>(logits.data(), shape), target,
                                            rlhf::write_to(rlhf::logits_view<double>(d_logits.data(), shape), 1))
                       .loss();
            for (std::size_t i = 0; i < in_row.size(); ++i)
                slope[in_row[i]] = (of_good ? -1 : 1) * d_logits[i + 1] / temperature;
        }
        for (const std::size_t s : members) loss[s] = sum, slope[s] *= static_cast<double>(size);
    }
    for (const std::int64_t s : d.sequence) {
        const auto at = static_cast<std::size_t>(s);
        to.loss[0].push_back(loss[at]), to.slope[0].push_back(slope[at]);
    }
    to.loss[1] = to.loss[0], to.slope[1] = to.slope[0];
}

} // namespace diff
