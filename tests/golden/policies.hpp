// SPDX-License-Identifier: MIT
#pragma once

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

#include <cmath>
#include <string>

/// The library's own functions against what trainers made of their data (policies.txt, see policy_packages.py and
/// trainer_policies.py there).
namespace test {

/// The row of an objective in PRESETS.md.
template <class Objective>
constexpr const char* row_of = "an objective that policies.hpp gives no row";
template <>
inline constexpr const char* row_of<rlhf::ppo_clip> = "`ppo_policy_loss`";
template <>
inline constexpr const char* row_of<rlhf::cispo> = "`policy_loss` by cispo";
template <>
inline constexpr const char* row_of<rlhf::sapo> = "`policy_loss` by sapo";
template <>
inline constexpr const char* row_of<rlhf::topr> = "`policy_loss` by topr";
template <>
inline constexpr const char* row_of<rlhf::dppo_tv> = "`policy_loss` by dppo_tv";
template <>
inline constexpr const char* row_of<rlhf::dppo_kl> = "`policy_loss` by dppo_kl";
template <>
inline constexpr const char* row_of<rlhf::gspo> = "`policy_loss` by gspo";
template <>
inline constexpr const char* row_of<rlhf::gmpo> = "`policy_loss` by gmpo";
template <>
inline constexpr const char* row_of<rlhf::vespo> = "`policy_loss` by vespo";

/// ppo_policy_loss is policy_loss with these two.
inline rlhf::ppo_clip clip(const rlhf::ppo_policy_loss_options& o) { return rlhf::detail::objective_of(o); }
inline rlhf::policy_loss_options common(const rlhf::ppo_policy_loss_options& o) { return rlhf::detail::common_of(o); }

/// What a case departs in from its package's data and defaults.
struct policy_case {
    double sign = 1;                  ///< of the advantages
    std::vector<double> weights = {}; ///< [B, T] or [B]
    std::optional<rlhf::counts> denominator = {};
    double epsilon = 0;                 ///< the package divides a fraction of tokens by n + epsilon
    std::string ref = {};               ///< which data is ref_log_probs
    bool value = true, gradient = true; ///< which of them is the package's own
    std::string row = {};               ///< of PRESETS.md, if it is not the objective's
    std::vector<double> factor = {};    ///< [B, T] of the advantages
    bool first_advantage = false;       ///< of a sequence, for all of its tokens
};

/// The data of one package, [B, T].
class policy_goldens {
public:
    explicit policy_goldens(std::string package)
        : package_(std::move(package)), data_(at("data")), mask_(data_.integers<std::uint8_t>("mask")),
          rows_(mask_.size() / 10) {}

    static const golden& at_name(const std::string& name) {
        static const auto cases = read_goldens("policies.txt");
        return cases.at(name);
    }
    [[nodiscard]] const golden& at(const std::string& name) const { return at_name(package_ + "_" + name); }

    template <class T>
    [[nodiscard]] std::vector<T> get(const std::string& key) const {
        return std::vector<T>(data_[key].begin(), data_[key].end());
    }
    [[nodiscard]] const std::vector<std::uint8_t>& mask() const { return mask_; }
    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = rows_, .steps = 10, .mask = mask_, .denominator = rlhf::counted_here};
    }
    [[nodiscard]] std::vector<double> shrunk(double epsilon) const { return test::shrunk(mask_, epsilon); }

    /// policy_loss has the loss, the gradient and the fraction of clipped tokens of the case.
    template <class Objective>
    void reproduce(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                   const policy_case& c = {}) const {
        reproduce_as<double>(name, objective, o, c);
        reproduce_as<float>(name, objective, o, c);
    }
    void reproduce(const std::string& name, const rlhf::ppo_policy_loss_options& o, const policy_case& c = {}) const {
        reproduce(name, clip(o), common(o), c);
    }

private:
    template <class T, class Objective>
    void reproduce_as(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                      const policy_case& c) const {
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
            .log_probs = log_probs, .old_log_probs = old, .advantages = shaped(advantages), .d_log_probs = d};
        if (!c.ref.empty()) a.ref_log_probs = ref;
        if (!weights.empty()) a.weights = shaped(weights);
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
    template <class T>
    [[nodiscard]] static std::vector<T> each_token(const std::vector<T>& per_sequence) {
        std::vector<T> all;
        for (const T x : per_sequence) all.insert(all.end(), 10, x);
        return all;
    }
    template <class T>
    [[nodiscard]] rlhf::view<const T> shaped(const std::vector<T>& x) const {
        if (x.size() == rows_) return rlhf::per_sequence(x);
        return x;
    }

    std::string package_;
    const golden& data_;
    std::vector<std::uint8_t> mask_;
    std::size_t rows_;
};

} // namespace test
