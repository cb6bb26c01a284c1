// SPDX-License-Identifier: MIT

// ms-swift's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/presets.hpp"

#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/policy/top_entropy.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>

namespace ms_swift = rlhf::preset::ms_swift;
using namespace test;

TEST_CASE("presets: ms-swift's policy losses", "[presets]") {
    const policy_goldens g("ms_swift");
    const rlhf::counts all_sequences{6 * 512, 6}; // max_completion_length is 512
    const policy_case all{.denominator = all_sequences};
    g.reproduce("grpo", ms_swift::ppo_policy_loss, all);
    g.reproduce("bnpo", ms_swift::dapo_policy_loss, {}), g.reproduce("dapo", ms_swift::dapo_policy_loss, {});
    g.reproduce("dr_grpo", ms_swift::dapo_policy_loss, all);
    g.reproduce("cispo", ms_swift::cispo, ms_swift::policy_loss);
    g.reproduce("sapo", ms_swift::sapo, ms_swift::sapo_policy_loss, all);
    g.reproduce("gspo", ms_swift::gspo, ms_swift::gspo_policy_loss, all);
    g.reproduce("gspo_token", ms_swift::gspo, ms_swift::gspo_policy_loss, all);
    auto delta = ms_swift::ppo_policy_loss;
    delta.dual_clip = 4;
    g.reproduce("delta", delta, all);
    for (const auto& [name, ref] : {std::pair("kl", "ref_log_probs"), std::pair("kl_limited", "far_ref_log_probs")})
        g.reproduce(name, ms_swift::kl_policy_loss,
                    {.denominator = all_sequences, .ref = ref, .row = "KL in the loss"});

    std::vector<double> kept(60);
    rlhf::top_entropy<double>(g.batch(), {.entropy = g.at("entropy")["entropy"], .weights = kept}, {.share = 0.2});
    g.reproduce("top_entropy", ms_swift::dapo_policy_loss, {.weights = kept});
}

/// F is what the log ratios of the tokens that follow add up to, this one included; u weights the advantages.
TEST_CASE("presets: ms-swift's FIPO", "[presets]") {
    const policy_goldens g("ms_swift");
    const auto log_probs = g.get<double>("log_probs"), old = g.get<double>("old_log_probs"),
               advantages = g.get<double>("advantages");
    constexpr double unlimited = rlhf::unlimited;
    for (const auto& [name, delta, low, high] : {std::tuple("fipo", unlimited, 1.0, 1.2),
                                                 {"fipo_delta", 4.0, 1.0, 1.2},
                                                 {"fipo_free", unlimited, 0.0, unlimited}}) {
        std::vector<double> u(60), future(60);
        for (std::size_t i = 0; i < 60; ++i) {
            const double x = log_probs[i] - old[i];
            u[i] = std::exp(x) > delta ? 0 : x;
        }
        rlhf::discounted_returns<double>(g.batch(), {.rewards = u, .returns = future}, ms_swift::fipo_future);
        for (std::size_t i = 0; i < 60; ++i) {
            u[i] = std::clamp(std::exp(future[i]), low, high);
            const bool unsafe = advantages[i / 10] < 0 && std::exp(log_probs[i] - old[i]) > 4;
            if (unsafe) u[i] = std::clamp(u[i], 0.8, 1.0);
        }
        auto o = ms_swift::dapo_policy_loss;
        o.dual_clip = delta;
        g.reproduce(name, o, {.factor = u});
    }
}

/// Scores of a group's bad answers, beside a 0, are logits of a row whose target is the 0. So are the scores of
/// its good ones, with the other sign.
TEST_CASE("presets: ms-swift's REAL", "[presets]") {
    const policy_goldens g("ms_swift");
    constexpr std::size_t size = 2, groups = 3, wide = size + 1;
    const auto log_probs = g.get<double>("log_probs"), old = g.get<double>("old_log_probs"),
               advantages = g.get<double>("advantages");
    std::vector<double> scores(6), d_scores(6), d(60);
    const rlhf::sequence_log_probs_options average{.average = true};
    rlhf::sequence_log_probs<double>(g.batch(), {.log_probs = log_probs, .ref_log_probs = old, .sums = scores},
                                     average);
    std::vector<double> logits(2 * groups * wide, -INFINITY), d_logits(logits.size());
    std::vector<std::uint8_t> mask(2 * groups);
    for (std::size_t s = 0; s < 6; ++s) {
        const bool good = advantages[s] > 0;
        const std::size_t row = s / size + (good ? groups : 0);
        logits[row * wide] = 0;
        logits[row * wide + 1 + s % size] = (good ? -1 : 1) * scores[s] / ms_swift::real_temperature;
        mask[row] = 1;
    }
    for (std::size_t k = 0; k < groups; ++k) // groups of one kind are left out
        if (mask[k] != mask[k + groups]) mask[k] = mask[k + groups] = 0;
    const std::vector<std::int32_t> targets(2 * groups);
    const rlhf::batch rows{
        .steps = 2 * groups, .predict_next = false, .mask = mask, .denominator = rlhf::counts{2 * groups, 1}};
    const rlhf::logits_shape shape{.sequences = 1, .steps = 2 * groups, .vocab = wide};
    const auto gradient =
        rlhf::write_to(rlhf::logits_view<double>(d_logits.data(), shape), 2); // the mean is over groups
    const auto r =
        rlhf::cross_entropy_loss(rows, rlhf::logits_view<const double>(logits.data(), shape), targets, gradient);
    for (std::size_t s = 0; s < 6; ++s)
        d_scores[s] = (d_logits[s / size * wide + 1 + s % size] - d_logits[(s / size + groups) * wide + 1 + s % size]) /
                      ms_swift::real_temperature;
    rlhf::sequence_log_probs_backward<double>(g.batch(), {.d_sums = d_scores, .d_log_probs = d}, average);
    CHECK(worst_relative(std::vector{2 * r.loss()}, g.at("real")["loss"]) < golden_tolerance<double>);
    CHECK(worst_of_largest(d, g.at("real")["d_log_probs"]) < golden_tolerance<double>);
}

TEST_CASE("presets: ms-swift's importance weights", "[presets]") {
    const policy_goldens g("ms_swift");
    const auto loss = [&](const char* name, const std::vector<double>& weights) {
        const auto o = ms_swift::ppo_policy_loss;
        g.reproduce(name, o, {.weights = weights, .denominator = rlhf::counts{6 * 512, 6}});
    };
    for (const auto& [name, o] :
         {std::pair("token_truncate", ms_swift::token_truncate), std::pair("token_mask", ms_swift::token_mask),
          std::pair("sequence_truncate", ms_swift::sequence_truncate),
          std::pair("sequence_mask", ms_swift::sequence_mask)})
        loss(name, corrections(g, o).first);
    loss("drift", drift_mask(g, {.level = rlhf::importance_level::none, .drift_limit = 0.5}));
}

TEMPLATE_TEST_CASE("presets: ms-swift's advantages of groups", "[presets]", float, double) {
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_grpo_group", ms_swift::grpo);
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_grpo_batch", ms_swift::grpo_batch_std);
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_grpo_none", ms_swift::dr_grpo);
    reproduce_groups<TestType>("ms_swift_rewards", "ms_swift_advantages_rloo_none", ms_swift::rloo);
}

TEST_CASE("presets: ms-swift's deviations", "[presets]") { holds_column("ms-swift", {"`shape_scores`"}); }
