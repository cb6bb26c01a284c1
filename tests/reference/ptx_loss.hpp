// SPDX-License-Identifier: MIT
#pragma once

#include "masked_mean.hpp"

/// Negative log-likelihood of pretraining text (Ouyang et al. 2022, arXiv:2203.02155, eq. 2, last term).
namespace reference {

struct ptx_loss_result {
    real loss = 0;
    array d_log_probs;
    real perplexity = 0; ///< exp of the mean over counted tokens
};

[[nodiscard]] inline ptx_loss_result ptx_loss(const batch& b, const array& log_probs,
                                              aggregation how = aggregation::token_mean) {
    batch own = b;
    own.denominator.reset();
    const masked_mean_result m = masked_mean(b, log_probs, how);
    ptx_loss_result r{-m.mean, m.d_values, std::exp(-masked_mean(own, log_probs).mean)};
    for (real& d : r.d_log_probs) d = d == 0 ? 0 : -d;
    return r;
}

} // namespace reference
