// SPDX-License-Identifier: MIT
#pragma once

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"

#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_rewards.hpp>
#include <rlhf/advantage/whiten.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/preference/preference_loss.hpp>
#include <rlhf/reward/bradley_terry_loss.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// The library's advantages, rewards, values and pairs against what trainers made of the same data (steps.txt, see
/// trainer_steps.py there).
namespace test {

template <class T>
class step_goldens {
public:
    [[nodiscard]] static const golden& at(const std::string& name);
    [[nodiscard]] static std::vector<T> get(const std::string& key, const std::string& name = "data");
    [[nodiscard]] static const std::vector<std::uint8_t>& mask();
    [[nodiscard]] static rlhf::batch batch();

    /// Numbers that cross zero are near the numbers of the case.
    static void agree(const char* row, const std::vector<T>& got, const std::string& name, const char* key);

    /// With advantages, or, if the case has whitened ones, with these.
    static void gae(const std::string& name, rlhf::gae_options o, const rlhf::whiten_options& whitening = {});
    static void returns(const std::string& name, rlhf::gaps gaps, const std::vector<std::uint8_t>& terminated = {});
    static void whiten(const std::string& name, const rlhf::whiten_options& o);
    static void groups(const std::string& name, const rlhf::group_advantages_options& o,
                       const char* key = "group_rewards");
    static void value(const std::string& name, const rlhf::ppo_value_loss_options& o, rlhf::batch b = batch(),
                      const std::vector<double>& per_sequence = {});
    /// The estimate of each token, as a penalty of 1 in the reward, and its slope, as a term of the loss.
    static void kl(const std::string& trainer, const std::map<std::string, rlhf::kl_estimator>& estimators,
                   const std::map<std::string, double>& limits);
    static void pairs(const std::string& name, const rlhf::bradley_terry_loss_options& o = {});
    /// ref: log-probs of the reference are the margins, and the same below 0. steps.cpp has the code for dpo and ipo.
    template <class Objective>
    static void preference(const std::string& name, const Objective& o, bool ref = false);
};

extern const std::map<std::string, rlhf::kl_estimator> kl_estimators; ///< by the names of their cases

} // namespace test
