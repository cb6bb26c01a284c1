// SPDX-License-Identifier: MIT

// miles' presets, and the options that they name, against what its own code computed (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/miles.hpp>

namespace miles = rlhf::preset::miles;
using namespace test;

TEST_CASE("presets: miles' policy losses", "[presets]") {
    const policy_goldens g("miles");
    g.reproduce("ppo", miles::ppo_policy_loss);
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, common(miles::ppo_policy_loss));
    g.reproduce("gspo", miles::gspo, miles::policy_loss);
    using e = rlhf::kl_estimator;
    for (const auto& [name, estimator] : std::map<std::string, e>{
             {"kl_k1", e::k1}, {"kl_k2", e::k2}, {"kl_k3", e::k3}, {"kl_low_var_kl", e::k3}, {"kl_limited", e::k3}}) {
        auto o = miles::kl_policy_loss;
        o.kl_coef = 0.1, o.kl_estimator = estimator;
        const bool limited = name == "kl_low_var_kl" || name == "kl_limited";
        if (limited) o.kl_limit = 10;
        const char* ref = name == "kl_limited" ? "far_ref_log_probs" : "ref_log_probs";
        g.reproduce(name, o, {.ref = ref, .row = "KL in the loss"});
    }
    auto by_ratio = miles::kl_policy_loss;
    by_ratio.kl_coef = 0.1, by_ratio.kl_estimator = e::k3, by_ratio.kl_weight = rlhf::kl_weight::ratio;
    by_ratio.log_ratio_limit = rlhf::unlimited; // of KL alone: the case has no advantages
    g.reproduce("kl_by_ratio", by_ratio, {.sign = 0, .ref = "ref_log_probs", .row = "KL in the loss"});
}

TEST_CASE("presets: miles' corrections", "[presets]") {
    const policy_goldens g("miles");
    const auto loss = [&](const char* name, const std::vector<double>& w) {
        g.reproduce(name, miles::ppo_policy_loss, {.weights = w});
    };
    loss("tis", corrections(g, miles::tis).first);
    auto icepop = miles::icepop;
    icepop.range = {0.5, 2};
    loss("icepop", corrections(g, icepop).first);
    loss("opsm", drift_mask(g, miles::opsm));
}

TEMPLATE_TEST_CASE("presets: miles' advantages, values and KL", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    steps::gae("miles_gae", miles::gae);
    steps::returns("miles_returns", rlhf::gaps::ignore);
    steps::whiten("miles_whiten", {.epsilon = 1e-8, .floor = rlhf::std_floor::inside_root});
    steps::groups("miles_grpo", miles::grpo);
    steps::groups("miles_dr_grpo", miles::dr_grpo);
    const double none = rlhf::unlimited;
    steps::kl("miles", kl_estimators, {{"k1", none}, {"k2", none}, {"k3", 10}});
    steps::value("miles_value", miles::ppo_value_loss, steps::batch(), std::vector<double>(6, 2));
}

TEST_CASE("presets: miles' deviations", "[presets]") { holds_column("miles"); }
