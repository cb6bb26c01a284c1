// SPDX-License-Identifier: MIT

// The references against what PyTorch and RLHF packages computed in double (tests/golden).

#include "golden/goldens.hpp"
#include "reference/all.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using reference::array, reference::real;

namespace {

/// Worst |got − want| / max(1, |want|).
double worst(const array& got, const std::vector<double>& want) {
    if (got.size() != want.size()) return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (std::isinf(want[i]) && static_cast<double>(got[i]) == want[i]) continue;
        const double error = static_cast<double>(std::fabs(got[i] - want[i])) / std::max(1.0, std::fabs(want[i]));
        if (std::isnan(error)) return INFINITY;
        largest = std::max(largest, error);
    }
    return largest;
}

/// Both in double, up to the other side's rounding.
constexpr double tolerance = 1e-14;

const std::map<std::string, test::golden>& torch_cases() {
    static const auto cases = test::read_goldens("torch.txt");
    return cases;
}
const std::map<std::string, test::golden>& package_cases() {
    static const auto cases = test::read_goldens("packages.txt");
    return cases;
}

array reals(const test::golden& g, const std::string& key) { return reference::to_real(g[key]); }

reference::batch masked(const test::golden& g, std::size_t steps = 5) {
    const auto mask = g.integers<char>("mask");
    return reference::padded(mask.size() / steps, steps, mask);
}

std::vector<double> where_counted(std::vector<double> x, const reference::batch& b) {
    for (std::size_t e = 0; e < x.size(); ++e) x[e] = b.counted(e) ? x[e] : 0;
    return x;
}

} // namespace

TEST_CASE("goldens: softmax", "[goldens]") {
    const auto& g = torch_cases().at("softmax");
    const auto b = reference::padded(1, 4);
    const auto targets = g.integers("targets");
    const auto r = reference::token_log_probs(b, reals(g, "logits"), 6, targets, g.number("temperature"));
    CHECK(worst(r.log_probs, g["log_probs"]) < tolerance);
    CHECK(worst(r.entropy, g["entropy"]) < tolerance);
    CHECK(worst(r.log_sum_exp, g["log_sum_exp"]) < tolerance);
    CHECK(worst(r.sum_squares, g["sum_squares"]) < tolerance);
    CHECK(worst(reference::token_log_probs_backward(b, reals(g, "logits"), 6, targets, reals(g, "d_log_probs"),
                                                    reals(g, "d_entropy"), g.number("temperature")),
                g["d_logits"]) < tolerance);
}

TEST_CASE("goldens: softmax with impossible tokens", "[goldens]") {
    const auto& g = torch_cases().at("softmax_impossible_tokens");
    const auto b = reference::padded(1, 3);
    const auto targets = g.integers("targets");
    const auto r = reference::token_log_probs(b, reals(g, "logits"), 5, targets);
    CHECK(worst(r.log_probs, g["log_probs"]) < tolerance);
    CHECK(worst(r.entropy, g["entropy"]) < tolerance);
    CHECK(worst(reference::token_log_probs_backward(b, reals(g, "logits"), 5, targets, reals(g, "d_log_probs")),
                g["d_logits"]) < tolerance);
}

TEST_CASE("goldens: cross entropy", "[goldens]") {
    for (const std::string name : {"plain", "smoothed", "z_loss"}) {
        CAPTURE(name);
        const auto& g = torch_cases().at("cross_entropy_" + name);
        const auto r = reference::cross_entropy_loss(
            masked(g, 6), reals(g, "logits"), 5, g.integers("targets"),
            {.label_smoothing = g.number("label_smoothing"), .z_loss_coef = g.number("z_loss_coef")});
        CHECK(worst({r.loss}, g["loss"]) < tolerance);
        CHECK(worst(r.d_logits, g["d_logits"]) < tolerance);
    }
}

TEST_CASE("goldens: clipped surrogate", "[goldens]") {
    for (const std::string name : {"ppo", "asymmetric", "dual_clip", "limited"}) {
        CAPTURE(name);
        const auto& g = torch_cases().at("clipped_surrogate_" + name);
        const auto r = reference::ppo_policy_loss(masked(g),
                                                  {.log_probs = reals(g, "log_probs"),
                                                   .old_log_probs = reals(g, "old_log_probs"),
                                                   .advantages = reals(g, "advantages")},
                                                  {.clip_low = g.number("clip_low"),
                                                   .clip_high = g.number("clip_high"),
                                                   .dual_clip = g.number("dual_clip"),
                                                   .log_ratio_limit = g.number("log_ratio_limit")});
        CHECK(worst({r.loss}, g["loss"]) < tolerance);
        CHECK(worst(r.d_log_probs, g["d_log_probs"]) < tolerance);
    }
}

TEST_CASE("goldens: KL in the loss", "[goldens]") {
    using enum reference::kl_estimator;
    for (const auto& [name, estimator] : {std::pair{"kl_k1", k1}, std::pair{"kl_k2", k2}, std::pair{"kl_k3", k3}}) {
        const auto& g = torch_cases().at(name);
        const array lp = reals(g, "log_probs"), zero(lp.size(), 0);
        const auto r = reference::ppo_policy_loss(
            masked(g),
            {.log_probs = lp, .old_log_probs = lp, .ref_log_probs = reals(g, "ref_log_probs"), .advantages = zero},
            {.kl_coef = 1, .kl_value = estimator});
        CHECK(worst({r.loss}, g["loss"]) < tolerance);
        CHECK(worst(r.d_log_probs, g["d_log_probs"]) < tolerance);
    }
}

TEST_CASE("goldens: value loss", "[goldens]") {
    for (const std::string name : {"square", "clipped", "huber"}) {
        CAPTURE(name);
        const auto& g = torch_cases().at("value_" + name);
        const auto r =
            reference::ppo_value_loss(masked(g), {reals(g, "values"), reals(g, "old_values"), reals(g, "returns")},
                                      {.clip_range = g.number("clip_range"), .huber = g.number("huber")});
        CHECK(worst({r.loss}, g["loss"]) < tolerance);
        CHECK(worst(r.d_values, g["d_values"]) < tolerance);
        CHECK(worst({r.explained_variance}, g["explained_variance"]) < tolerance);
    }
}

TEST_CASE("goldens: rankings", "[goldens]") {
    const auto& g = torch_cases().at("ranking");
    const auto r = reference::ranking_loss(masked(g), {reals(g, "rewards"), g.integers("ranks")});
    CHECK(worst({r.loss}, g["loss"]) < tolerance);
    CHECK(worst(r.d_rewards, g["d_rewards"]) < tolerance);
    const auto& p = torch_cases().at("plackett_luce");
    const auto listwise = reference::plackett_luce_loss(reference::padded(3, 6), {reals(p, "rewards")});
    CHECK(worst({listwise.loss}, p["loss"]) < tolerance);
    CHECK(worst(listwise.d_rewards, p["d_rewards"]) < tolerance);
}

TEST_CASE("goldens: verl's advantages", "[goldens]") {
    const auto& g = package_cases().at("verl_gae");
    const auto b = masked(g);
    const auto r = reference::gae(b, {.rewards = reals(g, "rewards"), .values = reals(g, "values")},
                                  {.gamma = g.number("gamma"), .lambda = g.number("lambda")});
    CHECK(worst(r.returns, where_counted(g["returns"], b)) < tolerance);
    // verl divides its sums by n + 1e-8.
    CHECK(worst(reference::whiten(b, r.advantages), where_counted(g["whitened_advantages"], b)) < 1e-8);
}

TEST_CASE("goldens: OpenRLHF's advantages and rewards", "[goldens]") {
    const auto& g = package_cases().at("openrlhf_gae");
    const auto b = masked(g);
    const auto r =
        reference::gae(b, {.rewards = reals(g, "rewards"), .values = reals(g, "values")},
                       {.gamma = g.number("gamma"), .lambda = g.number("lambda"), .gaps = reference::gaps::zero});
    CHECK(worst(r.advantages, where_counted(g["advantages"], b)) < tolerance);
    CHECK(worst(r.returns, where_counted(g["returns"], b)) < tolerance);

    const auto& s = package_cases().at("openrlhf_reward");
    const auto rows = masked(s);
    const auto shaped = reference::shape_rewards(
        rows, {.log_probs = reals(s, "kl"), .ref_log_probs = array(20, 0), .scores = reals(s, "scores")},
        {.kl_coef = s.number("kl_coef"), .score_limit = s.number("score_limit")});
    CHECK(worst(shaped.rewards, where_counted(s["rewards"], rows)) < tolerance);
}

TEST_CASE("goldens: TRL's whitening", "[goldens]") {
    for (const std::string name : {"trl_masked_whiten", "trl_masked_whiten_keep_mean"}) {
        const auto& g = package_cases().at(name);
        const auto b = masked(g);
        const auto y = reference::whiten(b, reals(g, "values"), {.center = name == "trl_masked_whiten"});
        CHECK(worst(y, where_counted(g["whitened"], b)) < tolerance);
    }
}

TEST_CASE("goldens: verl's advantages of groups", "[goldens]") {
    using enum reference::group_baseline;
    constexpr auto raw = reference::group_scale::none;
    for (const auto& [name, o] : std::map<std::string, reference::group_advantages_options>{
             {"grpo", {.keep_lone = true}},
             {"dr_grpo", {.scale = raw, .keep_lone = true}},
             {"rloo", {.baseline = others_mean, .scale = raw, .keep_lone = true}},
             {"opo", {.baseline = length_weighted_mean, .scale = raw, .keep_lone = true}}}) {
        CAPTURE(name);
        const auto& g = package_cases().at("verl_" + name);
        const auto r = reference::group_advantages(reals(g, "rewards"), g.integers<std::int64_t>("ids"), o,
                                                   g.integers<std::int64_t>("lengths"));
        auto want = g["advantages"];
        if (name == "grpo") want[3] *= 1 + 1e-6; // verl divides a group of one by 1 + ε
        CHECK(worst(r.advantages, want) < tolerance);
    }
}

TEST_CASE("goldens: verl's policy and value loss", "[goldens]") {
    using enum reference::aggregation;
    for (const auto& [name, how] : {std::pair<std::string, reference::aggregation>{"token_mean", token_mean},
                                    {"seq_mean_token_mean", sequence_mean_token_mean},
                                    {"seq_mean_token_sum", sequence_mean_token_sum}}) {
        CAPTURE(name);
        // verl divides a row by its count + 1e-8, and fractions likewise.
        const double loose = 1e-8;
        const auto& g = package_cases().at("verl_policy_" + name);
        const auto r = reference::ppo_policy_loss(masked(g),
                                                  {.log_probs = reals(g, "log_probs"),
                                                   .old_log_probs = reals(g, "old_log_probs"),
                                                   .advantages = reals(g, "advantages")},
                                                  {.clip_low = g.number("clip_low"),
                                                   .clip_high = g.number("clip_high"),
                                                   .dual_clip = g.number("dual_clip"),
                                                   .log_ratio_limit = 20,
                                                   .aggregation = how});
        CHECK(worst({r.loss}, g["loss"]) < (how == sequence_mean_token_mean ? loose : tolerance));
        CHECK(worst(r.d_log_probs, g["d_log_probs"]) < (how == sequence_mean_token_mean ? loose : tolerance));
        CHECK(worst({r.clip_fraction}, g["clip_fraction"]) < loose);
        CHECK(worst({r.dual_clip_fraction}, g["dual_clip_fraction"]) < loose);
        CHECK(worst({r.approx_kl}, g["approx_kl"]) < loose);

        const auto& v = package_cases().at("verl_value_" + name);
        const auto l =
            reference::ppo_value_loss(masked(v), {reals(v, "values"), reals(v, "old_values"), reals(v, "returns")},
                                      {.clip_range = v.number("clip_range"), .aggregation = how});
        CHECK(worst({l.loss}, v["loss"]) < (how == sequence_mean_token_mean ? loose : tolerance));
        CHECK(worst(l.d_values, v["d_values"]) < (how == sequence_mean_token_mean ? loose : tolerance));
        CHECK(worst({l.clip_fraction}, v["clip_fraction"]) < loose);
    }
}

TEST_CASE("goldens: verl's KL estimators and controller", "[goldens]") {
    using enum reference::kl_estimator;
    const auto estimates = [](const test::golden& g, reference::kl_estimator value, reference::kl_estimator slope,
                              real limit) {
        std::pair<array, array> r;
        for (std::size_t i = 0; i < g["log_probs"].size(); ++i) {
            const real x = reals(g, "log_probs")[i] - reals(g, "ref_log_probs")[i];
            r.first.push_back(reference::kl(value, x, limit).value),
                r.second.push_back(reference::kl(slope, x, limit).slope);
        }
        return r;
    };
    for (const auto& [name, estimator] : {std::pair{"verl_kl_k1", k1}, std::pair{"verl_kl_k2", k2},
                                          std::pair{"verl_kl_k3", k3}, std::pair{"verl_kl_abs", abs}}) {
        CAPTURE(name);
        const auto& g = package_cases().at(name);
        const auto r = estimates(g, estimator, estimator, g.number("limit"));
        CHECK(worst(r.first, g["value"]) < tolerance);
        CHECK(worst(r.second, g["slope"]) < tolerance);
    }
    const auto& g = package_cases().at("verl_kl_k1_value_k2_gradient");
    const auto r = estimates(g, k1, k2, reference::unlimited);
    CHECK(worst(r.first, g["value"]) < tolerance);
    CHECK(worst(r.second, g["slope"]) < tolerance);

    const auto& c = package_cases().at("verl_adaptive_kl");
    real coef = c.number("coef");
    array coefs;
    for (const double kl : c["kl"])
        coefs.push_back(
            coef = reference::adapted_kl_coef(coef, kl, c.number("steps"), c.number("target"), c.number("horizon")));
    CHECK(worst(coefs, c["coefs"]) < tolerance);
}

TEST_CASE("goldens: OpenRLHF's importance weights and pairs", "[goldens]") {
    using enum reference::importance;
    for (const auto& [name, how] :
         {std::pair{"openrlhf_importance_mask", mask}, std::pair{"openrlhf_importance_truncate", truncate}}) {
        CAPTURE(name);
        const auto& g = package_cases().at(name);
        const auto r = reference::ppo_policy_loss(masked(g),
                                                  {.log_probs = reals(g, "log_probs"),
                                                   .old_log_probs = reals(g, "old_log_probs"),
                                                   .behavior_log_probs = reals(g, "behavior_log_probs"),
                                                   .advantages = reals(g, "advantages")},
                                                  {.dual_clip = g.number("dual_clip"),
                                                   .log_ratio_limit = 20,
                                                   .importance = how,
                                                   .importance_low = g.number("importance_low"),
                                                   .importance_high = g.number("importance_high")});
        CHECK(worst({r.loss}, g["loss"]) < tolerance);
        CHECK(worst(r.d_log_probs, g["d_log_probs"]) < tolerance);
        CHECK(worst({r.clip_fraction}, g["clip_fraction"]) < tolerance);
        CHECK(worst({r.approx_kl}, g["approx_kl"]) < tolerance);
    }
    const auto& g = package_cases().at("openrlhf_pairwise");
    const auto r = reference::bradley_terry_loss(reference::padded(1, 6),
                                                 {reals(g, "chosen"), reals(g, "rejected"), reals(g, "margins")});
    CHECK(worst({r.loss}, g["loss"]) < tolerance);
    CHECK(worst(r.d_chosen_rewards, g["d_chosen"]) < tolerance);
    CHECK(worst(r.d_rejected_rewards, g["d_rejected"]) < tolerance);
}
