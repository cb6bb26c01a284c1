// SPDX-License-Identifier: MIT
#pragma once

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The library's own functions against what trainers made of their data (policies.txt, see policy_packages.py and
/// trainer_policies.py there).
namespace test {

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
    explicit policy_goldens(std::string package);

    static const golden& at_name(const std::string& name);
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

    /// policy_loss has the loss, the gradient and the fraction of clipped tokens of the case. policies.cpp has the code
    /// for the objectives that it gives a row.
    template <class Objective>
    void reproduce(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                   const policy_case& c = {}) const;
    void reproduce(const std::string& name, const rlhf::ppo_policy_loss_options& o, const policy_case& c = {}) const {
        reproduce(name, clip(o), common(o), c);
    }

private:
    template <class T, class Objective>
    void reproduce_as(const std::string& name, const Objective& objective, const rlhf::policy_loss_options& o,
                      const policy_case& c) const;

    std::string package_;
    const golden& data_;
    std::vector<std::uint8_t> mask_;
    std::size_t rows_;
};

} // namespace test
