// SPDX-License-Identifier: MIT

// SkyRL's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/skyrl.hpp>

namespace skyrl = rlhf::preset::skyrl;
using namespace test;

TEST_CASE("presets: SkyRL's policy losses", "[presets]") {
    const policy_goldens g("skyrl");
    g.reproduce("regular", skyrl::ppo_policy_loss);
    g.reproduce("dual_clip", skyrl::dual_clip_policy_loss);
    const rlhf::counts all_sequences{6 * 512, 6}; // max_seq_len is 512
    auto by_sequence = common(skyrl::ppo_policy_loss);
    by_sequence.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    g.reproduce("sequence_mean", clip(skyrl::ppo_policy_loss), by_sequence, {.denominator = all_sequences});
    g.reproduce("token_sum_norm", skyrl::ppo_policy_loss, {.denominator = all_sequences});
    g.reproduce("sapo", skyrl::sapo, by_sequence, {.denominator = all_sequences});
    g.reproduce("cispo", skyrl::cispo, skyrl::policy_loss);
    g.reproduce("importance_sampling", skyrl::importance_sampling, skyrl::importance_sampling_policy_loss);
    g.reproduce("rollout_is", skyrl::rollout_is, skyrl::policy_loss);
    g.reproduce("gspo", skyrl::gspo, skyrl::gspo_policy_loss);
    by_sequence.log_ratio_limit = skyrl::gspo_policy_loss.log_ratio_limit;
    g.reproduce("gspo_sequence_mean", skyrl::gspo, by_sequence, {.denominator = all_sequences});
    g.reproduce("dppo_tv", skyrl::dppo_tv, skyrl::policy_loss);
    g.reproduce("dppo_kl", rlhf::dppo_kl{.range = 0.05, .value = rlhf::dppo_value::ratio}, skyrl::policy_loss);
}

TEST_CASE("presets: SkyRL's corrections", "[presets]") {
    const policy_goldens g("skyrl");
    const auto reproduces = [&](const char* name, const rlhf::importance_weights_options& o) {
        g.reproduce(name, skyrl::ppo_policy_loss, {.weights = corrections(g, o).first});
    };
    reproduces("token_tis", skyrl::token_tis), reproduces("sequence_tis", skyrl::sequence_tis);
    reproduces("geometric_mask", skyrl::geometric_mask), reproduces("product_mask", skyrl::product_mask);
    reproduces("outlier", {.level = rlhf::importance_level::none, .every_token = {0.2, 5}});
    const auto keep = corrections(g, {.range = {0.5, 2}, .beyond = rlhf::importance::mask}).second;
    g.reproduce("token_mask", skyrl::ppo_policy_loss, {.weights = std::vector<double>(keep.begin(), keep.end())});
}

TEMPLATE_TEST_CASE("presets: SkyRL's advantages, values and KL", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    steps::gae("skyrl_gae", skyrl::ppo_advantages.gae, skyrl::ppo_advantages.whiten);
    steps::whiten("skyrl_whiten", skyrl::ppo_advantages.whiten);
    // REINFORCE++ begins anew before each gap: what a sequence earns after a tool's answer does not reach what it said
    // before.
    std::vector<std::uint8_t> last(60);
    for (std::size_t i = 0; i + 1 < 60; ++i) last[i] = steps::mask()[i + 1] == 0;
    steps::returns("skyrl_returns", rlhf::gaps::ignore, last);
    steps::value("skyrl_value", skyrl::ppo_value_loss);
    const double none = rlhf::unlimited;
    steps::kl("skyrl", kl_estimators, {{"k1", none}, {"k2", none}, {"k3", 10}, {"abs", none}});
    steps::groups("skyrl_grpo", skyrl::grpo);
    steps::groups("skyrl_rloo", skyrl::rloo);
    steps::groups("skyrl_maxrl", skyrl::maxrl, "group_sizes");
}

TEST_CASE("presets: SkyRL's deviations", "[presets]") { holds_column("SkyRL", {"`covariance_tokens`"}); }
