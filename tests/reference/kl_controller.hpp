// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

/// Coefficient of the KL penalty over training (Ziegler et al. 2019, arXiv:1909.08593, section 2.2).
namespace reference {

/// e = clip(KL / target − 1, −limit, limit);  β ← β (1 + e · steps / horizon).
[[nodiscard]] inline real adapted_kl_coef(real coef, real kl, real steps, real target, real horizon,
                                          real limit = 0.2L) {
    return coef * (1 + clamped(kl / target - 1, -limit, limit) * steps / horizon);
}

} // namespace reference
