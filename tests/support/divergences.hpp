// SPDX-License-Identifier: MIT
#pragma once

#include "reference/logits_divergence.hpp"
#include "support/logits.hpp"

#include <rlhf/logits/divergence.hpp>

/// What the tests of divergences share, be the reference logits or their top k.
namespace test {

inline constexpr std::array kinds{rlhf::divergence::reverse_kl, rlhf::divergence::forward_kl, rlhf::divergence::jsd};
/// β where there is one.
constexpr double beta_of(rlhf::divergence kind, double beta) { return kind == rlhf::divergence::jsd ? beta : 0.5; }
inline constexpr std::array aggregations{rlhf::aggregation::token_mean, rlhf::aggregation::sequence_mean_token_mean,
                                         rlhf::aggregation::sequence_mean_token_sum};

inline std::vector<double> digest(const rlhf::divergence_sums& r) {
    return {r.loss(), r.mean_loss(), r.divergence(), r.nonfinite(), r.own.tokens, r.own.sequences};
}

inline reference::logits_divergence_options wanted(const rlhf::divergence_options& o) {
    return {.divergence = static_cast<reference::divergence>(o.divergence),
            .beta = o.beta,
            .temperature = o.temperature,
            .aggregation = static_cast<reference::aggregation>(o.aggregation)};
}

} // namespace test
