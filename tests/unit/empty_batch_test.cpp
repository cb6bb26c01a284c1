// SPDX-License-Identifier: MIT

// A batch without tokens is no mistake: every function takes it, in any layout, and says 0.

#include "support/logits.hpp"
#include "support/products.hpp"

#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/rlhf.hpp>

namespace {

/// Nothing, at an address: not absent, and not to be read.
template <class T>
std::span<T> nothing() {
    static T one{};
    return {&one, std::size_t(0)};
}

/// Batches without tokens, whose mask is there.
std::vector<rlhf::batch> empty_batches() {
    static const std::vector<std::int32_t> none{0}, two_empty{0, 0, 0};
    const auto mask = nothing<const std::uint8_t>();
    std::vector<rlhf::batch> all;
    for (const auto how : {rlhf::layout::batch_first, rlhf::layout::time_first})
        for (const auto& [B, T] : {std::pair{0, 3}, std::pair{3, 0}, std::pair{0, 0}})
            all.push_back({.sequences = B, .steps = T, .layout = how, .mask = mask, .denominator = rlhf::counted_here});
    for (const auto* offsets : {&none, &two_empty})
        all.push_back({.offsets = *offsets, .mask = mask, .denominator = rlhf::counted_here});
    return all;
}

const auto in = nothing<const float>();
const auto out = nothing<float>();
const auto flags = nothing<const std::uint8_t>();

} // namespace

TEST_CASE("empty batch: advantages, rewards and moments") {
    const std::vector<float> scores(3);
    for (const auto& b : empty_batches()) {
        CAPTURE(b.packed(), b.sequences.n, b.steps.n, b.layout == rlhf::layout::time_first);
        const auto each = std::span(scores).first(static_cast<std::size_t>(b.size()));
        CHECK(rlhf::count(b) == rlhf::counts{});
        rlhf::gae(b, {.rewards = in, .values = in, .terminated = flags, .truncated = flags, .advantages = out});
        rlhf::gae_backward(b, {.d_advantages = in, .truncated = flags, .d_rewards = out, .d_next_values = out});
        rlhf::discounted_returns(b, {.rewards = in, .bootstrap_values = each, .returns = out});
        rlhf::vtrace(b, {.rewards = in,
                         .values = in,
                         .log_probs = in,
                         .behavior_log_probs = in,
                         .bootstrap_values = each,
                         .truncated = flags,
                         .targets = out});
        CHECK(rlhf::whiten(b, out).count() == 0);
        CHECK(
            rlhf::shape_rewards(b, {.log_probs = in, .ref_log_probs = in, .scores = each, .rewards = out}).own.tokens ==
            0);
        std::vector<float> shaped(each.size());
        CHECK(rlhf::shape_scores(b, {.scores = each, .shaped = shaped}, {.max_length = 4, .overlong_buffer = 4}) ==
              rlhf::shape_scores_result{.sequences = static_cast<double>(b.size())});
        const auto a = rlhf::ppo_advantages(
            b, {.log_probs = in, .ref_log_probs = in, .values = in, .scores = each, .advantages = out, .returns = out});
        CHECK(a.advantages.count() == 0);
    }
}

TEST_CASE("empty batch: no sequences, in groups by size and by ids") {
    CHECK(rlhf::group_advantages({.size = 4}, {.rewards = in, .advantages = out}) == rlhf::group_advantages_result{});
    CHECK(rlhf::group_advantages({}, {.rewards = in, .advantages = out}).groups == 0);
    CHECK(rlhf::gdpo_advantages({.size = 4}, {.rewards = in, .workspace = out, .advantages = out}).unscorable == 0);
    CHECK(rlhf::group_advantages({.ids = nothing<const int>(), .workspace = nothing<std::int64_t>()},
                                 {.rewards = in, .advantages = out}, {.scale = rlhf::group_scale::batch_std})
              .groups == 0);
    for (const auto baseline : {rlhf::group_baseline::given, rlhf::group_baseline::length_weighted_mean})
        CHECK(rlhf::group_advantages({.size = 4}, {.rewards = in, .advantages = out}, {.baseline = baseline}).groups ==
              0);
}

TEST_CASE("empty batch: losses") {
    for (const auto& b : empty_batches()) {
        CAPTURE(b.packed(), b.sequences.n, b.steps.n, b.layout == rlhf::layout::time_first);
        CHECK(rlhf::ppo_policy_loss(b, {.log_probs = in, .old_log_probs = in, .advantages = in, .d_log_probs = out},
                                    {.kl_coef = 0.1})
                  .loss() == 0);
        CHECK(rlhf::policy_loss(b, {.log_probs = in, .old_log_probs = in, .advantages = in, .d_log_probs = out},
                                rlhf::cispo{}, {.importance_limit = 2})
                  .loss() == 0);
        CHECK(rlhf::policy_loss(b, {.log_probs = in, .old_log_probs = in, .advantages = in, .d_log_probs = out},
                                rlhf::gspo{.range = 0.2})
                  .loss() == 0);
        CHECK(rlhf::policy_loss(b, {.log_probs = in, .old_log_probs = in, .advantages = in, .d_log_probs = out},
                                rlhf::gmpo{})
                  .loss() == 0);
        CHECK(rlhf::policy_loss(b, {.log_probs = in, .old_log_probs = in, .advantages = in, .d_log_probs = out},
                                rlhf::vespo{})
                  .loss() == 0);
        CHECK(rlhf::importance_weights(b, {.log_probs = in, .behavior_log_probs = in, .weights = out},
                                       {.every_token = {0.1, 10}, .drift_limit = 1})
                  .mean_weight() == 0);
        CHECK(rlhf::covariance_tokens(b, {.log_probs = in, .advantages = in, .weights = out}).picked == 0);
        CHECK(rlhf::importance_weights(b, {.log_probs = in, .behavior_log_probs = in, .weights = out},
                                       {.every_token = 2, .unit = rlhf::importance_unit::run, .second_moment_limit = 1})
                  .log_ratio_limit == rlhf::unlimited);
        CHECK(rlhf::top_entropy(b, {.entropy = in, .weights = out}).threshold == 0);
        CHECK(rlhf::ppo_value_loss(b, {.values = in, .returns = in, .d_values = out}, {.clip_range = 0.2}).loss() == 0);
        CHECK(rlhf::masked_mean(b, {.values = in, .d_values = out}).loss() == 0);
        CHECK(rlhf::ptx_loss(b, {.log_probs = in, .d_log_probs = out}).loss() == 0);
        CHECK(rlhf::bradley_terry_loss(b, {.chosen_rewards = in, .rejected_rewards = in}).loss() == 0);
        CHECK(rlhf::ranking_loss(b, {.rewards = in, .ranks = nothing<const int>(), .d_rewards = out}).loss() == 0);
        CHECK(rlhf::plackett_luce_loss(b, {.rewards = in, .ranks = nothing<const int>(), .d_rewards = out}).loss() ==
              0);
        CHECK(rlhf::reward_bias(b, in) == 0);
    }
}

TEST_CASE("empty batch: preferences") {
    const std::vector<float> sums(3);
    std::vector<float> d_sums(3);
    const auto none = nothing<const int>();
    for (const auto& b : empty_batches()) {
        CAPTURE(b.packed(), b.sequences.n, b.steps.n, b.layout == rlhf::layout::time_first);
        const auto size = static_cast<std::size_t>(b.size());
        std::vector<float> written(size, 7.f);
        CHECK(rlhf::sequence_log_probs(b, {.log_probs = in, .ref_log_probs = in, .sums = written}).own ==
              rlhf::counts{});
        CHECK(written == std::vector<float>(size, 0.f));
        rlhf::sequence_log_probs_backward(b, {.d_sums = std::span(d_sums).first(size), .d_log_probs = out});
        CHECK(rlhf::preference_loss(b, {.chosen = in, .rejected = in, .d_chosen = out}, rlhf::dpo{}).loss() == 0);
        CHECK(rlhf::unpaired_loss(b, {.log_ratios = in, .desirable = flags, .d_log_ratios = out}, rlhf::kto{}).loss() ==
              0);
        std::vector<float> d(3, 7.f);
        CHECK(rlhf::preference_pairs(b, {.sums = sums, .chosen = none, .rejected = none, .d_sums = d}, rlhf::dpo{})
                  .loss() == 0);
        CHECK(d == std::vector<float>(3, 0.f));
        CHECK(rlhf::preference_nll(b, {.steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here}, b,
                                   {.log_probs = in,
                                    .chosen = none,
                                    .rejected = none,
                                    .sums = written,
                                    .d_sums = std::span(d_sums).first(size),
                                    .d_log_probs = out},
                                   rlhf::dpo{})
                  .loss() == 0);
    }
}

TEST_CASE("empty batch: logits") {
    float nowhere = 7;
    std::vector<float> weights(20), workspace(20);
    const auto ids = nothing<const int>();
    for (auto b : empty_batches()) {
        if (b.layout == rlhf::layout::time_first) continue; // logits have one layout
        b.predict_next = true;
        CAPTURE(b.packed(), b.sequences.n, b.steps.n);
        const rlhf::logits_view z(
            &nowhere, {.sequences = b.packed() ? 1 : b.sequences.n, .steps = b.packed() ? 0 : b.steps.n, .vocab = 5});
        CHECK(rlhf::token_log_probs(b, z, ids, {.log_probs = out, .entropy = out}).tokens == 0);
        CHECK(rlhf::token_log_probs_backward(b, z, ids, {.d_log_probs = in}, z).tokens == 0);
        const std::vector<int> first{0};
        for (const auto& kept : {rlhf::kept_set{.ids = ids, .offsets = first}, rlhf::kept_set{}}) {
            CHECK(rlhf::kept_log_probs(b, z, ids, kept, {.log_probs = out, .log_kept = out}).tokens == 0);
            CHECK(rlhf::kept_log_probs_backward(b, z, ids, kept, {.d_log_probs = in}, z).tokens == 0);
        }
        const auto shards = nothing<rlhf::vocab_shard>();
        rlhf::vocab_shard_sums(b, z, 0, ids, shards);
        CHECK(rlhf::vocab_shard_log_probs<float>(b, ids, {.shards = shards, .log_probs = out}).tokens == 0);
        CHECK(rlhf::vocab_shard_backward(b, z, 0, ids, {.combined = shards, .d_log_probs = in}, z).tokens == 0);
        CHECK(rlhf::cross_entropy_loss(b, z, ids, z).loss() == 0);
        CHECK(rlhf::logits_divergence(b, z, z).loss() == 0);
        CHECK(rlhf::top_k_divergence(b, z, {.k = 2, .ids = ids, .log_probs = in}, z).loss() == 0);
        CHECK(rlhf::ppo_loss(b, z, ids,
                             {.old_log_probs = in,
                              .advantages = in,
                              .values = in,
                              .returns = in,
                              .log_probs = out,
                              .d_log_probs = out,
                              .d_values = out},
                             z, {.policy = {.kl_coef = 0.1}, .value = {.clip_range = 0.2}, .entropy_coef = 0.1})
                  .loss() == 0);
        const rlhf::linear_head<float> head{.hidden = in,
                                            .weights = weights,
                                            .vocab = 5,
                                            .hidden_size = 4,
                                            .workspace = workspace,
                                            .product = test::naive_product};
        CHECK(rlhf::cross_entropy_loss(b, head, ids).loss() == 0);
        CHECK(nowhere == 7);
    }
}
