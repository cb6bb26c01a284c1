// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"

#include <rlhf/policy/policy_loss.hpp>

#include <algorithm>
#include <report.hpp>

/// What the tests of rlhf-diff share: dumps, small batches, and what is said of them.
namespace test::diffs {

using diff::combination, diff::found, diff::settings, diff::space;

inline space read(const std::string& name, const diff::given& more = {}) {
    const std::string path = std::string(RLHF_TESTS) + "/diff/" + name;
    return space(diff::batch_of(diff::read_arrays(path), path, more));
}
inline std::string value_of(const settings& what, const std::string& axis) {
    for (const auto& s : what)
        if (s.axis == axis) return s.value;
    return "absent";
}
inline const diff::axis& axis_of(const std::vector<diff::axis>& axes, const std::string& name) {
    return *std::find_if(axes.begin(), axes.end(), [&](const diff::axis& a) { return a.name == name; });
}
inline std::vector<std::string> not_told_apart(const diff::axis& a) {
    std::vector<std::string> values;
    for (const auto& o : a.others)
        if (!o.told_apart) values.push_back(o.value);
    return values;
}
inline std::vector<std::string> names(const std::vector<diff::near_preset>& presets) {
    std::vector<std::string> list;
    for (const auto& p : presets) list.push_back(p.name);
    return list;
}
using strings = std::vector<std::string>;

/// Four tokens per sequence, all of which count; log π, log π_old, and advantages of both signs.
inline diff::arrays small_batch(double moved) {
    const auto array = [](std::vector<double> x) { return diff::array{{2, 4}, std::move(x), 0x1p-52, ""}; };
    diff::arrays a;
    a["old_log_probs"] = array({-1.25, -0.5, -2, -0.75, -1, -1.5, -0.25, -0.5});
    a["log_probs"] = a["old_log_probs"];
    for (std::size_t i = 0; i < 8; ++i) a["log_probs"].numbers[i] += moved * (i % 3 == 0 ? 1 : -0.4);
    a["advantages"] = array({1, -0.5, 0.25, 2, -1, 0.75, -0.125, 1.5});
    return a;
}
/// What PPO makes of it, with KL to the reference if there is one.
inline void add_ppo(diff::arrays& a, double kl_coef = 0) {
    diff::array& g = a["gradient"] = a["log_probs"];
    rlhf::policy_loss_arrays<double> in{.log_probs = a["log_probs"].numbers,
                                        .old_log_probs = a["old_log_probs"].numbers,
                                        .advantages = a["advantages"].numbers,
                                        .d_log_probs = g.numbers};
    if (kl_coef > 0) in.ref_log_probs = a["ref_log_probs"].numbers;
    const auto r =
        rlhf::policy_loss<double>({.sequences = 2, .steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                  in, rlhf::ppo_clip{}, {.kl_coef = kl_coef, .kl_estimator = rlhf::kl_estimator::k3});
    a["loss"] = {{}, {r.loss()}, 0x1p-52, ""};
}
inline space of(const diff::arrays& a, const diff::given& more = {}) { return space(diff::batch_of(a, "batch", more)); }

} // namespace test::diffs
