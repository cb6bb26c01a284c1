// SPDX-License-Identifier: MIT

// What ppo_policy_loss refuses, and so every function: sizes, places, batches and options.

#include "support/six_tokens.hpp"

using rlhf::aggregation, test::six;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

/// The sentence, and that nothing was written.
template <class Change>
std::string refused(Change change, const rlhf::ppo_policy_loss_options& o = {}) {
    six x;
    auto a = x.arrays();
    change(x, a);
    const auto said = test::refusal([&] { rlhf::ppo_policy_loss(x.batch, a, o); });
    CHECK(x.d == std::vector<float>(6, 7.f));
    return said;
}
std::string refused(const rlhf::ppo_policy_loss_options& o) {
    return refused([](six&, auto&) {}, o);
}

using arrays = rlhf::ppo_policy_loss_arrays<float>;

} // namespace

TEST_CASE("ppo_policy_loss: arrays of the wrong size or place throw") {
    std::vector<float> five(5), eight(8), two(2), table(20);
    const auto rows = [&](int s, int t, int stride) {
        return rlhf::view(table.data(), {.sequences = s, .steps = t, .stride = stride});
    };
    CHECK(refused([&](six&, arrays& a) { a.old_log_probs = five; }) ==
          "rlhf::ppo_policy_loss: old_log_probs has 5 elements, expected 6");
    CHECK(refused([&](six&, arrays& a) { a.log_probs = eight; }) ==
          "rlhf::ppo_policy_loss: log_probs has 8 elements, expected 6");
    CHECK(refused([&](six&, arrays& a) { a.advantages = rows(2, 4, 0); }) ==
          "rlhf::ppo_policy_loss: advantages is [2, 4], expected [2, 3]");
    CHECK(refused([&](six&, arrays& a) { a.weights = rows(3, 2, 0); }) ==
          "rlhf::ppo_policy_loss: weights is [3, 2], expected [2, 3]");
    CHECK(refused([&](six&, arrays& a) { a.ref_log_probs = rows(2, 3, 2); }) ==
          "rlhf::ppo_policy_loss: ref_log_probs has a stride of 2, shorter than its row of 3");
    CHECK(refused([&](six&, arrays& a) { a.weights = rlhf::per_sequence(five); }) ==
          "rlhf::ppo_policy_loss: weights has 5 elements, expected 2 (one per sequence)");
    CHECK(refused([&](six&, arrays& a) { a.d_log_probs = rlhf::per_sequence(two); }) ==
          "rlhf::ppo_policy_loss: d_log_probs is an output and needs one element per token");
    CHECK(refused([&](six&, arrays& a) { a.d_log_probs = rlhf::write_to(five); }) ==
          "rlhf::ppo_policy_loss: d_log_probs has 5 elements, expected 6");
    CHECK(refused([&](six&, arrays& a) { a.log_probs = rlhf::view<const float>(); }) ==
          "rlhf::ppo_policy_loss: log_probs is missing");
    const rlhf::view<const float> nowhere(nullptr, {.sequences = 2, .steps = 3});
    CHECK(refused([&](six&, arrays& a) { a.behavior_log_probs = nowhere; }) ==
          "rlhf::ppo_policy_loss: behavior_log_probs is a null pointer to 6 elements");
    CHECK(refused([&](six& x, arrays& a) { a.d_log_probs = rlhf::add_to(x.d, inf); }) ==
          "rlhf::ppo_policy_loss: d_log_probs is inf, expected a finite number");
}

TEST_CASE("ppo_policy_loss: impossible batches throw") {
    const std::vector<std::uint8_t> short_mask(5, 1);
    CHECK(refused([&](six& x, arrays&) { x.batch.mask = short_mask; }) ==
          "rlhf::ppo_policy_loss: batch.mask has 5 elements, expected 6");
    CHECK(refused([&](six& x, arrays&) { x.batch.steps = -3; }) ==
          "rlhf::ppo_policy_loss: batch is [2, -3], expected sizes of at least 0");
    CHECK(refused([&](six& x, arrays&) { x.batch.sequences = -2; }) ==
          "rlhf::ppo_policy_loss: batch is [-2, 3], expected sizes of at least 0");
    const auto with_offsets = [](std::vector<std::int32_t> o) {
        return refused([&](six& x, arrays&) { x.batch.offsets = o; });
    };
    CHECK(with_offsets({1, 3, 6}) == "rlhf::ppo_policy_loss: batch.offsets start at 1, expected 0");
    CHECK(with_offsets({0, 4, 3, 6}) == "rlhf::ppo_policy_loss: batch.offsets fall from 4 to 3 at sequence 1");
    CHECK(with_offsets({0, 3, 7}) == "rlhf::ppo_policy_loss: log_probs has 6 elements, expected 7");
    six legal; // equal neighbours are empty sequences
    const std::vector<std::int32_t> some_empty{0, 3, 3, 3, 6, 6};
    legal.batch.offsets = some_empty;
    CHECK(rlhf::ppo_policy_loss(legal.batch, legal.arrays()).own == rlhf::counts{6, 2});
    const std::vector<std::int64_t> offsets{0, 2, 6};
    CHECK(refused([&](six& x, arrays&) { x.batch.offsets = offsets, x.batch.layout = rlhf::layout::time_first; }) ==
          "rlhf::ppo_policy_loss: batch.layout is time_first, but the batch is packed");
    CHECK(refused([&](six& x, arrays& a) {
              x.batch.offsets = offsets;
              a.log_probs = rlhf::view(x.lp.data(), {.sequences = 2, .steps = 3});
          }) == "rlhf::ppo_policy_loss: log_probs has rows, but the batch is packed: pass [tokens]");
    const auto over = [](double tokens) {
        return refused([&](six& x, arrays&) { x.batch.denominator = rlhf::counts{.tokens = tokens, .sequences = 1}; });
    };
    CHECK(over(4) == "rlhf::ppo_policy_loss: the batch counts 6 tokens, more than its denominator 4; a part cannot "
                     "exceed the whole");
    CHECK(over(NaN) == "rlhf::ppo_policy_loss: batch.denominator is nan tokens, expected a finite number");
    CHECK(over(inf) == "rlhf::ppo_policy_loss: batch.denominator is inf tokens, expected a finite number");
    CHECK(over(-1) == "rlhf::ppo_policy_loss: batch.denominator is -1 tokens, expected a finite number");
    CHECK(refused([](six& x, arrays&) { x.batch.denominator = rlhf::counts{.tokens = 6, .sequences = 1}; },
                  {.aggregation = aggregation::sequence_mean_token_sum}) ==
          "rlhf::ppo_policy_loss: the batch counts 2 sequences, more than its denominator 1; a part cannot exceed the "
          "whole");
}

TEST_CASE("ppo_policy_loss: options out of range throw, NaN always") {
    const std::string f = "rlhf::ppo_policy_loss: ";
    CHECK(refused({.clip_range = {-0.1, 0.2}}) == f + "clip_range.low is -0.1, expected [0, 1]");
    CHECK(refused({.clip_range = {1.5, 0.2}}) == f + "clip_range.low is 1.5, expected [0, 1]");
    CHECK(refused({.clip_range = {0.2, -1}}) == f + "clip_range.high is -1, expected at least 0");
    CHECK(refused({.clip_range = {NaN, 0.2}}) == f + "clip_range.low is nan, expected [0, 1]");
    CHECK(refused({.clip_range = {0.2, NaN}}) == f + "clip_range.high is nan, expected at least 0");
    CHECK(refused({.dual_clip = 0.5}) == f + "dual_clip is 0.5, expected [1, inf]");
    CHECK(refused({.dual_clip = 1.1}) == f + "dual_clip is 1.1, less than 1 + clip_range.high = 1.2");
    CHECK(refused({.dual_clip = NaN}) == f + "dual_clip is nan, expected [1, inf]");
    CHECK(refused({.log_ratio_limit = 0}) == f + "log_ratio_limit is 0, expected more than 0");
    CHECK(refused({.log_ratio_limit = NaN}) == f + "log_ratio_limit is nan, expected more than 0");
    CHECK(refused({.kl_coef = inf}) == f + "kl_coef is inf, expected a finite number");
    CHECK(refused({.kl_limit = -1}) == f + "kl_limit is -1, expected more than 0");
    CHECK(refused({.importance_limit = NaN}) == f + "importance_limit is nan, expected more than 0");
    CHECK(refused({.importance_limit = {3, 2}}) == f + "importance_limit.low is 3, expected [0, 2]");
    CHECK(refused({.importance_limit = {NaN, 2}}) == f + "importance_limit.low is nan, expected [0, 2]");
    CHECK(refused({.importance_limit = {-1, 2}}) == f + "importance_limit.low is -1, expected [0, 2]");
}

TEST_CASE("ppo_policy_loss: options that cannot act throw") {
    const std::string f = "rlhf::ppo_policy_loss: ";
    CHECK(refused({.kl_coef = 0.1}) == f + "kl_coef needs ref_log_probs");
    CHECK(refused({.kl_gradient = rlhf::kl_estimator::k2}) == f + "kl_gradient needs ref_log_probs");
    CHECK(refused({.kl_limit = 1}) == f + "kl_limit needs ref_log_probs");
    CHECK(refused({.importance_limit = 2}) == f + "importance_limit needs behavior_log_probs");
    CHECK(refused({.importance_limit = {0.5, rlhf::unlimited}}) == f + "importance_limit needs behavior_log_probs");
    CHECK(refused({.importance_limit = 2, .importance = rlhf::importance::mask}) ==
          f + "importance_limit needs behavior_log_probs");
    CHECK(refused([](six& x, arrays& a) { a.behavior_log_probs = x.old; }, {.importance = rlhf::importance::mask}) ==
          f + "importance = mask needs importance_limit");
    six x;
    auto a = x.arrays();
    a.ref_log_probs = x.old, a.behavior_log_probs = x.old;
    CHECK(test::refusal([&] {
              rlhf::ppo_policy_loss(x.batch, a,
                                    {.kl_gradient = rlhf::kl_estimator::k2,
                                     .kl_limit = 1,
                                     .importance_limit = 2,
                                     .importance = rlhf::importance::mask});
          }).empty());
    const rlhf::batch empty{.sequences = 2, .steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto none = std::span<const float>();
    CHECK(test::refusal([&] {
              rlhf::ppo_policy_loss<float>(empty, {.log_probs = none, .old_log_probs = none, .advantages = none},
                                           {.kl_coef = 0.1, .importance_limit = 2});
          }).empty()); // a part without tokens, in which no option can act
}

TEST_CASE("ppo_policy_loss: options that are infinite or 0 in the type of the call throw") {
    const std::string f = "rlhf::ppo_policy_loss: ";
    const auto with_ref = [](const rlhf::ppo_policy_loss_options& o) {
        return refused([](six& x, arrays& a) { a.ref_log_probs = x.old, a.behavior_log_probs = x.old; }, o);
    };
    CHECK(with_ref({.kl_coef = 1e39}) == f + "kl_coef is 1e+39, which is infinite as a float");
    CHECK(with_ref({.log_ratio_limit = 1e-50}) == f + "log_ratio_limit is 1e-50, which is 0 as a float");
    CHECK(with_ref({.kl_limit = 1e-50}) == f + "kl_limit is 1e-50, which is 0 as a float");
    CHECK(with_ref({.importance_limit = 1e-50}) == f + "importance_limit is 1e-50, which is 0 as a float");
    const std::vector<double> x{-1}, d(1);
    const auto r = rlhf::ppo_policy_loss<double>(
        {.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.log_probs = x, .old_log_probs = x, .ref_log_probs = d, .advantages = d}, {.kl_coef = 1e39});
    CHECK(r.loss() == Approx(1e39 * (std::exp(1.0) - 2))); // as a double it is a number like others
}

TEST_CASE("ppo_policy_loss: a gradient that overlaps throws") {
    CHECK(refused([](six& x, arrays& a) { a.log_probs = x.d; }) ==
          "rlhf::ppo_policy_loss: d_log_probs overlaps log_probs");
    std::vector<float> table(12);
    const auto columns = [&](int first, int stride) {
        return rlhf::view(table.data() + first, {.sequences = 2, .steps = 3, .stride = stride});
    };
    six x;
    auto a = x.arrays();
    const auto said = [&](int in, int out) {
        a.advantages = columns(in, 6), a.d_log_probs = columns(out, 6);
        return test::refusal([&] { rlhf::ppo_policy_loss(x.batch, a); });
    };
    CHECK(said(0, 3).empty()); // side by side in one table
    CHECK(said(3, 0).empty());
    CHECK(said(0, 2) == "rlhf::ppo_policy_loss: d_log_probs overlaps advantages");
    CHECK(said(2, 0) == "rlhf::ppo_policy_loss: d_log_probs overlaps advantages");
    std::vector<std::uint8_t> bytes(24, 1); // a mask in the gradient's memory
    x.batch.mask = rlhf::view(reinterpret_cast<const std::uint8_t*>(x.d.data()), {.sequences = 2, .steps = 3});
    a.advantages = x.advantages, a.d_log_probs = x.d;
    CHECK(test::refusal([&] { rlhf::ppo_policy_loss(x.batch, a); }) ==
          "rlhf::ppo_policy_loss: d_log_probs overlaps batch.mask");
}
