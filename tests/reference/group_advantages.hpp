// SPDX-License-Identifier: MIT
#pragma once

#include "moments.hpp"

#include <algorithm>
#include <map>

/// Advantages from rewards of sequences, group by group.
namespace reference {

enum class group_baseline { none, group_mean, others_mean, length_weighted_mean, batch_mean, given, second_best };
enum class group_scale { none, group_std, batch_std, group_mean, others_std };

struct group_advantages_options {
    group_baseline baseline = group_baseline::group_mean;
    group_scale scale = group_scale::group_std;
    int ddof = 1;
    real epsilon = 1e-6L;
    std_floor floor = std_floor::after_root;
    bool keep_lone = false, leave_out = false;
};

struct group_advantages_result {
    array advantages, scales; ///< scales: what an advantage was divided by
    std::vector<int> keep;
    std::size_t groups = 0, constant = 0, unscorable = 0;
};

/// Mean and standard deviation of these rewards.
[[nodiscard]] inline moments moments_of(const array& x) { return moments_of(padded(1, x.size()), x); }

[[nodiscard]] inline group_advantages_result
group_advantages(const array& rewards, const std::vector<std::int64_t>& ids, const group_advantages_options& o = {},
                 const std::vector<std::int64_t>& lengths = {}, const array& baselines = {}) {
    group_advantages_result r{.advantages = array(rewards.size(), 0),
                              .scales = array(rewards.size(), 1),
                              .keep = std::vector<int>(rewards.size(), 0)};
    const auto scorable = [&](std::size_t i) { return std::isfinite(rewards[i]); };
    const auto divisor = [&](const moments& m) {
        const whiten_options w{.epsilon = o.epsilon, .floor = o.floor};
        return m.count > 1 && m.count > o.ddof ? floored_deviation(m.variance(o.ddof), w) : real(1);
    };
    array all;
    std::map<std::int64_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < rewards.size(); ++i) {
        members[ids[i]].push_back(i), r.unscorable += !scorable(i);
        if (scorable(i) || !o.leave_out) all.push_back(rewards[i]);
    }
    const moments batch = moments_of(all);
    r.groups = members.size();
    for (const auto& [id, group] : members) {
        array x;
        real length = 0, weighted = 0;
        for (const std::size_t i : group) {
            if (!scorable(i)) continue;
            x.push_back(rewards[i]);
            if (!lengths.empty()) length += real(lengths[i]), weighted += real(lengths[i]) * rewards[i];
        }
        const moments m = moments_of(x);
        array best = x;
        std::sort(best.rbegin(), best.rend());
        const bool lost = x.size() < group.size() && !o.leave_out;
        const bool constant = x.size() > 1 && !lost && std::equal(x.begin() + 1, x.end(), x.begin());
        r.constant += constant;
        using enum group_baseline;
        const bool own_baseline = o.baseline == group_mean || o.baseline == others_mean ||
                                  o.baseline == length_weighted_mean || o.baseline == second_best;
        const bool own_scale = o.scale == group_scale::group_std || o.scale == group_scale::group_mean ||
                               o.scale == group_scale::others_std;
        for (const std::size_t i : group) {
            r.keep[i] = scorable(i) && !lost && !constant;
            real &a = r.advantages[i], baseline = 0, scale = 1;
            if (lost) a = NAN;
            if (lost || !scorable(i)) continue;
            if (x.size() == 1 && (own_baseline || own_scale)) {
                a = o.keep_lone ? rewards[i] : 0;
                continue;
            }
            if (o.baseline == group_mean) baseline = m.mean;
            if (o.baseline == others_mean) baseline = (m.mean * m.count - rewards[i]) / (m.count - 1);
            if (o.baseline == length_weighted_mean) baseline = length > 0 ? weighted / length : m.mean;
            if (o.baseline == batch_mean) baseline = batch.mean;
            if (o.baseline == given) baseline = baselines[i];
            if (o.baseline == second_best) baseline = best[1];
            if (o.scale == group_scale::batch_std) scale = divisor(batch);
            if (o.scale == group_scale::group_std) scale = divisor(m);
            if (o.scale == group_scale::others_std) {
                array others;
                for (const std::size_t j : group)
                    if (j != i && scorable(j)) others.push_back(rewards[j]);
                const bool equal = std::equal(others.begin() + 1, others.end(), others.begin());
                scale = equal ? real(1) : divisor(moments_of(others));
            }
            if (o.scale == group_scale::group_mean)
                scale = floored_deviation(m.mean * m.mean, {.epsilon = o.epsilon, .floor = o.floor});
            const bool nothing = scale == 0 || (o.scale == group_scale::group_mean && m.mean == 0) ||
                                 (constant && (own_baseline || o.scale == group_scale::group_std));
            r.scales[i] = scale;
            a = nothing ? 0 : (rewards[i] - baseline) / scale;
            if (o.baseline == second_best) a = std::max<real>(a, 0);
        }
    }
    return r;
}

} // namespace reference
