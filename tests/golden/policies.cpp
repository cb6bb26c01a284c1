// SPDX-License-Identifier: MIT
#include "golden/policies.hpp"

namespace test {
namespace {

template <class T>
std::vector<T> each_token(const std::vector<T>& per_sequence) {
    std::vector<T> all;
    for (const T x : per_sequence) all.insert(all.end(), 10, x);
    return all;
}
template <class T>
rlhf::view<const T> shaped(const std::vector<T>& x, std::size_t rows) {
    if (x.size() == rows) return rlhf::per_sequence(x);
    return x;
}

} // namespace

/// The row of an objective in PRESETS.md.
template <class Objective>
constexpr const char* row_of = "an objective that policies.cpp gives no row";

policy_goldens::policy_goldens(std::string package)
    : package_(std::move(package)), data_(at("data")), mask_(data_.integers<std::uint8_t>("mask")),
      rows_(mask_.size() / 10) {}

const golden& policy_goldens::at_name(const std::string& name) {
    static const auto cases = read_goldens("policies.txt");
    return cases.at(name);
}

template <class T, class Objective>
void policy_goldens::reproduce_as(const std::string& name, const Objective& objective,
                                  const rlhf::policy_loss_options& o, const policy_case& c) const {
    INFO(package_ << "_" << name << " of " << 8 * sizeof(T) << " bits");
    const golden& g = at(name);
    const auto log_probs = get<T>("log_probs"), old = get<T>("old_log_probs");
    auto advantages = get<T>("advantages");
    if (c.factor.size() > advantages.size()) advantages = each_token(advantages);
    for (std::size_t i = 0; i < advantages.size(); ++i)
        advantages[i] *= static_cast<T>(c.factor.empty() ? c.sign : c.factor[i]);
    for (std::size_t i = 0; c.first_advantage && i < rows_; ++i) advantages[i] = advantages[10 * i];
    if (c.first_advantage) advantages.resize(rows_);
    const std::vector<T> ref = c.ref.empty() ? std::vector<T>() : get<T>(c.ref),
                         weights(c.weights.begin(), c.weights.end());
    std::vector<T> d(log_probs.size());
    rlhf::policy_loss_arrays<T> a{
        .log_probs = log_probs, .old_log_probs = old, .advantages = shaped(advantages, rows_), .d_log_probs = d};
    if (!c.ref.empty()) a.ref_log_probs = ref;
    if (!weights.empty()) a.weights = shaped(weights, rows_);
    rlhf::batch b = batch();
    if (c.denominator) b.denominator = *c.denominator;
    const auto r = rlhf::policy_loss<T>(b, a, objective, o);
    const std::string row = c.row.empty() ? row_of<Objective> : c.row;
    if (c.value) CHECK(agrees<T>(row, worst_relative(std::vector{r.loss()}, g["loss"])));
    if (c.gradient) CHECK(agrees<T>(row, worst_relative(d, g["d_log_probs"])));
    const double fraction = r.clip_fraction() * r.own.tokens / (r.own.tokens + c.epsilon);
    if (g.has("clip_fraction"))
        CHECK(worst_relative(std::vector{fraction}, g["clip_fraction"]) < golden_tolerance<double>);
}
template <class Objective>
void policy_goldens::reproduce(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                               const policy_case& c) const {
    reproduce_as<double>(name, objective, o, c);
    reproduce_as<float>(name, objective, o, c);
}

#define RLHF_REPRODUCE(objective, row)                                                                                 \
    template <>                                                                                                        \
    constexpr const char* row_of<rlhf::objective> = row;                                                               \
    template void policy_goldens::reproduce(const std::string&, const rlhf::objective&,                                \
                                            const rlhf::policy_loss_options&, const policy_case&) const;
RLHF_REPRODUCE(ppo_clip, "`ppo_policy_loss`")
RLHF_REPRODUCE(cispo, "`policy_loss` by cispo")
RLHF_REPRODUCE(sapo, "`policy_loss` by sapo")
RLHF_REPRODUCE(topr, "`policy_loss` by topr")
RLHF_REPRODUCE(dppo_tv, "`policy_loss` by dppo_tv")
RLHF_REPRODUCE(dppo_kl, "`policy_loss` by dppo_kl")
RLHF_REPRODUCE(gspo, "`policy_loss` by gspo")
RLHF_REPRODUCE(gmpo, "`policy_loss` by gmpo")
RLHF_REPRODUCE(vespo, "`policy_loss` by vespo")

} // namespace test
