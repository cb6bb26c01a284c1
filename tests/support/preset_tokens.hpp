// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"

#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

#include <cmath>
#include <functional>
#include <vector>

/// What the tests of presets share whose trainers were read and not run: a few tokens, on which each test writes its
/// trainer's formula down.
namespace test {

/// Two sequences, of four tokens and of two. Ratios are from 0.1 to 30, advantages of both signs.
inline const std::vector<double> preset_log_probs{-0.5, -1.5, -0.2, -2.5, -1.0, -0.4},
    preset_old_log_probs{-0.6, -1.2, -3.6, -0.2, -1.22, -0.8}, preset_advantages{1.5, 0.5, -2, -0.75, 1, -0.5};
inline const std::vector<std::int32_t> preset_offsets{0, 4, 6};
inline const rlhf::batch preset_batch{.offsets = preset_offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};

struct preset_token {
    double log_prob, old_log_prob, advantage;
    double sequence_ratio; ///< e to the mean of its sequence's log ratios
    [[nodiscard]] double ratio() const { return std::exp(log_prob - old_log_prob); }
};

/// The slope of each token's loss, which the mean over tokens or over sequences divides.
inline void has_slopes(const auto& objective, const rlhf::policy_loss_options& o, bool over_sequences,
                       const std::function<double(const preset_token&)>& slope) {
    std::vector<double> d(6);
    rlhf::policy_loss_arrays<double> a{.log_probs = preset_log_probs,
                                       .old_log_probs = preset_old_log_probs,
                                       .advantages = preset_advantages,
                                       .d_log_probs = d};
    if (o.kl_coef != 0) a.ref_log_probs = preset_old_log_probs;
    rlhf::policy_loss<double>(preset_batch, a, objective, o);
    for (std::size_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        const double divisor = over_sequences ? (i < 4 ? 8 : 4) : 6;
        const double log_ratio = i < 4 ? 0.9 / 4 : 0.62 / 2; // the means of 0.1, −0.3, 3.4, −2.3 and of 0.22, 0.4
        const preset_token t{preset_log_probs[i], preset_old_log_probs[i], preset_advantages[i], std::exp(log_ratio)};
        CHECK(d[i] == Approx(slope(t) / divisor).epsilon(1e-13).margin(1e-15));
    }
}
inline void has_slopes(const rlhf::ppo_policy_loss_options& o, bool over_sequences,
                       const std::function<double(const preset_token&)>& slope) {
    has_slopes(rlhf::detail::objective_of(o), rlhf::detail::common_of(o), over_sequences, slope);
}

/// −ρ Â, or 0 where PPO of these bounds cuts the ratio.
inline double clipped_slope(double ratio, double advantage, double low, double high) {
    const bool cut = advantage > 0 ? ratio > high : ratio < low;
    return cut ? 0 : -ratio * advantage;
}
/// The weights, with old_log_probs as the sampler's.
inline std::vector<double> preset_weights(const rlhf::importance_weights_options& o) {
    std::vector<double> w(6);
    rlhf::importance_weights<double>(preset_batch,
                                     {.log_probs = preset_log_probs,
                                      .behavior_log_probs = preset_old_log_probs,
                                      .advantages = preset_advantages,
                                      .weights = w},
                                     o);
    return w;
}

} // namespace test
