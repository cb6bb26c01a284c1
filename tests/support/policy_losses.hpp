// SPDX-License-Identifier: MIT
#pragma once

#include "contract/contract.hpp"

#include <rlhf/policy/policy_loss.hpp>

#include <vector>

/// What the tests of policy losses share.
namespace test {

/// Every number of a result.
inline std::vector<double> digest(const rlhf::policy_loss_result& r) {
    return {r.loss(),
            r.mean_loss(),
            r.own.tokens,
            r.own.sequences,
            r.clip_fraction_low(),
            r.clip_fraction_high(),
            r.dual_clip_fraction(),
            r.nonfinite(),
            r.approx_kl(),
            r.approx_kl_half_square(),
            r.mean_ratio(),
            r.kl(),
            r.max_log_ratio(),
            r.effective_sample_size()};
}

template <class T>
std::vector<T> near_policy(random& r, std::size_t n) {
    return normals<T>(r, n, -1.5, 0.3);
}

} // namespace test

namespace contract {

/// The contract of policy_loss, with all of the arrays, or the three that each call needs.
template <class T, class Objective>
void holds_for_policy_loss(const Objective& objective, const rlhf::policy_loss_options& o, bool everything) {
    const problem<T> p{.inputs = {test::near_policy<T>, test::near_policy<T>, test::near_policy<T>,
                                  test::near_policy<T>, test::advantages<T>},
                       .sequences = {test::advantages<T>},
                       .adds = true};
    holds<T>(
        p,
        [&](const call<T>& c) {
            rlhf::policy_loss_arrays<T> a{
                .log_probs = c.in[0], .old_log_probs = c.in[1], .advantages = c.in[4], .d_log_probs = c.d(0)};
            if (everything) {
                a.ref_log_probs = c.in[2], a.behavior_log_probs = c.in[3];
                a.weights = rlhf::per_sequence(c.sequence[0]);
            }
            return rlhf::policy_loss<T>(c.batch, a, objective, o, c.run);
        },
        test::digest);
}

} // namespace contract
