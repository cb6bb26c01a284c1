// SPDX-License-Identifier: MIT

// NeMo-RL's presets, and the options that they name, against what its own code computed (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"
#include "support/preset_tokens.hpp"

#include <rlhf/policy/ptx_loss.hpp>
#include <rlhf/recipe/preset/nemo_rl.hpp>

#include <numeric>

namespace nemo_rl = rlhf::preset::nemo_rl;
using namespace test;

TEST_CASE("presets: NeMo-RL's policy losses", "[presets]") {
    const policy_goldens g("nemo_rl");
    // A sum is divided by n + 10⁻⁸: the sum of all tokens, or of a sequence and then of the six sequences.
    const auto n = static_cast<double>(std::count(g.mask().begin(), g.mask().end(), 1));
    std::vector<double> all_tokens(60, n / (n + 1e-8)), each = g.shrunk(1e-8);
    for (double& w : each) w *= 6 / (6 + 1e-8);
    g.reproduce("ppo", nemo_rl::ppo_policy_loss, {.weights = all_tokens});
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, common(nemo_rl::ppo_policy_loss), {.weights = all_tokens});
    auto by_sequence = nemo_rl::ppo_policy_loss;
    by_sequence.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    g.reproduce("sequence_mean", by_sequence, {.weights = each});
    g.reproduce("cispo", nemo_rl::cispo, nemo_rl::policy_loss, {.weights = all_tokens});
    g.reproduce("kl", nemo_rl::kl_policy_loss,
                {.weights = all_tokens, .ref = "ref_log_probs", .row = "KL in the loss"});
    // Beyond the limit there is no gradient of the sampling either, which no option does.
    g.reproduce("kl_limited", nemo_rl::kl_policy_loss,
                {.weights = all_tokens, .ref = "far_ref_log_probs", .gradient = false, .row = "KL in the loss"});
    for (const auto& [name, o] :
         std::map<std::string, rlhf::importance_weights_options>{{"weights", {}},
                                                                 {"tis", {.range = 2}},
                                                                 {"icepop", nemo_rl::icepop},
                                                                 {"sequence_mask", nemo_rl::sequence_mask}}) {
        auto w = corrections(g, o).first;
        for (double& x : w) x *= all_tokens[0];
        g.reproduce(name, nemo_rl::ppo_policy_loss, {.weights = w});
    }
}

/// The likelihood of right answers beside PPO (VAPO): ptx_loss over the answers of a reward above 0.
TEST_CASE("presets: NeMo-RL's positive examples", "[presets]") {
    const policy_goldens g("nemo_rl");
    const auto log_probs = g.get<double>("log_probs"), old = g.get<double>("old_log_probs"),
               advantages = g.get<double>("advantages");
    std::vector<std::uint8_t> right = g.mask();
    for (std::ptrdiff_t row = 0; row < 60; row += 10) { // the case has these sums as rewards
        const double reward = std::accumulate(advantages.begin() + row, advantages.begin() + row + 10, 0.0);
        if (!(reward > 0)) std::fill_n(right.begin() + row, 10, std::uint8_t{0});
    }
    const auto shrunk = [](const std::vector<std::uint8_t>& mask) { // sums are divided by n + 10⁻⁸
        const auto n = static_cast<double>(std::count(mask.begin(), mask.end(), 1));
        return n / (n + 1e-8);
    };
    std::vector<double> d(60);
    const std::vector<double> weights(60, shrunk(g.mask()));
    const auto policy = rlhf::ppo_policy_loss<double>(
        g.batch(),
        {.log_probs = log_probs, .old_log_probs = old, .advantages = advantages, .weights = weights, .d_log_probs = d},
        nemo_rl::ppo_policy_loss);
    rlhf::batch answers = g.batch();
    answers.mask = right;
    const double mu = 0.5 * shrunk(right);
    const auto nll = rlhf::ptx_loss<double>(
        answers, {.log_probs = log_probs, .d_log_probs = rlhf::add_to(rlhf::view<double>(d), mu)});
    CHECK(worst_relative(std::vector{policy.loss() + mu * nll.loss()}, g.at("positive_nll")["loss"]) <
          golden_tolerance<double>);
    CHECK(worst_of_largest(d, g.at("positive_nll")["d_log_probs"]) < golden_tolerance<double>);
}

// The log ratio of a sequence is its sum divided by n + 10⁻⁸, too, which no option does: compared with the formula.
TEST_CASE("presets: NeMo-RL's GSPO", "[presets]") {
    has_slopes(nemo_rl::gspo, nemo_rl::gspo_policy_loss, true,
               [](const preset_token& t) { return clipped_slope(t.sequence_ratio, t.advantage, 0.8, 1.2); });
}

TEMPLATE_TEST_CASE("presets: NeMo-RL's KL", "[presets]", float, double) {
    const double limit = nemo_rl::kl_policy_loss.kl_limit;
    step_goldens<TestType>::kl("nemo_rl", kl_estimators, {{"k1", limit}, {"k2", limit}, {"k3", limit}});
}

TEMPLATE_TEST_CASE("presets: NeMo-RL's advantages of groups", "[presets]", float, double) {
    for (const char* name : {"nemo_rl_grpo", "nemo_rl_grpo_of_ones"}) {
        const auto rewards = step_goldens<TestType>::get("rewards", name);
        std::vector<TestType> a(20);
        rlhf::group_advantages<TestType>({.size = 4}, {.rewards = rewards, .advantages = a}, nemo_rl::grpo);
        step_goldens<TestType>::agree("`group_advantages`", a, name, "advantages");
    }
}

TEST_CASE("presets: NeMo-RL's deviations", "[presets]") {
    holds_column("NeMo-RL", {"`shape_scores`", "`top_k_divergence`"});
}
