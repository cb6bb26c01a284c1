// SPDX-License-Identifier: MIT

// ROLL's presets, and the options that they name, against what its own code computed (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/roll.hpp>

#include <numeric>

namespace roll = rlhf::preset::roll;
using namespace test;

namespace {

// Five sequences have tokens. Means over sequences are divided by 5 + 10⁻⁸.
constexpr double divided = 5 / (5 + 1e-8);
const std::vector<double> by_sequence(6, divided);

} // namespace

TEST_CASE("presets: ROLL's policy losses", "[presets]") {
    const policy_goldens g("roll");
    g.reproduce("ppo", roll::ppo_policy_loss, {.weights = by_sequence});
    g.reproduce("token_mean", {});
    auto sums = roll::ppo_policy_loss;
    sums.aggregation = rlhf::aggregation::sequence_mean_token_sum;
    g.reproduce("seq_mean_token_sum", sums, {.weights = by_sequence});
    const auto tokens = std::accumulate(g.mask().begin(), g.mask().end(), 0);
    g.reproduce("seq_mean_token_sum_norm", {}, {.weights = std::vector<double>(6, tokens / 10.0)});
    g.reproduce("dual_clip", roll::dual_clip_policy_loss, {.weights = by_sequence});
    g.reproduce("gspo", roll::gspo, roll::policy_loss, {.weights = by_sequence});
    auto kl = roll::kl_policy_loss;
    kl.kl_coef = 0.01;
    for (const auto& [name, ref] : {std::pair("kl", "ref_log_probs"), std::pair("kl_limited", "far_ref_log_probs")})
        g.reproduce(name, kl, {.weights = by_sequence, .ref = ref, .row = "KL in the loss"});
    g.reproduce("vanilla", roll::reinforce, roll::policy_loss, {.weights = by_sequence});
    g.reproduce("tis", roll::tis, roll::policy_loss, {.weights = by_sequence});
    g.reproduce("topr", roll::topr, roll::policy_loss, {.weights = by_sequence});
    g.reproduce("cispo", roll::cispo, roll::policy_loss, {.weights = by_sequence});
    g.reproduce("kimi15", roll::reinforce, roll::kimi_policy_loss, {.weights = by_sequence, .ref = "old_log_probs"});
    std::vector<double> unstopped;
    const auto log_probs = g.get<double>("log_probs"), old = g.get<double>("old_log_probs"),
               advantages = g.get<double>("advantages");
    for (std::size_t i = 0; i < 60; ++i) {
        const double ratio = std::exp(log_probs[i] - old[i]);
        unstopped.push_back((advantages[i / 10] > 0 ? ratio > 1.1 : ratio < 0.9) ? 0 : divided);
    }
    g.reproduce("cispo_masked", roll::cispo, roll::policy_loss, {.weights = unstopped});
}

TEST_CASE("presets: ROLL's corrections", "[presets]") {
    const policy_goldens g("roll");
    const auto weighted = [&](const char* name, const rlhf::importance_weights_options& o) {
        auto w = corrections(g, o).first;
        for (double& x : w) x *= divided;
        g.reproduce(name, roll::ppo_policy_loss, {.weights = w});
    };
    auto o = roll::is_weight;
    weighted("weights_token", o);
    o.level = rlhf::importance_level::sequence_mean, weighted("weights_geometric", o);
    o.unit = rlhf::importance_unit::run, weighted("weights_segment", o);
    o = roll::is_weight, o.level = rlhf::importance_level::sequence_product, weighted("weights_sequence", o);

    // What a filter drops leaves the mean of its sequence, and the number of sequences stays.
    const auto filtered = [&](const char* name, const rlhf::importance_weights_options& filter) {
        const auto keep = corrections(g, filter).second;
        std::vector<double> w;
        for (std::size_t i = 0; i < 60; ++i) {
            const auto row = static_cast<std::ptrdiff_t>(i / 10 * 10);
            const auto count = [&](const auto& mask) {
                return static_cast<double>(std::count(mask.begin() + row, mask.begin() + row + 10, 1));
            };
            w.push_back(keep[i] != 0 ? divided * count(g.mask()) / count(keep) : 0);
        }
        g.reproduce(name, roll::ppo_policy_loss, {.weights = w});
    };
    filtered("filter_token", roll::token_filter);
    filtered("filter_geometric", roll::geometric_filter);
    filtered("filter_sequence", roll::sequence_filter);
    filtered("filter_segment", roll::segment_filter);
    filtered("filter_difference", roll::difference_filter);
    // It drops something, but not where the mean is over tokens.
    const auto& kept = corrections(g, roll::geometric_filter).second;
    CHECK(kept != g.mask());
    g.reproduce("filter_of_token_mean", {});
}

TEMPLATE_TEST_CASE("presets: ROLL's advantages, values, KL and pairs", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    steps::gae("roll_gae", roll::ppo_advantages.gae);
    steps::returns("roll_returns", rlhf::gaps::ignore);
    steps::groups("roll_grpo", roll::grpo);
    steps::groups("roll_batch", roll::batch_norm);
    steps::groups("roll_mean", roll::dr_grpo);
    const double none = rlhf::unlimited;
    steps::kl("roll", kl_estimators, {{"k1", none}, {"k2", none}, {"k3", 10}, {"abs", none}});
    auto value = roll::ppo_value_loss;
    steps::value("roll_value", value);
    value.clip_range = 0.2;
    steps::value("roll_value_clipped", value);
    steps::preference("roll_dpo", rlhf::dpo{.beta = 0.25}, true);
    steps::preference("roll_cdpo", rlhf::dpo{.beta = 0.25, .label_smoothing = 1.0 / 8}, true);
    steps::preference("roll_ipo", rlhf::ipo{.beta = 0.25}, true);
}

/// Against the mean and the deviation of all rewards so far, these included.
TEST_CASE("presets: ROLL's running mean and deviation", "[presets]") {
    const auto g = read_goldens("one_trainer.txt").at("roll_running");
    std::vector<double> found;
    rlhf::moments so_far;
    for (const auto& [begin, end] : {std::pair{0, 8}, {8, 20}}) {
        std::vector<double> x(g["rewards"].begin() + begin, g["rewards"].begin() + end);
        const rlhf::batch b{.sequences = x.size(), .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
        so_far += rlhf::reward_moments<double>(x);
        rlhf::whiten<double>(b, x, so_far, roll::running_norm);
        found.insert(found.end(), x.begin(), x.end());
    }
    CHECK(worst_of_largest(found, g["advantages"]) < golden_tolerance<double>);
}

TEST_CASE("presets: ROLL's deviations", "[presets]") { holds_column("ROLL"); }
