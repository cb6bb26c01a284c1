// SPDX-License-Identifier: MIT
#pragma once

#include "golden/policies.hpp"

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/policy/importance_weights.hpp>

/// What the tests of presets share that reproduce a trainer's own code.
namespace test {

/// The weights of importance_weights over the package's data, and the mask that it keeps.
template <class T>
std::pair<std::vector<T>, std::vector<std::uint8_t>>
weights(const policy_goldens& g, const std::string& log_probs, const std::string& behavior,
        const rlhf::importance_weights_options& o, const std::vector<T>& advantages = {});

/// The same from the policy that sampled to π_old.
inline auto corrections(const policy_goldens& g, const rlhf::importance_weights_options& o) {
    return weights<double>(g, "old_log_probs", "behavior_log_probs", o);
}

/// Weights by how far sequences drifted from π_old to the policy as it is.
inline std::vector<double> drift_mask(const policy_goldens& g, const rlhf::importance_weights_options& o) {
    return weights<double>(g, "log_probs", "old_log_probs", o, g.get<double>("advantages")).first;
}

/// The advantages of groups of four, as the case has them. Trainers subtract the mean from the reward, and both are
/// rounded at the size of the reward.
template <class T>
std::vector<T> advantages(const std::vector<double>& rewards, const rlhf::group_advantages_options& o);

/// group_advantages makes of the rewards what the case has.
template <class T>
void reproduce_groups(const char* rewards, const char* name, const rlhf::group_advantages_options& o);

} // namespace test
