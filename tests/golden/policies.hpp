// SPDX-License-Identifier: MIT
#pragma once

#include "golden/goldens.hpp"
#include "support/catch.hpp"

#include <rlhf/policy/policy_loss.hpp>

#include <cmath>
#include <string>

/// The library's own functions against what packages made of their data (policies.txt, see policy_packages.py there).
namespace test {

/// Relative errors. The data has few bits, so floats have it exactly.
template <class T>
constexpr double golden_tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-12;

/// Worst |got − want| / |want|; where want is 0, got is 0.
template <class A>
[[nodiscard]] double worst_relative(const A& got, const std::vector<double>& want) {
    if (got.size() != want.size()) return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double error = std::fabs(static_cast<double>(got[i]) - want[i]);
        if (!(error <= std::fabs(want[i]))) return INFINITY; // NaN as well
        if (want[i] != 0) largest = std::max(largest, error / std::fabs(want[i]));
    }
    return largest;
}

/// What a case departs in from its package's data and defaults.
struct policy_case {
    double sign = 1;                  ///< of the advantages
    std::vector<double> weights = {}; ///< [B, T] or [B]
    std::optional<rlhf::counts> denominator = {};
    double epsilon = 0; ///< the package divides a fraction of tokens by n + epsilon
    bool ref = false, old_as_ref = false;
    bool first_advantage = false; ///< of a sequence, for all of its tokens
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
    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = rows_, .steps = 10, .mask = mask_, .denominator = rlhf::counted_here};
    }
    /// [B] n / (n + ε), which as weights make a mean over n tokens one that is divided by n + ε.
    [[nodiscard]] std::vector<double> shrunk(double epsilon) const {
        std::vector<double> w;
        for (std::size_t s = 0; s < rows_; ++s) {
            const auto row = mask_.begin() + static_cast<std::ptrdiff_t>(10 * s);
            const auto n = static_cast<double>(std::count(row, row + 10, 1));
            w.push_back(n / (n + epsilon));
        }
        return w;
    }

    /// policy_loss has the loss, the gradient and the fraction of clipped tokens of the case.
    template <class Objective>
    void reproduce(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                   const policy_case& c = {}) const {
        reproduce_as<double>(name, objective, o, c);
        reproduce_as<float>(name, objective, o, c);
    }

private:
    template <class T, class Objective>
    void reproduce_as(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                      const policy_case& c) const {
        INFO(package_ << "_" << name << " of " << 8 * sizeof(T) << " bits");
        const golden& g = at(name);
        const auto log_probs = get<T>("log_probs"), old = get<T>("old_log_probs");
        auto advantages = get<T>("advantages");
        for (T& a : advantages) a *= static_cast<T>(c.sign);
        for (std::size_t i = 0; c.first_advantage && i < rows_; ++i) advantages[i] = advantages[10 * i];
        if (c.first_advantage) advantages.resize(rows_);
        const std::vector<T> ref = c.ref          ? get<T>("ref_log_probs")
                                   : c.old_as_ref ? old
                                                  : std::vector<T>(),
                             weights(c.weights.begin(), c.weights.end());
        std::vector<T> d(log_probs.size());
        rlhf::policy_loss_arrays<T> a{
            .log_probs = log_probs, .old_log_probs = old, .advantages = shaped(advantages), .d_log_probs = d};
        if (!ref.empty()) a.ref_log_probs = ref;
        if (!weights.empty()) a.weights = shaped(weights);
        rlhf::batch b = batch();
        if (c.denominator) b.denominator = *c.denominator;
        const auto r = rlhf::policy_loss<T>(b, a, objective, o);
        CHECK(worst_relative(std::vector{r.loss()}, g["loss"]) < golden_tolerance<T>);
        CHECK(worst_relative(d, g["d_log_probs"]) < golden_tolerance<T>);
        const double fraction = r.clip_fraction() * r.own.tokens / (r.own.tokens + c.epsilon);
        if (g.has("clip_fraction"))
            CHECK(worst_relative(std::vector{fraction}, g["clip_fraction"]) < golden_tolerance<double>);
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
