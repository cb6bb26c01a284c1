// SPDX-License-Identifier: MIT
#pragma once

#include "reference/policy_loss.hpp"
#include "reference/ppo_policy_loss.hpp"
#include "support/cases.hpp"

#include <rlhf/policy/policy_loss.hpp>

/// The objectives of tokens, and data on which each is compared with its reference.
namespace test {

/// The objectives as the reference has them.
inline reference::surrogate by_reference(const rlhf::ppo_clip& o, const reference::sampled_token& t) {
    reference::ppo_policy_loss_options all;
    all.clip_low = o.range.low, all.clip_high = o.range.high, all.dual_clip = o.dual;
    auto s = reference::detail::clipped_surrogate(t.log_ratio, t.advantage, all);
    if (t.limited) s.slope = 0;
    return s;
}
inline reference::surrogate by_reference(const rlhf::cispo& o, const reference::sampled_token& t) {
    return reference::cispo(t, o.low, o.high, static_cast<reference::importance>(o.beyond));
}
inline reference::surrogate by_reference(const rlhf::sapo& o, const reference::sampled_token& t) {
    return reference::sapo(t, o.tau_positive, o.tau_negative);
}
inline reference::surrogate by_reference(const rlhf::topr& o, const reference::sampled_token& t) {
    return reference::topr(t, o.positive, o.negative);
}
inline reference::surrogate by_reference(const rlhf::dppo_tv& o, const reference::sampled_token& t) {
    return reference::dppo(t, reference::binary_tv(t), o.range.low, o.range.high, o.cap,
                           o.value == rlhf::dppo_value::ratio);
}
inline reference::surrogate by_reference(const rlhf::dppo_kl& o, const reference::sampled_token& t) {
    return reference::dppo(t, reference::binary_kl(t), o.range.low, o.range.high, o.cap,
                           o.value == rlhf::dppo_value::ratio);
}

/// A problem whose decisions do not hang on a rounding: tokens next to one are masked.
template <class T, class Objective>
struct objective_case {
    using real = reference::real;

    Objective objective;
    rlhf::policy_loss_options options;
    random r{77};
    rectangle where = mixed_rectangle(r);
    std::vector<T> lp, old, ref, behavior, advantages, weights;

    objective_case(const Objective& by, const rlhf::policy_loss_options& o) : objective(by), options(o) {
        const std::size_t n = where.size();
        lp = normals<T>(r, n, -1.5, 0.5), old = nearby(r, lp, 0.3), ref = nearby(r, lp, 0.5);
        behavior = nearby(r, old, 0.4), advantages = test::advantages<T>(r, n);
        weights = normals<T>(r, n, 1, 0.5);
        for (std::size_t i = 0; i < n; ++i) {
            lp[i] = std::min(lp[i], T(-0.01)), old[i] = std::min(old[i], T(-0.01));
            if (r.below(20) == 0) advantages[i] = 0;
            const real below = slope(i, -1e-5L), here = slope(i, 0), above = slope(i, 1e-5L);
            const real w = std::exp(real(old[i]) - real(behavior[i]));
            if (std::fabs(above - here) + std::fabs(below - here) > 0.01L * std::fabs(here) ||
                flags(i, -1e-5L) != flags(i, 1e-5L) || std::fabs(w - o.importance_limit.high) < 1e-4L)
                where.mask[i] = 0;
        }
        poison(r, lp, where.mask), poison(r, advantages, where.mask), poison(r, ref, where.mask);
    }

    [[nodiscard]] reference::surrogate token(std::size_t i, real moved = 0) const {
        const real p = lp[i] + moved, q = old[i], x = p - q, limit = options.log_ratio_limit;
        const real held = reference::clamped(x, -limit, limit);
        return by_reference(objective, {p, q, held, advantages[i], held != x});
    }
    [[nodiscard]] real slope(std::size_t i, real moved) const { return token(i, moved).slope; }
    [[nodiscard]] bool flags(std::size_t i, real moved) const { return token(i, moved).clipped; }

    /// What a token's loss and slope are rounded at: their sizes, grown by how far their arguments are off.
    [[nodiscard]] real scale(std::size_t i, bool kl, bool behave) const {
        const auto t = token(i);
        const real x = std::fabs(real(lp[i]) - real(old[i])), y = real(old[i]) - real(behavior[i]),
                   d = real(lp[i]) - real(ref[i]);
        real size = (std::fabs(t.loss) + std::fabs(t.slope)) * (1 + x);
        if constexpr (std::is_same_v<Objective, rlhf::sapo>) size *= 1 + 2 * objective.tau_negative * std::exp(x);
        if (behave) size *= std::min<real>(std::exp(y), options.importance_limit.high) * (1 + std::fabs(y));
        if (kl) size += options.kl_coef * (1 + std::fabs(d)) * (1 + std::fabs(d)) * std::exp(d < 0 ? -d : 0);
        return size;
    }
};

} // namespace test
