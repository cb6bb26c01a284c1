// SPDX-License-Identifier: MIT
#pragma once

#include "accuracy/errors_functions.hpp"

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/reward_model.hpp>

/// The errors of the functions over pairs, and over the answers of a prompt.
namespace accuracy {

inline exact softplus(const exact& x) { return log(1 + exp(x)); }
inline exact sigmoid(const exact& x) { return 1 / (1 + exp(-x)); }

/// Rankings of K responses, listed best first.
template <class T>
void rankings(section& page, test::random& r, std::size_t K, const std::string& of) {
    const std::string inputs = "r in [−3, 3], K = " + of;
    line<T> loss("`ranking_loss`, loss, K = " + of, inputs, ulp),
        d("`ranking_loss`, gradient, K = " + of, inputs, ulp_of_largest);
    line<T> likelihood("`plackett_luce_loss`, loss, K = " + of, inputs, ulp),
        d_likelihood("`plackett_luce_loss`, gradient, K = " + of, inputs, ulp_of_largest);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto x = array<T>(r, -3, 3, K);
        std::vector<T> got(K), got_likelihood(K);
        const auto all_pairs = rlhf::ranking_loss<T>(tokens(1, K), {.rewards = x, .d_rewards = got});
        const auto whole = rlhf::plackett_luce_loss<T>(tokens(1, K), {.rewards = x, .d_rewards = got_likelihood});
        exact sum = 0, stages = 0;
        std::vector<exact> slope(K, 0), of_stages(K, -1);
        for (std::size_t j = 0; j < K; ++j) {
            exact left = 0;
            for (std::size_t k = j; k < K; ++k) left += exp(exact(x[k]));
            stages += log(left) - x[j];
            for (std::size_t k = j; k < K; ++k) of_stages[k] += exp(exact(x[k])) / left;
            for (std::size_t k = j + 1; k < K; ++k) {
                const exact m = exact(x[j]) - x[k], wrong = sigmoid(-m);
                sum += softplus(-m), slope[j] -= wrong, slope[k] += wrong;
            }
        }
        const auto pairs = static_cast<double>(K * (K - 1) / 2);
        loss.add(all_pairs.loss(), sum / pairs), likelihood.add(whole.loss(), stages);
        for (std::size_t k = 0; k < K; ++k)
            d.add(got[k], slope[k] / pairs), d_likelihood.add(got_likelihood[k], of_stages[k]);
    }
    hold(page, loss, d, likelihood, d_likelihood);
}

template <class T>
void in_groups(section& page, test::random& r) {
    constexpr std::size_t K = 8;
    const std::string inputs = "groups of 8, r in [−1, 3]";
    line<T> grpo("`group_advantages`, GRPO", inputs, ulp_of_largest),
        rloo("`group_advantages`, RLOO", inputs, ulp_of_largest),
        nemo("`group_advantages`, NeMo-RL's GRPO", inputs, ulp_of_largest);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto x = array<T>(r, -1, 3);
        std::vector<T> a(N), l(N), o(N);
        rlhf::group_advantages<T>({.size = K}, {.rewards = x, .advantages = a}, {.epsilon = 0});
        rlhf::group_advantages<T>(
            {.size = K}, {.rewards = x, .advantages = o},
            {.baseline = rlhf::group_baseline::others_mean, .scale = rlhf::group_scale::others_std, .epsilon = 0});
        rlhf::group_advantages<T>({.size = K}, {.rewards = x, .advantages = l},
                                  {.baseline = rlhf::group_baseline::others_mean, .scale = rlhf::group_scale::none});
        for (std::size_t g = 0; g < N; g += K) {
            const auto at = [&](std::size_t k) { return static_cast<std::ptrdiff_t>(g + k); };
            const std::vector<exact> group(x.begin() + at(0), x.begin() + at(K));
            const exact mean = mean_of(group), std = sqrt(variance_of(group));
            for (std::size_t k = 0; k < K; ++k) {
                const exact apart = group[k] - (mean * K - group[k]) / (K - 1);
                std::vector<exact> others = group;
                others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
                grpo.add(a[g + k], (group[k] - mean) / std), rloo.add(l[g + k], apart);
                nemo.add(o[g + k], apart / sqrt(variance_of(others)));
            }
        }
    }
    hold(page, grpo, rloo, nemo);
}

template <class T>
void comparisons(section& page, test::random& r) {
    const std::string inputs = "300 pairs, r in [−5, 5]";
    line<T> loss("`bradley_terry_loss`, loss", inputs, ulp), d("`bradley_terry_loss`, gradient", inputs, ulp);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto c = array<T>(r, -5, 5, S), x = array<T>(r, -5, 5, S);
        std::vector<T> got(S);
        const auto result = rlhf::bradley_terry_loss<T>(
            tokens(1), {.chosen_rewards = c, .rejected_rewards = x, .d_rejected_rewards = got});
        std::vector<exact> l(S);
        for (std::size_t t = 0; t < S; ++t)
            l[t] = softplus(exact(x[t]) - c[t]), d.add(got[t], sigmoid(exact(x[t]) - c[t]) / S);
        loss.add(result.loss(), mean_of(l));
    }
    hold(page, loss, d);
}

} // namespace accuracy
