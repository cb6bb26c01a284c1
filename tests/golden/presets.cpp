// SPDX-License-Identifier: MIT
#include "golden/presets.hpp"

namespace test {

template <class T>
std::pair<std::vector<T>, std::vector<std::uint8_t>>
weights(const policy_goldens& g, const std::string& log_probs, const std::string& behavior,
        const rlhf::importance_weights_options& o, const std::vector<T>& advantages) {
    const auto pi = g.get<T>(log_probs), mu = g.get<T>(behavior);
    std::pair<std::vector<T>, std::vector<std::uint8_t>> r{pi, std::vector<std::uint8_t>(pi.size())};
    rlhf::importance_weights_arrays<T> a{
        .log_probs = pi, .behavior_log_probs = mu, .weights = r.first, .keep = r.second};
    if (!advantages.empty()) a.advantages = rlhf::per_sequence(advantages);
    rlhf::importance_weights<T>(g.batch(), a, o);
    return r;
}

template <class T>
std::vector<T> advantages(const std::vector<double>& rewards, const rlhf::group_advantages_options& o) {
    const std::vector<T> r(rewards.begin(), rewards.end());
    std::vector<T> a(r.size());
    rlhf::group_advantages<T>({.size = 4}, {.rewards = r, .advantages = a}, o);
    return a;
}

template <class T>
void reproduce_groups(const char* rewards, const char* name, const rlhf::group_advantages_options& o) {
    INFO(name);
    const auto got = advantages<T>(policy_goldens::at_name(rewards)["rewards"], o);
    CHECK(agrees<T>("`group_advantages`", worst_relative(got, policy_goldens::at_name(name)["advantages"])));
}

#define RLHF_TYPE(T)                                                                                                   \
    template std::pair<std::vector<T>, std::vector<std::uint8_t>> weights(                                             \
        const policy_goldens&, const std::string&, const std::string&, const rlhf::importance_weights_options&,        \
        const std::vector<T>&);                                                                                        \
    template std::vector<T> advantages(const std::vector<double>&, const rlhf::group_advantages_options&);             \
    template void reproduce_groups<T>(const char*, const char*, const rlhf::group_advantages_options&);
RLHF_TYPE(float)
RLHF_TYPE(double)

} // namespace test
